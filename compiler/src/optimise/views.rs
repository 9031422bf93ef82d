//! Infers views for loads in counted loops, from the ranges that their indices can have.
//!
//! Consider a load whose index is `base + Σ c·counter`, with a base that does not change in a loop and constants `c`.
//! The loop's bound limits the counters, and so the range of the index. (A counter counts only some iterations, so two
//! counters are two independent numbers.) A view of that range, declared before the loop, costs ⌈len/256⌉ + 1 chunks;
//! the load without a view costs one chunk per iteration.
//!
//! The view must not change what is read. Indices wrap and views do not, so the view starts at `max_s(base, 0)`. If the
//! range has less than 2³¹ words, an index that is in the buffer (at most 2²⁹ words) is in the view, whether `base` is
//! such an index itself or a negative number from which the loop counts up past 0. A range that is too long costs
//! chunks, but is still correct.

use std::cell::Cell;

use touchstone_kir::{
    limits::{MAX_BOUNDS, MAX_VIEWS},
    Bound, Op, ViewDecl,
};

use super::{estimate::TYPICAL, flow::Flow};
use crate::{
    assemble::Outline,
    ir::{Body, Inst, Reg, NONE},
};

/// Most words that the index may advance in one iteration of each of its loops, together. From 256 on, a load without a
/// view is cheaper; and 255 words in each of the 2²³ iterations that fuel can pay for stay below 2³¹.
const MAX_ADVANCE: i64 = 255;
/// Most words between the ranges of loads that share a view. Together with [`MAX_ADVANCE`] it stays below 2³¹.
const MAX_APART: i64 = 1 << 20;
/// Most steps for the analysis of one index.
const PATIENCE: u32 = 256;

/// Declares views, and makes loads go through them.
pub(super) fn infer(body: &mut Body, tables: &mut Outline) {
    let ranges = ranges(body, &tables.bounds);
    let mut views = share(ranges);
    views.retain(|view| view.saved() > 0);
    views.sort_by_key(|view| (std::cmp::Reverse(view.saved()), view.level, view.loads[0]));
    let mut declared = Vec::new();
    for view in views {
        if tables.views.len() == MAX_VIEWS {
            break;
        }
        let bound = match tables.bounds.iter().position(|bound| *bound == view.range.length) {
            Some(known) => known,
            None if tables.bounds.len() == MAX_BOUNDS => continue,
            None => {
                tables.bounds.push(view.range.length);
                tables.bounds.len() - 1
            }
        };
        tables.views.push(ViewDecl { buffer: view.buffer, bound: bound as u16 });
        declared.push((view, tables.views.len() as u16 - 1));
    }
    insert(body, &declared);
}

/// A symbolic number: `Σ scale·register + constant + Σ scale·counter`.
#[derive(Clone, Debug, Default)]
struct Affine {
    /// Registers, with the values that they have before the loop.
    terms: Vec<(Reg, u32)>,
    constant: u32,
    counters: Vec<(Counter, u32)>,
}

/// How often a variable was stepped: at most once per iteration of a loop, including the step of the current iteration
/// if the variable is read after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Counter {
    open: usize,
    variable: Reg,
    stepped: bool,
}

fn add_to<K: PartialEq + Copy>(list: &mut Vec<(K, u32)>, key: K, scale: u32) {
    match list.iter_mut().find(|(other, _)| *other == key) {
        Some((_, sum)) => *sum = sum.wrapping_add(scale),
        None => list.push((key, scale)),
    }
    list.retain(|&(_, scale)| scale != 0);
}

impl Affine {
    fn constant(constant: u32) -> Self {
        Affine { constant, ..Affine::default() }
    }

    fn register(reg: Reg) -> Self {
        Affine { terms: vec![(reg, 1)], ..Affine::default() }
    }

    fn plus(mut self, other: &Affine, scale: u32) -> Self {
        self.constant = self.constant.wrapping_add(other.constant.wrapping_mul(scale));
        for &(reg, factor) in &other.terms {
            add_to(&mut self.terms, reg, factor.wrapping_mul(scale));
        }
        for &(counter, factor) in &other.counters {
            add_to(&mut self.counters, counter, factor.wrapping_mul(scale));
        }
        self
    }

    fn times(&self, scale: u32) -> Self {
        Affine::default().plus(self, scale)
    }
}

/// Analyses indices relative to one loop, before which a view may be declared.
struct Reader<'a> {
    flow: &'a Flow<'a>,
    level: usize,
    patience: Cell<u32>,
}

impl Reader<'_> {
    /// A register's value at an instruction inside the level.
    fn value(&self, reg: Reg, at: usize) -> Option<Affine> {
        self.patience.set(self.patience.get().checked_sub(1)?);
        if self.flow.is_temporary(reg) {
            let defined = self.flow.definition(reg)?;
            if defined < self.level {
                return self.flow.dominates(defined, self.level).then(|| Affine::register(reg));
            }
            return self.flow.dominates(defined, at).then(|| self.computed(defined))?;
        }
        if !self.flow.writes_in(reg, self.level) {
            return Some(Affine::register(reg));
        }
        let open = self.flow.loops_around(at).find(|&open| self.flow.writes_in(reg, open))?;
        let (step, write) = self.flow.step(reg, open)?;
        let first = match open == self.level {
            true => Affine::register(reg),
            false => self.computed(self.flow.last_write_before(reg, open, self.level)?)?,
        };
        let counter = Counter { open, variable: reg, stepped: at > write };
        Some(first.plus(&Affine { counters: vec![(counter, 1)], ..Affine::default() }, step))
    }

    /// The value that the instruction at `at` computes.
    fn computed(&self, at: usize) -> Option<Affine> {
        let inst = self.flow.inst(at);
        let [a, b, ..] = inst.src;
        match (inst.op, inst.immediate) {
            (Op::Const, _) => Some(Affine::constant(inst.imm)),
            (Op::Mov, _) => self.value(a, at),
            (Op::Add, true) => Some(self.value(a, at)?.plus(&Affine::constant(inst.imm), 1)),
            (Op::Sub, true) => Some(self.value(a, at)?.plus(&Affine::constant(inst.imm), u32::MAX)),
            (Op::Add, false) => Some(self.value(a, at)?.plus(&self.value(b, at)?, 1)),
            (Op::Sub, false) => Some(self.value(a, at)?.plus(&self.value(b, at)?, u32::MAX)),
            (Op::Mul, true) => Some(self.value(a, at)?.times(inst.imm)),
            (Op::Shl, true) => Some(self.value(a, at)?.times(1 << (inst.imm & 31))),
            _ => None,
        }
    }
}

/// A range of an input in which loads stay, relative to a base in units of the load's index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Range {
    /// From the base, in units of the index, modulo 2³².
    low: u32,
    /// Words.
    length: Bound,
}

/// A view that could be declared.
#[derive(Clone, Debug)]
struct Candidate {
    /// The loop before which it would be declared.
    level: usize,
    buffer: u8,
    /// Words per unit of the index: 1, or 4 for a `load4`.
    unit: u32,
    /// The base without its constant.
    terms: Vec<(Reg, u32)>,
    range: Range,
    /// Words between the first and the last start of the ranges of its loads.
    spread: u32,
    loads: Vec<usize>,
    /// How often the loop is entered, with typical parameters.
    entered: u64,
    /// Chunks that the loads cost without the view, with typical parameters.
    free: u64,
}

impl Candidate {
    /// Chunks that the view costs, with typical parameters.
    fn chunks(&self) -> u64 {
        self.entered.saturating_mul(u64::from(self.range.length.value(&TYPICAL).div_ceil(256)) + 1)
    }

    fn saved(&self) -> u64 {
        self.free.saturating_sub(self.chunks())
    }

    /// One view for the loads of both.
    fn with(&self, other: &Candidate) -> Option<Candidate> {
        let same = self.level == other.level
            && self.buffer == other.buffer
            && self.unit == other.unit
            && self.terms == other.terms;
        let (mine, theirs) = (self.range, other.range);
        let (first, second) = (mine.length, theirs.length);
        let same = same && (first.param, first.shift, first.m) == (second.param, second.shift, second.m);
        let apart = i64::from(theirs.low.wrapping_sub(mine.low) as i32) * i64::from(self.unit);
        if !same || apart.abs() > MAX_APART {
            return None;
        }
        let (moved, other_moved) = (apart.min(0).unsigned_abs() as u32, apart.max(0) as u32);
        let spread = (self.spread + moved).max(other.spread + other_moved);
        if i64::from(spread) > MAX_APART {
            return None;
        }
        let longest = |a: u32, b: u32| a.saturating_add(moved).max(b.saturating_add(other_moved));
        let length = Bound { c: longest(first.c, second.c), cap: longest(first.cap, second.cap), ..first };
        let low = if apart < 0 { theirs.low } else { mine.low };
        let loads = self.loads.iter().chain(&other.loads).copied().collect();
        let free = self.free.saturating_add(other.free);
        Some(Candidate { range: Range { low, length }, spread, loads, free, ..self.clone() })
    }
}

/// The best view for each load separately.
fn ranges(body: &Body, bounds: &[Bound]) -> Vec<Candidate> {
    let flow = Flow::of(body);
    let mut all = Vec::new();
    for (at, inst) in body.code.iter().enumerate() {
        let unit = match inst.op {
            Op::Load => 1,
            Op::Load4 => 4,
            _ => continue,
        };
        let levels: Vec<usize> = flow.loops_around(at).collect();
        let turns = |open: usize| u64::from(bound_of(body, bounds, open).value(&TYPICAL));
        let free = levels.iter().fold(1u64, |product, &open| product.saturating_mul(turns(open)));
        let mut best: Option<Candidate> = None;
        for (inner, &level) in levels.iter().enumerate() {
            let reader = Reader { flow: &flow, level, patience: Cell::new(PATIENCE) };
            let Some(mut index) = reader.value(inst.src[0], at) else { continue };
            index.constant = index.constant.wrapping_add(inst.imm);
            let Some(range) = range(&index, unit, |open| bound_of(body, bounds, open)) else { continue };
            index.terms.sort_unstable();
            let entered = levels[inner + 1..].iter().fold(1u64, |product, &open| product.saturating_mul(turns(open)));
            let buffer = inst.table as u8;
            let terms = index.terms;
            let found = Candidate { level, buffer, unit, terms, range, spread: 0, loads: vec![at], entered, free };
            // If two cost the same, the outer one is declared less often.
            if best.as_ref().is_none_or(|best| found.chunks() <= best.chunks()) {
                best = Some(found);
            }
        }
        all.extend(best);
    }
    all
}

fn bound_of(body: &Body, bounds: &[Bound], open: usize) -> Bound {
    bounds.get(usize::from(body.code[open].table)).copied().unwrap_or(Bound::constant(u32::MAX))
}

/// The range of an index, if a bound can express its length.
fn range(index: &Affine, unit: u32, bound: impl Fn(usize) -> Bound) -> Option<Range> {
    let words = i64::from(unit);
    // The constant part of the length, and the bound that is added to it, with its factor.
    let (mut fixed, mut low, mut advance) = (words, 0i64, 0i64);
    let mut variable: Option<(Bound, i64)> = None;
    for &(counter, scale) in &index.counters {
        let step = i64::from(scale as i32);
        let stride = step.abs() * words;
        advance += stride;
        if advance > MAX_ADVANCE {
            return None;
        }
        let of = bound(counter.open);
        let unstepped = i64::from(!counter.stepped);
        match of.param {
            None => {
                let turns = (i64::from(of.c) - unstepped).max(0);
                low += step.min(0) * turns;
                fixed += stride * turns;
            }
            // The start would depend on the parameter.
            Some(_) if step < 0 => return None,
            Some(_) => {
                fixed -= stride * unstepped;
                variable = match variable {
                    None => Some((of, stride)),
                    Some((bound, strides)) if bound == of => Some((bound, strides + stride)),
                    // The length would depend on two parameters.
                    Some(_) => return None,
                };
            }
        }
    }
    let word = |value: i64| value.clamp(0, i64::from(u32::MAX)) as u32;
    let length = match variable {
        None => Bound::constant(word(fixed)),
        Some((Bound { c, cap, m, param, shift }, stride)) => Bound {
            c: word(i64::from(c) * stride + fixed),
            cap: if cap == u32::MAX { cap } else { word(i64::from(cap) * stride + fixed) },
            m: u16::try_from(i64::from(m) * stride).ok()?,
            param,
            shift,
        },
    };
    Some(Range { low: index.constant.wrapping_add(low as u32), length })
}

/// Merges views of loads that read close to each other, if that costs fewer chunks.
fn share(mut ranges: Vec<Candidate>) -> Vec<Candidate> {
    ranges.sort_by(|a, b| {
        let key = |range: &Candidate| (range.level, range.buffer, range.unit, range.range.low as i32);
        key(a).cmp(&key(b)).then_with(|| a.terms.cmp(&b.terms))
    });
    let mut shared: Vec<Candidate> = Vec::new();
    for range in ranges {
        let merged = shared.iter_mut().find_map(|other| {
            let both = other.with(&range)?;
            (both.chunks() <= other.chunks().saturating_add(range.chunks())).then_some((other, both))
        });
        match merged {
            Some((other, both)) => *other = both,
            None => shared.push(range),
        }
    }
    shared
}

/// Inserts the declarations before their loops, and makes the loads go through them.
fn insert(body: &mut Body, declared: &[(Candidate, u16)]) {
    for (view, number) in declared {
        for &load in &view.loads {
            let inst = &mut body.code[load];
            inst.op = if inst.op == Op::Load4 { Op::Load4View } else { Op::LoadView };
            inst.table = *number;
        }
    }
    let code = std::mem::take(&mut body.code);
    for (at, inst) in code.into_iter().enumerate() {
        for (view, number) in declared.iter().filter(|(view, _)| view.level == at) {
            declare(body, view, *number, inst.origin);
        }
        body.code.push(inst);
    }
}

fn declare(body: &mut Body, view: &Candidate, number: u16, origin: naga::Span) {
    let mut append = |inst: Inst| {
        body.temporary.push(true);
        let d = (body.temporary.len() - 1) as Reg;
        body.code.push(Inst { d, origin, ..inst });
        d
    };
    let mut with_constant = |op: Op, reg: Reg, imm: u32| {
        append(Inst { src: [reg, NONE, NONE, NONE], immediate: true, imm, ..Inst::new(op) })
    };
    let mut parts: Vec<Reg> = Vec::new();
    for &(reg, scale) in &view.terms {
        parts.push(if scale == 1 { reg } else { with_constant(Op::Mul, reg, scale) });
    }
    let low = view.range.low;
    let mut base = None;
    for part in parts {
        base = Some(match base {
            None => part,
            Some(sum) => append(Inst { src: [sum, part, NONE, NONE], ..Inst::new(Op::Add) }),
        });
    }
    let base = match base {
        None => {
            // The base is constant, so its maximum with 0 is too.
            let start = if (low as i32) < 0 { 0 } else { low.wrapping_mul(view.unit) };
            append(Inst::constant(NONE, start))
        }
        Some(sum) => {
            let mut with_constant = |op: Op, reg: Reg, imm: u32| {
                append(Inst { src: [reg, NONE, NONE, NONE], immediate: true, imm, ..Inst::new(op) })
            };
            let sum = if low == 0 { sum } else { with_constant(Op::Add, sum, low) };
            let start = with_constant(Op::MaxS, sum, 0);
            if view.unit == 4 {
                with_constant(Op::Shl, start, 2)
            } else {
                start
            }
        }
    };
    body.code.push(Inst { src: [base, NONE, NONE, NONE], table: number, origin, ..Inst::new(Op::View) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{body, lines, outline, run, text};

    const PARAM: Bound = Bound { c: 3, cap: 100, m: 2, param: Some(1), shift: 4 };

    fn index(turns: &[(usize, bool, i32)], constant: u32) -> Affine {
        let counters = (0..).zip(turns).map(|(variable, &(open, stepped, scale))| {
            let counter = Counter { open, variable, stepped };
            (counter, scale as u32)
        });
        Affine { counters: counters.collect(), constant, ..Affine::default() }
    }

    /// Loop 0 runs 10 times, loop 1 as often as one parameter says, loop 2 as another one does.
    fn of(index: &Affine, unit: u32) -> Option<Range> {
        range(index, unit, |open| match open {
            0 => Bound::constant(10),
            1 => PARAM,
            _ => Bound { param: Some(2), ..PARAM },
        })
    }

    #[test]
    fn a_range_has_the_words_of_all_turns() {
        let constant = |words| Bound::constant(words);
        for (turns, unit, low, length) in [
            (vec![], 1, 7, constant(1)),
            (vec![(0, false, 1)], 1, 7, constant(10)),
            (vec![(0, true, 1)], 1, 7, constant(11)),
            (vec![(0, false, 3)], 1, 7, constant(28)),
            (vec![(0, false, 1)], 4, 7, constant(40)),
            (vec![(0, false, -1)], 1, 7u32.wrapping_sub(9), constant(10)),
            (vec![(0, true, -2)], 4, 7u32.wrapping_sub(20), constant(84)),
            (vec![(1, false, 1)], 1, 7, PARAM),
            (vec![(1, true, 1)], 1, 7, Bound { c: 4, cap: 101, ..PARAM }),
            (vec![(1, false, 2)], 4, 7, Bound { c: 20, cap: 796, m: 16, ..PARAM }),
            (vec![(1, false, 1), (0, false, -1)], 1, 7u32.wrapping_sub(9), Bound { c: 12, cap: 109, ..PARAM }),
            // Two counters of one loop are independent.
            (vec![(0, false, 1), (0, false, 1)], 1, 7, constant(19)),
            (vec![(0, false, 1), (0, false, -1)], 1, 7u32.wrapping_sub(9), constant(19)),
            (vec![(1, false, 1), (1, true, 1)], 1, 7, Bound { c: 6, cap: 200, m: 4, ..PARAM }),
        ] {
            assert_eq!(of(&index(&turns, 7), unit), Some(Range { low, length }), "{turns:?} {unit}");
        }
    }

    #[test]
    fn a_range_that_no_bound_expresses_is_none() {
        for (turns, unit) in [
            // 256 words per iteration, one by one or in groups of four.
            (vec![(0, false, 256)], 1),
            (vec![(0, false, 200), (1, false, -56)], 1),
            (vec![(0, false, 64)], 4),
            // Downwards as often as a parameter says; two parameters.
            (vec![(1, false, -1)], 1),
            (vec![(1, false, 1), (2, false, 1)], 1),
        ] {
            assert_eq!(of(&index(&turns, 0), unit), None, "{turns:?} {unit}");
        }
        let wide = |_| Bound { m: 400, ..PARAM };
        assert_eq!(range(&index(&[(0, false, 200)], 0), 1, wide), None, "the multiplier has 16 bits");
    }

    #[test]
    fn an_empty_loop_makes_no_negative_length() {
        let none = |_| Bound::constant(0);
        assert_eq!(range(&index(&[(0, false, 5)], 0), 1, none).unwrap().length, Bound::constant(1));
        let few = |_| Bound { c: 0, cap: 9, m: 1, param: Some(0), shift: 0 };
        let length = range(&index(&[(0, false, 5)], 0), 1, few).unwrap().length;
        assert_eq!(length, Bound { c: 0, cap: 41, m: 5, param: Some(0), shift: 0 });
        for turns in 1..12u32 {
            assert!(length.value(&[turns]) > 5 * (turns.min(9) - 1), "{turns}");
        }
    }

    fn candidate(low: u32, words: u32) -> Candidate {
        let range = Range { low, length: Bound::constant(words) };
        let (terms, loads) = (vec![(1, 1)], vec![low as usize]);
        Candidate { level: 2, buffer: 0, unit: 1, terms, range, spread: 0, loads, entered: 1, free: 1 }
    }

    #[test]
    fn two_ranges_together_hold_both() {
        for (a, b, low, words) in [
            ((10, 5), (12, 5), 10, 7),
            ((12, 5), (10, 5), 10, 7),
            ((10, 50), (12, 5), 10, 50),
            ((0, 5), (u32::MAX, 5), u32::MAX, 6),
        ] {
            let both = candidate(a.0, a.1).with(&candidate(b.0, b.1)).unwrap();
            assert_eq!(both.range, Range { low, length: Bound::constant(words) });
            assert_eq!((both.loads.len(), both.free), (2, 2));
        }
    }

    #[test]
    fn ranges_far_apart_or_of_different_kinds_stay_apart() {
        let a = candidate(0, 5);
        assert!(a.with(&candidate(1 << 20, 5)).is_some());
        assert!(a.with(&candidate((1 << 20) + 1, 5)).is_none());
        // Not through a third register either.
        let spread = a.with(&candidate(1 << 20, 5)).unwrap();
        assert!(spread.with(&candidate((1 << 20) + 1, 5)).is_none());
        assert!(a.with(&Candidate { level: 3, ..candidate(0, 5) }).is_none());
        assert!(a.with(&Candidate { buffer: 1, ..candidate(0, 5) }).is_none());
        assert!(a.with(&Candidate { unit: 4, ..candidate(0, 5) }).is_none());
        assert!(a.with(&Candidate { terms: vec![(1, 2)], ..candidate(0, 5) }).is_none());
        let by_parameter = Range { low: 0, length: PARAM };
        assert!(a.with(&Candidate { range: by_parameter, ..candidate(0, 5) }).is_none());
    }

    #[test]
    fn a_view_is_declared_before_its_loop() {
        let before = "t0 = gid
            t1 = mul t0 10
            v2 = const 0
            loop #1 @0
            t3 = add t1 v2
            t4 = load t3 +5 @0
            v5 = add v5 t4
            t6 = add v2 1
            v2 = mov t6
            end_loop #1 @0
            t7 = const 0
            ostore t7 v5";
        let mut changed = body(before);
        let mut tables = outline();
        infer(&mut changed, &mut tables);
        assert_eq!(
            text(&changed),
            lines(
                "t0 = gid
                t1 = mul t0 10
                v2 = const 0
                t8 = add t1 v2
                t9 = add t8 5
                t10 = max_s t9 0
                view t10 @1
                loop #1
                t3 = add t1 v2
                t4 = load_view t3 +5 @1
                v5 = add v5 t4
                t6 = add v2 1
                v2 = mov t6
                end_loop #1
                t7 = const 0
                ostore t7 v5"
            )
        );
        assert_eq!(tables.views[1], ViewDecl { buffer: 0, bound: 0 });
        assert_eq!(tables.bounds, outline().bounds, "the loop's own bound will do");
    }

    #[test]
    fn what_is_not_followed_is_left_alone() {
        for lines in [
            // Not in a loop, no counter, two steps, a step in an inner loop.
            "t1 = load t0 @0\nv5 = add v5 t1",
            "loop #1 @0\nv2 = load v2 @0\nend_loop #1 @0",
            "loop #1 @0\nv2 = add v2 1\nt1 = load v2 @0\nv5 = add v5 t1\nv2 = add v2 1\nend_loop #1 @0",
            "loop #1 @0\nloop #2 @0\nv2 = add v2 1\nend_loop #2 @0\nt1 = load v2 @0\nv5 = add v5 t1\nend_loop #1 @0",
        ] {
            let before = format!("t0 = gid\n{lines}\nt7 = const 0\nostore t7 v5");
            let mut changed = body(&before);
            infer(&mut changed, &mut outline());
            assert_eq!(text(&changed), text(&body(&before)));
            assert_eq!(run(&changed), run(&body(&before)));
        }
    }
}
