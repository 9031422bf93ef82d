//! The result of a self-test, and how it finds the operations that are wrong.

use std::collections::{BTreeMap, BTreeSet};

use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use touchstone_kir::{Kernel, Op};

use super::run::EMISSIONS;
use crate::{AdapterSummary, Emission};

/// Number of failures in the report: a device that gets everything wrong would fill the screen.
const MOST_FAILURES: usize = 32;

/// Progress of a test.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Progress {
    /// As in the [`Report`], so far.
    pub vectors: u32,
    /// As in the [`Report`], so far.
    pub vectors_on_cpu: u32,
    /// As in the [`Report`], so far.
    pub trees: u32,
    /// As in the [`Report`], so far.
    pub kernels: u32,
    /// Total number of these.
    pub total: u32,
    /// The next part.
    pub subject: String,
}

impl Progress {
    /// How many of the `total` are done.
    pub fn done(&self) -> u32 {
        self.vectors.saturating_add(self.vectors_on_cpu).saturating_add(self.trees).saturating_add(self.kernels)
    }
}

/// The result of a test.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Report {
    /// The device.
    pub adapter: AdapterSummary,
    /// Vectors that the device ran: invocations, proofs, roots.
    pub vectors: u32,
    /// Vectors that a device cannot run: refusals, costs, openings. Like all others they were checked on the judge.
    pub vectors_on_cpu: u32,
    /// BLAKE3 trees.
    pub trees: u32,
    /// Seed of the first random kernel.
    pub seed: u64,
    /// Random kernels.
    pub kernels: u32,
    /// The operations that are wrong: those common to all kernels that differ, and rare in those that do not. If there
    /// are none, those that the failures name.
    pub operations: Vec<String>,
    /// The failures, up to a limit; empty for a correct device.
    pub failures: Vec<Failure>,
}

/// One thing that a device got wrong.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Failure {
    /// The operation, or those of a random kernel that could not be told apart.
    pub operation: String,
    /// What was wrong: the emission `specialised` or `plain`; the `device`, which hashed incorrectly; or the
    /// `interpreter` or another part of the judge.
    pub by: String,
    /// Where, and how it differs.
    pub detail: String,
}

impl Report {
    /// Whether the device passed.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        if self.failures.len() < MOST_FAILURES {
            self.failures.push(failure);
        }
    }

    pub(super) fn conclude(mut self, evidence: &Evidence) -> Self {
        self.operations = evidence.suspects().into_iter().map(|op| op.name().into()).collect();
        if self.operations.is_empty() {
            self.operations = self.failures.iter().map(|failure| failure.operation.clone()).collect();
            self.operations.dedup();
        }
        self
    }
}

/// How often each operation occurs in kernels that the device computes wrongly and in those it computes correctly, by
/// emission.
#[derive(Default)]
pub(super) struct Evidence {
    by_emission: [Counts; EMISSIONS.len()],
}

#[derive(Default)]
struct Counts {
    wrong_kernels: u32,
    wrong: BTreeMap<Op, u32>,
    right: BTreeMap<Op, u32>,
}

impl Evidence {
    pub(super) fn note(&mut self, emission: Emission, kernel: &Kernel, is_right: bool) {
        let used: BTreeSet<Op> = kernel.module().code.iter().filter_map(|instr| instr.opcode()).collect();
        let counts = EMISSIONS.iter().position(|known| *known == emission);
        let Some(counts) = counts.and_then(|at| self.by_emission.get_mut(at)) else { return };
        counts.wrong_kernels += u32::from(!is_right);
        let tally = if is_right { &mut counts.right } else { &mut counts.wrong };
        for op in used {
            *tally.entry(op).or_default() += 1;
        }
    }

    /// The operations that occur in all wrong kernels; of these, the ones that the fewest correct kernels use. Correct
    /// kernels may use them too, because not every error affects the result.
    fn suspects(&self) -> BTreeSet<Op> {
        self.by_emission.iter().flat_map(Counts::suspects).collect()
    }
}

impl Counts {
    fn suspects(&self) -> Vec<Op> {
        let in_all: Vec<Op> =
            self.wrong.iter().filter(|(_, count)| **count == self.wrong_kernels).map(|(op, _)| *op).collect();
        let right = |op: &Op| self.right.get(op).copied().unwrap_or(0);
        let least = in_all.iter().map(right).min();
        in_all.into_iter().filter(|op| Some(right(op)) == least).collect()
    }
}
