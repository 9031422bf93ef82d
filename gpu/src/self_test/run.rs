//! Runs steps, on the device and in the interpreter.

use std::ops::Range;

use touchstone_kir::Kernel;

use crate::{Emission, Gpu, GpuError, StepRun};

/// Both emissions.
pub(super) const EMISSIONS: [Emission; 2] = [Emission::Specialised, Emission::Plain];

impl Gpu {
    /// The words of a step's invocations with one emission.
    pub(super) fn words_of(
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

/// The interpreter's words of a step's invocations; `None` if the step is not admitted.
pub(super) fn interpreted(kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocations: u32) -> Option<Vec<u32>> {
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

/// The lengths of these inputs, in bytes.
pub(super) fn lengths(inputs: &[Vec<u8>]) -> Vec<u32> {
    inputs.iter().map(|bytes| bytes.len() as u32).collect()
}
