//! Copy and constant propagation.
//!
//! One forward pass. Facts about a temporary hold everywhere. Facts about a variable hold until the next write to it,
//! and until the start or end of a construct that writes it.

use touchstone_kir::{
    alu::{binary, unary},
    Op,
};

use crate::ir::{mirrored, Body, Inst, Reg, NONE};

#[derive(Clone, Copy, PartialEq)]
enum Value {
    Const(u32),
    Copy(Reg),
}

/// What is known about a register, valid until it or its source is written again.
#[derive(Clone, Copy)]
struct Fact {
    value: Value,
    written: u32,
    copied: u32,
}

struct Known {
    facts: Vec<Option<Fact>>,
    /// By register, a version number that changes with each write.
    written: Vec<u32>,
    writes: u32,
}

impl Known {
    fn get(&self, reg: Reg) -> Option<Value> {
        let fact = self.facts.get(reg as usize).copied().flatten()?;
        let copied = match fact.value {
            Value::Copy(source) => self.written[source as usize],
            Value::Const(_) => 0,
        };
        (fact.written == self.written[reg as usize] && fact.copied == copied).then_some(fact.value)
    }

    fn set(&mut self, reg: Reg, value: Value) {
        let copied = match value {
            Value::Copy(source) => self.written[source as usize],
            Value::Const(_) => 0,
        };
        self.facts[reg as usize] = Some(Fact { value, written: self.written[reg as usize], copied });
    }

    fn forget(&mut self, reg: Reg) {
        self.writes += 1;
        self.written[reg as usize] = self.writes;
    }
}

/// An open construct.
struct OpenConstruct {
    /// The variables that it writes, with what was known about them before it.
    before: Vec<(Reg, u32, Option<Fact>)>,
}

/// Replaces copies by their sources, and folds constants.
pub(super) fn propagate(body: &mut Body) {
    let registers = body.temporary.len();
    let mut known = Known { facts: vec![None; registers], written: vec![0; registers], writes: 0 };
    let mut open: Vec<OpenConstruct> = Vec::new();
    for (at, written) in written(body).iter().enumerate() {
        match body.code[at].op {
            Op::If | Op::Block | Op::Loop => {
                substitute(&mut body.code[at], &known);
                let state = |&reg: &Reg| (reg, known.written[reg as usize], known.facts[reg as usize]);
                open.push(OpenConstruct { before: written.iter().map(state).collect() });
                if body.code[at].op == Op::Loop {
                    // Control also comes from the end of the previous iteration.
                    written.iter().for_each(|&reg| known.forget(reg));
                }
                continue;
            }
            Op::Else => {
                for &(reg, number, fact) in open.last().iter().flat_map(|open| &open.before) {
                    known.written[reg as usize] = number;
                    known.facts[reg as usize] = fact;
                }
                continue;
            }
            Op::End | Op::EndLoop => {
                open.pop().iter().flat_map(|open| &open.before).for_each(|&(reg, ..)| known.forget(reg));
                continue;
            }
            _ => {}
        }
        substitute(&mut body.code[at], &known);
        fold(&mut body.code[at]);
        let inst = body.code[at];
        // A temporary is written only once, before anything is known about it.
        inst.writes().filter(|&reg| !body.temporary[reg as usize]).for_each(|reg| known.forget(reg));
        match inst.op {
            Op::Const => known.set(inst.d, Value::Const(inst.imm)),
            // Reads of a variable are not replaced by its source, so `v = v + x` stays in one register throughout.
            Op::Mov if inst.src[0] != inst.d && body.temporary[inst.d as usize] => {
                known.set(inst.d, Value::Copy(inst.src[0]));
            }
            _ => {}
        }
    }
}

/// By opening, the variables that a construct writes, each once.
fn written(body: &Body) -> Vec<Vec<Reg>> {
    let mut written: Vec<Vec<Reg>> = vec![Vec::new(); body.code.len()];
    let mut open: Vec<usize> = Vec::new();
    for (at, inst) in body.code.iter().enumerate() {
        if inst.opens() {
            open.push(at);
        } else if inst.closes() {
            open.pop();
        }
        for reg in inst.writes().filter(|&reg| !body.temporary[reg as usize]) {
            open.iter().for_each(|&start| written[start].push(reg));
        }
    }
    for variables in &mut written {
        variables.sort_unstable();
        variables.dedup();
    }
    written
}

fn substitute(inst: &mut Inst, known: &Known) {
    for slot in &mut inst.src {
        while let Some(Value::Copy(source)) = known.get(*slot) {
            *slot = source;
        }
    }
    let value = |reg: Reg| match known.get(reg) {
        Some(Value::Const(value)) => Some(value),
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
            } else if let (Some(constant), Some(mirror)) = (value(a), mirrored(op)) {
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

/// Operations with an immediate that have no effect or a simpler form.
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
