//! The optimiser: passes that make code cheaper without changing what it computes. Each pass has its own module.

mod address;
mod dead;
mod decide;
mod estimate;
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

use touchstone_kir::limits::MAX_LOOPS;

use crate::{assemble::Outline, ir::Body};
pub(crate) use estimate::typical_fuel;

/// Rounds of propagation: each may enable more in the next.
const ROUNDS: usize = 3;

/// Optimises a body after lowering, except for unrolling and [`finish`]. Views that are inferred for its loads are
/// added to the tables.
pub(crate) fn shorten(body: &mut Body, tables: &mut Outline) {
    rounds(body, tables);
    hoist::hoist(body);
    reuse::reuse(body);
    dead::sweep(body);
    views::infer(body, tables);
    rounds(body, tables);
}

/// Unrolls loops up to a size of `budget` instructions. `false` if no loop could be unrolled.
pub(crate) fn unroll(body: &mut Body, tables: &mut Outline, budget: usize) -> bool {
    let mut unrolled = false;
    for _ in 0..MAX_LOOPS {
        if !unroll::unroll(body, &tables.bounds, budget) {
            break;
        }
        unrolled = true;
        rounds(body, tables);
        promote::promote(body, tables);
        rounds(body, tables);
    }
    unrolled
}

/// The last passes before registers are allocated.
pub(crate) fn finish(body: &mut Body, tables: &mut Outline) {
    for _ in 0..2 {
        rounds(body, tables);
        promote::promote(body, tables);
    }
    rounds(body, tables);
    hoist::hoist(body);
    reuse::reuse(body);
    dead::sweep(body);
    fuse::fuse(body);
    dead::sweep(body);
    dead::jumps(body);
    prune::prune(body, tables);
}

fn rounds(body: &mut Body, tables: &Outline) {
    for _ in 0..ROUNDS {
        split::split(body, &tables.bounds);
        propagate::propagate(body);
        simplify::simplify(body, &tables.constants);
        address::address(body);
        decide::decide(body);
        reuse::reuse(body);
        dead::sweep(body);
    }
}
