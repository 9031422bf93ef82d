//! The results of the operations on words. All of them are total.
//!
//! The interpreter and the compiler's constant folding share this code, so they always agree.

use crate::isa::{byte, Op};

/// A [binary](Op::is_binary) operation on two words; `None` for any other operation.
pub fn binary(op: Op, x: u32, y: u32) -> Option<u32> {
    op.is_binary().then(|| binary_byte(op as u8, x, y))
}

/// An operation from `not` to `revbits`, or `mov`, on one word; `None` for any other operation.
pub fn unary(op: Op, x: u32) -> Option<u32> {
    Some(match op {
        Op::Mov => x,
        Op::Not => !x,
        Op::Neg => x.wrapping_neg(),
        Op::Abs => abs(x),
        Op::Clz => x.leading_zeros(),
        Op::Ctz => x.trailing_zeros(),
        Op::Popcnt => x.count_ones(),
        Op::Revbits => x.reverse_bits(),
        _ => return None,
    })
}

/// Magnitude of a signed word; MIN stays MIN.
pub fn abs(x: u32) -> u32 {
    (x as i32).wrapping_abs() as u32
}

/// WGSL `extractBits` of a u32: `count` bits from `offset`, zero-extended.
pub fn extract_u(x: u32, offset: u32, count: u32) -> u32 {
    let (offset, count) = clamp_field(offset, count);
    // count 0 also covers offset 32, where the first shift would be too long.
    if count == 0 {
        return 0;
    }
    let (left, right) = field_shifts(offset, count);
    x.wrapping_shl(left).wrapping_shr(right)
}

/// WGSL `extractBits` of an i32: `count` bits from `offset`, sign-extended.
pub fn extract_s(x: u32, offset: u32, count: u32) -> u32 {
    let (offset, count) = clamp_field(offset, count);
    if count == 0 {
        return 0;
    }
    let (left, right) = field_shifts(offset, count);
    (x.wrapping_shl(left) as i32).wrapping_shr(right) as u32
}

/// WGSL `insertBits`: `x` with the low `count` bits of `y` at `offset`.
pub fn insert(x: u32, y: u32, offset: u32, count: u32) -> u32 {
    let (offset, count) = clamp_field(offset, count);
    if count == 0 {
        return x;
    }
    let (_, right) = field_shifts(offset, count);
    // A field of one bit at least starts below bit 32.
    let mask = u32::MAX.wrapping_shr(right).wrapping_shl(offset);
    (x & !mask) | (y.wrapping_shl(offset) & mask)
}

/// WGSL's clamping of a bit field to the word.
fn clamp_field(offset: u32, count: u32) -> (u32, u32) {
    let offset = offset.min(32);
    (offset, count.min(32u32.saturating_sub(offset)))
}

/// How far a clamped field of one bit at least is shifted left, to the top of the word, and back right: less than 32.
fn field_shifts(offset: u32, count: u32) -> (u32, u32) {
    let right = 32u32.saturating_sub(count);
    (right.saturating_sub(offset), right)
}

/// Sum of the products of four unsigned bytes. At most 4·255², so it cannot wrap.
#[inline(always)]
pub fn dot4_u(x: u32, y: u32) -> u32 {
    let byte = |word: u32, shift: u32| word.wrapping_shr(shift) & 0xFF;
    let product = |shift: u32| byte(x, shift).wrapping_mul(byte(y, shift));
    product(0).wrapping_add(product(8)).wrapping_add(product(16)).wrapping_add(product(24))
}

/// Sum of the products of four signed bytes. At most 4·128², so it cannot wrap.
#[inline(always)]
pub fn dot4_s(x: u32, y: u32) -> u32 {
    let byte = |word: u32, shift: u32| i32::from(word.wrapping_shr(shift) as u8 as i8);
    let product = |shift: u32| byte(x, shift).wrapping_mul(byte(y, shift));
    product(0).wrapping_add(product(8)).wrapping_add(product(16)).wrapping_add(product(24)) as u32
}

/// The binary operation of an opcode byte without the immediate bit. Any other byte gives 0: the interpreter, the
/// only caller with a raw byte, runs validated code, which has no other.
#[inline(always)]
pub(crate) fn binary_byte(op: u8, x: u32, y: u32) -> u32 {
    let (sx, sy) = (x as i32, y as i32);
    match op {
        byte::Add => x.wrapping_add(y),
        byte::Sub => x.wrapping_sub(y),
        byte::Mul => x.wrapping_mul(y),
        byte::MulhiU => (u64::from(x).wrapping_mul(u64::from(y)) >> 32) as u32,
        byte::MulhiS => (i64::from(sx).wrapping_mul(i64::from(sy)) >> 32) as u32,
        byte::DivU => x.checked_div(y).unwrap_or(x),
        // checked_div fails for a zero divisor and for MIN / -1, and both give the dividend.
        byte::DivS => sx.checked_div(sy).unwrap_or(sx) as u32,
        byte::RemU => x.checked_rem(y).unwrap_or(0),
        byte::RemS => sx.checked_rem(sy).unwrap_or(0) as u32,
        byte::And => x & y,
        byte::Or => x | y,
        byte::Xor => x ^ y,
        byte::Shl => x.wrapping_shl(y),
        byte::ShrU => x.wrapping_shr(y),
        byte::ShrS => sx.wrapping_shr(y) as u32,
        byte::MinU => x.min(y),
        byte::MaxU => x.max(y),
        byte::MinS => sx.min(sy) as u32,
        byte::MaxS => sx.max(sy) as u32,
        byte::Eq => u32::from(x == y),
        byte::Ne => u32::from(x != y),
        byte::LtU => u32::from(x < y),
        byte::LeU => u32::from(x <= y),
        byte::GtU => u32::from(x > y),
        byte::GeU => u32::from(x >= y),
        byte::LtS => u32::from(sx < sy),
        byte::LeS => u32::from(sx <= sy),
        byte::GtS => u32::from(sx > sy),
        byte::GeS => u32::from(sx >= sy),
        byte::Dot4U => dot4_u(x, y),
        byte::Dot4S => dot4_s(x, y),
        _ => 0,
    }
}
