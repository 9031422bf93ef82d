//! Statements.

use std::rc::Rc;

use naga::{Block, Expression, Function, Handle, Span, Statement};
use touchstone_kir::Op;

use super::{
    builder::Word,
    expression::only_x,
    lowerer::{Exits, Lowerer, Target},
    prelude::{intrinsic, Intrinsic},
    types,
    value::Value,
};
use crate::{
    ir::{Inst, Label, NONE},
    CompileError,
};

impl<'a> Lowerer<'a> {
    /// Lowers a block. Views declared in it are valid until its end.
    pub(super) fn block(&mut self, block: &'a Block) -> Result<(), CompileError> {
        let views = self.views;
        let lowered = self.statements(block);
        self.views = views;
        lowered
    }

    fn statements(&mut self, block: &'a Block) -> Result<(), CompileError> {
        let all: Vec<&Statement> = block.iter().collect();
        for (at, (statement, span)) in block.span_iter().enumerate() {
            self.check_size(*span)?;
            match statement {
                Statement::Loop { body, continuing, break_if } => {
                    self.counted_loop(body, continuing, *break_if, &all[..at], *span)?;
                    self.after(statement);
                }
                other => self.statement(other, *span)?,
            }
            if matches!(statement, Statement::Break | Statement::Continue | Statement::Return { .. }) {
                // Statements after it are not reachable.
                break;
            }
        }
        Ok(())
    }

    /// Lowers a statement that is not a loop.
    pub(super) fn statement(&mut self, statement: &'a Statement, span: Span) -> Result<(), CompileError> {
        let head = self.head(span);
        let around = std::mem::replace(&mut self.builder.origin, head);
        let lowered = self.plain_statement(statement, span);
        self.builder.origin = around;
        self.after(statement);
        lowered
    }

    fn plain_statement(&mut self, statement: &'a Statement, span: Span) -> Result<(), CompileError> {
        match statement {
            Statement::Emit(range) => {
                for expression in range.clone() {
                    self.emit(expression)?;
                    self.check_size(span)?;
                }
                Ok(())
            }
            Statement::Block(block) => self.block(block),
            Statement::If { condition, accept, reject } => self.branch(*condition, accept, reject),
            Statement::Switch { selector, cases } => self.switch(*selector, cases),
            Statement::Loop { body, continuing, break_if } => self.counted_loop(body, continuing, *break_if, &[], span),
            Statement::Break => self.jump(|exits| Some((Op::Break, exits.on_break)), span),
            Statement::Continue => self.jump(|exits| exits.on_continue, span),
            Statement::Return { value } => self.return_(*value),
            Statement::Store { pointer, value } => match (self.value(*value)?, self.value(*pointer)?) {
                (Value::Held(held), Value::Place(place)) => self.copy(&held.place, &place, span),
                _ => {
                    let words = self.words(*value)?;
                    self.store(*pointer, &words, self.available(*value, &words, span)?)
                }
            },
            Statement::Call { function, arguments, result } => self.call(*function, arguments, *result, span),
            Statement::ControlBarrier(_) | Statement::MemoryBarrier(_) => {
                Err(refuse("barriers are not in the kernel language", span))
            }
            Statement::Atomic { .. } | Statement::ImageAtomic { .. } => Err(types::atomic(span)),
            Statement::WorkGroupUniformLoad { .. } => {
                Err(refuse("workgroup memory is not in the kernel language", span))
            }
            Statement::SubgroupBallot { .. }
            | Statement::SubgroupGather { .. }
            | Statement::SubgroupCollectiveOperation { .. } => {
                Err(refuse("subgroup operations are not in the kernel language", span))
            }
            _ => Err(refuse("this is not in the kernel language", span)),
        }
    }

    /// Refuses to store a value with a word that must not be used. Returns the span to report if the store is refused.
    fn available(&self, value: Handle<Expression>, words: &[Word], span: Span) -> Result<Span, CompileError> {
        let at = self.span(value);
        let at = if at.is_defined() { at } else { span };
        match words.contains(&Word::Unavailable) {
            true => Err(only_x(at)),
            false => Ok(at),
        }
    }

    fn store(&mut self, pointer: Handle<Expression>, words: &Rc<[Word]>, span: Span) -> Result<(), CompileError> {
        match self.value(pointer)? {
            Value::Place(place) => self.store_words(&place, words, span),
            Value::Words(_) | Value::Held(_) => Err(CompileError::new("this cannot be written").at(span)),
        }
    }

    /// Jumps if the condition holds.
    pub(super) fn jump_if(&mut self, op: Op, label: Label, condition: Word) {
        let condition = self.builder.reg(condition);
        self.builder.push(Inst { src: [condition, NONE, NONE, NONE], ..Inst::control(op, label) });
    }

    fn jump(&mut self, exit: impl Fn(&Exits) -> Option<(Op, Label)>, span: Span) -> Result<(), CompileError> {
        let target = self.frame.exits.last().and_then(exit);
        let (op, label) =
            target.ok_or_else(|| CompileError::new("there is no loop or switch to leave here").at(span))?;
        self.builder.push(Inst::control(op, label));
        Ok(())
    }

    fn return_(&mut self, value: Option<Handle<Expression>>) -> Result<(), CompileError> {
        let target = self.frame.on_return.clone();
        let result = match value {
            Some(value) => match (self.value(value)?, target.as_ref().map(|target| &target.result)) {
                (Value::Held(held), None) => Some(Value::Held(held)),
                (Value::Held(held), Some(Target::Scratch(to))) => {
                    self.copy(&held.place, &to.place, self.span(value))?;
                    None
                }
                _ => {
                    let words = self.words(value)?;
                    self.available(value, &words, Span::UNDEFINED)?;
                    Some(Value::Words(words))
                }
            },
            None => None,
        };
        let Some(target) = target else {
            self.frame.result = result;
            return Ok(());
        };
        match (target.result, result) {
            (Target::Registers(variables), Some(Value::Words(words))) => {
                for (&variable, &word) in variables.iter().zip(words.iter()) {
                    self.builder.assign(variable, word);
                }
            }
            (Target::Scratch(to), Some(Value::Words(words))) => self.store_words(&to.place, &words, Span::UNDEFINED)?,
            _ => {}
        }
        self.builder.push(Inst::control(Op::Break, target.label));
        Ok(())
    }

    fn call(
        &mut self,
        function: Handle<Function>,
        arguments: &[Handle<Expression>],
        result: Option<Handle<Expression>>,
        span: Span,
    ) -> Result<(), CompileError> {
        let callee = &self.module.functions[function];
        let declared = self.module.functions.get_span(function);
        let value = match intrinsic(callee, declared, self.source.len()) {
            Some(Intrinsic::LoopBound) => {
                return Err(CompileError::new("loop_bound is not first in a loop")
                    .at(span)
                    .note("call it once, directly in the body of the loop that it bounds"));
            }
            Some(Intrinsic::BoundReads) => return self.bound_reads(arguments, span),
            Some(Intrinsic::MulhiU) => Some(self.mulhi(Op::MulhiU, arguments)?),
            Some(Intrinsic::MulhiS) => Some(self.mulhi(Op::MulhiS, arguments)?),
            None => {
                let mut values = Vec::new();
                for &argument in arguments {
                    values.push(self.value(argument)?);
                }
                let passed: Vec<Option<u16>> = values.iter().map(Value::segment).filter(Option::is_some).collect();
                let uses = self.uses.get(&function).ok_or_else(|| self.too_large(span))?;
                let value = self.inline(callee, &self.info[function], uses, values, span)?;
                match value {
                    Some(value) => Some(self.received(value, &passed, span)?),
                    None => None,
                }
            }
        };
        if let (Some(result), Some(value)) = (result, value) {
            let value = self.settled(result, value)?;
            self.frame.values[result.index()] = Some(value);
        }
        Ok(())
    }

    fn mulhi(&mut self, op: Op, arguments: &[Handle<Expression>]) -> Result<Value, CompileError> {
        let mut words = [Word::Const(0); 2];
        for (word, &argument) in words.iter_mut().zip(arguments) {
            *word = self.word(argument)?;
        }
        let high = self.builder.binary(op, words[0], words[1]);
        Ok(Value::Words([high].into()))
    }
}

/// The conditional form of a jump.
pub(super) fn conditional(op: Op) -> Op {
    match op {
        Op::Continue => Op::ContinueIf,
        _ => Op::BreakIf,
    }
}

fn refuse(message: &str, span: Span) -> CompileError {
    CompileError::new(message).at(span).note("invocations are independent: each computes its own window")
}
