//! Shorter code for the same meaning.

mod address;
mod dead;
mod decide;
mod flow;
mod fuse;
mod hoist;
mod promote;
mod propagate;
mod prune;
mod reuse;
mod simplify;
mod split;
#[cfg(test)]
mod tests;
mod unroll;
mod views;

use touchstone_kir::{limits::MAX_LOOPS, Bound, Op};

use crate::{
    assemble::Outline,
    ir::{Inst, Program},
};

/// Rounds of propagation: each may open the way for the next.
const ROUNDS: usize = 3;
/// What a parameter is taken for where alternatives are compared.
const TYPICAL: [u32; 16] = [1024; 16];

/// Shortens a program as it was lowered. Views that are found for its loads are added to the tables.
pub fn shorten(program: &mut Program, tables: &mut Outline) {
    rounds(program, tables);
    hoist::hoist(program);
    reuse::reuse(program);
    dead::sweep(program);
    views::infer(program, tables);
    rounds(program, tables);
}

/// Unrolls loops until a shortened program has `budget` instructions. `false` if there was none to unroll.
pub fn unroll(program: &mut Program, tables: &mut Outline, budget: usize) -> bool {
    let mut unrolled = false;
    for _ in 0..MAX_LOOPS {
        if !unroll::unroll(program, &tables.bounds, budget) {
            break;
        }
        unrolled = true;
        rounds(program, tables);
        promote::promote(program, tables);
        rounds(program, tables);
    }
    unrolled
}

/// Brings a program to its last form.
pub fn finish(program: &mut Program, tables: &mut Outline) {
    for _ in 0..2 {
        rounds(program, tables);
        promote::promote(program, tables);
    }
    rounds(program, tables);
    hoist::hoist(program);
    reuse::reuse(program);
    dead::sweep(program);
    fuse::fuse(program);
    dead::sweep(program);
    dead::jumps(program);
    prune::prune(program, tables);
}

fn rounds(program: &mut Program, tables: &Outline) {
    for _ in 0..ROUNDS {
        split::split(program, &tables.bounds);
        propagate::propagate(program);
        simplify::simplify(program, &tables.constants);
        address::address(program);
        decide::decide(program);
        reuse::reuse(program);
        dead::sweep(program);
    }
}

/// Fuel of everything in some code, each instruction as often as its loops run with typical parameters.
pub fn typical_fuel(code: &[Inst], bounds: &[Bound]) -> u64 {
    let (mut times, mut around, mut total) = (1u64, Vec::new(), 0u64);
    for inst in code {
        if inst.op == Op::Loop {
            around.push(times);
            let turns = bounds.get(usize::from(inst.table)).map_or(1, |bound| bound.value(&TYPICAL));
            times = times.saturating_mul(turns.into());
        }
        total = total.saturating_add(times.saturating_mul(inst.op.fuel().into()));
        if inst.op == Op::EndLoop {
            times = around.pop().unwrap_or(1);
        }
    }
    total
}
