//! How large a refutation can be: what the clock keeps space for.

use touchstone_kir::{
    limits::{MAX_BUFFER_BYTES, MAX_CHUNKS, MAX_INPUTS},
    CHUNK,
};

/// Levels of the tree over the largest buffer.
const HEIGHT: u32 = (MAX_BUFFER_BYTES / CHUNK as u32).ilog2();
const HASH: u32 = 32;
/// An encoded range: two 32-bit numbers.
const RANGE: u32 = 8;
/// An encoded length of a list, at most.
const LENGTH: u32 = 4;

/// Sibling hashes that open any `chunks` chunks of a tree with `height` levels above 2^`height` leaves, at most.
///
/// The paths from the root to the opened leaves have n(d) ≤ min(2^d, chunks) nodes at depth d. Each has two children,
/// n(d+1) of which are on a path and the others siblings: Σ 2·n(d) − n(d+1) = Σ n(d) + 1 − chunks over all d < height.
pub const fn max_siblings(chunks: u32, height: u32) -> u32 {
    if chunks == 0 {
        return 0;
    }
    let mut nodes = 0u32;
    let mut depth = 0;
    while depth < height {
        let width = 1u32.checked_shl(depth);
        nodes = nodes.saturating_add(match width {
            Some(width) if width < chunks => width,
            _ => chunks,
        });
        depth = depth.saturating_add(1);
    }
    nodes.saturating_add(1).saturating_sub(chunks)
}

/// Siblings of all openings of reads: most when the chunks are spread evenly over as many buffers as a step can read,
/// since [`max_siblings`] is concave in the number of chunks.
const fn read_siblings() -> u32 {
    max_siblings(MAX_CHUNKS.div_ceil(MAX_INPUTS as u32), HEIGHT).saturating_mul(MAX_INPUTS as u32)
}

/// Bytes of the largest encoded [`Proof`](touchstone_primitives::Proof) that is admitted: one chunk of the output and
/// [`MAX_CHUNKS`] chunks of the inputs, alone and as far apart as possible in buffers of the largest size.
pub const fn max_proof_bytes() -> u32 {
    let chunks = MAX_CHUNKS.saturating_add(1);
    let siblings = read_siblings().saturating_add(max_siblings(1, HEIGHT));
    let openings = (MAX_INPUTS as u32).saturating_add(1);
    chunks
        .saturating_mul(RANGE.saturating_add(CHUNK as u32))
        .saturating_add(siblings.saturating_mul(HASH))
        .saturating_add(openings.saturating_mul(3 * LENGTH))
        .saturating_add(LENGTH)
}

/// [`Proof::opened_bytes`](touchstone_primitives::Proof::opened_bytes) of that proof.
pub const fn max_opened_bytes() -> u32 {
    let chunks = MAX_CHUNKS.saturating_add(1);
    let siblings = read_siblings().saturating_add(max_siblings(1, HEIGHT));
    let of_chunk = (CHUNK as u32).saturating_add(64);
    chunks.saturating_mul(of_chunk).saturating_add(siblings.saturating_mul(64))
}
