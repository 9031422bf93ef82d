//! Infers the bound of a loop from its counter, its exit condition and the limit in that.

use std::rc::Rc;

use naga::{BinaryOperator, Block, Expression, Handle, LocalVariable, Statement, UnaryOperator};
use touchstone_kir::{Bound, Op};

use super::{
    builder::Word,
    counter::{geometric, mirrored, opposite, Counted, Counter, Step},
    limit::{trips, Limit},
    lowerer::Lowerer,
    syntax::{continues, emits, root},
    types,
    value::Value,
    writes::{writes, writes_statement, Writes},
};
use crate::range::Range;
use crate::CompileError;

/// `while left op right`.
#[derive(Clone, Copy)]
struct Condition {
    op: BinaryOperator,
    left: Handle<Expression>,
    right: Handle<Expression>,
    /// This is the whole condition under which the loop continues; otherwise there are further ones.
    whole: bool,
}

impl<'a> Lowerer<'a> {
    /// The bound of a loop that has an exit at statement `at` of its body. It is exact if the bound alone can replace
    /// the exit.
    pub(super) fn counted(
        &mut self,
        body: &[&'a Statement],
        continuing: &'a Block,
        at: usize,
        before: &[&'a Statement],
    ) -> Result<Option<Limit>, CompileError> {
        let Some(condition) = self.exits_at(&body[at..]) else {
            return Ok(None);
        };
        let at_head = body[..at].iter().all(|statement| match statement {
            Statement::Emit(_) => true,
            // `while true`.
            Statement::If { condition, accept, .. } => {
                accept.is_empty()
                    && matches!(self.frame.arena[*condition], Expression::Literal(naga::Literal::Bool(true)))
            }
            _ => false,
        });
        for flipped in [false, true] {
            let (counter, op, limit) = match flipped {
                false => (condition.left, condition.op, condition.right),
                true => (condition.right, mirrored(condition.op), condition.left),
            };
            let (read, ahead) = self.ahead(counter)?;
            let Some(local) = self.loaded(read) else { continue };
            if !emits(&body[..at], read) {
                // The value was read before the loop, or in another iteration.
                continue;
            }
            let signed = types::is_signed(self.inner(counter));
            let Some(step) = self.step(local, body, continuing)? else { continue };
            let (start, certain) = self.start(local, before)?;
            let start = start.map(|start| self.builder.binary(Op::Add, start, Word::Const(ahead)));
            let counter = Counter { start, certain: certain && ahead == 0, step, signed };
            if op == BinaryOperator::NotEqual && !at_head {
                // The counter may have passed the limit before it is compared.
                continue;
            }
            let found = match counter.step {
                Step::Add(step) => {
                    let limit = self.limit_of(limit)?;
                    self.trip_count(&counter, step, op, limit)
                }
                _ => {
                    let limit = self.word(limit)?;
                    geometric(&counter, op, limit)
                }
            };
            let Some(found) = found else { continue };
            if at_head && ahead == 0 {
                let steps_inside =
                    body.iter().any(|statement| writes_statement(statement, self.frame.arena, local) > 0);
                let counted = self.reached(&counter, op, limit, steps_inside)?;
                self.frame.ranges.extend(counted.map(|counted| (local, counted)));
            }
            if at_head && condition.whole && counter.certain {
                return Ok(Some(found));
            }
            // Statements before the exit run once more than those after it.
            let found = if at_head { Some(found) } else { found.apply(Op::Add, 1) };
            return Ok(found.map(Limit::at_most));
        }
        Ok(None)
    }

    /// The condition under which the loop continues, if the first of these statements is an exit.
    fn exits_at(&self, statements: &[&Statement]) -> Option<Condition> {
        let Statement::If { condition, accept, reject } = *statements.first()? else {
            return None;
        };
        let arena = self.frame.arena;
        let (condition, negated) = match arena[*condition] {
            Expression::Unary { op: UnaryOperator::LogicalNot, expr } => (expr, true),
            _ => (*condition, false),
        };
        let Expression::Binary { op, left, right } = arena[condition] else {
            return None;
        };
        let (op, whole) = match (&**accept, &**reject, negated) {
            ([], [Statement::Break], false) | ([Statement::Break], [], true) => (op, true),
            ([Statement::Break], [], false) => (opposite(op)?, true),
            // For `a && b`, naga stores b or false in a variable, which the loop then tests.
            (_, [Statement::Store { pointer, value }], false) => {
                let is_false = matches!(arena[*value], Expression::Literal(naga::Literal::Bool(false)));
                let tested = root(arena, *pointer)?;
                if !is_false || !self.leaves_unless(&statements[1..], tested) {
                    return None;
                }
                (op, false)
            }
            _ => return None,
        };
        Some(Condition { op, left, right, whole })
    }

    /// The loop exits here unless a variable is true.
    fn leaves_unless(&self, statements: &[&Statement], variable: Handle<LocalVariable>) -> bool {
        let next = statements.iter().position(|statement| !matches!(statement, Statement::Emit(_)));
        let Some(Statement::If { condition, accept, reject }) = next.map(|at| statements[at]) else {
            return false;
        };
        if self.loaded(*condition) != Some(variable) || !emits(&statements[..next.unwrap_or(0)], *condition) {
            return false;
        }
        match (&**accept, &**reject) {
            ([], [Statement::Break]) => true,
            // A third condition is tested through one more variable.
            (_, [Statement::Store { pointer, value }]) => {
                let arena = self.frame.arena;
                let is_false = matches!(arena[*value], Expression::Literal(naga::Literal::Bool(false)));
                let rest = next.map_or(&[][..], |at| &statements[at + 1..]);
                is_false && root(arena, *pointer).is_some_and(|next| self.leaves_unless(rest, next))
            }
            _ => false,
        }
    }

    /// Splits `counter + constant` into both.
    fn ahead(&mut self, counter: Handle<Expression>) -> Result<(Handle<Expression>, u32), CompileError> {
        let arena = self.frame.arena;
        if let Expression::Binary { op: BinaryOperator::Add, left, right } = arena[counter] {
            for (read, constant) in [(left, right), (right, left)] {
                if !matches!(arena[constant], Expression::Literal(_) | Expression::Constant(_)) {
                    continue;
                }
                if let Word::Const(constant) = self.word(constant)? {
                    return Ok((read, constant));
                }
            }
        }
        Ok((counter, 0))
    }

    /// The variable, if the expression loads one.
    fn loaded(&self, expression: Handle<Expression>) -> Option<Handle<LocalVariable>> {
        match self.frame.arena[expression] {
            Expression::Load { pointer } => match self.frame.arena[pointer] {
                Expression::LocalVariable(local) => Some(local),
                _ => None,
            },
            _ => None,
        }
    }

    /// How a loop changes a variable in each iteration, if it does so in one way only.
    fn step(
        &mut self,
        local: Handle<LocalVariable>,
        body: &[&'a Statement],
        continuing: &'a Block,
    ) -> Result<Option<Step>, CompileError> {
        let arena = self.frame.arena;
        let in_body: usize = body.iter().map(|statement| writes_statement(statement, arena, local)).sum();
        if in_body + writes(continuing, arena, local) != 1 {
            return Ok(None);
        }
        let stores = |statement: &Statement| {
            matches!(statement, Statement::Store { pointer, .. }
                if matches!(arena[*pointer], Expression::LocalVariable(other) if other == local))
        };
        let in_continuing = continuing.iter().position(stores);
        let in_body = body.iter().position(|statement| stores(statement));
        let statement = match (in_continuing, in_body) {
            (Some(at), _) => &continuing[at],
            // A `continue` before it would skip it.
            (None, Some(at)) if !body[..at].iter().any(|statement| continues(statement)) => body[at],
            _ => return Ok(None),
        };
        let Statement::Store { value, .. } = statement else {
            return Ok(None);
        };
        let Expression::Binary { op, left, right } = arena[*value] else {
            return Ok(None);
        };
        // It must be the counter's value in the same iteration: adding to an older value is not a step.
        let in_loop: Vec<&Statement> = body.iter().copied().chain(continuing.iter()).collect();
        let is_counter = |side| self.loaded(side) == Some(local) && emits(&in_loop, side);
        let (is_left, is_right) = (is_counter(left), is_counter(right));
        let by = match (op, is_left, is_right) {
            (BinaryOperator::Add, false, true) => left,
            (
                BinaryOperator::Add
                | BinaryOperator::Subtract
                | BinaryOperator::Multiply
                | BinaryOperator::Divide
                | BinaryOperator::ShiftLeft
                | BinaryOperator::ShiftRight,
                true,
                false,
            ) => right,
            _ => return Ok(None),
        };
        if !matches!(arena[by], Expression::Literal(_) | Expression::Constant(_)) {
            return Ok(None);
        }
        let Word::Const(by) = self.word(by)? else {
            return Ok(None);
        };
        let factor = match op {
            BinaryOperator::ShiftLeft | BinaryOperator::ShiftRight => 1u32.checked_shl(by).unwrap_or(0),
            _ => by,
        };
        Ok(match op {
            BinaryOperator::Add if by != 0 => Some(Step::Add(by)),
            BinaryOperator::Subtract if by != 0 => Some(Step::Add(by.wrapping_neg())),
            BinaryOperator::Multiply | BinaryOperator::ShiftLeft if factor >= 2 => Some(Step::Grow(factor)),
            BinaryOperator::Divide | BinaryOperator::ShiftRight if factor >= 2 => Some(Step::Shrink(factor)),
            _ => None,
        })
    }

    /// The range of a counter in the body of its loop, where it may have been stepped already.
    fn reached(
        &mut self,
        counter: &Counter,
        op: BinaryOperator,
        limit: Handle<Expression>,
        steps_inside: bool,
    ) -> Result<Option<Counted>, CompileError> {
        let Step::Add(step) = counter.step else { return Ok(None) };
        let up = (step as i32) > 0;
        let start = counter.start.map_or(Range::FULL, |start| self.builder.range(start));
        if counter.signed && !start.is_natural() {
            return Ok(None);
        }
        let largest = if counter.signed { i32::MAX as u32 } else { u32::MAX };
        Ok(match op {
            BinaryOperator::Less | BinaryOperator::LessEqual if up => {
                let limit = self.limit_of(limit)?;
                let inclusive = op == BinaryOperator::LessEqual;
                let last = self.builder.range(limit).hi.min(largest).saturating_sub(u32::from(!inclusive));
                let next = last.checked_add(step).filter(|&next| next <= largest);
                let range = match (next, steps_inside) {
                    (None, _) => Range::FULL,
                    (Some(next), true) => Range { lo: start.lo, hi: next.max(start.lo) },
                    (Some(_), false) => Range { lo: start.lo, hi: last.max(start.lo) },
                };
                // A signed parameter may be negative.
                let known = self.builder.limit(limit).filter(|limit| !counter.signed || limit.constant().is_some());
                let most = known.and_then(|limit| limit.apply(Op::Add, step)?.apply(Op::Add, 1)).map(Limit::at_most);
                let under = (!counter.signed && !inclusive && !steps_inside).then_some(limit);
                Some(Counted { limit: most, range, under })
            }
            BinaryOperator::Greater | BinaryOperator::GreaterEqual if !up => {
                let end = self.word(limit)?;
                if counter.signed && (steps_inside || !self.builder.range(end).is_natural()) {
                    return Ok(None);
                }
                let most = counter.start.and_then(|start| self.builder.limit(start)).map(Limit::at_most);
                Some(Counted { limit: most, range: Range::FULL, under: None })
            }
            _ => None,
        })
    }

    /// The bound of a loop that ends with `break if`.
    pub(super) fn counted_at_end(
        &mut self,
        condition: Handle<Expression>,
        body: &[&'a Statement],
        continuing: &'a Block,
        before: &[&'a Statement],
    ) -> Result<Option<Limit>, CompileError> {
        let Expression::Binary { op, left, right } = self.frame.arena[condition] else {
            return Ok(None);
        };
        let last: Vec<&Statement> = continuing.iter().collect();
        for (counter, op, limit) in [(left, Some(op), right), (right, Some(mirrored(op)), left)] {
            // The loop continues while the condition does not hold.
            let Some(op) = op.and_then(opposite) else { continue };
            let Some(local) = self.loaded(counter).filter(|_| emits(&last, counter)) else { continue };
            let signed = types::is_signed(self.inner(counter));
            let Some(step) = self.step(local, body, continuing)? else { continue };
            let (start, certain) = self.start(local, before)?;
            let counter = Counter { start, certain, step, signed };
            let limit = self.limit_of(limit)?;
            let found = match (op, step, start, limit) {
                (BinaryOperator::NotEqual, Step::Add(step), Some(Word::Const(start)), Word::Const(limit)) => {
                    let distance = limit.wrapping_sub(start);
                    let (distance, step) = match (step as i32) < 0 {
                        true => (distance.wrapping_neg(), step.wrapping_neg()),
                        false => (distance, step),
                    };
                    let meets = distance > 0 && distance.is_multiple_of(step) && certain;
                    meets.then(|| Limit::exact(Bound::constant(distance / step)))
                }
                (BinaryOperator::NotEqual, ..) => None,
                (_, Step::Add(step), ..) => self.trip_count(&counter, step, op, limit),
                _ => geometric(&counter, op, limit),
            };
            if let Some(found) = found {
                // The compared value is one step ahead of that at the head.
                return Ok(found.apply(Op::Add, 1).map(Limit::at_most));
            }
        }
        Ok(None)
    }

    /// The limit of a loop. For a variable that is written once, it is the value written.
    fn limit_of(&mut self, limit: Handle<Expression>) -> Result<Word, CompileError> {
        let word = self.word(limit)?;
        if self.builder.limit(word).is_some() {
            return Ok(word);
        }
        let written = self.loaded(limit).and_then(|local| self.writes().of(local).value);
        // Before the write the variable is 0, which is within every limit.
        let written = written.and_then(|value| self.frame.values[value.index()].clone());
        Ok(match written {
            Some(Value::Words(words)) if words.len() == 1 && self.builder.limit(words[0]).is_some() => {
                self.builder.at_most(word, self.builder.limit(words[0]));
                word
            }
            _ => word,
        })
    }

    /// Records what is known about a counter for a value loaded from it.
    pub(super) fn within_range(&mut self, pointer: Handle<Expression>, words: &[Word]) {
        let Expression::LocalVariable(local) = self.frame.arena[pointer] else { return };
        let range = self.frame.ranges.iter().rev().find(|(counter, _)| *counter == local);
        if let (Some(&(_, counted)), &[word]) = (range, words) {
            self.builder.at_most(word, counted.limit);
            self.builder.within(word, counted.range, counted.under);
        }
    }

    /// How the function being inlined writes its variables.
    fn writes(&mut self) -> Rc<Writes> {
        self.frame.writes.get_or_insert_with(|| Rc::new(Writes::of_function(self.frame.function))).clone()
    }

    /// The value of a variable when its loop begins, if it is known, and whether it is the same each time the loop is
    /// entered.
    fn start(
        &mut self,
        local: Handle<LocalVariable>,
        before: &[&'a Statement],
    ) -> Result<(Option<Word>, bool), CompileError> {
        let arena = self.frame.arena;
        let Some(function) = self.frame.function else {
            return Ok((None, false));
        };
        let only_here = self.writes().of(local).count == 1;
        for &statement in before.iter().rev().filter(|_| !only_here) {
            match statement {
                Statement::Store { pointer, value } if root(arena, *pointer) == Some(local) => {
                    return match arena[*pointer] {
                        Expression::LocalVariable(_) => Ok((Some(self.word(*value)?), true)),
                        _ => Ok((None, false)),
                    };
                }
                other if writes_statement(other, arena, local) > 0 => return Ok((None, false)),
                _ => {}
            }
        }
        // Only the loop's step writes it: it still has its initial value, or a later one if there is a loop around this
        // one.
        if !only_here {
            return Ok((None, false));
        }
        let first = match function.local_variables[local].init {
            Some(init) => self.word(init)?,
            None => Word::Const(0),
        };
        Ok((Some(first), self.frame.exits.len() == 1))
    }

    fn trip_count(&self, counter: &Counter, step: u32, op: BinaryOperator, limit: Word) -> Option<Limit> {
        let number = |word: u32| if counter.signed { i64::from(word as i32) } else { i64::from(word) };
        let start = match counter.start {
            Some(Word::Const(word)) => Some(number(word)),
            _ => None,
        };
        let range = counter.start.map_or(Range::FULL, |start| self.builder.range(start));
        let limit_of = |word| match counter.signed {
            true => self.builder.signed_limit(word),
            false => self.builder.limit(word),
        };
        let up = (step as i32) > 0;
        let step = (step as i32).unsigned_abs();
        let inclusive = matches!(op, BinaryOperator::LessEqual | BinaryOperator::GreaterEqual);
        match op {
            BinaryOperator::Less | BinaryOperator::LessEqual if up => {
                if let (Word::Const(end), Some(start), true) = (limit, start, counter.signed) {
                    let distance = number(end) - start + i64::from(inclusive);
                    let trips = u32::try_from(distance.max(0)).ok()?.div_ceil(step);
                    return Some(Limit::exact(Bound::constant(trips)));
                }
                let distance = counter.start.and_then(|start| self.distance(start, limit));
                if let (None, Some(distance)) = (start, distance) {
                    return Some(trips(distance.at_most(), Some(0), step, inclusive));
                }
                // A signed counter is bounded from below only by a known start.
                if counter.signed && start.is_none() && !range.is_natural() {
                    return None;
                }
                let limit = limit_of(limit)?;
                // A negative parameter gives a large bound, but the loop does not run.
                let limit = if counter.signed { limit.at_most() } else { limit };
                Some(trips(limit, start, step, inclusive))
            }
            // An unsigned counter with a longer step may skip the end and wrap.
            BinaryOperator::Greater | BinaryOperator::GreaterEqual if !up && (counter.signed || step == 1) => {
                let Word::Const(end) = limit else { return None };
                let end = number(end);
                if inclusive && end <= 0 && !counter.signed {
                    // Always true.
                    return None;
                }
                let from = limit_of(counter.start?)?;
                let known = start.map(|start| {
                    let distance = (start - end + i64::from(inclusive)).max(0);
                    u32::try_from(distance).ok().map(|distance| distance.div_ceil(step))
                });
                match known {
                    Some(trips) => Some(Limit::exact(Bound::constant(trips?)).at_most()),
                    // The loop counts from the parameter down to the end.
                    None => Some(trips(from.at_most(), Some(end), step, inclusive)),
                }
            }
            BinaryOperator::NotEqual if up && step == 1 && !counter.signed => {
                // Only a counter that starts at 0 certainly meets the limit.
                (start == Some(0)).then(|| self.builder.limit(limit))?
            }
            // Counting down by 1 meets 0 from any start.
            BinaryOperator::NotEqual if !up && step == 1 && !counter.signed && limit == Word::Const(0) => {
                Some(self.builder.limit(counter.start?)?.at_most())
            }
            _ => None,
        }
    }

    /// The distance from one value up to another, if it has a bound.
    fn distance(&self, from: Word, to: Word) -> Option<Limit> {
        let mut difference = self.builder.sum(to);
        difference.add_sum(&self.builder.sum(from), u32::MAX);
        let limit = match *difference.terms {
            [] => Limit::exact(Bound::constant(0)),
            [(reg, scale)] if scale <= u16::MAX.into() => self.builder.limit(Word::Reg(reg))?.apply(Op::Mul, scale)?,
            _ => return None,
        };
        limit.apply(Op::Add, difference.constant)
    }
}
