//! The emitted text, construct by construct: what it contains, and what it never contains.

use crate::common::{compiled, kernel, program, source_of, validate, with_items, with_unknown};
use touchstone_compiler::{emit, emit_for, Target};
use touchstone_kir::{Instr, Kernel, Module, Op};

/// The emitted source, in which nothing is known about registers 0 to 6.
fn emitted(code: Vec<Instr>) -> String {
    source_of(&kernel(with_unknown(code), 4))
}

/// The last of these instructions is emitted as this line.
#[track_caller]
fn line(code: Vec<Instr>, expected: &str) {
    let source = emitted(code);
    assert!(source.lines().any(|line| line.trim() == expected), "no `{expected}` in\n{source}");
}

const fn op(op: Op, d: u8, a: u8, b: u8, imm: u32) -> Instr {
    Instr { op: op as u8, d, a, b, imm }
}

/// `r3` is a constant.
const fn three(word: u32) -> Instr {
    op(Op::Const, 3, 0, 0, word)
}

#[test]
fn values_are_emitted_as_expressions_of_registers() {
    for (instr, expected) in [
        (op(Op::Gid, 7, 0, 0, 0), "r7 = gid;"),
        (op(Op::Mov, 1, 2, 0, 0), "r1 = r2;"),
        (op(Op::Select, 1, 2, 3, 4), "r1 = select(r3, r2, r4 != 0u);"),
        (op(Op::Not, 1, 2, 0, 0), "r1 = ~r2;"),
        (op(Op::Neg, 1, 2, 0, 0), "r1 = 0u - r2;"),
        (op(Op::Abs, 1, 2, 0, 0), "r1 = bitcast<u32>(max(bitcast<i32>(r2), 0i - bitcast<i32>(r2)));"),
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
        line(vec![instr], expected);
    }
}

#[test]
fn what_is_known_is_a_literal() {
    for (instr, expected) in [
        (op(Op::Const, 1, 0, 0, u32::MAX), "window1 = 4294967295u;"),
        (op(Op::Param, 1, 0, 0, 0), "window1 = 5u;"),
        (op(Op::Len, 1, 0, 0, 0), "window1 = 64u;"),
        (op(Op::Len, 1, 0, 1, 0), "window1 = 5u;"),
        (op(Op::Not, 1, 11, 0, 0), "window1 = 4294967295u;"),
        (Instr::binary_imm(Op::Add, 1, 11, 7), "window1 = 7u;"),
        (Instr::binary_imm(Op::And, 1, 2, 0), "window1 = 0u;"),
    ] {
        line(vec![instr], expected);
    }
    line(vec![three(9), op(Op::Add, 1, 2, 3, 0)], "r1 = r2 + 9u;");
    line(vec![three(9), op(Op::Select, 1, 3, 2, 4)], "r1 = select(r2, 9u, r4 != 0u);");
    line(vec![three(9), op(Op::Select, 1, 2, 4, 3)], "r1 = r2;");
    line(vec![three(9), op(Op::Mad, 1, 3, 3, 0)], "r1 = r1 + 81u;");
    line(vec![three(9), op(Op::Mad, 3, 1, 2, 0)], "r3 = 9u + r1 * r2;");
}

#[test]
fn binary_operations_are_emitted_with_their_guards() {
    for (operation, expected) in [
        (Op::Add, "r1 = r2 + r3;"),
        (Op::Sub, "r1 = r2 - r3;"),
        (Op::Mul, "r1 = r2 * r3;"),
        (Op::MulhiU, "r1 = mulhi_u(r2, r3);"),
        (Op::MulhiS, "r1 = mulhi_s(r2, r3);"),
        (Op::DivU, "r1 = r2 / max(r3, 1u);"),
        (Op::RemU, "r1 = r2 % max(r3, 1u);"),
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
        line(vec![op(operation, 1, 2, 3, 0)], expected);
    }
}

#[test]
fn every_binary_operation_is_accepted_with_registers_and_with_any_immediate() {
    for &operation in Op::ALL.iter().filter(|op| op.is_binary()) {
        let mut code = vec![op(operation, 1, 2, 3, 0)];
        for imm in [0, 1, 2, 31, 32, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            code.push(Instr::binary_imm(operation, 1, 2, imm));
            code.push(three(imm));
            code.push(op(operation, 1, 3, 2, 0));
        }
        emitted(code);
    }
}

#[test]
fn immediates_that_wgsl_forbids_are_resolved_while_emitting() {
    for (operation, imm, expected) in [
        (Op::DivU, 0, "r1 = r2;"),
        (Op::DivS, 0, "r1 = r2;"),
        (Op::RemU, 0, "window1 = 0u;"),
        (Op::RemS, 0, "r1 = 0u;"),
        (Op::DivS, u32::MAX, "r1 = 0u - r2;"),
        (Op::RemS, u32::MAX, "r1 = 0u;"),
        (Op::DivU, u32::MAX, "r1 = r2 / 4294967295u;"),
        (Op::DivS, 0xffff_fff9, "r1 = bitcast<u32>(bitcast<i32>(r2) / -7i);"),
        (Op::Shl, 33, "r1 = r2 << 1u;"),
        (Op::ShrU, 64, "r1 = r2;"),
        (Op::ShrS, u32::MAX, "r1 = bitcast<u32>(bitcast<i32>(r2) >> 31u);"),
    ] {
        line(vec![Instr::binary_imm(operation, 1, 2, imm)], expected);
    }
}

#[test]
fn guards_that_nothing_needs_are_left_out() {
    let low = |register: u8, bits: u32| Instr::binary_imm(Op::And, register, register, (1 << bits) - 1);
    let or_one = Instr::binary_imm(Op::Or, 3, 3, 1);
    line(vec![low(3, 5), op(Op::Shl, 1, 2, 3, 0)], "r1 = r2 << r3;");
    line(vec![low(3, 6), op(Op::Shl, 1, 2, 3, 0)], "r1 = r2 << (r3 & 31u);");
    line(vec![or_one, op(Op::DivU, 1, 2, 3, 0)], "r1 = r2 / r3;");
    // Never negative: signed is unsigned.
    line(vec![low(2, 9), low(3, 9), op(Op::DivS, 1, 2, 3, 0)], "r1 = r2 / max(r3, 1u);");
    line(vec![low(2, 9), Instr::binary_imm(Op::RemS, 1, 2, 10)], "r1 = r2 % 10u;");
    line(vec![low(2, 9), Instr::binary_imm(Op::ShrS, 1, 2, 2)], "r1 = r2 >> 2u;");
    line(vec![low(2, 9), op(Op::Abs, 1, 2, 0, 0)], "r1 = r2;");
    // The dividend is not MIN.
    line(
        vec![low(2, 9), op(Op::DivS, 1, 2, 3, 0)],
        "r1 = bitcast<u32>(bitcast<i32>(r2) / select(bitcast<i32>(r3), 1i, r3 == 0u));",
    );
}

#[test]
fn divisors_are_never_zero_nor_minus_one_under_the_least_word() {
    let source = emitted(vec![op(Op::DivS, 1, 2, 3, 0), op(Op::RemS, 4, 2, 3, 0)]);
    let guard = "select(bitcast<i32>(r3), 1i, r3 == 0u || (r2 == 0x80000000u && r3 == 0xffffffffu))";
    assert_eq!(source.matches(guard).count(), 2, "{source}");
}

#[test]
fn bit_fields_of_known_place_are_shifts_and_masks() {
    let field =
        |operation, offset, count| vec![three(offset), op(Op::Const, 4, 0, 0, count), op(operation, 1, 2, 3, 4)];
    line(field(Op::ExtractU, 8, 8), "r1 = (r2 >> 8u) & 255u;");
    line(field(Op::ExtractU, 24, 99), "r1 = r2 >> 24u;");
    line(field(Op::ExtractS, 8, 8), "r1 = bitcast<u32>(bitcast<i32>(r2 << 16u) >> 24u);");
    line(field(Op::ExtractS, 40, 8), "r1 = 0u;");
    let insert = vec![three(8), op(Op::Const, 4, 0, 0, 8), op(Op::Insert, 1, 2, 5, 3 + 256 * 4)];
    line(insert, "r1 = (r2 & 4294902015u) | ((r5 << 8u) & 65280u);");
}

#[test]
fn loads_are_compared_with_lengths_that_are_literals() {
    let source = emitted(vec![op(Op::Load, 1, 2, 0, 9), op(Op::Load, 3, 4, 1, 0)]);
    assert!(source.contains("let at7 = r2 + 9u;"), "{source}");
    assert!(source.contains("r1 = select(in0[min(at7, 63u)], 0u, at7 >= 64u);"), "{source}");
    assert!(source.contains("r3 = select(in1[min(at8, 4u)], 0u, at8 >= 5u);"), "{source}");
    assert!(!source.contains("arrayLength"));
}

#[test]
fn loads_that_are_inside_or_outside_are_not_compared() {
    let masked = Instr::binary_imm(Op::And, 2, 2, 31);
    line(vec![masked, op(Op::Load, 1, 2, 0, 32)], "r1 = in0[r2 + 32u];");
    line(vec![masked, op(Op::Load, 1, 2, 0, 64)], "window1 = 0u;");
    line(vec![masked, op(Op::Load, 1, 2, 0, 33)], "r1 = select(in0[min(at8, 63u)], 0u, at8 >= 64u);");
}

#[test]
fn invocations_that_do_not_exist_need_no_guards() {
    let code = vec![op(Op::Gid, 1, 0, 0, 0), op(Op::Load, 2, 1, 0, 0)];
    let kernel = kernel(with_unknown(code), 4);
    let source = |invocations| {
        let target = Target { invocations, ..Target::default() };
        emit_for(&target, &kernel, &[5], &[256, 20]).source
    };
    assert!(source(64).contains("r2 = in0[r1];"));
    assert!(source(65).contains("r2 = select(in0[min(at8, 63u)], 0u, at8 >= 64u);"));
}

#[test]
fn loads_through_a_view_are_compared_with_both() {
    let source = emitted(vec![op(Op::View, 0, 2, 0, 0), op(Op::LoadView, 1, 3, 0, 4)]);
    assert!(source.contains("base0 = r2; size0 = 3u;"), "{source}");
    assert!(
        source.contains("select(in0[min(at8, 63u)], 0u, at8 >= 64u || at8 < base0 || at8 - base0 >= 3u);"),
        "{source}"
    );
    // Before it is set, a view is empty.
    let source = emitted(vec![op(Op::LoadView, 1, 3, 0, 4)]);
    assert!(source.contains("var size0: u32 = 0u;") && source.contains("at7 - base0 >= size0"), "{source}");
}

#[test]
fn loads_that_a_view_covers_are_not_compared_with_it() {
    // A view that does not wrap, of three words.
    let view = vec![Instr::binary_imm(Op::And, 2, 2, 31), op(Op::View, 0, 2, 0, 0)];
    for (offset, expected) in
        [(0, "r1 = in0[r2];"), (2, "r1 = in0[r2 + 2u];"), (3, "r1 = select(in0[at9], 0u, at9 - base0 >= 3u);")]
    {
        line([view.clone(), vec![op(Op::LoadView, 1, 2, 0, offset)]].concat(), expected);
    }
}

#[test]
fn a_buffer_read_by_fours_is_bound_by_fours() {
    let code = vec![op(Op::Load4, 4, 2, 1, 0), op(Op::Load, 1, 2, 1, 0), op(Op::Load, 3, 2, 0, 0)];
    let emission = emit(&kernel(with_unknown(code.clone()), 4), &[5], &[256, 20]);
    assert_eq!(emission.wide_inputs, [false, true]);
    let source = emitted(code);
    assert!(source.contains("@group(0) @binding(0) var<storage, read> in0: array<u32>;"), "{source}");
    assert!(source.contains("@group(0) @binding(1) var<storage, read> in1: array<vec4<u32>>;"), "{source}");
    // Five words are two groups, the second one padded with zeros.
    assert!(source.contains("let four7 = select(in1[min(at7, 1u)], vec4<u32>(), at7 >= 2u);"), "{source}");
    assert!(source.contains("r4 = four7.x;") && source.contains("r7 = four7.w;"), "{source}");
    assert!(source.contains("r1 = select(in1[(min(at8, 4u)) >> 2u][(min(at8, 4u)) & 3u], 0u, at8 >= 5u);"), "{source}");
}

#[test]
fn four_words_through_a_view_need_all_four_in_it() {
    let source = emitted(vec![op(Op::View, 0, 2, 0, 0), op(Op::Load4View, 4, 3, 0, 0)]);
    // Of three words, four are never all inside.
    assert!(source.contains("at8 >= 16u || 4u * at8 < base0 || 4u * at8 - base0 >= 0u"), "{source}");
    let source = emitted(vec![op(Op::Load4View, 4, 3, 0, 0)]);
    assert!(source.contains("4u * at7 - base0 >= max(size0, 3u) - 3u"), "{source}");
}

#[test]
fn a_long_table_is_in_the_uniform_of_which_no_invocation_has_a_copy() {
    let source = "
        const WINDOW: u32 = 1;
        const SHORT = array<u32, 64>(LIST);
        const LONG = array<u32, 65>(LIST, 7u);
        @group(0) @binding(9) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(64)
        fn main(@builtin(global_invocation_id) id: vec3<u32>) { out[id.x] = SHORT[id.x] ^ LONG[id.x % 65u]; }";
    let list: Vec<String> = (0..64).map(|word| format!("{word}u")).collect();
    let kernel = compiled(&source.replace("LIST", &list.join(", "))).kernel;
    let emitted = emit(&kernel, &[], &[]);
    validate(&emitted.source);
    assert_eq!(emitted.arguments, kernel.module().constants);
    assert!(emitted.source.contains("array<vec4<u32>, 33>"), "{}", emitted.source);
    assert!(emitted.source.contains("+ 64u) >> 2u]["), "{}", emitted.source);
    assert!(emitted.source.contains("var<private> TABLE0: array<u32, 64>"), "{}", emitted.source);
}

#[test]
fn constant_data_scratch_and_window_are_compared_with_their_lengths() {
    let source = emitted(vec![
        op(Op::Gid, 0, 0, 0, 0),
        op(Op::Cload, 1, 0, 0, Instr::pack(1, 2)),
        op(Op::Sload, 2, 0, 0, 1),
        op(Op::Sstore, 5, 0, 0, 2),
        op(Op::Oload, 3, 0, 0, 0),
        op(Op::Ostore, 3, 0, 0, 3),
    ]);
    assert!(source.contains("var<private> TABLE0: array<u32, 2> = array<u32, 2>(8u, 4294967295u);"), "{source}");
    assert!(source.contains("r1 = select(TABLE0[min(at8, 1u)], 0u, at8 >= 2u);"), "{source}");
    assert!(source.contains("r2 = select(scratch0[min(at9, 3u)], 0u, at9 >= 4u);"), "{source}");
    assert!(source.contains("if at10 < 4u { scratch0[at10] = r5; }"), "{source}");
    assert!(source.contains("r3 = select(window[min(at11, 3u)], 0u, at11 >= 4u);"), "{source}");
    assert!(source.contains("if at12 < 4u { window[at12] = r3; }"), "{source}");
}

#[test]
fn elements_of_the_window_are_written_after_the_last_of_their_stores() {
    // Behind these come stores to words 0 to 3.
    let code = with_unknown(vec![
        op(Op::Ostore, 1, 10, 0, 4),
        op(Op::If, 0, 2, 0, Instr::pack(3, 3)),
        op(Op::Ostore, 3, 10, 0, 7),
        op(Op::End, 0, 0, 0, 0),
        op(Op::Oload, 5, 10, 0, 4),
    ]);
    let source = source_of(&kernel(code, 12));
    let lines = [
        "out[start + 2u] = ",
        "window4 = r1;",
        "if r2 != 0u {",
        "window7 = r3;",
        "}",
        "out[start + 1u] = vec4<u32>(window4, window5, window6, window7);",
        "r5 = window4;",
        "window0 = r0;",
        "out[start + 0u] = ",
    ];
    let mut rest = source.as_str();
    for line in lines {
        let at = rest.find(line).unwrap_or_else(|| panic!("no `{line}` there in\n{source}"));
        rest = &rest[at + line.len()..];
    }
}

#[test]
fn every_segment_of_scratch_is_a_separate_array() {
    let code = with_unknown(vec![op(Op::Sstore, 1, 2, 0, 0), op(Op::Sstore, 1, 2, 1, 0), op(Op::Sload, 3, 4, 1, 0)]);
    let module = Module { segments: vec![4, 7], code, ..kernel(with_unknown(vec![]), 4).module().clone() };
    let source = source_of(&Kernel::from_module(module).unwrap());
    for expected in [
        "var scratch0: array<u32, 4>;",
        "var scratch1: array<u32, 7>;",
        "if at7 < 4u { scratch0[at7] = r1; }",
        "if at8 < 7u { scratch1[at8] = r1; }",
        "r3 = select(scratch1[min(at9, 6u)], 0u, at9 >= 7u);",
    ] {
        assert!(source.contains(expected), "no `{expected}` in\n{source}");
    }
}

#[test]
fn loops_run_up_to_a_literal_made_of_the_parameters() {
    let code = with_unknown(vec![
        op(Op::Loop, 0, 0, 0, Instr::pack(2, 1)),
        op(Op::Not, 1, 1, 0, 0),
        op(Op::EndLoop, 0, 0, 0, Instr::pack(0, 1)),
    ]);
    for (param, turns) in [(2, 3), (5, 5), (1000, 9), (u32::MAX, 9)] {
        let source = emit(&kernel(code.clone(), 4), &[param], &[256, 20]).source;
        validate(&source);
        assert!(source.contains(&format!("turn7 < {turns}u; turn7++")), "{param}: {source}");
    }
    // A single iteration needs no loop.
    let source = emit(&kernel(code, 4), &[0], &[256, 20]).source;
    assert!(source.contains("  r1 = ~r1;") && !source.contains("for ("), "{source}");
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
    assert!(!source.contains("loop") && !source.contains("leave"), "{source}");
}

#[test]
fn products_of_literals_are_literals_also_where_they_wrap() {
    let code = vec![op(Op::Const, 7, 0, 0, u32::MAX), three(1 << 31), op(Op::Mad, 1, 7, 3, 0)];
    line(code, "r1 = r1 + 2147483648u;");
}

/// Facts about a condition take no more time than its comparisons: these would take 2⁴⁰ steps and more otherwise.
#[test]
fn conditions_of_many_comparisons_are_emitted() {
    let primes = (2..180).filter(|n| (2..*n).all(|m| n % m != 0)).map(|prime| format!("{prime}u"));
    let cases = primes.take(40).collect::<Vec<_>>().join(", ");
    let cases = program(&format!("switch a {{ case {cases}: {{ output[g] = 1u; }} default: {{ output[g] = b; }} }}"));
    let wrong = (0..40).map(|n| format!("a == {}u", 3 * n)).collect::<Vec<_>>();
    let either = program(&format!("if {} {{ output[g] = 1u; }}", wrong.join(" || ")));
    let right = (0..40).map(|n| format!("a != {}u", 3 * n)).collect::<Vec<_>>();
    let both = program(&format!("if {} {{ output[g] = 1u; }}", right.join(" & ")));
    for source in [cases, either, both] {
        source_of(&compiled(&source).kernel);
    }
}

#[test]
fn conditions_combined_with_themselves_are_emitted() {
    for combine in [Op::And, Op::Or] {
        for negates in [false, true] {
            let mut code = vec![op(Op::LtU, 1, 2, 3, 0)];
            for _ in 0..1000 {
                code.push(op(combine, 1, 1, 1, 0));
                if negates {
                    code.push(Instr::binary_imm(Op::Eq, 1, 1, 0));
                }
            }
            code.push(op(Op::Select, 5, 2, 3, 1));
            let end = code.len() as u16 + 2;
            code.extend([op(Op::If, 0, 1, 0, Instr::pack(end, end)), op(Op::Mov, 4, 2, 0, 0), op(Op::End, 0, 0, 0, 0)]);
            emitted(code);
        }
    }
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
    assert!(source.contains("continue;") && source.contains("break;"), "{source}");
    assert!(!source.contains("leave"), "{source}");
}

#[test]
fn registers_that_nothing_reads_are_not_there() {
    let code =
        vec![op(Op::Load, 7, 9, 0, 0), op(Op::Not, 8, 7, 0, 0), op(Op::Load, 1, 9, 0, 0), op(Op::Ostore, 1, 9, 0, 0)];
    let source = source_of(&kernel(code, 4));
    let declared: Vec<&str> = source.lines().map(str::trim).filter(|line| line.starts_with("var r")).collect();
    assert_eq!(declared, ["var r1: u32 = 0u;"]);
    assert!(!source.contains("r8") && !source.contains("r7"), "{source}");
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
fn high_words_come_from_64_bit_products_where_there_are_any() {
    let kernel = kernel(with_unknown(vec![op(Op::MulhiS, 1, 2, 3, 0), op(Op::MulhiU, 4, 1, 3, 0)]), 4);
    let target = Target { int64: true, ..Target::default() };
    let source = emit_for(&target, &kernel, &[5], &[256, 20]).source;
    assert!(source.contains("i64(") && source.contains("u64("), "{source}");
    let module = naga::front::wgsl::parse_str(&source).unwrap();
    naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::SHADER_INT64)
        .validate(&module)
        .unwrap();
    assert!(!emit(&kernel, &[5], &[256, 20]).source.contains("64("));
}

#[test]
fn invocations_beyond_the_dispatch_do_nothing() {
    let source = emitted(vec![op(Op::Mov, 1, 2, 0, 0)]);
    assert!(source.contains("let place = id.y * 4194240u + id.x;"), "{source}");
    assert!(source.contains("if place >= now.y { return; }"), "{source}");
    assert!(source.contains("let start = (gid - now.w);"), "{source}");
    assert!(source.contains("@workgroup_size(64)"), "{source}");
}

#[test]
fn invocations_beyond_a_whole_step_do_nothing() {
    let target = Target { invocations: 1000, whole_step: true, ..Target::default() };
    let source = emit_for(&target, &kernel(with_unknown(vec![]), 4), &[5], &[256, 20]).source;
    validate(&source);
    assert!(
        source.contains("let gid = dispatch.x + id.x;") && source.contains("if gid >= 1000u { return; }"),
        "{source}"
    );
    assert!(source.contains("let start = gid;"), "{source}");
}

#[test]
fn missing_arguments_count_as_zero_and_still_emit() {
    let code = vec![op(Op::Param, 1, 0, 0, 0), op(Op::Len, 2, 0, 1, 0), op(Op::Load, 3, 2, 1, 0)];
    let source = emit(&kernel(with_unknown(code), 4), &[], &[]).source;
    validate(&source);
    assert!(!source.contains("in1[") && !source.contains("in0["), "{source}");
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
