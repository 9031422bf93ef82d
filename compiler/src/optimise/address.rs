//! Lets loads and stores add what they can add for nothing: a constant.

use touchstone_kernel::Op;

use crate::ir::{Inst, Program, Reg, NONE};

/// Moves constants out of indices into the instruction's own offset.
pub fn address(program: &mut Program) {
    let mut written: Vec<Option<Inst>> = vec![None; program.temporary.len()];
    let mut zero = None;
    for at in 0..program.code.len() {
        let inst = program.code[at];
        if is_memory(inst.op) {
            let mut index = inst.src[0];
            let mut offset = inst.imm;
            while let Some(before) = written.get(index as usize).copied().flatten() {
                match (before.op, before.immediate) {
                    (Op::Add, true) => offset = offset.wrapping_add(before.imm),
                    (Op::Sub, true) => offset = offset.wrapping_sub(before.imm),
                    (Op::Const, _) if before.imm != 0 => {
                        offset = offset.wrapping_add(before.imm);
                        index = *zero.get_or_insert_with(|| {
                            program.temporary.push(true);
                            (program.temporary.len() - 1) as Reg
                        });
                        break;
                    }
                    _ => break,
                }
                index = before.src[0];
            }
            program.code[at].src[0] = index;
            program.code[at].imm = offset;
        }
        let stable = |reg: Reg| reg == NONE || program.temporary.get(reg as usize) == Some(&true);
        let adds = matches!((inst.op, inst.immediate), (Op::Add | Op::Sub, true) | (Op::Const, _));
        if adds && stable(inst.d) && stable(inst.src[0]) {
            written[inst.d as usize] = Some(inst);
        }
    }
    if let Some(zero) = zero {
        program.code.insert(0, Inst::constant(zero, 0));
    }
}

fn is_memory(op: Op) -> bool {
    matches!(op, Op::Load | Op::LoadView | Op::Load4 | Op::Load4View | Op::Sload | Op::Sstore | Op::Oload | Op::Ostore)
}
