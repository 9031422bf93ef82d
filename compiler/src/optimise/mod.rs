//! Shorter code for the same meaning.

mod dead;
mod fuse;
mod hoist;
mod propagate;
mod reuse;
#[cfg(test)]
mod tests;

use crate::ir::Program;

/// Rounds of propagation: each may open the way for the next.
const ROUNDS: usize = 3;

/// Optimises a program in place.
pub fn optimise(program: &mut Program) {
    for _ in 0..ROUNDS {
        propagate::propagate(program);
        reuse::reuse(program);
        dead::sweep(program);
    }
    hoist::hoist(program);
    reuse::reuse(program);
    dead::sweep(program);
    fuse::fuse(program);
    dead::sweep(program);
    dead::jumps(program);
}
