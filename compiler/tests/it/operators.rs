//! Operators and built-in functions, on all pairs of edge values, against Rust.

use crate::common::{agrees, agrees_for, outputs, program, with_items};

#[test]
fn unsigned_arithmetic_wraps() {
    agrees("a + b", u32::wrapping_add);
    agrees("a - b", u32::wrapping_sub);
    agrees("a * b", u32::wrapping_mul);
    agrees("7u - a", |a, _| 7u32.wrapping_sub(a));
    agrees("a * 8u + 3u", |a, _| a.wrapping_mul(8).wrapping_add(3));
}

#[test]
fn unsigned_division_by_zero_gives_the_dividend() {
    agrees("a / b", |a, b| a.checked_div(b).unwrap_or(a));
    agrees("a % b", |a, b| a.checked_rem(b).unwrap_or(0));
    agrees("a / 7u + a % 7u", |a, _| a / 7 + a % 7);
    agrees("100u / b", |_, b| 100u32.checked_div(b).unwrap_or(100));
}

#[test]
fn signed_division_is_total() {
    let div = |a: u32, b: u32| match b as i32 {
        0 => a,
        b => (a as i32).wrapping_div(b) as u32,
    };
    let rem = |a: u32, b: u32| match b as i32 {
        0 => 0,
        b => (a as i32).wrapping_rem(b) as u32,
    };
    agrees("u32(i32(a) / i32(b))", div);
    agrees("u32(i32(a) % i32(b))", rem);
    agrees("u32(i32(a) / -1i)", |a, _| (a as i32).wrapping_neg() as u32);
    agrees("u32(i32(a) % -1i)", |_, _| 0);
    agrees("u32(i32(a) / -7i)", |a, _| (a as i32).wrapping_div(-7) as u32);
    agrees("u32(i32(a) % 5i)", |a, _| (a as i32).wrapping_rem(5) as u32);
}

#[test]
fn shifts_are_modulo_32() {
    agrees("a << b", |a, b| a.wrapping_shl(b));
    agrees("a >> b", |a, b| a.wrapping_shr(b));
    agrees("u32(i32(a) >> b)", |a, b| (a as i32).wrapping_shr(b) as u32);
    agrees("u32(i32(a) << b)", |a, b| a.wrapping_shl(b));
    agrees("(a << 31u) >> 3u", |a, _| (a << 31) >> 3);
    agrees("1u << b", |_, b| 1u32.wrapping_shl(b));
}

#[test]
fn bits_are_combined() {
    agrees("(a & b) | (~a ^ b)", |a, b| (a & b) | (!a ^ b));
    agrees("u32(-i32(a)) + u32(~i32(b))", |a, b| a.wrapping_neg().wrapping_add(!b));
}

#[test]
fn comparisons_follow_the_type() {
    let truth = |value: bool| u32::from(value);
    agrees("u32(a < b)", |a, b| truth(a < b));
    agrees("u32(a <= b) + 2u * u32(a > b) + 4u * u32(a >= b)", |a, b| {
        truth(a <= b) + 2 * truth(a > b) + 4 * truth(a >= b)
    });
    agrees("u32(a == b) + 2u * u32(a != b)", |a, b| truth(a == b) + 2 * truth(a != b));
    agrees("u32(i32(a) < i32(b))", |a, b| truth((a as i32) < b as i32));
    agrees("u32(i32(a) >= i32(b)) + 2u * u32(i32(a) <= -1i)", |a, b| {
        truth(a as i32 >= b as i32) + 2 * truth(a as i32 <= -1)
    });
    agrees("u32(5u < a) + 2u * u32(5i > i32(a))", |a, _| truth(5 < a) + 2 * truth(5 > a as i32));
}

#[test]
fn booleans_combine_and_convert() {
    agrees("u32(bool(a) && bool(b))", |a, b| (a != 0 && b != 0).into());
    agrees("u32(bool(a) || bool(b))", |a, b| (a != 0 || b != 0).into());
    agrees("u32((a > 3u) & (b > 3u)) + 2u * u32((a > 3u) | (b > 3u))", |a, b| {
        u32::from(a > 3 && b > 3) + 2 * u32::from(a > 3 || b > 3)
    });
    agrees("u32(!(a < b)) + 2u * u32(!bool(a))", |a, b| u32::from(a >= b) + 2 * u32::from(a == 0));
    agrees("u32(i32(a > b)) + select(0u, 10u, (a > b) == (b > a))", |a, b| {
        u32::from(a > b) + if a == b { 10 } else { 0 }
    });
}

#[test]
fn the_right_side_of_a_logical_operator_is_evaluated_only_if_needed() {
    let source = with_items(
        "var<private> calls: u32;
         fn called() -> bool { calls += 1u; return true; }",
        "let yes = a == 0u && called();
         let no = b == 0u || called();
         output[g] = calls + 16u * u32(yes) + 32u * u32(no);",
    );
    agrees_for(&source, |a, b| {
        let calls = u32::from(a == 0) + u32::from(b != 0);
        calls + 16 * u32::from(a == 0) + 32
    });
}

#[test]
fn select_and_clamp_choose() {
    agrees("select(a, b, a > b)", |a, b| if a > b { b } else { a });
    agrees("min(a, b) + max(a, b) * 3u", |a, b| a.min(b).wrapping_add(a.max(b).wrapping_mul(3)));
    agrees("u32(min(i32(a), i32(b)))", |a, b| (a as i32).min(b as i32) as u32);
    agrees("u32(max(i32(a), -5i))", |a, _| (a as i32).max(-5) as u32);
    // min(max(e, low), high), also where low > high.
    agrees("clamp(a, b, 32u)", |a, b| a.max(b).min(32));
    agrees("u32(clamp(i32(a), -7i, i32(b)))", |a, b| (a as i32).max(-7).min(b as i32) as u32);
    agrees("u32(abs(i32(a))) + abs(b)", |a, b| ((a as i32).wrapping_abs() as u32).wrapping_add(b));
    agrees("u32(sign(i32(a)))", |a, _| (a as i32).signum() as u32);
}

#[test]
fn bits_are_counted() {
    agrees("countOneBits(a)", |a, _| a.count_ones());
    agrees("countLeadingZeros(a) + 100u * countTrailingZeros(b)", |a, b| a.leading_zeros() + 100 * b.trailing_zeros());
    agrees("reverseBits(a)", |a, _| a.reverse_bits());
    agrees("firstLeadingBit(a)", |a, _| a.checked_ilog2().unwrap_or(u32::MAX));
    agrees("firstTrailingBit(a)", |a, _| if a == 0 { u32::MAX } else { a.trailing_zeros() });
    agrees("u32(firstLeadingBit(i32(a)))", |a, _| {
        let a = if (a as i32) < 0 { !a } else { a };
        a.checked_ilog2().unwrap_or(u32::MAX)
    });
    agrees("u32(firstTrailingBit(i32(a)))", |a, _| if a == 0 { u32::MAX } else { a.trailing_zeros() });
}

fn field(offset: u32, count: u32) -> (u32, u32) {
    let offset = offset.min(32);
    (offset, count.min(32 - offset))
}

fn extract(a: u32, offset: u32, count: u32) -> u64 {
    let (offset, count) = field(offset, count);
    (u64::from(a) >> offset) & ((1u64 << count) - 1)
}

fn extract_signed(a: u32, offset: u32, count: u32) -> u32 {
    let (_, kept) = field(offset, count);
    match kept {
        0 => 0,
        _ => (((extract(a, offset, count) as u32) << (32 - kept)) as i32 >> (32 - kept)) as u32,
    }
}

#[test]
fn bit_fields_are_extracted_with_any_offset_and_count() {
    agrees("extractBits(0x87654321u, a, b)", |a, b| extract(0x8765_4321, a, b) as u32);
    agrees("u32(extractBits(i32(0x87654321u), a, b))", |a, b| extract_signed(0x8765_4321, a, b));
    for (offset, count) in [(0, 0), (0, 32), (5, 9), (31, 1), (31, 5), (32, 1), (40, 40), (0, 1)] {
        agrees(&format!("extractBits(a, {offset}u, {count}u)"), |a, _| extract(a, offset, count) as u32);
        agrees(&format!("u32(extractBits(i32(a), {offset}u, {count}u))"), |a, _| extract_signed(a, offset, count));
    }
}

#[test]
fn bit_fields_are_inserted_with_any_offset_and_count() {
    let insert = |a: u32, b: u32, offset: u32, count: u32| {
        let (offset, count) = field(offset, count);
        let mask = ((1u64 << count) - 1) << offset;
        ((u64::from(a) & !mask) | ((u64::from(b) << offset) & mask)) as u32
    };
    agrees("insertBits(0x87654321u, 0xfedcba98u, a, b)", |a, b| insert(0x8765_4321, 0xfedc_ba98, a, b));
    for (offset, count) in [(0, 0), (0, 32), (5, 9), (31, 1), (31, 5), (32, 1), (40, 40)] {
        agrees(&format!("insertBits(a, b, {offset}u, {count}u)"), |a, b| insert(a, b, offset, count));
    }
}

#[test]
fn packed_dot_products_add_four_products() {
    let bytes = |a: u32| a.to_le_bytes();
    agrees("dot4U8Packed(a, b)", |a, b| {
        bytes(a).into_iter().zip(bytes(b)).map(|(x, y)| u32::from(x) * u32::from(y)).sum()
    });
    agrees("u32(dot4I8Packed(a, b))", |a, b| {
        let products = bytes(a).into_iter().zip(bytes(b));
        products.map(|(x, y)| i32::from(x as i8) * i32::from(y as i8)).sum::<i32>() as u32
    });
    agrees("u32(7i + dot4I8Packed(a, 0xff7f8001u))", |a, _| {
        let products = bytes(a).into_iter().zip([1, -128, 127, -1]);
        (7 + products.map(|(x, y)| i32::from(x as i8) * y).sum::<i32>()) as u32
    });
}

#[test]
fn bytes_are_packed_and_unpacked() {
    agrees("pack4xU8(unpack4xU8(a))", |a, _| a);
    agrees("pack4xI8(unpack4xI8(a))", |a, _| a);
    agrees("pack4xU8(vec4<u32>(a, b, 1u, a))", |a, b| u32::from_le_bytes([a as u8, b as u8, 1, a as u8]));
    agrees("pack4xI8Clamp(vec4<i32>(i32(a), i32(b), -3i, 300i))", |a, b| {
        let clamp = |x: u32| (x as i32).clamp(-128, 127) as u8;
        u32::from_le_bytes([clamp(a), clamp(b), -3i8 as u8, 127])
    });
    agrees("pack4xU8Clamp(vec4<u32>(a, b, 3u, 300u))", |a, b| {
        u32::from_le_bytes([a.min(255) as u8, b.min(255) as u8, 3, 255])
    });
    agrees("u32(unpack4xI8(a).z) + unpack4xU8(b).w", |a, b| {
        (i32::from(a.to_le_bytes()[2] as i8) as u32).wrapping_add(b >> 24)
    });
}

#[test]
fn mulhi_gives_the_high_word() {
    agrees("mulhi(a, b)", |a, b| ((u64::from(a) * u64::from(b)) >> 32) as u32);
    agrees("u32(mulhi_s(i32(a), i32(b)))", |a, b| ((i64::from(a as i32) * i64::from(b as i32)) >> 32) as u32);
    agrees("mulhi(a, 0x80000001u)", |a, _| ((u64::from(a) * 0x8000_0001) >> 32) as u32);
}

#[test]
fn vectors_compute_lane_by_lane() {
    agrees("dot(vec3<u32>(a, b, 2u), vec3<u32>(b, 3u, a))", |a, b| {
        a.wrapping_mul(b).wrapping_add(b.wrapping_mul(3)).wrapping_add(a.wrapping_mul(2))
    });
    agrees("(vec2<u32>(a, b) * 3u + vec2<u32>(1u)).y", |_, b| b.wrapping_mul(3).wrapping_add(1));
    agrees("(vec4<u32>(a, b, 1u, 2u).wzyx >> vec4<u32>(1u)).z", |_, b| b >> 1);
    agrees("u32(all(vec2<u32>(a, b) > vec2<u32>(2u))) + 2u * u32(any(vec2<u32>(a, b) == vec2<u32>(0u)))", |a, b| {
        u32::from(a > 2 && b > 2) + 2 * u32::from(a == 0 || b == 0)
    });
    agrees("select(vec2<u32>(a), vec2<u32>(b), vec2<bool>(a > b, b > a)).x", |a, b| if a > b { b } else { a });
    agrees("u32(max(vec3<i32>(i32(a)), vec3<i32>(-1i, 0i, 1i)).x)", |a, _| (a as i32).max(-1) as u32);
}

#[test]
fn constants_fold_to_what_would_be_computed() {
    // Through variables, so that it is this compiler that folds, not naga.
    let cases = [
        ("x / y", 7, 0, 7),
        ("x % y", 7, 0, 0),
        ("x << y", 3, 33, 6),
        ("mulhi(x, y)", u32::MAX, u32::MAX, u32::MAX - 1),
        ("u32(i32(x) / i32(y))", 0x8000_0000, u32::MAX, 0x8000_0000),
        ("u32(i32(x) >> y)", 0x8000_0000, 31, u32::MAX),
        ("dot4U8Packed(x, y)", 0x0101_0101, 0xffff_ffff, 1020),
        ("select(x, y, x > y)", 5, 4, 4),
    ];
    for (text, x, y, expected) in cases {
        let source = program(&format!("var x = {x}u; var y = {y}u; output[g] = {text};"));
        assert_eq!(outputs(&source, &[], &[vec![0], vec![0]], 1), [expected], "{text}");
        // It leaves a constant and a store.
        let statistics = crate::common::compiled(&source).statistics;
        assert!(statistics.instructions <= 3, "{text}: {statistics:?}");
    }
}
