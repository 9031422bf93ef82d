//! Built-in functions of WGSL.

use std::rc::Rc;

use naga::{Expression, Handle, MathFunction, Span};
use touchstone_kir::Op;

use super::{builder::Word, expression::unsupported, lowerer::Lowerer, types, value::Value};
use crate::{
    ir::{Inst, NONE},
    CompileError,
};

impl Lowerer<'_> {
    /// Calls a built-in function.
    pub(super) fn math(
        &mut self,
        function: MathFunction,
        arguments: [Option<Handle<Expression>>; 4],
        span: Span,
    ) -> Result<Value, CompileError> {
        let signed = arguments[0].is_some_and(|argument| types::is_signed(self.inner(argument)));
        let mut operands: Vec<Rc<[Word]>> = Vec::new();
        for argument in arguments.into_iter().flatten() {
            operands.push(self.words(argument)?);
        }
        let words = match function {
            MathFunction::Dot => vec![self.dot(&operands)],
            MathFunction::Pack4xI8
            | MathFunction::Pack4xU8
            | MathFunction::Pack4xI8Clamp
            | MathFunction::Pack4xU8Clamp => vec![self.pack(function, &operands)],
            MathFunction::Unpack4xI8 | MathFunction::Unpack4xU8 => self.unpack(function, &operands),
            _ => {
                let lanes = operands.iter().map(|words| words.len()).max().unwrap_or(0);
                let mut result = Vec::with_capacity(lanes);
                for at in 0..lanes {
                    // Offsets and counts of bit fields are scalars, also for vectors.
                    let lane = |words: &Rc<[Word]>| words.get(at.min(words.len().saturating_sub(1))).copied();
                    let lane: Vec<Word> = operands.iter().filter_map(lane).collect();
                    result.push(self.scalar(function, &lane, signed, span)?);
                }
                result
            }
        };
        Ok(Value::Words(words.into()))
    }

    fn scalar(
        &mut self,
        function: MathFunction,
        operands: &[Word],
        signed: bool,
        span: Span,
    ) -> Result<Word, CompileError> {
        let operand = |at: usize| operands.get(at).copied().unwrap_or(Word::Const(0));
        let (a, b, c, e) = (operand(0), operand(1), operand(2), operand(3));
        let by_sign = |unsigned, with_sign| if signed { with_sign } else { unsigned };
        let (min, max) = (by_sign(Op::MinU, Op::MinS), by_sign(Op::MaxU, Op::MaxS));
        let build = &mut self.builder;
        Ok(match function {
            MathFunction::Abs if signed => build.unary(Op::Abs, a),
            MathFunction::Abs => a,
            MathFunction::Min => build.binary(min, a, b),
            MathFunction::Max => build.binary(max, a, b),
            MathFunction::Clamp => {
                let low = build.binary(max, a, b);
                build.binary(min, low, c)
            }
            MathFunction::Sign => {
                let low = build.binary(Op::MaxS, a, Word::Const(u32::MAX));
                build.binary(Op::MinS, low, Word::Const(1))
            }
            MathFunction::Dot4I8Packed => build.binary(Op::Dot4S, a, b),
            MathFunction::Dot4U8Packed => build.binary(Op::Dot4U, a, b),
            MathFunction::CountOneBits => build.unary(Op::Popcnt, a),
            MathFunction::ReverseBits => build.unary(Op::Revbits, a),
            MathFunction::CountTrailingZeros => build.unary(Op::Ctz, a),
            MathFunction::CountLeadingZeros => build.unary(Op::Clz, a),
            MathFunction::FirstLeadingBit => {
                // The sign bit and its copies are not counted.
                let a = match signed {
                    true => {
                        let sign = build.binary(Op::ShrS, a, Word::Const(31));
                        build.binary(Op::Xor, a, sign)
                    }
                    false => a,
                };
                // 31 − 32 = −1 where no bit is set.
                let zeros = build.unary(Op::Clz, a);
                build.binary(Op::Sub, Word::Const(31), zeros)
            }
            MathFunction::FirstTrailingBit => {
                let none = build.binary(Op::Eq, a, Word::Const(0));
                let zeros = build.unary(Op::Ctz, a);
                build.select(none, Word::Const(u32::MAX), zeros)
            }
            MathFunction::ExtractBits => self.extract(by_sign(Op::ExtractU, Op::ExtractS), a, b, c),
            MathFunction::InsertBits => self.insert(a, b, c, e),
            other => {
                return Err(unsupported("this function is not in the kernel language", span)
                    .note(format!("{other:?} is a floating-point operation")))
            }
        })
    }

    fn extract(&mut self, op: Op, a: Word, offset: Word, count: Word) -> Word {
        let build = &mut self.builder;
        if [a, offset, count].contains(&Word::Unavailable) {
            return Word::Unavailable;
        }
        if let (Word::Const(offset), Word::Const(count)) = (offset, count) {
            let offset = offset.min(32);
            let count = count.min(32 - offset);
            if count == 0 {
                return Word::Const(0);
            }
            let right = if op == Op::ExtractS { Op::ShrS } else { Op::ShrU };
            let top = build.binary(Op::Shl, a, Word::Const(32 - offset - count));
            return build.binary(right, top, Word::Const(32 - count));
        }
        let src = [build.reg(a), build.reg(offset), build.reg(count), NONE];
        Word::Reg(build.temporary(Inst { src, ..Inst::new(op) }))
    }

    fn insert(&mut self, a: Word, b: Word, offset: Word, count: Word) -> Word {
        let build = &mut self.builder;
        if [a, b, offset, count].contains(&Word::Unavailable) {
            return Word::Unavailable;
        }
        if let (Word::Const(offset), Word::Const(count)) = (offset, count) {
            let offset = offset.min(32);
            let count = count.min(32 - offset);
            if count == 0 {
                return a;
            }
            let mask = (u32::MAX >> (32 - count)) << offset;
            let kept = build.binary(Op::And, a, Word::Const(!mask));
            let moved = build.binary(Op::Shl, b, Word::Const(offset));
            let field = build.binary(Op::And, moved, Word::Const(mask));
            return build.binary(Op::Or, kept, field);
        }
        let src = [build.reg(a), build.reg(b), build.reg(offset), build.reg(count)];
        Word::Reg(build.temporary(Inst { src, ..Inst::new(Op::Insert) }))
    }

    fn dot(&mut self, operands: &[Rc<[Word]>]) -> Word {
        let mut total = Word::Const(0);
        if let [a, b] = operands {
            for (&a, &b) in a.iter().zip(b.iter()) {
                let product = self.builder.binary(Op::Mul, a, b);
                total = self.builder.binary(Op::Add, total, product);
            }
        }
        total
    }

    fn pack(&mut self, function: MathFunction, operands: &[Rc<[Word]>]) -> Word {
        let mut packed = Word::Const(0);
        for (lane, &word) in operands.iter().flat_map(|words| words.iter()).enumerate() {
            let build = &mut self.builder;
            let byte = match function {
                MathFunction::Pack4xI8Clamp => {
                    let low = build.binary(Op::MaxS, word, Word::Const(-128i32 as u32));
                    let both = build.binary(Op::MinS, low, Word::Const(127));
                    build.binary(Op::And, both, Word::Const(255))
                }
                MathFunction::Pack4xU8Clamp => build.binary(Op::MinU, word, Word::Const(255)),
                // The shift drops the bits above the last byte.
                _ if lane == 3 => word,
                _ => build.binary(Op::And, word, Word::Const(255)),
            };
            let moved = build.binary(Op::Shl, byte, Word::Const(8 * lane as u32));
            packed = build.binary(Op::Or, packed, moved);
        }
        packed
    }

    fn unpack(&mut self, function: MathFunction, operands: &[Rc<[Word]>]) -> Vec<Word> {
        let word = operands.first().and_then(|words| words.first()).copied().unwrap_or(Word::Const(0));
        let op = match function {
            MathFunction::Unpack4xI8 => Op::ExtractS,
            _ => Op::ExtractU,
        };
        (0..4).map(|lane| self.extract(op, word, Word::Const(8 * lane), Word::Const(8))).collect()
    }
}
