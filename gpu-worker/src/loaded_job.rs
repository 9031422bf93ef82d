//! A job with its kernels, ready to be computed.

use std::{path::PathBuf, sync::Arc};

use touchstone_kir::Kernel;
use touchstone_primitives::{JobSpec, Trace};

use crate::{
    executor::{BufferFile, Workload, WorkloadStep},
    speeds::StepCost,
};

/// One step with everything it names resolved.
#[derive(Clone)]
pub struct LoadedStep {
    /// The kernel.
    pub kernel: Arc<Kernel>,
    /// Its parameters.
    pub params: Vec<u32>,
    /// Numbers of the buffers that it reads.
    pub reads: Vec<u8>,
    /// Number of invocations.
    pub invocations: u32,
}

/// A job's steps, and the lengths of all its buffers: inputs first, then outputs.
#[derive(Clone)]
pub struct LoadedJob {
    /// Steps, in order.
    pub steps: Vec<LoadedStep>,
    /// Number of inputs.
    pub inputs: usize,
    /// Length of every buffer, bytes.
    pub lens: Vec<u32>,
}

impl LoadedJob {
    /// Joins a specification with its kernels, one for each step. `None` if they do not fit each other, which a job
    /// that the chain accepted never shows.
    pub fn new(spec: &JobSpec, kernels: &[Arc<Kernel>]) -> Option<Self> {
        let mut lens: Vec<u32> = spec.inputs.iter().map(|input| input.buffer.len).collect();
        let inputs = lens.len();
        let mut steps = Vec::new();
        for (step, kernel) in spec.steps.iter().zip(kernels) {
            if step.reads.iter().any(|&read| usize::from(read) >= lens.len()) {
                return None;
            }
            let len = step.invocations.checked_mul(u32::from(kernel.window()))?.checked_mul(4)?;
            lens.push(len);
            steps.push(LoadedStep {
                kernel: kernel.clone(),
                params: step.params.to_vec(),
                reads: step.reads.to_vec(),
                invocations: step.invocations,
            });
        }
        (steps.len() == spec.steps.len()).then_some(Self { steps, inputs, lens })
    }

    /// Lengths of the buffers that a step reads, in the kernel's order.
    pub fn read_lens(&self, step: &LoadedStep) -> Vec<u32> {
        step.reads.iter().filter_map(|&read| self.lens.get(usize::from(read)).copied()).collect()
    }

    /// Worst-case fuel of one invocation of a step.
    pub fn fuel(&self, step: &LoadedStep) -> u64 {
        step.kernel.cost(&step.params, &self.read_lens(step)).map_or(touchstone_kir::limits::MAX_FUEL, |cost| cost.fuel)
    }

    /// Length of a step's output, bytes.
    pub fn output_len(&self, step: usize) -> u32 {
        self.lens.get(self.inputs + step).copied().unwrap_or(0)
    }

    /// Length of the trace, bytes. Each step has one instance.
    pub fn trace_len(&self) -> u32 {
        Trace::len_of(self.steps.len().try_into().unwrap_or(u32::MAX))
    }

    /// The encoded kernels of the steps.
    pub fn codes(&self) -> Vec<Vec<u8>> {
        self.steps.iter().map(|step| step.kernel.encode()).collect()
    }

    /// Worst-case fuel of each step, with its kernel.
    pub fn costs(&self) -> Vec<StepCost> {
        let cost = |step: &LoadedStep| StepCost {
            kernel: step.kernel.hash(),
            fuel: self.fuel(step).saturating_mul(step.invocations.into()),
        };
        self.steps.iter().map(cost).collect()
    }

    /// Bytes of all buffers.
    pub fn bytes(&self) -> u64 {
        self.lens.iter().map(|len| u64::from(*len)).sum()
    }

    /// The largest buffer, bytes.
    pub fn largest(&self) -> u32 {
        self.lens.iter().copied().max().unwrap_or(0)
    }

    /// What the executor is told: a file for each input, and one for each output that is wanted.
    pub fn workload(&self, inputs: &[PathBuf], outputs: &[Option<PathBuf>]) -> Workload {
        let path = |path: &PathBuf| path.to_string_lossy().into_owned();
        let files = inputs.iter().zip(&self.lens).take(self.inputs);
        Workload {
            inputs: files.map(|(file, &len)| BufferFile { path: path(file), len }).collect(),
            steps: self
                .steps
                .iter()
                .map(|step| WorkloadStep {
                    code: step.kernel.encode(),
                    reads: step.reads.clone(),
                    invocations: step.invocations,
                    params: step.params.clone(),
                    compare_ms: None,
                })
                .collect(),
            outputs: (0..self.steps.len()).map(|step| outputs.get(step)?.as_ref().map(path)).collect(),
        }
    }
}
