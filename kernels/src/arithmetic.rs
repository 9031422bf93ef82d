//! Arithmetic that several reference implementations share. It uses 64 bits where kernels have only the words of a
//! product.

/// The high word of a signed product.
pub(crate) fn mulhi_s(a: i32, b: i32) -> i32 {
    ((i64::from(a) * i64::from(b)) >> 32) as i32
}

/// The high word of an unsigned product.
pub(crate) fn mulhi(a: u32, b: u32) -> u32 {
    ((u64::from(a) * u64::from(b)) >> 32) as u32
}

/// Four values of int8 to a word, the first in the lowest byte; the last word is filled with zeros.
pub(crate) fn packed(values: &[i8]) -> Vec<u32> {
    let lane = |four: &[i8], at: usize| four.get(at).map_or(0, |value| value.to_le_bytes()[0]);
    values.chunks(4).map(|four| u32::from_le_bytes([0, 1, 2, 3].map(|at| lane(four, at)))).collect()
}

/// An accumulator of int8 products, scaled by `multiplier / 2^(32 + shift)`: first rounded down to a multiple of 2³²,
/// then to the nearest, halves upwards; with `relu` at least 0; within int8.
#[derive(Clone, Copy)]
pub(crate) struct Requantised {
    pub multiplier: i32,
    /// 0 … 31.
    pub shift: u32,
    pub relu: bool,
}

impl Requantised {
    pub(crate) fn apply(self, accumulator: i32) -> i8 {
        let high = mulhi_s(accumulator, self.multiplier);
        let half = if self.shift == 0 { 0 } else { 1 << (self.shift - 1) };
        let q = high.wrapping_add(half) >> self.shift;
        q.clamp(if self.relu { 0 } else { -128 }, 127) as i8
    }
}
