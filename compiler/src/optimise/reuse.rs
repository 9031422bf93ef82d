//! Does not compute twice what is known from before: value numbering over the constructs that enclose a use.

use std::collections::HashMap;

use crate::ir::{Inst, Program, NONE};

/// Turns the second of two equal computations on temporaries into a copy.
pub fn reuse(program: &mut Program) {
    let mut scopes: Vec<HashMap<Key, u32>> = vec![HashMap::new()];
    for at in 0..program.code.len() {
        let inst = program.code[at];
        if inst.opens() {
            scopes.push(HashMap::new());
        } else if inst.closes() {
            scopes.pop();
        } else if inst.op == touchstone_kernel::Op::Else {
            if let Some(scope) = scopes.last_mut() {
                scope.clear();
            }
        } else if inst.is_pure() && inst.op != touchstone_kernel::Op::Mov {
            let stable = |reg: u32| reg == NONE || program.temporary[reg as usize];
            if !stable(inst.d) || !inst.src.into_iter().all(stable) {
                continue;
            }
            let key = key(&inst);
            let earlier = scopes.iter().find_map(|scope| scope.get(&key));
            match earlier {
                Some(&reg) => program.code[at] = Inst::mov(inst.d, reg),
                None => {
                    if let Some(scope) = scopes.last_mut() {
                        scope.insert(key, inst.d);
                    }
                }
            }
        }
    }
}

type Key = (u8, bool, [u32; 4], u16, u32);

fn key(inst: &Inst) -> Key {
    (inst.op as u8, inst.immediate, inst.src, inst.table, inst.imm)
}
