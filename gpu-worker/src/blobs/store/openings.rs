//! Chunks of blobs with what proves them, from the trees beside the blobs.

use std::{
    fs::{self, File},
    io::{self, Write},
    sync::Arc,
};

use touchstone_kir::{ChunkRange, OpenError, Opening, Root};

use super::{
    blob_store::BlobStore,
    error::StoreError,
    tree::{CutError, Tree, TreeFile},
};

/// What came of opening chunks of a blob: an opening, or why there is none.
#[derive(Debug)]
pub enum OpeningOutcome {
    /// The chunks, and what proves them.
    Opening(Opening),
    /// The blob's tree is missing or was wrong: [`BlobStore::ensure_tree`] makes one.
    NeedsTree,
    /// The blob is not held.
    Missing,
    /// The chunks do not exist.
    NoSuchChunks(OpenError),
}

impl BlobStore {
    /// Opens chunks of a blob, by its tree. The opening is verified, so the file need not be hashed before. Blocks.
    pub fn open_chunks(&self, root: &Root, chunks: ChunkRange) -> Result<OpeningOutcome, StoreError> {
        let Some(len) = self.ledger().held.get(root).map(|held| held.len) else {
            return Ok(OpeningOutcome::Missing);
        };
        let Some(tree) = self.tree(root, len)? else {
            return Ok(OpeningOutcome::NeedsTree);
        };
        let path = self.path(root);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(OpeningOutcome::NeedsTree),
            Err(error) => return Err(StoreError::file(&path, "read")(error)),
        };
        match tree.open_chunks(&file, root, chunks) {
            Ok(opening) => return Ok(OpeningOutcome::Opening(opening)),
            Err(CutError::Ranges(error)) => return Ok(OpeningOutcome::NoSuchChunks(error)),
            Err(CutError::Wrong(_)) => {}
            Err(CutError::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(CutError::Io(error)) => return Err(StoreError::file(&path, "read")(error)),
        }
        // Blob or tree is wrong: hashing the blob tells which.
        let _ = fs::remove_file(self.tree_path(root));
        if let Some(held) = self.ledger().held.get_mut(root) {
            held.verdict = Arc::default();
        }
        Ok(OpeningOutcome::NeedsTree)
    }

    /// Keeps the tree of a blob. It is verified when it is used, so it need not survive a loss of power.
    pub(super) fn keep_tree(&self, root: &Root, tree: &Tree) -> Result<(), StoreError> {
        if tree.is_empty() {
            return Ok(());
        }
        let path = self.tree_path(root);
        let mut file = self.part()?;
        file.write_all(&tree.encode()).map_err(StoreError::file(&path, "written"))?;
        file.persist(&path).map_err(|error| StoreError::file(&path, "written")(error.error))?;
        Ok(())
    }

    pub(super) fn tree(&self, root: &Root, len: u32) -> Result<Option<TreeFile>, StoreError> {
        let path = self.tree_path(root);
        TreeFile::open(&path, len).map_err(StoreError::file(&path, "read"))
    }
}

/// A tree that is not kept is made again when it is needed.
pub(super) fn warn_unless_kept(kept: Result<(), StoreError>) {
    if let Err(error) = kept {
        tracing::warn!(%error, "the hash tree of a blob is not kept");
    }
}
