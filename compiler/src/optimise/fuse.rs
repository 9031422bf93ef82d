//! Writes results where they are wanted, and adds products in one instruction.

use touchstone_kir::Op;

use crate::ir::{Inst, Program, Reg, NONE};

/// Instructions between a value and its use that are looked at.
const PATIENCE: usize = 512;

/// `t = x op y; v = t` becomes `v = x op y`; `t = dot4(x, y); v = u + t` becomes `v = u; v += dot4(x, y)` where u can
/// be computed into v.
pub fn fuse(program: &mut Program) {
    let mut uses = vec![0usize; program.temporary.len()];
    for reg in program.code.iter().flat_map(|inst| inst.reads().collect::<Vec<_>>()) {
        uses[reg as usize] += 1;
    }
    let mut at = program.code.len();
    while at > 0 {
        at -= 1;
        let inst = program.code[at];
        if inst.op == Op::Mov && !program.temporary[inst.d as usize] {
            write_directly(program, &uses, at);
        }
    }
    for at in (0..program.code.len()).rev() {
        accumulate(program, &uses, at);
    }
}

/// The instruction in the same straight run of code that writes a temporary used only once.
fn definition(program: &Program, uses: &[usize], at: usize, temporary: Reg) -> Option<usize> {
    if temporary == NONE || !program.temporary[temporary as usize] || uses[temporary as usize] != 1 {
        return None;
    }
    for before in (0..at).rev().take(PATIENCE) {
        let inst = &program.code[before];
        if inst.writes().contains(&temporary) {
            return Some(before);
        }
        // Across a jump that may be taken, the write would come too early or not at all.
        if inst.opens() || inst.closes() || inst.jumps() || inst.op == Op::Else {
            return None;
        }
    }
    None
}

fn touches(inst: &Inst, reg: Reg) -> bool {
    inst.writes().contains(&reg) || inst.reads().any(|read| read == reg)
}

fn write_directly(program: &mut Program, uses: &[usize], at: usize) {
    let (variable, temporary) = (program.code[at].d, program.code[at].src[0]);
    let Some(defined) = definition(program, uses, at, temporary) else {
        return;
    };
    let definer = program.code[defined];
    let writes_one = definer.d == temporary && definer.writes().len() == 1;
    let disturbed = program.code[defined + 1..at].iter().any(|inst| touches(inst, variable));
    if writes_one && !disturbed && !definer.accumulates() {
        program.code[defined].d = variable;
        program.code[at] = Inst::mov(variable, variable);
    }
}

fn accumulate(program: &mut Program, uses: &[usize], at: usize) {
    let sum = program.code[at];
    if sum.op != Op::Add || sum.immediate {
        return;
    }
    for (accumulator, product) in [(sum.src[0], sum.src[1]), (sum.src[1], sum.src[0])] {
        if product == accumulator {
            continue;
        }
        let Some(defined) = definition(program, uses, at, product) else {
            continue;
        };
        let definer = program.code[defined];
        let op = match (definer.op, definer.immediate) {
            (Op::Dot4U, false) => Op::Dot4AccU,
            (Op::Dot4S, false) => Op::Dot4AccS,
            (Op::Mul, false) => Op::Mad,
            _ => continue,
        };
        let operands = [definer.src[0], definer.src[1]];
        let changed = program.code[defined + 1..at].iter().any(|inst| inst.writes().any(|reg| operands.contains(&reg)));
        let moves = accumulator != sum.d;
        if changed || moves && operands.contains(&sum.d) || !begins_as(program, uses, at, accumulator, sum.d) {
            continue;
        }
        program.code[at] = Inst { op, src: [operands[0], operands[1], NONE, NONE], ..sum };
        // Its value is no longer used: the next sweep removes it.
        return;
    }
}

/// Lets the first summand be in the register of the sum at `at`, if it can.
fn begins_as(program: &mut Program, uses: &[usize], at: usize, summand: Reg, sum: Reg) -> bool {
    if summand == sum {
        return true;
    }
    let Some(defined) = definition(program, uses, at, summand) else {
        return false;
    };
    let definer = program.code[defined];
    let disturbed = program.code[defined + 1..at].iter().any(|inst| touches(inst, sum));
    if disturbed || definer.accumulates() || definer.writes().len() != 1 {
        return false;
    }
    program.code[defined].d = sum;
    program.temporary[sum as usize] = false;
    true
}
