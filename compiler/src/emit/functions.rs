//! Helper functions in the emitted source.

/// The functions that a source needs.
#[derive(Clone, Copy, Default)]
pub(super) struct Needs {
    pub mulhi: bool,
    pub extract: bool,
    pub insert: bool,
}

impl Needs {
    /// Their text.
    pub(super) fn text(self, int64: bool) -> String {
        let mut text = String::new();
        let mulhi = if int64 { MULHI_INT64 } else { MULHI };
        for (needed, function) in [(self.mulhi, mulhi), (self.extract, EXTRACT), (self.insert, INSERT)] {
            if needed {
                text.push_str(function);
            }
        }
        text
    }
}

/// For devices on which naga offers 64-bit integers.
const MULHI_INT64: &str = "\
fn mulhi_u(a: u32, b: u32) -> u32 {
  return u32((u64(a) * u64(b)) >> 32u);
}
fn mulhi_s(a: u32, b: u32) -> u32 {
  return bitcast<u32>(i32((i64(bitcast<i32>(a)) * i64(bitcast<i32>(b))) >> 32u));
}
";

/// From 16-bit halves, because standard WGSL has no 64-bit product.
const MULHI: &str = "\
fn mulhi_u(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu; let ah = a >> 16u;
  let bl = b & 0xffffu; let bh = b >> 16u;
  let low = al * bl;
  let middle = ah * bl + (low >> 16u);
  let other = al * bh + (middle & 0xffffu);
  return ah * bh + (middle >> 16u) + (other >> 16u);
}
fn mulhi_s(a: u32, b: u32) -> u32 {
  return mulhi_u(a, b) - select(0u, b, a >= 0x80000000u) - select(0u, a, b >= 0x80000000u);
}
";

/// With shifts in range, because devices disagree about fields of no bits.
const EXTRACT: &str = "\
fn extract_u(a: u32, offset: u32, count: u32) -> u32 {
  let o = min(offset, 32u);
  let n = min(count, 32u - o);
  return select((a << ((32u - o - n) & 31u)) >> ((32u - n) & 31u), 0u, n == 0u);
}
fn extract_s(a: u32, offset: u32, count: u32) -> u32 {
  let o = min(offset, 32u);
  let n = min(count, 32u - o);
  let top = bitcast<i32>(a << ((32u - o - n) & 31u));
  return select(bitcast<u32>(top >> ((32u - n) & 31u)), 0u, n == 0u);
}
";

const INSERT: &str = "\
fn insert(a: u32, b: u32, offset: u32, count: u32) -> u32 {
  let o = min(offset, 32u);
  let n = min(count, 32u - o);
  let mask = (0xffffffffu >> ((32u - n) & 31u)) << (o & 31u);
  return select((a & ~mask) | ((b << (o & 31u)) & mask), a, n == 0u);
}
";
