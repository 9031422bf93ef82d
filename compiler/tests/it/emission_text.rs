//! The emitter construct by construct: what stands in the text, and what never does.

use crate::common::{compiled, validate, with_items};
use touchstone_compiler::emit;
use touchstone_kernel::{Bound, Instr, Kernel, Module, Op, ViewDecl};

/// Two inputs of 64 words and of 5, parameter 5, scratch of 4, a view of 3 words.
fn kernel(code: Vec<Instr>) -> Kernel {
    Kernel::from_module(Module {
        window: 4,
        registers: 12,
        inputs: 2,
        params: 1,
        segments: vec![4],
        views: vec![ViewDecl { buffer: 0, bound: 0 }],
        bounds: vec![Bound::constant(3), Bound { c: 1, cap: 9, m: 2, param: Some(0), shift: 1 }],
        code,
        constants: vec![7, 8, u32::MAX],
    })
    .unwrap()
}

/// The emitted source, which naga accepts.
fn emitted(code: Vec<Instr>) -> String {
    let source = emit(&kernel(code), &[5], &[256, 20]).source;
    validate(&source);
    source
}

/// An instruction is emitted as this line.
#[track_caller]
fn line(instr: Instr, expected: &str) {
    let source = emitted(vec![instr]);
    assert!(source.lines().any(|line| line.trim() == expected), "no `{expected}` in\n{source}");
}

const fn op(op: Op, d: u8, a: u8, b: u8, imm: u32) -> Instr {
    Instr { op: op as u8, d, a, b, imm }
}

#[test]
fn values_are_emitted_as_expressions_of_registers() {
    for (instr, expected) in [
        (op(Op::Const, 1, 0, 0, 77), "r1 = 77u;"),
        (op(Op::Const, 1, 0, 0, u32::MAX), "r1 = 4294967295u;"),
        (op(Op::Mov, 1, 2, 0, 0), "r1 = r2;"),
        (op(Op::Gid, 1, 0, 0, 0), "r1 = gid;"),
        (op(Op::Param, 1, 0, 0, 0), "r1 = 5u;"),
        (op(Op::Len, 1, 0, 0, 0), "r1 = 64u;"),
        (op(Op::Len, 1, 0, 1, 0), "r1 = 5u;"),
        (op(Op::Select, 1, 2, 3, 4), "r1 = select(r3, r2, r4 != 0u);"),
        (op(Op::Not, 1, 2, 0, 0), "r1 = ~r2;"),
        (op(Op::Neg, 1, 2, 0, 0), "r1 = 0u - r2;"),
        (op(Op::Abs, 1, 2, 0, 0), "r1 = select(r2, 0u - r2, r2 >= 0x80000000u);"),
        (op(Op::Clz, 1, 2, 0, 0), "r1 = countLeadingZeros(r2);"),
        (op(Op::Ctz, 1, 2, 0, 0), "r1 = countTrailingZeros(r2);"),
        (op(Op::Popcnt, 1, 2, 0, 0), "r1 = countOneBits(r2);"),
        (op(Op::Revbits, 1, 2, 0, 0), "r1 = reverseBits(r2);"),
        (op(Op::ExtractU, 1, 2, 3, 4), "r1 = extract_u(r2, r3, r4);"),
        (op(Op::ExtractS, 1, 2, 3, 4), "r1 = extract_s(r2, r3, r4);"),
        (op(Op::Insert, 1, 2, 3, 4 + 256 * 5), "r1 = insert(r2, r3, r4, r5);"),
        (op(Op::Mad, 1, 2, 3, 0), "r1 = r1 + r2 * r3;"),
        (op(Op::Dot4AccU, 1, 2, 3, 0), "r1 = r1 + dot4U8Packed(r2, r3);"),
        (op(Op::Dot4AccS, 1, 2, 3, 0), "r1 = r1 + bitcast<u32>(dot4I8Packed(r2, r3));"),
    ] {
        line(instr, expected);
    }
}

#[test]
fn binary_operations_are_emitted_with_their_guards() {
    for (operation, expected) in [
        (Op::Add, "r1 = r2 + r3;"),
        (Op::Sub, "r1 = r2 - r3;"),
        (Op::Mul, "r1 = r2 * r3;"),
        (Op::MulhiU, "r1 = mulhi_u(r2, r3);"),
        (Op::MulhiS, "r1 = mulhi_s(r2, r3);"),
        (Op::DivU, "r1 = r2 / select(r3, 1u, r3 == 0u);"),
        (Op::RemU, "r1 = r2 % select(r3, 1u, r3 == 0u);"),
        (Op::And, "r1 = r2 & r3;"),
        (Op::Or, "r1 = r2 | r3;"),
        (Op::Xor, "r1 = r2 ^ r3;"),
        (Op::Shl, "r1 = r2 << (r3 & 31u);"),
        (Op::ShrU, "r1 = r2 >> (r3 & 31u);"),
        (Op::ShrS, "r1 = bitcast<u32>(bitcast<i32>(r2) >> (r3 & 31u));"),
        (Op::MinU, "r1 = min(r2, r3);"),
        (Op::MaxS, "r1 = bitcast<u32>(max(bitcast<i32>(r2), bitcast<i32>(r3)));"),
        (Op::Eq, "r1 = select(0u, 1u, r2 == r3);"),
        (Op::LtU, "r1 = select(0u, 1u, r2 < r3);"),
        (Op::GeS, "r1 = select(0u, 1u, bitcast<i32>(r2) >= bitcast<i32>(r3));"),
        (Op::Dot4U, "r1 = dot4U8Packed(r2, r3);"),
        (Op::Dot4S, "r1 = bitcast<u32>(dot4I8Packed(r2, r3));"),
    ] {
        line(op(operation, 1, 2, 3, 0), expected);
    }
}

#[test]
fn every_binary_operation_is_accepted_with_registers_and_with_any_immediate() {
    for &operation in Op::ALL.iter().filter(|op| op.is_binary()) {
        let mut code = vec![op(operation, 1, 2, 3, 0)];
        for imm in [0, 1, 2, 31, 32, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            code.push(Instr::binary_imm(operation, 1, 2, imm));
        }
        emitted(code);
    }
}

#[test]
fn immediates_that_wgsl_forbids_are_resolved_while_emitting() {
    for (operation, imm, expected) in [
        (Op::DivU, 0, "r1 = r2;"),
        (Op::DivS, 0, "r1 = r2;"),
        (Op::RemU, 0, "r1 = 0u;"),
        (Op::RemS, 0, "r1 = 0u;"),
        (Op::DivS, u32::MAX, "r1 = 0u - r2;"),
        (Op::RemS, u32::MAX, "r1 = 0u;"),
        (Op::DivU, u32::MAX, "r1 = r2 / 4294967295u;"),
        (Op::DivS, 0xffff_fff9, "r1 = bitcast<u32>(bitcast<i32>(r2) / -7i);"),
        (Op::Shl, 33, "r1 = r2 << 1u;"),
        (Op::ShrU, 64, "r1 = r2 >> 0u;"),
        (Op::ShrS, u32::MAX, "r1 = bitcast<u32>(bitcast<i32>(r2) >> 31u);"),
    ] {
        line(Instr::binary_imm(operation, 1, 2, imm), expected);
    }
}

#[test]
fn shifts_are_always_masked() {
    let source = emitted(
        [Op::Shl, Op::ShrU, Op::ShrS]
            .iter()
            .flat_map(|&shift| [op(shift, 1, 2, 3, 0), op(shift, 4, 5, 6, 0)])
            .collect(),
    );
    for line in source.lines().filter(|line| line.contains("<<") || line.contains(">>")) {
        assert!(line.contains("& 31u"), "{line}");
    }
}

#[test]
fn divisors_are_never_zero() {
    let source = emitted([Op::DivU, Op::DivS, Op::RemU, Op::RemS].iter().map(|&by| op(by, 1, 2, 3, 0)).collect());
    for line in source.lines().filter(|line| line.contains("r2") && (line.contains(" / ") || line.contains(" % "))) {
        assert!(line.contains("select(r3, 1u, r3 == 0u"), "{line}");
    }
    assert_eq!(source.matches("0x80000000u && r3 == 0xffffffffu").count(), 2);
}

#[test]
fn loads_are_compared_with_lengths_that_are_literals() {
    let source = emitted(vec![op(Op::Load, 1, 2, 0, 9), op(Op::Load, 3, 4, 1, 0)]);
    assert!(source.contains("let i = r2 + 9u;"), "{source}");
    assert!(source.contains("if i < 64u { r1 = in0[i]; }"), "{source}");
    assert!(source.contains("if i < 5u { r3 = in1[i]; }"), "{source}");
    assert!(!source.contains("arrayLength"));
}

#[test]
fn loads_through_a_view_are_compared_with_both() {
    let source = emitted(vec![op(Op::View, 0, 2, 0, 0), op(Op::LoadView, 1, 3, 0, 4)]);
    assert!(source.contains("base0 = r2; size0 = 3u;"), "{source}");
    assert!(source.contains("if i < 64u && i >= base0 && i - base0 < size0 { r1 = in0[i]; }"), "{source}");
    assert!(source.contains("var size0: u32 = 0u;"), "before it is declared, a view is empty: {source}");
}

#[test]
fn a_buffer_read_by_fours_is_bound_by_fours() {
    let code = vec![op(Op::Load4, 4, 2, 1, 0), op(Op::Load, 1, 2, 1, 0), op(Op::Load, 3, 2, 0, 0)];
    let emission = emit(&kernel(code.clone()), &[5], &[256, 20]);
    assert_eq!(emission.wide_inputs, [false, true]);
    let source = emitted(code);
    assert!(source.contains("@group(0) @binding(0) var<storage, read> in0: array<u32>;"), "{source}");
    assert!(source.contains("@group(0) @binding(1) var<storage, read> in1: array<vec4<u32>>;"), "{source}");
    // Five words are two groups, the second one padded with zeros.
    assert!(source.contains("if i < 2u { four = in1[i]; }"), "{source}");
    assert!(source.contains("r4 = four.x; r5 = four.y; r6 = four.z; r7 = four.w;"), "{source}");
    assert!(source.contains("if i < 5u { r1 = in1[i >> 2u][i & 3u]; }"), "{source}");
}

#[test]
fn four_words_through_a_view_need_all_four_in_it() {
    let source = emitted(vec![op(Op::View, 0, 2, 0, 0), op(Op::Load4View, 4, 3, 0, 0)]);
    assert!(source.contains("4u * i >= base0 && size0 >= 4u && 4u * i - base0 <= size0 - 4u"), "{source}");
}

#[test]
fn constant_data_scratch_and_window_are_compared_with_their_lengths() {
    let source = emitted(vec![
        op(Op::Gid, 0, 0, 0, 0),
        op(Op::Cload, 1, 0, 0, Instr::pack(1, 2)),
        op(Op::Sload, 2, 0, 0, 1),
        op(Op::Sstore, 2, 0, 0, 2),
        op(Op::Oload, 3, 0, 0, 0),
        op(Op::Ostore, 3, 0, 0, 3),
    ]);
    assert!(source.contains("const DATA = array<u32, 3>(7u, 8u, 4294967295u);"), "{source}");
    assert!(source.contains("if i < 2u { r1 = DATA[1u + i]; }"), "{source}");
    assert!(source.contains("if i < 4u { r2 = scratch0[i]; }"), "{source}");
    assert!(source.contains("if i < 4u { scratch0[i] = r2; }"), "{source}");
    assert!(source.contains("if i < 4u { r3 = window[i]; }"), "{source}");
    assert!(source.contains("if i < 4u { window[i] = r3; }"), "{source}");
}

#[test]
fn loops_run_up_to_a_literal_made_of_the_parameters() {
    let code = || {
        vec![
            op(Op::Loop, 0, 0, 0, Instr::pack(2, 1)),
            op(Op::Not, 1, 1, 0, 0),
            op(Op::EndLoop, 0, 0, 0, Instr::pack(0, 1)),
        ]
    };
    for (param, turns) in [(0, 1), (1, 1), (2, 3), (5, 5), (1000, 9), (u32::MAX, 9)] {
        let source = emit(&kernel(code()), &[param], &[256, 20]).source;
        validate(&source);
        assert!(source.contains(&format!("turn0 < {turns}u; turn0++")), "{param}: {source}");
    }
}

#[test]
fn an_if_that_nothing_leaves_is_an_if() {
    let source = emitted(vec![
        op(Op::If, 0, 1, 0, Instr::pack(2, 4)),
        op(Op::Not, 2, 2, 0, 0),
        op(Op::Else, 0, 0, 0, 4),
        op(Op::Neg, 2, 2, 0, 0),
        op(Op::End, 0, 0, 0, 0),
    ]);
    assert!(source.contains("if r1 != 0u {") && source.contains("} else {"), "{source}");
    assert!(!source.contains("while") && !source.contains("leave"), "{source}");
}

#[test]
fn a_block_is_a_loop_that_runs_once() {
    let source = emitted(vec![
        op(Op::Block, 0, 0, 0, 3),
        op(Op::BreakIf, 0, 1, 0, 3),
        op(Op::Not, 2, 2, 0, 0),
        op(Op::End, 0, 0, 0, 0),
    ]);
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let start = lines.iter().position(|line| *line == "loop {").unwrap();
    assert_eq!(lines[start + 1..start + 5], ["if r1 != 0u { break; }", "r2 = ~r2;", "break;", "}"]);
}

#[test]
fn jumps_past_one_loop_need_no_detour_through_ifs() {
    let source = emitted(vec![
        op(Op::Loop, 0, 0, 0, Instr::pack(5, 0)),
        op(Op::If, 0, 1, 0, Instr::pack(4, 4)),
        op(Op::ContinueIf, 0, 2, 1, 5),
        op(Op::Break, 0, 0, 1, 5),
        op(Op::End, 0, 0, 0, 0),
        op(Op::EndLoop, 0, 0, 0, Instr::pack(0, 0)),
    ]);
    assert!(source.contains("if r2 != 0u { continue; }"), "{source}");
    assert!(!source.contains("leave"), "{source}");
}

#[test]
fn registers_that_are_not_used_are_not_declared() {
    let source = emitted(vec![op(Op::Mov, 7, 9, 0, 0)]);
    let declared: Vec<&str> = source.lines().map(str::trim).filter(|line| line.starts_with("var r")).collect();
    assert_eq!(declared, ["var r7: u32 = 0u;", "var r9: u32 = 0u;"]);
}

#[test]
fn helper_functions_stand_where_they_are_needed_only() {
    let source = emitted(vec![op(Op::Mov, 1, 2, 0, 0)]);
    for name in ["fn mulhi_u", "fn extract_u", "fn insert"] {
        assert!(!source.contains(name), "{source}");
    }
    let source = emitted(vec![op(Op::MulhiS, 1, 2, 3, 0)]);
    assert!(source.contains("fn mulhi_u") && source.contains("fn mulhi_s") && !source.contains("fn insert"));
}

#[test]
fn invocations_beyond_the_dispatch_do_nothing() {
    let source = emitted(vec![op(Op::Mov, 1, 2, 0, 0)]);
    assert!(source.contains("if place >= dispatch.y { return; }"), "{source}");
    assert!(source.contains("let start = (gid - dispatch.w) * 4u;"), "{source}");
    assert!(source.contains("@workgroup_size(64)"), "{source}");
}

#[test]
fn missing_arguments_count_as_zero_and_still_emit() {
    let kernel = kernel(vec![op(Op::Param, 1, 0, 0, 0), op(Op::Len, 2, 0, 1, 0), op(Op::Load, 3, 2, 1, 0)]);
    let source = emit(&kernel, &[], &[]).source;
    validate(&source);
    assert!(source.contains("r1 = 0u;") && source.contains("r2 = 0u;") && source.contains("if i < 0u {"), "{source}");
}

#[test]
fn the_same_kernel_and_arguments_emit_the_same_text() {
    let source = with_items(
        "var<private> t: array<u32, 9>;",
        "for (var i = 0u; i < 9u; i++) { t[i] = a / (b + i); } output[g] = t[a] + mulhi(a, b) + extractBits(a, b, 3u);",
    );
    let kernel = compiled(&source).kernel;
    let emission = emit(&kernel, &[], &[64, 64]);
    assert_eq!(emission, emit(&kernel, &[], &[64, 64]));
    assert_eq!(emission, emit(&compiled(&source).kernel, &[], &[64, 64]));
    assert_ne!(emission, emit(&kernel, &[], &[64, 68]), "lengths are part of the text");
}
