//! Expressions.

use std::rc::Rc;

use naga::{
    BinaryOperator, Expression, Handle, Literal, RelationalFunction, ScalarKind, Span, Type, TypeInner, UnaryOperator,
};
use touchstone_kir::Op;

use super::{
    builder::Word,
    lowerer::Lowerer,
    place::Index,
    types::{self, Shape},
    value::Value,
};
use crate::CompileError;

impl Lowerer<'_> {
    /// The span of an expression of the function being inlined.
    pub(super) fn span(&self, expression: Handle<Expression>) -> Span {
        self.frame.arena.get_span(expression)
    }

    /// The type of an expression of the function being inlined.
    pub(super) fn inner(&self, expression: Handle<Expression>) -> &TypeInner {
        let resolution = match self.frame.info {
            Some(info) => &info[expression].ty,
            None => &self.info[expression],
        };
        resolution.inner_with(&self.module.types)
    }

    /// The type of an expression, if the module names it.
    pub(super) fn type_of(&self, expression: Handle<Expression>) -> Option<Handle<Type>> {
        match self.frame.info {
            Some(info) => info[expression].ty.handle(),
            None => self.info[expression].handle(),
        }
    }

    /// The shape of an expression, or of the value that it points to.
    fn shape(&self, expression: Handle<Expression>) -> Result<Shape, CompileError> {
        let resolution = match self.frame.info {
            Some(info) => &info[expression].ty,
            None => &self.info[expression],
        };
        match (Shape::of(resolution.inner_with(&self.module.types)), resolution.handle()) {
            (Some(shape), _) => Ok(shape),
            (None, Some(ty)) => Ok(Shape::Type(ty)),
            (None, None) => Err(CompileError::new("this value has no shape").at(self.span(expression))),
        }
    }

    /// Evaluates an expression at this point, as an `Emit` statement requires.
    pub(super) fn emit(&mut self, expression: Handle<Expression>) -> Result<(), CompileError> {
        let value = self.evaluate(expression)?;
        let value = self.settled(expression, value)?;
        self.frame.values[expression.index()] = Some(value);
        Ok(())
    }

    /// The value of an expression: from the point where it was emitted, or evaluated now if it never is.
    pub(super) fn value(&mut self, expression: Handle<Expression>) -> Result<Value, CompileError> {
        match &self.frame.values[expression.index()] {
            Some(value) => Ok(value.clone()),
            None => self.evaluate(expression),
        }
    }

    /// The scalars of an expression that is not a pointer.
    pub(super) fn words(&mut self, expression: Handle<Expression>) -> Result<Rc<[Word]>, CompileError> {
        match self.value(expression)? {
            Value::Words(words) => Ok(words),
            Value::Held(held) => self.load_words(&held.place, self.span(expression)),
            Value::Place(_) => Err(CompileError::new("a pointer cannot be used as a value")
                .at(self.span(expression))
                .note("pointers may only name variables, in `let` and as arguments of functions")),
        }
    }

    /// The one scalar of an expression.
    pub(super) fn word(&mut self, expression: Handle<Expression>) -> Result<Word, CompileError> {
        Ok(self.words(expression)?.first().copied().unwrap_or(Word::Const(0)))
    }

    fn evaluate(&mut self, expression: Handle<Expression>) -> Result<Value, CompileError> {
        let span = self.span(expression);
        if let Some(scalar) = self.inner(expression).scalar() {
            types::check_scalar(scalar, span)?;
        }
        let around = self.builder.origin;
        if span.is_defined() {
            self.builder.origin = span;
        }
        let value = self.dispatch(expression, span)?;
        self.builder.origin = around;
        if let Value::Words(words) = &value {
            let passes_on = matches!(
                self.frame.arena[expression],
                Expression::FunctionArgument(_) | Expression::Compose { .. } | Expression::CallResult(_)
            );
            if words.contains(&Word::Unavailable) && !(passes_on || words.len() > 1 && self.only_selects(expression)) {
                return Err(only_x(span));
            }
        }
        Ok(value)
    }

    /// Takes a part of a value, without computing anything.
    fn only_selects(&self, expression: Handle<Expression>) -> bool {
        matches!(
            self.frame.arena[expression],
            Expression::AccessIndex { .. } | Expression::Swizzle { .. } | Expression::Load { .. }
        )
    }

    fn dispatch(&mut self, expression: Handle<Expression>, span: Span) -> Result<Value, CompileError> {
        let one = |word: Word| Ok(Value::Words([word].into()));
        match self.frame.arena[expression] {
            Expression::Literal(literal) => one(self.literal(literal, span)?),
            Expression::Constant(constant) => Ok(Value::Words(self.constant(constant)?)),
            Expression::ZeroValue(ty) => {
                let count = types::words(self.module, ty, span)?;
                Ok(Value::Words(vec![Word::Const(0); count as usize].into()))
            }
            Expression::Compose { ref components, .. } => {
                let mut words = Vec::new();
                for &component in components {
                    words.extend_from_slice(&self.words(component)?);
                    if words.len() > types::MAX_WORDS as usize {
                        return Err(types::too_large(span));
                    }
                }
                Ok(Value::Words(words.into()))
            }
            Expression::Splat { size, value } => {
                let word = self.word(value)?;
                Ok(Value::Words(vec![word; size as usize].into()))
            }
            Expression::Swizzle { size, vector, pattern } => {
                let words = self.words(vector)?;
                let pick = |lane: &naga::SwizzleComponent| words.get(*lane as usize).copied();
                Ok(Value::Words(pattern[..size as usize].iter().filter_map(pick).collect()))
            }
            Expression::Access { base, index } => {
                let index = self.word(index)?;
                let index = match index {
                    Word::Const(known) if (known as i32) >= 0 => Index::Known(known),
                    other => Index::Runtime(other),
                };
                self.access(base, index, span)
            }
            Expression::AccessIndex { base, index } => self.access(base, Index::Known(index), span),
            Expression::FunctionArgument(index) => self
                .frame
                .arguments
                .get(index as usize)
                .cloned()
                .ok_or_else(|| CompileError::new("there is no such argument").at(span)),
            Expression::GlobalVariable(global) => Ok(Value::Place(self.global(global))),
            Expression::LocalVariable(local) => self
                .frame
                .locals
                .get(&local)
                .cloned()
                .map(Value::Place)
                .ok_or_else(|| CompileError::new("there is no such variable").at(span)),
            Expression::Load { pointer } => match self.value(pointer)? {
                Value::Place(place) => {
                    let value = self.load(expression, &place, span)?;
                    if let Value::Words(words) = &value {
                        self.within_range(pointer, words);
                    }
                    Ok(value)
                }
                other => Ok(other),
            },
            Expression::Unary { op, expr } => self.unary(op, expr),
            Expression::Binary { op, left, right } => self.binary(op, left, right, span),
            Expression::Select { condition, accept, reject } => {
                let (condition, accept, reject) = (self.words(condition)?, self.words(accept)?, self.words(reject)?);
                let choose = |(lane, (&yes, &no)): (usize, (&Word, &Word))| {
                    self.builder.select(condition[lane.min(condition.len() - 1)], yes, no)
                };
                Ok(Value::Words(accept.iter().zip(reject.iter()).enumerate().map(choose).collect()))
            }
            Expression::Relational { fun, argument } => {
                let words = self.words(argument)?;
                let op = match fun {
                    RelationalFunction::All => Op::And,
                    RelationalFunction::Any => Op::Or,
                    _ => return Err(unsupported("this is a floating-point function", span)),
                };
                let mut result = Word::boolean(op == Op::And);
                for (at, &word) in words.iter().enumerate() {
                    result = if at == 0 { word } else { self.builder.binary(op, result, word) };
                }
                one(result)
            }
            Expression::Math { fun, arg, arg1, arg2, arg3 } => self.math(fun, [Some(arg), arg1, arg2, arg3], span),
            Expression::As { expr, kind, convert } => self.convert(expr, kind, convert, span),
            Expression::ArrayLength(pointer) => match self.value(pointer)? {
                Value::Place(place) => one(self.array_length(&place, span)?),
                Value::Words(_) | Value::Held(_) => Err(unsupported("only buffers have a length", span)),
            },
            Expression::CallResult(_) => Err(unsupported("this call has no result", span)),
            Expression::Derivative { .. } => Err(unsupported("derivatives are not in the kernel language", span)),
            Expression::AtomicResult { .. } => Err(types::atomic(span)),
            Expression::ImageSample { .. } | Expression::ImageLoad { .. } | Expression::ImageQuery { .. } => {
                Err(unsupported("textures are not in the kernel language", span))
            }
            Expression::SubgroupBallotResult | Expression::SubgroupOperationResult { .. } => {
                Err(unsupported("subgroup operations are not in the kernel language", span))
            }
            _ => Err(unsupported("this is not in the kernel language", span)),
        }
    }

    fn literal(&self, literal: Literal, span: Span) -> Result<Word, CompileError> {
        Ok(Word::Const(match literal {
            Literal::U32(value) => value,
            Literal::I32(value) => value as u32,
            Literal::Bool(value) => value.into(),
            // It becomes concrete before anything computes with it.
            Literal::AbstractInt(value) => value as u32,
            other => {
                types::check_scalar(other.scalar(), span)?;
                return Err(unsupported("this literal is not in the kernel language", span));
            }
        }))
    }

    fn access(&mut self, base: Handle<Expression>, index: Index, span: Span) -> Result<Value, CompileError> {
        match self.value(base)? {
            Value::Place(place) => Ok(Value::Place(self.element(place, index, span)?)),
            Value::Held(held) => self.part(&held, index, span),
            Value::Words(words) => {
                let shape = self.shape(base)?;
                Ok(Value::Words(self.pick(&words, shape, index, span)?))
            }
        }
    }

    fn unary(&mut self, op: UnaryOperator, operand: Handle<Expression>) -> Result<Value, CompileError> {
        let words = self.words(operand)?;
        let is_bool = self.inner(operand).scalar_kind() == Some(ScalarKind::Bool);
        let apply = |&word: &Word| match op {
            UnaryOperator::Negate => self.builder.unary(Op::Neg, word),
            UnaryOperator::LogicalNot => self.builder.negate(word),
            UnaryOperator::BitwiseNot if is_bool => self.builder.negate(word),
            UnaryOperator::BitwiseNot => self.builder.unary(Op::Not, word),
        };
        Ok(Value::Words(words.iter().map(apply).collect()))
    }

    fn binary(
        &mut self,
        op: BinaryOperator,
        left: Handle<Expression>,
        right: Handle<Expression>,
        span: Span,
    ) -> Result<Value, CompileError> {
        let signed = types::is_signed(self.inner(left));
        let op = match operation(op, signed) {
            Some(op) => op,
            None => return Err(unsupported("this operator is not in the kernel language", span)),
        };
        let (left, right) = (self.words(left)?, self.words(right)?);
        let lanes = left.len().max(right.len());
        let lane = |words: &[Word], at: usize| words.get(if words.len() == 1 { 0 } else { at }).copied();
        let mut result = Vec::with_capacity(lanes);
        for at in 0..lanes {
            let (Some(a), Some(b)) = (lane(&left, at), lane(&right, at)) else {
                return Err(unsupported("operands of different sizes", span));
            };
            result.push(self.builder.binary(op, a, b));
        }
        Ok(Value::Words(result.into()))
    }

    fn convert(
        &mut self,
        operand: Handle<Expression>,
        kind: ScalarKind,
        convert: Option<naga::Bytes>,
        span: Span,
    ) -> Result<Value, CompileError> {
        let words = self.words(operand)?;
        let from = self.inner(operand).scalar_kind();
        let to_bool = convert.is_some() && kind == ScalarKind::Bool && from != Some(ScalarKind::Bool);
        if matches!(kind, ScalarKind::Float | ScalarKind::AbstractFloat) {
            types::check_scalar(naga::Scalar::F32, span)?;
        }
        if !to_bool {
            // Integers keep their bits, and booleans are 0 and 1.
            return Ok(Value::Words(words));
        }
        let apply = |&word: &Word| self.builder.binary(Op::Ne, word, Word::Const(0));
        Ok(Value::Words(words.iter().map(apply).collect()))
    }
}

/// The error for a use of y or z of the invocation's index.
pub(super) fn only_x(span: Span) -> CompileError {
    CompileError::new("only the x of global_invocation_id can be used")
        .at(span)
        .note("a step is a row of invocations: compute two dimensions from `id.x`, such as `id.x % width`")
}

/// The error for a WGSL feature that kernels do not have.
pub(super) fn unsupported(message: &str, span: Span) -> CompileError {
    CompileError::new(message)
        .at(span)
        .note("kernels compute with u32, i32, bool, and vectors, arrays and structures of them")
}

fn operation(op: BinaryOperator, signed: bool) -> Option<Op> {
    let by_sign = |unsigned, with_sign| if signed { with_sign } else { unsigned };
    Some(match op {
        BinaryOperator::Add => Op::Add,
        BinaryOperator::Subtract => Op::Sub,
        BinaryOperator::Multiply => Op::Mul,
        BinaryOperator::Divide => by_sign(Op::DivU, Op::DivS),
        BinaryOperator::Modulo => by_sign(Op::RemU, Op::RemS),
        BinaryOperator::Equal => Op::Eq,
        BinaryOperator::NotEqual => Op::Ne,
        BinaryOperator::Less => by_sign(Op::LtU, Op::LtS),
        BinaryOperator::LessEqual => by_sign(Op::LeU, Op::LeS),
        BinaryOperator::Greater => by_sign(Op::GtU, Op::GtS),
        BinaryOperator::GreaterEqual => by_sign(Op::GeU, Op::GeS),
        BinaryOperator::And | BinaryOperator::LogicalAnd => Op::And,
        BinaryOperator::ExclusiveOr => Op::Xor,
        BinaryOperator::InclusiveOr | BinaryOperator::LogicalOr => Op::Or,
        BinaryOperator::ShiftLeft => Op::Shl,
        BinaryOperator::ShiftRight => by_sign(Op::ShrU, Op::ShrS),
    })
}
