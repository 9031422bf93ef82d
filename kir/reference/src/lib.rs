//! A second implementation of KIR, with which tests compare other implementations.
//!
//! Written from `docs/kernel-language.md` alone. It depends on no other crate, so it shares no type, table or shortcut
//! with the judge, and its structure is different everywhere: a kernel is [decoded](ReferenceKernel::decode) into a
//! tree of statements instead of code with jump targets; the tree is compiled into closures instead of being fetched
//! and dispatched; words are computed with wide integers and single bits instead of machine operations; static bounds
//! are computed by recursion over the tree.
//!
//! For tests only: it trusts its callers, enforces no limit while it runs, and is several times slower than the judge.

#![deny(unreachable_pub)]

mod arithmetic;
mod compile;
mod cost;
mod coverage;
mod decode;
mod execution;
mod kernel;
mod tree;

pub use cost::Cost;
pub use coverage::{Access, BitField, Coverage, Division, Group, Place, Shape, Table, ViewState};
pub use execution::ReferenceExecution;
pub use kernel::ReferenceKernel;

/// Decodes a kernel and runs one invocation. For several, keep the [`ReferenceKernel`].
///
/// # Panics
/// If `kernel` is not a valid encoding, or does not fit its arguments.
pub fn run(kernel: &[u8], params: &[u32], inputs: &[Vec<u8>], invocation: u32) -> ReferenceExecution {
    match ReferenceKernel::decode(kernel) {
        Ok(kernel) => kernel.run(params, inputs, invocation),
        Err(rule) => panic!("not a kernel: {rule}"),
    }
}
