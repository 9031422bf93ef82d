//! KIR → WGSL: what is emitted is valid WGSL, for every shape of kernel.

use crate::common::{compiled, kernel, source, source_of, validate, with_bounds, with_unknown};
use touchstone_compiler::emit;
use touchstone_generate::{generate, Generated};
use touchstone_kernels::ALL;
use touchstone_kir::{Bound, Instr, Op};

/// The source for code that starts with nothing known about registers 0 to 6.
fn emitted(code: Vec<Instr>) -> String {
    source_of(&kernel(with_unknown(code), 4))
}

fn lengths(inputs: &[Vec<u8>]) -> Vec<u32> {
    inputs.iter().map(|bytes| bytes.len() as u32).collect()
}

#[test]
fn random_kernels_emit_valid_wgsl() {
    for seed in 0..150 {
        for size in [4, 30, 200] {
            let Generated { kernel, params, inputs, .. } = generate(seed, size).unwrap();
            validate(&emit(&kernel, &params, &lengths(&inputs)).source);
        }
    }
}

#[test]
fn the_largest_random_kernels_emit_valid_wgsl() {
    for seed in 0..3 {
        let Generated { kernel, params, inputs, .. } = generate(seed, 4096).unwrap();
        validate(&emit(&kernel, &params, &lengths(&inputs)).source);
    }
}

#[test]
fn standard_kernels_emit_valid_wgsl() {
    for standard in ALL {
        let kernel = compiled(standard.source).kernel;
        let params = vec![3; usize::from(kernel.module().params)];
        let lengths = vec![1000; usize::from(kernel.module().inputs)];
        let emitted = emit(&kernel, &params, &lengths);
        assert_eq!(emitted.workgroup_size, 64);
        validate(&emitted.source);
    }
}

#[test]
fn inputs_read_four_words_at_a_time_are_wide() {
    let wide = |name| {
        let kernel = compiled(source(name)).kernel;
        emit(&kernel, &[1; 16], &[64; 8]).wide_inputs
    };
    assert_eq!(wide("matmul_i8"), [true, true, false]);
    assert_eq!(wide("argmax"), [false]);
    assert_eq!(wide("mandelbrot"), [false; 0]);
}

#[test]
fn parameters_and_lengths_are_constants_of_the_emission() {
    let kernel = compiled(source("argmax")).kernel;
    let one = emit(&kernel, &[10], &[400]).source;
    let other = emit(&kernel, &[11], &[800]).source;
    assert!(one.contains("10u") && !one.contains("11u"), "{one}");
    assert!(one.contains("100u") && other.contains("200u"), "{one}");
    assert!(!one.contains("arrayLength"));
}

#[test]
fn divisors_and_shifts_known_to_be_invalid_in_wgsl_are_resolved() {
    let immediates = [0, 1, 31, 32, 33, 0x8000_0000, u32::MAX];
    for op in [Op::DivU, Op::DivS, Op::RemU, Op::RemS, Op::Shl, Op::ShrU, Op::ShrS] {
        emitted(immediates.map(|imm| Instr::binary_imm(op, 1, 2, imm)).to_vec());
        // The same, where the divisor is known to be this and the dividend is not, and the other way round.
        for word in immediates {
            let constant = Instr::new(Op::Const, 3, 0, 0, word);
            emitted(vec![constant, Instr::new(op, 1, 2, 3, 0), Instr::new(op, 4, 3, 2, 0)]);
        }
    }
}

#[test]
fn an_index_that_is_always_the_same_needs_no_check() {
    let source = emitted(vec![
        Instr::new(Op::Const, 0, 0, 0, 2),
        Instr::new(Op::Ostore, 1, 0, 0, 1),
        Instr::new(Op::Ostore, 1, 0, 0, 2),
        Instr::new(Op::Oload, 4, 0, 0, 3),
        Instr::new(Op::Ostore, 4, 0, 0, 0),
    ]);
    // Behind the window, nothing is stored and 0 is loaded.
    assert!(source.contains("window3 = r1;") && source.contains("window2 = 0u;"), "{source}");
    assert!(!source.contains("window4") && !source.contains(" < 4u"), "{source}");
}

#[test]
fn an_index_that_is_not_known_is_checked() {
    let source = emitted(vec![Instr::new(Op::Ostore, 1, 2, 0, 0)]);
    assert!(source.contains("< 4u { window[") && source.contains("] = r1; }"), "{source}");
}

#[test]
fn an_index_that_an_arm_changes_is_checked_unless_both_are_inside() {
    let stores = |word: u32| {
        emitted(vec![
            Instr::new(Op::Const, 0, 0, 0, 1),
            Instr::new(Op::If, 0, 1, 0, Instr::pack(3, 3)),
            Instr::new(Op::Const, 0, 0, 0, word),
            Instr::new(Op::End, 0, 0, 0, 0),
            Instr::new(Op::Ostore, 1, 0, 0, 0),
        ])
    };
    assert!(stores(3).contains("window[r0] = r1;"));
    assert!(stores(4).contains("< 4u { window["));
}

#[test]
fn a_remainder_a_mask_and_a_minimum_stay_inside() {
    for within in [
        Instr::binary_imm(Op::RemU, 2, 2, 4),
        Instr::binary_imm(Op::And, 2, 2, 3),
        Instr::binary_imm(Op::MinU, 2, 2, 3),
        Instr::binary_imm(Op::ShrU, 2, 2, 30),
    ] {
        let source = emitted(vec![within, Instr::new(Op::Ostore, 1, 2, 0, 0)]);
        assert!(source.contains("window[r2] = r1;"), "{source}");
    }
}

#[test]
fn a_comparison_that_holds_is_believed() {
    // if r2 < 4 { window[r2] = r1 }
    let source = emitted(vec![
        Instr::binary_imm(Op::LtU, 0, 2, 4),
        Instr::new(Op::If, 0, 0, 0, Instr::pack(3, 3)),
        Instr::new(Op::Ostore, 1, 2, 0, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
    ]);
    assert!(source.contains("window[r2] = r1;"), "{source}");
}

#[test]
fn windows_of_every_kind_are_written_whole() {
    let known = [
        (1, "out[start + 0u] = window0;"),
        (6, "out[start + 5u] = window5;"),
        (64, "out[start + 15u] = vec4<u32>(window60, window61, window62, window63);"),
        (65, "word < 65u; word++) { out[start + word] = 0u; }"),
        (68, "word < 17u; word++) { out[start + word] = vec4<u32>(); }"),
    ];
    let unknown = [
        (1, "out[start + 0u] = window[0];"),
        (16, "out[start + 3u] = vec4<u32>(window[12], window[13], window[14], window[15]);"),
        (17, "word < 17u; word++) { out[start + word] = 0u; }"),
    ];
    for (index, cases) in [(0, known.as_slice()), (1, unknown.as_slice())] {
        for &(window, expected) in cases {
            let code = vec![Instr::new(Op::Gid, 1, 0, 0, 0), Instr::new(Op::Ostore, 1, index, 0, 0)];
            let source = source_of(&kernel(code, window));
            assert!(source.contains(expected), "{source}");
        }
    }
}

/// A loop over the twenty groups of four in a window of 80 words, with `turns` iterations and one instruction before
/// the stores.
fn fours(turns: u32, instr: Instr) -> String {
    let mut code = vec![
        Instr::new(Op::Load, 1, 9, 0, 0),
        Instr::new(Op::Loop, 0, 0, 0, Instr::pack(10, 0)),
        Instr::binary_imm(Op::Shl, 2, 0, 2),
        instr,
    ];
    code.extend((0..4).map(|lane| Instr::new(Op::Ostore, 1, 2, 0, lane)));
    code.push(Instr::binary_imm(Op::Add, 0, 0, 1));
    code.push(Instr::new(Op::Mov, 3, 3, 0, 0));
    code.push(Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(1, 0)));
    source_of(&with_bounds(code, 80, vec![Bound::constant(turns), Bound::constant(1)]))
}

#[test]
fn a_window_that_a_loop_fills_is_neither_zeroed_nor_written_word_by_word() {
    let nothing = Instr::new(Op::Mov, 3, 1, 0, 0);
    let source = fours(20, nothing);
    assert!(source.contains("out[start + ((r2) >> 2u)] = vec4<u32>(r1, r1, r1, r1);"), "{source}");
    assert!(!source.contains("word++"), "{source}");
    // Words are missing, or the loop may be left early, or an iteration may be cut short.
    assert!(fours(19, nothing).contains("word++"));
    assert!(fours(20, Instr::new(Op::BreakIf, 0, 1, 0, 10)).contains("word++"));
    assert!(fours(20, Instr::new(Op::ContinueIf, 0, 1, 0, 10)).contains("word++"));
    // Something is read that is 0 before it is stored.
    assert!(fours(20, Instr::new(Op::Oload, 3, 2, 0, 0)).contains("word++"));
    // Behind the end, words are dropped one by one.
    assert!(!fours(21, nothing).contains("vec4<u32>(r1"));
}

#[test]
fn a_break_out_of_two_loops_passes_through_both() {
    // loop { loop { break_if r1, 1 } r3 += r2 } r4 = ~r3
    let source = emitted(vec![
        Instr::new(Op::Loop, 0, 0, 0, Instr::pack(5, 0)),
        Instr::new(Op::Loop, 1, 0, 0, Instr::pack(3, 0)),
        Instr::new(Op::BreakIf, 0, 1, 1, 5),
        Instr::new(Op::EndLoop, 1, 0, 0, Instr::pack(1, 0)),
        Instr::new(Op::Add, 3, 3, 2, 0),
        Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(0, 0)),
        Instr::new(Op::Not, 4, 3, 0, 0),
    ]);
    assert!(source.contains("leave = 1u; break;"), "{source}");
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let behind = lines.iter().position(|line| *line == "if leave == 1u {").unwrap();
    assert_eq!(lines[behind + 1..behind + 4], ["leave = 0u;", "break;", "}"], "{source}");
}

#[test]
fn a_continue_from_a_block_goes_on_with_the_loop_around_it() {
    // loop { block { continue_if r1, 1; r3 += r2 } r4 += r3 }
    let source = emitted(vec![
        Instr::new(Op::Loop, 0, 0, 0, Instr::pack(6, 0)),
        Instr::new(Op::Block, 0, 0, 0, 4),
        Instr::new(Op::ContinueIf, 0, 1, 1, 6),
        Instr::new(Op::Add, 3, 3, 2, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::Add, 4, 4, 3, 0),
        Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(0, 0)),
    ]);
    assert!(source.contains("continue;") && !source.contains("leave") && !source.contains("loop {"), "{source}");
}

#[test]
fn what_follows_an_arm_that_leaves_goes_into_the_other_arm() {
    // block { if r1 { r3 = ~r2; break 1 } r3 = -r2; break_if r4 0; r3 *= r2 }
    let source = emitted(vec![
        Instr::new(Op::Block, 0, 0, 0, 8),
        Instr::new(Op::If, 0, 1, 0, Instr::pack(4, 4)),
        Instr::new(Op::Not, 3, 2, 0, 0),
        Instr::new(Op::Break, 0, 0, 1, 8),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::Neg, 3, 2, 0, 0),
        Instr::new(Op::BreakIf, 0, 4, 0, 8),
        Instr::new(Op::Mul, 3, 3, 2, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
    ]);
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let start = lines.iter().position(|line| *line == "if r1 != 0u {").unwrap();
    let expected =
        ["if r1 != 0u {", "r3 = ~r2;", "} else {", "r3 = 0u - r2;", "if r4 == 0u {", "r3 = r3 * r2;", "}", "}"];
    assert_eq!(lines[start..start + 8], expected, "{source}");
}

#[test]
fn what_is_left_by_one_arm_in_part_becomes_a_loop_that_runs_once() {
    // block { if r1 { break_if r2, 1; r3 = ~r3 } r3 = r3 + r4 }
    let source = emitted(vec![
        Instr::new(Op::Block, 0, 0, 0, 6),
        Instr::new(Op::If, 0, 1, 0, Instr::pack(4, 4)),
        Instr::new(Op::BreakIf, 0, 2, 1, 6),
        Instr::new(Op::Not, 3, 3, 0, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::Add, 3, 3, 4, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
    ]);
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let start = lines.iter().position(|line| *line == "loop {").unwrap();
    let expected =
        ["loop {", "if r1 != 0u {", "if r2 != 0u {", "break;", "}", "r3 = ~r3;", "}", "r3 = r3 + r4;", "break;", "}"];
    assert_eq!(lines[start..start + 10], expected, "{source}");
}

#[test]
fn what_follows_a_jump_is_left_out() {
    // block { break 0; if r0 { r1 = r0 } else { r1 = ~r0 }; r1 = -r0 } r1 = |r1|
    let source = emitted(vec![
        Instr::new(Op::Block, 0, 0, 0, 8),
        Instr::new(Op::Break, 0, 0, 0, 8),
        Instr::new(Op::If, 0, 0, 0, Instr::pack(4, 6)),
        Instr::new(Op::Mov, 1, 0, 0, 0),
        Instr::new(Op::Else, 0, 0, 0, 6),
        Instr::new(Op::Not, 1, 0, 0, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::Neg, 1, 0, 0, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::Abs, 1, 1, 0, 0),
    ]);
    assert!(!source.contains("r1 = ~") && !source.contains("r1 = r0") && !source.contains("r1 = 0u -"), "{source}");
    assert!(source.contains("r1 = bitcast<u32>(max("), "{source}");
}

#[test]
fn an_arm_that_is_never_taken_is_left_out() {
    // if param { r1 = ~r2 } else { r1 = -r2 }
    let source = emitted(vec![
        Instr::new(Op::Param, 3, 0, 0, 0),
        Instr::new(Op::If, 0, 3, 0, Instr::pack(3, 5)),
        Instr::new(Op::Not, 1, 2, 0, 0),
        Instr::new(Op::Else, 0, 0, 0, 5),
        Instr::new(Op::Neg, 1, 2, 0, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
    ]);
    assert!(source.contains("r1 = ~r2;") && !source.contains("0u - r2") && !source.contains("if r"), "{source}");
}

#[test]
fn a_loop_counts_by_the_register_that_its_body_counts_with() {
    let counting = |step: u32| {
        emitted(vec![
            Instr::new(Op::Const, 0, 0, 0, 10),
            Instr::new(Op::Loop, 0, 0, 0, Instr::pack(4, 0)),
            Instr::binary_imm(Op::Add, 0, 0, step),
            Instr::new(Op::Add, 1, 1, 2, 0),
            Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(1, 0)),
        ])
    };
    assert!(counting(2).contains("for (; r0 < 16u; ) {"));
    assert!(counting(1u32.wrapping_neg()).contains("for (; r0 != 7u; ) {"));
    assert!(counting(0).contains("turn8 < 3u; turn8++"), "{}", counting(0));
}

#[test]
fn a_loop_that_its_own_condition_ends_in_time_counts_nothing_else() {
    // i = 0; loop (3) { break_if i >= 2; i += 1 }
    let ends_at = |limit: u32| {
        emitted(vec![
            Instr::new(Op::Const, 0, 0, 0, 0),
            Instr::new(Op::Loop, 0, 0, 0, Instr::pack(6, 0)),
            Instr::binary_imm(Op::GeU, 3, 0, limit),
            Instr::new(Op::BreakIf, 0, 3, 0, 6),
            Instr::binary_imm(Op::Add, 0, 0, 1),
            Instr::new(Op::Add, 1, 1, 2, 0),
            Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(1, 0)),
        ])
    };
    assert!(ends_at(2).contains("loop {") && ends_at(2).contains("break;"), "{}", ends_at(2));
    // The condition that never ends it goes, or the bound is needed as well.
    assert!(ends_at(3).contains("for (; r0 < 3u; ) {") && !ends_at(3).contains("break;"), "{}", ends_at(3));
}

#[test]
fn what_a_loop_does_last_comes_after_it() {
    // loop { if r1 { r3 = load[r2]; break 1 } r2 += r4 }
    let source = emitted(vec![
        Instr::new(Op::Loop, 0, 0, 0, Instr::pack(6, 0)),
        Instr::new(Op::If, 0, 1, 0, Instr::pack(4, 4)),
        Instr::new(Op::Load, 3, 2, 0, 0),
        Instr::new(Op::Break, 0, 0, 1, 6),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::Add, 2, 2, 4, 0),
        Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(0, 0)),
    ]);
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let start = lines.iter().position(|line| *line == "if r1 != 0u {").unwrap();
    let expected =
        ["if r1 != 0u {", "leave = 1u; break;", "}", "r2 = r2 + r4;", "}", "if leave == 1u {", "leave = 0u;"];
    assert_eq!(lines[start..start + 7], expected, "{source}");
}

#[test]
fn the_same_words_are_loaded_once() {
    // r3 = load[r2 & 31]; r2 = ~r2; if r1 { r5 = load[r2 & 31 before] }
    let source = emitted(vec![
        Instr::binary_imm(Op::And, 2, 2, 31),
        Instr::new(Op::Load, 3, 2, 0, 4),
        Instr::binary_imm(Op::Add, 2, 2, 4),
        Instr::new(Op::If, 0, 1, 0, Instr::pack(5, 5)),
        Instr::new(Op::Load, 5, 2, 0, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::Load, 6, 2, 0, 1),
    ]);
    assert!(source.contains("let words8 = in0[r2 + 4u];") && source.contains("r5 = words8;"), "{source}");
    assert!(source.contains("r6 = in0[r2 + 1u];"), "{source}");
}

#[test]
fn the_deepest_nesting_is_still_parsed() {
    // 64 nested ifs, the innermost of which leaves the outermost; and 64 blocks that are left one after the other.
    let depth = 64u32;
    let end = |level: u32| 2 * depth - level;
    let mut code: Vec<Instr> = (0..depth)
        .map(|level| Instr::new(Op::If, 0, 1, 0, Instr::pack(end(level) as u16, end(level) as u16)))
        .collect();
    code.push(Instr::new(Op::BreakIf, 0, 2, depth as u8 - 1, end(0)));
    code.extend((0..depth).map(|_| Instr::new(Op::End, 0, 0, 0, 0)));
    emitted(code);
    // A hundred consecutive exits do not nest without limit.
    let mut code = vec![Instr::new(Op::Block, 0, 0, 0, 201)];
    for _ in 0..100 {
        code.push(Instr::new(Op::BreakIf, 0, 2, 0, 201));
        code.push(Instr::new(Op::Add, 3, 3, 1, 0));
    }
    code.push(Instr::new(Op::End, 0, 0, 0, 0));
    emitted(code);
}
