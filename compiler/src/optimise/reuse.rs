//! Common subexpression elimination, by value numbering over the enclosing constructs.

use std::collections::HashMap;

use touchstone_kir::Op;

use crate::ir::{mirrored, Body, Inst, Reg, NONE};

/// Turns the second of two equal computations on temporaries into a copy of the first, and reads the first instead.
pub(super) fn reuse(body: &mut Body) {
    let mut scopes: Vec<HashMap<Key, Reg>> = vec![HashMap::new()];
    let mut first: Vec<Reg> = (0..body.temporary.len() as Reg).collect();
    for at in 0..body.code.len() {
        for slot in body.code[at].src.iter_mut().filter(|slot| **slot != NONE) {
            *slot = first[*slot as usize];
        }
        let inst = body.code[at];
        if inst.opens() {
            scopes.push(HashMap::new());
        } else if inst.closes() {
            scopes.pop();
        } else if inst.op == Op::Else {
            if let Some(scope) = scopes.last_mut() {
                scope.clear();
            }
        } else if inst.is_pure() && inst.op != Op::Mov {
            let stable = |reg: Reg| reg == NONE || body.temporary[reg as usize];
            if !stable(inst.d) || !inst.src.into_iter().all(stable) {
                continue;
            }
            let key = key(&inst);
            let earlier = scopes.iter().find_map(|scope| scope.get(&key));
            match earlier {
                Some(&reg) => {
                    body.code[at] = Inst { origin: inst.origin, ..Inst::mov(inst.d, reg) };
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

/// Identifies a computation. The operands of commutative operations are in a fixed order.
fn key(inst: &Inst) -> Key {
    let mut src = inst.src;
    let commutes = mirrored(inst.op) == Some(inst.op);
    if commutes && !inst.immediate && src[0] > src[1] {
        src.swap(0, 1);
    }
    (inst.op as u8, inst.immediate, src, inst.table, inst.imm)
}
