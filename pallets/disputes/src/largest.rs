//! How large a refutation can be: what the clock keeps space for.

use touchstone_kir::{
    limits::{MAX_BUFFER_BYTES, MAX_CHUNKS, MAX_INPUTS},
    CHUNK,
};
use touchstone_primitives::{MAX_INSTANCES, ROOTS_PER_CHUNK};

/// Levels of the tree over the largest buffer.
const HEIGHT: u32 = (MAX_BUFFER_BYTES / CHUNK as u32).ilog2();
/// Levels of the tree over the longest trace.
const TRACE_HEIGHT: u32 = (MAX_INSTANCES / ROOTS_PER_CHUNK).ilog2();
/// Most chunks of a trace that one proof opens: the root of the output, and of as many earlier ones as can be read.
const TRACE_CHUNKS: u32 = MAX_INPUTS as u32 + 1;
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

/// Chunks of all openings: those of the trace, one of the output, and those of the reads.
const fn most_chunks() -> u32 {
    TRACE_CHUNKS.saturating_add(1).saturating_add(MAX_CHUNKS)
}

/// Siblings of all openings.
const fn most_siblings() -> u32 {
    read_siblings().saturating_add(max_siblings(1, HEIGHT)).saturating_add(max_siblings(TRACE_CHUNKS, TRACE_HEIGHT))
}

/// Bytes of the largest encoded [`Proof`](touchstone_primitives::Proof) that is admitted: one chunk of the output,
/// [`MAX_CHUNKS`] chunks of the inputs, and one chunk of the trace for the output and for each read, alone and as far
/// apart as possible in buffers of the largest size.
pub const fn max_proof_bytes() -> u32 {
    let (chunks, siblings) = (most_chunks(), most_siblings());
    let openings = (MAX_INPUTS as u32).saturating_add(2);
    chunks
        .saturating_mul(RANGE.saturating_add(CHUNK as u32))
        .saturating_add(siblings.saturating_mul(HASH))
        .saturating_add(openings.saturating_mul(3 * LENGTH))
        .saturating_add(LENGTH)
}

/// [`Proof::opened_bytes`](touchstone_primitives::Proof::opened_bytes) of that proof.
pub const fn max_opened_bytes() -> u32 {
    let (chunks, siblings) = (most_chunks(), most_siblings());
    let of_chunk = (CHUNK as u32).saturating_add(64);
    chunks.saturating_mul(of_chunk).saturating_add(siblings.saturating_mul(64))
}
