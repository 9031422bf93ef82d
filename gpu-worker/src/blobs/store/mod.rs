//! Blobs in one folder, named by their BLAKE3 roots.
//!
//! A name is not believed: a blob is given out after its file was hashed, and hashed again when the file was touched
//! since. A file that is not what its name says is set aside, in a folder of its own, and the blob counts as missing.

mod check;
mod error;
mod incoming;
mod ledger;
mod openings;
mod stamp;
#[cfg(test)]
mod tests;
mod tree;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use touchstone_kir::{limits::MAX_BUFFER_BYTES, Root};
use touchstone_primitives::{Buffer, JobId};

use self::{check::hash, incoming::Seat, ledger::Ledger, openings::warn_unless_kept, stamp::Stamp, tree::TreeHasher};
use super::{hex_root, parse_root};

pub use error::StoreError;
pub use incoming::Incoming;
pub(crate) use ledger::space;
pub use openings::Opened;

/// Files up to this size are hashed when the store opens, larger ones before they are first used.
const SMALL: u64 = 1 << 20;
/// Ends of the names of files that are not complete, and of the files of trees.
const PART: &str = ".part";
const TREE: &str = ".tree";

/// A blob that is held. Its file was hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its bytes, in a local file.
    pub path: PathBuf,
    /// Their number.
    pub len: u32,
}

/// Blobs as files in one folder, named by their roots.
pub struct BlobStore {
    folder: PathBuf,
    ledger: Arc<Mutex<Ledger>>,
}

impl BlobStore {
    /// Opens the folder, creates it if there is none, removes what an earlier process left unfinished, and hashes the
    /// small files.
    pub fn open(folder: &Path, quota: u64) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(StoreError::file(folder, "created"))?;
        let store = Self { folder: folder.to_path_buf(), ledger: Arc::new(Mutex::new(Ledger::new(quota))) };
        let unreadable = || StoreError::file(folder, "read");
        for entry in fs::read_dir(folder).map_err(unreadable())? {
            let entry = entry.map_err(unreadable())?;
            let (name, path) = (entry.file_name(), entry.path());
            let name = name.to_string_lossy();
            if name.ends_with(PART) {
                fs::remove_file(&path).map_err(StoreError::file(&path, "removed"))?;
            } else if let Some(root) = name.strip_suffix(TREE).and_then(parse_root) {
                // The tree of a blob that is gone.
                if !store.path(&root).exists() {
                    fs::remove_file(&path).map_err(StoreError::file(&path, "removed"))?;
                }
            } else if let Some(root) = parse_root(&name) {
                store.admit_file(root, &entry)?;
            }
        }
        Ok(store)
    }

    /// Takes up a file that was there when the store opened.
    fn admit_file(&self, root: Root, entry: &fs::DirEntry) -> Result<(), StoreError> {
        let path = entry.path();
        let metadata = entry.metadata().map_err(StoreError::file(&path, "read"))?;
        let is_small = metadata.len() <= SMALL;
        match u32::try_from(metadata.len()) {
            Ok(len) if metadata.is_file() => self.ledger().hold(root, len, None),
            _ => return self.set_aside(&root, None).map(drop),
        }
        if is_small {
            if let Err(error) = self.get(&root) {
                tracing::error!(root = %hex_root(&root), %error, "a blob cannot be read");
                self.set_aside(&root, None)?;
            }
        }
        Ok(())
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // The ledger is whole between any two statements.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, root: &Root) -> PathBuf {
        self.folder.join(hex_root(root))
    }

    fn tree_path(&self, root: &Root) -> PathBuf {
        self.folder.join(format!("{}{TREE}", hex_root(root)))
    }

    /// Reserves space for the inputs of a job that are not held, and for its outputs, which have these lengths. Uploads
    /// and outputs of the job draw on it. A job reserves once.
    pub fn reserve(&self, job: &JobId, inputs: &[Buffer], outputs: &[u32]) -> Result<(), StoreError> {
        self.ledger().reserve(*job, inputs, outputs)
    }

    /// Gives back what is reserved for jobs that `keep` does not name.
    pub fn release_except(&self, keep: impl Fn(&JobId) -> bool) {
        self.ledger().release_except(&keep);
    }

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

    /// A file with a name that no other has, removed unless it is kept.
    fn part(&self) -> Result<tempfile::NamedTempFile, StoreError> {
        let file = tempfile::Builder::new().suffix(PART).tempfile_in(&self.folder);
        file.map_err(StoreError::file(&self.folder, "written to"))
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

    /// Says that these blobs are needed now, and drops those that nobody has needed for `grace`. Returns how many.
    pub fn retain(&self, needed: impl Fn(&Root) -> bool, grace: Duration) -> usize {
        let now = Instant::now();
        let mut ledger = self.ledger();
        let before = ledger.held.len();
        ledger.held.retain(|root, held| {
            if needed(root) {
                held.needed = now;
            }
            if now.duration_since(held.needed) <= grace {
                return true;
            }
            let path = self.path(root);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(root = %hex_root(root), path = %path.display(), %error, "a blob cannot be removed");
                    true
                }
                _ => {
                    let _ = fs::remove_file(self.tree_path(root));
                    false
                }
            }
        });
        before - ledger.held.len()
    }

    /// Bytes of blobs and trees that are held, on their way in or reserved, and the most there may be.
    pub fn usage(&self) -> (u64, u64) {
        let ledger = self.ledger();
        (ledger.used(), ledger.quota)
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
