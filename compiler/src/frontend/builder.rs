//! Appends instructions. It folds constants, and records what is known about each value: how it was computed, its range
//! and its bound.

use std::collections::HashMap;

use naga::Span;
use touchstone_kir::{limits::MAX_FUEL, Bound, Op};

use super::limit::Limit;
use crate::{
    ir::{mirrored, Body, Inst, Label, Reg, NONE},
    range::{self, Range},
};

#[cfg(test)]
mod tests;

/// One word that the kernel computes with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Word {
    /// Known while compiling.
    Const(u32),
    /// Held in a register.
    Reg(Reg),
    /// y or z of the invocation's index, which must not be used.
    Unavailable,
}

impl Word {
    /// A boolean.
    pub(super) fn boolean(value: bool) -> Word {
        Word::Const(value.into())
    }
}

/// Most constants that keep a register for the whole kernel. The others are written where they are used.
const MAX_SHARED_CONSTANTS: usize = 48;
/// Most terms of a sum that is recorded.
const MAX_TERMS: usize = 6;

/// `Σ scale·reg + constant`, modulo 2³².
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Sum {
    /// Registers with their factors, each register once.
    pub terms: Vec<(Reg, u32)>,
    /// What is added.
    pub constant: u32,
}

impl Sum {
    /// Adds `scale·reg`.
    pub(super) fn add(&mut self, reg: Reg, scale: u32) {
        match self.terms.iter().position(|&(r, _)| r == reg) {
            Some(at) => {
                self.terms[at].1 = self.terms[at].1.wrapping_add(scale);
                if self.terms[at].1 == 0 {
                    self.terms.remove(at);
                }
            }
            None if scale != 0 => self.terms.push((reg, scale)),
            None => {}
        }
    }

    /// Adds `scale·other`.
    pub(super) fn add_sum(&mut self, other: &Sum, scale: u32) {
        for &(reg, factor) in &other.terms {
            self.add(reg, factor.wrapping_mul(scale));
        }
        self.constant = self.constant.wrapping_add(other.constant.wrapping_mul(scale));
    }
}

/// What is known about a temporary.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// The instruction that writes it, if it is a comparison.
    comparison: Option<(Op, Word, Word)>,
    /// The temporary as a sum of others.
    sum: Option<Sum>,
    /// The temporary as a register plus a constant.
    offset: Option<(Reg, u32)>,
    /// The temporary as a bound.
    limit: Option<Limit>,
    /// The temporary is one of these words.
    range: Option<Range>,
    /// As a signed word, the temporary is a value with this bound, minus at most the given number. It does not exceed
    /// the bound unless that value is negative.
    below: Option<(Limit, u32)>,
    /// The temporary is less than this, unsigned.
    under: Option<Word>,
}

/// The kernel under construction.
#[derive(Default)]
pub(super) struct Builder {
    /// Instructions at the start of the kernel: values that do not change during the invocation.
    prologue: Vec<Inst>,
    code: Vec<Inst>,
    temporary: Vec<bool>,
    facts: Vec<Facts>,
    labels: Label,
    depth: usize,
    loops: usize,
    invariants: HashMap<(Op, u32), Reg>,
    shared_constants: usize,
    /// The part of the source that the next instructions are generated from.
    pub origin: Span,
}

impl Builder {
    /// The finished body.
    pub(super) fn finish(mut self) -> Body {
        self.prologue.append(&mut self.code);
        Body { code: self.prologue, temporary: self.temporary }
    }

    /// Instructions so far.
    pub(super) fn len(&self) -> usize {
        self.code.len()
    }

    fn register(&mut self, temporary: bool) -> Reg {
        self.temporary.push(temporary);
        self.facts.push(Facts::default());
        (self.temporary.len() - 1) as Reg
    }

    /// A fresh variable.
    pub(super) fn variable(&mut self) -> Reg {
        self.register(false)
    }

    /// `count` fresh variables, numbered one after the other.
    pub(super) fn variables(&mut self, count: u32) -> Reg {
        let first = self.temporary.len() as Reg;
        for _ in 0..count {
            self.variable();
        }
        first
    }

    /// A fresh label.
    pub(super) fn label(&mut self) -> Label {
        self.labels += 1;
        self.labels
    }

    /// Constructs that are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Loops that are open.
    pub(super) fn loops(&self) -> usize {
        self.loops
    }

    /// Appends an instruction as it is.
    pub(super) fn push(&mut self, inst: Inst) {
        self.depth += usize::from(inst.opens());
        self.depth -= usize::from(inst.closes());
        self.loops += usize::from(inst.op == Op::Loop);
        self.loops -= usize::from(inst.op == Op::EndLoop);
        self.code.push(Inst { origin: self.origin, ..inst });
    }

    /// Sets the bound of the loop opened at `at`.
    pub(super) fn set_bound(&mut self, at: usize, bound: u16) {
        self.code[at].table = bound;
    }

    /// Appends an instruction that writes a fresh temporary.
    pub(super) fn temporary(&mut self, inst: Inst) -> Reg {
        let d = self.register(true);
        self.push(Inst { d, ..inst });
        d
    }

    /// Appends an instruction that writes four fresh temporaries.
    pub(super) fn four(&mut self, inst: Inst) -> Reg {
        let d = self.register(true);
        for _ in 1..4 {
            self.register(true);
        }
        self.push(Inst { d, ..inst });
        d
    }

    fn invariant(&mut self, op: Op, index: u32) -> Reg {
        if let Some(&reg) = self.invariants.get(&(op, index)) {
            return reg;
        }
        let d = self.register(true);
        let mut inst = Inst { d, ..Inst::new(op) };
        match op {
            Op::Const => inst.imm = index,
            _ => inst.table = index as u16,
        }
        self.prologue.push(inst);
        self.invariants.insert((op, index), d);
        d
    }

    /// The invocation's index.
    pub(super) fn gid(&mut self) -> Reg {
        self.invariant(Op::Gid, 0)
    }

    /// A parameter.
    pub(super) fn param(&mut self, index: u8) -> Reg {
        let reg = self.invariant(Op::Param, index.into());
        self.facts[reg as usize].limit =
            Some(Limit::exact(Bound { c: 0, cap: u32::MAX, m: 1, param: Some(index), shift: 0 }));
        reg
    }

    /// Length of an input in words.
    pub(super) fn len_of(&mut self, buffer: u8) -> Reg {
        self.invariant(Op::Len, buffer.into())
    }

    /// A register that holds the word.
    pub(super) fn reg(&mut self, word: Word) -> Reg {
        match word {
            Word::Reg(reg) => reg,
            Word::Const(value) => {
                if self.invariants.contains_key(&(Op::Const, value)) {
                    return self.invariant(Op::Const, value);
                }
                if self.shared_constants < MAX_SHARED_CONSTANTS {
                    self.shared_constants += 1;
                    return self.invariant(Op::Const, value);
                }
                self.temporary(Inst::constant(NONE, value))
            }
            // The lowering has refused these before; any value will do.
            Word::Unavailable => self.reg(Word::Const(0)),
        }
    }

    /// `variable = word`.
    pub(super) fn assign(&mut self, variable: Reg, word: Word) {
        match word {
            Word::Const(value) => self.push(Inst::constant(variable, value)),
            other => {
                let reg = self.reg(other);
                self.push(Inst::mov(variable, reg));
            }
        }
    }

    /// The current value of the variable, unaffected by later assignments.
    pub(super) fn read(&mut self, variable: Reg) -> Word {
        Word::Reg(self.temporary(Inst::mov(NONE, variable)))
    }

    /// The word as a sum.
    pub(super) fn sum(&self, word: Word) -> Sum {
        match word {
            Word::Const(constant) => Sum { terms: Vec::new(), constant },
            Word::Reg(reg) => {
                self.facts[reg as usize].sum.clone().unwrap_or(Sum { terms: vec![(reg, 1)], constant: 0 })
            }
            Word::Unavailable => Sum::default(),
        }
    }

    /// Code for a sum.
    pub(super) fn materialise(&mut self, sum: &Sum) -> Word {
        let mut total = Word::Const(0);
        for &(reg, scale) in &sum.terms {
            let term = self.binary(Op::Mul, Word::Reg(reg), Word::Const(scale));
            total = self.binary(Op::Add, total, term);
        }
        self.binary(Op::Add, total, Word::Const(sum.constant))
    }

    /// The word as a register plus a constant, for operations that add a constant at no cost.
    pub(super) fn split(&mut self, word: Word, offset: u32) -> (Reg, u32) {
        match word {
            Word::Reg(reg) => match self.facts[reg as usize].offset {
                Some((base, constant)) => (base, constant.wrapping_add(offset)),
                None => (reg, offset),
            },
            Word::Const(value) => (self.reg(Word::Const(0)), value.wrapping_add(offset)),
            Word::Unavailable => (self.reg(Word::Const(0)), offset),
        }
    }

    /// The word as a bound: a constant, or computed from one parameter.
    pub(super) fn limit(&self, word: Word) -> Option<Limit> {
        let largest = self.range(word).hi;
        // An iteration burns at least this much fuel, so a larger bound than the fuel allows is useless.
        const TURN: u64 = 4;
        let by_range =
            (u64::from(largest) * TURN <= MAX_FUEL).then(|| Limit::exact(Bound::constant(largest)).at_most());
        self.made_of_one(word).or(by_range)
    }

    /// The bound of the word when it is compared as a signed number.
    pub(super) fn signed_limit(&self, word: Word) -> Option<Limit> {
        self.limit(word).or_else(|| Some(self.below(word)?.0.at_most()))
    }

    fn made_of_one(&self, word: Word) -> Option<Limit> {
        match word {
            Word::Const(value) => Some(Limit::exact(Bound::constant(value))),
            Word::Reg(reg) => self.facts[reg as usize].limit,
            Word::Unavailable => None,
        }
    }

    fn below(&self, word: Word) -> Option<(Limit, u32)> {
        match word {
            Word::Reg(reg) => self.facts[reg as usize].below.or_else(|| Some((self.limit(word)?, 0))),
            _ => Some((self.limit(word)?, 0)),
        }
    }

    /// The words that a word may be.
    pub(super) fn range(&self, word: Word) -> Range {
        match word {
            Word::Const(value) => Range::only(value),
            Word::Reg(reg) => self.facts[reg as usize].range.unwrap_or(Range::FULL),
            Word::Unavailable => Range::FULL,
        }
    }

    /// Records that a word is at most this.
    pub(super) fn at_most(&mut self, word: Word, limit: Option<Limit>) {
        if let Word::Reg(reg) = word {
            self.facts[reg as usize].limit = limit.map(Limit::at_most);
        }
    }

    /// Records that a word is in this range, and less than another word.
    pub(super) fn within(&mut self, word: Word, range: Range, under: Option<Word>) {
        if let Word::Reg(reg) = word {
            let facts = &mut self.facts[reg as usize];
            (facts.range, facts.under) = (Some(range), under);
        }
    }

    /// `op a`, for an operation on one word.
    pub(super) fn unary(&mut self, op: Op, a: Word) -> Word {
        match a {
            Word::Unavailable => Word::Unavailable,
            Word::Const(value) => match touchstone_kir::alu::unary(op, value) {
                Some(folded) => Word::Const(folded),
                None => Word::Unavailable,
            },
            Word::Reg(reg) => {
                let d = self.temporary(Inst { src: [reg, NONE, NONE, NONE], ..Inst::new(op) });
                let sum = (op == Op::Neg).then(|| scaled(&self.sum(a), u32::MAX));
                self.facts[d as usize] =
                    Facts { sum, range: Some(range::unary(op, self.range(a))), ..Facts::default() };
                Word::Reg(d)
            }
        }
    }

    /// `a op b`, for a binary operation.
    pub(super) fn binary(&mut self, op: Op, a: Word, b: Word) -> Word {
        let (op, a, b) = match (a, b) {
            (Word::Unavailable, _) | (_, Word::Unavailable) => return Word::Unavailable,
            (Word::Const(x), Word::Const(y)) => {
                return touchstone_kir::alu::binary(op, x, y).map_or(Word::Unavailable, Word::Const)
            }
            (Word::Const(_), Word::Reg(_)) => match mirrored(op) {
                Some(mirror) => (mirror, b, a),
                None => (op, a, b),
            },
            _ => (op, a, b),
        };
        if let Word::Const(y) = b {
            if let Some(known) = identity(op, a, y) {
                return known;
            }
        }
        let left = self.reg(a);
        let inst = match b {
            Word::Const(imm) => Inst { src: [left, NONE, NONE, NONE], immediate: true, imm, ..Inst::new(op) },
            _ => Inst { src: [left, self.reg(b), NONE, NONE], ..Inst::new(op) },
        };
        let d = self.temporary(inst);
        let facts = Facts {
            comparison: negated(op).map(|_| (op, a, b)),
            sum: self.summed(op, a, b),
            offset: self.offset(op, a, b),
            limit: self.limited(op, a, b),
            range: Some(self.ranged(op, a, b)),
            below: self.lowered(op, a, b),
            under: None,
        };
        self.facts[d as usize] = facts;
        Word::Reg(d)
    }

    fn summed(&self, op: Op, a: Word, b: Word) -> Option<Sum> {
        let mut sum = self.sum(a);
        match (op, b) {
            (Op::Add, _) => sum.add_sum(&self.sum(b), 1),
            (Op::Sub, _) => sum.add_sum(&self.sum(b), u32::MAX),
            (Op::Mul, Word::Const(factor)) => sum = scaled(&sum, factor),
            (Op::Shl, Word::Const(by)) => sum = scaled(&sum, 1 << (by & 31)),
            _ => return None,
        }
        (sum.terms.len() <= MAX_TERMS).then_some(sum)
    }

    fn offset(&self, op: Op, a: Word, b: Word) -> Option<(Reg, u32)> {
        let (Word::Reg(reg), Word::Const(constant)) = (a, b) else {
            return None;
        };
        let constant = match op {
            Op::Add => constant,
            Op::Sub => constant.wrapping_neg(),
            _ => return None,
        };
        Some(match self.facts[reg as usize].offset {
            Some((base, already)) => (base, already.wrapping_add(constant)),
            None => (reg, constant),
        })
    }

    fn ranged(&self, op: Op, a: Word, b: Word) -> Range {
        let found = range::binary(op, self.range(a), self.range(b));
        match op {
            Op::Sub if self.is_under(b, a) => Range { lo: 1, hi: self.range(a).hi },
            _ => found,
        }
    }

    fn is_under(&self, word: Word, other: Word) -> bool {
        matches!(word, Word::Reg(reg) if self.facts[reg as usize].under == Some(other))
    }

    fn lowered(&self, op: Op, a: Word, b: Word) -> Option<(Limit, u32)> {
        const MOST: u32 = i32::MAX as u32;
        if op == Op::MinS {
            return self.below(a).or(self.below(b)).map(|(limit, _)| (limit, MOST));
        }
        let (limit, less) = self.below(a)?;
        let more = match (op, b) {
            (Op::Sub, _) => self.range(b).hi,
            (Op::Add, Word::Const(constant)) if constant <= MOST => {
                return Some((limit.apply(Op::Add, constant)?, less))
            }
            (Op::Add, Word::Const(constant)) => constant.wrapping_neg(),
            _ => return None,
        };
        // Only if it cannot wrap.
        let less = less.checked_add(more).filter(|&less| less <= MOST)?;
        Some((limit, less))
    }

    fn limited(&self, op: Op, a: Word, b: Word) -> Option<Limit> {
        match (op, self.made_of_one(a), self.made_of_one(b)) {
            (Op::Sub, Some(x), _) if self.range(b).hi <= self.range(a).lo || self.is_under(b, a) => Some(x.at_most()),
            (Op::MinU, Some(x), None) => Some(x.at_most()),
            (Op::MinU, None, Some(y)) => Some(y.at_most()),
            (_, Some(x), _) => match b {
                Word::Const(constant) => x.apply(op, constant),
                _ => None,
            },
            _ => None,
        }
    }

    /// The negation of a boolean.
    pub(super) fn negate(&mut self, word: Word) -> Word {
        if let Word::Reg(reg) = word {
            if let Some((op, a, b)) = self.facts[reg as usize].comparison {
                if let Some(opposite) = negated(op) {
                    return self.binary(opposite, a, b);
                }
            }
        }
        self.binary(Op::Eq, word, Word::Const(0))
    }

    /// `condition ? yes : no`.
    pub(super) fn select(&mut self, condition: Word, yes: Word, no: Word) -> Word {
        match condition {
            Word::Unavailable => Word::Unavailable,
            Word::Const(0) => no,
            Word::Const(_) => yes,
            _ if yes == no => yes,
            Word::Reg(_) if yes == Word::Unavailable || no == Word::Unavailable => Word::Unavailable,
            Word::Reg(condition) => {
                let either = self.range(yes).hull(self.range(no));
                let (yes, no) = (self.reg(yes), self.reg(no));
                let d = self.temporary(Inst { src: [yes, no, condition, NONE], ..Inst::new(Op::Select) });
                self.facts[d as usize].range = Some(either);
                Word::Reg(d)
            }
        }
    }
}

fn scaled(sum: &Sum, factor: u32) -> Sum {
    let mut scaled = Sum::default();
    scaled.add_sum(sum, factor);
    scaled
}

/// The comparison that is true when this one is false.
fn negated(op: Op) -> Option<Op> {
    Some(range::negated(op)).filter(|&opposite| opposite != op)
}

/// `a op y`, if that needs no instruction.
fn identity(op: Op, a: Word, y: u32) -> Option<Word> {
    match (op, y) {
        (Op::Add | Op::Sub | Op::Or | Op::Xor, 0) => Some(a),
        // Shift counts are modulo 32.
        (Op::Shl | Op::ShrU | Op::ShrS, by) if by & 31 == 0 => Some(a),
        (Op::Mul | Op::DivU | Op::DivS, 1) => Some(a),
        (Op::And, u32::MAX) => Some(a),
        (Op::Mul | Op::And, 0) => Some(Word::Const(0)),
        (Op::RemU | Op::RemS, 1) => Some(Word::Const(0)),
        (Op::Or, u32::MAX) => Some(Word::Const(u32::MAX)),
        _ => None,
    }
}
