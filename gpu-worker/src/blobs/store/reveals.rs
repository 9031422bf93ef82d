//! Nodes of the trees of blobs, as answers to demands show them.

use std::fs::{self, File};

use touchstone_kir::{ChunkRange, Node, Reveal, Root, CHUNK};

use super::{blob_store::BlobStore, check::hash, error::StoreError, openings::OpeningOutcome, tree::read_at};
use crate::blobs::hex_root;

/// What came of revealing a node by the tree beside a blob.
enum Revealed {
    Shown(Reveal),
    NeedsTree,
    Missing,
}

impl BlobStore {
    /// What answers a demand for a node of a blob. It is verified. `None` if the blob is not held, or if its tree has
    /// no such node. Blocks, and hashes the blob if its tree is missing or wrong.
    pub fn reveal(&self, root: &Root, node: Node) -> Result<Option<Reveal>, StoreError> {
        for _ in 0..2 {
            match self.reveal_by_tree(root, node)? {
                Revealed::Shown(reveal) => return Ok(Some(reveal)),
                Revealed::Missing => return Ok(None),
                Revealed::NeedsTree => {}
            }
            // A disk that is full must not keep an answer back.
            if let Err(error) = self.ensure_tree(root) {
                tracing::warn!(root = %hex_root(root), %error, "the hash tree of a blob is made in memory");
                return self.reveal_by_hashing(root, node);
            }
        }
        Ok(None)
    }

    fn reveal_by_tree(&self, root: &Root, node: Node) -> Result<Revealed, StoreError> {
        let len = self.ledger().held.get(root).map(|held| held.len);
        let Some((len, chunks)) = len.and_then(|len| Some((len, node.chunks(len)?))) else {
            return Ok(Revealed::Missing);
        };
        let Some(level) = node.revealed_level() else {
            return Ok(match self.open_chunks(root, chunks)? {
                OpeningOutcome::Opening(opening) => Revealed::Shown(Reveal::Bytes(opening.data)),
                OpeningOutcome::NeedsTree => Revealed::NeedsTree,
                OpeningOutcome::Missing | OpeningOutcome::NoSuchChunks(_) => Revealed::Missing,
            });
        };
        let Some(tree) = self.tree(root, len)? else { return Ok(Revealed::NeedsTree) };
        let path = self.tree_path(root);
        let values = tree.level(root, level).map_err(StoreError::file(&path, "read"))?;
        if let Some(values) = values.as_deref().and_then(|values| under(values, chunks, level)) {
            return Ok(Revealed::Shown(Reveal::Nodes(values)));
        }
        let _ = fs::remove_file(path);
        Ok(Revealed::NeedsTree)
    }

    /// As [`BlobStore::reveal`], with a tree that is not kept.
    pub(super) fn reveal_by_hashing(&self, root: &Root, node: Node) -> Result<Option<Reveal>, StoreError> {
        let path = self.path(root);
        let (len, hashed, tree) = hash(&path)?;
        let Some(chunks) = u32::try_from(len).ok().and_then(|len| node.chunks(len)).filter(|_| hashed == *root) else {
            return Ok(None);
        };
        if let Some(level) = node.revealed_level() {
            let values = tree.level(level).and_then(|values| under(values, chunks, level));
            return Ok(values.map(Reveal::Nodes));
        }
        let start = chunks.first as usize * CHUNK;
        let end = (start + chunks.count as usize * CHUNK).min(len as usize);
        let mut bytes = vec![0; end.saturating_sub(start)];
        let file = File::open(&path).map_err(StoreError::file(&path, "read"))?;
        read_at(&file, start, &mut bytes).map_err(StoreError::file(&path, "read"))?;
        Ok(Some(Reveal::Bytes(bytes)))
    }
}

/// Those of a level's values that are over these chunks.
fn under(values: &[[u8; 32]], chunks: ChunkRange, level: u8) -> Option<Vec<[u8; 32]>> {
    let first = (chunks.first >> level) as usize;
    let count = chunks.count.div_ceil(1 << level) as usize;
    values.get(first..first + count).map(<[_]>::to_vec)
}
