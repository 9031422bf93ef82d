//! KIR → WGSL: what is emitted is valid WGSL, for every shape of kernel.

use crate::common::{compiled, source, validate};
use touchstone_compiler::emit;
use touchstone_kernel::{generate, Bound, Instr, Kernel, Module, Op, ViewDecl};
use touchstone_kernels::ALL;

fn lengths(inputs: &[Vec<u8>]) -> Vec<u32> {
    inputs.iter().map(|bytes| bytes.len() as u32).collect()
}

#[test]
fn random_kernels_emit_valid_wgsl() {
    for seed in 0..150 {
        for size in [4, 30, 200] {
            let (kernel, params, inputs, _) = generate::generate(seed, size);
            validate(&emit(&kernel, &params, &lengths(&inputs)).source);
        }
    }
}

#[test]
fn the_largest_random_kernels_emit_valid_wgsl() {
    for seed in 0..3 {
        let (kernel, params, inputs, _) = generate::generate(seed, 4096);
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

fn kernel(code: Vec<Instr>, registers: u16, window: u16) -> Kernel {
    Kernel::from_module(Module {
        window,
        registers,
        inputs: 2,
        params: 1,
        segments: vec![4],
        views: vec![ViewDecl { buffer: 0, bound: 0 }],
        bounds: vec![Bound::constant(3)],
        code,
        constants: vec![7, 8],
    })
    .unwrap()
}

/// Emits, and what is emitted is valid.
fn emitted(kernel: &Kernel) -> String {
    let source = emit(kernel, &[5], &[64, 20]).source;
    validate(&source);
    source
}

#[test]
fn divisors_and_shifts_known_to_be_unlawful_in_wgsl_are_resolved() {
    let mut code = Vec::new();
    for op in [Op::DivU, Op::DivS, Op::RemU, Op::RemS, Op::Shl, Op::ShrU, Op::ShrS] {
        for imm in [0, 1, 31, 32, 33, 0x8000_0000, u32::MAX] {
            code.push(Instr::binary_imm(op, 0, 1, imm));
        }
    }
    emitted(&kernel(code, 2, 1));
}

/// Emits for a window of four words.
fn stores(code: Vec<Instr>) -> String {
    emitted(&kernel(code, 2, 4))
}

#[test]
fn an_index_that_is_always_the_same_needs_no_check() {
    let source = stores(vec![
        Instr::new(Op::Const, 0, 0, 0, 2),
        Instr::new(Op::Ostore, 1, 0, 0, 1),
        Instr::new(Op::Ostore, 1, 0, 0, 2),
        Instr::new(Op::Oload, 1, 0, 0, 3),
    ]);
    assert!(source.contains("window[3u] = r1;"), "{source}");
    // Behind the window, nothing is stored and 0 is loaded.
    assert!(!source.contains("window[4u]") && source.contains("r1 = 0u;"), "{source}");
    assert!(!source.contains("if i <"), "{source}");
}

#[test]
fn an_index_read_before_it_is_written_is_checked() {
    let source = stores(vec![Instr::new(Op::Ostore, 1, 0, 0, 0), Instr::new(Op::Const, 0, 0, 0, 2)]);
    assert!(source.contains("if i < 4u { window[i] = r1; }"), "{source}");
}

#[test]
fn an_index_written_in_an_arm_is_checked() {
    let source = stores(vec![
        Instr::new(Op::If, 0, 1, 0, Instr::pack(2, 2)),
        Instr::new(Op::Const, 0, 0, 0, 2),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::Ostore, 1, 0, 0, 0),
    ]);
    assert!(source.contains("if i < 4u { window[i] = r1; }"), "{source}");
}

#[test]
fn an_index_written_twice_is_checked() {
    let source = stores(vec![
        Instr::new(Op::Const, 0, 0, 0, 2),
        Instr::new(Op::Ostore, 1, 0, 0, 0),
        Instr::new(Op::Not, 0, 0, 0, 0),
    ]);
    assert!(source.contains("if i < 4u { window[i] = r1; }"), "{source}");
}

#[test]
fn windows_of_every_kind_are_written_whole() {
    for (window, expected) in [(1, "out[start] = window0;"), (16, "out[start + 15u] = window[15];"), (17, "word < 17u")]
    {
        let code = vec![Instr::new(Op::Gid, 0, 0, 0, 0), Instr::new(Op::Ostore, 0, 0, 0, 0)];
        let source = emitted(&kernel(code, 1, window));
        assert!(source.contains(expected), "{source}");
    }
}

#[test]
fn a_break_out_of_two_loops_passes_through_both() {
    // loop { loop { break 1 } }
    let code = vec![
        Instr::new(Op::Loop, 0, 0, 0, Instr::pack(4, 0)),
        Instr::new(Op::Loop, 1, 0, 0, Instr::pack(3, 0)),
        Instr::new(Op::Break, 0, 0, 1, 4),
        Instr::new(Op::EndLoop, 1, 0, 0, Instr::pack(1, 0)),
        Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(0, 0)),
    ];
    let source = emitted(&kernel(code, 1, 1));
    assert!(source.contains("leave = 1u; break;"), "{source}");
    assert!(source.contains("if leave == 1u { leave = 0u; break; }"), "{source}");
}

#[test]
fn a_continue_from_a_block_goes_on_with_the_loop_around_it() {
    // loop { block { continue 1 } }
    let code = vec![
        Instr::new(Op::Loop, 0, 0, 0, Instr::pack(4, 0)),
        Instr::new(Op::Block, 0, 0, 0, 3),
        Instr::new(Op::Continue, 0, 0, 1, 4),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::EndLoop, 0, 0, 0, Instr::pack(0, 0)),
    ];
    let source = emitted(&kernel(code, 1, 1));
    assert!(source.contains("if leave == 1u { leave = 0u; continue; }"), "{source}");
}

#[test]
fn an_if_that_is_broken_out_of_becomes_a_loop() {
    // if r0 { break_if r1, 0 } else { break 0 }
    let code = vec![
        Instr::new(Op::If, 0, 0, 0, Instr::pack(2, 4)),
        Instr::new(Op::BreakIf, 0, 1, 0, 4),
        Instr::new(Op::Else, 0, 0, 0, 4),
        Instr::new(Op::Break, 0, 0, 0, 4),
        Instr::new(Op::End, 0, 0, 0, 0),
    ];
    let source = emitted(&kernel(code, 2, 1));
    assert!(source.contains("while yes0 {") && source.contains("while !yes0 {"), "{source}");
}

#[test]
fn what_follows_a_jump_is_left_out() {
    // block { break 0; if r0 { r1 = 7 } else { r1 = 8 }; r1 = 9 } r1 = 10
    let code = vec![
        Instr::new(Op::Block, 0, 0, 0, 8),
        Instr::new(Op::Break, 0, 0, 0, 8),
        Instr::new(Op::If, 0, 0, 0, Instr::pack(4, 6)),
        Instr::new(Op::Mov, 1, 0, 0, 0),
        Instr::new(Op::Else, 0, 0, 0, 6),
        Instr::new(Op::Not, 1, 0, 0, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::Neg, 1, 0, 0, 0),
        Instr::new(Op::End, 0, 0, 0, 0),
        Instr::new(Op::Abs, 1, 0, 0, 0),
    ];
    let source = emitted(&kernel(code, 2, 1));
    assert!(!source.contains("r1 = ~") && !source.contains("r1 = r0"), "{source}");
    assert!(source.contains("r1 = select("), "{source}");
}

#[test]
fn the_deepest_nesting_is_still_parsed() {
    // 64 ifs in each other, the innermost of which leaves the outermost.
    let depth = 64u32;
    let end = |level: u32| 2 * depth - level;
    let mut code: Vec<Instr> = (0..depth)
        .map(|level| Instr::new(Op::If, 0, 0, 0, Instr::pack(end(level) as u16, end(level) as u16)))
        .collect();
    code.push(Instr::new(Op::Break, 0, 0, depth as u8 - 1, end(0)));
    code.extend((0..depth).map(|_| Instr::new(Op::End, 0, 0, 0, 0)));
    emitted(&kernel(code, 1, 1));
}
