use std::{
    io::Write,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use tempfile::NamedTempFile;

use super::{ledger::Ledger, tree::TreeHasher, StoreError};

/// A blob on its way in. Dropping it gives its space back and removes its file.
pub struct Incoming {
    pub(super) file: NamedTempFile,
    pub(super) len: u32,
    pub(super) written: u64,
    pub(super) hasher: TreeHasher,
    pub(super) seat: Seat,
}

/// Space in the ledger, given back when it is dropped.
pub(super) struct Seat {
    pub(super) ledger: Arc<Mutex<Ledger>>,
    pub(super) id: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        // A blob that was kept has left already.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).leave(self.id);
    }
}

impl Incoming {
    /// Where the bytes go, for programs that write the file by themselves.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Appends bytes; refuses those behind the announced length.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.written + bytes.len() as u64;
        if written > u64::from(self.len) {
            return Err(StoreError::WrongLength { expected: self.len, got: written });
        }
        self.file.as_file_mut().write_all(bytes).map_err(StoreError::file(self.file.path(), "written"))?;
        self.hasher.update(bytes);
        self.written = written;
        Ok(())
    }
}
