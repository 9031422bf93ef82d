//! Tests whether a device computes what the language specifies: all vectors and random kernels with both emissions, and
//! trees.
//!
//! A device, its driver and this program are tested together; another version of any of them is another device.

mod batch;
mod random;
mod reduce;
mod report;
mod run;
mod trees;
mod vectors;

use codec::{Decode, Encode};
use touchstone_vectors::Vector;

use crate::{Gpu, GpuError};
use report::Evidence;
pub use report::{Failure, Progress, Report};

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

impl Gpu {
    /// Tests the device, and calls `progress` before each part of the test.
    ///
    /// The report contains what the device computes wrongly or refuses. It ends at a fatal error.
    ///
    /// # Errors
    /// There are no vectors of this name, or the vectors or the generator of this program are damaged.
    pub fn self_test(&mut self, test: &SelfTest, progress: &mut dyn FnMut(Progress)) -> Result<Report, GpuError> {
        let vectors = touchstone_vectors::all().map_err(|error| GpuError::InvalidInput(error.to_string()))?;
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
            return Err(GpuError::InvalidInput(format!("there are no vectors of {unknown:?}")));
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_go_on_after_the_largest_one() {
        let test = SelfTest { seed: u64::MAX, kernels: 3, ..SelfTest::default() };
        assert_eq!(test.seeds().collect::<Vec<_>>(), [u64::MAX, 0, 1]);
    }
}
