//! A store: its folder with its files, and its ledger.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use touchstone_kir::Root;
use touchstone_primitives::{Buffer, JobId};

use super::{error::StoreError, ledger::Ledger};
use crate::blobs::hex_root;

/// Ends of the names of files that are not complete, and of the files of trees.
pub(super) const PART: &str = ".part";
pub(super) const TREE: &str = ".tree";

/// Blobs as files in one folder, named by their roots.
pub struct BlobStore {
    pub(super) folder: PathBuf,
    pub(super) ledger: Arc<Mutex<Ledger>>,
}

impl BlobStore {
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // The ledger is whole between any two statements.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of a blob.
    pub(super) fn path(&self, root: &Root) -> PathBuf {
        self.folder.join(hex_root(root))
    }

    /// The file of the tree beside a blob.
    pub(super) fn tree_path(&self, root: &Root) -> PathBuf {
        self.folder.join(format!("{}{TREE}", hex_root(root)))
    }

    /// A file with a name that no other has, removed unless it is kept.
    pub(super) fn part(&self) -> Result<tempfile::NamedTempFile, StoreError> {
        let file = tempfile::Builder::new().suffix(PART).tempfile_in(&self.folder);
        file.map_err(StoreError::file(&self.folder, "written to"))
    }

    /// Reserves space for the inputs of a job that are not held, and for its outputs, which have these lengths. Uploads
    /// and outputs of the job draw on it. A job reserves once.
    pub fn reserve(&self, job: &JobId, inputs: &[Buffer], outputs: &[u32]) -> Result<(), StoreError> {
        self.ledger().reserve(*job, inputs, outputs)
    }

    /// Whether the blobs of such a job fit a store that holds nothing else.
    pub fn could_reserve(&self, inputs: &[Buffer], outputs: &[u32]) -> Result<(), StoreError> {
        self.ledger().could_reserve(inputs, outputs)
    }

    /// Gives back what is reserved for jobs that `keep` does not name.
    pub fn release_except(&self, keep: impl Fn(&JobId) -> bool) {
        self.ledger().release_except(&keep);
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
