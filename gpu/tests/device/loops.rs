//! Loops of more turns than a driver may like: llvmpipe leaves all loops of an invocation after 65,535 turns.

use touchstone_gpu::Emission;

use crate::support::*;

/// A kernel whose invocations do `body` before they write `x`.
fn kernel_of(body: &str) -> touchstone_kir::Kernel {
    let source = format!(
        "const WINDOW: u32 = 2;
        @group(0) @binding(9) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(64)
        fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
            var x = id.x;
            {body}
            out[2u * id.x] = x;
            out[2u * id.x + 1u] = x ^ id.x;
        }}"
    );
    compile(&source, "loops.wgsl")
}

/// A turn of a loop, of which no two do the same.
const TURN: &str = "x = x * 1664525u + 1013904223u + (x >> 16u);";

#[test]
fn loops_of_any_number_of_turns_are_run_to_their_end() {
    for turns in [65_534, 65_535, 65_536, 200_000] {
        let kernel = kernel_of(&format!("for (var i = 0u; i < {turns}u; i++) {{ {TURN} }}"));
        agree(&format!("{turns} turns"), &kernel, &[], &[], 70);
    }
}

#[test]
fn loops_in_and_behind_loops_are_run_to_their_end() {
    let nested = format!("for (var i = 0u; i < 300u; i++) {{ for (var j = 0u; j < 400u; j++) {{ {TURN} }} x ^= i; }}");
    agree("nested", &kernel_of(&nested), &[], &[], 5);
    let one = format!("for (var i = 0u; i < 40000u; i++) {{ {TURN} }}");
    agree("in a row", &kernel_of(&format!("{one} x = ~x; {one}")), &[], &[], 5);
}

#[test]
fn loops_that_a_jump_leaves_late_are_run_to_it() {
    let left = format!(
        "for (var i = 0u; i < 300000u; i++) {{ {TURN} if i == 70000u + id.x {{ break; }} if (x & 1u) == 0u {{ \
        continue; }} x += 3u; }}"
    );
    agree("left", &kernel_of(&left), &[], &[], 5);
    let out_of_both = format!(
        "for (var i = 0u; i < 300u; i++) {{
            for (var j = 0u; j < 1000u; j++) {{
                {TURN}
                if i * 1000u + j == 100000u + id.x {{ out[2u * id.x] = x; return; }}
            }}
        }}"
    );
    agree("out of both", &kernel_of(&out_of_both), &[], &[], 5);
}

/// A driver without jumps runs what no invocation enters: each loop there takes one turn of those that it allows.
#[test]
fn loops_that_hardly_any_invocation_enters_do_not_cut_the_others() {
    let inner: String =
        (1..8).map(|i| format!("if x % 97u == {i}u {{ for (var j = 0u; j < 9u; j++) {{ {TURN} }} }}")).collect();
    agree(
        "entered rarely",
        &kernel_of(&format!("for (var i = 0u; i < 20000u; i++) {{ {TURN} {inner} }}")),
        &[],
        &[],
        5,
    );
}

/// Some invocations of a step take more turns than the driver allows and others do not.
#[test]
fn a_step_of_which_only_some_invocations_take_long_is_right() {
    let kernel = kernel_of(&format!("for (var i = 0u; i < 100000u; i++) {{ if i > id.x * 10u {{ break; }} {TURN} }}"));
    let mut gpu = gpu();
    let got = by(Emission::Specialised, &mut gpu, &kernel, &[], &[], 8000).unwrap();
    let expected = on_cpu(&kernel, &[], &[], 8000);
    assert!(got == expected, "word {:?}", got.iter().zip(&expected).position(|(a, b)| a != b));
}
