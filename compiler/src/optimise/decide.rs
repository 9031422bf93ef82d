//! Decides branches whose condition is constant.

use touchstone_kir::Op;

use crate::ir::{Body, Inst};

/// An open construct.
struct OpenConstruct {
    /// An `if` of which only one arm remains.
    decided: bool,
    /// This code is unreachable.
    dropped: bool,
    /// The other arm of a decided `if` is unreachable.
    drops_else: bool,
}

/// Removes jumps that are never taken and arms that are never executed.
pub(super) fn decide(body: &mut Body) {
    let mut known: Vec<Option<u32>> = vec![None; body.temporary.len()];
    for inst in body.code.iter().filter(|inst| inst.op == Op::Const) {
        if body.temporary[inst.d as usize] {
            known[inst.d as usize] = Some(inst.imm);
        }
    }
    let condition = |inst: &Inst| known.get(inst.src[0] as usize).copied().flatten().map(|value| value != 0);
    // An `if` that a jump refers to is not decided: the jump needs it.
    let mut target = vec![false; body.code.iter().map(|inst| inst.label as usize + 1).max().unwrap_or(0)];
    for inst in body.code.iter().filter(|inst| inst.jumps()) {
        target[inst.label as usize] = true;
    }
    let mut open: Vec<OpenConstruct> = Vec::new();
    let mut out = Vec::with_capacity(body.code.len());
    for &inst in &body.code {
        let dropped = open.last().is_some_and(|around| around.dropped);
        if inst.opens() {
            let decided = match inst.op {
                Op::If if !target[inst.label as usize] => condition(&inst),
                _ => None,
            };
            open.push(OpenConstruct {
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
    body.code = out;
}

#[cfg(test)]
mod tests {
    use super::decide;
    use crate::testing::{keeps, turns};

    #[test]
    fn the_arm_of_a_known_condition_stays() {
        for (condition, kept) in [(1, "t2 = const 5\nostore t0 t2"), (0, "t3 = const 6\nostore t0 t3")] {
            turns(
                decide,
                &format!(
                    "t0 = gid\nt1 = const {condition}\nif t1 #1\nt2 = const 5\nostore t0 t2\nelse #1
                     t3 = const 6\nostore t0 t3\nend #1"
                ),
                &format!("t0 = gid\nt1 = const {condition}\n{kept}"),
            );
        }
    }

    #[test]
    fn an_arm_goes_with_all_that_is_in_it() {
        turns(
            decide,
            "t0 = gid
             t1 = const 0
             if t1 #1
             loop #2 @0
             if t0 #3
             ostore t0 t0
             else #3
             break #2
             end #3
             end_loop #2 @0
             end #1
             ostore t0 t1",
            "t0 = gid
             t1 = const 0
             ostore t0 t1",
        );
    }

    #[test]
    fn a_jump_on_a_known_condition_is_one_or_none() {
        turns(
            decide,
            "t0 = gid
             t1 = const 0
             t2 = const 9
             loop #1 @0
             break_if t1 #1
             continue_if t1 #1
             ostore t0 t2
             if t0 #2
             break_if t2 #1
             end #2
             continue_if t2 #1
             end_loop #1 @0",
            "t0 = gid
             t1 = const 0
             t2 = const 9
             loop #1
             ostore t0 t2
             if t0 #2
             break #1
             end #2
             continue #1
             end_loop #1",
        );
    }

    #[test]
    fn what_is_not_known_is_not_decided() {
        keeps(
            decide,
            "t0 = gid
             v1 = const 1
             loop #1
             if v1 #2
             ostore t0 t0
             end #2
             v1 = const 0
             end_loop #1",
        );
    }
}
