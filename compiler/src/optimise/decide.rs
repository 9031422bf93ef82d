//! Takes branches whose condition is known.

use touchstone_kernel::Op;

use crate::ir::{Inst, Program};

/// An open construct.
struct Open {
    /// An `if` of which only one arm is left.
    decided: bool,
    /// Nothing here is reached.
    dropped: bool,
    /// The other arm of a decided `if` is not reached.
    drops_else: bool,
}

/// Removes jumps that are never taken and arms that are never run.
pub fn decide(program: &mut Program) {
    let mut known: Vec<Option<u32>> = vec![None; program.temporary.len()];
    for inst in program.code.iter().filter(|inst| inst.op == Op::Const) {
        if program.temporary[inst.d as usize] {
            known[inst.d as usize] = Some(inst.imm);
        }
    }
    let condition = |inst: &Inst| known.get(inst.src[0] as usize).copied().flatten().map(|value| value != 0);
    // No one jumps to an `if` itself but where it is kept.
    let mut target = vec![false; program.code.iter().map(|inst| inst.label as usize + 1).max().unwrap_or(0)];
    for inst in program.code.iter().filter(|inst| inst.jumps()) {
        target[inst.label as usize] = true;
    }
    let mut open: Vec<Open> = Vec::new();
    let mut out = Vec::with_capacity(program.code.len());
    for &inst in &program.code {
        let dropped = open.last().is_some_and(|around| around.dropped);
        if inst.opens() {
            let decided = match inst.op {
                Op::If if !target[inst.label as usize] => condition(&inst),
                _ => None,
            };
            open.push(Open {
                decided: decided.is_some(),
                dropped: dropped || decided == Some(false),
                drops_else: dropped || decided == Some(true),
            });
            if dropped || decided.is_some() {
                continue;
            }
        } else if inst.op == Op::Else {
            if let Some(around) = open.last_mut().filter(|around| around.decided || around.dropped) {
                around.dropped = around.drops_else;
                continue;
            }
        } else if inst.closes() {
            let closed = open.pop();
            let outside = open.last().is_some_and(|around| around.dropped);
            if outside || closed.is_some_and(|closed| closed.decided) {
                continue;
            }
        } else if dropped {
            continue;
        }
        match (inst.op, condition(&inst)) {
            (Op::BreakIf | Op::ContinueIf, Some(false)) => {}
            (Op::BreakIf, Some(true)) => out.push(Inst { origin: inst.origin, ..Inst::control(Op::Break, inst.label) }),
            (Op::ContinueIf, Some(true)) => {
                out.push(Inst { origin: inst.origin, ..Inst::control(Op::Continue, inst.label) })
            }
            _ => out.push(inst),
        }
    }
    program.code = out;
}
