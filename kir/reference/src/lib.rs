//! A second implementation of KIR, with which tests compare other implementations.
//!
//! Written from `docs/kernel-language.md` alone. It depends on no other crate, so that it shares no type, table or
//! shortcut with the judge, and its structure differs everywhere: a kernel is [decoded](Program::decode) into a tree of
//! statements, not kept as code with targets; the tree is compiled into closures, not fetched and dispatched; words are
//! computed on wide integers and single bits, not by the machine's operations; static bounds are the tree's, by
//! recursion.
//!
//! Only for tests: it trusts its callers, keeps no limit while it runs and is several times slower than the judge.

mod arithmetic;
mod compile;
mod cost;
mod coverage;
mod decode;

use std::collections::BTreeSet;

pub use cost::Cost;
pub use coverage::{Access, BitField, Coverage, Division, Group, Place, Shape, Table, ViewState};
pub use decode::Program;

/// The result of one invocation, and what it used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The whole window.
    pub words: Vec<u32>,
    /// Fuel burned.
    pub fuel: u64,
    /// The chunks read, each as (input, index).
    pub chunks: BTreeSet<(u8, u32)>,
}

/// Decodes a kernel and runs one invocation. For several, keep the [`Program`].
///
/// # Panics
/// If `kernel` is not a valid encoding, or does not fit its arguments.
pub fn run(kernel: &[u8], params: &[u32], inputs: &[Vec<u8>], invocation: u32) -> Reference {
    match Program::decode(kernel) {
        Ok(program) => program.run(params, inputs, invocation),
        Err(rule) => panic!("not a kernel: {rule}"),
    }
}
