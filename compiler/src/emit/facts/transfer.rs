//! The transfer function of the analysis: how one operation changes the state.

use std::rc::Rc;

use touchstone_kir::{Instr, Op};

use super::{
    form::{Form, Kind, Symbol},
    state::{State, Test, Value, View},
    Analysis, Key, StoreFact, ViewFact,
};
use crate::range::{self, Range};

/// A minimum or maximum that subtracts or adds at most so much is represented as its operand plus or minus a symbol.
const MAX_SLACK: u32 = 1 << 16;

/// A condition with more parts is not analysed: it would be visited again at each use, shared parts included.
const MAX_TEST: usize = 64;

impl Analysis<'_> {
    /// The state after an operation that is not control flow.
    pub(super) fn operation(&mut self, at: usize, mut state: State) -> State {
        self.note(at, &state, None);
        let instr = self.module.code[at];
        let Instr { d, a, b, imm, .. } = instr;
        let Some(op) = instr.opcode() else { return state };
        let value_of = |register: u8| state.registers[usize::from(register)].clone();
        let value = match op {
            Op::Const => Value::constant(imm),
            Op::Mov => value_of(a),
            Op::Gid => {
                let gid = Symbol { kind: Kind::Gid, at: 0, lane: 0 };
                Value::new(Range::up_to(self.last_invocation), Form::symbol(gid))
            }
            Op::Param => Value::constant(self.params.get(usize::from(b)).copied().unwrap_or(0)),
            Op::Len => Value::constant(self.length(b)),
            Op::Select => self.select(at, &state, instr),
            Op::Not => self.sum(at, &state, &Value::constant(u32::MAX), &value_of(a), u32::MAX),
            Op::Neg => self.sum(at, &state, &Value::constant(0), &value_of(a), u32::MAX),
            Op::Abs | Op::Clz | Op::Ctz | Op::Popcnt | Op::Revbits => {
                let a = value_of(a);
                let range = state.range(&self.symbols, &a);
                match op == Op::Abs && range.is_natural() {
                    true => a,
                    false => self.result(at, range::unary(op, range)),
                }
            }
            Op::ExtractU | Op::ExtractS | Op::Insert => {
                let operands = [a, b, imm as u8, (imm >> 8) as u8].map(|r| state.range(&self.symbols, &value_of(r)));
                self.result(at, range::field(op, operands))
            }
            Op::Dot4AccU | Op::Dot4AccS => {
                let of = |register| state.range(&self.symbols, &state.registers[usize::from(register)]);
                let dot = if op == Op::Dot4AccU { Op::Dot4U } else { Op::Dot4S };
                let range = range::binary(Op::Add, of(d), range::binary(dot, of(a), of(b)));
                self.result(at, range)
            }
            Op::Mad => {
                let product = self.binary(Op::Mul, at, &state, &value_of(a), &value_of(b));
                self.sum(at, &state, &value_of(d), &product, 1)
            }
            Op::Load => {
                let index = self.index(at, &state, instr);
                let words = self.length(b);
                self.number(at, b, &index, false, index.range.hi < words);
                self.loaded(at, index.range.lo < words)
            }
            Op::LoadView => {
                let (index, buffer, is_inside) = self.seen(at, &state, instr);
                let words = self.length(buffer);
                self.number(at, buffer, &index, false, is_inside && index.range.hi < words);
                self.loaded(at, index.range.lo < words)
            }
            Op::Load4 | Op::Load4View => {
                let (index, buffer, is_inside) = match op {
                    Op::Load4View => self.seen(at, &state, instr),
                    _ => (self.index(at, &state, instr), b, true),
                };
                let groups = self.length(buffer).div_ceil(4);
                self.number(at, buffer, &index, true, is_inside && index.range.hi < groups);
                for lane in 0..4 {
                    let symbol = Symbol { kind: Kind::Result, at: at as u16, lane };
                    if let Some(slot) = state.registers.get_mut(usize::from(d) + usize::from(lane)) {
                        *slot = Value::new(Range::FULL, Form::symbol(symbol));
                    }
                }
                return state;
            }
            Op::View => {
                state.views[usize::from(b)] = View::Set(value_of(a));
                return state;
            }
            Op::Cload => {
                let range = self.constants(state.range(&self.symbols, &value_of(a)), instr);
                self.result(at, range)
            }
            Op::Sload | Op::Oload => {
                let index = self.index(at, &state, instr);
                let range = match op {
                    Op::Oload if index.range.lo >= self.module.window.into() => Range::ZERO,
                    Op::Oload => Range::FULL,
                    _ if self.is_blind => Range::FULL,
                    _ => self.assumed.get(&Key::Segment(b)).map_or(Range::ZERO, |range| range.hull(Range::ZERO)),
                };
                self.result(at, range)
            }
            Op::Sstore => {
                let stored = state.range(&self.symbols, &value_of(d));
                self.find(Key::Segment(b), stored);
                return state;
            }
            Op::Ostore => {
                let index = self.index(at, &state, instr).form;
                let steps = match index.terms() {
                    [(turn, step)] if turn.kind == Kind::Turn => Some((usize::from(turn.at), index.constant, *step)),
                    _ => None,
                };
                if let Some(fact) = &mut self.facts.at[at] {
                    fact.store = StoreFact { is_fourth: index.zeros() >= 2, steps };
                }
                return state;
            }
            _ => {
                let second = if instr.is_immediate() { Value::constant(imm) } else { value_of(b) };
                self.binary(op, at, &state, &value_of(a), &second)
            }
        };
        if let Some(fact) = &mut self.facts.at[at] {
            fact.result = state.range(&self.symbols, &value);
            let second = (!instr.is_immediate()).then_some(b);
            // Drivers make use of minima and maxima, which tell them ranges that are hard to find otherwise.
            let bounds = matches!(op, Op::MinU | Op::MaxU | Op::MinS | Op::MaxS);
            let operands = matches!(op, Op::Mov | Op::Abs | Op::Select) || op.is_binary() && !bounds;
            fact.same = [Some(a), second].into_iter().flatten().find(|register| {
                operands && state.registers.get(usize::from(*register)).is_some_and(|of| of.form == value.form)
            });
        }
        state.registers[usize::from(d)] = value;
        state
    }

    /// Numbers a load that is in range.
    fn number(&mut self, at: usize, buffer: u8, index: &Value, is_four: bool, is_inside: bool) {
        if is_inside {
            let next = self.loads.len() as u16;
            let number = *self.loads.entry((buffer, index.form.clone(), is_four)).or_insert(next);
            if let Some(fact) = &mut self.facts.at[at] {
                fact.words = Some(number);
            }
        }
    }

    fn length(&self, buffer: u8) -> u32 {
        self.words.get(usize::from(buffer)).copied().unwrap_or(0)
    }

    /// A word with a known range and nothing else.
    fn result(&mut self, at: usize, range: Range) -> Value {
        let symbol = Symbol { kind: Kind::Result, at: at as u16, lane: 0 };
        self.symbols.0.insert(symbol, range);
        Value::new(range, Form::symbol(symbol))
    }

    /// A word of an input, or 0 if every index is out of range.
    fn loaded(&mut self, at: usize, can_be_inside: bool) -> Value {
        self.result(at, if can_be_inside { Range::FULL } else { Range::ZERO })
    }

    /// `a + factor·b`.
    fn sum(&mut self, at: usize, state: &State, a: &Value, b: &Value, factor: u32) -> Value {
        let of = |value| state.range(&self.symbols, value);
        let range = match factor {
            1 => range::binary(Op::Add, of(a), of(b)),
            u32::MAX => range::binary(Op::Sub, of(a), of(b)),
            _ => Range::FULL,
        };
        self.formed(at, state, range, a.form.plus(&b.form, factor))
    }

    /// A value with a range and, if it does not have too many terms, a form.
    fn formed(&mut self, at: usize, state: &State, range: Range, form: Option<Form>) -> Value {
        let Some(form) = form.map(|form| self.recombined(form)) else { return self.result(at, range) };
        let (lo, hi) = state.integers(&self.symbols, &form);
        Value::new(range.meet(Range::wrapped(lo, hi)).unwrap_or(range), form)
    }

    /// `q·n + r` is `x` where `q = x / n` and `r = x % n`.
    fn recombined(&self, form: Form) -> Form {
        let whole = form.terms().iter().find_map(|&(rest, of_rest)| {
            let (dividend, divisor) = match rest.kind {
                Kind::Rest => self.divisions.get(usize::from(rest.at))?,
                _ => return None,
            };
            let quotient = Symbol { kind: Kind::Quotient, ..rest };
            let of_quotient = of_rest.wrapping_mul(*divisor);
            let is_there = form.terms().contains(&(quotient, of_quotient));
            let without = |form: Form, symbol, times: u32| form.plus(&Form::symbol(symbol), times.wrapping_neg());
            let without_both = without(form.clone(), quotient, of_quotient).filter(|_| is_there)?;
            without(without_both, rest, of_rest)?.plus(dividend, of_rest)
        });
        whole.unwrap_or(form)
    }

    fn select(&mut self, at: usize, state: &State, instr: Instr) -> Value {
        let of = |register: u8| &state.registers[usize::from(register)];
        let condition = of(instr.imm as u8);
        let by_test = condition.test.as_ref().and_then(|test| state.decide(&self.symbols, test));
        let decided = range::compare(Op::Ne, state.range(&self.symbols, condition), Range::ZERO).or(by_test);
        let (yes, no) = (of(instr.a), of(instr.b));
        match decided {
            Some(true) => yes.clone(),
            Some(false) => no.clone(),
            None if yes.form == no.form => Value { test: None, ..yes.clone() },
            None => {
                let range = state.range(&self.symbols, yes).hull(state.range(&self.symbols, no));
                self.result(at, range)
            }
        }
    }

    fn binary(&mut self, op: Op, at: usize, state: &State, a: &Value, b: &Value) -> Value {
        let (of_a, of_b) = (state.range(&self.symbols, a), state.range(&self.symbols, b));
        let range = range::binary(op, of_a, of_b);
        if range.known().is_some() {
            return Value::new(range, Form::default());
        }
        match (op, of_a.known(), of_b.known()) {
            (Op::Add, ..) => self.sum(at, state, a, b, 1),
            (Op::Sub, ..) => self.sum(at, state, a, b, u32::MAX),
            (Op::Mul, _, Some(factor)) => self.formed(at, state, range, Some(a.form.times(factor))),
            (Op::Mul, Some(factor), _) => self.formed(at, state, range, Some(b.form.times(factor))),
            (Op::Shl, _, Some(by)) => self.formed(at, state, range, Some(a.form.times(1 << (by & 31)))),
            (Op::ShrU, _, Some(by)) => self.quotient(at, state, a, range, 1 << (by & 31)),
            (Op::DivU, _, Some(by)) if by > 0 => self.quotient(at, state, a, range, by),
            (Op::DivS, _, Some(by)) if by > 0 && of_a.is_natural() && of_b.is_natural() => {
                self.quotient(at, state, a, range, by)
            }
            (Op::ShrS, _, Some(by)) if of_a.is_natural() => self.quotient(at, state, a, range, 1 << (by & 31)),
            (Op::RemU, _, Some(by)) if by > 0 => self.rest(state, a, range, by),
            (Op::RemS, _, Some(by)) if by > 0 && of_a.is_natural() && of_b.is_natural() => {
                self.rest(state, a, range, by)
            }
            (Op::And, _, Some(mask)) => self.masked(at, state, a, range, mask),
            (Op::And, Some(mask), _) => self.masked(at, state, b, range, mask),
            (Op::Or | Op::Xor, ..) if disjoint(a, of_a, b, of_b) => self.sum(at, state, a, b, 1),
            (Op::MinU, ..) => self.extreme(at, state, (a, of_a), (b, of_b), range, true),
            (Op::MaxU, ..) => self.extreme(at, state, (a, of_a), (b, of_b), range, false),
            (Op::MinS | Op::MaxS, ..) if of_a.is_natural() && of_b.is_natural() => {
                self.extreme(at, state, (a, of_a), (b, of_b), range, op == Op::MinS)
            }
            _ => self.result(at, range),
        }
        .with_test(test(op, (a, of_a), (b, of_b)))
    }

    /// `a / divisor`, `divisor` at least 1.
    fn quotient(&mut self, at: usize, state: &State, a: &Value, range: Range, divisor: u32) -> Value {
        if divisor == 1 {
            return a.clone();
        }
        if let Some(form) = state.over(&self.symbols, &a.form, divisor) {
            return self.formed(at, state, range, Some(form));
        }
        let symbol = self.division(a, divisor, Kind::Quotient, range);
        Value::new(range, Form::symbol(symbol))
    }

    /// `a % divisor`, `divisor` at least 1.
    fn rest(&mut self, state: &State, a: &Value, range: Range, divisor: u32) -> Value {
        if state.range(&self.symbols, a).hi < divisor {
            return a.clone();
        }
        let symbol = self.division(a, divisor, Kind::Rest, range);
        Value::new(range, Form::symbol(symbol))
    }

    /// The symbol for this quotient or remainder.
    fn division(&mut self, a: &Value, divisor: u32, kind: Kind, range: Range) -> Symbol {
        let key = (a.form.clone(), divisor);
        let next = self.divisions.len() as u16;
        let number = *self.numbers.entry(key.clone()).or_insert(next);
        if number == next {
            self.divisions.push(key);
        }
        let symbol = Symbol { kind, at: number, lane: 0 };
        self.symbols.0.entry(symbol).and_modify(|known| *known = known.hull(range)).or_insert(range);
        symbol
    }

    fn masked(&mut self, at: usize, state: &State, a: &Value, range: Range, mask: u32) -> Value {
        let of_a = state.range(&self.symbols, a);
        if mask & mask.wrapping_add(1) == 0 {
            if of_a.hi <= mask {
                return a.clone();
            }
            // The remainder by a power of two; a mask of all bits was handled above.
            return self.rest(state, a, range, mask.wrapping_add(1));
        }
        if !mask & (!mask).wrapping_add(1) == 0 {
            if a.form.zeros() >= mask.trailing_zeros() {
                return a.clone();
            }
            let range = range.meet(Range { lo: of_a.lo & mask, hi: of_a.hi & mask }).unwrap_or(range);
            return self.less(at, state, a, range, Range::up_to(!mask), u32::MAX);
        }
        self.result(at, range)
    }

    /// The minimum or the maximum of two values.
    fn extreme(
        &mut self,
        at: usize,
        state: &State,
        (a, of_a): (&Value, Range),
        (b, of_b): (&Value, Range),
        range: Range,
        is_least: bool,
    ) -> Value {
        let (below, above) = if is_least { (of_a, of_b) } else { (of_b, of_a) };
        if below.hi <= above.lo {
            return a.clone();
        }
        if above.hi <= below.lo {
            return b.clone();
        }
        let (value, most) = match (of_a.known(), of_b.known(), is_least) {
            (_, Some(limit), true) => (a, of_a.hi - limit),
            (_, Some(limit), false) => (a, limit - of_a.lo),
            (Some(limit), _, true) => (b, of_b.hi - limit),
            (Some(limit), _, false) => (b, limit - of_b.lo),
            _ => return self.result(at, range),
        };
        match most <= MAX_SLACK {
            true => self.less(at, state, value, range, Range::up_to(most), if is_least { u32::MAX } else { 1 }),
            false => self.result(at, range),
        }
    }

    /// A value plus `factor` times a small amount.
    fn less(&mut self, at: usize, state: &State, a: &Value, range: Range, slack: Range, factor: u32) -> Value {
        let symbol = Symbol { kind: Kind::Slack, at: at as u16, lane: 0 };
        self.symbols.0.insert(symbol, slack);
        self.formed(at, state, range, a.form.plus(&Form::symbol(symbol), factor))
    }

    /// The range of the result of `cload`.
    fn constants(&self, index: Range, instr: Instr) -> Range {
        let (first, len) = (u32::from(instr.low()), u32::from(instr.high()));
        let inside = index.meet(Range::up_to(len.saturating_sub(1)));
        let words = inside.and_then(|inside| {
            let words = self.module.constants.get((first + inside.lo) as usize..=(first + inside.hi) as usize)?;
            words.iter().map(|word| Range::only(*word)).reduce(Range::hull)
        });
        match (words, index.hi < len) {
            (Some(words), true) => words,
            (Some(words), false) => words.hull(Range::ZERO),
            (None, _) => Range::ZERO,
        }
    }

    /// `r[a] + imm`.
    fn index(&mut self, at: usize, state: &State, instr: Instr) -> Value {
        let index = &state.registers[usize::from(instr.a)];
        let range = range::binary(Op::Add, state.range(&self.symbols, index), Range::only(instr.imm));
        let form = Some(index.form.offset(instr.imm));
        self.formed(at, state, range, form)
    }

    /// Records what is known about a load through a view. Returns its index, its buffer and whether it is inside the
    /// view.
    fn seen(&mut self, at: usize, state: &State, instr: Instr) -> (Value, u8, bool) {
        let slot = usize::from(instr.b);
        let declared = self.module.views[slot];
        let size = self.bound(declared.bound);
        let index = self.index(at, state, instr);
        let View::Set(base) = &state.views[slot] else { return (index, declared.buffer, false) };
        let of_base = state.range(&self.symbols, base);
        let is_plain = u64::from(of_base.hi) + u64::from(size) <= 1 << 32;
        let (reads, factor) = if instr.opcode() == Some(Op::Load4View) { (4, 4) } else { (1, 1) };
        let does_wrap = u64::from(index.range.hi) * u64::from(factor) > u32::MAX.into();
        let distance = index.form.times(factor).plus(&base.form, u32::MAX).map(|form| self.recombined(form));
        let is_inside = distance.is_some_and(|distance| {
            let (lo, hi) = state.integers(&self.symbols, &distance);
            let distance = Range::wrapped(lo, hi);
            is_plain && !does_wrap && u64::from(distance.hi) + reads <= size.into()
        });
        if let Some(fact) = &mut self.facts.at[at] {
            fact.view = ViewFact { is_set: true, is_plain, is_inside };
        }
        (index, declared.buffer, is_inside)
    }
}

/// No bit can be set in both words.
fn disjoint(a: &Value, of_a: Range, b: &Value, of_b: Range) -> bool {
    let below = |zeros: u32, range: Range| zeros >= 32 || range.hi >> zeros == 0;
    below(a.form.zeros(), of_b) || below(b.form.zeros(), of_a)
}

/// The question that the result answers with 1 or 0.
fn test(op: Op, (a, of_a): (&Value, Range), (b, of_b): (&Value, Range)) -> Option<Rc<Test>> {
    let is_bool = |range: Range| range.within(Range::BOOL);
    let test = match (op, &a.test, &b.test) {
        // For an operand that is 1 or 0 itself.
        (Op::Eq, Some(test), _) if of_b == Range::ZERO => Test::Not(test.clone()),
        (Op::Ne, Some(test), _) if of_b == Range::ZERO => return Some(test.clone()),
        (Op::Xor, Some(test), _) if of_b.known() == Some(1) => Test::Not(test.clone()),
        (Op::And, Some(one), Some(other)) if is_bool(of_a) && is_bool(of_b) => Test::Both(one.clone(), other.clone()),
        (Op::Or, Some(one), Some(other)) if is_bool(of_a) && is_bool(of_b) => Test::Either(one.clone(), other.clone()),
        (Op::Eq | Op::Ne | Op::LtU | Op::LeU | Op::GtU | Op::GeU | Op::LtS | Op::LeS | Op::GtS | Op::GeS, ..) => {
            let bare = |value: &Value| Value { test: None, ..value.clone() };
            Test::Compare { op, a: bare(a), b: bare(b) }
        }
        _ => return None,
    };
    (test.size() <= MAX_TEST).then(|| Rc::new(test))
}
