//! The BLAKE3 tree of a buffer that is on the device.
//!
//! The device hashes and the host checks: it reads back the chaining values of the chunks, 32 bytes for each KiB, and
//! recomputes all their parents and some of the chunks. This detects a device that hashes incorrectly, and a buffer
//! that is not needed elsewhere stays on the device.

mod source;

use std::{num::NonZeroU64, ops::Range};

use touchstone_kir::{chunk_count, OpenError, Outboard, Root, CHUNK};

use crate::{
    shader::{Run, Shader},
    DeviceBuffer, Gpu, GpuError,
};

/// Bytes of a node: a chaining value.
const NODE: u32 = 32;

/// Cost of hashing a chunk, in fuel: about 800 operations for each of its 16 blocks.
const CHUNK_FUEL: u64 = 16 * 800;

/// Why a tree is wrong.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The device could not hash it.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The root computed from the device's leaves differs from the device's root.
    #[error("the device hashes the parents wrongly: its root is not that of its leaves")]
    Parents,
    /// The hash of a chunk differs from the device's.
    #[error("the device hashes chunk {0} wrongly")]
    Leaf(u32),
    /// A chunk that the buffer does not have.
    #[error("the buffer has no chunk {0}")]
    NoChunk(u32),
    /// It cannot be the tree of a buffer.
    #[error(transparent)]
    Length(#[from] OpenError),
}

/// The tree of a buffer as the device computed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    len: u32,
    /// Chaining values of the chunks; of a single one, its hash.
    leaves: Vec<[u8; NODE as usize]>,
    root: Root,
}

impl Tree {
    /// The device's tree of a buffer of `len` bytes.
    pub fn new(len: u32, leaves: Vec<[u8; NODE as usize]>, root: Root) -> Self {
        Self { len, leaves, root }
    }

    /// Chaining values of the chunks, unchecked; for a single chunk, its hash.
    pub fn leaves(&self) -> &[[u8; NODE as usize]] {
        &self.leaves
    }

    /// The root, unchecked.
    pub fn root(&self) -> Root {
        self.root
    }

    /// Bytes of the buffer.
    pub fn buffer_len(&self) -> u32 {
        self.len
    }

    /// Hashes these chunks on the host; `read` appends the bytes of the buffer in a range.
    ///
    /// # Errors
    /// The first chunk that has another hash or does not exist; errors of `read`.
    pub fn check_leaves(
        &self,
        chunks: &[u32],
        mut read: impl FnMut(Range<u32>, &mut Vec<u8>) -> Result<(), GpuError>,
    ) -> Result<(), TreeError> {
        let mut bytes = Vec::with_capacity(CHUNK);
        for &chunk in chunks {
            let leaf = self.leaves.get(chunk as usize).ok_or(TreeError::NoChunk(chunk))?;
            let start = chunk * CHUNK as u32;
            bytes.clear();
            read(start..start.saturating_add(CHUNK as u32).min(self.len), &mut bytes)?;
            if touchstone_kir::leaf(self.len, chunk, &bytes) != *leaf {
                return Err(TreeError::Leaf(chunk));
            }
        }
        Ok(())
    }

    /// The tree from which openings are built, with all its parents recomputed on the host.
    ///
    /// # Errors
    /// [`TreeError::Parents`] if the device computed another root.
    pub fn into_outboard(self) -> Result<Outboard, TreeError> {
        let outboard = Outboard::from_leaves(self.len, self.leaves)?;
        match outboard.root() == self.root {
            true => Ok(outboard),
            false => Err(TreeError::Parents),
        }
    }
}

impl Gpu {
    /// Hashes a buffer on the device and reads back its tree; calls `alive` after every dispatch.
    ///
    /// The result is unchecked: use [`Tree::check_leaves`] and [`Tree::into_outboard`].
    pub fn tree(&mut self, buffer: &DeviceBuffer, alive: &mut dyn FnMut()) -> Result<Tree, GpuError> {
        let nodes = self.hash(buffer, alive)?;
        let mut bytes = Vec::with_capacity(nodes.leaves.len() as usize);
        self.download(&nodes.leaves, &mut bytes)?;
        let (leaves, []) = bytes.as_chunks() else {
            return Err(GpuError::Refused("a node is torn".into()));
        };
        let leaves = leaves.to_vec();
        let root = match &nodes.root {
            None => leaves.first().copied(),
            Some(root) => {
                bytes.clear();
                self.download(root, &mut bytes)?;
                bytes.first_chunk().copied()
            }
        };
        let root = root.ok_or_else(|| GpuError::Refused("a tree without a root".into()))?;
        Ok(Tree { len: buffer.len, leaves, root })
    }

    /// Hashes a buffer on the device and leaves the tree there, to measure what a tree costs the device.
    pub fn hash(&mut self, buffer: &DeviceBuffer, alive: &mut dyn FnMut()) -> Result<Nodes, GpuError> {
        let chunks = chunk_count(buffer.len);
        let leaves = self.allocate(chunks * NODE)?;
        let levels = self.levels(chunks)?;
        let mut runs = self.leaf_runs(buffer, &leaves);

        let (mut count, mut below) = (chunks, &leaves);
        for level in &levels {
            let above = level.len / NODE;
            let fuel = CHUNK_FUEL / 16 * u64::from(source::FAN_IN);
            let shader = Shader { source: source::parents().into(), items: above, group: 1, fuel, word: count };
            let inputs = vec![below.buffer.as_entire_buffer_binding()];
            runs.push(Run { shader, inputs, output: &level.buffer });
            (count, below) = (above, level);
        }
        self.run_shaders(runs, alive)?;
        Ok(Nodes { leaves, root: levels.into_iter().next_back() })
    }

    /// Buffers for the levels above this number of leaves, up to the root; none above a single one.
    fn levels(&self, leaves: u32) -> Result<Vec<DeviceBuffer>, GpuError> {
        let counts = std::iter::successors(Some(leaves), |&count| (count > 1).then(|| count.div_ceil(source::FAN_IN)));
        counts.skip(1).map(|count| self.allocate(count * NODE)).collect()
    }

    /// The runs that hash the chunks: one for each part of the buffer that fits a binding.
    fn leaf_runs<'a>(&self, buffer: &'a DeviceBuffer, leaves: &'a DeviceBuffer) -> Vec<Run<'a>> {
        let part = self.target.part_bytes;
        (0..buffer.len.div_ceil(part))
            .map(|number| {
                let (offset, len) = (number * part, (buffer.len - number * part).min(part));
                let shader = Shader {
                    source: source::leaves(offset / CHUNK as u32, chunk_count(buffer.len)),
                    items: chunk_count(len),
                    group: source::LEAF_THREADS,
                    fuel: CHUNK_FUEL,
                    word: len,
                };
                let size = NonZeroU64::new(u64::from(len).next_multiple_of(16));
                let bytes = wgpu::BufferBinding { buffer: &buffer.buffer, offset: offset.into(), size };
                Run { shader, inputs: vec![bytes], output: &leaves.buffer }
            })
            .collect()
    }
}

/// A tree on the device.
pub struct Nodes {
    leaves: DeviceBuffer,
    /// Of more than one chunk.
    root: Option<DeviceBuffer>,
}
