//! KIR with any number of virtual registers, and labels in place of jump targets.
//!
//! A register is either a *temporary*, written by exactly one instruction that comes before all of its uses, or a
//! *variable*, which may be written anywhere. The passes rely on that difference.

use naga::Span;
use touchstone_kir::Op;

/// The operation that gives the same with its operands exchanged.
pub fn mirrored(op: Op) -> Option<Op> {
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
pub type Reg = u32;
/// In place of a register: none.
pub const NONE: Reg = Reg::MAX;
/// Names a construct: its opening, `else` and closing instruction, and jumps to it.
pub type Label = u32;

/// One instruction.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Inst {
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
    /// What in the source it was made for, where that is known.
    pub origin: Span,
}

impl Inst {
    /// An instruction without a destination and sources.
    pub fn new(op: Op) -> Self {
        Inst { op, immediate: false, d: NONE, src: [NONE; 4], table: 0, imm: 0, label: 0, origin: Span::UNDEFINED }
    }

    /// A control instruction of a construct.
    pub fn control(op: Op, label: Label) -> Self {
        Inst { label, ..Inst::new(op) }
    }

    /// `d = value`.
    pub fn constant(d: Reg, value: u32) -> Self {
        Inst { d, imm: value, ..Inst::new(Op::Const) }
    }

    /// `d = s`.
    pub fn mov(d: Reg, s: Reg) -> Self {
        Inst { d, src: [s, NONE, NONE, NONE], ..Inst::new(Op::Mov) }
    }

    /// Registers written: none, one, or the four of a `load4`.
    pub fn writes(&self) -> std::ops::Range<Reg> {
        match self.op {
            _ if self.d == NONE => 0..0,
            Op::Load4 | Op::Load4View => self.d..self.d + 4,
            _ => self.d..self.d + 1,
        }
    }

    /// Registers read, the destination of an accumulating operation among them.
    pub fn reads(&self) -> impl Iterator<Item = Reg> + '_ {
        let accumulator = if self.accumulates() { self.d } else { NONE };
        self.src.into_iter().chain([accumulator]).filter(|&reg| reg != NONE)
    }

    /// Reads its destination.
    pub fn accumulates(&self) -> bool {
        matches!(self.op, Op::Dot4AccU | Op::Dot4AccS | Op::Mad)
    }

    /// Does nothing but write its destination: without a use it may go.
    pub fn is_removable(&self) -> bool {
        self.d != NONE
    }

    /// Depends on nothing but its operands.
    pub fn is_pure(&self) -> bool {
        self.is_removable()
            && !self.accumulates()
            && !matches!(self.op, Op::Load | Op::LoadView | Op::Load4 | Op::Load4View | Op::Sload | Op::Oload)
    }

    /// Opens a construct.
    pub fn opens(&self) -> bool {
        matches!(self.op, Op::If | Op::Block | Op::Loop)
    }

    /// Closes a construct.
    pub fn closes(&self) -> bool {
        matches!(self.op, Op::End | Op::EndLoop)
    }

    /// Jumps to the construct of its label.
    pub fn jumps(&self) -> bool {
        matches!(self.op, Op::Break | Op::BreakIf | Op::Continue | Op::ContinueIf)
    }
}

/// A whole kernel in this form.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The instructions.
    pub code: Vec<Inst>,
    /// By register: whether it is a temporary.
    pub temporary: Vec<bool>,
}

/// What in the source the instruction at `at` was made for, or the last one before it of which that is known.
pub fn origin(code: &[Inst], at: usize) -> Span {
    let before = &code[..code.len().min(at + 1)];
    before.iter().rev().map(|inst| inst.origin).find(Span::is_defined).unwrap_or_default()
}

/// The instruction that closes the construct opened at `open`.
pub fn closing(code: &[Inst], open: usize) -> usize {
    let label = code[open].label;
    (open + 1..code.len()).find(|&at| code[at].closes() && code[at].label == label).unwrap_or(code.len() - 1)
}
