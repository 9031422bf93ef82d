//! Loops, and the intrinsics `loop_bound` and `bound_reads`.

use naga::{Block, Expression, Handle, Span, Statement};
use touchstone_kir::{Bound, Op};

use super::{
    abi::PARAMETERS,
    builder::Word,
    limit::{Limit, Precision},
    lowerer::{Exits, Lowerer},
    prelude::{intrinsic, Intrinsic},
    statement::conditional,
    syntax::{continues, flat},
};
use crate::{
    ir::{Inst, NONE},
    CompileError,
};

const SHAPES: &str = "a bound is a constant, a parameter, or `min(cap, (parameter >> s) * m + c)` with constants; \
                      `(parameter + c) >> s` is rounded up";

impl<'a> Lowerer<'a> {
    /// Lowers a loop; `before` are the statements before it in its block.
    pub(super) fn counted_loop(
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
                    // The bound alone ends the loop after the right number of iterations.
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
            // From here on the counter is stepped.
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

    /// Declares a view of an input; loads of that input go through it until the end of the block.
    pub(super) fn bound_reads(&mut self, arguments: &[Handle<Expression>], span: Span) -> Result<(), CompileError> {
        let &[binding, base, len] = arguments else {
            return Err(CompileError::new("bound_reads takes a binding, a base and a length").at(span));
        };
        let buffer = match self.word(binding)? {
            Word::Const(binding) if binding < PARAMETERS.min(self.abi.inputs.into()) => binding as u8,
            _ => {
                let bindings = match self.abi.inputs {
                    0 => "this program has no inputs".to_owned(),
                    1 => "here 0".to_owned(),
                    inputs => format!("here from 0 to {}", inputs.saturating_sub(1)),
                };
                return Err(CompileError::new("the first argument of bound_reads is not an input")
                    .at(span)
                    .note(format!("it is the binding of an input, as a constant: {bindings}")));
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
