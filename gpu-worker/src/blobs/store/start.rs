//! A store when it opens: what an earlier process left in its folder.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use touchstone_kir::Root;

use super::{
    blob_store::{BlobStore, PART, TREE},
    error::StoreError,
    ledger::Ledger,
};
use crate::blobs::{hex_root, parse_root};

/// Files up to this size are hashed when the store opens, larger ones before they are first used.
pub(super) const SMALL: u64 = 1 << 20;

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
}
