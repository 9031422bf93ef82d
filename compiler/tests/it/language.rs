//! The language feature by feature: variables, control, functions, memory.

use crate::common::{agrees_for, compiled, outputs, program, run, with_items};

/// Outputs of a program for inputs `left` = 0, 1, 2 … and `right` = 10, 11, 12 …
fn sequence(source: &str, invocations: u32) -> Vec<u32> {
    let left: Vec<u32> = (0..invocations).collect();
    let right: Vec<u32> = (10..10 + invocations).collect();
    outputs(source, &[], &[left, right], invocations)
}

#[test]
fn variables_are_assigned_and_read() {
    agrees_for(&program("var x = a; x += b; let y = x; x = x * 2u; output[g] = x + y;"), |a, b| {
        let y = a.wrapping_add(b);
        y.wrapping_mul(2).wrapping_add(y)
    });
}

#[test]
fn a_let_keeps_the_value_of_its_moment() {
    let source = program("var x = a; let before = x; x = b; let after = x; x = before; output[g] = after - x;");
    agrees_for(&source, |a, b| b.wrapping_sub(a));
}

#[test]
fn variables_swap() {
    let source = program("var x = a; var y = b; let t = x; x = y; y = t; output[g] = x * 3u + y;");
    agrees_for(&source, |a, b| b.wrapping_mul(3).wrapping_add(a));
}

#[test]
fn variables_start_at_zero_in_each_turn_of_a_loop() {
    let source = program("for (var i = 0u; i < 3u; i++) { var x: u32; x += a; output[g] = x; }");
    agrees_for(&source, |a, _| a);
}

#[test]
fn if_takes_one_arm() {
    let source = program(
        "var x = 1u;
         if a < b { x = 2u; } else if a == b { x = 3u; } else { x = 4u; }
         if b == 0u { x += 10u; }
         output[g] = x;",
    );
    agrees_for(&source, |a, b| {
        let x = if a < b {
            2
        } else if a == b {
            3
        } else {
            4
        };
        x + if b == 0 { 10 } else { 0 }
    });
}

#[test]
fn an_arm_without_statements_is_left_out() {
    agrees_for(&program("var x = 1u; if a < b {} else { x = a; } output[g] = x;"), |a, b| if a < b { 1 } else { a });
}

#[test]
fn switch_takes_the_case_that_matches() {
    let source = program(
        "var x = 0u;
         switch a {
             case 0u: { x = 10u; }
             case 1u, 2u: { x = 20u; if b > 5u { break; } x += 1u; }
             case 31u, default: { x = 30u; }
             case 32u: { x = 40u; }
         }
         output[g] = x;",
    );
    agrees_for(&source, |a, b| match a {
        0 => 10,
        1 | 2 => {
            if b > 5 {
                20
            } else {
                21
            }
        }
        32 => 40,
        _ => 30,
    });
}

#[test]
fn switch_on_signed_values() {
    let source = program(
        "switch i32(a) { case -1: { output[g] = 1u; } case -2147483648: { output[g] = 2u; } \
         default: { output[g] = 3u; } }",
    );
    agrees_for(&source, |a, _| match a as i32 {
        -1 => 1,
        i32::MIN => 2,
        _ => 3,
    });
}

#[test]
fn continue_in_a_switch_goes_on_with_the_loop() {
    let source = program(
        "var sum = 0u;
         for (var i = 0u; i < 6u; i++) {
             switch i { case 1u, 4u: { continue; } default: {} }
             sum += i;
         }
         output[g] = sum;",
    );
    assert_eq!(sequence(&source, 1), [2 + 3 + 5]);
}

#[test]
fn loops_break_and_continue() {
    let source = program(
        "var sum = 0u;
         for (var i = 0u; i < 20u; i++) {
             if i == a { continue; }
             if i > b { break; }
             sum += i;
         }
         output[g] = sum;",
    );
    let expected = |a: u32, b: u32| (0..20).filter(|&i| i != a).take_while(|&i| i <= b).sum();
    agrees_for(&source, expected);
}

#[test]
fn nested_loops_leave_the_inner_one() {
    let source = program(
        "var sum = 0u;
         for (var i = 0u; i < 5u; i++) {
             for (var j = 0u; j < 5u; j++) {
                 if j > i { break; }
                 if j == 2u { continue; }
                 sum += 10u * i + j;
             }
         }
         output[g] = sum;",
    );
    let mut expected = 0;
    for i in 0..5 {
        for j in (0..=i).filter(|&j| j != 2) {
            expected += 10 * i + j;
        }
    }
    assert_eq!(sequence(&source, 1), [expected]);
}

#[test]
fn while_loops_are_bounded_by_their_counter() {
    let source = program("var i = 0u; var sum = 0u; while i < 7u { sum += i; i += 2u; } output[g] = sum + 100u * i;");
    assert_eq!(sequence(&source, 1), [2 + 4 + 6 + 800]);
}

#[test]
fn loops_with_continuing_and_break_if() {
    let source = program(
        "var i = 0u; var sum = 0u;
         loop {
             loop_bound(50u);
             if i == 3u { continue; }
             sum += i;
             continuing { i += 1u; break if i > 6u; }
         }
         output[g] = sum;",
    );
    assert_eq!(sequence(&source, 1), [1 + 2 + 4 + 5 + 6]);
}

#[test]
fn a_loop_that_reaches_its_bound_ends() {
    let source = program("var n = 0u; loop { loop_bound(9u); n += 1u; } output[g] = n;");
    assert_eq!(sequence(&source, 1), [9]);
}

#[test]
fn a_loop_that_always_leaves_needs_no_bound() {
    let source = program("var n = a; loop { if b == 0u { break; } n += 1u; break; } output[g] = n;");
    agrees_for(&source, |a, b| if b == 0 { a } else { a.wrapping_add(1) });
}

#[test]
fn functions_are_inlined_with_their_early_returns() {
    let source = with_items(
        "fn collatz(start: u32) -> u32 {
             var n = start;
             for (var steps = 0u; steps < 40u; steps++) {
                 if n <= 1u { return steps; }
                 if (n & 1u) == 1u { n = 3u * n + 1u; } else { n = n / 2u; }
             }
             return 99u;
         }
         fn twice(n: u32) -> u32 { return collatz(n) + 100u * collatz(n + 1u); }",
        "output[g] = twice(a);",
    );
    let collatz = |start: u32| {
        let mut n = start;
        for steps in 0..40 {
            if n <= 1 {
                return steps;
            }
            n = if n & 1 == 1 { 3 * n + 1 } else { n / 2 };
        }
        99
    };
    let expected: Vec<u32> = (0..30).map(|n| collatz(n) + 100 * collatz(n + 1)).collect();
    assert_eq!(sequence(&source, 30), expected);
}

#[test]
fn functions_return_structures_and_vectors() {
    let source = with_items(
        "struct Pair { low: u32, high: vec2<u32> }
         fn split(x: u32) -> Pair {
             if x > 1000u { return Pair(1u, vec2<u32>(2u, 3u)); }
             return Pair(x & 15u, vec2<u32>(x >> 4u, x));
         }",
        "let p = split(a); output[g] = p.low + p.high.x * 100u + p.high[1] * 10000u;",
    );
    agrees_for(&source, |a, _| if a > 1000 { 1 + 200 + 30000 } else { (a & 15) + (a >> 4) * 100 + a * 10000 });
}

#[test]
fn functions_change_variables_through_pointers() {
    let source = with_items(
        "fn add_to(place: ptr<function, u32>, amount: u32) { *place += amount; }
         fn fill(values: ptr<function, array<u32, 4>>, x: u32) { for (var i = 0u; i < 4u; i++) { \
         (*values)[i] = x + i; } }",
        "var x = a; add_to(&x, b); add_to(&x, 1u);
         var values: array<u32, 4>; fill(&values, b);
         let third = &values[2];
         *third = *third * 2u;
         output[g] = x + values[2] - values[1];",
    );
    agrees_for(&source, |a, b| {
        let x = a.wrapping_add(b).wrapping_add(1);
        x.wrapping_add(b.wrapping_add(2).wrapping_mul(2)).wrapping_sub(b.wrapping_add(1))
    });
}

#[test]
fn local_variables_of_functions_start_anew_at_each_call() {
    let source = with_items(
        "fn count(n: u32) -> u32 {
             var seen: array<u32, 8>;
             var total = 0u;
             for (var i = 0u; i < 8u; i++) { seen[(n + i) & 7u] += i; }
             for (var i = 0u; i < 3u; i++) { total += seen[i]; }
             return total;
         }",
        "output[g] = count(a) * 100u + count(b);",
    );
    let count = |n: u32| {
        let mut seen = [0; 8];
        for i in 0..8u32 {
            seen[(n.wrapping_add(i) & 7) as usize] += i;
        }
        seen[..3].iter().sum::<u32>()
    };
    agrees_for(&source, |a, b| count(a) * 100 + count(b));
}

#[test]
fn private_arrays_are_indexed_while_the_kernel_runs() {
    let source = with_items(
        "var<private> table: array<u32, 16>;
         var<private> total: u32 = 5u;",
        "for (var i = 0u; i < 16u; i++) { table[i] = i * i; }
         total += table[a];
         table[b] = 7u;
         output[g] = total * 1000u + table[15] + table[3];",
    );
    agrees_for(&source, |a, b| {
        // Out of range reads give 0, out of range writes nothing.
        let mut table: Vec<u32> = (0..16).map(|i| i * i).collect();
        let total = 5 + table.get(a as usize).copied().unwrap_or(0);
        if let Some(slot) = table.get_mut(b as usize) {
            *slot = 7;
        }
        total * 1000 + table[15] + table[3]
    });
}

#[test]
fn arrays_of_vectors_and_structures_are_indexed() {
    let source = with_items(
        "struct Cell { weight: u32, at: vec2<u32> }
         var<private> cells: array<Cell, 4>;",
        "for (var i = 0u; i < 4u; i++) { cells[i] = Cell(i, vec2<u32>(i * 10u, i * 100u)); }
         cells[a & 3u].at.y += 1u;
         let cell = cells[b & 3u];
         output[g] = cell.weight + cell.at.x + cell.at.y + cells[2].at[a & 1u];",
    );
    agrees_for(&source, |a, b| {
        let mut cells: Vec<[u32; 3]> = (0..4).map(|i| [i, i * 10, i * 100]).collect();
        cells[a as usize & 3][2] += 1;
        let cell = cells[b as usize & 3];
        cell.iter().sum::<u32>() + cells[2][1 + (a as usize & 1)]
    });
}

#[test]
fn short_arrays_with_known_indices_stay_in_registers() {
    let source = program("var x: array<u32, 3>; x[0] = a; x[2] = b; x[1] = x[0] + x[2]; output[g] = x[1];");
    assert_eq!(compiled(&source).statistics.scratch_words, 0);
    agrees_for(&source, u32::wrapping_add);
}

#[test]
fn vectors_are_indexed_while_the_kernel_runs() {
    let source = program(
        "var v = vec4<u32>(1u, 2u, 3u, 4u);
         v[a & 3u] = b;
         let w = v;
         output[g] = w[b & 3u] + v.x * 3u;",
    );
    agrees_for(&source, |a, b| {
        let mut v = [1, 2, 3, 4];
        v[a as usize & 3] = b;
        v[b as usize & 3].wrapping_add(v[0].wrapping_mul(3))
    });
}

#[test]
fn constant_arrays_become_constant_data() {
    let source = with_items(
        "const TABLE = array<u32, 6>(3u, 1u, 4u, 1u, 5u, 9u);
         const POINTS = array<vec2<u32>, 3>(vec2<u32>(1u, 2u), vec2<u32>(3u, 4u), vec2<u32>(5u, 6u));",
        "output[g] = TABLE[a] + 10u * TABLE[b] + 100u * POINTS[a % 3u].y + TABLE[4];",
    );
    assert_eq!(compiled(&source).statistics.constants, 12);
    agrees_for(&source, |a, b| {
        let table = [3, 1, 4, 1, 5, 9];
        let at = |i: u32| table.get(i as usize).copied().unwrap_or(0);
        at(a) + 10 * at(b) + 100 * [2, 4, 6][a as usize % 3] + 5
    });
}

#[test]
fn tables_are_copied_into_variables() {
    let source = with_items(
        "const TABLE = array<u32, 20>(0u,1u,2u,3u,4u,5u,6u,7u,8u,9u,10u,11u,12u,13u,14u,15u,16u,17u,18u,19u);",
        "var t = TABLE; t[a] = 100u; output[g] = t[b] + t[7];",
    );
    agrees_for(&source, |a, b| {
        let mut t: Vec<u32> = (0..20).collect();
        if let Some(slot) = t.get_mut(a as usize) {
            *slot = 100;
        }
        t.get(b as usize).copied().unwrap_or(0) + t[7]
    });
}

#[test]
fn constants_and_overrides_have_their_values() {
    let source = with_items(
        "const N = 3;
         const M: u32 = 2u * N + 1u;
         override scale: u32 = 5u;
         override offset: u32 = scale * 2u;",
        "output[g] = a * scale + M + offset;",
    );
    agrees_for(&source, |a, _| a.wrapping_mul(5).wrapping_add(17));
}

#[test]
fn structures_are_built_copied_and_compared_by_member() {
    let source = with_items(
        "struct Inner { x: u32, ok: bool }
         struct Outer { head: u32, inner: Inner, tail: vec3<u32> }",
        "var o = Outer(a, Inner(b, a > b), vec3<u32>(1u, 2u, 3u));
         var p = o;
         p.inner.x += 1u;
         p.tail.y = 9u;
         o.tail = p.tail.zyx;
         output[g] = p.inner.x - o.inner.x + u32(o.inner.ok) * 10u + o.tail.y + o.tail.x + o.head - a;",
    );
    agrees_for(&source, |a, b| 1 + u32::from(a > b) * 10 + 9 + 3);
}

fn parameters(declaration: &str, items: &str, text: &str) -> String {
    format!(
        "const WINDOW: u32 = 1;
{items}
@group(0) @binding(8) var<uniform> params: {declaration};
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{ output[id.x] = {text}; }}"
    )
}

#[test]
fn parameters_are_words_at_their_uniform_offsets() {
    let source = parameters(
        "Params",
        "struct Params { a: u32, v: vec3<u32>, b: i32, w: vec2<u32>, c: u32 }",
        "params.a + params.v.x * 10u + params.v.z * 100u + u32(params.b) * 1000u + params.w.y * 10000u + params.c * \
             100000u",
    );
    let kernel = compiled(&source).kernel;
    // a at 0, v at 4 … 6, b at 7, w at 8 and 9, c at 10.
    assert_eq!(kernel.module().params, 11);
    let params = [1, 0, 0, 0, 2, 0, 3, 4, 0, 5, 6];
    assert_eq!(run(&kernel, &params, &[], 1), [654_321]);
}

#[test]
fn parameters_may_be_one_scalar_or_vector() {
    let source = parameters("u32", "", "params * 2u");
    assert_eq!(run(&compiled(&source).kernel, &[21], &[], 1), [42]);
    let source = parameters("vec4<i32>", "", "u32(params.x - params[3]) + u32(params[id.x])");
    assert_eq!(run(&compiled(&source).kernel, &[7, 1, 1, 3], &[], 2), [11, 5]);
}

#[test]
fn parameter_arrays_are_indexed_while_the_kernel_runs() {
    let source = parameters("array<vec4<u32>, 2>", "", "params[id.x & 1u].y + params[1][id.x]");
    let params = [1, 2, 3, 4, 5, 6, 7, 8];
    assert_eq!(run(&compiled(&source).kernel, &params, &[], 4), [7, 12, 9, 14]);
}

fn windowed(window: u32, body: &str) -> String {
    format!(
        "const WINDOW: u32 = {window}u;
@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{ {body} }}"
    )
}

#[test]
fn an_invocation_owns_its_window() {
    for (window, starts) in [(3, "id.x * WINDOW"), (3, "WINDOW * id.x"), (4, "id.x << 2u"), (20, "id.x * 20u")] {
        let source = windowed(
            window,
            &format!("let start = {starts}; output[start] = id.x + 1u; output[start + 2u] = input[id.x];"),
        );
        let got = outputs(&source, &[], &[vec![7, 8]], 2);
        let mut expected = vec![0; 2 * window as usize];
        for g in 0..2 {
            expected[g * window as usize] = g as u32 + 1;
            expected[g * window as usize + 2] = 7 + g as u32;
        }
        assert_eq!(got, expected, "{starts}");
    }
}

#[test]
fn a_recognised_window_costs_no_arithmetic() {
    let source = windowed(2, "output[id.x * WINDOW + 1u] = 7u; output[2u * id.x] = 8u;");
    let compiled = compiled(&source);
    // Two values, the index 0, and two stores.
    assert_eq!(compiled.statistics.instructions, 5);
}

#[test]
fn windows_are_indexed_while_the_kernel_runs() {
    let source = windowed(
        8,
        "for (var i = 0u; i < 8u; i++) { output[id.x * WINDOW + i] = i * id.x; }
         var at = id.x * WINDOW;
         at += 3u;
         output[at] += 100u;
         output[at + input[0]] = 1u;",
    );
    let got = outputs(&source, &[], &[vec![1 << 20]], 3);
    let expected: Vec<u32> = (0..3).flat_map(|g| (0..8).map(move |i| i * g + if i == 3 { 100 } else { 0 })).collect();
    assert_eq!(got, expected);
}

#[test]
fn stores_outside_the_window_are_dropped_and_loads_give_zero() {
    let source = windowed(1, "output[id.x + 1u] = 5u; output[id.x - 1u] = 6u; output[id.x] = 7u + output[id.x + 1u];");
    assert_eq!(outputs(&source, &[], &[vec![0]], 3), [7, 7, 7]);
}

#[test]
fn own_writes_are_read_back() {
    let source = windowed(2, "output[id.x * 2u] = 5u; output[id.x * 2u + 1u] = output[id.x * 2u] + 1u;");
    assert_eq!(outputs(&source, &[], &[vec![0]], 2), [5, 6, 5, 6]);
}

#[test]
fn inputs_may_be_signed_vectors_and_structures() {
    let source = "const WINDOW: u32 = 1;
struct Cell { weight: i32, at: vec2<u32> }
@group(0) @binding(0) var<storage, read> numbers: array<i32>;
@group(0) @binding(1) var<storage, read> rows: array<vec4<i32>>;
@group(0) @binding(2) var<storage, read> cells: array<Cell>;
@group(0) @binding(9) var<storage, read_write> output: array<i32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = rows[id.x];
    let cell = cells[id.x];
    output[id.x] = numbers[id.x] + row.x * row.w + rows[id.x].y + cell.weight + i32(cell.at.y);
}";
    let kernel = compiled(source).kernel;
    let inputs = [
        vec![-1i32 as u32, 2],
        vec![1, 2, 3, 4, 5, 6, 7, 8],
        // weight, padding, x, y
        vec![10, 99, 98, 1000, 20, 99, 98, 2000],
    ];
    let expected = [4 + 2 + 10 + 1000 - 1, 2 + 40 + 6 + 20 + 2000];
    assert_eq!(run(&kernel, &[], &inputs, 2), expected);
}

#[test]
fn loads_beyond_an_input_give_zero() {
    let source = windowed(1, "output[id.x] = input[id.x] + 100u * input[id.x - 1u];");
    assert_eq!(outputs(&source, &[], &[vec![1, 2]], 4), [1, 102, 200, 0]);
}

#[test]
fn the_length_of_an_input_is_known() {
    let source = "const WINDOW: u32 = 1;
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read> fours: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { \
output[id.x] = arrayLength(&words) * 10u + arrayLength(&fours); }";
    assert_eq!(outputs(source, &[], &[vec![0; 7], vec![0; 9]], 1), [72]);
}

#[test]
fn the_index_may_come_in_a_structure() {
    let source = "const WINDOW: u32 = 1;
struct In { @builtin(global_invocation_id) id: vec3<u32> }
@group(0) @binding(9) var<storage, read_write> output: array<u32>;
@compute @workgroup_size(1)
fn main(in: In) { output[in.id.x] = in.id.x + 1u; }";
    assert_eq!(outputs(source, &[], &[], 3), [1, 2, 3]);
}

#[test]
fn a_kernel_that_writes_nothing_gives_zeros() {
    let source = windowed(3, "");
    assert_eq!(outputs(&source, &[], &[vec![0]], 2), [0; 6]);
}

#[test]
fn an_early_return_leaves_the_rest_of_the_window_at_zero() {
    let source = windowed(2, "output[id.x * 2u] = 1u; if id.x == 1u { return; } output[id.x * 2u + 1u] = 2u;");
    assert_eq!(outputs(&source, &[], &[vec![0]], 3), [1, 2, 1, 0, 1, 2]);
}

#[test]
fn the_same_source_gives_the_same_kernel() {
    for standard in touchstone_kernels::ALL {
        assert_eq!(compiled(standard.source).kernel.hash(), compiled(standard.source).kernel.hash());
    }
}
