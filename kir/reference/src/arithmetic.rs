//! The results of the operations on words (section 4 of the specification), computed with wide integers and single
//! bits.

/// An operation on two words.
pub(crate) type Binary = fn(u32, u32) -> u32;

/// The opcodes 20 to 3E.
pub(crate) fn binary(op: u8) -> Binary {
    match op {
        0x20 => |x, y| low(wide(x) + wide(y)),
        0x21 => |x, y| low(wide(x) - wide(y)),
        0x22 => |x, y| low(wide(x) * wide(y)),
        0x23 => |x, y| low((wide(x) * wide(y)).div_euclid(1 << 32)),
        0x24 => |x, y| low((signed(x) * signed(y)).div_euclid(1 << 32)),
        0x25 => |x, y| if y == 0 { x } else { low(wide(x) / wide(y)) },
        0x26 => |x, y| if y == 0 { x } else { low(signed(x) / signed(y)) },
        0x27 => |x, y| if y == 0 { 0 } else { low(wide(x) % wide(y)) },
        0x28 => |x, y| if y == 0 { 0 } else { low(signed(x) % signed(y)) },
        0x29 => |x, y| from_bits(|bit| bit_of(x, bit) && bit_of(y, bit)),
        0x2A => |x, y| from_bits(|bit| bit_of(x, bit) || bit_of(y, bit)),
        0x2B => |x, y| from_bits(|bit| bit_of(x, bit) != bit_of(y, bit)),
        0x2C => |x, y| low(wide(x) * power(y)),
        0x2D => |x, y| low(wide(x) / power(y)),
        0x2E => |x, y| low(signed(x).div_euclid(power(y))),
        0x2F => |x, y| low(wide(x).min(wide(y))),
        0x30 => |x, y| low(wide(x).max(wide(y))),
        0x31 => |x, y| low(signed(x).min(signed(y))),
        0x32 => |x, y| low(signed(x).max(signed(y))),
        0x33 => |x, y| (wide(x) == wide(y)).into(),
        0x34 => |x, y| (wide(x) != wide(y)).into(),
        0x35 => |x, y| (wide(x) < wide(y)).into(),
        0x36 => |x, y| (wide(x) <= wide(y)).into(),
        0x37 => |x, y| (wide(x) > wide(y)).into(),
        0x38 => |x, y| (wide(x) >= wide(y)).into(),
        0x39 => |x, y| (signed(x) < signed(y)).into(),
        0x3A => |x, y| (signed(x) <= signed(y)).into(),
        0x3B => |x, y| (signed(x) > signed(y)).into(),
        0x3C => |x, y| (signed(x) >= signed(y)).into(),
        0x3D => |x, y| low(dot(x, y, i128::from)),
        0x3E => |x, y| low(dot(x, y, signed_byte)),
        other => unreachable!("{other:#x} is not binary"),
    }
}

/// The opcodes 40 to 42: the number that is added to the destination.
pub(crate) fn product(op: u8) -> Binary {
    match op {
        0x40 => |x, y| low(dot(x, y, i128::from)),
        0x41 => |x, y| low(dot(x, y, signed_byte)),
        _ => |x, y| low(wide(x) * wide(y)),
    }
}

/// The opcodes 11 and 16 to 1C.
pub(crate) fn unary(op: u8) -> fn(u32) -> u32 {
    match op {
        0x11 => |x| x,
        0x16 => |x| from_bits(|bit| !bit_of(x, bit)),
        0x17 => |x| low(-wide(x)),
        0x18 => |x| low(signed(x).abs()),
        0x19 => |x| count((0..32).take_while(|bit| !bit_of(x, 31 - bit))),
        0x1A => |x| count((0..32).take_while(|bit| !bit_of(x, *bit))),
        0x1B => |x| count((0..32).filter(|bit| bit_of(x, *bit))),
        0x1C => |x| from_bits(|bit| bit_of(x, 31 - bit)),
        other => unreachable!("{other:#x} is not unary"),
    }
}

/// Bits `offset` to `offset + count` of a word, the rest filled with 0 or with the last of them.
pub(crate) fn extract(x: u32, offset: u32, count: u32, sign_extended: bool) -> u32 {
    let (offset, count) = field(offset, count);
    from_bits(|bit| match bit < count {
        true => bit_of(x, offset + bit),
        false => sign_extended && count > 0 && bit_of(x, offset + count - 1),
    })
}

/// `x` with `count` bits of `y` from `offset` on.
pub(crate) fn insert(x: u32, y: u32, offset: u32, count: u32) -> u32 {
    let (offset, count) = field(offset, count);
    from_bits(|bit| match (offset..offset + count).contains(&bit) {
        true => bit_of(y, bit - offset),
        false => bit_of(x, bit),
    })
}

/// A sum that wraps.
pub(crate) fn sum(x: u32, y: u32) -> u32 {
    low(wide(x) + wide(y))
}

fn field(offset: u32, count: u32) -> (u32, u32) {
    let offset = offset.min(32);
    (offset, count.min(32 - offset))
}

fn wide(x: u32) -> i128 {
    x.into()
}

fn signed(x: u32) -> i128 {
    match x < 1 << 31 {
        true => wide(x),
        false => wide(x) - (1 << 32),
    }
}

fn low(x: i128) -> u32 {
    (x & 0xFFFF_FFFF) as u32
}

fn power(y: u32) -> i128 {
    1 << (y % 32)
}

fn dot(x: u32, y: u32, value: fn(u8) -> i128) -> i128 {
    x.to_le_bytes().into_iter().zip(y.to_le_bytes()).map(|(x, y)| value(x) * value(y)).sum()
}

fn signed_byte(byte: u8) -> i128 {
    match byte < 128 {
        true => byte.into(),
        false => i128::from(byte) - 256,
    }
}

fn bit_of(x: u32, bit: u32) -> bool {
    (x >> bit) % 2 == 1
}

fn from_bits(bit: impl Fn(u32) -> bool) -> u32 {
    (0..32).map(|at| u32::from(bit(at)) << at).sum()
}

fn count(bits: impl Iterator<Item = u32>) -> u32 {
    bits.count() as u32
}
