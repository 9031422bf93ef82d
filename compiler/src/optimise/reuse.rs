//! Does not compute twice what is known from before: value numbering over the constructs that enclose a use.

use std::collections::HashMap;

use touchstone_kir::Op;

use crate::ir::{mirrored, Inst, Program, Reg, NONE};

/// Turns the second of two equal computations on temporaries into a copy, and reads the first in its place.
pub fn reuse(program: &mut Program) {
    let mut scopes: Vec<HashMap<Key, Reg>> = vec![HashMap::new()];
    let mut first: Vec<Reg> = (0..program.temporary.len() as Reg).collect();
    for at in 0..program.code.len() {
        for slot in program.code[at].src.iter_mut().filter(|slot| **slot != NONE) {
            *slot = first[*slot as usize];
        }
        let inst = program.code[at];
        if inst.opens() {
            scopes.push(HashMap::new());
        } else if inst.closes() {
            scopes.pop();
        } else if inst.op == Op::Else {
            if let Some(scope) = scopes.last_mut() {
                scope.clear();
            }
        } else if inst.is_pure() && inst.op != Op::Mov {
            let stable = |reg: Reg| reg == NONE || program.temporary[reg as usize];
            if !stable(inst.d) || !inst.src.into_iter().all(stable) {
                continue;
            }
            let key = key(&inst);
            let earlier = scopes.iter().find_map(|scope| scope.get(&key));
            match earlier {
                Some(&reg) => {
                    program.code[at] = Inst { origin: inst.origin, ..Inst::mov(inst.d, reg) };
                    first[inst.d as usize] = reg;
                }
                None => {
                    if let Some(scope) = scopes.last_mut() {
                        scope.insert(key, inst.d);
                    }
                }
            }
        }
    }
}

type Key = (u8, bool, [Reg; 4], u16, u32);

/// What is computed: of operations on two operands that may change sides, in one order.
fn key(inst: &Inst) -> Key {
    let mut src = inst.src;
    let commutes = mirrored(inst.op) == Some(inst.op);
    if commutes && !inst.immediate && src[0] > src[1] {
        src.swap(0, 1);
    }
    (inst.op as u8, inst.immediate, src, inst.table, inst.imm)
}
