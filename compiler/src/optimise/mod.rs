//! Shorter code for the same meaning.

mod dead;
mod flow;
mod fuse;
mod hoist;
mod propagate;
mod reuse;
#[cfg(test)]
mod tests;
mod views;

use crate::{assemble::Outline, ir::Program};

/// Rounds of propagation: each may open the way for the next.
const ROUNDS: usize = 3;

/// Optimises a program in place. Views that are found for its loads are added to the tables.
pub fn optimise(program: &mut Program, tables: &mut Outline) {
    for _ in 0..ROUNDS {
        propagate::propagate(program);
        reuse::reuse(program);
        dead::sweep(program);
    }
    hoist::hoist(program);
    reuse::reuse(program);
    dead::sweep(program);
    views::infer(program, tables);
    hoist::hoist(program);
    reuse::reuse(program);
    dead::sweep(program);
    fuse::fuse(program);
    dead::sweep(program);
    dead::jumps(program);
}
