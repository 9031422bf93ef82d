//! The compiler's intermediate representation: KIR with any number of virtual registers, and labels in place of jump
//! targets. The front end builds it, the passes in [`optimise`](crate::optimise) change it, and
//! [`allocate`](crate::allocate) and [`assemble`](crate::assemble) turn it into KIR.
//!
//! A register is either a *temporary*, written by exactly one instruction that comes before all of its uses, or a
//! *variable*, which may be written anywhere. The passes rely on that difference.

use naga::Span;
use touchstone_kir::Op;

/// The operation that gives the same result with its operands exchanged.
pub(crate) fn mirrored(op: Op) -> Option<Op> {
    Some(match op {
        Op::Add
        | Op::Mul
        | Op::MulhiU
        | Op::MulhiS
        | Op::And
        | Op::Or
        | Op::Xor
        | Op::MinU
        | Op::MaxU
        | Op::MinS
        | Op::MaxS
        | Op::Eq
        | Op::Ne
        | Op::Dot4U
        | Op::Dot4S => op,
        Op::LtU => Op::GtU,
        Op::LeU => Op::GeU,
        Op::GtU => Op::LtU,
        Op::GeU => Op::LeU,
        Op::LtS => Op::GtS,
        Op::LeS => Op::GeS,
        Op::GtS => Op::LtS,
        Op::GeS => Op::LeS,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;

/// A virtual register.
pub(crate) type Reg = u32;
/// In place of a register: none.
pub(crate) const NONE: Reg = Reg::MAX;
/// Names a construct: its opening, `else` and closing instruction, and jumps to it.
pub(crate) type Label = u32;

/// One instruction.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Inst {
    /// The operation.
    pub op: Op,
    /// The second operand of a binary operation is `imm`.
    pub immediate: bool,
    /// The register written, the first of four for a `load4`; `NONE` for what writes none.
    pub d: Reg,
    /// The registers read, in the order of KIR's fields a, b, c, e. A store's value is the second.
    pub src: [Reg; 4],
    /// Buffer, view, segment or parameter; or the bound of a loop.
    pub table: u16,
    /// KIR's immediate: a value, an offset, or the first constant and their number.
    pub imm: u32,
    /// The construct that a control instruction belongs to or jumps to.
    pub label: Label,
    /// The part of the source that it was generated from, if known.
    pub origin: Span,
}

impl Inst {
    /// An instruction without a destination and sources.
    pub(crate) fn new(op: Op) -> Self {
        Inst { op, immediate: false, d: NONE, src: [NONE; 4], table: 0, imm: 0, label: 0, origin: Span::UNDEFINED }
    }

    /// A control instruction of a construct.
    pub(crate) fn control(op: Op, label: Label) -> Self {
        Inst { label, ..Inst::new(op) }
    }

    /// `d = value`.
    pub(crate) fn constant(d: Reg, value: u32) -> Self {
        Inst { d, imm: value, ..Inst::new(Op::Const) }
    }

    /// `d = s`.
    pub(crate) fn mov(d: Reg, s: Reg) -> Self {
        Inst { d, src: [s, NONE, NONE, NONE], ..Inst::new(Op::Mov) }
    }

    /// Registers written: none, one, or the four of a `load4`.
    pub(crate) fn writes(&self) -> std::ops::Range<Reg> {
        match self.op {
            _ if self.d == NONE => 0..0,
            Op::Load4 | Op::Load4View => self.d..self.d + 4,
            _ => self.d..self.d + 1,
        }
    }

    /// Registers read, the destination of an accumulating operation among them.
    pub(crate) fn reads(&self) -> impl Iterator<Item = Reg> + '_ {
        let accumulator = if self.accumulates() { self.d } else { NONE };
        self.src.into_iter().chain([accumulator]).filter(|&reg| reg != NONE)
    }

    /// Reads its destination.
    pub(crate) fn accumulates(&self) -> bool {
        matches!(self.op, Op::Dot4AccU | Op::Dot4AccS | Op::Mad)
    }

    /// Its only effect is to write its destination, so it can be removed if that is not read.
    pub(crate) fn is_removable(&self) -> bool {
        self.d != NONE
    }

    /// Depends on nothing but its operands.
    pub(crate) fn is_pure(&self) -> bool {
        self.is_removable()
            && !self.accumulates()
            && !matches!(self.op, Op::Load | Op::LoadView | Op::Load4 | Op::Load4View | Op::Sload | Op::Oload)
    }

    /// Opens a construct.
    pub(crate) fn opens(&self) -> bool {
        matches!(self.op, Op::If | Op::Block | Op::Loop)
    }

    /// Closes a construct.
    pub(crate) fn closes(&self) -> bool {
        matches!(self.op, Op::End | Op::EndLoop)
    }

    /// Jumps to the construct of its label.
    pub(crate) fn jumps(&self) -> bool {
        matches!(self.op, Op::Break | Op::BreakIf | Op::Continue | Op::ContinueIf)
    }
}

/// The body of a kernel. Its tables are in [`Outline`](crate::assemble::Outline).
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    /// The instructions.
    pub code: Vec<Inst>,
    /// By register: whether it is a temporary.
    pub temporary: Vec<bool>,
}

/// The part of the source that the instruction at `at` was generated from, or the nearest instruction before it for
/// which that is known.
pub(crate) fn origin(code: &[Inst], at: usize) -> Span {
    let before = &code[..code.len().min(at + 1)];
    before.iter().rev().map(|inst| inst.origin).find(Span::is_defined).unwrap_or_default()
}

/// The instruction that closes the construct opened at `open`.
pub(crate) fn closing(code: &[Inst], open: usize) -> usize {
    let label = code[open].label;
    (open + 1..code.len()).find(|&at| code[at].closes() && code[at].label == label).unwrap_or(code.len() - 1)
}
