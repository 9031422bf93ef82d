//! Dead code elimination.

use touchstone_kir::Op;

use crate::ir::{closing, Body, Inst};

/// Removes computations whose results are not needed, and empty constructs.
pub(super) fn sweep(body: &mut Body) {
    loop {
        let before = body.code.len();
        unused(body);
        empty(body);
        unreachable(body);
        if body.code.len() == before {
            return;
        }
    }
}

/// A register is needed if an instruction with an effect reads it, or one that writes a needed register.
fn unused(body: &mut Body) {
    let mut writers: Vec<Vec<usize>> = vec![Vec::new(); body.temporary.len()];
    let mut needed = vec![false; body.temporary.len()];
    let mut work = Vec::new();
    for (at, inst) in body.code.iter().enumerate() {
        for reg in inst.writes() {
            writers[reg as usize].push(at);
        }
        if !inst.is_removable() {
            work.extend(inst.reads());
        }
    }
    while let Some(reg) = work.pop() {
        if std::mem::replace(&mut needed[reg as usize], true) {
            continue;
        }
        for &writer in &writers[reg as usize] {
            work.extend(body.code[writer].reads());
        }
    }
    body.code.retain(|inst| {
        let moves_itself = inst.op == Op::Mov && inst.src[0] == inst.d;
        !moves_itself && (!inst.is_removable() || inst.writes().any(|reg| needed[reg as usize]))
    });
}

/// An `if` with empty arms, an `else` with nothing in it, a block or loop around nothing.
fn empty(body: &mut Body) {
    let mut remove = vec![false; body.code.len()];
    for at in 1..body.code.len() {
        let (before, inst) = (body.code[at - 1], body.code[at]);
        if before.label != inst.label || inst.label == 0 {
            continue;
        }
        match (before.op, inst.op) {
            (Op::If, Op::End) | (Op::Block, Op::End) | (Op::Loop, Op::EndLoop) => {
                remove[at - 1] = true;
                remove[at] = true;
            }
            (Op::Else, Op::End) => remove[at - 1] = true,
            _ => {}
        }
    }
    // An empty construct contains no jump, so no jump to a removed construct is left.
    retain(&mut body.code, &remove);
}

/// Removes code after a jump in the same arm.
fn unreachable(body: &mut Body) {
    let mut remove = vec![false; body.code.len()];
    let mut at = 0;
    while at < body.code.len() {
        let jumps = matches!(body.code[at].op, Op::Break | Op::Continue);
        at += 1;
        if !jumps {
            continue;
        }
        let mut depth = 0usize;
        while let Some(inst) = body.code.get(at) {
            if inst.opens() {
                depth += 1;
            } else if depth == 0 && (inst.closes() || inst.op == Op::Else) {
                break;
            } else if inst.closes() {
                depth -= 1;
            }
            remove[at] = true;
            at += 1;
        }
    }
    retain(&mut body.code, &remove);
}

/// Removes jumps to the instruction that would follow anyway, and blocks that nothing jumps to.
pub(super) fn jumps(body: &mut Body) {
    loop {
        let code = &body.code;
        let mut remove = vec![false; code.len()];
        for (at, inst) in code.iter().enumerate() {
            let breaks = matches!(inst.op, Op::Break | Op::BreakIf);
            if breaks && falls_through(code, at, inst.label) {
                remove[at] = true;
            }
            if inst.op == Op::Block {
                let end = closing(code, at);
                let is_target = code[at..end].iter().any(|other| other.jumps() && other.label == inst.label);
                remove[at] |= !is_target;
                remove[end] |= !is_target;
            }
        }
        if !remove.contains(&true) {
            break;
        }
        retain(&mut body.code, &remove);
        sweep(body);
    }
}

/// Without the jump at `at`, control would reach the end of the construct as well.
fn falls_through(code: &[Inst], at: usize, label: u32) -> bool {
    let mut at = at + 1;
    while let Some(inst) = code.get(at) {
        match inst.op {
            Op::End if inst.label == label => return true,
            Op::End => at += 1,
            // At the end of a then-arm, control continues after the whole `if`.
            Op::Else => at = closing(code, at),
            _ => return false,
        }
    }
    false
}

fn retain(code: &mut Vec<Inst>, remove: &[bool]) {
    let mut at = 0;
    code.retain(|_| {
        at += 1;
        !remove[at - 1]
    });
}
