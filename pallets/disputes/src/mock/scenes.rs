//! The scenes of the benchmarks, prepared in the tables of the mock.

use touchstone_kir::Kernel;
use touchstone_primitives::{JobSpec, Read};

use super::*;
use crate::benchmarking::{BenchmarkHelper, Scene};

const JOB: JobId = JobId([1; 32]);
const ATTEMPT: u32 = 1;

/// What the judge needs of the one instance of a step, all of whose reads are inputs.
fn context(spec: &JobSpec, step: &touchstone_primitives::Step) -> InstanceContext {
    let kernel = <Table as touchstone_primitives::Kernels>::load(&step.kernel).expect("it was uploaded");
    let reads: Vec<_> = step.reads.iter().map(|read| spec.inputs[usize::from(*read)].buffer).collect();
    let lengths: Vec<_> = reads.iter().map(|buffer| buffer.len).collect();
    InstanceContext {
        kernel: step.kernel,
        params: step.params.to_vec(),
        reads: reads.into_iter().map(Read::Input).collect(),
        invocations: step.invocations,
        output_len: 4 * u32::from(kernel.module().window) * step.invocations,
        fuel: kernel.cost(&step.params, &lengths).expect("the step is valid").fuel,
        code_bytes: kernel.encode().len() as u32,
    }
}

impl BenchmarkHelper<AccountId> for Table {
    fn upload(code: Vec<u8>) {
        Self::put_kernel(&Kernel::decode(&code).expect("the kernel is valid"));
    }

    fn commit(spec: JobSpec, trace: Buffer) -> Scene {
        let instances = spec.steps.iter().map(|step| context(&spec, step)).collect();
        let job = TestJob { attempt: ATTEMPT, instances, trace: Some(trace), window_over: false, refuted_by: None };
        Self::put_job(JOB, job);
        let commitment = CommitmentId::new(&JOB, ATTEMPT, &PROVIDER, &trace);
        Scene { job: JOB, commitment }
    }

    fn watcher() -> AccountId {
        WATCHER
    }

    fn is_challengeable(job: &JobId) -> bool {
        Self::job(job).trace.is_some()
    }
}
