//! Removes what has no effect.

use touchstone_kir::Op;

use crate::ir::{closing, Inst, Program};

/// Removes computations that nothing needs, and constructs with nothing in them.
pub fn sweep(program: &mut Program) {
    loop {
        let before = program.code.len();
        unused(program);
        empty(program);
        unreachable(program);
        if program.code.len() == before {
            return;
        }
    }
}

/// A register is needed if an instruction with an effect reads it, or one that writes a needed register.
fn unused(program: &mut Program) {
    let mut writers: Vec<Vec<usize>> = vec![Vec::new(); program.temporary.len()];
    let mut needed = vec![false; program.temporary.len()];
    let mut work = Vec::new();
    for (at, inst) in program.code.iter().enumerate() {
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
            work.extend(program.code[writer].reads());
        }
    }
    program.code.retain(|inst| {
        let moves_itself = inst.op == Op::Mov && inst.src[0] == inst.d;
        !moves_itself && (!inst.is_removable() || inst.writes().any(|reg| needed[reg as usize]))
    });
}

/// An `if` with empty arms, an `else` with nothing in it, a block or loop around nothing.
fn empty(program: &mut Program) {
    let mut remove = vec![false; program.code.len()];
    for at in 1..program.code.len() {
        let (before, inst) = (program.code[at - 1], program.code[at]);
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
    // A jump to a removed construct would stand inside it, and there is nothing inside.
    retain(&mut program.code, &remove);
}

/// What follows a jump in the same arm.
fn unreachable(program: &mut Program) {
    let mut remove = vec![false; program.code.len()];
    let mut at = 0;
    while at < program.code.len() {
        let jumps = matches!(program.code[at].op, Op::Break | Op::Continue);
        at += 1;
        if !jumps {
            continue;
        }
        let mut depth = 0usize;
        while let Some(inst) = program.code.get(at) {
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
    retain(&mut program.code, &remove);
}

/// Removes jumps to what follows anyway, and blocks that nothing jumps to.
pub fn jumps(program: &mut Program) {
    loop {
        let code = &program.code;
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
        retain(&mut program.code, &remove);
        sweep(program);
    }
}

/// Without the jump at `at`, control would reach the end of the construct all the same.
fn falls_through(code: &[Inst], at: usize, label: u32) -> bool {
    let mut at = at + 1;
    while let Some(inst) = code.get(at) {
        match inst.op {
            Op::End if inst.label == label => return true,
            Op::End => at += 1,
            // The end of a then-arm: control goes on behind the whole `if`.
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
