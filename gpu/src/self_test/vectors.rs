//! Runs the vectors on the CPU and, where a device can run them, on the device.

use touchstone_kir::{Kernel, Root};
use touchstone_vectors::{Check, Runs, Vector};

use super::{
    batch::batches,
    report::{Evidence, Failure, Report},
    run::EMISSIONS,
};
use crate::{Gpu, GpuError, TreeError};

impl Gpu {
    /// Returns whether the device can go on.
    pub(super) fn test_vector(
        &mut self,
        vector: &Vector,
        report: &mut Report,
        evidence: &mut Evidence,
    ) -> Result<bool, GpuError> {
        let mut is_shown = false;
        for check in &vector.checks {
            let mut fail = |by: &str, detail: String| {
                let (operation, detail) = (vector.file.into(), format!("{}: {detail}", vector.name));
                report.fail(Failure { operation, by: by.into(), detail });
            };
            if let Err(detail) = check.judge() {
                fail("interpreter", detail);
            }
            let goes_on = match check {
                Check::Runs(runs) => self.test_runs(vector, runs, &mut fail, evidence)?,
                Check::Proofs(proofs) => self.test_runs(vector, &proofs.runs(), &mut fail, evidence)?,
                Check::Root { bytes, root } => self.test_root(bytes, root, &mut fail),
                // Checks that do not involve a device.
                Check::Costs { .. } | Check::Kernel { .. } | Check::NoKernel { .. } | Check::Opening { .. } => continue,
            };
            if !goes_on {
                return Ok(false);
            }
            is_shown = true;
        }
        match is_shown {
            true => report.vectors += 1,
            false => report.vectors_on_cpu += 1,
        }
        Ok(true)
    }

    /// Runs invocations with both emissions. Returns whether the device can go on.
    fn test_runs(
        &mut self,
        vector: &Vector,
        runs: &Runs,
        fail: &mut dyn FnMut(&str, String),
        evidence: &mut Evidence,
    ) -> Result<bool, GpuError> {
        let kernel = Kernel::decode(&runs.kernel)
            .map_err(|error| GpuError::InvalidInput(format!("vector {}: {error}", vector.title())))?;
        for emission in EMISSIONS {
            for batch in batches(vector.file, &kernel, runs) {
                let range = batch.range.clone();
                let got = match self.words_of(emission, &batch.kernel, &batch.params, &batch.inputs, range) {
                    Ok(got) => got,
                    Err(error) => {
                        evidence.note(emission, &batch.kernel, false);
                        fail(emission.name(), error.to_string());
                        if error.is_fatal() {
                            return Ok(false);
                        }
                        break;
                    }
                };
                let windows = got.chunks(usize::from(kernel.window()).max(1));
                let wrong = windows.zip(&batch.cases).find_map(|(words, case)| case.compare(words).err());
                evidence.note(emission, &batch.kernel, wrong.is_none());
                if let Some(detail) = wrong {
                    fail(emission.name(), detail);
                    break;
                }
            }
        }
        Ok(true)
    }

    /// Hashes a buffer on the device. Returns whether the device can go on.
    fn test_root(&mut self, bytes: &[u8], root: &Root, fail: &mut dyn FnMut(&str, String)) -> bool {
        let hashed = self.root_of(bytes);
        match &hashed {
            Ok(hashed) if hashed == root => {}
            Ok(_) => fail("device", "another root".into()),
            Err(error) => fail("device", error.to_string()),
        }
        !matches!(hashed, Err(TreeError::Gpu(error)) if error.is_fatal())
    }
}
