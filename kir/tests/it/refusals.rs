//! What the validator refuses in tables and code: one defect at a time, with the exact error.

use touchstone_kir::{Bound, Instr, Kernel, KirError, Module, Op};

use crate::common::*;

fn changed(change: impl FnOnce(&mut Module)) -> Result<Kernel, KirError> {
    let mut parts = module(vec![i(Gid, 0, 0, 0, 0)]);
    change(&mut parts);
    Kernel::from_module(parts)
}

fn refused(change: impl FnOnce(&mut Module)) -> KirError {
    changed(change).expect_err("not a valid kernel")
}

#[test]
fn segments_are_not_empty_and_fit_the_scratch() {
    assert_eq!(refused(|m| m.segments[1] = 0), KirError::SegmentOutOfRange { segment: 1, words: 0 });
    assert_eq!(refused(|m| m.segments[0] = 1025), KirError::SegmentOutOfRange { segment: 0, words: 1025 });
    assert_eq!(refused(|m| m.segments = vec![1000, 25]), KirError::ScratchTooLarge { words: 1025 });
    assert!(changed(|m| m.segments = vec![1000, 24]).is_ok());
    assert!(changed(|m| m.segments = vec![1024]).is_ok());
}

#[test]
fn views_name_a_buffer_and_a_bound_that_exist() {
    assert_eq!(refused(|m| m.views[0].buffer = 2), KirError::ViewBufferOutOfRange { view: 0 });
    assert_eq!(refused(|m| m.views[0].bound = 4), KirError::ViewBoundOutOfRange { view: 0 });
    assert!(changed(|m| m.views[0].bound = 3).is_ok());
}

#[test]
fn bounds_are_canonical() {
    let at = 2;
    let refused = |change: fn(&mut Bound)| refused(|m| change(&mut m.bounds[at]));
    let bound = at as u16;
    assert_eq!(refused(|b| b.param = Some(2)), KirError::BoundParamOutOfRange { bound });
    // 255 marks a constant; as a parameter, it would be a second encoding of the same.
    assert_eq!(refused(|b| b.param = Some(255)), KirError::BoundParamOutOfRange { bound });
    assert_eq!(refused(|b| b.shift = 32), KirError::BoundShiftOutOfRange { bound });
    assert_eq!(refused(|b| b.m = 0), KirError::BoundMultiplierZero { bound });
    assert_eq!(refused(|b| b.param = None), KirError::BoundNotCanonical { bound });
    for change in [(|b| b.m = 1) as fn(&mut Bound), |b| b.shift = 1, |b| b.cap = 8, |b| b.c = 8] {
        let error = refused_constant(change);
        assert_eq!(error, KirError::BoundNotCanonical { bound: 0 });
    }
}

fn refused_constant(change: fn(&mut Bound)) -> KirError {
    refused(|m| change(&mut m.bounds[0]))
}

#[test]
fn unknown_opcodes_are_refused() {
    for op in 0..=255u8 {
        let instr = Instr { op, ..Instr::default() };
        let known = instr.opcode().is_some();
        let result = Kernel::from_module(module(vec![instr]));
        let unknown = Err(KirError::UnknownOperation { at: 0, op });
        assert_eq!(result == unknown, !known, "{op:#x}");
    }
    assert_eq!(
        refusal(vec![i(Gid, 0, 0, 0, 0), Instr { op: 0xFF, ..i(Gid, 0, 0, 0, 0) }]),
        KirError::UnknownOperation { at: 1, op: 0xFF }
    );
    let with_immediate = Op::Mad as u8 | touchstone_kir::IMMEDIATE;
    assert_eq!(
        refusal(vec![Instr { op: with_immediate, ..Instr::default() }]),
        KirError::UnknownOperation { at: 0, op: with_immediate }
    );
}

fn field(instr: &mut Instr, index: usize) -> &mut u8 {
    match index {
        0 => &mut instr.d,
        1 => &mut instr.a,
        _ => &mut instr.b,
    }
}

#[test]
fn every_register_field_is_checked() {
    for (instr, registers, ..) in shapes() {
        assert!(Kernel::from_module(module(vec![instr])).is_ok(), "{instr:?}");
        let four = matches!(instr.opcode(), Some(Load4 | Load4View));
        for index in (0..3).filter(|index| registers[*index]) {
            let mut bad = instr;
            *field(&mut bad, index) = 8;
            let register = if four && index == 0 { 11 } else { 8 };
            let error = KirError::RegisterOutOfRange { at: 0, register };
            assert_eq!(refusal(vec![bad]), error, "{bad:?}");
        }
    }
}

#[test]
fn registers_packed_in_the_immediate_are_checked() {
    for (op, imm) in [(Select, 8), (ExtractU, 8), (ExtractS, 255), (Insert, 0x0008), (Insert, 0x0800)] {
        let register = if imm == 255 { 255 } else { 8 };
        assert_eq!(refusal(vec![i(op, 0, 0, 0, imm)]), KirError::RegisterOutOfRange { at: 0, register });
    }
}

#[test]
fn every_unused_field_must_be_zero() {
    for (instr, _, unused, unused_imm) in shapes() {
        for index in (0..3).filter(|index| unused[*index]) {
            let mut bad = instr;
            *field(&mut bad, index) = 1;
            let error = KirError::UnusedFieldNotZero { at: 0 };
            assert_eq!(refusal(vec![bad]), error, "{bad:?}");
        }
        for bit in (0..32).filter(|bit| unused_imm >> bit & 1 == 1) {
            let mut bad = instr;
            bad.imm |= 1 << bit;
            let error = KirError::UnusedFieldNotZero { at: 0 };
            assert_eq!(refusal(vec![bad]), error, "{bad:?}");
        }
    }
}

#[test]
fn unused_fields_of_control_must_be_zero() {
    let valid = every_control();
    assert!(Kernel::from_module(module(valid.clone())).is_ok());
    // (instruction, field d, a or b)
    for (at, index) in [
        (0, 0),
        (0, 2),
        (1, 0),
        (1, 1),
        (1, 2),
        (2, 0),
        (2, 1),
        (2, 2),
        (3, 0),
        (3, 1),
        (3, 2),
        (4, 0),
        (5, 0),
        (6, 1),
        (6, 2),
        (7, 0),
        (7, 1),
        (8, 0),
        (8, 1),
        (9, 0),
        (10, 1),
        (10, 2),
    ] {
        let mut bad = valid.clone();
        *field(&mut bad[at], index) = 1;
        let error = KirError::UnusedFieldNotZero { at: at as u16 };
        assert_eq!(refusal(bad), error, "{at} {index}");
    }
    for at in [2, 5] {
        let mut bad = valid.clone();
        bad[at].imm = 1;
        let error = KirError::UnusedFieldNotZero { at: at as u16 };
        assert_eq!(refusal(bad), error);
    }
    // The upper half of a plain target is part of the target, or unused in a block.
    for (at, error) in [
        (1, KirError::WrongTarget { at: 1 }),
        (3, KirError::UnusedFieldNotZero { at: 3 }),
        (4, KirError::WrongTarget { at: 4 }),
        (7, KirError::WrongTarget { at: 7 }),
        (8, KirError::WrongTarget { at: 8 }),
        (9, KirError::WrongTarget { at: 9 }),
    ] {
        let mut bad = valid.clone();
        bad[at].imm |= 1 << 16;
        assert_eq!(refusal(bad), error);
    }
    for at in [0, 4, 9] {
        let mut bad = valid.clone();
        bad[at].a = 8;
        let error = KirError::RegisterOutOfRange { at: at as u16, register: 8 };
        assert_eq!(refusal(bad), error);
    }
}

#[test]
fn tables_that_do_not_exist_are_refused() {
    let at = 0;
    for (instr, error) in [
        (i(Param, 0, 0, 2, 0), KirError::ParamOutOfRange { at }),
        (i(Len, 0, 0, 2, 0), KirError::InputOutOfRange { at }),
        (i(Load, 0, 0, 2, 0), KirError::InputOutOfRange { at }),
        (i(Load4, 0, 0, 2, 0), KirError::InputOutOfRange { at }),
        (i(LoadView, 0, 0, 1, 0), KirError::ViewOutOfRange { at }),
        (i(Load4View, 0, 0, 1, 0), KirError::ViewOutOfRange { at }),
        (i(View, 0, 0, 1, 0), KirError::ViewOutOfRange { at }),
        (i(Sload, 0, 0, 2, 0), KirError::NoSuchSegment { at }),
        (i(Sstore, 0, 0, 2, 0), KirError::NoSuchSegment { at }),
        (i(Cload, 0, 0, 0, pack(0, 5)), KirError::ConstantsOutOfRange { at }),
        (i(Cload, 0, 0, 0, pack(4, 1)), KirError::ConstantsOutOfRange { at }),
        (i(Cload, 0, 0, 0, pack(2, 0)), KirError::ConstantsOutOfRange { at }),
        (i(Cload, 0, 0, 0, pack(u16::MAX, u16::MAX)), KirError::ConstantsOutOfRange { at }),
        (i(Loop, 0, 0, 0, pack(1, 4)), KirError::BoundOutOfRange { at }),
    ] {
        assert_eq!(refusal(vec![instr]), error, "{instr:?}");
    }
    for valid in [i(Cload, 0, 0, 0, pack(0, 4)), i(Cload, 0, 0, 0, pack(3, 1)), i(Load4, 4, 0, 0, 0)] {
        assert!(Kernel::from_module(module(vec![valid])).is_ok());
    }
    assert_eq!(refusal(vec![i(Load4, 5, 0, 0, 0)]), KirError::RegisterOutOfRange { at, register: 8 });
}

#[test]
fn constructs_close_in_order_and_with_their_own_end() {
    let unmatched = |at| KirError::Unmatched { at };
    for (code, error) in [
        (vec![i(End, 0, 0, 0, 0)], unmatched(0)),
        (vec![i(Else, 0, 0, 0, 0)], unmatched(0)),
        (vec![i(EndLoop, 0, 0, 0, 0)], unmatched(0)),
        (vec![i(Block, 0, 0, 0, 1), i(Else, 0, 0, 0, 1)], unmatched(1)),
        (vec![i(Block, 0, 0, 0, 1), i(EndLoop, 0, 0, 0, 0)], unmatched(1)),
        (vec![i(Loop, 0, 0, 0, pack(1, 0)), i(End, 0, 0, 0, 0)], unmatched(1)),
        (vec![i(If, 0, 0, 0, pack(1, 3)), i(Else, 0, 0, 0, 3), i(Else, 0, 0, 0, 3), i(End, 0, 0, 0, 0)], unmatched(2)),
        (vec![i(Block, 0, 0, 0, 1)], KirError::Unclosed { constructs: 1 }),
        (vec![i(If, 0, 0, 0, pack(9, 9)), i(Block, 0, 0, 0, 9)], KirError::Unclosed { constructs: 2 }),
    ] {
        assert_eq!(refusal(code.clone()), error, "{code:?}");
    }
}

#[test]
fn every_claimed_target_is_proved_when_its_construct_closes() {
    let wrong = |at| KirError::WrongTarget { at };
    let block = |end| vec![i(Block, 0, 0, 0, end), i(End, 0, 0, 0, 0)];
    assert!(Kernel::from_module(module(block(1))).is_ok());
    for end in [0, 2, 4095, 0xFFFF] {
        assert_eq!(refusal(block(end)), wrong(1));
    }
    let branch =
        |low, high, target| vec![i(If, 0, 0, 0, pack(low, high)), i(Else, 0, 0, 0, target), i(End, 0, 0, 0, 0)];
    assert!(Kernel::from_module(module(branch(1, 2, 2))).is_ok());
    assert_eq!(refusal(branch(2, 2, 2)), wrong(1));
    assert_eq!(refusal(branch(0, 2, 2)), wrong(1));
    assert_eq!(refusal(branch(1, 2, 1)), wrong(1));
    assert_eq!(refusal(branch(1, 3, 2)), wrong(1));
    assert_eq!(refusal(branch(1, 3, 3)), wrong(2));
    let no_else = |low, high| vec![i(If, 0, 0, 0, pack(low, high)), i(End, 0, 0, 0, 0)];
    assert!(Kernel::from_module(module(no_else(1, 1))).is_ok());
    assert_eq!(refusal(no_else(0, 1)), wrong(1));
    assert_eq!(refusal(no_else(1, 2)), wrong(1));
    assert_eq!(refusal(no_else(2, 1)), wrong(1));
    let repeat = |end, start, bound| {
        vec![i(Gid, 0, 0, 0, 0), i(Loop, 0, 0, 0, pack(end, 0)), i(EndLoop, 0, 0, 0, pack(start, bound))]
    };
    assert!(Kernel::from_module(module(repeat(2, 1, 0))).is_ok());
    assert_eq!(refusal(repeat(3, 1, 0)), wrong(2));
    assert_eq!(refusal(repeat(2, 0, 0)), wrong(2));
    assert_eq!(refusal(repeat(2, 2, 0)), wrong(2));
    assert_eq!(refusal(repeat(2, 1, 1)), KirError::WrongBound { at: 2 });
}

#[test]
fn branches_name_a_construct_around_them_and_its_end() {
    let code = |branch| {
        vec![
            i(Block, 0, 0, 0, 6),
            i(Loop, 0, 0, 0, pack(5, 0)),
            i(If, 0, 0, 0, pack(4, 4)),
            branch,
            i(End, 0, 0, 0, 0),
            i(EndLoop, 0, 0, 0, pack(1, 0)),
            i(End, 0, 0, 0, 0),
        ]
    };
    for (k, end) in [(0, 4), (1, 5), (2, 6)] {
        for op in [Break, BreakIf] {
            assert!(Kernel::from_module(module(code(i(op, 0, 0, k, end)))).is_ok());
            for target in [0, 3, end - 1, end + 1, end + 0x1_0000] {
                let error = KirError::WrongTarget { at: 3 };
                assert_eq!(refusal(code(i(op, 0, 0, k, target))), error);
            }
        }
    }
    for op in [Continue, ContinueIf] {
        assert!(Kernel::from_module(module(code(i(op, 0, 0, 1, 5)))).is_ok());
        for (k, end) in [(0, 4), (2, 6)] {
            let error = KirError::NotALoop { at: 3 };
            assert_eq!(refusal(code(i(op, 0, 0, k, end))), error);
        }
        let error = KirError::WrongTarget { at: 3 };
        assert_eq!(refusal(code(i(op, 0, 0, 1, 1))), error);
    }
    for op in [Break, BreakIf, Continue, ContinueIf] {
        for k in [3, 4, 255] {
            let error = KirError::NoSuchConstruct { at: 3 };
            assert_eq!(refusal(code(i(op, 0, 0, k, 6))), error);
        }
        let error = KirError::NoSuchConstruct { at: 0 };
        assert_eq!(refusal(vec![i(op, 0, 0, 0, 0)]), error);
    }
}

#[test]
fn the_level_of_a_loop_is_the_number_of_loops_around_it() {
    let code = |outer, inner, inner_end, outer_end| {
        vec![
            i(Loop, outer, 0, 0, pack(5, 0)),
            i(Block, 0, 0, 0, 4),
            i(Loop, inner, 0, 0, pack(3, 0)),
            i(EndLoop, inner_end, 0, 0, pack(2, 0)),
            i(End, 0, 0, 0, 0),
            i(EndLoop, outer_end, 0, 0, pack(0, 0)),
        ]
    };
    assert!(Kernel::from_module(module(code(0, 1, 1, 0))).is_ok());
    let wrong = |at| KirError::WrongLevel { at };
    assert_eq!(refusal(code(1, 1, 1, 0)), wrong(0));
    assert_eq!(refusal(code(0, 0, 1, 0)), wrong(2));
    assert_eq!(refusal(code(0, 2, 1, 0)), wrong(2));
    assert_eq!(refusal(code(0, 1, 0, 0)), wrong(3));
    assert_eq!(refusal(code(0, 1, 1, 1)), wrong(5));
}

#[test]
fn loops_after_each_other_share_a_level() {
    let code = vec![
        i(Loop, 0, 0, 0, pack(1, 0)),
        i(EndLoop, 0, 0, 0, pack(0, 0)),
        i(Loop, 0, 0, 0, pack(3, 1)),
        i(EndLoop, 0, 0, 0, pack(2, 1)),
    ];
    assert!(Kernel::from_module(module(code)).is_ok());
}

#[test]
fn constructs_nest_at_most_64_deep() {
    let nested = |depth: u32| {
        let opens = (0..depth).map(|at| i(Block, 0, 0, 0, 2 * depth - 1 - at));
        let closes = (0..depth).map(|_| i(End, 0, 0, 0, 0));
        opens.chain(closes).collect::<Vec<_>>()
    };
    assert!(Kernel::from_module(module(nested(64))).is_ok());
    assert_eq!(refusal(nested(65)), KirError::TooDeep { at: 64 });
    assert_eq!(refusal(nested(2000)), KirError::TooDeep { at: 64 });
}

#[test]
fn loops_nest_at_most_8_deep() {
    let nested = |depth: u16| {
        let opens = (0..depth).map(|at| i(Loop, at as u8, 0, 0, pack(2 * depth - 1 - at, 0)));
        let closes = (0..depth).rev().map(|at| i(EndLoop, at as u8, 0, 0, pack(at, 0)));
        opens.chain(closes).collect::<Vec<_>>()
    };
    assert!(Kernel::from_module(module(nested(8))).is_ok());
    assert_eq!(refusal(nested(9)), KirError::TooManyLoops { at: 8 });
}

#[test]
fn every_error_says_where_and_what() {
    let shown = [
        KirError::WrongTarget { at: 17 }.to_string(),
        KirError::UnknownOperation { at: 3, op: 0xFF }.to_string(),
        KirError::Unclosed { constructs: 2 }.to_string(),
    ];
    assert_eq!(
        shown,
        ["instruction 17: wrong target", "instruction 3: opcode 0xff is unknown", "2 constructs are not closed"]
    );
}
