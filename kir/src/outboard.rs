//! The prover's side of openings: the BLAKE3 tree of a buffer, stored apart from the data, from which openings are
//! built without hashing the buffer again.

use alloc::{vec, vec::Vec};
use core::fmt;

use crate::tree::{
    check_ranges, chunk_count, is_buffer_len, merge, root, span, subtree_value, ChunkRange, Opening, RangeError, Root,
    Visit, Walk, CHUNK,
};

/// Why an opening cannot be built. Why one does not verify is [`OpeningError`](crate::OpeningError).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenError {
    /// No buffer has this length: it is 0 or more than 2 GiB.
    WrongLength {
        /// The length, bytes.
        bytes: usize,
    },
    /// These bytes are not as long as the buffer that the tree was built from.
    OtherBuffer {
        /// Length of that buffer.
        expected: u32,
        /// Length of these.
        got: usize,
    },
    /// The number of leaves differs from the number of chunks.
    WrongLeaves {
        /// Chunks of the buffer.
        expected: u32,
        /// Leaves given.
        got: usize,
    },
    /// The ranges are not in canonical form.
    Range(RangeError),
}

impl From<RangeError> for OpenError {
    fn from(error: RangeError) -> Self {
        OpenError::Range(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::WrongLength { bytes } => write!(f, "no buffer has {bytes} bytes"),
            OpenError::OtherBuffer { expected, got } => {
                write!(f, "the tree is of {expected} bytes, not of {got}")
            }
            OpenError::WrongLeaves { expected, got } => write!(f, "{got} leaves, and the buffer has {expected} chunks"),
            OpenError::Range(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for OpenError {}

/// The value of a chunk in the tree of a buffer of `len` bytes: its chaining value, or the root if it is the only
/// chunk.
pub fn leaf(len: u32, chunk: u32, bytes: &[u8]) -> [u8; 32] {
    match chunk_count(len) {
        1 => root(bytes),
        _ => subtree_value(chunk, bytes),
    }
}

/// The value of a subtree of more than one chunk that is not the whole tree: it starts at chunk `first` and holds
/// `bytes`.
pub fn subtree(first: u32, bytes: &[u8]) -> [u8; 32] {
    subtree_value(first, bytes)
}

/// The value of the parent of two subtrees.
pub fn parent(left: &[u8; 32], right: &[u8; 32], is_root: bool) -> [u8; 32] {
    merge(left, right, is_root)
}

/// Opens some chunks of a buffer of `len` bytes when neither the buffer nor its tree is in memory: `read` fills a slice
/// with the bytes from an offset, and `value` returns the value of the subtree over these chunks. Their results are not
/// checked: [`verify`](crate::verify) the opening.
///
/// # Errors
/// [`OpenError::WrongLength`]; ranges that are not in canonical form; the errors of `read` and `value`.
pub fn open_from<E: From<OpenError>>(
    len: u32,
    chunks: &[ChunkRange],
    mut read: impl FnMut(usize, &mut [u8]) -> Result<(), E>,
    mut value: impl FnMut(ChunkRange) -> Result<[u8; 32], E>,
) -> Result<Opening, E> {
    if !is_buffer_len(len) {
        return Err(OpenError::WrongLength { bytes: usize::try_from(len).unwrap_or(usize::MAX) }.into());
    }
    check_ranges(chunks, len).map_err(OpenError::from)?;
    let mut data = Vec::new();
    for range in chunks {
        let bytes = usize::try_from(span(*range, len)).unwrap_or(usize::MAX);
        let mut part = vec![0; bytes];
        let first = usize::try_from(range.first).unwrap_or(usize::MAX);
        read(first.saturating_mul(CHUNK), &mut part)?;
        data.append(&mut part);
    }
    let mut siblings = Vec::new();
    for visit in Walk::new(chunks, len) {
        if let Visit::Closed(node) = visit {
            siblings.push(value(node)?);
        }
    }
    Ok(Opening { ranges: chunks.to_vec(), data, siblings })
}

/// Opens some chunks of a buffer that is in memory. Hashes all of it: keep an [`Outboard`] to open more than once.
///
/// # Errors
/// A buffer of an invalid length; ranges that are not in canonical form.
pub fn open(bytes: &[u8], chunks: &[ChunkRange]) -> Result<Opening, OpenError> {
    Outboard::new(bytes)?.open(bytes, chunks)
}

/// All chaining values of a buffer's tree: 64 bytes for each KiB.
#[derive(Clone, Debug)]
pub struct Outboard {
    len: u32,
    root: Root,
    /// `levels[h][i]` is the value of the subtree over chunks `i·2^h` up to `(i + 1)·2^h`, or up to the end. The last
    /// level has one entry, for the whole tree. It is the root.
    levels: Vec<Vec<[u8; 32]>>,
}

impl Outboard {
    /// Hashes a buffer.
    ///
    /// # Errors
    /// [`OpenError::WrongLength`].
    pub fn new(bytes: &[u8]) -> Result<Outboard, OpenError> {
        let wrong_length = OpenError::WrongLength { bytes: bytes.len() };
        let len = u32::try_from(bytes.len()).map_err(|_| wrong_length)?;
        if !is_buffer_len(len) {
            return Err(wrong_length);
        }
        let leaves = (0..).zip(bytes.chunks(CHUNK)).map(|(chunk, bytes)| leaf(len, chunk, bytes)).collect();
        Outboard::from_leaves(len, leaves)
    }

    /// The tree of a buffer of `len` bytes with these [leaves](leaf), which are not checked. Hashes their parents.
    ///
    /// # Errors
    /// [`OpenError::WrongLength`]; another number of leaves than there are chunks.
    pub fn from_leaves(len: u32, leaves: Vec<[u8; 32]>) -> Result<Outboard, OpenError> {
        if !is_buffer_len(len) {
            return Err(OpenError::WrongLength { bytes: usize::try_from(len).unwrap_or(usize::MAX) });
        }
        let (expected, got) = (chunk_count(len), leaves.len());
        if u32::try_from(got) != Ok(expected) {
            return Err(OpenError::WrongLeaves { expected, got });
        }
        let mut level = leaves;
        let mut levels = Vec::new();
        while level.len() > 1 {
            let is_root = level.len() == 2;
            let parents = level
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => merge(left, right, is_root),
                    // The last subtree has no sibling on this level, so it moves up unchanged.
                    _ => pair.first().copied().unwrap_or_default(),
                })
                .collect();
            levels.push(core::mem::replace(&mut level, parents));
        }
        // One value is left, because a buffer has at least one chunk.
        let root = level.first().copied().unwrap_or_default();
        levels.push(level);
        Ok(Outboard { len, root, levels })
    }

    /// The root of the buffer: the same as [`root`] of its bytes.
    pub fn root(&self) -> Root {
        self.root
    }

    /// Bytes of the buffer.
    pub fn buffer_len(&self) -> u32 {
        self.len
    }

    /// The values of the nodes of a level, left to right.
    pub(crate) fn level(&self, level: u8) -> Option<&[[u8; 32]]> {
        self.levels.get(usize::from(level)).map(Vec::as_slice)
    }

    /// Opens some chunks; `bytes` is the buffer that this tree was built from.
    ///
    /// # Errors
    /// A length that differs from the tree's; ranges that are not in canonical form.
    pub fn open(&self, bytes: &[u8], chunks: &[ChunkRange]) -> Result<Opening, OpenError> {
        if u32::try_from(bytes.len()) != Ok(self.len) {
            return Err(OpenError::OtherBuffer { expected: self.len, got: bytes.len() });
        }
        let read = |start: usize, out: &mut [u8]| {
            // The lengths agree, so every range that passed the check is inside the buffer.
            if let Some(part) = bytes.get(start..start.saturating_add(out.len())) {
                out.copy_from_slice(part);
            }
            Ok::<(), OpenError>(())
        };
        self.open_with(chunks, read)
    }

    /// Opens some chunks of a buffer that is not in memory: `read` fills a slice with the bytes from an offset.
    ///
    /// # Errors
    /// Ranges that are not in canonical form; the errors of `read`.
    pub fn open_with<E: From<OpenError>>(
        &self,
        chunks: &[ChunkRange],
        mut read: impl FnMut(usize, &mut [u8]) -> Result<(), E>,
    ) -> Result<Opening, E> {
        // The tree has a value for each node that is not opened.
        open_from(self.len, chunks, &mut read, |node| Ok(self.value(node).unwrap_or_default()))
    }

    /// The value of a proper subtree.
    fn value(&self, node: ChunkRange) -> Option<[u8; 32]> {
        debug_assert!(node.count < chunk_count(self.len));
        let height = node.count.next_power_of_two().ilog2();
        let level = self.levels.get(height as usize)?;
        level.get(node.first.wrapping_shr(height) as usize).copied()
    }
}
