//! Static analysis of a kernel for given parameters, input lengths and number of invocations.
//!
//! This is abstract interpretation: the kernel is executed on intervals and [forms](form) instead of words, until the
//! facts at the start of each loop's iteration also hold for the next one (a fixed point). The result is a [`Fact`] for
//! each reachable instruction. A fact holds in every execution; the tests check this against the interpreter.

pub(super) mod form;
mod state;
mod transfer;

use std::{collections::HashMap, rc::Rc};

use touchstone_kir::{Instr, Module, Op};

use super::{operands::operands, tree::Node};
use crate::range::{self, Range};
use form::{Form, Kind, Symbol};
use state::{State, Symbols, Value, View};

/// Passes over the code that only grow ranges; later passes widen them.
const EXACT_PASSES: usize = 3;
/// After so many passes, ranges that still grow are given up.
const MAX_PASSES: usize = 16;
/// Passes that narrow ranges after widening.
const NARROWING_PASSES: usize = 2;

/// What holds whenever an instruction is executed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fact {
    /// The ranges of `r[a]`, `r[b]`, `r[imm & 255]`, `r[imm >> 8 & 255]` and `r[d]` before it, whether or not it uses
    /// them.
    pub a: Range,
    pub b: Range,
    pub c: Range,
    pub e: Range,
    pub d: Range,
    /// The range of the word that it writes to `r[d]`, if it writes one register.
    pub result: Range,
    /// Whether a branch is taken (for an `if`: whether its first arm is executed), if that is always the same.
    pub taken: Option<bool>,
    /// The register whose word it copies to `r[d]`: `r[a]` or `r[b]`.
    pub same: Option<u8>,
    /// For a load through a view.
    pub view: ViewFact,
    /// For a store to the window.
    pub store: StoreFact,
    /// For a load that needs no guard, a number. Loads of the same words of an input have the same number.
    pub words: Option<u16>,
}

/// What is known about the view of a load.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct ViewFact {
    /// It has been declared.
    pub is_set: bool,
    /// Its end does not wrap, so one comparison of the distance from its base tells whether an index is inside.
    pub is_plain: bool,
    /// All words that this load reads are inside.
    pub is_inside: bool,
}

/// What is known about the index of a store to the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct StoreFact {
    /// It is a multiple of 4.
    pub is_fourth: bool,
    /// It is `first + iteration·step` in the loop that opens at this instruction, modulo 2³².
    pub steps: Option<(usize, u32, u32)>,
}

/// How a loop ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct LoopFact {
    /// Iterations that the bound allows.
    pub turns: u32,
    /// There is at most one iteration.
    pub runs_once: bool,
    /// The bound is never reached: something leaves the loop before.
    pub is_left: bool,
    /// A register with a different value at the start of each iteration, which can count the iterations of a loop that
    /// is not left.
    pub counter: Option<Counter>,
}

/// `register` is `first + iterations·step` modulo 2³² at the start of each iteration, different in all of them, and
/// `last` after the loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Counter {
    pub register: u8,
    pub first: u32,
    pub step: u32,
    pub last: u32,
}

/// The result of the analysis.
pub(super) struct Facts {
    /// By instruction; `None` if it is never executed. The fact of a loop is that of its opening instruction.
    pub at: Vec<Option<Fact>>,
    /// By the instruction that opens a loop.
    pub loops: HashMap<usize, LoopFact>,
}

/// Identifies a range that depends on itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    /// The range of a register at the start of the loop's iterations.
    Header(usize, u8),
    /// The range of all words of a segment of scratch, at any time.
    Segment(u8),
}

/// The states in which a construct is left, and in which it is continued.
#[derive(Default)]
struct Exits {
    breaks: Option<State>,
    continues: Option<State>,
}

pub(super) struct Analysis<'a> {
    module: &'a Module,
    params: &'a [u32],
    words: &'a [u32],
    last_invocation: u32,
    /// By loop: the registers that its body writes.
    written: HashMap<usize, Vec<u8>>,
    /// By loop and register: what each iteration adds.
    steps: HashMap<(usize, u8), u32>,
    /// What this pass assumes about ranges that depend on themselves; a range that is missing has not been found so
    /// far.
    assumed: HashMap<Key, Range>,
    /// What this pass computes for them.
    found: HashMap<Key, Range>,
    /// This pass looks for steps only and knows nothing about ranges.
    is_blind: bool,
    symbols: Symbols,
    /// Dividends and divisors of all divisions; `numbers` has their indices.
    divisions: Vec<(Rc<Form>, u32)>,
    numbers: HashMap<(Rc<Form>, u32), u16>,
    /// Loads by buffer, index and whether it is one of four words.
    loads: HashMap<(u8, Rc<Form>, bool), u16>,
    exits: HashMap<usize, Exits>,
    facts: Facts,
}

/// Lanes of [`State::join`]: after a construct, at the end of an iteration, and after the arms of an `if`. More than
/// two states may be joined in one lane, one after the other; symbols of different lanes are different.
const BEHIND: u16 = 0;
const END_OF_TURN: u16 = 512;
const ARMS: u16 = 1024;

pub(super) fn facts(module: &Module, nodes: &[Node], params: &[u32], words: &[u32], invocations: u32) -> Facts {
    let mut analysis = Analysis {
        module,
        params,
        words,
        last_invocation: invocations.saturating_sub(1),
        written: HashMap::new(),
        steps: HashMap::new(),
        assumed: HashMap::new(),
        found: HashMap::new(),
        is_blind: true,
        symbols: Symbols::default(),
        divisions: Vec::new(),
        numbers: HashMap::new(),
        loads: HashMap::new(),
        exits: HashMap::new(),
        facts: Facts { at: Vec::new(), loops: HashMap::new() },
    };
    analysis.collect(nodes);
    analysis.pass(nodes);
    analysis.is_blind = false;
    analysis.solve(nodes);
    analysis.facts
}

impl Analysis<'_> {
    /// Finds ranges that hold for all iterations of all loops.
    fn solve(&mut self, nodes: &[Node]) {
        for pass in 0.. {
            self.pass(nodes);
            if !self.grow(pass) {
                break;
            }
        }
        // Ranges that were widened too far are narrowed, and kept if they still hold.
        for _ in 0..NARROWING_PASSES {
            let before = std::mem::replace(&mut self.assumed, self.found.clone());
            self.pass(nodes);
            let holds = self
                .found
                .iter()
                .all(|(key, range)| self.assumed.get(key).is_some_and(|assumed| range.within(*assumed)));
            if !holds {
                self.assumed = before;
                self.pass(nodes);
                return;
            }
        }
    }

    /// Adopts ranges that the pass found to be larger than assumed. Returns whether there were any.
    fn grow(&mut self, pass: usize) -> bool {
        let mut grew = false;
        for (key, range) in &self.found {
            let grown = match self.assumed.get(key) {
                Some(assumed) if range.within(*assumed) => continue,
                _ if pass >= MAX_PASSES => Range::FULL,
                Some(assumed) if pass >= EXACT_PASSES => widened(*assumed, *range),
                Some(assumed) => assumed.hull(*range),
                None => *range,
            };
            self.assumed.insert(*key, grown);
            grew = true;
        }
        grew
    }

    /// One pass through the code.
    fn pass(&mut self, nodes: &[Node]) {
        self.symbols = Symbols::default();
        self.divisions.clear();
        self.numbers.clear();
        self.loads.clear();
        self.exits.clear();
        self.found.clear();
        self.facts = Facts { at: vec![None; self.module.code.len()], loops: HashMap::new() };
        let gid = Symbol { kind: Kind::Gid, at: 0, lane: 0 };
        self.symbols.0.insert(gid, Range::up_to(self.last_invocation));
        let start = State::start(self.module.registers.into(), self.module.views.len());
        self.walk(nodes, Some(start));
    }

    /// Which registers each loop writes.
    fn collect(&mut self, nodes: &[Node]) -> Vec<u8> {
        let mut all = Vec::new();
        for node in nodes {
            let written = match node {
                Node::Operation(at) => operands(self.module.code[*at]).1,
                Node::If { then, otherwise, .. } => [self.collect(then), self.collect(otherwise)].concat(),
                Node::Block { body, .. } => self.collect(body),
                Node::Loop { at, body } => {
                    let written = self.collect(body);
                    self.written.insert(*at, written.clone());
                    written
                }
                Node::Jump { .. } => Vec::new(),
            };
            all.extend(written);
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    fn walk(&mut self, nodes: &[Node], mut state: Option<State>) -> Option<State> {
        for node in nodes {
            let before = state?;
            state = match node {
                Node::Operation(at) => Some(self.operation(*at, before)),
                Node::If { at, then, otherwise } => self.branch(*at, then, otherwise, before),
                Node::Block { at, body } => {
                    self.note(*at, &before, None);
                    let end = self.walk(body, Some(before));
                    self.leave(*at, end)
                }
                Node::Loop { at, body } => self.turns(*at, body, before),
                Node::Jump { at, target, continues } => self.jump(*at, *target, *continues, before),
            };
        }
        state
    }

    /// The state after a construct, joined from its end and from breaks.
    fn leave(&mut self, at: usize, end: Option<State>) -> Option<State> {
        let exits = self.exits.remove(&at).unwrap_or_default();
        self.meet(at, BEHIND, end, exits.breaks)
    }

    fn meet(&mut self, at: usize, lanes: u16, one: Option<State>, other: Option<State>) -> Option<State> {
        match (one, other) {
            (Some(one), Some(other)) => Some(one.join(other, &mut self.symbols, at, lanes)),
            (one, other) => one.or(other),
        }
    }

    /// The result of a condition if it is known, and the states in which it holds and does not hold.
    fn split(&mut self, register: u8, state: State) -> (Option<bool>, Option<State>, Option<State>) {
        let value = state.registers[usize::from(register)].clone();
        let range = state.range(&self.symbols, &value);
        let by_test = value.test.as_ref().and_then(|test| state.decide(&self.symbols, test));
        match range::compare(Op::Ne, range, Range::ZERO).or(by_test) {
            Some(true) => (Some(true), Some(state), None),
            Some(false) => (Some(false), None, Some(state)),
            None => {
                let mut no = state.clone();
                let mut yes = state;
                let can_hold = yes.assume_zero(&self.symbols, &value, false);
                let can_fail = no.assume_zero(&self.symbols, &value, true);
                match (can_hold, can_fail) {
                    (true, false) => (Some(true), Some(yes), None),
                    (false, true) => (Some(false), None, Some(no)),
                    _ => (None, Some(yes), Some(no)),
                }
            }
        }
    }

    fn branch(&mut self, at: usize, then: &[Node], otherwise: &[Node], state: State) -> Option<State> {
        let before = state.clone();
        let (taken, yes, no) = self.split(self.module.code[at].a, state);
        self.note(at, &before, taken);
        let yes = self.walk(then, yes);
        let no = self.walk(otherwise, no);
        let end = self.meet(at, ARMS, yes, no);
        self.leave(at, end)
    }

    fn jump(&mut self, at: usize, target: usize, continues: bool, state: State) -> Option<State> {
        let instr = self.module.code[at];
        let (leaving, staying) = match instr.opcode() {
            Some(Op::BreakIf | Op::ContinueIf) => {
                let before = state.clone();
                let (taken, yes, no) = self.split(instr.a, state);
                self.note(at, &before, taken);
                (yes, no)
            }
            _ => {
                self.note(at, &state, Some(true));
                (Some(state), None)
            }
        };
        let exits = self.exits.remove(&target).unwrap_or_default();
        let exits = match continues {
            true => Exits { continues: self.meet(target, END_OF_TURN, exits.continues, leaving), ..exits },
            false => Exits { breaks: self.meet(target, BEHIND, exits.breaks, leaving), ..exits },
        };
        self.exits.insert(target, exits);
        staying
    }

    fn turns(&mut self, at: usize, body: &[Node], entry: State) -> Option<State> {
        self.note(at, &entry, None);
        let bound = self.bound(self.module.code[at].high());
        let Some(last) = bound.checked_sub(1) else { return Some(entry) };
        let turn = Symbol { kind: Kind::Turn, at: at as u16, lane: 0 };
        self.symbols.0.insert(turn, Range::up_to(last));
        let header = self.header(at, turn, &entry);
        let end = self.walk(body, Some(header.clone()));
        let continues = self.exits.get_mut(&at).and_then(|exits| exits.continues.take());
        let back = self.meet(at, END_OF_TURN, end, continues);
        let mut fact = LoopFact { turns: bound, runs_once: bound == 1 || back.is_none(), is_left: true, counter: None };
        let mut end = None;
        if let Some(mut back) = back {
            self.learn(at, &header, &entry, &back);
            // What remains is the iteration after which the bound is reached, if there is one.
            if back.narrow_symbol(&self.symbols, turn, Range::only(last)) {
                fact.is_left = false;
                fact.counter = self.counter(at, &entry, bound);
                end = Some(back);
            }
        }
        self.facts.loops.insert(at, fact);
        self.leave(at, end)
    }

    /// The state at the start of every iteration.
    fn header(&mut self, at: usize, turn: Symbol, entry: &State) -> State {
        let mut header = entry.clone();
        for register in self.written.get(&at).cloned().unwrap_or_default() {
            let slot = usize::from(register);
            let before = &entry.registers[slot];
            let stepped = self.steps.get(&(at, register)).and_then(|&step| match step {
                0 => Some(before.clone()),
                _ => Some(Value::new(Range::FULL, before.form.plus(&Form::symbol(turn), step)?)),
            });
            header.registers[slot] = stepped.unwrap_or_else(|| {
                let symbol = Symbol { kind: Kind::Header, at: at as u16, lane: register.into() };
                let range = match (self.is_blind, self.assumed.get(&Key::Header(at, register))) {
                    (true, _) => Range::FULL,
                    (false, Some(assumed)) => assumed.hull(entry.range(&self.symbols, before)),
                    (false, None) => entry.range(&self.symbols, before),
                };
                self.symbols.0.insert(symbol, range);
                match range.known() {
                    Some(word) => Value::constant(word),
                    None => Value::new(range, Form::symbol(symbol)),
                }
            });
        }
        self.forget_views(at, entry, &mut header);
        header
    }

    /// Nothing is known about views that the loop declares.
    fn forget_views(&mut self, at: usize, entry: &State, header: &mut State) {
        let end = usize::from(self.module.code[at].low());
        let code = self.module.code.get(at..end).unwrap_or_default();
        for slot in 0..self.module.views.len() {
            let is_set_inside = code.iter().any(|i| i.opcode() == Some(Op::View) && usize::from(i.b) == slot);
            header.views[slot] = match (&entry.views[slot], is_set_inside) {
                (before, false) => before.clone(),
                (View::Set(_), true) => {
                    let symbol = Symbol { kind: Kind::Header, at: at as u16, lane: 256 + slot as u16 };
                    View::Set(Value::new(Range::FULL, Form::symbol(symbol)))
                }
                (_, true) => View::Unknown,
            };
        }
    }

    /// Carries the state at the end of an iteration over to the start of the next.
    fn learn(&mut self, at: usize, header: &State, entry: &State, back: &State) {
        for register in self.written.get(&at).cloned().unwrap_or_default() {
            let slot = usize::from(register);
            if self.is_blind {
                let step = back.registers[slot].form.distance(&header.registers[slot].form);
                if let Some(step) = step {
                    self.steps.insert((at, register), step);
                }
            } else {
                let first = entry.range(&self.symbols, &entry.registers[slot]);
                let again = back.range(&self.symbols, &back.registers[slot]);
                self.find(Key::Header(at, register), first.hull(again));
            }
        }
    }

    fn find(&mut self, key: Key, range: Range) {
        self.found.entry(key).and_modify(|found| *found = found.hull(range)).or_insert(range);
    }

    fn counter(&self, at: usize, entry: &State, bound: u32) -> Option<Counter> {
        let written = self.written.get(&at)?;
        written.iter().find_map(|&register| {
            let step = *self.steps.get(&(at, register))?;
            let first = entry.range(&self.symbols, &entry.registers[usize::from(register)]).known()?;
            // Then all values of `first + iterations·step` are different, up to and including the last.
            let reach = u64::from((step as i32).unsigned_abs()) * u64::from(bound);
            let last = first.wrapping_add(step.wrapping_mul(bound));
            (step != 0 && reach <= u32::MAX.into()).then_some(Counter { register, first, step, last })
        })
    }

    fn bound(&self, bound: u16) -> u32 {
        self.module.bounds.get(usize::from(bound)).map_or(0, |bound| bound.value(self.params))
    }

    /// Records the fact for an instruction.
    fn note(&mut self, at: usize, state: &State, taken: Option<bool>) {
        let Instr { d, a, b, imm, .. } = self.module.code[at];
        let [a, b, c, e, d] = [a, b, imm as u8, (imm >> 8) as u8, d].map(|register| {
            let value = state.registers.get(usize::from(register));
            value.map_or(Range::FULL, |value| state.range(&self.symbols, value))
        });
        let fact = Fact {
            a,
            b,
            c,
            e,
            d,
            result: Range::FULL,
            taken,
            same: None,
            view: ViewFact::default(),
            store: StoreFact::default(),
            words: None,
        };
        self.facts.at[at] = Some(fact);
    }
}

/// Widens a range that grows.
fn widened(assumed: Range, range: Range) -> Range {
    let lo = if range.lo < assumed.lo { 0 } else { assumed.lo };
    let hi = match range.hi {
        hi if hi <= assumed.hi => assumed.hi,
        hi if hi <= 0xff => 0xff,
        hi if hi <= 0xffff => 0xffff,
        hi if hi <= 0xff_ffff => 0xff_ffff,
        hi if hi <= i32::MAX as u32 => i32::MAX as u32,
        _ => u32::MAX,
    };
    Range { lo, hi }
}
