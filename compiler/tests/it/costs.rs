//! What a kernel costs: fuel to the unit, chunks to the chunk, and how they follow from what the author wrote.

use crate::common::{bytes, compiled, refused};
use touchstone_kir::{interpret, Bound, Cost, Kernel, Slices};

/// A kernel with parameters p and q, words and groups of four as inputs.
fn source(body: &str) -> String {
    format!(
        "const WINDOW: u32 = 1;
struct Params {{ p: u32, q: u32 }}
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read> fours: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
    let g = id.x;
    {body}
}}"
    )
}

fn kernel(body: &str) -> Kernel {
    compiled(&source(body)).kernel
}

/// Large enough that no buffer limits its own chunks.
const LONG: [u32; 2] = [1 << 24, 1 << 24];

fn cost(body: &str, params: [u32; 2]) -> Cost {
    kernel(body).cost(&params, &LONG).unwrap()
}

/// Fuel of an invocation with a window of one word, before its first instruction.
const BASE: u64 = 17;

#[test]
fn an_empty_kernel_costs_its_one_instruction() {
    assert_eq!(cost("", [0, 0]).fuel, BASE + 1);
}

#[test]
fn straight_code_costs_the_sum_of_its_operations() {
    for (body, fuel) in [
        // gid, the index 0 of the window, and the store.
        ("output[g] = g;", 3),
        // One operation more.
        ("output[g] = g + 5u;", 4),
        ("output[g] = (g + 5u) ^ 9u;", 5),
        // Divisions cost 4.
        ("output[g] = g / 7u;", 7),
        ("output[g] = g / 7u + g % 7u;", 12),
        // Loads cost 4, of four words as of one.
        ("output[g] = words[g];", 7),
        ("output[g] = words[g] + words[g + 1u];", 12),
        ("let four = fours[g]; output[g] = four.x ^ four.w;", 8),
        // Parameters and lengths cost 1.
        ("output[g] = params.p;", 3),
        ("output[g] = params.p + params.p;", 4),
        ("output[g] = arrayLength(&words);", 3),
        // A built-in function is an operation.
        ("output[g] = reverseBits(g);", 4),
        ("output[g] = min(g, 9u);", 4),
        ("output[g] = clamp(g, 2u, 9u);", 5),
        ("output[g] = mulhi(g, 0x80000001u);", 4),
        ("output[g] = dot4U8Packed(g, params.p);", 5),
    ] {
        assert_eq!(cost(body, [0, 0]).fuel, BASE + fuel, "{body}");
    }
}

#[test]
fn what_costs_nothing_costs_nothing() {
    let plain = cost("output[g] = g;", [0, 0]);
    for body in [
        "output[g] = g + 0u;",
        "output[g] = g * 1u;",
        "var by = 32u; output[g] = g << by;",
        "output[g] = u32(i32(g));",
        "output[g] = bitcast<u32>(bitcast<i32>(g));",
        "let v = vec4<u32>(g, 1u, 2u, 3u).wzyx; output[g] = v.w;",
        "var s: array<u32, 3>; s[1] = g; output[g] = s[1];",
        "let unused = words[g] / 3u; output[g] = g;",
        "if false { output[g] = 1u / g; } output[g] = g;",
        "output[g] = select(5u, g, true);",
        "for (var i = 0u; i < 0u; i++) {} output[g] = g;",
    ] {
        assert_eq!(cost(body, [0, 0]), plain, "{body}");
    }
}

#[test]
fn the_more_expensive_arm_counts() {
    let either = |first: &str, second: &str| {
        cost(&format!("var n = g; if g > 5u {{ {first} }} else {{ {second} }} output[g] = n;"), [0, 0]).fuel
    };
    let (cheap, dear) = ("n = g * 3u;", "n = words[g] / params.p;");
    // The `else` belongs to the arm that runs into it.
    assert_eq!(either(cheap, dear) + 1, either(dear, cheap));
    assert!(either(cheap, dear) > either(cheap, cheap));
    assert!(either(dear, dear) < 2 * either(cheap, dear));
}

#[test]
fn a_loop_costs_its_turns() {
    let body = "var n = 0u; for (var i = 0u; i < params.p; i++) { n += i ^ g; } output[g] = n;";
    let at = |p| cost(body, [p, 0]).fuel;
    // xor, add, the counter's step, end_loop.
    assert_eq!(at(11) - at(10), 4);
    assert_eq!(at(1000) - at(0), 4000);
}

#[test]
fn loops_in_loops_multiply() {
    let body = "var n = 0u;
        for (var i = 0u; i < params.p; i++) { for (var j = 0u; j < params.q; j++) { n += words[i ^ j]; } }
        output[g] = n;";
    let at = |p, q| cost(body, [p, q]);
    let inner = at(1, 11).fuel - at(1, 10).fuel;
    assert_eq!(at(7, 11).fuel - at(7, 10).fuel, 7 * inner);
    assert_eq!(at(7, 11).chunks[0], 77);
}

#[test]
fn a_declared_bound_costs_its_iterations_for_any_condition() {
    let body = |bound: &str| {
        format!("var n = words[g]; loop {{ loop_bound({bound}); if n < 2u {{ break; }} n = n >> 1u; }} output[g] = n;")
    };
    let by_constant = cost(&body("32u"), [0, 0]).fuel;
    let by_param = |turns| cost(&body("params.p"), [turns, 0]).fuel;
    assert!(by_constant <= by_param(32), "known turns cost no more");
    assert_eq!(by_param(32) - by_param(31), by_param(11) - by_param(10));
}

#[test]
fn a_division_that_rounds_up_may_bound_loops_and_views() {
    let shape = Bound { c: 1, cap: u32::MAX, m: 1, param: Some(0), shift: 2 };
    for text in ["(params.p + 3u) / 4u", "(params.p + 3u) >> 2u", "(params.p + 1u) / 4u"] {
        let looped = kernel(&format!("var n = 0u; loop {{ loop_bound({text}); n += 1u; }} output[g] = n;"));
        assert_eq!(looped.module().bounds, [shape], "{text}");
        let viewed = kernel(&format!("bound_reads(0, g, {text}); output[g] = words[g];"));
        assert_eq!(viewed.module().bounds, [shape], "{text}");
    }
    let capped = kernel("bound_reads(0, g, min((params.p + 7u) / 8u, 20u)); output[g] = words[g];");
    assert_eq!(capped.module().bounds, [Bound { c: 1, cap: 20, m: 1, param: Some(0), shift: 3 }]);
}

#[test]
fn a_value_that_is_merely_below_a_bound_cannot_declare_one() {
    for (body, message) in [
        ("loop { loop_bound(min(params.p, words[g])); } output[g] = 1u;", "this cannot bound a loop"),
        ("loop { loop_bound(params.p * params.q); } output[g] = 1u;", "this cannot bound a loop"),
        ("loop { loop_bound(params.p / 3u); } output[g] = 1u;", "this cannot bound a loop"),
        ("loop { loop_bound(params.p - 1u); } output[g] = 1u;", "this cannot bound a loop"),
        ("bound_reads(0, g, min(params.p, g)); output[g] = 1u;", "this cannot bound reads"),
        ("bound_reads(0, g, words[g]); output[g] = 1u;", "this cannot bound reads"),
    ] {
        let error = refused(&source(body));
        assert_eq!(error.message, message, "{body}");
        assert!(error.notes[0].contains("min(cap, (parameter >> s) * m + c)"), "{:?}", error.notes);
    }
}

#[test]
fn a_free_load_reads_one_chunk_each_time() {
    assert_eq!(cost("output[g] = words[g];", [0, 0]).chunks[..2], [1, 0]);
    assert_eq!(cost("output[g] = words[g] + words[g + 1u];", [0, 0]).chunks[..2], [2, 0]);
    assert_eq!(cost("let f = fours[g]; output[g] = f.x + f.y + f.z + f.w;", [0, 0]).chunks[..2], [0, 1]);
    let looped = "var n = 0u; for (var i = 0u; i < 40u; i++) { n += words[i * 1000u + g]; } output[g] = n;";
    assert_eq!(cost(looped, [0, 0]).chunks[..2], [40, 0]);
}

#[test]
fn a_view_reads_its_length_and_one_chunk_more() {
    for (len, chunks) in [(0, 0), (1, 2), (256, 2), (257, 3), (1024, 5), (10_000, 41)] {
        let body = format!(
            "bound_reads(0, g * {len}u, {len}u);
             var n = 0u; for (var i = 0u; i < {len}u; i++) {{ n += words[g * {len}u + i]; }}
             output[g] = n;"
        );
        assert_eq!(cost(&body, [0, 0]).chunks[..2], [chunks, 0], "{len}");
    }
}

#[test]
fn no_more_chunks_are_read_than_there_are() {
    let kernel = kernel("var n = 0u; for (var i = 0u; i < 400u; i++) { n += words[i * 1000u]; } output[g] = n;");
    for (bytes, chunks) in [(4, 1), (1024, 1), (1028, 2), (4096, 4), (1 << 20, 400)] {
        assert_eq!(kernel.cost(&[0, 0], &[bytes, 16]).unwrap().chunks[0], chunks, "{bytes}");
    }
}

#[test]
fn chunks_of_the_arm_that_reads_more_count_for_each_buffer() {
    let body = "var n = 0u;
        if g > 3u { n = words[g] + words[g + 9u]; let f = fours[g]; n += f.x; }
        else { let f = fours[g]; let h = fours[g + 7u]; n = words[g] ^ f.x ^ f.y ^ h.z; }
        output[g] = n;";
    assert_eq!(cost(body, [0, 0]).chunks[..2], [2, 2]);
}

#[test]
fn four_words_are_read_at_once_from_whole_groups_only() {
    use touchstone_kir::Op;
    let has = |body: &str, op| kernel(body).module().code.iter().any(|instr| instr.opcode() == Some(op));
    let whole = "let f = fours[g]; output[g] = f.x + f.y;";
    assert!(has(whole, Op::Load4) && !has(whole, Op::Load));
    let lane = "output[g] = fours[g].y;";
    assert!(has(lane, Op::Load) && !has(lane, Op::Load4));
    let items =
        "struct Node { low: vec3<i32>, left: u32, high: vec3<i32>, right: u32, more: vec2<u32>, tags: array<u32, 6> }
        @group(0) @binding(2) var<storage, read> nodes: array<Node>;";
    let fours_and_words = |body: &str| {
        let kernel = compiled(&source(body).replace("@compute", &format!("{items} @compute"))).kernel;
        let count = |op| kernel.module().code.iter().filter(|instr| instr.opcode() == Some(op)).count();
        let nodes: Vec<u32> = (0..32).map(|at| at * at + 1).collect();
        let words = crate::common::run(&kernel, &[0, 0], &[vec![0], vec![0], nodes], 2);
        (count(Op::Load4), count(Op::Load), words)
    };
    let sum = "output[g] = u32(n.low.y * n.high.z) + n.left - n.right * n.more.x + n.more.y + n.tags[1] * n.tags[5];";
    let expected = |at: u32| {
        let word = |index: u32| (16 * at + index).pow(2) + 1;
        (word(1) * word(6) + word(3) + word(9) + word(11) * word(15)).wrapping_sub(word(7) * word(8))
    };
    let (fours, words, output) = fours_and_words(&format!("let n = nodes[g]; {sum}"));
    assert_eq!((fours, words, output), (4, 0, vec![expected(0), expected(1)]));
    let (fours, words, output) = fours_and_words(&format!("bound_reads(2u, 0u, 25u); let n = nodes[g]; {sum}"));
    // Words 16 to 24 of the second.
    let second = (290u32 * 485 + 362).wrapping_sub(530 * 577);
    assert_eq!((fours, words, output), (0, 0, vec![expected(0), second]));
    let viewed = "bound_reads(1, 0u, 64u); let f = fours[g]; output[g] = f.x + f.y;";
    assert!(has(viewed, Op::Load4View) && !has(viewed, Op::Load4));
}

/// Fuel is an upper limit that straight loops meet exactly.
#[test]
fn an_invocation_that_does_everything_burns_exactly_its_static_fuel() {
    let inputs = [bytes(&[3; 64]), bytes(&[1; 64])];
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let lengths = [256, 256];
    for body in [
        "output[g] = words[g] * 3u;",
        "var n = 0u; for (var i = 0u; i < params.p; i++) { n += words[i]; } output[g] = n;",
        "var n = 0u; for (var i = 0u; i < params.p; i++) { for (var j = 0u; j < 3u; j++) { n = n * 3u + j; } } \
             output[g] = n;",
        "bound_reads(0, g, 8u); var n = 0u; for (var i = 0u; i < 8u; i++) { n += words[g + i]; } output[g] = n;",
        "let f = fours[g]; output[g] = f.x / f.y + f.z % f.w;",
    ] {
        let kernel = kernel(body);
        let params = [6, 0];
        let fuel = kernel.cost(&params, &lengths).unwrap().fuel;
        let run = |fuel| interpret(&kernel, &params, &lengths, 1, &mut Slices(&slices), fuel);
        assert!(run(fuel).is_ok(), "{body}");
        assert!(run(fuel - 1).is_err(), "{body}");
    }
}

#[test]
fn a_window_costs_its_words() {
    let of = |window: u32| {
        let text = source("").replace("WINDOW: u32 = 1", &format!("WINDOW: u32 = {window}"));
        compiled(&text).kernel.cost(&[0, 0], &LONG).unwrap().fuel
    };
    assert_eq!([of(1), of(2), of(1024)], [18, 19, 1041]);
}

#[test]
fn clearing_an_array_costs_its_words_where_it_may_hold_something() {
    let text = |calls: &str| {
        format!(
            "fn count(n: u32) -> u32 {{
                 var seen: array<u32, 20>;
                 seen[n & 15u] = 1u;
                 return seen[(n >> 4u) & 15u];
             }}
             {}",
            source(&format!("output[g] = {calls};"))
        )
    };
    let fuel = |calls: &str| compiled(&text(calls)).kernel.cost(&[1, 1], &LONG).unwrap().fuel;
    let (one, two) = (fuel("count(g)"), fuel("count(g) + count(params.p)"));
    assert!(two - one > 20, "each call clears its array: {one} {two}");
}

#[test]
fn statistics_describe_the_encoded_kernel() {
    let text = source("var n = params.p; for (var i = 0u; i < n; i++) { n ^= words[i]; } output[g] = n;")
        .replace("var n = params.p;", "var n = 0u;")
        .replace("i < n;", "i < params.p;");
    let compiled = compiled(&text);
    let module = compiled.kernel.module();
    let statistics = compiled.statistics;
    assert_eq!(statistics.instructions, module.code.len());
    assert_eq!(statistics.registers, module.registers);
    assert_eq!(statistics.constants, module.constants.len());
    assert_eq!(statistics.scratch_words, module.segments.iter().map(|&words| usize::from(words)).sum::<usize>());
    assert_eq!(statistics.bytes, compiled.kernel.encode().len());
}

#[test]
fn a_kernel_over_the_limits_compiles_and_is_refused_for_its_arguments() {
    let kernel = kernel("var n = 0u; for (var i = 0u; i < params.p; i++) { n += words[i * 999u]; } output[g] = n;");
    assert!(kernel.cost(&[512, 0], &LONG).is_ok());
    assert!(kernel.cost(&[513, 0], &LONG).is_err(), "513 chunks");
    assert!(kernel.cost(&[u32::MAX, 0], &[4, 16]).is_err(), "too much fuel");
}

#[test]
fn comments_names_and_spaces_are_not_part_of_a_kernel() {
    let plain = source("var n = 0u; for (var i = 0u; i < params.p; i++) { n += words[i]; } output[g] = n;");
    let other = source(
        "/* the sum */ var total = 0u;
         for (var at = 0u; at < params.p; at++) { // each word
             total += words[at];
         }
         output[g] = total;",
    );
    assert_eq!(compiled(&plain).kernel.hash(), compiled(&other).kernel.hash());
    assert_eq!(compiled(&plain).kernel.encode(), compiled(&plain).kernel.encode());
}

#[test]
fn what_differs_in_meaning_differs_in_hash() {
    let bodies = ["output[g] = g;", "output[g] = g + 1u;", "output[g] = g + 2u;", "output[g] = words[g];", ""];
    let mut hashes: Vec<_> = bodies.iter().map(|body| kernel(body).hash()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), bodies.len());
}

#[test]
fn a_long_loop_over_a_private_array_is_unrolled_whatever_else_there_is() {
    // More than 1,024 instructions when unrolled.
    let turn =
        "n = (n ^ s[i]) * 31u; n = (n ^ (n >> 7u)) + i; n = (n ^ (n >> 9u)) * 5u; n = n + (n << 3u); n ^= n >> 11u; \
                s[i] = n;";
    let array = |short: &str| {
        kernel(&format!(
            "var s: array<u32, 64>; var n = g; {short} for (var i = 0u; i < 64u; i++) {{ {turn} }} output[g] = n;"
        ))
    };
    for short in ["", "for (var i = 0u; i < 2u; i++) { n = n * 3u + i; }"] {
        let kernel = array(short);
        let module = kernel.module();
        assert!(module.segments.is_empty() && module.bounds.is_empty(), "{short}");
        let hashed = |g: u32| {
            let turns = if short.is_empty() { 0 } else { 2 };
            let start = (0..turns).fold(g, |n: u32, i| n.wrapping_mul(3).wrapping_add(i));
            (0..64u32).fold(start, |n, i| {
                let n = n.wrapping_mul(31);
                let n = (n ^ (n >> 7)).wrapping_add(i);
                let n = (n ^ (n >> 9)).wrapping_mul(5);
                let n = n.wrapping_add(n << 3);
                n ^ (n >> 11)
            })
        };
        let expected: Vec<u32> = (0..4).map(hashed).collect();
        assert_eq!(crate::common::run(&kernel, &[0, 0], &[vec![0], vec![0; 4]], 4), expected, "{short}");
    }
}
