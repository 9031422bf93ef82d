//! Kernels and their arguments.

use touchstone_kernels::{Arguments, Standard};
use touchstone_kir::{Kernel, Slices, Step};

pub fn decoded(standard: &Standard) -> Kernel {
    Kernel::decode(standard.kir).unwrap_or_else(|error| panic!("{}: {error:?}", standard.name))
}

/// The lengths in bytes of the inputs.
pub fn lengths(arguments: &Arguments) -> Vec<u32> {
    arguments.inputs.iter().map(|input| input.len() as u32).collect()
}

/// All windows, by the interpreter.
pub fn interpreted(kernel: &Kernel, arguments: &Arguments) -> Vec<u32> {
    let Arguments { params, inputs, invocations } = arguments;
    let lengths = lengths(arguments);
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let fuel = kernel.cost(params, &lengths).unwrap_or_else(|error| panic!("{error}")).fuel;
    let step = Step::new(kernel, params, &lengths).unwrap();
    (0..*invocations).flat_map(|g| step.run(g, &mut Slices(&slices), fuel).unwrap().words).collect()
}
