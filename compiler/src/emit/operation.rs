//! Emits one operation as one or a few statements, with guards unless the facts show that they are not needed.

use touchstone_kir::{Instr, Op};

use super::{emitter::Emitter, facts::Fact};
use crate::range::Range;

/// An operand: its WGSL text, and what is known about its value.
#[derive(Clone)]
pub(super) struct Operand {
    text: String,
    range: Range,
}

impl Operand {
    fn signed(&self) -> String {
        match self.range.known() {
            Some(word) => signed_literal(word),
            None => format!("bitcast<i32>({})", self.text),
        }
    }
}

impl Emitter<'_> {
    /// Emits an operation that is not control.
    pub(super) fn operation(&mut self, at: usize) {
        let instr = self.module.code[at];
        let (Some(op), Some(fact)) = (instr.opcode(), self.facts.at[at]) else { return };
        match op {
            Op::Sstore | Op::Ostore => return self.store(at, op, instr, &fact),
            Op::View => return self.view(instr, &fact),
            Op::Load4 | Op::Load4View => return self.load_four(at, op, instr, &fact),
            _ => {}
        }
        if let Some(word) = fact.result.known() {
            return self.assign(instr.d, &format!("{word}u"));
        }
        if let Some(same) = fact.same {
            if same != instr.d {
                let word = self.register(same);
                self.assign(instr.d, &word);
            }
            return;
        }
        match op {
            Op::Load | Op::LoadView => self.load(at, op, instr, &fact),
            Op::Cload | Op::Sload | Op::Oload => self.load_private(at, op, instr, &fact),
            _ => {
                let value = self.value(op, instr, &fact);
                self.assign(instr.d, &value);
            }
        }
    }

    /// Emits consecutive sums of packed products, starting at `at`, and returns their number. They are added together
    /// first, so that they depend neither on each other nor on the sum so far.
    pub(super) fn products(&mut self, at: usize, most: usize) -> usize {
        let first = self.module.code[at];
        let is_signed = match first.opcode() {
            Some(Op::Dot4AccS) => true,
            Some(Op::Dot4AccU) => false,
            _ => return 0,
        };
        let run = self.module.code[at..].iter().take(most);
        let count = run.take_while(|i| i.op == first.op && i.d == first.d && i.a != i.d && i.b != i.d).count();
        let (Some(before), true) = (self.facts.at[at], count > 1) else { return 0 };
        let mut products = Vec::new();
        for at in at..at + count {
            let (instr, Some(fact)) = (self.module.code[at], self.facts.at[at]) else { return 0 };
            let (a, b) = (self.operand(instr.a, fact.a), self.operand(instr.b, fact.b));
            let name = if is_signed { "dot4I8Packed" } else { "dot4U8Packed" };
            products.push(format!("{name}({}, {})", a.text, b.text));
        }
        let sum = self.operand(first.d, before.d);
        let products = products.join(" + ");
        let products = if is_signed { format!("bitcast<u32>({products})") } else { format!("({products})") };
        self.assign(first.d, &format!("{} + {products}", sum.text));
        count
    }

    fn operand(&mut self, register: u8, range: Range) -> Operand {
        let text = match range.known() {
            Some(word) => format!("{word}u"),
            None => self.register(register),
        };
        Operand { text, range }
    }

    /// The value of an operation on registers, of which at least one is not known.
    fn value(&mut self, op: Op, instr: Instr, fact: &Fact) -> String {
        let Instr { d, a, b, imm, .. } = instr;
        let immediate = instr.is_immediate();
        match op {
            Op::Gid => "gid".into(),
            // Their results are always known.
            Op::Const | Op::Param | Op::Len => "0u".into(),
            Op::Select => {
                let (a, b) = (self.operand(a, fact.a), self.operand(b, fact.b));
                match fact.c {
                    c if !c.contains(0) => a.text,
                    Range::ZERO => b.text,
                    c => {
                        let c = self.operand(imm as u8, c);
                        format!("select({}, {}, {} != 0u)", b.text, a.text, c.text)
                    }
                }
            }
            Op::ExtractU | Op::ExtractS | Op::Insert => self.field(op, instr, fact),
            Op::Dot4AccU | Op::Dot4AccS | Op::Mad => {
                let [a, b, sum] = [(a, fact.a), (b, fact.b), (d, fact.d)].map(|(r, range)| self.operand(r, range));
                let product = match op {
                    Op::Dot4AccU => format!("dot4U8Packed({}, {})", a.text, b.text),
                    Op::Dot4AccS => format!("bitcast<u32>(dot4I8Packed({}, {}))", a.text, b.text),
                    _ => format!("{} * {}", a.text, b.text),
                };
                match (sum.range, op) {
                    // A known operand is a literal, also inside a sum.
                    (_, Op::Mad) if a.range.known().is_some() && b.range.known().is_some() => {
                        let product = a.range.lo.wrapping_mul(b.range.lo);
                        format!("{} + {product}u", sum.text)
                    }
                    (Range::ZERO, _) => product,
                    _ => format!("{} + {product}", sum.text),
                }
            }
            Op::Mov | Op::Not | Op::Neg | Op::Abs | Op::Clz | Op::Ctz | Op::Popcnt | Op::Revbits => {
                let a = self.operand(a, fact.a);
                let text = &a.text;
                match op {
                    Op::Mov => a.text,
                    Op::Not => format!("~{text}"),
                    Op::Neg => format!("0u - {text}"),
                    Op::Abs if a.range.is_natural() => a.text,
                    Op::Abs => format!("bitcast<u32>(max({0}, 0i - {0}))", a.signed()),
                    Op::Clz => format!("countLeadingZeros({text})"),
                    Op::Ctz => format!("countTrailingZeros({text})"),
                    Op::Popcnt => format!("countOneBits({text})"),
                    _ => format!("reverseBits({text})"),
                }
            }
            _ => {
                let a = self.operand(a, fact.a);
                let b = match immediate {
                    true => Operand { text: format!("{imm}u"), range: Range::only(imm) },
                    false => self.operand(b, fact.b),
                };
                self.binary(op, &a, &b)
            }
        }
    }

    fn binary(&mut self, op: Op, a: &Operand, b: &Operand) -> String {
        let infix = |operator: &str| format!("{} {operator} {}", a.text, b.text);
        let compare = |operator: &str| format!("select(0u, 1u, {} {operator} {})", a.text, b.text);
        let compare_s = |operator: &str| format!("select(0u, 1u, {} {operator} {})", a.signed(), b.signed());
        let are_natural = a.range.is_natural() && b.range.is_natural();
        match op {
            Op::Add => infix("+"),
            Op::Sub => infix("-"),
            Op::Mul => infix("*"),
            Op::MulhiU | Op::MulhiS => {
                self.needs.mulhi = true;
                format!("{}({}, {})", op.name(), a.text, b.text)
            }
            Op::DivU => divided("/", a, b),
            Op::RemU => divided("%", a, b),
            Op::DivS if are_natural => divided("/", a, b),
            Op::RemS if are_natural => divided("%", a, b),
            Op::DivS => divided_signed("/", a, b),
            Op::RemS => divided_signed("%", a, b),
            Op::And => infix("&"),
            Op::Or => infix("|"),
            Op::Xor => infix("^"),
            Op::Shl => format!("{} << {}", a.text, shift(b)),
            Op::ShrU => format!("{} >> {}", a.text, shift(b)),
            Op::ShrS if a.range.is_natural() => format!("{} >> {}", a.text, shift(b)),
            Op::ShrS => format!("bitcast<u32>({} >> {})", a.signed(), shift(b)),
            Op::MinU => format!("min({}, {})", a.text, b.text),
            Op::MaxU => format!("max({}, {})", a.text, b.text),
            Op::MinS => format!("bitcast<u32>(min({}, {}))", a.signed(), b.signed()),
            Op::MaxS => format!("bitcast<u32>(max({}, {}))", a.signed(), b.signed()),
            Op::Eq => compare("=="),
            Op::Ne => compare("!="),
            Op::LtU => compare("<"),
            Op::LeU => compare("<="),
            Op::GtU => compare(">"),
            Op::GeU => compare(">="),
            Op::LtS => compare_s("<"),
            Op::LeS => compare_s("<="),
            Op::GtS => compare_s(">"),
            Op::GeS => compare_s(">="),
            Op::Dot4U => format!("dot4U8Packed({}, {})", a.text, b.text),
            Op::Dot4S => format!("bitcast<u32>(dot4I8Packed({}, {}))", a.text, b.text),
            // There is no other operation.
            _ => "0u".into(),
        }
    }

    /// Bit fields: shifts and masks where offset and count are known, functions elsewhere.
    fn field(&mut self, op: Op, instr: Instr, fact: &Fact) -> String {
        let Instr { a, b, imm, .. } = instr;
        let x = self.operand(a, fact.a);
        if op == Op::Insert {
            let (y, offset, count) =
                (self.operand(b, fact.b), self.operand(imm as u8, fact.c), self.operand((imm >> 8) as u8, fact.e));
            if let (Some(offset), Some(count)) = (fact.c.known(), fact.e.known()) {
                let (offset, count) = clamped(offset, count);
                return match count {
                    0 => x.text,
                    _ => {
                        let mask = (u32::MAX >> (32 - count)) << offset;
                        let moved = match y.range.known() {
                            Some(word) => format!("{}u", (word << offset) & mask),
                            None => format!("(({} << {offset}u) & {mask}u)", y.text),
                        };
                        let kept = match x.range.known() {
                            Some(word) => format!("{}u", word & !mask),
                            None => format!("({} & {}u)", x.text, !mask),
                        };
                        format!("{kept} | {moved}")
                    }
                };
            }
            self.needs.insert = true;
            return format!("insert({}, {}, {}, {})", x.text, y.text, offset.text, count.text);
        }
        if let (Some(offset), Some(count)) = (fact.b.known(), fact.c.known()) {
            // A field of no bits has a known result, which is handled elsewhere unless it is signed.
            let (offset, count) = clamped(offset, count);
            return match (op, count) {
                (_, 0) => "0u".into(),
                (Op::ExtractU, _) if offset + count == 32 => format!("{} >> {offset}u", x.text),
                (Op::ExtractU, _) => format!("({} >> {offset}u) & {}u", x.text, u32::MAX >> (32 - count)),
                _ => {
                    let up = 32 - offset - count;
                    format!("bitcast<u32>(bitcast<i32>({} << {up}u) >> {}u)", x.text, 32 - count)
                }
            };
        }
        let (offset, count) = (self.operand(b, fact.b), self.operand(imm as u8, fact.c));
        self.needs.extract = true;
        format!("{}({}, {}, {})", op.name(), x.text, offset.text, count.text)
    }
}

fn clamped(offset: u32, count: u32) -> (u32, u32) {
    let offset = offset.min(32);
    (offset, count.min(32 - offset))
}

/// KIR shifts by the low five bits. In WGSL, longer shifts are an error, and drivers treat them differently.
fn shift(by: &Operand) -> String {
    match by.range.known() {
        Some(by) => format!("{}u", by & 31),
        None if by.range.hi < 32 => by.text.clone(),
        None => format!("({} & 31u)", by.text),
    }
}

/// KIR defines a division by 0 to give the same as x / 1 = x and x % 1 = 0.
fn divided(operator: &str, a: &Operand, b: &Operand) -> String {
    match b.range {
        Range::ZERO if operator == "/" => a.text.clone(),
        Range::ZERO => "0u".into(),
        range if range.contains(0) => format!("{} {operator} max({}, 1u)", a.text, b.text),
        _ => format!("{} {operator} {}", a.text, b.text),
    }
}

/// The same for signed division, and MIN / −1 = MIN, MIN % −1 = 0.
fn divided_signed(operator: &str, a: &Operand, b: &Operand) -> String {
    let wraps = a.range.contains(1 << 31) && b.range.contains(u32::MAX);
    let divisor = match (b.range.known(), b.range.contains(0), wraps) {
        (Some(0), ..) | (Some(u32::MAX), ..) => {
            return match (operator, b.range.lo) {
                ("%", _) => "0u".into(),
                (_, 0) => a.text.clone(),
                _ => format!("0u - {}", a.text),
            };
        }
        (Some(_), ..) | (None, false, false) => b.signed(),
        (None, true, false) => format!("select({}, 1i, {} == 0u)", b.signed(), b.text),
        (None, is_zero, true) => {
            let zero = if is_zero { format!("{} == 0u || ", b.text) } else { String::new() };
            let (a, b, signed) = (&a.text, &b.text, b.signed());
            format!("select({signed}, 1i, {zero}({a} == 0x80000000u && {b} == 0xffffffffu))")
        }
    };
    format!("bitcast<u32>({} {operator} {divisor})", a.signed())
}

/// The word as an i32 literal.
fn signed_literal(word: u32) -> String {
    match word as i32 {
        i32::MIN => "i32(-2147483647 - 1)".into(),
        value => format!("{value}i"),
    }
}
