//! Fuses instructions: removes copies of results, and combines products with additions.

use touchstone_kir::Op;

use crate::ir::{Body, Inst, Reg, NONE};

/// Most instructions between a value and its use.
const PATIENCE: usize = 512;

/// `t = x op y; v = t` becomes `v = x op y`; `t = dot4(x, y); v = u + t` becomes `v = u; v += dot4(x, y)` where u can
/// be computed into v.
pub(super) fn fuse(body: &mut Body) {
    let mut uses = vec![0usize; body.temporary.len()];
    for reg in body.code.iter().flat_map(|inst| inst.reads().collect::<Vec<_>>()) {
        uses[reg as usize] += 1;
    }
    let mut at = body.code.len();
    while at > 0 {
        at -= 1;
        let inst = body.code[at];
        if inst.op == Op::Mov && !body.temporary[inst.d as usize] {
            write_directly(body, &uses, at);
        }
    }
    for at in (0..body.code.len()).rev() {
        accumulate(body, &uses, at);
    }
}

/// The instruction in the same basic block that writes a temporary that is used only once.
fn definition(body: &Body, uses: &[usize], at: usize, temporary: Reg) -> Option<usize> {
    if temporary == NONE || !body.temporary[temporary as usize] || uses[temporary as usize] != 1 {
        return None;
    }
    for before in (0..at).rev().take(PATIENCE) {
        let inst = &body.code[before];
        if inst.writes().contains(&temporary) {
            return Some(before);
        }
        // If a jump between the two is taken, the write would happen too early or not at all.
        if inst.opens() || inst.closes() || inst.jumps() || inst.op == Op::Else {
            return None;
        }
    }
    None
}

fn touches(inst: &Inst, reg: Reg) -> bool {
    inst.writes().contains(&reg) || inst.reads().any(|read| read == reg)
}

fn write_directly(body: &mut Body, uses: &[usize], at: usize) {
    let (variable, temporary) = (body.code[at].d, body.code[at].src[0]);
    let Some(defined) = definition(body, uses, at, temporary) else {
        return;
    };
    let definer = body.code[defined];
    let writes_one = definer.d == temporary && definer.writes().len() == 1;
    let disturbed = body.code[defined + 1..at].iter().any(|inst| touches(inst, variable));
    if writes_one && !disturbed && !definer.accumulates() {
        body.code[defined].d = variable;
        body.code[at] = Inst::mov(variable, variable);
    }
}

fn accumulate(body: &mut Body, uses: &[usize], at: usize) {
    let sum = body.code[at];
    if sum.op != Op::Add || sum.immediate {
        return;
    }
    for (accumulator, product) in [(sum.src[0], sum.src[1]), (sum.src[1], sum.src[0])] {
        if product == accumulator {
            continue;
        }
        let Some(defined) = definition(body, uses, at, product) else {
            continue;
        };
        let definer = body.code[defined];
        let op = match (definer.op, definer.immediate) {
            (Op::Dot4U, false) => Op::Dot4AccU,
            (Op::Dot4S, false) => Op::Dot4AccS,
            (Op::Mul, false) => Op::Mad,
            _ => continue,
        };
        let operands = [definer.src[0], definer.src[1]];
        let changed = body.code[defined + 1..at].iter().any(|inst| inst.writes().any(|reg| operands.contains(&reg)));
        let moves = accumulator != sum.d;
        if changed || moves && operands.contains(&sum.d) || !begins_as(body, uses, at, accumulator, sum.d) {
            continue;
        }
        body.code[at] = Inst { op, src: [operands[0], operands[1], NONE, NONE], ..sum };
        // Its value is no longer used, so the next sweep removes it.
        return;
    }
}

/// Computes the first summand into the register of the sum at `at`, if possible.
fn begins_as(body: &mut Body, uses: &[usize], at: usize, summand: Reg, sum: Reg) -> bool {
    if summand == sum {
        return true;
    }
    let Some(defined) = definition(body, uses, at, summand) else {
        return false;
    };
    let definer = body.code[defined];
    let disturbed = body.code[defined + 1..at].iter().any(|inst| touches(inst, sum));
    if disturbed || definer.accumulates() || definer.writes().len() != 1 {
        return false;
    }
    body.code[defined].d = sum;
    body.temporary[sum as usize] = false;
    true
}
