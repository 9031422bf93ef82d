//! Control flow information: where registers are written, and which constructs enclose an instruction.

use touchstone_kir::Op;

use crate::ir::{Body, Inst, Reg, NONE};

/// A body with what is known about its control flow.
pub(super) struct Flow<'a> {
    body: &'a Body,
    /// The opening of the construct, or the `else` of the arm, directly around each instruction.
    around: Vec<Option<usize>>,
    /// For an opening or `else`, its closing instruction; for an `else`, `opening` has the `if`.
    closing: Vec<usize>,
    opening: Vec<usize>,
    /// Instructions that write each register.
    writes: Vec<Vec<usize>>,
}

impl<'a> Flow<'a> {
    /// Analyses a body.
    pub(super) fn of(body: &'a Body) -> Self {
        let length = body.code.len();
        let (mut around, mut closing, mut opening) = (vec![None; length], vec![length; length], vec![0; length]);
        let mut writes = vec![Vec::new(); body.temporary.len()];
        let mut open: Vec<usize> = Vec::new();
        for (at, inst) in body.code.iter().enumerate() {
            if inst.closes() {
                if let Some(start) = open.pop() {
                    closing[start] = at;
                    closing[opening[start]] = at;
                }
            }
            let mut start = at;
            if inst.op == Op::Else {
                if let Some(arm) = open.pop() {
                    start = arm;
                }
            }
            around[at] = open.last().copied();
            if inst.opens() || inst.op == Op::Else {
                opening[at] = start;
                open.push(at);
            }
            for reg in inst.writes() {
                writes[reg as usize].push(at);
            }
        }
        Flow { body, around, closing, opening, writes }
    }

    /// The instruction.
    pub(super) fn inst(&self, at: usize) -> &Inst {
        &self.body.code[at]
    }

    /// Written once, before every use.
    pub(super) fn is_temporary(&self, reg: Reg) -> bool {
        reg != NONE && self.body.temporary[reg as usize]
    }

    /// The instruction that writes a temporary.
    pub(super) fn definition(&self, temporary: Reg) -> Option<usize> {
        self.writes[temporary as usize].first().copied()
    }

    /// Openings of the constructs and arms that enclose an instruction, innermost first.
    fn constructs_around(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.around[at], |&open| self.around[open])
    }

    /// Openings of the loops that enclose an instruction, innermost first.
    pub(super) fn loops_around(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        self.constructs_around(at).filter(|&open| self.inst(open).op == Op::Loop)
    }

    /// `before` dominates `at`: control that reaches `at` has passed `before`, in the same iteration of every loop
    /// around `before`.
    pub(super) fn dominates(&self, before: usize, at: usize) -> bool {
        let arm = self.around[before];
        before < at && (arm.is_none() || self.constructs_around(at).any(|open| Some(open) == arm))
    }

    /// Whether a loop writes a register.
    pub(super) fn writes_in(&self, reg: Reg, open: usize) -> bool {
        self.writes_within(reg, open).next().is_some()
    }

    fn writes_within(&self, reg: Reg, open: usize) -> impl Iterator<Item = usize> + '_ {
        let inside = open..self.closing[open];
        self.writes[reg as usize].iter().copied().filter(move |at| inside.contains(at))
    }

    /// The constant that a loop adds to a variable at most once per iteration, and where; `None` if it writes the
    /// variable in any other way.
    pub(super) fn step(&self, variable: Reg, open: usize) -> Option<(u32, usize)> {
        let mut writes = self.writes_within(variable, open);
        let write = writes.next()?;
        if writes.next().is_some() || self.loops_around(write).next() != Some(open) {
            return None;
        }
        let (mut step, mut at) = (0u32, write);
        // A step consists of a few copies and one addition; longer chains are not followed.
        for _ in 0..8 {
            let inst = self.inst(at);
            step = match (inst.op, inst.immediate) {
                (Op::Mov, _) => step,
                (Op::Add, true) => step.wrapping_add(inst.imm),
                (Op::Sub, true) => step.wrapping_sub(inst.imm),
                _ => return None,
            };
            let source = inst.src[0];
            if source == variable {
                return Some((step, write));
            }
            let defined = self.is_temporary(source).then(|| self.definition(source))??;
            if defined < open || !self.dominates(defined, write) {
                return None;
            }
            at = defined;
        }
        None
    }

    /// The instruction whose result a variable holds when the construct at `before` is reached, if all code between the
    /// two is known and both are in the loop at `level`.
    pub(super) fn last_write_before(&self, variable: Reg, before: usize, level: usize) -> Option<usize> {
        let mut arm = self.around[before];
        let mut at = before;
        while at > level {
            at -= 1;
            if Some(at) == arm {
                match self.inst(at).op {
                    // It may hold a value from the previous iteration.
                    Op::Loop => return None,
                    // The other arm was not executed.
                    Op::Else => at = self.opening[at],
                    _ => {}
                }
                arm = self.around[at];
            } else if self.inst(at).writes().contains(&variable) {
                return (self.around[at] == arm).then_some(at);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::body;

    const TEXT: &str = "t0 = gid
        v1 = const 7
        loop #1 @0
        t2 = add v1 2
        v1 = mov t2
        if t0 #2
        v3 = const 1
        else #2
        v3 = const 2
        loop #3 @0
        v4 = mov v3
        end_loop #3 @0
        end #2
        v5 = mov v3
        end_loop #1 @0
        ostore t0 v5";

    #[test]
    fn constructs_are_counted_from_the_inside() {
        let body = body(TEXT);
        let flow = Flow::of(&body);
        assert_eq!(flow.loops_around(10).collect::<Vec<_>>(), [9, 2]);
        assert_eq!(flow.constructs_around(10).collect::<Vec<_>>(), [9, 7, 2]);
        assert_eq!(flow.constructs_around(6).collect::<Vec<_>>(), [5, 2]);
        assert_eq!(flow.loops_around(15).count(), 0);
    }

    #[test]
    fn an_arm_dominates_itself_and_nothing_after_it() {
        let body = body(TEXT);
        let flow = Flow::of(&body);
        assert!(flow.dominates(0, 15) && flow.dominates(3, 10) && flow.dominates(8, 10));
        assert!(!flow.dominates(6, 8), "the other arm");
        assert!(!flow.dominates(8, 13), "behind the if");
        assert!(!flow.dominates(3, 15), "behind the loop");
        assert!(!flow.dominates(10, 8), "backwards");
    }

    #[test]
    fn a_step_is_one_addition_a_turn() {
        let flow_of = |text: &str| body(text);
        let counted = body(TEXT);
        assert_eq!(Flow::of(&counted).step(1, 2), Some((2, 4)));
        assert_eq!(Flow::of(&counted).step(3, 2), None, "two writes");
        assert_eq!(Flow::of(&counted).step(4, 2), None, "in a loop inside");
        let twice = flow_of("t9 = gid\nloop #1 @0\nv1 = add v1 2\nv1 = add v1 2\nend_loop #1 @0\nostore t9 v1");
        assert_eq!(Flow::of(&twice).step(1, 1), None);
        let outside = flow_of("t0 = add v1 1\nloop #1 @0\nv1 = mov t0\nend_loop #1 @0\nostore t0 v1");
        assert_eq!(Flow::of(&outside).step(1, 1), None);
        let down =
            flow_of("t9 = gid\nloop #1 @0\nt0 = sub v1 3\nt2 = mov t0\nv1 = mov t2\nend_loop #1 @0\nostore t9 v1");
        assert_eq!(Flow::of(&down).step(1, 1), Some((3u32.wrapping_neg(), 4)));
        let scaled = flow_of("t9 = gid\nloop #1 @0\nv1 = mul v1 3\nend_loop #1 @0\nostore t9 v1");
        assert_eq!(Flow::of(&scaled).step(1, 1), None);
    }

    #[test]
    fn the_last_write_is_found_through_arms_but_not_out_of_loops() {
        let body = body(TEXT);
        let flow = Flow::of(&body);
        assert_eq!(flow.last_write_before(3, 9, 2), Some(8), "in the same arm");
        assert_eq!(flow.last_write_before(1, 9, 2), Some(4), "before the if, past its other arm");
        assert_eq!(flow.last_write_before(3, 13, 2), None, "in an arm that may not have run");
        assert_eq!(flow.last_write_before(5, 9, 2), None, "in the turn before");
        assert_eq!(flow.last_write_before(1, 2, 0), Some(1));
    }
}
