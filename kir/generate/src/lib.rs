//! Kernels for tests: random valid ones, for comparing implementations of the language, and [`assembly`] to write short
//! ones by hand.
//!
//! This is not part of the language. Any seed gives a valid kernel. A range of seeds covers every operation after every
//! other one and every shape of control flow, with arguments that are small enough for every implementation. The
//! comparison measures the coverage.

#![deny(unreachable_pub)]

pub mod assembly;
mod author;
mod header;
mod instruction;
mod random;

use author::Author;
pub use random::Random;
use touchstone_kir::{limits::*, Kernel, KirError};

/// A kernel and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// A valid kernel.
    pub kernel: Kernel,
    /// Parameters, as many as it declares.
    pub params: Vec<u32>,
    /// Whole input buffers, as many as it declares.
    pub inputs: Vec<Vec<u8>>,
    /// Number of invocations, at least one.
    pub invocations: u32,
}

/// A kernel of about `instructions` instructions (1 to 4,096) with its arguments.
///
/// The same arguments give the same kernel on every platform. [`Kernel::cost`] accepts it.
///
/// # Errors
/// The generator itself is wrong: its output is not a kernel.
pub fn generate(seed: u64, instructions: usize) -> Result<Generated, KirError> {
    let instructions = instructions.clamp(1, MAX_INSTRUCTIONS);
    let mut random = Random::new(seed);
    let params = header::params(&mut random);
    let inputs = header::inputs(&mut random);
    let invocations = 1 + random.below(70);
    let module = header::module(&mut random, &params, inputs.len());
    let lens = inputs.iter().map(|bytes| bytes.len() as u32 / 4).collect();
    let module = Author::new(seed, random, &params, lens, module, instructions).write();
    let kernel = Kernel::from_module(module)?;
    Ok(Generated { kernel, params, inputs, invocations })
}
