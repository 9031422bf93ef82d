//! The second implementation, which knows kernels only as bytes.

use touchstone_kir::Kernel;
pub use touchstone_reference::{ReferenceExecution, ReferenceKernel};

pub fn reference(kernel: &Kernel) -> ReferenceKernel {
    ReferenceKernel::decode(&kernel.encode()).unwrap_or_else(|rule| panic!("the reference refuses it: {rule}"))
}

pub fn run(kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocation: u32) -> ReferenceExecution {
    reference(kernel).run(params, inputs, invocation)
}
