//! Folds constant offsets into loads and stores, which add a constant to their index at no cost.

use touchstone_kir::Op;

use crate::ir::{Body, Inst, Reg, NONE};

/// Moves constants out of indices into the instruction's own offset.
pub(super) fn address(body: &mut Body) {
    let mut written: Vec<Option<Inst>> = vec![None; body.temporary.len()];
    let mut zero = None;
    for at in 0..body.code.len() {
        let inst = body.code[at];
        if is_memory(inst.op) {
            let mut index = inst.src[0];
            let mut offset = inst.imm;
            while let Some(before) = written.get(index as usize).copied().flatten() {
                match (before.op, before.immediate) {
                    (Op::Add, true) => offset = offset.wrapping_add(before.imm),
                    (Op::Sub, true) => offset = offset.wrapping_sub(before.imm),
                    (Op::Const, _) if before.imm != 0 => {
                        offset = offset.wrapping_add(before.imm);
                        index = *zero.get_or_insert_with(|| {
                            body.temporary.push(true);
                            (body.temporary.len() - 1) as Reg
                        });
                        break;
                    }
                    _ => break,
                }
                index = before.src[0];
            }
            body.code[at].src[0] = index;
            body.code[at].imm = offset;
        }
        let stable = |reg: Reg| reg == NONE || body.temporary.get(reg as usize) == Some(&true);
        let adds = matches!((inst.op, inst.immediate), (Op::Add | Op::Sub, true) | (Op::Const, _));
        if adds && stable(inst.d) && stable(inst.src[0]) {
            written[inst.d as usize] = Some(inst);
        }
    }
    if let Some(zero) = zero {
        body.code.insert(0, Inst::constant(zero, 0));
    }
}

fn is_memory(op: Op) -> bool {
    matches!(op, Op::Load | Op::LoadView | Op::Load4 | Op::Load4View | Op::Sload | Op::Sstore | Op::Oload | Op::Ostore)
}

#[cfg(test)]
mod tests {
    use super::address;
    use crate::testing::{keeps, turns};

    #[test]
    fn what_is_added_to_an_index_becomes_an_offset() {
        turns(
            address,
            "t0 = gid
             t1 = add t0 5
             t2 = sub t1 2
             t3 = load t2 +1 @0
             t4 = load4 t1 @1
             sstore t1 t3 @0
             ostore t2 t4 +4294967294",
            "t0 = gid
             t1 = add t0 5
             t2 = sub t1 2
             t3 = load t0 +4 @0
             t4 = load4 t0 +5 @1
             sstore t0 t3 +5 @0
             ostore t0 t4 +1",
        );
    }

    #[test]
    fn known_indices_count_from_one_zero() {
        turns(
            address,
            "t0 = gid
             t1 = const 2
             t2 = const 3
             ostore t1 t0
             ostore t2 t0 +4294967295",
            "t3 = const 0
             t0 = gid
             t1 = const 2
             t2 = const 3
             ostore t3 t0 +2
             ostore t3 t0 +2",
        );
    }

    #[test]
    fn what_a_variable_was_is_not_what_it_is() {
        keeps(
            address,
            "t0 = gid
             t1 = add v2 5
             v2 = add t0 7
             v3 = add t0 5
             ostore t1 t0
             ostore v3 t0",
        );
    }
}
