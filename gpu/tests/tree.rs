//! Trees hashed on the device against those of the host.

mod common;

use std::ops::Range;

use common::{download, gpu, noise, upload};
use touchstone_gpu::{Gpu, GpuError, Tree, TreeError};
use touchstone_kir::{chunk_count, Outboard, CHUNK};

fn tree(gpu: &mut Gpu, bytes: &[u8]) -> Tree {
    let buffer = upload(gpu, bytes);
    gpu.tree(&buffer, &mut || {}).unwrap()
}

/// Reads ranges of these bytes.
fn part_of(bytes: &[u8]) -> impl FnMut(Range<u32>, &mut Vec<u8>) -> Result<(), GpuError> + '_ {
    |range, read| {
        read.extend_from_slice(&bytes[range.start as usize..range.end as usize]);
        Ok(())
    }
}

/// The device's tree of these bytes is the host's.
fn agree(gpu: &mut Gpu, bytes: &[u8]) {
    let tree = tree(gpu, bytes);
    let len = bytes.len();
    assert_eq!(tree.root(), *blake3::hash(bytes).as_bytes(), "{len} bytes");
    let chunks: Vec<u32> = (0..chunk_count(len as u32)).collect();
    tree.check_leaves(&chunks, part_of(bytes)).unwrap_or_else(|error| panic!("{len} bytes: {error}"));
    assert_eq!(tree.into_outboard().unwrap().root(), Outboard::new(bytes).unwrap().root(), "{len} bytes");
}

#[test]
fn trees_of_all_lengths_of_a_few_chunks_agree() {
    let mut gpu = gpu();
    let chunks = if std::env::var_os("TOUCHSTONE_LARGE").is_some() { 20 } else { 5 };
    let bytes = noise(1, chunks * CHUNK + 8);
    for len in (4..=bytes.len()).step_by(4) {
        agree(&mut gpu, &bytes[..len]);
    }
}

#[test]
fn trees_around_all_shapes_agree() {
    let mut gpu = gpu();
    // Every number of chunks up to 20; around the powers of two, where a level more begins; around 256 and its
    // multiples, where a workgroup and a dispatch more begin.
    let counts = (6..=20).chain((5..=12).map(|height| 1 << height)).chain([3 * 256, 257 * 256, 300, 5000]);
    for chunks in counts {
        let bytes = noise(chunks as u64, (chunks + 1) * CHUNK + 68);
        for len in [-1024, -960, -4, 0, 4, 64, 1028].map(|more| (chunks * CHUNK).strict_add_signed(more)) {
            if chunks <= 4096 || len % CHUNK != 0 {
                agree(&mut gpu, &bytes[..len]);
            }
        }
    }
}

#[test]
fn a_buffer_in_parts_has_the_same_tree() {
    let mut gpu = Gpu::open_with_bindings(None, std::time::Duration::from_secs(60), 64 << 10).expect("an adapter");
    for len in [64 << 10, (64 << 10) + 4, (192 << 10) - 512, 1_000_000] {
        agree(&mut gpu, &noise(len as u64, len));
    }
}

#[test]
fn a_leaf_that_is_not_that_of_its_chunk_is_noticed_by_who_looks_at_it() {
    let mut gpu = gpu();
    let right = noise(3, 9 * CHUNK);
    let mut wrong = right.clone();
    wrong[7 * CHUNK + 1023] ^= 1;
    let of_wrong = tree(&mut gpu, &wrong);
    assert!(matches!(of_wrong.check_leaves(&[0, 6, 7], part_of(&right)), Err(TreeError::Leaf(7))));
    assert!(of_wrong.check_leaves(&[0, 6, 8], part_of(&right)).is_ok());
    assert!(matches!(of_wrong.check_leaves(&[9], part_of(&right)), Err(TreeError::NoChunk(9))));
    // The chunks may come from the device.
    let buffer = upload(&gpu, &right);
    let checked = of_wrong.check_leaves(&[1, 7], |range, read| gpu.download_range(&buffer, range, read));
    assert!(matches!(checked, Err(TreeError::Leaf(7))));
}

#[test]
fn a_root_that_is_not_that_of_the_leaves_is_noticed() {
    let mut gpu = gpu();
    let bytes = noise(4, 700 * CHUNK);
    let honest = tree(&mut gpu, &bytes);
    let other = tree(&mut gpu, &noise(5, 700 * CHUNK));
    let mixed = Tree::new(honest.buffer_len(), honest.leaves().to_vec(), other.root());
    assert!(matches!(mixed.into_outboard(), Err(TreeError::Parents)));
    let buffer = upload(&gpu, &bytes);
    assert!(download(&gpu, &buffer) == bytes, "hashing changes nothing");
}
