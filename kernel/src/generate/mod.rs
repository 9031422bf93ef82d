//! Random valid kernels, for tests that compare implementations of the language.
//!
//! Not part of the language. Any seed gives a lawful kernel; a run of seeds uses every operation behind every other and
//! every shape of control, with arguments small enough to run everywhere. Which it did is measured where they are compared.

mod author;
mod header;
mod instruction;
mod random;

use alloc::vec::Vec;

use crate::{limits::*, Kernel};
use author::Author;
pub use random::Random;

/// A kernel of about `instructions` instructions (1 to 4,096), parameters, input buffers and a number of invocations.
///
/// The same arguments give the same kernel on every platform. [`Kernel::cost`] accepts it.
///
/// # Panics
/// If the generator itself is wrong and the kernel is not valid.
pub fn generate(seed: u64, instructions: usize) -> (Kernel, Vec<u32>, Vec<Vec<u8>>, u32) {
    let instructions = instructions.clamp(1, MAX_INSTRUCTIONS);
    let mut random = Random::new(seed);
    let params = header::params(&mut random);
    let inputs = header::inputs(&mut random);
    let invocations = 1 + random.below(70);
    let module = header::module(&mut random, &params, inputs.len());
    let lens = inputs.iter().map(|bytes| bytes.len() as u32 / 4).collect();
    let module = Author::new(seed, random, &params, lens, module, instructions).write();
    match Kernel::from_module(module) {
        Ok(kernel) => (kernel, params, inputs, invocations),
        Err(error) => panic!("seed {seed}, {instructions} instructions: {error}"),
    }
}
