//! Which answer shows what.

use touchstone_kir::{chunk_count, Node, BYTES_LEVEL, CHUNK};

use super::scene::{output_node, trace_node};
use crate::Subject;

/// Every node of a tree over so many bytes.
fn nodes(len: u32) -> Vec<Node> {
    let top = Node::top(len);
    let of = |level: u8| (0..chunk_count(len)).map(move |position| Node { level, position });
    (0..=top.level).flat_map(of).filter(|node| node.chunks(len).is_some()).collect()
}

/// The nodes whose values an answer about `node` has, as they are named, from its chunks.
fn values_of(node: Node, len: u32) -> Vec<Node> {
    let (Some(level), Some(range)) = (node.revealed_level(), node.chunks(len)) else { return vec![] };
    let firsts = (range.first..range.first + range.count).step_by(1 << level);
    firsts.map(|first| Node::over(first, level, len).expect("the chunk exists")).collect()
}

#[test]
fn an_answer_shows_exactly_the_nodes_whose_values_it_has() {
    for chunks in [1, 2, 63, 64, 65, 94, 128, 129, 192, 193, 300, 520] {
        let len = chunks * CHUNK as u32 - 4;
        let all = nodes(len);
        for node in all.iter().filter(|node| node.level >= BYTES_LEVEL || node.position < 3) {
            let values = values_of(*node, len);
            for instance in [None, Some(3)] {
                let by = Subject { instance, node: *node };
                for other in &all {
                    let shown = by.shows(&Subject { instance, node: *other }, len);
                    assert_eq!(shown, values.contains(other), "{node:?} shows {other:?} of {chunks} chunks");
                    // The same node of another output.
                    assert!(!by.shows(&Subject { instance: Some(4), node: *other }, len) || instance.is_none());
                }
            }
        }
    }
}

#[test]
fn a_node_that_the_tree_does_not_have_is_not_shown() {
    let len = 300 * CHUNK as u32;
    for (level, position) in [(6, 5), (7, 2), (10, 0), (32, 0), (255, 0), (0, 300), (6, u32::MAX)] {
        assert!(!trace_node(9, 0).shows(&trace_node(level, position), len), "{level}, {position}");
    }
}

#[test]
fn the_bytes_of_the_trace_show_the_roots_of_the_outputs_in_them() {
    let len = 500 * CHUNK as u32;
    let top = Node::top(len);
    for node in [Node { level: 6, position: 2 }, Node { level: 3, position: 9 }, Node { level: 0, position: 7 }] {
        let by = Subject { instance: None, node };
        let width = 32 << node.level;
        let instances = node.position * width..(node.position + 1) * width;
        for instance in (0..8_192).chain([u32::MAX]) {
            let of = |node| Subject { instance: Some(instance), node };
            assert_eq!(by.shows(&of(top), len), instances.contains(&instance), "{node:?}, {instance}");
            assert!(!by.shows(&of(Node { level: 6, position: 0 }), len));
        }
    }
}

#[test]
fn an_output_shows_nothing_of_the_trace_and_the_nodes_of_the_trace_nothing_of_outputs() {
    let len = 100 * CHUNK as u32;
    let top = Node::top(len);
    for instance in [0, 1, 31] {
        assert!(!output_node(instance, 6, 0).shows(&Subject { instance: None, node: top }, len));
        assert!(!trace_node(7, 0).shows(&Subject { instance: Some(instance), node: top }, len));
        assert!(!output_node(0, 0, 0).shows(&Subject { instance: Some(instance), node: top }, len));
    }
}

/// The longest chain of answers, each of which shows the next node, from this node down to bytes.
fn answers(node: Node, len: u32) -> u32 {
    // All nodes that are shown have the same level, but for those at the end of the buffer, which are lower.
    1 + values_of(node, len).first().map_or(0, |next| answers(*next, len))
}

#[test]
fn three_answers_lead_from_any_node_down_to_bytes() {
    // The largest buffer.
    let len = (1 << 21) * CHUNK as u32;
    for level in 0..=21 {
        let expected = match level {
            0..=6 => 1,
            7..=14 => 2,
            _ => 3,
        };
        assert_eq!(answers(Node { level, position: 0 }, len), expected, "level {level}");
    }
}
