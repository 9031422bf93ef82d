//! Trees of buffers on the device and on the host.

use touchstone_kir::{chunk_count, Root, CHUNK};

use super::report::{Failure, Report};
use crate::{Gpu, TreeError};

/// Lengths of the buffers, bytes: part of a chunk, whole chunks, and around where a level and a workgroup more begin.
pub(super) const LENS: [usize; 10] = [
    4,
    CHUNK,
    CHUNK + 4,
    2 * CHUNK,
    5 * CHUNK - 60,
    64 * CHUNK + 64,
    256 * CHUNK,
    257 * CHUNK,
    513 * CHUNK - 4,
    1024 * CHUNK,
];

impl Gpu {
    /// Returns whether the device can go on.
    pub(super) fn test_tree(&mut self, len: usize, report: &mut Report) -> bool {
        let bytes: Vec<u8> = (0..len as u32).map(|at| (at.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
        let Err(error) = self.root_of(&bytes) else {
            report.trees += 1;
            return true;
        };
        let is_fatal = matches!(&error, TreeError::Gpu(error) if error.is_fatal());
        let detail = format!("of {len} bytes: {error}");
        report.fail(Failure { operation: "tree".into(), by: "device".into(), detail });
        !is_fatal
    }

    /// Hashes these bytes on the device, and recomputes every chunk and parent on the host.
    pub(super) fn root_of(&mut self, bytes: &[u8]) -> Result<Root, TreeError> {
        let buffer = self.upload(bytes.len() as u32, &mut &*bytes)?;
        let tree = self.tree(&buffer, &mut || {})?;
        let chunks: Vec<u32> = (0..chunk_count(tree.buffer_len())).collect();
        tree.check_leaves(&chunks, |range, read| {
            read.extend_from_slice(bytes.get(range.start as usize..range.end as usize).unwrap_or_default());
            Ok(())
        })?;
        Ok(tree.into_outboard()?.root())
    }
}
