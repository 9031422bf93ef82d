//! Tests whether a device computes what the language specifies: all vectors and random kernels with both emissions, and
//! trees.
//!
//! A device, its driver and this program are tested together; another version of any of them is another device.

mod batch;
mod random;
mod reduce;
mod trees;
mod vectors;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use codec::{Decode, Encode};
use serde::{Deserialize, Serialize};
use touchstone_kir::{Kernel, Op};
use touchstone_vectors::Vector;

use crate::{AdapterSummary, Emission, Gpu, GpuError, StepRun};

/// What a test runs: the vectors, then trees, then random kernels.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SelfTest {
    /// Only the vectors of these files, which are named after operations and subjects, and no trees; all if there are
    /// none.
    pub only: Vec<String>,
    /// Seed of the first random kernel; the others use the following seeds.
    pub seed: u64,
    /// Number of random kernels.
    pub kernels: u32,
}

impl Default for SelfTest {
    fn default() -> Self {
        Self { only: Vec::new(), seed: 1, kernels: 48 }
    }
}

impl SelfTest {
    /// The seeds of its random kernels; after the largest one comes 0.
    fn seeds(&self) -> impl Iterator<Item = u64> {
        let first = self.seed;
        (0..self.kernels).map(move |number| first.wrapping_add(number.into()))
    }
}

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

    fn fail(&mut self, failure: Failure) {
        if self.failures.len() < MOST_FAILURES {
            self.failures.push(failure);
        }
    }

    fn conclude(mut self, evidence: &Evidence) -> Self {
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
struct Evidence {
    by_emission: [Counts; EMISSIONS.len()],
}

#[derive(Default)]
struct Counts {
    wrong_kernels: u32,
    wrong: BTreeMap<Op, u32>,
    right: BTreeMap<Op, u32>,
}

impl Evidence {
    fn note(&mut self, emission: Emission, kernel: &Kernel, is_right: bool) {
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

/// Number of failures in the report: a device that gets everything wrong would fill the screen.
const MOST_FAILURES: usize = 32;

impl Gpu {
    /// Tests the device, and calls `progress` before each part of the test.
    ///
    /// The report contains what the device computes wrongly or refuses. It ends at a fatal error.
    ///
    /// # Errors
    /// There are no vectors of this name, or the vectors or the generator of this program are damaged.
    pub fn self_test(&mut self, test: &SelfTest, progress: &mut dyn FnMut(Progress)) -> Result<Report, GpuError> {
        let vectors = touchstone_vectors::all().map_err(|error| GpuError::BadProgram(error.to_string()))?;
        let mut report = Report {
            adapter: self.summary().clone(),
            vectors: 0,
            vectors_on_cpu: 0,
            trees: 0,
            seed: test.seed,
            kernels: 0,
            operations: Vec::new(),
            failures: Vec::new(),
        };
        let known = |name: &String| vectors.iter().any(|vector| vector.file == name);
        if let Some(unknown) = test.only.iter().find(|name| !known(name)) {
            return Err(GpuError::BadProgram(format!("there are no vectors of {unknown:?}")));
        }
        let chosen = |vector: &&Vector| test.only.is_empty() || test.only.iter().any(|name| name == vector.file);
        let trees: &[usize] = if test.only.is_empty() { &trees::LENS } else { &[] };
        let parts = vectors.iter().filter(chosen).count() + trees.len();
        let total = (parts as u32).saturating_add(test.kernels);
        let mut evidence = Evidence::default();
        let mut progress = |report: &Report, subject: String| {
            let &Report { vectors, vectors_on_cpu, trees, kernels, .. } = report;
            progress(Progress { vectors, vectors_on_cpu, trees, kernels, total, subject });
        };
        for vector in vectors.iter().filter(chosen) {
            progress(&report, vector.file.into());
            if !self.test_vector(vector, &mut report, &mut evidence)? {
                return Ok(report.conclude(&evidence));
            }
        }
        for &len in trees {
            progress(&report, format!("tree of {len} bytes"));
            if !self.test_tree(len, &mut report) {
                return Ok(report.conclude(&evidence));
            }
        }
        // If the vectors show the fault, random kernels need not be searched.
        if report.passed() {
            for seed in test.seeds() {
                let mut progress = |report: &Report| progress(report, format!("random kernel {seed}"));
                progress(&report);
                if !self.test_random(seed, &mut report, &mut progress)? || !report.passed() {
                    break;
                }
            }
        }
        Ok(report.conclude(&evidence))
    }

    /// The words of a step's invocations with one emission.
    fn words_of(
        &mut self,
        emission: Emission,
        kernel: &Kernel,
        params: &[u32],
        inputs: &[Vec<u8>],
        range: Range<u32>,
    ) -> Result<Vec<u32>, GpuError> {
        let uploaded = inputs.iter().map(|bytes| self.upload(bytes.len() as u32, &mut bytes.as_slice()));
        let uploaded = uploaded.collect::<Result<Vec<_>, _>>()?;
        let reads: Vec<_> = uploaded.iter().collect();
        let step = StepRun { kernel, params, reads: &reads, invocations: range.end };
        let output = self.run_range(&step, emission, range, &mut || {})?;
        let mut bytes = Vec::new();
        self.download(&output, &mut bytes)?;
        Ok(bytes
            .chunks_exact(4)
            .map(|word| word.iter().rev().fold(0, |all, &byte| all << 8 | u32::from(byte)))
            .collect())
    }
}

/// Both emissions.
const EMISSIONS: [Emission; 2] = [Emission::Specialised, Emission::Plain];

/// The interpreter's words of a step's invocations; `None` if the step is not admitted.
fn interpreted(kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocations: u32) -> Option<Vec<u32>> {
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let lens = lengths(inputs);
    let fuel = kernel.cost(params, &lens).ok()?.fuel;
    let step = touchstone_kir::Step::new(kernel, params, &lens).ok()?;
    let mut words = Vec::new();
    for g in 0..invocations {
        words.extend(step.run(g, &mut touchstone_kir::Slices(&slices), fuel).ok()?.words);
    }
    Some(words)
}

fn lengths(inputs: &[Vec<u8>]) -> Vec<u32> {
    inputs.iter().map(|bytes| bytes.len() as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_go_on_behind_the_largest_one() {
        let test = SelfTest { seed: u64::MAX, kernels: 3, ..SelfTest::default() };
        assert_eq!(test.seeds().collect::<Vec<_>>(), [u64::MAX, 0, 1]);
    }
}
