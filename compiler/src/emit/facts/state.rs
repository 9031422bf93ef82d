//! What is known at one point of the code.

use std::{collections::HashMap, rc::Rc};

use touchstone_kir::Op;

use super::form::{Form, Kind, Symbol};
use crate::range::{self, Range};

/// What is known about a word.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub range: Range,
    pub form: Rc<Form>,
    /// The question that it answers with 1 or 0, if it does.
    pub test: Option<Rc<Test>>,
}

impl Value {
    pub(super) fn constant(word: u32) -> Value {
        Value::new(Range::only(word), Form::constant(word))
    }

    pub(super) fn new(range: Range, form: Form) -> Value {
        let form = range.known().map_or(form, Form::constant);
        Value { range, form: Rc::new(form), test: None }
    }

    /// The same word, as the answer to a question if there is one.
    pub(super) fn with_test(self, test: Option<Rc<Test>>) -> Value {
        match test {
            Some(test) => Value { test: Some(test), ..self },
            None => self,
        }
    }
}

/// A question with its operands.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Compare { op: Op, a: Value, b: Value },
    Not(Rc<Test>),
    Both(Rc<Test>, Rc<Test>),
    Either(Rc<Test>, Rc<Test>),
}

impl Test {
    /// Number of comparisons and combinations that are visited.
    pub(super) fn size(&self) -> usize {
        match self {
            Test::Compare { .. } => 1,
            Test::Not(inner) => 1 + inner.size(),
            Test::Both(one, other) | Test::Either(one, other) => 1 + one.size() + other.size(),
        }
    }

    /// Adds the comparisons that all hold if the answer is this one.
    fn comparisons<'a>(&'a self, answer: bool, into: &mut Vec<(Op, &'a Value, &'a Value)>) {
        match (self, answer) {
            (Test::Compare { op, a, b }, _) => into.push((if answer { *op } else { range::negated(*op) }, a, b)),
            (Test::Not(inner), _) => inner.comparisons(!answer, into),
            (Test::Both(one, other), true) | (Test::Either(one, other), false) => {
                one.comparisons(answer, into);
                other.comparisons(answer, into);
            }
            _ => {}
        }
    }
}

/// What is known about a view's base.
#[derive(Clone, Debug)]
pub(super) enum View {
    /// The view has not been declared, and is empty.
    Unset,
    Set(Value),
    /// The view may or may not have been declared.
    Unknown,
}

/// The ranges of symbols that hold everywhere.
#[derive(Default)]
pub(super) struct Symbols(pub HashMap<Symbol, Range>);

/// Everything that is known at a point.
#[derive(Clone)]
pub(super) struct State {
    pub registers: Vec<Value>,
    pub views: Vec<View>,
    /// By symbol, narrower ranges that follow from conditions on the path to this point.
    narrowed: Vec<(Symbol, Range)>,
}

impl State {
    /// The state at the start of the kernel.
    pub(super) fn start(registers: usize, views: usize) -> State {
        State { registers: vec![Value::constant(0); registers], views: vec![View::Unset; views], narrowed: Vec::new() }
    }

    fn symbol(&self, symbols: &Symbols, symbol: Symbol) -> Range {
        match self.narrowed.binary_search_by_key(&symbol, |entry| entry.0) {
            Ok(place) => self.narrowed[place].1,
            Err(_) => symbols.0.get(&symbol).copied().unwrap_or(Range::FULL),
        }
    }

    /// The smallest and the largest value of a form, as an integer that does not wrap.
    pub(super) fn integers(&self, symbols: &Symbols, form: &Form) -> (i128, i128) {
        form.integers(|symbol| self.symbol(symbols, symbol))
    }

    /// All that is known about the range of a value.
    pub(super) fn range(&self, symbols: &Symbols, value: &Value) -> Range {
        if value.range.known().is_some() {
            return value.range;
        }
        let (lo, hi) = self.integers(symbols, &value.form);
        value.range.meet(Range::wrapped(lo, hi)).unwrap_or(value.range)
    }

    /// The form divided term by term, if that is exact.
    pub(super) fn over(&self, symbols: &Symbols, form: &Form, divisor: u32) -> Option<Form> {
        form.over(divisor, |symbol| self.symbol(symbols, symbol))
    }

    /// Assumes that a symbol is in a range; `false` if that is impossible.
    pub(super) fn narrow_symbol(&mut self, symbols: &Symbols, symbol: Symbol, range: Range) -> bool {
        let Some(narrower) = self.symbol(symbols, symbol).meet(range) else { return false };
        match self.narrowed.binary_search_by_key(&symbol, |entry| entry.0) {
            Ok(place) => self.narrowed[place].1 = narrower,
            Err(place) => self.narrowed.insert(place, (symbol, narrower)),
        }
        true
    }

    /// Assumes that a value is in a range; `false` if that is impossible.
    fn narrow(&mut self, symbols: &Symbols, value: &Value, range: Range) -> bool {
        if value.form.known().is_some() {
            return true;
        }
        for register in &mut self.registers {
            if register.form == value.form {
                match register.range.meet(range) {
                    Some(narrower) => register.range = narrower,
                    None => return false,
                }
            }
        }
        let &[(symbol, coefficient)] = value.form.terms() else { return true };
        let constant = value.form.constant;
        let inverse = if coefficient == 1 {
            let (lo, hi) = (range.lo.wrapping_sub(constant), range.hi.wrapping_sub(constant));
            (lo <= hi).then_some(Range { lo, hi })
        } else {
            let (least, most) = self.integers(symbols, &value.form);
            (least >= 0 && most <= u32::MAX.into()).then(|| solutions(coefficient, constant, range)).flatten()
        };
        inverse.is_none_or(|inverse| self.narrow_symbol(symbols, symbol, inverse))
    }

    /// The answer to a question, if it is the same in all executions.
    pub(super) fn decide(&self, symbols: &Symbols, test: &Test) -> Option<bool> {
        match test {
            Test::Compare { op, a, b } => {
                let by_range = range::compare(*op, self.range(symbols, a), self.range(symbols, b));
                by_range.or_else(|| match (op, a.form.distance(&b.form)) {
                    (Op::Eq, Some(distance)) => Some(distance == 0),
                    (Op::Ne, Some(distance)) => Some(distance != 0),
                    (op, Some(0)) => Some(matches!(op, Op::LeU | Op::GeU | Op::LeS | Op::GeS)),
                    _ => None,
                })
            }
            Test::Not(inner) => self.decide(symbols, inner).map(|yes| !yes),
            Test::Both(one, other) => match (self.decide(symbols, one), self.decide(symbols, other)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Test::Either(one, other) => match (self.decide(symbols, one), self.decide(symbols, other)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }

    /// Assumes the answer to a question; `false` if that is impossible.
    pub(super) fn assume(&mut self, symbols: &Symbols, test: &Test, answer: bool) -> bool {
        let mut comparisons = Vec::new();
        test.comparisons(answer, &mut comparisons);
        // Twice, because a later comparison may narrow an operand of an earlier one.
        let turns = (2 * comparisons.len()).saturating_sub(1);
        comparisons.iter().chain(&comparisons).take(turns).all(|&(op, a, b)| {
            match range::assume(op, self.range(symbols, a), self.range(symbols, b)) {
                Some((of_a, of_b)) => self.narrow(symbols, a, of_a) && self.narrow(symbols, b, of_b),
                None => false,
            }
        })
    }

    /// Assumes that a value is zero, or that it is not.
    pub(super) fn assume_zero(&mut self, symbols: &Symbols, value: &Value, is_zero: bool) -> bool {
        if let Some(test) = &value.test {
            return self.assume(symbols, test, !is_zero);
        }
        let test = Test::Compare { op: Op::Eq, a: value.clone(), b: Value::constant(0) };
        self.assume(symbols, &test, is_zero)
    }

    /// The state where two paths join, at the construct that opens at `at`. `lanes` distinguishes several joins there.
    pub(super) fn join(self, other: State, symbols: &mut Symbols, at: usize, lanes: u16) -> State {
        let mut registers = Vec::with_capacity(self.registers.len());
        for (lane, (a, b)) in self.registers.iter().zip(&other.registers).enumerate() {
            let symbol = Symbol { kind: Kind::Join, at: at as u16, lane: lanes + lane as u16 };
            registers.push(join_values((&self, a), (&other, b), symbols, symbol));
        }
        let mut views = Vec::with_capacity(self.views.len());
        for (lane, pair) in self.views.iter().zip(&other.views).enumerate() {
            let symbol = Symbol { kind: Kind::Join, at: at as u16, lane: lanes + 256 + lane as u16 };
            views.push(match pair {
                (View::Unset, View::Unset) => View::Unset,
                (View::Set(a), View::Set(b)) => View::Set(join_values((&self, a), (&other, b), symbols, symbol)),
                _ => View::Unknown,
            });
        }
        let narrowed = self.narrowed.iter().filter_map(|&(symbol, range)| {
            let place = other.narrowed.binary_search_by_key(&symbol, |entry| entry.0).ok()?;
            Some((symbol, range.hull(other.narrowed[place].1)))
        });
        State { narrowed: narrowed.collect(), registers, views }
    }
}

fn join_values(
    (of_a, a): (&State, &Value),
    (of_b, b): (&State, &Value),
    symbols: &mut Symbols,
    symbol: Symbol,
) -> Value {
    if Rc::ptr_eq(&a.form, &b.form) && a.range == b.range {
        let same_test = matches!((&a.test, &b.test), (Some(x), Some(y)) if Rc::ptr_eq(x, y));
        return Value { test: a.test.clone().filter(|_| same_test), ..a.clone() };
    }
    let range = of_a.range(symbols, a).hull(of_b.range(symbols, b));
    if a.form == b.form {
        return Value { range, form: a.form.clone(), test: None };
    }
    symbols.0.insert(symbol, range);
    Value::new(range, Form::symbol(symbol))
}

/// The range of a symbol for which `coefficient·symbol + constant`, an integer that does not wrap, is in a range.
fn solutions(coefficient: u32, constant: u32, range: Range) -> Option<Range> {
    let (coefficient, constant) = (i64::from(coefficient as i32), i64::from(constant as i32));
    let (lo, hi) = (i64::from(range.lo) - constant, i64::from(range.hi) - constant);
    let (lo, hi) = if coefficient < 0 { (-hi, -lo) } else { (lo, hi) };
    let coefficient = coefficient.abs();
    let least = lo.div_euclid(coefficient) + i64::from(lo.rem_euclid(coefficient) != 0);
    let most = hi.div_euclid(coefficient);
    let least = least.max(0);
    (least <= most).then(|| Range { lo: least as u32, hi: most.min(u32::MAX.into()) as u32 })
}
