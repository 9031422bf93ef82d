//! BLAKE3 in WGSL, after the BLAKE3 paper (O'Connor, Aumasson, Neves, Wilcox-O'Hearn, 2020), sections 2.2 to 2.5.
//!
//! The state is four vectors, the rows of its matrix: a round mixes its columns, turns the rows so that the diagonals
//! are columns, mixes those and turns back.

use std::{fmt::Write, sync::OnceLock};

/// Threads of a workgroup that hash a chunk each.
pub(super) const LEAF_THREADS: u32 = 64;
/// Threads of a workgroup that hash pairs of nodes.
const PARENT_THREADS: u32 = 128;
/// Nodes of which one workgroup makes one.
pub(super) const FAN_IN: u32 = 2 * PARENT_THREADS;

/// Where each message word of the next round comes from: table 2 of the paper.
const PERMUTATION: [usize; 16] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

/// Chaining values of chunks: input 0 is a part of the buffer that begins with chunk `first` of `all`, padded with
/// zeros to 16 bytes; the output has two vectors for each chunk of the buffer. An item is a chunk of the part; the
/// uniform's last word is the length of the part in bytes.
pub(super) fn leaves(first: u32, all: u32) -> String {
    // A single chunk is the whole tree, and its value the root.
    let end = if all == 1 { "CHUNK_END | ROOT" } else { "CHUNK_END" };
    format!(
        "@group(0) @binding(0) var<storage, read> bytes: array<vec4<u32>>;\n\
         @group(0) @binding(8) var<uniform> dispatch: vec4<u32>;\n\
         @group(0) @binding(9) var<storage, read_write> nodes: array<vec4<u32>>;\n\
         {}\
         fn vector(index: u32) -> vec4<u32> {{\n  \
           if index * 16u < dispatch.w {{ return bytes[index]; }}\n  \
           return vec4<u32>();\n\
         }}\n\
         @compute @workgroup_size({LEAF_THREADS})\n\
         fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {{\n  \
           let place = (group.y * dispatch.z + group.x) * {LEAF_THREADS}u + local;\n  \
           if place >= dispatch.y {{ return; }}\n  \
           let chunk = dispatch.x + place;\n  \
           let left = min(dispatch.w - chunk * 1024u, 1024u);\n  \
           let last = (left - 1u) / 64u;\n  \
           var node = start();\n  \
           for (var block = 0u; block <= last; block++) {{\n    \
             let at = chunk * 64u + block * 4u;\n    \
             var flags = 0u;\n    \
             if block == 0u {{ flags |= CHUNK_START; }}\n    \
             if block == last {{ flags |= {end}; }}\n    \
             let tail = vec4<u32>({first}u + chunk, 0u, min(left - block * 64u, 64u), flags);\n    \
             node = compress(node, vector(at), vector(at + 1u), vector(at + 2u), vector(at + 3u), tail);\n  \
           }}\n  \
           nodes[({first}u + chunk) * 2u] = node.low;\n  \
           nodes[({first}u + chunk) * 2u + 1u] = node.high;\n\
         }}\n",
        compress()
    )
}

/// Parents, eight levels at a time: input 0 is a level of nodes, of two vectors each, the output the level eight above.
/// An item is a node of the output; the uniform's last word is the number of nodes of the input. A node without a right
/// neighbour is its own parent.
pub(super) fn parents() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(write_parents)
}

fn write_parents() -> String {
    format!(
        "@group(0) @binding(0) var<storage, read> below: array<vec4<u32>>;\n\
         @group(0) @binding(8) var<uniform> dispatch: vec4<u32>;\n\
         @group(0) @binding(9) var<storage, read_write> above: array<vec4<u32>>;\n\
         var<workgroup> level: array<Node, {PARENT_THREADS}>;\n\
         {}\
         fn parent(left: Node, right: Node, flags: u32) -> Node {{\n  \
           return compress(start(), left.low, left.high, right.low, right.high, \
           vec4<u32>(0u, 0u, 64u, PARENT | flags));\n\
         }}\n\
         @compute @workgroup_size({PARENT_THREADS})\n\
         fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {{\n  \
           let place = group.y * dispatch.z + group.x;\n  \
           if place >= dispatch.y {{ return; }}\n  \
           let item = dispatch.x + place;\n  \
           var count = dispatch.w;\n  \
           for (var width = {PARENT_THREADS}u; width > 0u; width /= 2u) {{\n    \
             let left = 2u * (item * width + local);\n    \
             let is_node = local < width && left < count;\n    \
             var node: Node;\n    \
             if is_node {{\n      \
               var neighbour: Node;\n      \
               let is_pair = left + 1u < count;\n      \
               if width == {PARENT_THREADS}u {{\n        \
                 node = Node(below[2u * left], below[2u * left + 1u]);\n        \
                 if is_pair {{ neighbour = Node(below[2u * left + 2u], below[2u * left + 3u]); }}\n      \
               }} else {{\n        \
                 node = level[2u * local];\n        \
                 if is_pair {{ neighbour = level[2u * local + 1u]; }}\n      \
               }}\n      \
               if is_pair {{ node = parent(node, neighbour, select(0u, ROOT, count == 2u)); }}\n    \
             }}\n    \
             workgroupBarrier();\n    \
             if is_node {{ level[local] = node; }}\n    \
             workgroupBarrier();\n    \
             count = (count + 1u) / 2u;\n  \
           }}\n  \
           if local == 0u {{\n    \
             above[item * 2u] = level[0].low;\n    \
             above[item * 2u + 1u] = level[0].high;\n  \
           }}\n\
         }}\n",
        compress()
    )
}

/// The compression function and the names around it.
fn compress() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(write_compress)
}

fn write_compress() -> String {
    let mut out = String::from(
        "const CHUNK_START = 1u;\n\
         const CHUNK_END = 2u;\n\
         const PARENT = 4u;\n\
         const ROOT = 8u;\n\
         const IV = vec4<u32>(0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au);\n\
         struct Node { low: vec4<u32>, high: vec4<u32> }\n\
         fn start() -> Node {\n  \
           return Node(IV, vec4<u32>(0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u));\n\
         }\n\
         fn compress(node: Node, m0: vec4<u32>, m1: vec4<u32>, m2: vec4<u32>, m3: vec4<u32>, \
         tail: vec4<u32>) -> Node {\n  \
           var a = node.low;\n  var b = node.high;\n  var c = IV;\n  var d = tail;\n",
    );
    let mut words: Vec<String> =
        (0..16).map(|word| format!("m{}.{}", word / 4, ["x", "y", "z", "w"][word % 4])).collect();
    for _ in 0..7 {
        let message = |first: usize| {
            let words: Vec<_> = (0..4).map(|column| words[first + 2 * column].as_str()).collect();
            format!("vec4<u32>({})", words.join(", "))
        };
        mix(&mut out, &message(0), &message(1));
        out.push_str("  b = b.yzwx; c = c.zwxy; d = d.wxyz;\n");
        mix(&mut out, &message(8), &message(9));
        out.push_str("  b = b.wxyz; c = c.zwxy; d = d.yzwx;\n");
        words = PERMUTATION.iter().map(|&word| words[word].clone()).collect();
    }
    out.push_str("  return Node(a ^ c, b ^ d);\n}\n");
    out
}

/// The quarter-round on all four columns at once, with their message words.
fn mix(out: &mut String, x: &str, y: &str) {
    for (message, [of_d, of_b]) in [(x, [16, 12]), (y, [8, 7])] {
        let _ = writeln!(out, "  a = a + b + {message};");
        turn(out, "d", "a", of_d);
        let _ = writeln!(out, "  c = c + d;");
        turn(out, "b", "c", of_b);
    }
}

/// `row ^= other`, then each word of it turned right.
fn turn(out: &mut String, row: &str, other: &str, by: u32) {
    let _ = writeln!(out, "  {row} = {row} ^ {other};");
    let _ = writeln!(out, "  {row} = ({row} >> vec4<u32>({by}u)) | ({row} << vec4<u32>({}u));", 32 - by);
}
