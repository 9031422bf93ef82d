//! Leaves out of the tables what the program no longer refers to.

use touchstone_kernel::Op;

use crate::{
    assemble::Outline,
    ir::{Inst, Program},
};

/// Removes views, bounds and constants without a use.
pub fn prune(program: &mut Program, tables: &mut Outline) {
    views(program, tables);
    bounds(program, tables);
    constants(program, tables);
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

/// A view costs chunks where it is declared, read or not.
fn views(program: &mut Program, tables: &mut Outline) {
    let mut used = vec![false; tables.views.len()];
    for inst in program.code.iter().filter(|inst| matches!(inst.op, Op::LoadView | Op::Load4View)) {
        used[usize::from(inst.table)] = true;
    }
    program.code.retain(|inst| inst.op != Op::View || used[usize::from(inst.table)]);
    let numbers = numbers(&used);
    for inst in program.code.iter_mut().filter(|inst| matches!(inst.op, Op::View | Op::LoadView | Op::Load4View)) {
        inst.table = numbers[usize::from(inst.table)];
    }
    retain(&mut tables.views, &used);
}

fn bounds(program: &mut Program, tables: &mut Outline) {
    let is_loop = |inst: &&mut Inst| matches!(inst.op, Op::Loop | Op::EndLoop);
    let mut used = vec![false; tables.bounds.len()];
    for view in &tables.views {
        used[usize::from(view.bound)] = true;
    }
    for inst in program.code.iter_mut().filter(is_loop) {
        used[usize::from(inst.table)] = true;
    }
    let numbers = numbers(&used);
    for inst in program.code.iter_mut().filter(is_loop) {
        inst.table = numbers[usize::from(inst.table)];
    }
    for view in &mut tables.views {
        view.bound = numbers[usize::from(view.bound)];
    }
    retain(&mut tables.bounds, &used);
}

fn constants(program: &mut Program, tables: &mut Outline) {
    let mut used = vec![false; tables.constants.len()];
    for inst in program.code.iter().filter(|inst| inst.op == Op::Cload) {
        let (first, len) = ((inst.imm & 0xffff) as usize, (inst.imm >> 16) as usize);
        used[first..first + len].fill(true);
    }
    let numbers = numbers(&used);
    for inst in program.code.iter_mut().filter(|inst| inst.op == Op::Cload) {
        let first = numbers[(inst.imm & 0xffff) as usize];
        inst.imm = inst.imm & 0xffff_0000 | u32::from(first);
    }
    retain(&mut tables.constants, &used);
}
