//! Loops and views: how often a loop runs at most, and how far an input is read.

use std::{collections::HashMap, rc::Rc};

use naga::{BinaryOperator, Block, Expression, Function, Handle, LocalVariable, Span, Statement, UnaryOperator};
use touchstone_kir::{Bound, Op};

use super::{
    abi::PARAMETERS,
    builder::Word,
    limit::{trips, Limit, Precision},
    lower::{nested, root, Exits, Lowerer, Value},
    prelude::{intrinsic, Intrinsic},
    statement::conditional,
    types,
};
use crate::{
    ir::{Inst, NONE},
    range::Range,
    CompileError,
};

const SHAPES: &str = "a bound is a constant, a parameter, or `min(cap, (parameter >> s) * m + c)` with constants; \
                      `(parameter + c) >> s` is rounded up";

/// `while left op right`.
#[derive(Clone, Copy)]
struct Condition {
    op: BinaryOperator,
    left: Handle<Expression>,
    right: Handle<Expression>,
    /// The loop goes on whenever this holds; otherwise there are further conditions.
    whole: bool,
}

/// A loop's counter: from a start in constant steps.
struct Counter {
    start: Option<Word>,
    /// The loop always begins at `start`, and not further on.
    certain: bool,
    step: Step,
    signed: bool,
}

/// What a counter is in its loop.
#[derive(Clone, Copy)]
pub struct Counted {
    limit: Option<Limit>,
    range: Range,
    /// It is less than this, unsigned.
    under: Option<Word>,
}

/// What a loop does to its counter in each turn.
#[derive(Clone, Copy)]
enum Step {
    /// Adds, modulo 2³².
    Add(u32),
    /// Multiplies or shifts left: by at least 2.
    Grow(u32),
    /// Divides or shifts right: by at least 2.
    Shrink(u32),
}

impl<'a> Lowerer<'a> {
    /// Lowers a loop; `before` are the statements in front of it in its block.
    pub fn counted_loop(
        &mut self,
        body: &'a Block,
        continuing: &'a Block,
        break_if: Option<Handle<Expression>>,
        before: &[&'a Statement],
        span: Span,
    ) -> Result<(), CompileError> {
        let (statements, spans) = flat(body);
        let label = self.builder.label();
        let opened = self.builder.len();
        let head = self.head(span);
        let around = std::mem::replace(&mut self.builder.origin, head);
        self.builder.push(Inst::control(Op::Loop, label));
        let (views, ranges) = (self.views, self.frame.ranges.len());
        let has_end = !continuing.is_empty() || break_if.is_some();
        let inner = self.builder.label();
        let on_continue = if has_end { (Op::Break, inner) } else { (Op::Continue, label) };
        self.frame.exits.push(Exits { on_break: label, on_continue: Some(on_continue) });
        if has_end {
            self.builder.push(Inst::control(Op::Block, inner));
        }
        let declared = statements.iter().any(|statement| self.is_loop_bound(statement));
        let mut bound = None;
        for (at, (&statement, &span)) in statements.iter().zip(&spans).enumerate() {
            self.check_size(span)?;
            if let Some(argument) = self.loop_bound_argument(statement) {
                bound = Some(self.declared_bound(argument, bound, span)?);
                continue;
            }
            if let (Statement::If { .. }, None, false) = (statement, bound, declared) {
                bound = self.counted(&statements, continuing, at, before)?;
                if bound.is_some_and(|limit| limit.is_exact() && limit.never_wraps()) {
                    // The bound alone ends the loop at the right moment.
                    continue;
                }
            }
            match statement {
                Statement::Loop { body: inner_body, continuing, break_if } => {
                    self.counted_loop(inner_body, continuing, *break_if, &statements[..at], span)?;
                    self.after(statement);
                }
                other => self.statement(other, span)?,
            }
            match statement {
                Statement::Break | Statement::Return { .. } => {
                    if bound.is_none() && !statements.iter().any(|statement| continues(statement)) {
                        bound = Some(Limit::exact(Bound::constant(1)));
                    }
                    break;
                }
                Statement::Continue => break,
                _ => {}
            }
        }
        if let (None, Some(condition)) = (bound, break_if) {
            bound = self.counted_at_end(condition, &statements, continuing, before)?;
        }
        let Some(limit) = bound else {
            return Err(self.unbounded(span));
        };
        if has_end {
            self.builder.push(Inst::control(Op::End, inner));
            if let Some(exits) = self.frame.exits.last_mut() {
                exits.on_continue = None;
            }
            // Here the counter moves on.
            self.frame.ranges.truncate(ranges);
            self.block_without_scope(continuing)?;
            if let Some(condition) = break_if {
                let condition = self.word(condition)?;
                self.jump_if(conditional(Op::Break), label, condition);
            }
        }
        self.frame.exits.pop();
        self.views = views;
        self.frame.ranges.truncate(ranges);
        let bound = self.bound(limit.bound, span)?;
        self.builder.set_bound(opened, bound);
        self.builder.push(Inst { table: bound, ..Inst::control(Op::EndLoop, label) });
        self.builder.origin = around;
        Ok(())
    }

    fn block_without_scope(&mut self, block: &'a Block) -> Result<(), CompileError> {
        for (statement, span) in block.span_iter() {
            self.statement(statement, *span)?;
        }
        Ok(())
    }

    fn loop_bound_argument(&self, statement: &Statement) -> Option<Handle<Expression>> {
        let Statement::Call { function, arguments, .. } = statement else {
            return None;
        };
        let declared = self.module.functions.get_span(*function);
        match intrinsic(&self.module.functions[*function], declared, self.source.len()) {
            Some(Intrinsic::LoopBound) => arguments.first().copied(),
            _ => None,
        }
    }

    fn is_loop_bound(&self, statement: &Statement) -> bool {
        self.loop_bound_argument(statement).is_some()
    }

    fn declared_bound(
        &mut self,
        argument: Handle<Expression>,
        already: Option<Limit>,
        span: Span,
    ) -> Result<Limit, CompileError> {
        if already.is_some() {
            return Err(CompileError::new("the loop has two bounds").at(span).note("keep the smaller one"));
        }
        let word = self.word(argument)?;
        match self.builder.limit(word) {
            Some(limit) if limit.precision <= Precision::Rounded => Ok(limit),
            _ => Err(CompileError::new("this cannot bound a loop").at(span).note(SHAPES)),
        }
    }

    fn unbounded(&self, span: Span) -> CompileError {
        CompileError::new("this loop has no bound that the compiler can see")
            .at(self.head(span))
            .note(
                "bounds are found for counted loops, `for (var i = 0u; i < limit; i += 1u)`, whose limit is a constant \
                 or made of one parameter (give the length of an input as one), and whose counter is changed nowhere \
                 else",
            )
            .note(format!("otherwise write `loop_bound(n);` first in the loop's body: {SHAPES}"))
    }

    /// What bounds a loop that has an exit at statement `at` of its body. Exact if the bound alone can take the
    /// exit's place.
    fn counted(
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
                // A value from before the loop, or of another turn.
                continue;
            }
            let signed = types::is_signed(self.inner(counter));
            let Some(step) = self.step(local, body, continuing)? else { continue };
            let (start, certain) = self.start(local, before)?;
            let start = start.map(|start| self.builder.binary(Op::Add, start, Word::Const(ahead)));
            let counter = Counter { start, certain: certain && ahead == 0, step, signed };
            if op == BinaryOperator::NotEqual && !at_head {
                // The counter may be past its limit before it is compared.
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
            // What stands in front of the exit runs once more than what stands behind it.
            let found = if at_head { Some(found) } else { found.apply(Op::Add, 1) };
            return Ok(found.map(Limit::at_most));
        }
        Ok(None)
    }

    /// The condition under which the loop goes on, where the first of these statements may leave it.
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
            // `a && b`: naga writes b, or false, to a variable that the loop then tests.
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

    /// The loop ends here unless a variable is true.
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
            // A third condition: tested through one more variable.
            (_, [Statement::Store { pointer, value }]) => {
                let arena = self.frame.arena;
                let is_false = matches!(arena[*value], Expression::Literal(naga::Literal::Bool(false)));
                let rest = next.map_or(&[][..], |at| &statements[at + 1..]);
                is_false && root(arena, *pointer).is_some_and(|next| self.leaves_unless(rest, next))
            }
            _ => false,
        }
    }

    /// Of `counter + constant`, the counter and the constant.
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

    /// The variable whose value an expression is.
    fn loaded(&self, expression: Handle<Expression>) -> Option<Handle<LocalVariable>> {
        match self.frame.arena[expression] {
            Expression::Load { pointer } => match self.frame.arena[pointer] {
                Expression::LocalVariable(local) => Some(local),
                _ => None,
            },
            _ => None,
        }
    }

    /// The constant that a loop adds to a variable in each turn, if it changes it in no other way.
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
            // A `continue` in front of it would skip it.
            (None, Some(at)) if !body[..at].iter().any(|statement| continues(statement)) => body[at],
            _ => return Ok(None),
        };
        let Statement::Store { value, .. } = statement else {
            return Ok(None);
        };
        let Expression::Binary { op, left, right } = arena[*value] else {
            return Ok(None);
        };
        // Only the counter's value in the same turn: an older one is no step from there.
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

    /// What a counter is behind the head of its loop, where it may also have moved on.
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

    /// What bounds a loop that ends with `break if`.
    fn counted_at_end(
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
            // The loop goes on while the condition does not hold.
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
                // What is compared is one step further than at the head.
                return Ok(found.apply(Op::Add, 1).map(Limit::at_most));
            }
        }
        Ok(None)
    }

    /// The limit of a loop: of a variable that is written once, what was written.
    fn limit_of(&mut self, limit: Handle<Expression>) -> Result<Word, CompileError> {
        let word = self.word(limit)?;
        if self.builder.limit(word).is_some() {
            return Ok(word);
        }
        let written = self.loaded(limit).and_then(|local| self.writes().of(local).value);
        // Before that it is 0, which is no more than anything.
        let written = written.and_then(|value| self.frame.values[value.index()].clone());
        Ok(match written {
            Some(Value::Words(words)) if words.len() == 1 && self.builder.limit(words[0]).is_some() => {
                self.builder.at_most(word, self.builder.limit(words[0]));
                word
            }
            _ => word,
        })
    }

    /// Keeps what is known of a counter in mind for a value of it.
    pub fn within_range(&mut self, pointer: Handle<Expression>, words: &[Word]) {
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

    /// The value of a variable when its loop begins, where that can be seen, and whether it is that each time.
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
        // Nothing else in the function writes it but the loop's step: it still has its first value, or, in a loop
        // around this one, a later one.
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
                // Of a signed counter, only a known start bounds it from below.
                if counter.signed && start.is_none() && !range.is_natural() {
                    return None;
                }
                let limit = limit_of(limit)?;
                // A negative parameter is a large bound, and no trip.
                let limit = if counter.signed { limit.at_most() } else { limit };
                Some(trips(limit, start, step, inclusive))
            }
            // Unsigned, a longer step may jump over the end and wrap.
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
                    // From the parameter down to the end.
                    None => Some(trips(from.at_most(), Some(end), step, inclusive)),
                }
            }
            BinaryOperator::NotEqual if up && step == 1 && !counter.signed => {
                // Only from 0 the limit is met for certain.
                (start == Some(0)).then(|| self.builder.limit(limit))?
            }
            // And 0 from anywhere.
            BinaryOperator::NotEqual if !up && step == 1 && !counter.signed && limit == Word::Const(0) => {
                Some(self.builder.limit(counter.start?)?.at_most())
            }
            _ => None,
        }
    }

    /// From one value up to another, where they differ by something with a bound: what is not upwards is no way.
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

    /// Declares a view, through which the loads of an input go from here to the end of the block.
    pub fn bound_reads(&mut self, arguments: &[Handle<Expression>], span: Span) -> Result<(), CompileError> {
        let &[binding, base, len] = arguments else {
            return Err(CompileError::new("bound_reads takes a binding, a base and a length").at(span));
        };
        let buffer = match self.word(binding)? {
            Word::Const(binding) if binding < PARAMETERS.min(self.abi.inputs.into()) => binding as u8,
            _ => {
                return Err(CompileError::new("bound_reads is not about an input")
                    .at(span)
                    .note("its first argument is the binding of an input as a constant, 0 to 7"))
            }
        };
        let base = self.word(base)?;
        let len = self.word(len)?;
        let limit = match self.builder.limit(len) {
            Some(limit) if limit.precision <= Precision::Rounded => limit,
            _ => {
                return Err(CompileError::new("this cannot bound reads")
                    .at(span)
                    .note(format!("the length, in words: {SHAPES}")))
            }
        };
        let bound = self.bound(limit.bound, span)?;
        let view = self.view(buffer, bound, span)?;
        let base = self.builder.reg(base);
        self.builder.push(Inst { src: [base, NONE, NONE, NONE], table: view.into(), ..Inst::new(Op::View) });
        self.views[usize::from(buffer)] = Some(view);
        Ok(())
    }
}

/// How often a loop runs whose counter doubles or halves: from a known start, or down to zero.
fn geometric(counter: &Counter, op: BinaryOperator, limit: Word) -> Option<Limit> {
    let at_most = |turns| Some(Limit::exact(Bound::constant(turns)).at_most());
    if let (Some(Word::Const(start)), Word::Const(limit)) = (counter.start, limit) {
        return at_most(simulated(counter, start, op, limit)?);
    }
    match (counter.step, counter.start, limit) {
        // A power of two grows out of its word in so many turns.
        (Step::Grow(factor), Some(Word::Const(start)), _)
            if factor.is_power_of_two()
                && start.is_power_of_two()
                && matches!(op, BinaryOperator::Less | BinaryOperator::LessEqual) =>
        {
            at_most((32 - start.trailing_zeros()).div_ceil(factor.trailing_zeros()))
        }
        (Step::Shrink(factor), _, Word::Const(limit)) => {
            let ends_at_zero = match op {
                BinaryOperator::Greater => !counter.signed || (limit as i32) >= 0,
                BinaryOperator::GreaterEqual => limit > 0 && (!counter.signed || (limit as i32) > 0),
                BinaryOperator::NotEqual => limit == 0 && !counter.signed,
                _ => false,
            };
            ends_at_zero.then(|| at_most(32u32.div_ceil(31 - factor.leading_zeros())))?
        }
        _ => None,
    }
}

/// Turns from a known start to a known limit, if there are not many.
fn simulated(counter: &Counter, start: u32, op: BinaryOperator, limit: u32) -> Option<u32> {
    let goes_on = |value: u32| {
        let order = match counter.signed {
            true => (value as i32).cmp(&(limit as i32)),
            false => value.cmp(&limit),
        };
        match op {
            BinaryOperator::Less => order.is_lt(),
            BinaryOperator::LessEqual => order.is_le(),
            BinaryOperator::Greater => order.is_gt(),
            BinaryOperator::GreaterEqual => order.is_ge(),
            _ => order.is_ne(),
        }
    };
    let mut value = start;
    for turn in 0..=64 {
        if !goes_on(value) {
            return Some(turn);
        }
        value = match (counter.step, counter.signed) {
            (Step::Add(by), _) => value.wrapping_add(by),
            (Step::Grow(by), _) => value.wrapping_mul(by),
            (Step::Shrink(by), false) => value / by,
            // Shifts round down and divisions towards zero: only above zero they are the same.
            (Step::Shrink(by), true) if (value as i32) >= 0 => value / by,
            (Step::Shrink(_), true) => return None,
        };
    }
    None
}

/// How a function writes its variables.
pub struct Writes {
    all: HashMap<Handle<LocalVariable>, Write>,
}

/// How a function writes one of them.
#[derive(Clone, Copy, Default)]
struct Write {
    /// Statements that may do it.
    count: usize,
    /// What is written, if that is all of the variable, in one place, and it has no other value at first.
    value: Option<Handle<Expression>>,
}

impl Writes {
    fn of_function(function: Option<&Function>) -> Self {
        let mut writes = Writes { all: HashMap::new() };
        if let Some(function) = function {
            writes.add(function, &function.body);
        }
        writes
    }

    fn of(&self, local: Handle<LocalVariable>) -> Write {
        self.all.get(&local).copied().unwrap_or_default()
    }

    fn add(&mut self, function: &Function, block: &Block) {
        let arena = &function.expressions;
        for statement in block {
            match statement {
                Statement::Store { pointer, value } => {
                    let Some(local) = root(arena, *pointer) else { continue };
                    let write = self.all.entry(local).or_default();
                    write.count += 1;
                    let all_of_it = matches!(arena[*pointer], Expression::LocalVariable(_));
                    let only = write.count == 1 && all_of_it && function.local_variables[local].init.is_none();
                    write.value = only.then_some(*value);
                }
                // A pointer in somebody else's hands.
                Statement::Call { arguments, .. } => {
                    for local in arguments.iter().filter_map(|&argument| root(arena, argument)) {
                        let write = self.all.entry(local).or_default();
                        write.count += 1;
                        write.value = None;
                    }
                }
                other => {
                    for block in nested(other) {
                        self.add(function, block);
                    }
                }
            }
        }
    }
}

fn opposite(op: BinaryOperator) -> Option<BinaryOperator> {
    Some(match op {
        BinaryOperator::Less => BinaryOperator::GreaterEqual,
        BinaryOperator::LessEqual => BinaryOperator::Greater,
        BinaryOperator::Greater => BinaryOperator::LessEqual,
        BinaryOperator::GreaterEqual => BinaryOperator::Less,
        BinaryOperator::Equal => BinaryOperator::NotEqual,
        _ => return None,
    })
}

fn mirrored(op: BinaryOperator) -> BinaryOperator {
    match op {
        BinaryOperator::Less => BinaryOperator::Greater,
        BinaryOperator::LessEqual => BinaryOperator::GreaterEqual,
        BinaryOperator::Greater => BinaryOperator::Less,
        BinaryOperator::GreaterEqual => BinaryOperator::LessEqual,
        other => other,
    }
}

/// An expression is evaluated by one of these statements, and not in a block inside them.
fn emits(statements: &[&Statement], expression: Handle<Expression>) -> bool {
    statements.iter().any(
        |statement| matches!(statement, Statement::Emit(range) if range.clone().any(|emitted| emitted == expression)),
    )
}

/// How many statements may write a variable.
fn writes(block: &Block, arena: &naga::Arena<Expression>, local: Handle<LocalVariable>) -> usize {
    block.iter().map(|statement| writes_statement(statement, arena, local)).sum()
}

fn writes_statement(statement: &Statement, arena: &naga::Arena<Expression>, local: Handle<LocalVariable>) -> usize {
    match statement {
        Statement::Store { pointer, .. } => usize::from(root(arena, *pointer) == Some(local)),
        // A pointer in somebody else's hands.
        Statement::Call { arguments, .. } => {
            arguments.iter().filter(|&&argument| root(arena, argument) == Some(local)).count()
        }
        other => nested(other).into_iter().map(|block| writes(block, arena, local)).sum(),
    }
}

/// The statements of a loop's body. naga puts what the author wrote between the braces of `for` and `while` into a
/// block behind the condition.
fn flat(body: &Block) -> (Vec<&Statement>, Vec<Span>) {
    let mut statements = Vec::new();
    let mut spans = Vec::new();
    let mut rest = body;
    loop {
        let mut inner = None;
        for (at, (statement, span)) in rest.span_iter().enumerate() {
            match statement {
                Statement::Block(block) if at + 1 == rest.len() => inner = Some(block),
                other => {
                    statements.push(other);
                    spans.push(*span);
                }
            }
        }
        match inner {
            Some(block) => rest = block,
            None => return (statements, spans),
        }
    }
}

/// May go on with the next turn of the loop around it.
fn continues(statement: &Statement) -> bool {
    match statement {
        Statement::Continue => true,
        Statement::Loop { .. } => false,
        other => nested(other).into_iter().flat_map(|block| block.iter()).any(continues),
    }
}
