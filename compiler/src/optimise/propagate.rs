//! Copy and constant propagation.
//!
//! One pass forwards. What is known about a temporary is known for good; what is known about a variable ends with the
//! next write to it, and at the edges of constructs that write it.

use std::collections::{HashMap, HashSet};

use touchstone_kernel::{
    alu::{binary, unary},
    Op,
};

use crate::ir::{closing, Inst, Program, Reg, NONE};

#[derive(Clone, Copy, PartialEq)]
enum Known {
    Const(u32),
    Copy(Reg),
}

/// Replaces copies by what they copy, and computes what is constant.
pub fn propagate(program: &mut Program) {
    let mut known: HashMap<Reg, Known> = HashMap::new();
    // The state at each open `if`, for its `else`, and the variables that each open construct writes.
    let mut open: Vec<(HashMap<Reg, Known>, HashSet<Reg>)> = Vec::new();
    let temporary = program.temporary.clone();
    for at in 0..program.code.len() {
        let inst = program.code[at];
        if inst.opens() {
            let end = closing(&program.code, at);
            let written: HashSet<Reg> =
                program.code[at..=end].iter().flat_map(Inst::writes).filter(|&reg| !temporary[reg as usize]).collect();
            substitute(&mut program.code[at], &known);
            open.push((known.clone(), written));
            if inst.op == Op::Loop {
                // Also from the end of the turn before.
                if let Some((_, written)) = open.last() {
                    forget(&mut known, written);
                }
            }
            continue;
        }
        match inst.op {
            Op::Else => {
                if let Some((before, _)) = open.last() {
                    known = before.clone();
                }
                continue;
            }
            Op::End | Op::EndLoop => {
                if let Some((_, written)) = open.pop() {
                    forget(&mut known, &written);
                }
                continue;
            }
            _ => {}
        }
        substitute(&mut program.code[at], &known);
        fold(&mut program.code[at]);
        let inst = program.code[at];
        // A temporary is written once, before anything is known about it.
        if inst.writes().any(|reg| !temporary[reg as usize]) {
            forget(&mut known, &HashSet::from([inst.d]));
        }
        match inst.op {
            Op::Const => {
                known.insert(inst.d, Known::Const(inst.imm));
            }
            // A variable goes on being read as itself: so `v = v + x` stays in one register from end to end.
            Op::Mov if inst.src[0] != inst.d && temporary[inst.d as usize] => {
                known.insert(inst.d, Known::Copy(inst.src[0]));
            }
            _ => {}
        }
    }
}

fn forget(known: &mut HashMap<Reg, Known>, written: &HashSet<Reg>) {
    if written.is_empty() {
        return;
    }
    known.retain(|reg, value| {
        !written.contains(reg) && !matches!(value, Known::Copy(source) if written.contains(source))
    });
}

fn substitute(inst: &mut Inst, known: &HashMap<Reg, Known>) {
    for slot in &mut inst.src {
        while let Some(Known::Copy(source)) = known.get(slot) {
            *slot = *source;
        }
    }
    let value = |reg: Reg| match known.get(&reg) {
        Some(Known::Const(value)) => Some(*value),
        _ => None,
    };
    let [a, b, c, _] = inst.src;
    match inst.op {
        Op::Mov => {
            if let Some(constant) = value(a) {
                *inst = Inst::constant(inst.d, constant);
            }
        }
        Op::Select => {
            let chosen = match value(c) {
                Some(0) => b,
                Some(_) => a,
                None => return,
            };
            *inst = match value(chosen) {
                Some(constant) => Inst::constant(inst.d, constant),
                None => Inst::mov(inst.d, chosen),
            };
        }
        op if op.is_binary() && !inst.immediate => {
            if let Some(constant) = value(b) {
                inst.immediate = true;
                inst.imm = constant;
                inst.src[1] = NONE;
            } else if let (Some(constant), Some(mirror)) = (value(a), commuted(op)) {
                inst.op = mirror;
                inst.src[0] = b;
                inst.immediate = true;
                inst.imm = constant;
                inst.src[1] = NONE;
            }
            folded_with(inst, value(inst.src[0]));
        }
        op if op.is_binary() || unary(op, 0).is_some() => folded_with(inst, value(a)),
        _ => {}
    }
}

/// Computes an operation whose operands are all constant.
fn folded_with(inst: &mut Inst, a: Option<u32>) {
    let Some(a) = a else { return };
    let result = match (inst.op.is_binary(), inst.immediate) {
        (true, true) => binary(inst.op, a, inst.imm),
        (true, false) => None,
        (false, _) => unary(inst.op, a),
    };
    if let Some(result) = result {
        *inst = Inst::constant(inst.d, result);
    }
}

/// Operations with an immediate that need none.
fn fold(inst: &mut Inst) {
    if !inst.immediate {
        return;
    }
    let keeps = match inst.op {
        Op::Add | Op::Sub | Op::Or | Op::Xor => inst.imm == 0,
        Op::Shl | Op::ShrU | Op::ShrS => inst.imm & 31 == 0,
        Op::Mul | Op::DivU | Op::DivS => inst.imm == 1,
        Op::And => inst.imm == u32::MAX,
        _ => false,
    };
    if keeps {
        *inst = Inst::mov(inst.d, inst.src[0]);
    }
}

fn commuted(op: Op) -> Option<Op> {
    Some(match op {
        Op::Add | Op::Mul | Op::And | Op::Or | Op::Xor | Op::Eq | Op::Ne => op,
        Op::MinU | Op::MaxU | Op::MinS | Op::MaxS => op,
        Op::LtU => Op::GtU,
        Op::LeU => Op::GeU,
        Op::GtU => Op::LtU,
        Op::GeU => Op::LeU,
        Op::LtS => Op::GtS,
        Op::LeS => Op::GeS,
        Op::GtS => Op::LtS,
        Op::GeS => Op::LeS,
        _ => return None,
    })
}
