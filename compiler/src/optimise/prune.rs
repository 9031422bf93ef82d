//! Removes entries of the tables that the body no longer refers to.

use touchstone_kir::Op;

use crate::{
    assemble::Outline,
    ir::{Body, Inst},
};

/// Removes unused views, bounds and constants.
pub(super) fn prune(body: &mut Body, tables: &mut Outline) {
    views(body, tables);
    bounds(body, tables);
    constants(body, tables);
}

/// New numbers for the entries of a table that are used.
fn numbers(used: &[bool]) -> Vec<u16> {
    let mut next = 0;
    used.iter()
        .map(|&used| {
            next += u16::from(used);
            next.saturating_sub(u16::from(used))
        })
        .collect()
}

fn retain<T>(table: &mut Vec<T>, used: &[bool]) {
    let mut used = used.iter();
    table.retain(|_| used.next().copied().unwrap_or(true));
}

/// A view costs chunks where it is declared, even if nothing reads through it.
fn views(body: &mut Body, tables: &mut Outline) {
    let mut used = vec![false; tables.views.len()];
    for inst in body.code.iter().filter(|inst| matches!(inst.op, Op::LoadView | Op::Load4View)) {
        used[usize::from(inst.table)] = true;
    }
    body.code.retain(|inst| inst.op != Op::View || used[usize::from(inst.table)]);
    let numbers = numbers(&used);
    for inst in body.code.iter_mut().filter(|inst| matches!(inst.op, Op::View | Op::LoadView | Op::Load4View)) {
        inst.table = numbers[usize::from(inst.table)];
    }
    retain(&mut tables.views, &used);
}

fn bounds(body: &mut Body, tables: &mut Outline) {
    let is_loop = |inst: &&mut Inst| matches!(inst.op, Op::Loop | Op::EndLoop);
    let mut used = vec![false; tables.bounds.len()];
    for view in &tables.views {
        used[usize::from(view.bound)] = true;
    }
    for inst in body.code.iter_mut().filter(is_loop) {
        used[usize::from(inst.table)] = true;
    }
    let numbers = numbers(&used);
    for inst in body.code.iter_mut().filter(is_loop) {
        inst.table = numbers[usize::from(inst.table)];
    }
    for view in &mut tables.views {
        view.bound = numbers[usize::from(view.bound)];
    }
    retain(&mut tables.bounds, &used);
}

fn constants(body: &mut Body, tables: &mut Outline) {
    let mut used = vec![false; tables.constants.len()];
    for inst in body.code.iter().filter(|inst| inst.op == Op::Cload) {
        let (first, len) = ((inst.imm & 0xffff) as usize, (inst.imm >> 16) as usize);
        used[first..first + len].fill(true);
    }
    let numbers = numbers(&used);
    for inst in body.code.iter_mut().filter(|inst| inst.op == Op::Cload) {
        let first = numbers[(inst.imm & 0xffff) as usize];
        inst.imm = inst.imm & 0xffff_0000 | u32::from(first);
    }
    retain(&mut tables.constants, &used);
}

#[cfg(test)]
mod tests {
    use touchstone_kir::{Bound, ViewDecl};

    use super::prune;
    use crate::testing::{body, lines, outline, text};

    #[test]
    fn what_is_not_referred_to_is_left_out() {
        let mut tables = outline();
        tables.bounds = (0..5).map(Bound::constant).collect();
        tables.views = vec![ViewDecl { buffer: 0, bound: 1 }, ViewDecl { buffer: 1, bound: 3 }];
        tables.constants = vec![1, 2, 3, 4, 5, 6];
        // Two words from the second on, one from the sixth.
        let before = "t0 = gid
             view t0 @0
             view t0 @1
             loop #1 @4
             t1 = load_view t0 @1
             t2 = cload t0 +131073
             t3 = cload t0 +65541
             end_loop #1 @4";
        let mut changed = body(before);
        prune(&mut changed, &mut tables);
        let after = "t0 = gid
             view t0 @0
             loop #1 @1
             t1 = load_view t0 @0
             t2 = cload t0 +131072
             t3 = cload t0 +65538
             end_loop #1 @1";
        assert_eq!(text(&changed), lines(after));
        assert_eq!(tables.bounds, [Bound::constant(3), Bound::constant(4)]);
        assert_eq!(tables.views, [ViewDecl { buffer: 1, bound: 0 }]);
        assert_eq!(tables.constants, [2, 3, 6]);
    }
}
