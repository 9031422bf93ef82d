//! Blobs on their way in.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use tempfile::NamedTempFile;
use touchstone_kir::{limits::MAX_BUFFER_BYTES, Root};
use touchstone_primitives::JobId;

use super::{
    blob_store::BlobStore, check::hash, error::StoreError, ledger::Ledger, openings::warn_unless_kept, stamp::Stamp,
    tree::TreeHasher,
};

/// A blob on its way in. Dropping it gives its space back and removes its file.
pub struct Incoming {
    file: NamedTempFile,
    len: u32,
    written: u64,
    hasher: TreeHasher,
    seat: Seat,
}

/// Space in the ledger, given back when it is dropped.
struct Seat {
    ledger: Arc<Mutex<Ledger>>,
    id: u64,
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

impl BlobStore {
    /// Takes space for a blob of exactly `len` bytes whose root is not known.
    pub fn begin(&self, len: u32) -> Result<Incoming, StoreError> {
        self.incoming(len, |ledger| ledger.admit(None, len))
    }

    /// Takes space for the blob `root` of exactly `len` bytes: what is reserved for it, if a job reads it.
    pub fn begin_input(&self, root: &Root, len: u32) -> Result<Incoming, StoreError> {
        self.incoming(len, |ledger| ledger.admit(Some(*root), len))
    }

    /// Takes space for an output of a job: part of what is reserved for it.
    pub fn begin_output(&self, job: &JobId, len: u32) -> Result<Incoming, StoreError> {
        self.incoming(len, |ledger| ledger.admit_output(*job, len))
    }

    fn incoming(
        &self,
        len: u32,
        admit: impl FnOnce(&mut Ledger) -> Result<u64, StoreError>,
    ) -> Result<Incoming, StoreError> {
        if len == 0 || !len.is_multiple_of(4) || len > MAX_BUFFER_BYTES {
            return Err(StoreError::BadLength(len.into()));
        }
        let id = admit(&mut self.ledger())?;
        let seat = Seat { ledger: self.ledger.clone(), id };
        Ok(Incoming { file: self.part()?, len, written: 0, hasher: TreeHasher::default(), seat })
    }

    /// Verifies that `incoming` has its length and hashes to `root`, and keeps it. On an error nothing is kept.
    pub fn finish(&self, mut incoming: Incoming, root: &Root) -> Result<(), StoreError> {
        if incoming.written != u64::from(incoming.len) {
            return Err(StoreError::WrongLength { expected: incoming.len, got: incoming.written });
        }
        let (got, tree) = std::mem::take(&mut incoming.hasher).finish();
        if got != *root {
            return Err(StoreError::WrongRoot { expected: *root, got });
        }
        warn_unless_kept(self.keep_tree(root, &tree));
        self.keep(incoming, *root, true)
    }

    /// Keeps what was written to the path of `incoming` under whatever root it has. Hashes it.
    pub fn adopt(&self, incoming: Incoming) -> Result<Root, StoreError> {
        let (got, root, tree) = hash(incoming.path())?;
        if got != u64::from(incoming.len) {
            return Err(StoreError::WrongLength { expected: incoming.len, got });
        }
        warn_unless_kept(self.keep_tree(&root, &tree));
        self.keep(incoming, root, true)?;
        Ok(root)
    }

    /// Keeps what was written to the path of `incoming` under the root that its writer found. It is hashed before it is
    /// given out; here only its length is compared.
    pub fn adopt_as(&self, incoming: Incoming, root: &Root) -> Result<(), StoreError> {
        let path = incoming.path();
        let got = fs::metadata(path).map_err(StoreError::file(path, "read"))?.len();
        if got != u64::from(incoming.len) {
            return Err(StoreError::WrongLength { expected: incoming.len, got });
        }
        self.keep(incoming, *root, false)
    }

    /// Gives a complete file its name. It survives a loss of power from here on.
    fn keep(&self, incoming: Incoming, root: Root, is_hashed: bool) -> Result<(), StoreError> {
        let Incoming { file, len, seat, .. } = incoming;
        let path = self.path(&root);
        file.as_file().sync_all().map_err(StoreError::file(file.path(), "written"))?;
        {
            // Under the lock, so that `retain` does not remove the file between the two.
            let mut ledger = self.ledger();
            file.persist(&path).map_err(|error| StoreError::file(&path, "written")(error.error))?;
            ledger.keep(seat.id, root, len, None);
        }
        sync_folder(&self.folder)?;
        if is_hashed {
            let stamp = Stamp::settled(&path).map_err(StoreError::file(&path, "read"))?;
            if let Some(held) = self.ledger().held.get_mut(&root) {
                held.verdict = Arc::new(Mutex::new(Some(stamp)));
            }
        }
        Ok(())
    }
}

/// A new name is on the disk when its folder is.
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    // Windows opens no folders; there a name is on the disk with its file.
    match cfg!(unix) {
        true => File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::file(folder, "written")),
        false => Ok(()),
    }
}
