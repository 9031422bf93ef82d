//! The arithmetic, on every pair of bytes: small enough to try them all, placed so that they meet the edges of a word.
//!
//! A byte stands for a word in four ways: as its low byte; sign-extended; as its high byte, where carries and signs
//! are; and as all four bytes. What an operation should give is computed on wide integers, or bit by bit. Every helper
//! of `alu` is here: all binary operations (and their immediate forms, which are the same function) on all pairs, all
//! unary ones on all half words, bit fields of all offsets and counts of all bytes, packed products of all pairs in
//! every lane.

use touchstone_kir::{alu, Op};

use crate::common::*;

const PLACES: [fn(u32) -> u32; 4] =
    [|byte| byte, |byte| byte as u8 as i8 as i32 as u32, |byte| byte << 24, |byte| byte * 0x0101_0101];

/// The result of a binary operation.
fn expected(op: Op, x: u32, y: u32) -> u32 {
    let (ux, uy) = (i128::from(x), i128::from(y));
    let (sx, sy) = (i128::from(x as i32), i128::from(y as i32));
    let word = |value: i128| value.rem_euclid(1 << 32) as u32;
    let truth = u32::from;
    let lanes = |value: fn(u8) -> i128| {
        (0..4).map(|lane| value((x >> (8 * lane)) as u8) * value((y >> (8 * lane)) as u8)).sum::<i128>()
    };
    let by = y % 32;
    match op {
        Add => word(ux + uy),
        Sub => word(ux - uy),
        Mul => word(ux * uy),
        MulhiU => word((ux * uy).div_euclid(1 << 32)),
        MulhiS => word((sx * sy).div_euclid(1 << 32)),
        DivU => word(if uy == 0 { ux } else { ux / uy }),
        DivS => word(if sy == 0 { sx } else { sx / sy }),
        RemU => word(if uy == 0 { 0 } else { ux % uy }),
        RemS => word(if sy == 0 { 0 } else { sx % sy }),
        And => bits(|bit| bit_of(x, bit) && bit_of(y, bit)),
        Or => bits(|bit| bit_of(x, bit) || bit_of(y, bit)),
        Xor => bits(|bit| bit_of(x, bit) != bit_of(y, bit)),
        Shl => bits(|bit| bit >= by && bit_of(x, bit - by)),
        ShrU => bits(|bit| bit + by < 32 && bit_of(x, bit + by)),
        ShrS => bits(|bit| bit_of(x, (bit + by).min(31))),
        MinU => word(ux.min(uy)),
        MaxU => word(ux.max(uy)),
        MinS => word(sx.min(sy)),
        MaxS => word(sx.max(sy)),
        Eq => truth(ux == uy),
        Ne => truth(ux != uy),
        LtU => truth(ux < uy),
        LeU => truth(ux <= uy),
        GtU => truth(ux > uy),
        GeU => truth(ux >= uy),
        LtS => truth(sx < sy),
        LeS => truth(sx <= sy),
        GtS => truth(sx > sy),
        GeS => truth(sx >= sy),
        Dot4U => word(lanes(i128::from)),
        Dot4S => word(lanes(|byte| i128::from(byte as i8))),
        other => panic!("{} is not binary", other.name()),
    }
}

fn bit_of(word: u32, bit: u32) -> bool {
    (word / 2u32.pow(bit)) % 2 == 1
}

fn bits(bit: impl Fn(u32) -> bool) -> u32 {
    (0..32).filter(|&at| bit(at)).map(|at| 2u32.pow(at)).sum()
}

#[test]
fn every_binary_operation_on_every_pair_of_bytes() {
    for &op in Op::ALL.iter().filter(|op| op.is_binary()) {
        for place in PLACES {
            for other in PLACES {
                // All pairs in equal places; in different ones every third, shifted so that all meet in the end.
                let step = if place(1) == other(1) { 1 } else { 3 };
                for x in 0..256 {
                    for y in (x % step..256).step_by(step as usize) {
                        let (x, y) = (place(x), other(y));
                        assert_eq!(alu::binary(op, x, y), Some(expected(op, x, y)), "{} {x:#x} {y:#x}", op.name());
                    }
                }
            }
        }
    }
}

#[test]
fn shifts_by_every_amount_of_every_single_bit() {
    for op in [Shl, ShrU, ShrS] {
        for bit in 0..32 {
            for amount in (0..130).chain([1 << 31, u32::MAX, u32::MAX - 31]) {
                for x in [1 << bit, !(1 << bit), u32::MAX << bit] {
                    let got = alu::binary(op, x, amount);
                    assert_eq!(got, Some(expected(op, x, amount)), "{} {x:#x} {amount}", op.name());
                }
            }
        }
    }
}

#[test]
fn division_gives_back_its_dividend() {
    for place in PLACES {
        for other in PLACES {
            for x in 0..256 {
                for y in 1..256 {
                    let (x, y) = (place(x), other(y));
                    let of = |op| alu::binary(op, x, y).unwrap();
                    assert_eq!(of(DivU) * y + of(RemU), x);
                    assert!(of(RemU) < y);
                    let (quotient, rest) = (of(DivS) as i32, of(RemS) as i32);
                    assert_eq!(quotient.wrapping_mul(y as i32).wrapping_add(rest), x as i32, "{x:#x} {y:#x}");
                    assert!(rest == 0 || (rest < 0) == ((x as i32) < 0), "the sign of the dividend: {x:#x} {y:#x}");
                    assert!(rest.unsigned_abs() < (y as i32).unsigned_abs());
                }
            }
        }
    }
}

#[test]
fn both_halves_of_a_product_make_the_whole() {
    for place in PLACES {
        for x in 0..256 {
            for y in 0..256 {
                let (x, y) = (place(x), place(y));
                let of = |op| u64::from(alu::binary(op, x, y).unwrap());
                assert_eq!(of(MulhiU) << 32 | of(Mul), u64::from(x) * u64::from(y));
                assert_eq!((of(MulhiS) << 32 | of(Mul)) as i64, i64::from(x as i32) * i64::from(y as i32));
            }
        }
    }
}

#[test]
fn every_unary_operation_on_every_half_word() {
    for half in 0..=0xFFFFu32 {
        for x in [half, half << 16, half << 8, half << 16 | half, !half] {
            let of = |op| alu::unary(op, x).unwrap();
            assert_eq!(of(Mov), x);
            assert_eq!(of(Not), u32::MAX - x);
            assert_eq!(of(Neg), (0x1_0000_0000 - u64::from(x)) as u32);
            assert_eq!(of(Abs), i64::from(x as i32).unsigned_abs() as u32);
            assert_eq!(of(Popcnt), (0..32).filter(|&bit| bit_of(x, bit)).count() as u32);
            assert_eq!(of(Clz), (0..32).rev().take_while(|&bit| !bit_of(x, bit)).count() as u32);
            assert_eq!(of(Ctz), (0..32).take_while(|&bit| !bit_of(x, bit)).count() as u32);
        }
    }
    for half in 0..=0xFFFFu32 {
        for x in [half, half << 16, half << 8] {
            assert_eq!(alu::unary(Revbits, x), Some(bits(|bit| bit_of(x, 31 - bit))));
        }
    }
}

/// Offsets and counts up to and beyond the word.
fn fields() -> impl Iterator<Item = (u32, u32)> {
    let ends = [63, 64, 1 << 31, u32::MAX];
    (0..=34).chain(ends).flat_map(move |offset| (0..=34).chain(ends).map(move |count| (offset, count)))
}

/// Every byte in every place.
fn placed_bytes() -> impl Iterator<Item = u32> {
    PLACES.into_iter().flat_map(|place| (0..256).map(place))
}

#[test]
fn every_field_is_extracted_bit_by_bit() {
    for (offset, count) in fields() {
        let first = offset.min(32);
        let width = count.min(32 - first);
        let patterns = [0, u32::MAX, 0x8000_0001, 0xA5C3_0F17, !0xA5C3_0F17];
        for x in patterns.into_iter().chain(placed_bytes()) {
            let unsigned = bits(|bit| bit < width && bit_of(x, first + bit));
            assert_eq!(alu::extract_u(x, offset, count), unsigned, "{x:#x} {offset} {count}");
            let signed = match width {
                0 => 0,
                _ => bits(|bit| bit_of(x, first + bit.min(width - 1))),
            };
            assert_eq!(alu::extract_s(x, offset, count), signed, "{x:#x} {offset} {count}");
        }
    }
}

#[test]
fn every_field_is_inserted_bit_by_bit() {
    for (offset, count) in fields() {
        let first = offset.min(32);
        let width = count.min(32 - first);
        let patterns = [(0, u32::MAX), (u32::MAX, 0), (0xA5C3_0F17, 0x1234_5678), (0x1234_5678, 0xFFFF_0001)];
        for (x, y) in patterns.into_iter().chain(placed_bytes().map(|y| (!y.rotate_left(11), y))) {
            let expected = bits(|bit| match bit >= first && bit < first + width {
                true => bit_of(y, bit - first),
                false => bit_of(x, bit),
            });
            assert_eq!(alu::insert(x, y, offset, count), expected, "{x:#x} {y:#x} {offset} {count}");
        }
    }
}

#[test]
fn what_is_inserted_is_extracted_again() {
    for (offset, count) in fields() {
        for y in [0, 1, 0xFF, 0x8000_0000, u32::MAX] {
            let there = alu::insert(0x5555_AAAA, y, offset, count);
            assert_eq!(alu::extract_u(there, offset, count), alu::extract_u(y, 0, count.min(32 - offset.min(32))));
        }
    }
}

#[test]
fn packed_products_add_up_for_every_pair_of_bytes_in_every_lane() {
    for x in 0..256u32 {
        for y in 0..256u32 {
            let unsigned = x * y;
            let signed = (i32::from(x as u8 as i8) * i32::from(y as u8 as i8)) as u32;
            for lane in 0..4 {
                assert_eq!(alu::dot4_u(x << (8 * lane), y << (8 * lane)), unsigned);
                assert_eq!(alu::dot4_s(x << (8 * lane), y << (8 * lane)), signed);
                // The bytes of other lanes do not change the result.
                assert_eq!(alu::dot4_u(x << (8 * lane), y << (8 * ((lane + 1) % 4))), 0);
            }
            let all = |byte: u32| byte * 0x0101_0101;
            // Lanes of opposite signs and the largest sums of both.
            for (others, more) in
                [(0x8080_8000u32, 0x8080_8000u32), (0x7F80_7F00, 0x8080_8000), (0xFFFF_FF00, 0xFFFF_FF00)]
            {
                let (u, s) = (alu::dot4_u(others, more), alu::dot4_s(others, more));
                assert_eq!(alu::dot4_u(others | x, more | y), u + unsigned);
                assert_eq!(alu::dot4_s(others | x, more | y), s.wrapping_add(signed));
            }
            assert_eq!(alu::dot4_u(all(x), all(y)), 4 * unsigned);
            assert_eq!(alu::dot4_s(all(x), all(y)), signed.wrapping_mul(4));
        }
    }
}

#[test]
fn operations_that_commute_do_and_comparisons_have_their_opposites() {
    let pairs = [(LtU, GeU), (LeU, GtU), (LtS, GeS), (LeS, GtS), (Eq, Ne)];
    let commuting = [Add, Mul, MulhiU, MulhiS, And, Or, Xor, MinU, MaxU, MinS, MaxS, Eq, Ne, Dot4U, Dot4S];
    for place in PLACES {
        for x in 0..256 {
            for y in 0..256 {
                let (x, y) = (place(x), place(y));
                for (op, opposite) in pairs {
                    assert_eq!(alu::binary(op, x, y).unwrap() + alu::binary(opposite, x, y).unwrap(), 1);
                }
                for op in commuting {
                    assert_eq!(alu::binary(op, x, y), alu::binary(op, y, x), "{}", op.name());
                }
            }
        }
    }
}
