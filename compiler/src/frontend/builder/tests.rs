//! What the builder folds, and what it knows about the values it makes.

use super::*;

const ALL_WORDS: [u32; 8] = [0, 1, 5, 31, 32, 0x7fff_ffff, 0x8000_0000, u32::MAX];

fn parts() -> (Builder, Word, Word) {
    let mut build = Builder::default();
    let gid = Word::Reg(build.gid());
    let param = Word::Reg(build.param(3));
    (build, gid, param)
}

fn comparisons() -> [Op; 10] {
    [Op::Eq, Op::Ne, Op::LtU, Op::LeU, Op::GtU, Op::GeU, Op::LtS, Op::LeS, Op::GtS, Op::GeS]
}

#[test]
fn operations_on_known_words_leave_no_instruction() {
    let mut build = Builder::default();
    for &op in Op::ALL.iter().filter(|op| op.is_binary()) {
        for a in ALL_WORDS {
            for b in ALL_WORDS {
                let expected = touchstone_kir::alu::binary(op, a, b).unwrap();
                assert_eq!(build.binary(op, Word::Const(a), Word::Const(b)), Word::Const(expected), "{op:?} {a} {b}");
            }
        }
    }
    assert_eq!(build.len(), 0);
    assert!(build.finish().code.is_empty());
}

#[test]
fn identities_are_what_the_operation_computes() {
    let mut found = 0;
    for &op in Op::ALL.iter().filter(|op| op.is_binary()) {
        for y in ALL_WORDS.into_iter().chain([64]) {
            for x in ALL_WORDS {
                let expected = touchstone_kir::alu::binary(op, x, y).unwrap();
                match identity(op, Word::Reg(0), y) {
                    Some(Word::Const(value)) => assert_eq!(value, expected, "{x} {op:?} {y}"),
                    Some(_) => assert_eq!(x, expected, "{x} {op:?} {y}"),
                    None => continue,
                }
                found += 1;
            }
        }
    }
    assert!(found > 20, "{found} identities");
}

#[test]
fn a_mirrored_operation_gives_the_same_with_its_operands_exchanged() {
    let mut found = 0;
    for &op in Op::ALL.iter().filter(|op| op.is_binary()) {
        let Some(mirror) = mirrored(op) else { continue };
        found += 1;
        for a in ALL_WORDS {
            for b in ALL_WORDS {
                let exchanged = touchstone_kir::alu::binary(mirror, b, a);
                assert_eq!(touchstone_kir::alu::binary(op, a, b), exchanged, "{op:?}");
            }
        }
    }
    assert!(found >= 10, "{found} operations");
}

#[test]
fn a_negated_comparison_is_true_where_the_other_is_false() {
    for op in comparisons() {
        let opposite = negated(op).unwrap();
        assert_eq!(negated(opposite), Some(op));
        for a in ALL_WORDS {
            for b in ALL_WORDS {
                let both = [op, opposite].map(|op| touchstone_kir::alu::binary(op, a, b).unwrap());
                assert_eq!(both[0] + both[1], 1, "{op:?} {a} {b}");
            }
        }
    }
    assert_eq!(negated(Op::Add), None);
}

#[test]
fn the_opposite_of_a_comparison_is_a_comparison() {
    for op in comparisons() {
        let (mut build, gid, param) = parts();
        let compared = build.binary(op, gid, param);
        build.negate(compared);
        let last = *build.finish().code.last().unwrap();
        assert_eq!(last.op, negated(op).unwrap());
    }
}

#[test]
fn the_opposite_of_anything_else_is_a_comparison_with_zero() {
    let (mut build, gid, _) = parts();
    build.negate(gid);
    let last = *build.finish().code.last().unwrap();
    assert_eq!((last.op, last.immediate, last.imm), (Op::Eq, true, 0));
}

#[test]
fn a_known_left_operand_becomes_the_immediate() {
    let (mut build, gid, _) = parts();
    build.binary(Op::LtS, Word::Const(5), gid);
    let last = *build.finish().code.last().unwrap();
    assert_eq!((last.op, last.immediate, last.imm), (Op::GtS, true, 5));
}

#[test]
fn a_known_left_operand_of_a_subtraction_gets_a_register() {
    let (mut build, gid, _) = parts();
    build.binary(Op::Sub, Word::Const(5), gid);
    let body = build.finish();
    let last = body.code.last().unwrap();
    assert!(!last.immediate);
    let held = body.code.iter().find(|inst| inst.op == Op::Const).unwrap();
    assert_eq!((held.d, held.imm), (last.src[0], 5));
}

#[test]
fn what_does_not_change_is_read_once_and_first() {
    let (mut build, gid, _) = parts();
    build.binary(Op::Add, gid, Word::Const(1));
    assert_eq!(build.gid(), build.gid());
    assert_eq!(build.param(3), build.param(3));
    assert_ne!(build.param(3), build.param(4));
    assert_eq!(build.len_of(1), build.len_of(1));
    let ops: Vec<Op> = build.finish().code.iter().map(|inst| inst.op).collect();
    assert_eq!(ops, [Op::Gid, Op::Param, Op::Param, Op::Len, Op::Add]);
}

#[test]
fn constants_share_registers_until_there_are_48() {
    let mut build = Builder::default();
    assert_eq!(build.reg(Word::Const(7)), build.reg(Word::Const(7)));
    for value in 100..147 {
        build.reg(Word::Const(value));
    }
    assert_eq!(build.len(), 0, "all of them stand in front");
    let first = build.reg(Word::Const(1000));
    assert_ne!(first, build.reg(Word::Const(1000)), "written where it is used");
    assert_eq!(build.len(), 2);
    assert_eq!(build.reg(Word::Const(7)), build.reg(Word::Const(7)), "the first ones are still shared");
}

#[test]
fn sums_are_known_as_sums() {
    let (mut build, gid, param) = parts();
    let (Word::Reg(g), Word::Reg(p)) = (gid, param) else { unreachable!() };
    let scaled = build.binary(Op::Mul, gid, Word::Const(6));
    let shifted = build.binary(Op::Shl, param, Word::Const(2));
    let both = build.binary(Op::Sub, scaled, shifted);
    let all = build.binary(Op::Add, both, Word::Const(9));
    let doubled = build.binary(Op::Mul, all, Word::Const(2));
    let sum = build.sum(doubled);
    assert_eq!(sum.constant, 18);
    let mut terms = sum.terms.clone();
    terms.sort_unstable();
    let mut expected = vec![(g, 12), (p, 8u32.wrapping_neg())];
    expected.sort_unstable();
    assert_eq!(terms, expected);
}

#[test]
fn terms_that_cancel_leave_the_sum() {
    let (mut build, gid, param) = parts();
    let scaled = build.binary(Op::Mul, gid, Word::Const(3));
    let plus = build.binary(Op::Add, scaled, param);
    let less = build.binary(Op::Sub, plus, scaled);
    let Word::Reg(p) = param else { unreachable!() };
    assert_eq!(build.sum(less), Sum { terms: vec![(p, 1)], constant: 0 });
}

#[test]
fn sums_of_more_than_six_terms_are_values_of_their_own() {
    let mut build = Builder::default();
    let mut total = Word::Const(0);
    for index in 0..8 {
        let param = Word::Reg(build.param(index));
        total = build.binary(Op::Add, total, param);
    }
    let Word::Reg(_) = total else { unreachable!() };
    assert!(build.sum(total).terms.len() <= MAX_TERMS);
}

#[test]
fn a_product_of_two_unknowns_is_not_a_sum() {
    let (mut build, gid, param) = parts();
    let product = build.binary(Op::Mul, gid, param);
    let Word::Reg(reg) = product else { unreachable!() };
    assert_eq!(build.sum(product), Sum { terms: vec![(reg, 1)], constant: 0 });
}

#[test]
fn offsets_are_split_off_through_any_number_of_additions() {
    let (mut build, gid, _) = parts();
    let Word::Reg(g) = gid else { unreachable!() };
    let up = build.binary(Op::Add, gid, Word::Const(10));
    let down = build.binary(Op::Sub, up, Word::Const(3));
    assert_eq!(build.split(down, 5), (g, 12));
    assert_eq!(build.split(gid, 5), (g, 5));
    let scaled = build.binary(Op::Mul, down, Word::Const(2));
    let Word::Reg(s) = scaled else { unreachable!() };
    assert_eq!(build.split(scaled, 1), (s, 1));
}

#[test]
fn a_known_index_is_an_offset_from_zero() {
    let mut build = Builder::default();
    let (zero, offset) = build.split(Word::Const(7), 5);
    assert_eq!(offset, 12);
    let body = build.finish();
    assert_eq!(body.code, [Inst::constant(zero, 0)]);
}

#[test]
fn variables_carry_no_facts() {
    let (mut build, gid, _) = parts();
    let variable = build.variable();
    let sum = build.binary(Op::Add, gid, Word::Const(3));
    build.assign(variable, sum);
    let read = build.read(variable);
    let Word::Reg(reg) = read else { unreachable!() };
    assert_eq!(build.split(read, 0), (reg, 0));
    assert_eq!(build.limit(read), None);
}

#[test]
fn limits_follow_arithmetic_on_one_parameter() {
    let (mut build, gid, param) = parts();
    let product = build.binary(Op::Mul, param, Word::Const(3));
    let sum = build.binary(Op::Add, Word::Const(2), product);
    let bound = build.limit(sum).unwrap().bound;
    assert_eq!(bound, Bound { c: 2, cap: u32::MAX, m: 3, param: Some(3), shift: 0 });
    let mixed = build.binary(Op::Add, sum, gid);
    assert_eq!(build.limit(mixed), None);
    let smaller = build.binary(Op::MinU, gid, sum);
    let limit = build.limit(smaller).unwrap();
    assert!(!limit.is_exact() && limit.bound == bound);
}

#[test]
fn a_choice_that_is_known_needs_no_instruction() {
    let (mut build, gid, param) = parts();
    assert_eq!(build.select(Word::Const(0), gid, param), param);
    assert_eq!(build.select(Word::Const(7), gid, param), gid);
    assert_eq!(build.select(gid, param, param), param);
    assert_eq!(build.len(), 0);
}

#[test]
fn nothing_is_computed_from_what_is_not_available() {
    let (mut build, gid, _) = parts();
    assert_eq!(build.binary(Op::Add, gid, Word::Unavailable), Word::Unavailable);
    assert_eq!(build.binary(Op::Add, Word::Unavailable, gid), Word::Unavailable);
    assert_eq!(build.unary(Op::Not, Word::Unavailable), Word::Unavailable);
    assert_eq!(build.select(gid, Word::Unavailable, gid), Word::Unavailable);
    assert_eq!(build.len(), 0);
}

#[test]
fn a_register_range_is_numbered_one_after_the_other() {
    let mut build = Builder::default();
    let four = build.four(Inst { src: [0, NONE, NONE, NONE], ..Inst::new(Op::Load4) });
    let variables = build.variables(3);
    assert_eq!(variables, four + 4);
    let body = build.finish();
    assert_eq!(body.temporary, [true, true, true, true, false, false, false]);
}
