use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

use touchstone_kir::{ChunkRange, OpenError, Opening, Outboard, Root};

use super::Stored;

/// Trees of served blobs are kept up to this size together. The tree of 2 GiB has 128 MiB.
const KEPT_BYTES: u64 = 512 << 20;

/// Cuts openings from blobs; remembers their trees, so that each blob is hashed once and not for every opening.
#[derive(Clone, Default)]
pub struct Openings {
    recent: Arc<Mutex<VecDeque<Recent>>>,
}

type Recent = (Root, Arc<Outboard>);

/// Why there is no opening.
#[derive(Debug, thiserror::Error)]
pub enum ServeOpeningError {
    /// The chunks that were asked for do not exist.
    #[error("{0}")]
    Ranges(OpenError),
    /// The blob cannot be read, or is not what its name says.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<OpenError> for ServeOpeningError {
    fn from(error: OpenError) -> Self {
        Self::Ranges(error)
    }
}

impl Openings {
    /// Opens chunks of a blob. Blocks: the first opening of a blob reads and hashes all of it.
    pub fn open(&self, root: &Root, stored: &Stored, chunks: ChunkRange) -> Result<Opening, ServeOpeningError> {
        let outboard = self.outboard(root, stored)?;
        let mut file = File::open(&stored.path)?;
        outboard.open_with(&[chunks], |offset, out| {
            file.seek(SeekFrom::Start(offset as u64))?;
            file.read_exact(out)?;
            Ok(())
        })
    }

    fn outboard(&self, root: &Root, stored: &Stored) -> Result<Arc<Outboard>, ServeOpeningError> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = recent.iter().position(|(known, _)| known == root) {
            if let Some(entry) = recent.remove(at) {
                let outboard = entry.1.clone();
                recent.push_back(entry);
                return Ok(outboard);
            }
        }
        // The lock is held while hashing: whoever waits for it wants the same tree, or memory for another one.
        let outboard = Arc::new(Outboard::new(&std::fs::read(&stored.path)?)?);
        if outboard.root() != *root {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file of this blob was changed").into());
        }
        recent.push_back((*root, outboard.clone()));
        while recent.len() > 1 && recent.iter().map(|(_, o)| tree_bytes(o)).sum::<u64>() > KEPT_BYTES {
            recent.pop_front();
        }
        Ok(outboard)
    }
}

fn tree_bytes(outboard: &Outboard) -> u64 {
    u64::from(outboard.buffer_len()) / 16
}
