//! Moves what does not change in a loop in front of it.

use touchstone_kir::Op;

use crate::ir::{closing, Inst, Program, NONE};

/// Most values kept alive across one loop for this.
const MAX_HOISTED: usize = 64;

/// Hoists pure computations on what a loop does not write out of it, inner loops first. Every operation is total, so
/// computing what a turn might not have computed does no harm.
pub fn hoist(program: &mut Program) {
    let mut at = program.code.len();
    while at > 0 {
        at -= 1;
        if program.code[at].op == Op::Loop {
            hoist_from(program, at);
        }
    }
}

fn hoist_from(program: &mut Program, open: usize) {
    let end = closing(&program.code, open);
    let mut inside = vec![false; program.temporary.len()];
    for reg in program.code[open..=end].iter().flat_map(Inst::writes) {
        inside[reg as usize] = true;
    }
    let mut outside = Vec::new();
    let mut kept = Vec::new();
    for &inst in &program.code[open..=end] {
        // A variable that the loop does not write has one value in all of it.
        let stable = |reg: u32| reg == NONE || !inside[reg as usize];
        let moves = inst.is_pure()
            && inst.op != Op::Cload
            && program.temporary[inst.d as usize]
            && inst.src.into_iter().all(stable)
            && outside.len() < MAX_HOISTED;
        if moves {
            inside[inst.d as usize] = false;
            outside.push(inst);
        } else {
            kept.push(inst);
        }
    }
    let split = open + outside.len();
    program.code[open..split].copy_from_slice(&outside);
    program.code[split..=end].copy_from_slice(&kept);
}
