//! BLAKE3 roots of buffers, and the verification of openings against them.
//!
//! The commitment to a buffer is its BLAKE3 hash. The leaves of the tree are chunks of 1 KiB, so an opening (some
//! chunks, and the chaining values of the largest subtrees without any of them) proves the bytes of exactly those
//! chunks. The tree is that of the BLAKE3 paper, section 2.1: the left subtree of a node has the largest power of two
//! of chunks that leaves at least one for the right subtree.

use alloc::vec::Vec;
use core::fmt;

use blake3::hazmat::{merge_subtrees_non_root, merge_subtrees_root, HasherExt, Mode};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

use crate::limits::MAX_BUFFER_BYTES;

/// The commitment to a buffer: its BLAKE3 hash.
pub type Root = [u8; 32];

/// Bytes of a chunk, the leaf of the tree. The last one of a buffer may be shorter.
pub const CHUNK: usize = 1024;
/// Words of a chunk.
pub const CHUNK_WORDS: u32 = (CHUNK / 4) as u32;

/// Levels of the largest tree above its leaves.
const MAX_HEIGHT: usize = (MAX_BUFFER_BYTES / CHUNK as u32).ilog2() as usize;

/// The root of a whole buffer.
pub fn root(bytes: &[u8]) -> Root {
    blake3::hash(bytes).into()
}

/// Chunks of a buffer of `len` bytes.
pub fn chunk_count(len: u32) -> u32 {
    len.div_ceil(CHUNK as u32)
}

/// Consecutive chunks of a buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ChunkRange {
    /// Index of the first chunk.
    pub first: u32,
    /// Number of chunks; never 0.
    pub count: u32,
}

impl ChunkRange {
    /// The fewest ranges that hold exactly these chunks, which come in ascending order.
    pub fn cover(chunks: impl IntoIterator<Item = u32>) -> Vec<ChunkRange> {
        let mut ranges: Vec<ChunkRange> = Vec::new();
        for chunk in chunks {
            match ranges.last_mut() {
                Some(last) if last.end() == u64::from(chunk) => {
                    last.count = last.count.saturating_add(1);
                }
                _ => ranges.push(ChunkRange { first: chunk, count: 1 }),
            }
        }
        ranges
    }

    /// Index of the first chunk after the range.
    fn end(&self) -> u64 {
        u64::from(self.first).saturating_add(self.count.into())
    }
}

/// Some chunks of a buffer, with the hashes that prove them. Not trusted before [`verify`].
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Opening {
    /// The chunks: ascending, with at least one other chunk between two ranges. An empty list proves nothing.
    pub ranges: Vec<ChunkRange>,
    /// The bytes of those chunks, concatenated.
    pub data: Vec<u8>,
    /// Chaining values of the largest subtrees without an opened chunk, left to right.
    pub siblings: Vec<[u8; 32]>,
}

/// What is wrong with a list of ranges. `range` is the index of the first range that is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RangeError {
    /// It has no chunks.
    Empty {
        /// Index of the range.
        range: usize,
    },
    /// It ends beyond the buffer.
    OutOfBuffer {
        /// Index of the range.
        range: usize,
    },
    /// It starts before the one before it.
    Unsorted {
        /// Index of the range.
        range: usize,
    },
    /// It starts inside the one before it.
    Overlapping {
        /// Index of the range.
        range: usize,
    },
    /// It directly follows the one before it: they should be one range.
    Adjacent {
        /// Index of the range.
        range: usize,
    },
}

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RangeError::Empty { range } => write!(f, "range {range} has no chunks"),
            RangeError::OutOfBuffer { range } => write!(f, "range {range} leaves the buffer"),
            RangeError::Unsorted { range } => write!(f, "range {range} is not in order"),
            RangeError::Overlapping { range } => {
                write!(f, "range {range} overlaps the one before it")
            }
            RangeError::Adjacent { range } => write!(f, "range {range} continues the one before it"),
        }
    }
}

impl core::error::Error for RangeError {}

/// Why an opening does not verify. Why one cannot be built is [`OpenError`](crate::OpenError).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpeningError {
    /// No buffer has this length: it is 0 or more than 2 GiB.
    WrongLength {
        /// The length, bytes.
        bytes: u32,
    },
    /// The ranges are not in canonical form.
    Range(RangeError),
    /// Fewer bytes than the ranges span in a buffer of this length.
    MissingData {
        /// The number of bytes that they span.
        expected: u64,
        /// Bytes given.
        got: usize,
    },
    /// More bytes than the ranges span in a buffer of this length.
    ExtraData {
        /// The number of bytes that they span.
        expected: u64,
        /// Bytes given.
        got: usize,
    },
    /// The path to the root needs more siblings.
    MissingSibling,
    /// Siblings are left over.
    ExtraSibling {
        /// Number of siblings needed.
        expected: usize,
        /// Number of siblings given.
        got: usize,
    },
    /// Chunks and siblings hash to another root: one of them, the position, the length or the root is wrong.
    WrongRoot,
}

impl From<RangeError> for OpeningError {
    fn from(error: RangeError) -> Self {
        OpeningError::Range(error)
    }
}

impl fmt::Display for OpeningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpeningError::WrongLength { bytes } => write!(f, "no buffer has {bytes} bytes"),
            OpeningError::Range(error) => error.fmt(f),
            OpeningError::MissingData { expected, got } => {
                write!(f, "the ranges span {expected} bytes, only {got} are given")
            }
            OpeningError::ExtraData { expected, got } => {
                write!(f, "the ranges span {expected} bytes, but {got} are given")
            }
            OpeningError::MissingSibling => write!(f, "a sibling is missing"),
            OpeningError::ExtraSibling { expected, got } => {
                write!(f, "{expected} siblings are needed, {got} are given")
            }
            OpeningError::WrongRoot => write!(f, "the opening belongs to another root"),
        }
    }
}

impl core::error::Error for OpeningError {}

/// Checks `opening` against the root of a buffer of `len` bytes. Work is linear in the size of the opening.
///
/// A set of chunks has exactly one valid opening. The length determines which chunks exist, how long the last one is,
/// and the shape of the tree. A false length that changes nothing about the opened chunks is detected only by opening
/// the last chunk.
///
/// # Errors
/// The first defect, in the order length, ranges, amount of data, siblings, root.
pub fn verify<'a>(opening: &'a Opening, root: &Root, len: u32) -> Result<Opened<'a>, OpeningError> {
    if !is_buffer_len(len) {
        return Err(OpeningError::WrongLength { bytes: len });
    }
    check_ranges(&opening.ranges, len)?;
    let got = opening.data.len();
    let expected = opening.ranges.iter().fold(0u64, |sum, range| sum.saturating_add(span(*range, len)));
    match u64::try_from(got).unwrap_or(u64::MAX).cmp(&expected) {
        core::cmp::Ordering::Less => return Err(OpeningError::MissingData { expected, got }),
        core::cmp::Ordering::Greater => return Err(OpeningError::ExtraData { expected, got }),
        core::cmp::Ordering::Equal => {}
    }

    let mut data = opening.data.as_slice();
    let mut siblings = opening.siblings.iter();
    // On each level there is at most one finished left subtree.
    let mut finished: Vec<[u8; 32]> = Vec::with_capacity(MAX_HEIGHT.saturating_add(2));
    for visit in Walk::new(&opening.ranges, len) {
        let value = match visit {
            Visit::Closed(_) => *siblings.next().ok_or(OpeningError::MissingSibling)?,
            Visit::Opened(node) => {
                let bytes = usize::try_from(span(node, len)).unwrap_or(usize::MAX);
                let (subtree, rest) = data.split_at_checked(bytes).unwrap_or((data, &[]));
                data = rest;
                if node.count == chunk_count(len) {
                    blake3::hash(subtree).into()
                } else {
                    subtree_value(node.first, subtree)
                }
            }
            Visit::Merge { is_root } => {
                // Walk yields a merge only after both of its subtrees.
                let (Some(right), Some(left)) = (finished.pop(), finished.pop()) else {
                    return Err(OpeningError::MissingSibling);
                };
                merge(&left, &right, is_root)
            }
        };
        finished.push(value);
    }
    if siblings.len() != 0 {
        let got = opening.siblings.len();
        let expected = got.saturating_sub(siblings.len());
        return Err(OpeningError::ExtraSibling { expected, got });
    }
    // An opening of no chunks hashes nothing and proves nothing.
    if finished.pop().is_some_and(|computed| computed != *root) {
        return Err(OpeningError::WrongRoot);
    }

    let mut starts = Vec::with_capacity(opening.ranges.len());
    let mut start = 0u32;
    for range in &opening.ranges {
        starts.push(start);
        start = start.saturating_add(range.count);
    }
    Ok(Opened { opening, starts, len })
}

/// Chunks that have been verified against the root of a buffer.
#[derive(Clone, Debug)]
pub struct Opened<'a> {
    opening: &'a Opening,
    /// For each range, the position of its first chunk in the data, counted in chunks.
    starts: Vec<u32>,
    len: u32,
}

impl<'a> Opened<'a> {
    /// Bytes of the whole buffer.
    pub fn buffer_len(&self) -> u32 {
        self.len
    }

    /// The bytes of chunk `index` of the buffer: [`CHUNK`] of them, or fewer if it is the last. `None` if not opened.
    pub fn chunk(&self, index: u32) -> Option<&'a [u8]> {
        let ranges = &self.opening.ranges;
        let at = ranges.partition_point(|range| range.first <= index).checked_sub(1)?;
        let within = index.checked_sub(ranges.get(at)?.first)?;
        if within >= ranges.get(at)?.count {
            return None;
        }
        let position = self.starts.get(at)?.checked_add(within)?;
        self.opening.data.chunks(CHUNK).nth(usize::try_from(position).ok()?)
    }

    /// Indices of the opened chunks, ascending.
    pub fn chunks(&self) -> impl Iterator<Item = u32> + 'a {
        self.opening.ranges.iter().flat_map(|range| range.first..range.first.saturating_add(range.count))
    }

    /// The bytes of those chunks, one after the other.
    pub fn data(&self) -> &'a [u8] {
        &self.opening.data
    }

    /// Word `index` of the buffer. `None` if its chunk is not opened, or beyond the last whole word.
    pub fn word(&self, index: u32) -> Option<u32> {
        let chunk = self.chunk(index / CHUNK_WORDS)?;
        word_of(chunk, index)
    }
}

/// Word `index` of a buffer, from the bytes of its chunk.
fn word_of(chunk: &[u8], index: u32) -> Option<u32> {
    let word = chunk.as_chunks().0.get((index % CHUNK_WORDS) as usize)?;
    Some(u32::from_le_bytes(*word))
}

pub(crate) fn is_buffer_len(len: u32) -> bool {
    (1..=MAX_BUFFER_BYTES).contains(&len)
}

/// Bytes of `range` in a buffer of `len` bytes.
pub(crate) fn span(range: ChunkRange, len: u32) -> u64 {
    let len = u64::from(len);
    let byte = |chunk: u64| chunk.saturating_mul(CHUNK as u64).min(len);
    byte(range.end()).saturating_sub(byte(range.first.into()))
}

/// Whether `ranges` are in canonical form.
pub(crate) fn check_ranges(ranges: &[ChunkRange], len: u32) -> Result<(), RangeError> {
    let chunks = u64::from(chunk_count(len));
    let mut before: Option<ChunkRange> = None;
    for (range, this) in ranges.iter().enumerate() {
        if this.count == 0 {
            return Err(RangeError::Empty { range });
        }
        if this.end() > chunks {
            return Err(RangeError::OutOfBuffer { range });
        }
        if let Some(before) = before {
            let first = u64::from(this.first);
            if this.first < before.first {
                return Err(RangeError::Unsorted { range });
            } else if first < before.end() {
                return Err(RangeError::Overlapping { range });
            } else if first == before.end() {
                return Err(RangeError::Adjacent { range });
            }
        }
        before = Some(*this);
    }
    Ok(())
}

/// Chaining value of the subtree that starts at chunk `first` and holds `bytes`. Never the root.
pub(crate) fn subtree_value(first: u32, bytes: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(u64::from(first).saturating_mul(CHUNK as u64));
    hasher.update(bytes).finalize_non_root()
}

/// Value of the parent of two subtrees.
pub(crate) fn merge(left: &[u8; 32], right: &[u8; 32], is_root: bool) -> [u8; 32] {
    if is_root {
        merge_subtrees_root(left, right, Mode::Hash).into()
    } else {
        merge_subtrees_non_root(left, right, Mode::Hash)
    }
}

/// One step of the walk over a partly opened tree.
#[derive(Clone, Copy)]
pub(crate) enum Visit {
    /// A largest subtree with no opened chunk.
    Closed(ChunkRange),
    /// A largest subtree with all chunks opened. It may be the whole tree.
    Opened(ChunkRange),
    /// Both subtrees of a node have been visited, the left one first.
    Merge {
        /// The node is the root.
        is_root: bool,
    },
}

/// Walks the tree in post-order, left to right, and descends only into subtrees that are partly opened. The prover and
/// the verifier share it, so they agree on the siblings and their order.
pub(crate) struct Walk<'a> {
    /// Ranges that do not end before the current node.
    ranges: &'a [ChunkRange],
    chunks: u32,
    /// Nodes to visit and merges to yield, the next one last. Each descent adds two.
    pending: Vec<Pending>,
}

enum Pending {
    Node(ChunkRange),
    Merge { is_root: bool },
}

impl<'a> Walk<'a> {
    /// `ranges` must be in canonical form, and `len` a valid length of a buffer. Without ranges there are no visits.
    pub(crate) fn new(ranges: &'a [ChunkRange], len: u32) -> Self {
        let chunks = chunk_count(len);
        let mut pending = Vec::with_capacity(2 * MAX_HEIGHT + 1);
        if !ranges.is_empty() {
            pending.push(Pending::Node(ChunkRange { first: 0, count: chunks }));
        }
        Walk { ranges, chunks, pending }
    }
}

impl Iterator for Walk<'_> {
    type Item = Visit;

    fn next(&mut self) -> Option<Visit> {
        loop {
            let node = match self.pending.pop()? {
                Pending::Merge { is_root } => return Some(Visit::Merge { is_root }),
                Pending::Node(node) => node,
            };
            while let [range, rest @ ..] = self.ranges {
                if range.end() > u64::from(node.first) {
                    break;
                }
                self.ranges = rest;
            }
            match self.ranges.first() {
                Some(range) if u64::from(range.first) < node.end() => {
                    if range.first <= node.first && range.end() >= node.end() {
                        return Some(Visit::Opened(node));
                    }
                }
                _ => return Some(Visit::Closed(node)),
            }
            // A partly opened subtree has at least two chunks, so each half below has one or more.
            let left = 1u32.wrapping_shl(node.count.saturating_sub(1).checked_ilog2().unwrap_or(0));
            self.pending.push(Pending::Merge { is_root: node.count == self.chunks });
            self.pending.push(Pending::Node(ChunkRange {
                first: node.first.saturating_add(left),
                count: node.count.saturating_sub(left),
            }));
            self.pending.push(Pending::Node(ChunkRange { first: node.first, count: left }));
        }
    }
}
