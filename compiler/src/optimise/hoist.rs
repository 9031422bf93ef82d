//! Loop-invariant code motion.

use touchstone_kir::Op;

use crate::ir::{closing, Body, Inst, NONE};

/// Most values that are kept live across one loop for this.
const MAX_HOISTED: usize = 64;

/// Hoists pure computations out of a loop that does not write their operands, inner loops first. Every operation is
/// total, so it does no harm to compute something that an iteration might not have computed.
pub(super) fn hoist(body: &mut Body) {
    let mut at = body.code.len();
    while at > 0 {
        at -= 1;
        if body.code[at].op == Op::Loop {
            hoist_from(body, at);
        }
    }
}

fn hoist_from(body: &mut Body, open: usize) {
    let end = closing(&body.code, open);
    let mut inside = vec![false; body.temporary.len()];
    for reg in body.code[open..=end].iter().flat_map(Inst::writes) {
        inside[reg as usize] = true;
    }
    let mut outside = Vec::new();
    let mut kept = Vec::new();
    for &inst in &body.code[open..=end] {
        // A variable that the loop does not write has the same value throughout.
        let stable = |reg: u32| reg == NONE || !inside[reg as usize];
        let moves = inst.is_pure()
            && inst.op != Op::Cload
            && body.temporary[inst.d as usize]
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
    body.code[open..split].copy_from_slice(&outside);
    body.code[split..=end].copy_from_slice(&kept);
}
