use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;
use touchstone_client::{chain::Chain, JobView};
use touchstone_gpu::AdapterSummary;
use touchstone_kir::{KernelHash, Root};
use touchstone_primitives::Source;

use super::{check_sample, duties::Assignment, Fault, Mismatch};
use crate::{
    blobs::{hex_root, BlobStore, Incoming, Puller, StoreError},
    device_verdicts::{DeviceVerdicts, KernelVerdict, KernelVerdicts},
    executor::{Done, ExecuteError, FailureKind, PreemptibleExecutor, Workload},
    inputs::{InputError, Inputs},
    kernels::{Kernels, KernelsError},
    loaded_job::LoadedJob,
    metrics::Metrics,
};

/// Tries of one job on the device, when a failure may be the device's.
const TRIES: u32 = 3;

/// Longest comparison of the emissions of one step.
const LONGEST_COMPARISON: Duration = Duration::from_secs(120);

/// Why an assignment cannot be done here.
#[derive(Debug, thiserror::Error)]
pub enum Unable {
    /// An input cannot be had.
    #[error(transparent)]
    Gather(#[from] InputError),
    /// A kernel cannot be had.
    #[error(transparent)]
    Kernels(#[from] KernelsError),
    /// A buffer is too large for the device.
    #[error("a buffer of {bytes} bytes is larger than the device's {limit}")]
    TooLarge {
        /// The largest buffer.
        bytes: u32,
        /// The device's limit.
        limit: u64,
    },
    /// The blobs do not fit the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The device computes something else by the other emission.
    #[error("this device gets kernel {} wrong: {reason}", hex::encode(.kernel))]
    Differs {
        /// The kernel.
        kernel: KernelHash,
        /// How that showed.
        reason: String,
    },
    /// The device failed.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// The device's result is wrong.
    #[error("self-check: {0}")]
    Mismatch(#[from] Mismatch),
    /// This program failed.
    #[error("{0}")]
    Internal(String),
}

/// Whether a job can be done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Examined {
    /// As far as that can be known.
    Fit,
    /// Never.
    Unfit,
    /// It could not be found out now.
    Unknown,
}

/// Does assignments: gathers, computes, checks, and keeps what has to be served.
pub struct Worker {
    inputs: Inputs,
    store: Arc<dyn BlobStore>,
    kernels: Kernels,
    executor: PreemptibleExecutor,
    device: Device,
    /// Held by the one job that is being examined: another one waits for it, and is not put off as if the device were at
    /// work.
    examining: Mutex<()>,
    checks: Checks,
    metrics: Arc<Metrics>,
}

/// The device, and what is known about it.
pub struct Device {
    adapter: AdapterSummary,
    verdicts: DeviceVerdicts,
    kernels: KernelVerdicts,
}

impl Device {
    /// An adapter that passed the self-test.
    pub fn new(adapter: AdapterSummary, verdicts: DeviceVerdicts) -> Self {
        Self { kernels: verdicts.kernels(&adapter), adapter, verdicts }
    }
}

/// What happens to a result before it leaves.
#[derive(Clone, Copy, Debug)]
pub struct Checks {
    /// Invocations of every step that are computed again on the CPU.
    pub samples: u32,
    /// A fault that is put in afterwards, for tests.
    pub fault: Option<Fault>,
}

impl Worker {
    /// `device` is what the executor computes on.
    pub fn new(
        chain: Chain,
        store: Arc<dyn BlobStore>,
        puller: Puller,
        executor: PreemptibleExecutor,
        device: Device,
        checks: Checks,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            inputs: Inputs { chain, store: store.clone(), puller, metrics: metrics.clone() },
            store,
            kernels: Kernels::default(),
            executor,
            device,
            examining: Mutex::new(()),
            checks,
            metrics,
        }
    }

    /// The roots of all step outputs, which the store then holds, if possible before `deadline`. `gathered` is called once
    /// all inputs are there.
    pub async fn work(
        &self,
        assignment: Assignment,
        job: &JobView,
        deadline: Instant,
        gathered: impl FnOnce(),
    ) -> Result<Vec<Root>, Unable> {
        let loaded = self.kernels.load(&self.inputs.chain, &job.spec).await?;
        self.suits(&loaded)?;
        self.inputs.gather(assignment.job, job).await?;
        gathered();
        tracing::info!(job = %assignment.job, attempt = assignment.attempt, "inputs are complete");

        let mut tries = 1;
        loop {
            match self.compute(job, &loaded, deadline).await {
                Err(error) if tries < TRIES && is_worth_another_try(&error) => {
                    tracing::warn!(job = %assignment.job, %error, tries, "trying again");
                    tries += 1;
                }
                other => return other,
            }
        }
    }

    /// Whether this machine can do a job, as far as that shows before its inputs are here: its kernels are understood and
    /// compiled by the device, its buffers fit, and its URLs are ones that are fetched from.
    pub async fn examine(&self, job: &JobView) -> Examined {
        match self.try_examine(job).await {
            Ok(Some(())) => Examined::Fit,
            Ok(None) => Examined::Unknown,
            Err(error) if is_passing(&error) => {
                tracing::debug!(job = %job.id, %error, "this job could not be examined");
                Examined::Unknown
            }
            Err(error) => {
                tracing::info!(job = %job.id, %error, "this job cannot be done here: it is not bid for");
                Examined::Unfit
            }
        }
    }

    /// `None` while the device is at work: jobs that are held come first.
    async fn try_examine(&self, job: &JobView) -> Result<Option<()>, Unable> {
        let loaded = self.kernels.load(&self.inputs.chain, &job.spec).await?;
        self.suits(&loaded)?;
        for input in &job.spec.inputs {
            if let Source::Url(url) = &input.source {
                let url = String::from_utf8_lossy(url).into_owned();
                let permitted = self.inputs.puller.permits(&url).await;
                permitted.map_err(|error| InputError::Pull { url, error })?;
            }
        }
        let _turn = self.examining.lock().await;
        let program = loaded.program(&vec![PathBuf::new(); loaded.inputs], &[]);
        Ok(self.executor.examine(&program).await.transpose()?)
    }

    /// Whether the device can hold the job's buffers, and is not known to get one of its kernels wrong.
    fn suits(&self, loaded: &LoadedJob) -> Result<(), Unable> {
        let (bytes, limit) = (loaded.largest(), self.device.adapter.max_buffer_bytes);
        if u64::from(bytes) > limit {
            return Err(Unable::TooLarge { bytes, limit });
        }
        let kernels = loaded.steps.iter().map(|step| step.kernel.hash());
        match kernels.into_iter().find(|kernel| self.device.kernels.verdict(kernel) == Some(KernelVerdict::Differs)) {
            Some(kernel) => Err(Unable::Differs { kernel, reason: "its emissions differed before".into() }),
            None => Ok(()),
        }
    }

    /// Has the steps whose kernels the device meets for the first time computed by both emissions. That may take a quarter
    /// of the time that is left: the rest is for the work itself, and for a commitment that comes late into a block.
    fn compare_new_kernels(&self, program: &mut Workload, loaded: &LoadedJob, deadline: Instant) {
        let is_new = |kernel: &KernelHash| self.device.kernels.verdict(kernel).is_none();
        let new = loaded.steps.iter().filter(|step| is_new(&step.kernel.hash())).count() as u32;
        let share = deadline.saturating_duration_since(Instant::now()) / 4 / new.max(1);
        for (step, loaded) in program.steps.iter_mut().zip(&loaded.steps) {
            if is_new(&loaded.kernel.hash()) {
                step.compare_ms = Some(share.min(LONGEST_COMPARISON).as_millis() as u32);
            }
        }
    }

    /// Remembers the kernels that the device has met now.
    fn note_verdicts(&self, job: &JobView, loaded: &LoadedJob, result: &Result<Done, ExecuteError>) {
        let hash = |step: u8| loaded.steps.get(usize::from(step)).map(|step| step.kernel.hash());
        let note = |kernel: KernelHash, verdict: KernelVerdict| {
            if let Err(error) = self.device.kernels.note(kernel, verdict) {
                tracing::warn!(%error, "a kernel that was met cannot be remembered");
            }
        };
        match result {
            Ok(done) => {
                for compared in &done.compared {
                    let (step, same, all, ms) = (compared.step, compared.same, compared.all, compared.ms);
                    if compared.is_given_up() {
                        tracing::warn!(
                            job = %job.id, step, ms,
                            "a new kernel, too large for a second emission in the time there is: only samples are checked"
                        );
                    } else if same == all {
                        tracing::info!(job = %job.id, step, ms, "a new kernel: both emissions give the same output");
                    } else {
                        tracing::info!(
                            job = %job.id, step, ms, same, all,
                            "a new kernel: both emissions agree as far as there was time to compare them"
                        );
                    }
                    if let Some(kernel) = hash(step) {
                        note(
                            kernel,
                            if compared.is_given_up() { KernelVerdict::Uncompared } else { KernelVerdict::Same },
                        );
                    }
                }
            }
            Err(ExecuteError::Failed(failure)) => {
                let FailureKind::Differs { step } = failure.kind else { return };
                let Some(kernel) = hash(step) else { return };
                tracing::error!(
                    job = %job.id, step, kernel = hex::encode(kernel), %failure,
                    "THE DEVICE IS WRONG: two emissions of one kernel differ. Nothing is committed; jobs with this kernel are \
                     passed from now on, and the device is tested again at the next start"
                );
                self.metrics.jobs.with_label_values(&["differing"]).inc();
                note(kernel, KernelVerdict::Differs);
                if let Err(error) = self.device.verdicts.doubt(&self.device.adapter) {
                    tracing::warn!(%error, "the verdict on the device cannot be withdrawn");
                }
            }
            Err(_) => {}
        }
    }

    async fn compute(&self, job: &JobView, loaded: &LoadedJob, deadline: Instant) -> Result<Vec<Root>, Unable> {
        let mut files = Vec::new();
        for input in &job.spec.inputs {
            let stored =
                self.store.get(&input.buffer.root).ok_or_else(|| InputError::Vanished(hex_root(&input.buffer.root)))?;
            files.push(stored.path);
        }
        let outputs: Vec<Incoming> =
            (0..loaded.steps.len()).map(|step| self.store.begin(loaded.output_len(step))).collect::<Result<_, _>>()?;
        let wanted: Vec<_> = outputs.iter().map(|output| Some(output.path().to_path_buf())).collect();

        let started = Instant::now();
        let Done { roots, times, .. } = {
            let mut executor = self.executor.for_work().await;
            let before = executor.started();
            let mut program = loaded.program(&files, &wanted);
            self.compare_new_kernels(&mut program, loaded, deadline);
            let result = executor.run(&program).await;
            self.metrics.executors.inc_by(executor.started().saturating_sub(before));
            self.note_verdicts(job, loaded, &result);
            result?
        };
        self.metrics.device_ms.inc_by(times.iter().sum());
        tracing::info!(steps = ?times, total = ?started.elapsed(), "computed (milliseconds for each step)");

        let store = self.store.clone();
        let (spec, loaded, checks) = (job.spec.clone(), loaded.clone(), self.checks);
        files.extend(wanted.into_iter().flatten());
        tokio::task::spawn_blocking(move || {
            check_sample(&spec, &loaded, &files, checks.samples, &mut rand::thread_rng())?;
            keep(&*store, outputs, roots, checks.fault)
        })
        .await
        .map_err(|error| Unable::Internal(error.to_string()))?
    }
}

/// Puts the outputs into the store under their roots; after a fault for tests, under others. Blocks.
fn keep(
    store: &dyn BlobStore,
    mut outputs: Vec<Incoming>,
    roots: Vec<Root>,
    fault: Option<Fault>,
) -> Result<Vec<Root>, Unable> {
    if let Some(fault) = fault {
        if fault.apply(store, &mut outputs)? {
            tracing::warn!(?fault, "TESTING: the result was corrupted");
            return Ok(outputs.into_iter().map(|output| store.adopt(output)).collect::<Result<_, _>>()?);
        }
    }
    for (output, root) in outputs.into_iter().zip(&roots) {
        store.adopt_as(output, root)?;
    }
    Ok(roots)
}

/// Whether an examination may end otherwise at another time. A kernel at which the device hangs or dies has had its turn.
fn is_passing(error: &Unable) -> bool {
    matches!(error, Unable::Execute(ExecuteError::Start(_)) | Unable::Kernels(KernelsError::Chain(_)))
}

fn is_worth_another_try(error: &Unable) -> bool {
    match error {
        Unable::Execute(error) => error.is_transient(),
        Unable::Mismatch(Mismatch::Word(_)) => true,
        _ => false,
    }
}
