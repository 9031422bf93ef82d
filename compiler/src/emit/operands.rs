//! The registers that instructions read and write.

use touchstone_kir::{Instr, Op, IMMEDIATE};

/// Registers that an instruction reads and writes.
pub(super) fn operands(instr: Instr) -> (Vec<u8>, Vec<u8>) {
    let Instr { d, a, b, imm, .. } = instr;
    let Some(op) = instr.opcode() else {
        return (Vec::new(), Vec::new());
    };
    let c = imm as u8;
    match op {
        Op::If | Op::BreakIf | Op::ContinueIf | Op::View => (vec![a], vec![]),
        Op::Else | Op::End | Op::Block | Op::Loop | Op::EndLoop | Op::Break | Op::Continue => (vec![], vec![]),
        Op::Const | Op::Gid | Op::Param | Op::Len => (vec![], vec![d]),
        Op::Mov | Op::Not | Op::Neg | Op::Abs | Op::Clz | Op::Ctz | Op::Popcnt | Op::Revbits => (vec![a], vec![d]),
        Op::Select | Op::ExtractU | Op::ExtractS => (vec![a, b, c], vec![d]),
        Op::Insert => (vec![a, b, c, (imm >> 8) as u8], vec![d]),
        Op::Dot4AccU | Op::Dot4AccS | Op::Mad => (vec![a, b, d], vec![d]),
        Op::Load | Op::LoadView | Op::Cload | Op::Sload | Op::Oload => (vec![a], vec![d]),
        Op::Load4 | Op::Load4View => (vec![a], (d..=d.saturating_add(3)).collect()),
        Op::Sstore | Op::Ostore => (vec![a, d], vec![]),
        _ if instr.op & IMMEDIATE != 0 => (vec![a], vec![d]),
        _ => (vec![a, b], vec![d]),
    }
}
