//! Nodes of the tree, their paths and what an answer shows of them: for every node of many trees, and attacked with
//! every kind of change.

use codec::{Decode, Encode};
use proptest::prelude::*;
use touchstone_kir::{
    chunk_count, leaf, limits::MAX_BUFFER_BYTES, parent, revealed_bytes, root, verify_path, verify_reveal, ChunkRange,
    Node, NodeError, Outboard, Reveal, Root, BYTES_LEVEL, CHUNK,
};

fn buffer(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 256) as u8).collect()
}

/// A tree whose chunks are named by numbers: as large as a test needs, without its bytes.
fn tree(chunks: u32) -> (u32, Outboard) {
    let len = chunks * CHUNK as u32;
    let leaves = (0..chunks).map(|chunk| root(&chunk.to_le_bytes())).collect();
    (len, Outboard::from_leaves(len, leaves).unwrap())
}

/// Every node of a tree over so many bytes.
fn nodes(len: u32) -> Vec<Node> {
    let top = Node::top(len);
    let of = |level: u8| (0..chunk_count(len)).map(move |position| Node { level, position });
    (0..=top.level).flat_map(of).filter(|node| node.chunks(len).is_some()).collect()
}

fn bytes_of(buffer: &[u8]) -> impl Fn(u64, &mut [u8]) -> Result<(), std::convert::Infallible> + '_ {
    |at, out| {
        out.copy_from_slice(&buffer[at as usize..][..out.len()]);
        Ok(())
    }
}

/// Chunk counts around the powers of two, and others.
const CHUNKS: [u32; 20] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 100, 127, 129, 300];

#[test]
fn each_subtree_has_one_name() {
    for chunks in CHUNKS {
        let len = chunks * CHUNK as u32;
        let mut ranges: Vec<ChunkRange> = nodes(len).into_iter().filter_map(|node| node.chunks(len)).collect();
        let names = ranges.len();
        ranges.sort_by_key(|range| (range.first, range.count));
        ranges.dedup();
        // A binary tree has one inner node less than it has leaves.
        assert_eq!((names, ranges.len()), (2 * chunks as usize - 1, 2 * chunks as usize - 1), "{chunks} chunks");
        assert_eq!(Node::top(len).chunks(len), Some(ChunkRange { first: 0, count: chunks }));
    }
}

#[test]
fn a_node_over_a_chunk_is_the_highest_up_to_a_level() {
    let len = 5 * CHUNK as u32;
    let over = |chunk, level| Node::over(chunk, level, len);
    assert_eq!(over(4, 2), Some(Node { level: 0, position: 4 }));
    assert_eq!(over(4, 3), Some(Node::top(len)));
    assert_eq!(over(3, 1), Some(Node { level: 1, position: 1 }));
    assert_eq!(over(5, 0), None);
    assert_eq!(over(5, 3), None, "the root covers its place, but there is no such chunk");
    assert_eq!(over(u32::MAX, 255), None);
}

#[test]
fn the_path_of_every_node_leads_to_the_root() {
    for chunks in CHUNKS {
        let (len, tree) = tree(chunks);
        for node in nodes(len) {
            let (value, path) = (tree.node(node).unwrap(), tree.path(node).unwrap());
            assert_eq!(verify_path(node, &value, &path, &tree.root(), len), Ok(()), "{node:?} of {chunks}");
        }
    }
}

#[test]
fn every_node_is_revealed_down_to_its_bytes() {
    for chunks in CHUNKS {
        for len in [chunks as usize * CHUNK, chunks as usize * CHUNK - 1020] {
            let bytes = buffer(len);
            let (len, tree) = (len as u32, Outboard::new(&bytes).unwrap());
            for node in nodes(len) {
                let value = tree.node(node).unwrap();
                let reveal = tree.reveal(node, bytes_of(&bytes)).unwrap().unwrap();
                assert_eq!(verify_reveal(node, &value, &reveal, len), Ok(()), "{node:?} of {len} bytes");
                let shown = match &reveal {
                    Reveal::Nodes(values) => values.len() * 32,
                    Reveal::Bytes(bytes) => bytes.len(),
                };
                assert_eq!(revealed_bytes(node, len), Some(shown as u32));
                assert!(shown <= 64 * CHUNK);
                assert_eq!(matches!(reveal, Reveal::Bytes(_)), node.level <= BYTES_LEVEL);
            }
        }
    }
}

/// What is known of a tree when answers alone are read: the values on levels that were shown.
fn descend(len: u32, tree: &Outboard, chunk: u32) -> (u32, Vec<u8>) {
    let (mut node, mut value, mut answers) = (Node::top(len), tree.root(), 0);
    loop {
        let read = |at: u64, out: &mut [u8]| {
            let first = (at / CHUNK as u64) as u32;
            out.fill(first as u8);
            Ok::<_, ()>(())
        };
        let reveal = tree.reveal(node, read).unwrap().unwrap();
        answers += 1;
        let level = match (reveal, node.revealed_level()) {
            (Reveal::Bytes(bytes), None) => return (answers, bytes),
            (Reveal::Nodes(values), Some(level)) => {
                assert_eq!(verify_reveal(node, &value, &Reveal::Nodes(values.clone()), len), Ok(()));
                let first = node.chunks(len).unwrap().first;
                value = values[((chunk - first) >> level) as usize];
                level
            }
            other => panic!("{other:?}"),
        };
        node = Node::over(chunk, level, len).unwrap();
        // The path of the next question consists of values that were shown.
        assert_eq!(verify_path(node, &value, &tree.path(node).unwrap(), &tree.root(), len), Ok(()));
    }
}

#[test]
fn three_answers_reach_every_chunk_of_the_largest_buffer_and_of_the_longest_trace() {
    for (chunks, answers) in [(1, 1), (16, 1), (64, 1), (65, 2), (1 << 14, 2), (1 << 15, 3), (1 << 21, 3)] {
        let (len, tree) = tree(chunks);
        assert!(len <= MAX_BUFFER_BYTES);
        for chunk in [0, chunks / 2, chunks - 1] {
            assert_eq!(descend(len, &tree, chunk).0, answers, "chunk {chunk} of {chunks}");
        }
    }
}

#[test]
fn each_defect_of_a_path_has_its_own_error() {
    let (len, tree) = tree(100);
    let node = Node { level: 2, position: 3 };
    let (value, path, root) = (tree.node(node).unwrap(), tree.path(node).unwrap(), tree.root());
    let check = |node, value: &Root, path: &[Root], root: &Root, len| verify_path(node, value, path, root, len);
    assert_eq!(check(node, &value, &path, &root, 0), Err(NodeError::WrongLength { bytes: 0 }));
    let long = MAX_BUFFER_BYTES + 4;
    assert_eq!(check(node, &value, &path, &root, long), Err(NodeError::WrongLength { bytes: long }));
    for (level, position) in [(2, 25), (0, 100), (7, 1), (8, 0), (32, 0), (255, 0), (2, u32::MAX), (31, u32::MAX)] {
        assert_eq!(check(Node { level, position }, &value, &path, &root, len), Err(NodeError::NoSuchNode));
    }
    // The last node of the level has one chunk less than a lower one would need.
    assert_eq!(check(Node { level: 3, position: 12 }, &value, &path, &root, len), Err(NodeError::NoSuchNode));
    assert_eq!(check(node, &value, &path[1..], &root, len), Err(NodeError::MissingSibling));
    assert_eq!(check(node, &value, &[], &root, len), Err(NodeError::MissingSibling));
    let more = [&path[..], &[[0; 32]]].concat();
    let (expected, got) = (path.len(), path.len() + 1);
    assert_eq!(check(node, &value, &more, &root, len), Err(NodeError::ExtraSibling { expected, got }));
    assert_eq!(check(node, &[0; 32], &path, &root, len), Err(NodeError::WrongRoot));
    assert_eq!(check(node, &value, &path, &[0; 32], len), Err(NodeError::WrongRoot));
    assert_eq!(check(Node { position: 4, ..node }, &value, &path, &root, len), Err(NodeError::WrongRoot));
    for at in 0..path.len() {
        let mut wrong = path.clone();
        wrong[at][0] ^= 1;
        assert_eq!(check(node, &value, &wrong, &root, len), Err(NodeError::WrongRoot));
    }
}

#[test]
fn each_defect_of_an_answer_has_its_own_error() {
    let bytes = buffer(100 * CHUNK);
    let (len, tree) = (bytes.len() as u32, Outboard::new(&bytes).unwrap());
    let (high, low) = (Node::top(len), Node { level: 6, position: 1 });
    let of = |node| (tree.node(node).unwrap(), tree.reveal(node, bytes_of(&bytes)).unwrap().unwrap());
    let ((top, Reveal::Nodes(values)), (bottom, Reveal::Bytes(data))) = (of(high), of(low)) else {
        panic!("the top is revealed by nodes, the other by bytes")
    };
    let nodes = |values: &[Root]| verify_reveal(high, &top, &Reveal::Nodes(values.to_vec()), len);
    let data_of = |data: &[u8]| verify_reveal(low, &bottom, &Reveal::Bytes(data.to_vec()), len);
    assert_eq!((nodes(&values), data_of(&data)), (Ok(()), Ok(())));

    assert_eq!(nodes(&values[1..]), Err(NodeError::Short { expected: 2, got: 1 }));
    assert_eq!(nodes(&[]), Err(NodeError::Short { expected: 2, got: 0 }));
    assert_eq!(nodes(&[&values[..], &values].concat()), Err(NodeError::Long { expected: 2, got: 4 }));
    assert_eq!(nodes(&[values[1], values[0]]), Err(NodeError::WrongValue));
    let expected = 36 * CHUNK as u64;
    assert_eq!(data_of(&data[1..]), Err(NodeError::Short { expected, got: data.len() - 1 }));
    assert_eq!(data_of(&[&data[..], &[0]].concat()), Err(NodeError::Long { expected, got: data.len() + 1 }));
    let mut wrong = data.clone();
    wrong[5_000] ^= 1;
    assert_eq!(data_of(&wrong), Err(NodeError::WrongValue));

    let kind = Err(NodeError::WrongKind);
    assert_eq!(verify_reveal(high, &top, &Reveal::Bytes(bytes.clone()), len), kind);
    assert_eq!(verify_reveal(low, &bottom, &Reveal::Nodes(vec![bottom]), len), kind);
    // What belongs to another place does not do, although its size is right.
    let other = Node { level: 6, position: 0 };
    let (_, shown) = of(other);
    assert_eq!(verify_reveal(low, &bottom, &shown, len), Err(NodeError::Long { expected, got: 64 * CHUNK }));
    let nowhere = Node { level: 6, position: 2 };
    assert_eq!(verify_reveal(nowhere, &bottom, &Reveal::Bytes(data.clone()), len), Err(NodeError::NoSuchNode));
    assert_eq!(verify_reveal(low, &bottom, &Reveal::Bytes(data), 0), Err(NodeError::WrongLength { bytes: 0 }));
}

#[test]
fn the_value_of_the_only_chunk_is_the_root() {
    let bytes = buffer(1000);
    let (top, root) = (Node::top(1000), root(&bytes));
    assert_eq!(top, Node { level: 0, position: 0 });
    assert_eq!(verify_path(top, &root, &[], &root, 1000), Ok(()));
    assert_eq!(verify_reveal(top, &root, &Reveal::Bytes(bytes.clone()), 1000), Ok(()));
    // The root of a tree is not the value of the same chunks inside a larger one.
    let two = buffer(2 * CHUNK);
    let inner = leaf(two.len() as u32, 0, &two[..CHUNK]);
    assert_ne!(inner, touchstone_kir::root(&two[..CHUNK]));
    let whole = parent(&inner, &leaf(two.len() as u32, 1, &two[CHUNK..]), true);
    assert_eq!(whole, touchstone_kir::root(&two));
}

proptest! {
    /// Whatever is asked and shown, there is an answer without a panic.
    #[test]
    fn nothing_that_is_asked_or_shown_panics(
        level: u8,
        position: u32,
        len: u32,
        values in proptest::collection::vec(any::<[u8; 32]>(), 0..24),
        bytes in proptest::collection::vec(any::<u8>(), 0..4096),
    ) {
        let node = Node { level, position };
        let root = [1; 32];
        let _ = verify_path(node, &root, &values, &root, len);
        let _ = verify_reveal(node, &root, &Reveal::Nodes(values), len);
        let _ = verify_reveal(node, &root, &Reveal::Bytes(bytes), len);
        let _ = (revealed_bytes(node, len), Node::over(position, level, len));
    }

    /// A node of any tree has one path and one answer, which survive their encoding.
    #[test]
    fn nodes_paths_and_answers_travel(len in 1usize..400_000, pick: u32, level in 0u8..10) {
        let bytes = buffer(len);
        let (len, tree) = (len as u32, Outboard::new(&bytes).unwrap());
        let node = Node::over(pick % chunk_count(len), level, len).unwrap();
        let value = tree.node(node).unwrap();
        let reveal = tree.reveal(node, bytes_of(&bytes)).unwrap().unwrap();
        let (node, reveal) = <(Node, Reveal)>::decode(&mut &(node, reveal).encode()[..]).unwrap();
        prop_assert_eq!(verify_path(node, &value, &tree.path(node).unwrap(), &tree.root(), len), Ok(()));
        prop_assert_eq!(verify_reveal(node, &value, &reveal, len), Ok(()));
    }
}
