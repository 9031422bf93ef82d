//! Loop unrolling.
//!
//! An unrolled iteration needs no counter, and values computed from the counter become constants: indices into private
//! arrays, which can then be in registers, and entries of constant tables.

use std::collections::HashMap;

use touchstone_kir::{Bound, Op};

use super::flow::Flow;
use crate::ir::{closing, Body, Inst, Label, Reg, NONE};

/// Most instructions that a loop without arrays or tables may become.
const SMALL: usize = 256;
/// Unrolling must save at least one part in so many of an iteration's fuel.
const WORTH: u64 = 10;
/// The same if an array may move from scratch to registers, or a table is removed: devices gain more from that than
/// fuel shows.
const WORTH_WITH_ARRAYS: u64 = 16;
/// Most instructions that are examined, counted for each loop.
const PATIENCE: usize = 1 << 22;

/// Unrolls loops, innermost first, unless the body would have more than `budget` instructions. Returns whether it
/// unrolled any.
pub(super) fn unroll(body: &mut Body, bounds: &[Bound], budget: usize) -> bool {
    // The first instruction of the loop unrolled last.
    let mut last = None;
    let mut seen = 0;
    let mut at = body.code.len();
    while at > 0 {
        at -= 1;
        if body.code[at].op != Op::Loop || seen > PATIENCE {
            continue;
        }
        seen += body.code.len();
        let bound = bounds.get(usize::from(body.code[at].table)).filter(|bound| bound.param.is_none());
        let Some(turns) = bound.map(|bound| bound.c) else { continue };
        let end = closing(&body.code, at);
        if last.is_some_and(|last| last < end) {
            // An outer loop is unrolled later, after the loops in it have been simplified.
            continue;
        }
        let grown = (end - at).saturating_mul(turns as usize).saturating_add(body.code.len() - (end - at));
        let fits = grown <= budget.max(body.code.len());
        let unrolls = fits && (turns <= 1 || is_worth(body, bounds, at, end, turns));
        if unrolls && write_out(body, at, end, turns) {
            last = Some(at);
        }
    }
    last.is_some()
}

/// Whether unrolling saves enough fuel to justify the longer code.
fn is_worth(body: &Body, bounds: &[Bound], open: usize, end: usize, turns: u32) -> bool {
    let flow = Flow::of(body);
    // Enclosing loops may be unrolled next.
    let is_constant =
        |open: &usize| bounds.get(usize::from(body.code[*open].table)).is_some_and(|bound| bound.param.is_none());
    let counted: Vec<usize> = std::iter::once(open).chain(flow.loops_around(open)).filter(is_constant).collect();
    // Known in each iteration: counters from a known start, and values computed from them alone.
    let mut known = vec![false; body.temporary.len()];
    let (mut total, mut saved, mut arrays) = (1u64, 1u64, false);
    let mut around = 1u64;
    let mut inner = Vec::new();
    for at in open + 1..end {
        let inst = flow.inst(at);
        match inst.op {
            // An inner loop costs the same in each copy.
            Op::Loop => {
                inner.push(around);
                around = around.saturating_mul(8);
            }
            Op::EndLoop => around = inner.pop().unwrap_or(1),
            _ => {}
        }
        let cost = u64::from(inst.op.fuel()).saturating_mul(around);
        total = total.saturating_add(cost);
        let counts = |reg: Reg| known[reg as usize] || counted.iter().any(|&open| is_counter(&flow, reg, open));
        let is_known = |reg: Reg| {
            counts(reg)
                || (flow.is_temporary(reg) && flow.definition(reg).is_some_and(|at| flow.inst(at).op == Op::Const))
        };
        let mut sources = inst.src.into_iter().filter(|&reg| reg != NONE).peekable();
        let depends = sources.peek().is_some();
        match inst.op {
            Op::Sload | Op::Sstore | Op::Cload if counts(inst.src[0]) => {
                arrays = true;
                saved = saved.saturating_add(cost);
            }
            // Copies from one iteration to the next disappear by renaming.
            Op::Mov => saved = saved.saturating_add(cost),
            _ if inst.is_pure() && depends && sources.all(is_known) => {
                saved = saved.saturating_add(cost);
                known[inst.d as usize] |= body.temporary[inst.d as usize];
            }
            Op::BreakIf | Op::If if is_known(inst.src[0]) => saved = saved.saturating_add(cost),
            _ => {}
        }
    }
    let length = (end - open).saturating_mul(turns as usize);
    match arrays {
        true => saved.saturating_mul(WORTH_WITH_ARRAYS) >= total,
        false => saved.saturating_mul(WORTH) >= total && length <= SMALL,
    }
}

/// A variable that starts at a known value and steps by a constant.
fn is_counter(flow: &Flow, reg: Reg, open: usize) -> bool {
    if flow.is_temporary(reg) || flow.step(reg, open).is_none() {
        return false;
    }
    let level = flow.loops_around(open).next().unwrap_or(0);
    let first = flow.last_write_before(reg, open, level);
    first.is_some_and(|at| flow.inst(at).op == Op::Const)
}

/// Replaces a loop by its iterations; `false` if that is not possible.
fn write_out(body: &mut Body, open: usize, end: usize, turns: u32) -> bool {
    let label = body.code[open].label;
    let turn_code: Vec<Inst> = body.code[open + 1..end].to_vec();
    let mut inside = vec![false; body.temporary.len()];
    for reg in turn_code.iter().flat_map(Inst::writes) {
        inside[reg as usize] = body.temporary[reg as usize];
    }
    // A value that is read after the loop comes from the last iteration, so all iterations write the same register.
    let mut outlives = vec![false; body.temporary.len()];
    for inst in body.code[..open].iter().chain(&body.code[end..]) {
        for reg in inst.reads().filter(|&reg| inside[reg as usize]) {
            outlives[reg as usize] = true;
        }
    }
    if turn_code.iter().any(|inst| inst.writes().len() > 1 && inst.writes().any(|reg| outlives[reg as usize])) {
        return false;
    }
    for (reg, outlives) in outlives.into_iter().enumerate().filter(|(_, outlives)| *outlives) {
        body.temporary[reg] = !outlives;
        inside[reg] = false;
    }
    let mut labels = body.code.iter().map(|inst| inst.label).max().unwrap_or(0);
    let mut fresh = || {
        labels += 1;
        labels
    };
    let around = fresh();
    let mut out = vec![Inst::control(Op::Block, around)];
    for _ in 0..turns {
        let turn = fresh();
        out.push(Inst::control(Op::Block, turn));
        let mut registers: HashMap<Reg, Reg> = HashMap::new();
        let mut inner: HashMap<Label, Label> = HashMap::new();
        for inst in &turn_code {
            let mut inst = *inst;
            for (member, reg) in inst.writes().enumerate().filter(|&(_, reg)| inside[reg as usize]) {
                body.temporary.push(true);
                registers.insert(reg, (body.temporary.len() - 1) as Reg);
                debug_assert_eq!(registers[&reg], registers[&inst.d] + member as Reg);
            }
            for slot in inst.src.iter_mut().chain([&mut inst.d]) {
                *slot = registers.get(slot).copied().unwrap_or(*slot);
            }
            if inst.opens() {
                inner.insert(inst.label, fresh());
            }
            match inst.op {
                Op::Break | Op::BreakIf if inst.label == label => inst.label = around,
                Op::Continue if inst.label == label => (inst.op, inst.label) = (Op::Break, turn),
                Op::ContinueIf if inst.label == label => (inst.op, inst.label) = (Op::BreakIf, turn),
                _ => inst.label = inner.get(&inst.label).copied().unwrap_or(inst.label),
            }
            out.push(inst);
        }
        out.push(Inst::control(Op::End, turn));
    }
    out.push(Inst::control(Op::End, around));
    body.code.splice(open..=end, out);
    true
}

#[cfg(test)]
mod tests {
    use super::unroll;
    use crate::{
        ir::Body,
        testing::{body, keeps, outline, run, text, turns},
    };

    fn unrolled(body: &mut Body) {
        unroll(body, &outline().bounds, 1000);
    }

    const SUM: &str = "t0 = gid
             v1 = const 0
             v2 = const 5
             loop #1 @0
             t3 = mul v2 v2
             v1 = add v1 t3
             v2 = add v2 1
             end_loop #1 @0
             ostore t0 v1";

    #[test]
    fn a_loop_becomes_its_turns() {
        turns(
            unrolled,
            SUM,
            "t0 = gid
             v1 = const 0
             v2 = const 5
             block #2
             block #3
             t4 = mul v2 v2
             v1 = add v1 t4
             v2 = add v2 1
             end #3
             block #4
             t5 = mul v2 v2
             v1 = add v1 t5
             v2 = add v2 1
             end #4
             block #5
             t6 = mul v2 v2
             v1 = add v1 t6
             v2 = add v2 1
             end #5
             end #2
             ostore t0 v1",
        );
    }

    #[test]
    fn jumps_leave_their_turn_or_all() {
        let text = "t0 = gid
             v1 = const 0
             v2 = const 0
             loop #1 @0
             v2 = add v2 1
             t3 = eq v2 t0
             continue_if t3 #1
             t4 = gt_u v2 t0
             if t4 #2
             break #1
             end #2
             v1 = add v1 v2
             end_loop #1 @0
             ostore t0 v1";
        let mut changed = body(text);
        unrolled(&mut changed);
        assert!(!crate::testing::text(&changed).contains("loop"));
        assert_eq!(run(&changed), run(&body(text)));
    }

    #[test]
    fn what_is_read_after_the_loop_is_of_its_last_iteration() {
        let text = "t0 = gid
             v2 = const 0
             loop #1 @0
             t3 = mul v2 7
             v2 = add v2 1
             t4 = gt_u v2 t0
             break_if t4 #1
             end_loop #1 @0
             ostore t0 t3";
        let mut changed = body(text);
        unrolled(&mut changed);
        assert_eq!(run(&changed), run(&body(text)));
        assert!(!changed.temporary[3]);
    }

    #[test]
    fn loops_in_loops_unroll_from_the_inside() {
        let text = "t0 = gid
             v1 = const 0
             v2 = const 0
             loop #1 @0
             v3 = const 0
             loop #2 @0
             t4 = mul v2 v3
             v1 = add v1 t4
             v3 = add v3 1
             end_loop #2 @0
             v2 = add v2 1
             end_loop #1 @0
             ostore t0 v1";
        let mut changed = body(text);
        unrolled(&mut changed);
        let inner = crate::testing::text(&changed);
        assert!(inner.contains("loop #1") && !inner.contains("loop #2"), "{inner}");
        unrolled(&mut changed);
        assert!(!crate::testing::text(&changed).contains("loop"));
        assert_eq!(run(&changed), run(&body(text)));
    }

    #[test]
    fn a_loop_stays_where_its_turns_are_not_known_or_too_many() {
        keeps(unrolled, &SUM.replace("@0", "@2"));
        let short = |body: &mut Body| assert!(!unroll(body, &outline().bounds, 10));
        keeps(short, &SUM.replace(" @0", ""));
    }

    #[test]
    fn a_loop_stays_where_little_would_be_gained() {
        let heavy = "v1 = div_u v1 v2\n".repeat(12);
        keeps(unrolled, &SUM.replace(" @0", "").replace("t3 = mul v2 v2\n", &format!("t3 = mul v2 v2\n{heavy}")));
    }

    #[test]
    fn a_loop_is_unrolled_for_its_arrays_and_for_what_it_hands_on() {
        let heavy = "v1 = div_u v1 v2\n".repeat(12);
        for gain in ["t4 = sload v2 @0\n", "sstore v2 v1 @0\n", "v4 = mov v1\n"] {
            let lines = format!("t3 = mul v2 v2\n{heavy}{}", gain.repeat(8));
            let before = SUM.replace("t3 = mul v2 v2\n", &lines);
            let mut changed = body(&before);
            unrolled(&mut changed);
            assert!(!text(&changed).contains("loop"), "{gain}");
            assert_eq!(run(&changed), run(&body(&before)), "{gain}");
        }
    }

    #[test]
    fn a_loop_without_an_iteration_is_removed_for_any_budget() {
        let mut changed = body(&SUM.replace("@0", "@1"));
        assert!(unroll(&mut changed, &outline().bounds, 0));
        assert!(!text(&changed).contains("loop"));
    }
}
