//! Every value operation and its edges, against literal results.

use touchstone_kir::alu;

use crate::common::*;

const MIN: u32 = 0x8000_0000;
const MAX: u32 = 0x7FFF_FFFF;
const ONES: u32 = 0xFFFF_FFFF;

/// (operation, x, y, result)
const BINARY: &[(touchstone_kir::Op, u32, u32, u32)] = &[
    (Add, 2, 3, 5),
    (Add, ONES, 1, 0),
    (Add, MAX, 1, MIN),
    (Sub, 5, 3, 2),
    (Sub, 0, 1, ONES),
    (Sub, MIN, 1, MAX),
    (Mul, 7, 6, 42),
    (Mul, 0x10000, 0x10000, 0),
    (Mul, ONES, ONES, 1),
    (MulhiU, 0x10000, 0x10000, 1),
    (MulhiU, ONES, ONES, 0xFFFF_FFFE),
    (MulhiU, 3, 4, 0),
    (MulhiS, ONES, ONES, 0),
    (MulhiS, ONES, 1, ONES),
    (MulhiS, MIN, MIN, 0x4000_0000),
    (MulhiS, MIN, MAX, 0xC000_0000),
    (DivU, 7, 2, 3),
    (DivU, 7, 0, 7),
    (DivU, ONES, 2, MAX),
    (DivU, 0, 0, 0),
    (DivS, 7, 2, 3),
    (DivS, ONES - 6, 2, ONES - 2), // -7 / 2 = -3
    (DivS, 7, ONES - 1, ONES - 2), // 7 / -2 = -3
    (DivS, MIN, ONES, MIN),
    (DivS, ONES - 6, 0, ONES - 6),
    (RemU, 7, 4, 3),
    (RemU, 7, 0, 0),
    (RemU, ONES, 10, 5),
    (RemS, 7, 4, 3),
    (RemS, ONES - 6, 4, ONES - 2), // -7 % 4 = -3
    (RemS, 7, ONES - 3, 3),        // 7 % -4 = 3
    (RemS, MIN, ONES, 0),
    (RemS, 7, 0, 0),
    (And, 0b1100, 0b1010, 0b1000),
    (Or, 0b1100, 0b1010, 0b1110),
    (Xor, 0b1100, 0b1010, 0b0110),
    (Shl, 1, 31, MIN),
    (Shl, 1, 32, 1),
    (Shl, 3, 33, 6),
    (Shl, 1, ONES, MIN),
    (ShrU, MIN, 31, 1),
    (ShrU, MIN, 32, MIN),
    (ShrU, MIN, 63, 1),
    (ShrS, MIN, 31, ONES),
    (ShrS, MIN, 32, MIN),
    (ShrS, MAX, 30, 1),
    (MinU, 1, ONES, 1),
    (MinU, MIN, MAX, MAX),
    (MaxU, 1, ONES, ONES),
    (MaxU, MIN, MAX, MIN),
    (MinS, 1, ONES, ONES),
    (MinS, MIN, MAX, MIN),
    (MaxS, 1, ONES, 1),
    (MaxS, MIN, MAX, MAX),
    (Eq, 5, 5, 1),
    (Eq, 5, 6, 0),
    (Ne, 5, 5, 0),
    (Ne, 5, 6, 1),
    (LtU, 1, ONES, 1),
    (LtU, ONES, 1, 0),
    (LtU, 1, 1, 0),
    (LeU, 1, ONES, 1),
    (LeU, ONES, 1, 0),
    (LeU, 1, 1, 1),
    (GtU, 1, ONES, 0),
    (GtU, ONES, 1, 1),
    (GtU, 1, 1, 0),
    (GeU, 1, ONES, 0),
    (GeU, ONES, 1, 1),
    (GeU, 1, 1, 1),
    (LtS, 1, ONES, 0),
    (LtS, ONES, 1, 1),
    (LtS, MIN, MAX, 1),
    (LtS, 1, 1, 0),
    (LeS, 1, ONES, 0),
    (LeS, ONES, 1, 1),
    (LeS, 1, 1, 1),
    (GtS, 1, ONES, 1),
    (GtS, ONES, 1, 0),
    (GtS, 1, 1, 0),
    (GeS, 1, ONES, 1),
    (GeS, MIN, MAX, 0),
    (GeS, 1, 1, 1),
    (Dot4U, 0x0102_0304, 0x0506_0708, 70), // 4·8 + 3·7 + 2·6 + 1·5
    (Dot4U, ONES, ONES, 4 * 255 * 255),
    (Dot4S, 0x0102_0304, 0x0506_0708, 70),
    (Dot4S, ONES, ONES, 4),
    (Dot4S, 0x8080_8080, 0x8080_8080, 4 * 128 * 128),
    (Dot4S, 0x8080_8080, 0x7F7F_7F7F, (4 * 128 * 127u32).wrapping_neg()),
    (Dot4S, 0xFF00_0000, 0x0200_0000, ONES - 1), // -1·2
];

#[test]
fn binary_operations_agree_with_their_tables_in_both_forms() {
    for &(op, x, y, expected) in BINARY {
        let code = vec![i(Const, 0, 0, 0, x), i(Const, 1, 0, 0, y), i(op, 2, 0, 1, 0), ii(op, 3, 0, y)];
        let got = results(code, &[2, 3]);
        assert_eq!(got, [expected, expected], "{} {x:#x} {y:#x}", op.name());
        assert_eq!(alu::binary(op, x, y), Some(expected), "{}", op.name());
    }
}

#[test]
fn the_binary_table_covers_every_binary_operation() {
    for &op in touchstone_kir::Op::ALL {
        let tested = BINARY.iter().any(|case| case.0 == op);
        assert_eq!(tested, op.is_binary(), "{}", op.name());
    }
}

#[test]
fn unary_operations_agree_with_their_tables() {
    for (op, x, expected) in [
        (Mov, 7, 7),
        (Not, 0, ONES),
        (Not, 0xFF, 0xFFFF_FF00),
        (Neg, 1, ONES),
        (Neg, MIN, MIN),
        (Neg, 0, 0),
        (Abs, ONES, 1),
        (Abs, 5, 5),
        (Abs, MIN, MIN),
        (Clz, 0, 32),
        (Clz, 1, 31),
        (Clz, ONES, 0),
        (Ctz, 0, 32),
        (Ctz, MIN, 31),
        (Ctz, 1, 0),
        (Popcnt, 0, 0),
        (Popcnt, ONES, 32),
        (Popcnt, 0x8001_0001, 3),
        (Revbits, 1, MIN),
        (Revbits, 0xF000_0000, 0xF),
    ] {
        let code = vec![i(Const, 0, 0, 0, x), i(op, 1, 0, 0, 0)];
        assert_eq!(results(code, &[1]), [expected], "{} {x:#x}", op.name());
        assert_eq!(alu::unary(op, x), Some(expected), "{}", op.name());
    }
}

#[test]
fn folding_refuses_operations_of_another_arity() {
    assert_eq!(alu::binary(Mov, 1, 2), None);
    assert_eq!(alu::binary(Mad, 1, 2), None);
    assert_eq!(alu::unary(Add, 1), None);
    assert_eq!(alu::unary(Gid, 1), None);
}

#[test]
fn extract_takes_bits_and_clamps_the_field() {
    for (x, offset, count, unsigned, signed) in [
        (0xABCD_1234, 0, 32, 0xABCD_1234, 0xABCD_1234),
        (0xABCD_1234, 4, 8, 0x23, 0x23),
        (0xABCD_1234, 28, 4, 0xA, 0xFFFF_FFFA),
        (0xABCD_1234, 28, 99, 0xA, 0xFFFF_FFFA),
        (0xABCD_1234, 32, 4, 0, 0),
        (0xABCD_1234, ONES, ONES, 0, 0),
        (0xABCD_1234, 3, 0, 0, 0),
        (0xFFFF_FFFF, 31, 1, 1, ONES),
        (0x7FFF_FFFF, 31, 1, 0, 0),
        (0x0000_0008, 0, 4, 8, 0xFFFF_FFF8),
    ] {
        let code = vec![
            i(Const, 0, 0, 0, x),
            i(Const, 1, 0, 0, offset),
            i(Const, 2, 0, 0, count),
            i(ExtractU, 3, 0, 1, 2),
            i(ExtractS, 4, 0, 1, 2),
        ];
        let got = results(code, &[3, 4]);
        assert_eq!(got, [unsigned, signed], "{x:#x} {offset} {count}");
    }
}

#[test]
fn insert_replaces_bits_and_clamps_the_field() {
    for (x, y, offset, count, expected) in [
        (0xFFFF_FFFF, 0, 0, 32, 0),
        (0xFFFF_FFFF, 0, 8, 8, 0xFFFF_00FF),
        (0, 0xABC, 4, 8, 0xBC0),
        (0x1111_1111, 0xF, 30, 9, 0xD111_1111),
        (0x1111_1111, 0xF, 32, 9, 0x1111_1111),
        (0x1111_1111, 0xF, 5, 0, 0x1111_1111),
        (0x1111_1111, 0xF, ONES, ONES, 0x1111_1111),
    ] {
        let code = vec![
            i(Const, 0, 0, 0, x),
            i(Const, 1, 0, 0, y),
            i(Const, 2, 0, 0, offset),
            i(Const, 3, 0, 0, count),
            i(Insert, 4, 0, 1, 2 + 256 * 3),
        ];
        assert_eq!(results(code, &[4]), [expected], "{x:#x} {offset} {count}");
    }
}

#[test]
fn select_takes_the_first_for_any_condition_but_zero() {
    for (condition, expected) in [(0, 20), (1, 10), (ONES, 10), (MIN, 10)] {
        let code =
            vec![i(Const, 0, 0, 0, 10), i(Const, 1, 0, 0, 20), i(Const, 2, 0, 0, condition), i(Select, 3, 0, 1, 2)];
        assert_eq!(results(code, &[3]), [expected]);
    }
}

#[test]
fn accumulating_operations_add_to_their_destination_and_wrap() {
    for (op, acc, x, y, expected) in [
        (Dot4AccU, 5, 0x0102_0304, 0x0506_0708, 75),
        (Dot4AccU, ONES, ONES, ONES, 4 * 255 * 255 - 1),
        (Dot4AccS, 5, 0xFF00_0000, 0x0200_0000, 3),
        (Dot4AccS, MAX, 1, 1, MIN),
        (Mad, 5, 6, 7, 47),
        (Mad, ONES, ONES, ONES, 0),
    ] {
        let code = vec![i(Const, 0, 0, 0, acc), i(Const, 1, 0, 0, x), i(Const, 2, 0, 0, y), i(op, 0, 1, 2, 0)];
        assert_eq!(results(code, &[0]), [expected], "{}", op.name());
    }
}

#[test]
fn an_operation_may_overwrite_its_operands() {
    let code = vec![i(Const, 0, 0, 0, 3), i(Add, 0, 0, 0, 0), i(Mad, 0, 0, 0, 0)];
    assert_eq!(results(code, &[0]), [42]);
}

#[test]
fn sources_give_invocation_parameters_and_lengths_in_words() {
    let mut code = vec![i(Gid, 0, 0, 0, 0), i(Param, 1, 0, 1, 0), i(Len, 2, 0, 0, 0), i(Len, 3, 0, 1, 0)];
    code.extend(store(&[0, 1, 2, 3]));
    let words = try_run(&kernel(code), &[4, 7], &inputs(), 0xDEAD_BEEF, ENOUGH);
    assert_eq!(words, Ok(vec![0xDEAD_BEEF, 7, 10, 600]));
}

#[test]
fn opcodes_names_and_bytes_belong_together() {
    for &op in touchstone_kir::Op::ALL {
        assert_eq!(touchstone_kir::Op::from_byte(op as u8), Some(op));
        assert_eq!(i(op, 0, 0, 0, 0).opcode(), Some(op));
        let immediate = ii(op, 0, 0, 0);
        assert!(immediate.is_immediate());
        assert_eq!(immediate.opcode(), op.is_binary().then_some(op));
    }
    let mut names: Vec<_> = touchstone_kir::Op::ALL.iter().map(|op| op.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), touchstone_kir::Op::ALL.len());
    assert_eq!(touchstone_kir::Op::ALL.len(), 10 + 16 + 31 + 3 + 10);
}
