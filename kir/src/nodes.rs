//! Nodes of the tree over a buffer, by level and position: what a demand names and an answer reveals.
//!
//! Somebody who knows a root alone learns the rest from above: an answer shows the descendants of a node, and the next
//! question names one of them by its path through what was shown.

use alloc::vec::Vec;
use core::fmt;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{
    outboard::Outboard,
    tree::{chunk_count, is_buffer_len, merge, root, span, subtree_value, ChunkRange, Root},
};

/// Levels that one answer descends, at most: 256 descendants.
pub const REVEALED_LEVELS: u8 = 8;

/// Level of the highest nodes that are revealed by their bytes: 64 chunks.
pub const BYTES_LEVEL: u8 = 6;

/// A node of the tree over a buffer: the subtree over the chunks `position·2^level` up to `(position + 1)·2^level`, or
/// up to the end of the buffer. The level is the lowest with these chunks, so that a subtree has one name.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Node {
    /// Levels above the chunks.
    pub level: u8,
    /// How many nodes of the level are to its left.
    pub position: u32,
}

/// What an answer shows of a node.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Reveal {
    /// The values of its descendants on the level [`Node::revealed_level`], left to right.
    #[codec(index = 0)]
    Nodes(Vec<[u8; 32]>),
    /// The bytes of its chunks, if it is at most [`BYTES_LEVEL`] high.
    #[codec(index = 1)]
    Bytes(Vec<u8>),
}

/// Why a path or an answer does not verify.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeError {
    /// No buffer has this length: it is 0 or more than 2 GiB.
    WrongLength {
        /// The length, bytes.
        bytes: u32,
    },
    /// The tree has no such node, or the node has a lower level.
    NoSuchNode,
    /// The path has fewer siblings than lead to the root.
    MissingSibling,
    /// The path has more siblings than lead to the root.
    ExtraSibling {
        /// Number of siblings needed.
        expected: usize,
        /// Number of siblings given.
        got: usize,
    },
    /// The path leads to another root: the value, a sibling, the position or the root is wrong.
    WrongRoot,
    /// The node is revealed by its bytes, not by nodes, or the other way round.
    WrongKind,
    /// Fewer values or bytes than the node has.
    Short {
        /// How many it has.
        expected: u64,
        /// How many are given.
        got: usize,
    },
    /// More values or bytes than the node has.
    Long {
        /// How many it has.
        expected: u64,
        /// How many are given.
        got: usize,
    },
    /// What is revealed does not hash to the value of the node.
    WrongValue,
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongLength { bytes } => write!(f, "no buffer has {bytes} bytes"),
            Self::NoSuchNode => write!(f, "the tree has no node of this name"),
            Self::MissingSibling => write!(f, "the path lacks a sibling"),
            Self::ExtraSibling { expected, got } => write!(f, "{expected} siblings are needed, {got} are given"),
            Self::WrongRoot => write!(f, "the path leads to another root"),
            Self::WrongKind => write!(f, "nodes up to level {BYTES_LEVEL} are revealed by bytes, others by nodes"),
            Self::Short { expected, got } => write!(f, "the node has {expected}, only {got} are given"),
            Self::Long { expected, got } => write!(f, "the node has {expected}, but {got} are given"),
            Self::WrongValue => write!(f, "what is revealed belongs to another node"),
        }
    }
}

impl core::error::Error for NodeError {}

/// Levels of a tree over so many chunks above them.
fn height(chunks: u32) -> u8 {
    let below = chunks.saturating_sub(1);
    // At most 21: a buffer has 2^21 chunks.
    u32::BITS.saturating_sub(below.leading_zeros()) as u8
}

impl Node {
    /// The root of the tree over a buffer of `len` bytes.
    pub fn top(len: u32) -> Self {
        Self { level: height(chunk_count(len)), position: 0 }
    }

    /// Its chunks in a buffer of `len` bytes; `None` if the tree has no such node.
    pub fn chunks(self, len: u32) -> Option<ChunkRange> {
        let chunks = u64::from(chunk_count(len));
        let width = 1u64.checked_shl(self.level.into())?;
        let first = u64::from(self.position).checked_mul(width)?;
        let count = width.min(chunks.checked_sub(first)?);
        // A node of one half or less has a lower level.
        let is_lowest = count > width / 2 && count > 0;
        is_lowest.then_some(ChunkRange { first: u32::try_from(first).ok()?, count: u32::try_from(count).ok()? })
    }

    /// The level of the descendants that an answer shows; `None` if it shows bytes.
    pub fn revealed_level(self) -> Option<u8> {
        (self.level > BYTES_LEVEL).then(|| self.level.saturating_sub(REVEALED_LEVELS).max(BYTES_LEVEL))
    }

    /// The node over `chunk` on this or a lower level, under its one name; `None` if the buffer has no such chunk.
    pub fn over(chunk: u32, level: u8, len: u32) -> Option<Self> {
        // A node at the end covers the places of chunks that do not exist.
        if chunk >= chunk_count(len) {
            return None;
        }
        (0..=level).rev().find_map(|level| {
            let node = Self { level, position: chunk.checked_shr(level.into())? };
            node.chunks(len).map(|_| node)
        })
    }
}

/// Checks that `value` is the value of `node` in the tree over a buffer of `len` bytes with this root. `siblings` are
/// the values of the neighbours on the way to the root, upwards; where there is none, the value moves up unchanged.
///
/// Work is at most one hash for each of 21 levels.
///
/// # Errors
/// The first defect, in the order length, node, siblings, root.
pub fn verify_path(
    node: Node,
    value: &[u8; 32],
    siblings: &[[u8; 32]],
    root: &Root,
    len: u32,
) -> Result<(), NodeError> {
    if !is_buffer_len(len) {
        return Err(NodeError::WrongLength { bytes: len });
    }
    node.chunks(len).ok_or(NodeError::NoSuchNode)?;
    let mut above = siblings.iter();
    let mut value = *value;
    for step in steps(node, len) {
        value = match step {
            Above::Alone => value,
            Above::Left { is_root } => {
                let sibling = above.next().ok_or(NodeError::MissingSibling)?;
                merge(&value, sibling, is_root)
            }
            Above::Right { is_root } => {
                let sibling = above.next().ok_or(NodeError::MissingSibling)?;
                merge(sibling, &value, is_root)
            }
        };
    }
    if above.len() != 0 {
        let got = siblings.len();
        return Err(NodeError::ExtraSibling { expected: got.saturating_sub(above.len()), got });
    }
    match value == *root {
        true => Ok(()),
        false => Err(NodeError::WrongRoot),
    }
}

/// How a node stands beside its neighbour.
enum Above {
    /// It has none.
    Alone,
    /// It is the left one.
    Left { is_root: bool },
    /// It is the right one.
    Right { is_root: bool },
}

/// The levels from a node that exists up to the root.
fn steps(node: Node, len: u32) -> impl Iterator<Item = Above> {
    let chunks = u64::from(chunk_count(len));
    let top = height(chunk_count(len));
    let position = u64::from(node.position);
    (node.level..top).map(move |level| {
        let up = u32::from(level.saturating_sub(node.level));
        let here = position.checked_shr(up).unwrap_or(0);
        let is_root = level.saturating_add(1) == top;
        if here & 1 == 1 {
            return Above::Right { is_root };
        }
        // The neighbour exists if its first chunk does.
        match here.saturating_add(1).checked_shl(level.into()).is_some_and(|first| first < chunks) {
            true => Above::Left { is_root },
            false => Above::Alone,
        }
    })
}

/// Checks what an answer shows of a node with this value, in the tree over a buffer of `len` bytes.
///
/// Work is linear in the size of the answer, which is refused before anything is hashed if it has another size.
///
/// # Errors
/// The first defect, in the order length, node, kind, size, value.
pub fn verify_reveal(node: Node, value: &[u8; 32], reveal: &Reveal, len: u32) -> Result<(), NodeError> {
    if !is_buffer_len(len) {
        return Err(NodeError::WrongLength { bytes: len });
    }
    let range = node.chunks(len).ok_or(NodeError::NoSuchNode)?;
    let is_whole = range.count == chunk_count(len);
    let computed = match (node.revealed_level(), reveal) {
        (None, Reveal::Bytes(bytes)) => {
            check_size(span(range, len), bytes.len())?;
            match is_whole {
                true => root(bytes),
                false => subtree_value(range.first, bytes),
            }
        }
        (Some(level), Reveal::Nodes(values)) => {
            check_size(descendants(range, level), values.len())?;
            join(values.clone(), is_whole)
        }
        _ => return Err(NodeError::WrongKind),
    };
    match computed == *value {
        true => Ok(()),
        false => Err(NodeError::WrongValue),
    }
}

/// Bytes or values that an answer about a node has, at 32 bytes for a value; `None` if there is no such node.
pub fn revealed_bytes(node: Node, len: u32) -> Option<u32> {
    let range = node.chunks(len)?;
    let bytes = match node.revealed_level() {
        None => span(range, len),
        Some(level) => descendants(range, level).saturating_mul(32),
    };
    u32::try_from(bytes).ok()
}

/// Nodes of a level over these chunks.
fn descendants(range: ChunkRange, level: u8) -> u64 {
    let width = 1u64.checked_shl(level.into()).unwrap_or(u64::MAX);
    u64::from(range.count).div_ceil(width)
}

fn check_size(expected: u64, got: usize) -> Result<(), NodeError> {
    match u64::try_from(got).unwrap_or(u64::MAX).cmp(&expected) {
        core::cmp::Ordering::Less => Err(NodeError::Short { expected, got }),
        core::cmp::Ordering::Greater => Err(NodeError::Long { expected, got }),
        core::cmp::Ordering::Equal => Ok(()),
    }
}

/// The value of a node from those of its descendants on one level.
fn join(mut level: Vec<[u8; 32]>, is_whole: bool) -> [u8; 32] {
    while level.len() > 1 {
        let is_root = is_whole && level.len() == 2;
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => merge(left, right, is_root),
                _ => pair.first().copied().unwrap_or_default(),
            })
            .collect();
    }
    level.first().copied().unwrap_or_default()
}

impl Outboard {
    /// The value of a node.
    pub fn node(&self, node: Node) -> Option<[u8; 32]> {
        node.chunks(self.buffer_len())?;
        self.level(node.level)?.get(usize::try_from(node.position).ok()?).copied()
    }

    /// The siblings of a node on the way to the root, as [`verify_path`] takes them.
    pub fn path(&self, node: Node) -> Option<Vec<[u8; 32]>> {
        let len = self.buffer_len();
        node.chunks(len)?;
        let mut siblings = Vec::new();
        for (level, step) in (node.level..).zip(steps(node, len)) {
            let here = node.position.checked_shr(level.saturating_sub(node.level).into()).unwrap_or(0);
            let beside = match step {
                Above::Alone => continue,
                Above::Left { .. } => here.saturating_add(1),
                Above::Right { .. } => here.saturating_sub(1),
            };
            siblings.push(*self.level(level)?.get(usize::try_from(beside).ok()?)?);
        }
        Some(siblings)
    }

    /// The answer about a node. `read` fills a slice with the bytes of the buffer from an offset; it is used only if
    /// the node is revealed by its bytes. `None` if there is no such node.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn reveal<E>(
        &self,
        node: Node,
        read: impl FnOnce(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<Option<Reveal>, E> {
        let len = self.buffer_len();
        let Some(range) = node.chunks(len) else { return Ok(None) };
        let Some(level) = node.revealed_level() else {
            let mut bytes = alloc::vec![0; usize::try_from(span(range, len)).unwrap_or(usize::MAX)];
            read(u64::from(range.first).saturating_mul(crate::CHUNK as u64), &mut bytes)?;
            return Ok(Some(Reveal::Bytes(bytes)));
        };
        let first = usize::try_from(range.first.checked_shr(level.into()).unwrap_or(0)).unwrap_or(usize::MAX);
        let count = usize::try_from(descendants(range, level)).unwrap_or(usize::MAX);
        let values = self.level(level).and_then(|values| values.get(first..first.saturating_add(count)));
        Ok(values.map(|values| Reveal::Nodes(values.to_vec())))
    }
}
