//! Openings as they travel.

use codec::Decode;
use touchstone_kir::{verify, ChunkRange, Opening, Root, CHUNK};

use super::error::Forgery;

/// Exactly the opening of these chunks of the blob `root` of `len` bytes, verified.
pub(super) fn decode_opening(mut bytes: &[u8], root: &Root, len: u32, range: ChunkRange) -> Result<Opening, Forgery> {
    let opening = Opening::decode(&mut bytes).map_err(|_| Forgery::Undecodable)?;
    if !bytes.is_empty() {
        return Err(Forgery::Undecodable);
    }
    if opening.ranges != [range] {
        return Err(Forgery::OtherChunks);
    }
    verify(&opening, root, len).map_err(Forgery::Opening)?;
    Ok(opening)
}

/// Chunks, siblings on both sides of 21 levels, and the lengths and ranges before them.
pub(super) fn longest_opening(range: ChunkRange) -> usize {
    (range.count as usize).saturating_mul(CHUNK).saturating_add(2 * 21 * 32 + 64)
}
