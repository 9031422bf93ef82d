//! What an invocation computes.

use std::collections::BTreeSet;

/// The result of one invocation, and what it used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferenceExecution {
    /// The whole window.
    pub words: Vec<u32>,
    /// Fuel burned.
    pub fuel: u64,
    /// The chunks read, each as (input, index).
    pub chunks: BTreeSet<(u8, u32)>,
}
