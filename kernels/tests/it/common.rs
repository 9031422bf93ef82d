//! Kernels and their arguments.

use touchstone_kernel::Kernel;
use touchstone_kernels::{Arguments, Standard};

pub fn decoded(standard: &Standard) -> Kernel {
    Kernel::decode(standard.kir).unwrap_or_else(|error| panic!("{}: {error:?}", standard.name))
}

/// The lengths in bytes of the inputs.
pub fn lengths(arguments: &Arguments) -> Vec<u32> {
    arguments.inputs.iter().map(|input| input.len() as u32).collect()
}
