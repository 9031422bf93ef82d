//! The root of a step's output: hashed on the device, checked on the host.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    ops::Range,
};

use rand::{seq::index, Rng};
use touchstone_gpu::{DeviceBuffer, Gpu, GpuError, Tree, TreeError};
use touchstone_kir::{chunk_count, Root};

/// Chunks of an output that the host hashes once more, besides the first and the last. A device that gets one chunk in
/// 16 wrong is found out with a probability of 98 %, one that gets a chunk in 64 wrong with 63 %.
const SAMPLES: u32 = 64;

/// Bytes that are hashed at once on the host.
const PIECE: u32 = 8 << 20;

/// Where the bytes of an output can be had.
pub(super) enum Bytes<'a> {
    /// In the file it was written to.
    InFile(&'a mut File),
    /// It stays on the device, apart from the parts that are checked.
    OnDevice(&'a DeviceBuffer),
}

impl Bytes<'_> {
    fn read(&mut self, gpu: &Gpu, range: Range<u32>, out: &mut Vec<u8>) -> Result<(), GpuError> {
        match self {
            Self::OnDevice(buffer) => gpu.download_range(buffer, range, out),
            Self::InFile(file) => {
                let start = out.len();
                out.resize(start + range.len(), 0);
                file.seek(SeekFrom::Start(range.start.into()))?;
                Ok(file.read_exact(&mut out[start..])?)
            }
        }
    }
}

/// The root of an output. All parents and some chunks of the device's tree are hashed again on the host; where they
/// differ, or where the device has no memory for a tree, the host hashes everything.
pub(super) fn root(
    gpu: &mut Gpu,
    output: &DeviceBuffer,
    mut bytes: Bytes<'_>,
    alive: &mut dyn FnMut(),
) -> Result<Root, GpuError> {
    let tree = gpu.tree(output, alive).map_err(TreeError::from);
    let mut read = |range: Range<u32>, out: &mut Vec<u8>| bytes.read(gpu, range, out);
    match tree.and_then(|tree| checked(tree, &mut rand::thread_rng(), &mut read)) {
        Ok(root) => Ok(root),
        Err(TreeError::Gpu(error)) if error.is_fatal() => Err(error),
        Err(TreeError::Gpu(error)) => {
            tracing::warn!(%error, "the device cannot hash an output: the host does");
            on_host(output.len(), &mut read, alive)
        }
        Err(error) => {
            tracing::error!(%error, "THE DEVICE HASHES WRONGLY: the host does it instead");
            on_host(output.len(), &mut read, alive)
        }
    }
}

type Reader<'a> = dyn FnMut(Range<u32>, &mut Vec<u8>) -> Result<(), GpuError> + 'a;

fn checked(tree: Tree, random: &mut impl Rng, read: &mut Reader<'_>) -> Result<Root, TreeError> {
    let count = chunk_count(tree.buffer_len());
    let mut chunks = vec![0, count.saturating_sub(1)];
    chunks.extend(index::sample(random, count as usize, SAMPLES.min(count) as usize).into_iter().map(|c| c as u32));
    tree.check_leaves(&chunks, read)?;
    Ok(tree.into_outboard()?.root())
}

fn on_host(len: u32, read: &mut Reader<'_>, alive: &mut dyn FnMut()) -> Result<Root, GpuError> {
    let mut hasher = blake3::Hasher::new();
    let mut bytes = Vec::new();
    for start in (0..len).step_by(PIECE as usize) {
        bytes.clear();
        read(start..start.saturating_add(PIECE).min(len), &mut bytes)?;
        hasher.update(&bytes);
        alive();
    }
    Ok(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use rand::{rngs::StdRng, SeedableRng};
    use touchstone_kir::{leaf, root as of, CHUNK};

    use super::*;

    fn part_of(bytes: &[u8]) -> impl FnMut(Range<u32>, &mut Vec<u8>) -> Result<(), GpuError> + '_ {
        |range, out| {
            out.extend_from_slice(&bytes[range.start as usize..range.end as usize]);
            Ok(())
        }
    }

    fn noise(len: usize) -> Vec<u8> {
        (0..len).map(|at| ((at * at) >> 7) as u8).collect()
    }

    fn tree(bytes: &[u8]) -> Tree {
        let len = bytes.len() as u32;
        Tree::new(
            len,
            (0..).zip(bytes.chunks(CHUNK)).map(|(chunk, bytes)| leaf(len, chunk, bytes)).collect(),
            of(bytes),
        )
    }

    fn check(tree: Tree, bytes: &[u8]) -> Result<Root, TreeError> {
        checked(tree, &mut StdRng::seed_from_u64(1), &mut part_of(bytes))
    }

    #[test]
    fn a_right_tree_is_believed_whatever_its_length() {
        for len in [4, 1024, 1028, 64 * 1024, 100_000] {
            let bytes = noise(len);
            assert_eq!(check(tree(&bytes), &bytes).unwrap(), of(&bytes), "{len}");
        }
    }

    #[test]
    fn wrong_ends_wrong_samples_and_wrong_parents_are_noticed() {
        let bytes = noise(200 * CHUNK);
        for wrong in [0, 199] {
            let mut other = bytes.clone();
            other[wrong * CHUNK] ^= 1;
            assert!(matches!(check(tree(&other), &bytes), Err(TreeError::Leaf(at)) if at as usize == wrong));
        }
        // Of 200 chunks every fourth is wrong: 64 samples cannot miss them all, the draw being fixed.
        let mut other = bytes.clone();
        other.chunks_mut(CHUNK).skip(2).step_by(4).for_each(|chunk| chunk[7] ^= 1);
        assert!(matches!(check(tree(&other), &bytes), Err(TreeError::Leaf(at)) if at % 4 == 2));
        let right = tree(&bytes);
        let mixed = Tree::new(right.buffer_len(), right.leaves().to_vec(), [7; 32]);
        assert!(matches!(check(mixed, &bytes), Err(TreeError::Parents)));
    }

    #[test]
    fn the_host_hashes_in_pieces_and_says_that_it_lives() {
        let bytes = noise(PIECE as usize * 2 + 4);
        let mut signs = 0;
        let root = on_host(bytes.len() as u32, &mut part_of(&bytes), &mut || signs += 1).unwrap();
        assert_eq!((root, signs), (of(&bytes), 3));
    }
}
