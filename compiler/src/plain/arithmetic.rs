//! Functions that compute KIR's operations from simpler ones than WGSL's built-ins.
//!
//! Sources: H. S. Warren, *Hacker's Delight*, 2nd edition (population count, bit reversal, comparisons by the borrow,
//! products from halves). Division is long division, one bit at a time.

/// The functions that a source calls.
#[derive(Default)]
pub(super) struct Used {
    names: Vec<&'static str>,
}

impl Used {
    /// The source calls this operation.
    pub(super) fn note(&mut self, name: &'static str) {
        if self.names.contains(&name) {
            return;
        }
        self.names.push(name);
        let needs = FUNCTIONS.iter().find(|function| function.name == name).map_or(&[][..], |function| function.needs);
        for need in needs {
            self.note(need);
        }
    }

    /// Their text. `tells_of_cuts`: there is a word `cut` that says that the driver has left a loop before its end.
    pub(super) fn text(&self, tells_of_cuts: bool) -> String {
        let used = FUNCTIONS.iter().filter(|function| self.names.contains(&function.name));
        let cut = if tells_of_cuts { "\n  if bit > 0u { cut[0] = 1u; }" } else { "" };
        used.map(|function| format!("fn {}\n", function.text.replace(AFTER_LOOP, cut))).collect()
    }
}

struct Function {
    name: &'static str,
    /// Functions that it calls.
    needs: &'static [&'static str],
    text: &'static str,
}

/// Stands behind the only loop of the functions.
const AFTER_LOOP: &str = "/* after the loop */";

const fn function(name: &'static str, needs: &'static [&'static str], text: &'static str) -> Function {
    Function { name, needs, text }
}

const FUNCTIONS: &[Function] = &[
    function("not", &[], "op_not(a: u32) -> u32 { return a ^ 0xffffffffu; }"),
    function("neg", &[], "op_neg(a: u32) -> u32 { return (a ^ 0xffffffffu) + 1u; }"),
    function("abs", &[], "op_abs(a: u32) -> u32 { let m = 0u - (a >> 31u); return (a ^ m) - m; }"),
    function(
        "popcnt",
        &[],
        "op_popcnt(a: u32) -> u32 {
  let pairs = a - ((a >> 1u) & 0x55555555u);
  let fours = (pairs & 0x33333333u) + ((pairs >> 2u) & 0x33333333u);
  let bytes = (fours + (fours >> 4u)) & 0x0f0f0f0fu;
  return (bytes * 0x01010101u) >> 24u;
}",
    ),
    function(
        "clz",
        &["popcnt"],
        "op_clz(a: u32) -> u32 {
  var x = a;
  x = x | (x >> 1u); x = x | (x >> 2u); x = x | (x >> 4u); x = x | (x >> 8u); x = x | (x >> 16u);
  return 32u - op_popcnt(x);
}",
    ),
    function("ctz", &["popcnt"], "op_ctz(a: u32) -> u32 { return op_popcnt((a ^ 0xffffffffu) & (a - 1u)); }"),
    function(
        "revbits",
        &[],
        "op_revbits(a: u32) -> u32 {
  var x = ((a & 0x55555555u) << 1u) | ((a >> 1u) & 0x55555555u);
  x = ((x & 0x33333333u) << 2u) | ((x >> 2u) & 0x33333333u);
  x = ((x & 0x0f0f0f0fu) << 4u) | ((x >> 4u) & 0x0f0f0f0fu);
  x = ((x & 0x00ff00ffu) << 8u) | ((x >> 8u) & 0x00ff00ffu);
  return (x << 16u) | (x >> 16u);
}",
    ),
    function(
        "select",
        &[],
        "op_select(a: u32, b: u32, c: u32) -> u32 { let m = 0u - min(c, 1u); \
         return (a & m) | (b & (m ^ 0xffffffffu)); }",
    ),
    function("field", &[], "field(n: u32) -> u32 { return select((1u << (n & 31u)) - 1u, 0xffffffffu, n == 32u); }"),
    function(
        "extract_u",
        &["field"],
        "op_extract_u(a: u32, offset: u32, count: u32) -> u32 {
  let o = min(offset, 32u);
  let n = min(count, 32u - o);
  return (a >> (o & 31u)) & field(n);
}",
    ),
    function(
        "extract_s",
        &["extract_u"],
        "op_extract_s(a: u32, offset: u32, count: u32) -> u32 {
  let n = min(count, 32u - min(offset, 32u));
  let sign = select(0u, 1u << ((n - 1u) & 31u), n != 0u);
  return (op_extract_u(a, offset, count) ^ sign) - sign;
}",
    ),
    function(
        "insert",
        &["field"],
        "op_insert(a: u32, b: u32, offset: u32, count: u32) -> u32 {
  let o = min(offset, 32u);
  let n = min(count, 32u - o);
  let mask = field(n) << (o & 31u);
  return a ^ ((a ^ (b << (o & 31u))) & mask);
}",
    ),
    function("add", &[], "op_add(a: u32, b: u32) -> u32 { return (a ^ b) + ((a & b) << 1u); }"),
    function("sub", &[], "op_sub(a: u32, b: u32) -> u32 { return a + (b ^ 0xffffffffu) + 1u; }"),
    function(
        "mul",
        &[],
        "op_mul(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let bl = b & 0xffffu;
  return al * bl + ((al * (b >> 16u) + (a >> 16u) * bl) << 16u);
}",
    ),
    function(
        "product",
        &[],
        "product(a: u32, b: u32) -> vec2<u32> {
  let al = a & 0xffffu; let ah = a >> 16u;
  let bl = b & 0xffffu; let bh = b >> 16u;
  let outer = al * bl;
  let middle = al * bh + ah * bl;
  let carry = select(0u, 0x10000u, middle < al * bh);
  let low = outer + (middle << 16u);
  return vec2<u32>(low, ah * bh + (middle >> 16u) + carry + select(0u, 1u, low < outer));
}",
    ),
    function("mulhi_u", &["product"], "op_mulhi_u(a: u32, b: u32) -> u32 { return product(a, b).y; }"),
    function(
        "mulhi_s",
        &["product", "abs"],
        "op_mulhi_s(a: u32, b: u32) -> u32 {
  let size = product(op_abs(a), op_abs(b));
  return select(size.y, (size.y ^ 0xffffffffu) + select(0u, 1u, size.x == 0u), (a ^ b) >= 0x80000000u);
}",
    ),
    function(
        "divide",
        &[],
        "divide(a: u32, b: u32) -> vec2<u32> {
  var quotient = 0u;
  var rest = 0u;
  var bit = 32u;
  for (; bit > 0u; bit--) {
    let carry = rest >> 31u;
    rest = (rest << 1u) | ((a >> (bit - 1u)) & 1u);
    if carry == 1u || rest >= b {
      rest = rest - b;
      quotient = quotient | (1u << (bit - 1u));
    }
  }/* after the loop */
  return vec2<u32>(quotient, rest);
}",
    ),
    function("div_u", &["divide"], "op_div_u(a: u32, b: u32) -> u32 { return select(divide(a, b).x, a, b == 0u); }"),
    function("rem_u", &["divide"], "op_rem_u(a: u32, b: u32) -> u32 { return select(divide(a, b).y, 0u, b == 0u); }"),
    function(
        "div_s",
        &["divide", "abs"],
        "op_div_s(a: u32, b: u32) -> u32 {
  let m = 0u - ((a ^ b) >> 31u);
  return select((divide(op_abs(a), op_abs(b)).x ^ m) - m, a, b == 0u);
}",
    ),
    function(
        "rem_s",
        &["divide", "abs"],
        "op_rem_s(a: u32, b: u32) -> u32 {
  let m = 0u - (a >> 31u);
  return select((divide(op_abs(a), op_abs(b)).y ^ m) - m, 0u, b == 0u);
}",
    ),
    function(
        "and",
        &[],
        "op_and(a: u32, b: u32) -> u32 { return ((a ^ 0xffffffffu) | (b ^ 0xffffffffu)) ^ 0xffffffffu; }",
    ),
    function(
        "or",
        &[],
        "op_or(a: u32, b: u32) -> u32 { return ((a ^ 0xffffffffu) & (b ^ 0xffffffffu)) ^ 0xffffffffu; }",
    ),
    function("xor", &[], "op_xor(a: u32, b: u32) -> u32 { return (a | b) - (a & b); }"),
    function(
        "shl",
        &[],
        "op_shl(a: u32, b: u32) -> u32 {
  var x = select(a, a << 1u, (b & 1u) != 0u);
  x = select(x, x << 2u, (b & 2u) != 0u);
  x = select(x, x << 4u, (b & 4u) != 0u);
  x = select(x, x << 8u, (b & 8u) != 0u);
  return select(x, x << 16u, (b & 16u) != 0u);
}",
    ),
    function(
        "shr_u",
        &[],
        "op_shr_u(a: u32, b: u32) -> u32 {
  var x = select(a, a >> 1u, (b & 1u) != 0u);
  x = select(x, x >> 2u, (b & 2u) != 0u);
  x = select(x, x >> 4u, (b & 4u) != 0u);
  x = select(x, x >> 8u, (b & 8u) != 0u);
  return select(x, x >> 16u, (b & 16u) != 0u);
}",
    ),
    function(
        "shr_s",
        &["shr_u"],
        "op_shr_s(a: u32, b: u32) -> u32 { let m = 0u - (a >> 31u); return op_shr_u(a ^ m, b) ^ m; }",
    ),
    function(
        "less",
        &[],
        "less(a: u32, b: u32) -> u32 {
  let n = a ^ 0xffffffffu;
  return ((n & b) | ((n | b) & (a - b))) >> 31u;
}",
    ),
    function("below", &["less"], "below(a: u32, b: u32) -> u32 { return less(a ^ 0x80000000u, b ^ 0x80000000u); }"),
    function("min_u", &["less"], "op_min_u(a: u32, b: u32) -> u32 { return b ^ ((a ^ b) & (0u - less(a, b))); }"),
    function("max_u", &["less"], "op_max_u(a: u32, b: u32) -> u32 { return a ^ ((a ^ b) & (0u - less(a, b))); }"),
    function("min_s", &["below"], "op_min_s(a: u32, b: u32) -> u32 { return b ^ ((a ^ b) & (0u - below(a, b))); }"),
    function("max_s", &["below"], "op_max_s(a: u32, b: u32) -> u32 { return a ^ ((a ^ b) & (0u - below(a, b))); }"),
    function("eq", &[], "op_eq(a: u32, b: u32) -> u32 { return 1u - min(a ^ b, 1u); }"),
    function("ne", &[], "op_ne(a: u32, b: u32) -> u32 { return min(a ^ b, 1u); }"),
    function("lt_u", &["less"], "op_lt_u(a: u32, b: u32) -> u32 { return less(a, b); }"),
    function("le_u", &["less"], "op_le_u(a: u32, b: u32) -> u32 { return 1u - less(b, a); }"),
    function("gt_u", &["less"], "op_gt_u(a: u32, b: u32) -> u32 { return less(b, a); }"),
    function("ge_u", &["less"], "op_ge_u(a: u32, b: u32) -> u32 { return 1u - less(a, b); }"),
    function("lt_s", &["below"], "op_lt_s(a: u32, b: u32) -> u32 { return below(a, b); }"),
    function("le_s", &["below"], "op_le_s(a: u32, b: u32) -> u32 { return 1u - below(b, a); }"),
    function("gt_s", &["below"], "op_gt_s(a: u32, b: u32) -> u32 { return below(b, a); }"),
    function("ge_s", &["below"], "op_ge_s(a: u32, b: u32) -> u32 { return 1u - below(a, b); }"),
    function(
        "dot4_u",
        &[],
        "op_dot4_u(a: u32, b: u32) -> u32 {
  return (a & 255u) * (b & 255u) + ((a >> 8u) & 255u) * ((b >> 8u) & 255u)
    + ((a >> 16u) & 255u) * ((b >> 16u) & 255u) + (a >> 24u) * (b >> 24u);
}",
    ),
    function("byte", &[], "signed_byte(a: u32, shift: u32) -> u32 { return (((a >> shift) & 255u) ^ 128u) - 128u; }"),
    function(
        "dot4_s",
        &["byte"],
        "op_dot4_s(a: u32, b: u32) -> u32 {
  return signed_byte(a, 0u) * signed_byte(b, 0u) + signed_byte(a, 8u) * signed_byte(b, 8u)
    + signed_byte(a, 16u) * signed_byte(b, 16u) + signed_byte(a, 24u) * signed_byte(b, 24u);
}",
    ),
];

#[cfg(test)]
mod tests {
    use touchstone_kir::Op;

    use super::*;

    #[test]
    fn every_operation_on_words_has_a_function_and_functions_come_after_what_they_call() {
        for &op in Op::ALL.iter().filter(|op| (Op::Not..=Op::Dot4S).contains(op)) {
            assert!(FUNCTIONS.iter().any(|function| function.name == op.name()), "{}", op.name());
        }
        for (at, function) in FUNCTIONS.iter().enumerate() {
            for need in function.needs {
                let place = FUNCTIONS.iter().position(|other| other.name == *need);
                assert!(place.is_some_and(|place| place < at), "{} needs {need}", function.name);
            }
        }
    }
}
