use std::{path::PathBuf, sync::Arc, time::Instant};

use tokio::sync::Mutex;
use touchstone_client::{chain::Chain, JobView};
use touchstone_kernel::Root;
use touchstone_primitives::Source;

use super::{check_sample, Assignment, Fault, Mismatch};
use crate::{
    blobs::{hex_root, BlobStore, Incoming, Puller, StoreError},
    executor::{ExecuteError, Executor},
    gather::{GatherError, Gatherer},
    kernels::{Kernels, KernelsError},
    metrics::Metrics,
    program::LoadedJob,
};

/// Tries of one job on the device, when a failure may be the device's.
const TRIES: u32 = 3;

/// Why an assignment cannot be done here.
#[derive(Debug, thiserror::Error)]
pub enum Unable {
    /// An input cannot be had.
    #[error(transparent)]
    Gather(#[from] GatherError),
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
    gatherer: Gatherer,
    store: Arc<dyn BlobStore>,
    kernels: Kernels,
    executor: Arc<Mutex<Executor>>,
    /// Held by the one job that is being examined: never more than one stands before the work that is held.
    examining: Mutex<()>,
    /// Largest buffer that the device can bind, bytes.
    limit: u64,
    checks: Checks,
    metrics: Arc<Metrics>,
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
    /// `limit` is the largest buffer that the device can bind, bytes.
    pub fn new(
        chain: Chain,
        store: Arc<dyn BlobStore>,
        puller: Puller,
        executor: Arc<Mutex<Executor>>,
        limit: u64,
        checks: Checks,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            gatherer: Gatherer { chain, store: store.clone(), puller, metrics: metrics.clone() },
            store,
            kernels: Kernels::default(),
            executor,
            examining: Mutex::new(()),
            limit,
            checks,
            metrics,
        }
    }

    /// The roots of all step outputs, which the store then holds. `gathered` is called once all inputs are there.
    pub async fn work(
        &self,
        assignment: Assignment,
        job: &JobView,
        gathered: impl FnOnce(),
    ) -> Result<Vec<Root>, Unable> {
        let loaded = self.kernels.load(&self.gatherer.chain, &job.spec).await?;
        if u64::from(loaded.largest()) > self.limit {
            return Err(Unable::TooLarge { bytes: loaded.largest(), limit: self.limit });
        }
        self.gatherer.gather(assignment.job, job).await?;
        gathered();
        tracing::info!(job = %assignment.job, attempt = assignment.attempt, "inputs are complete");

        let mut tries = 1;
        loop {
            match self.compute(job, &loaded).await {
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
        let loaded = self.kernels.load(&self.gatherer.chain, &job.spec).await?;
        if u64::from(loaded.largest()) > self.limit {
            return Err(Unable::TooLarge { bytes: loaded.largest(), limit: self.limit });
        }
        for input in &job.spec.inputs {
            if let Source::Url(url) = &input.source {
                let url = String::from_utf8_lossy(url).into_owned();
                let permitted = self.gatherer.puller.permits(&url).await;
                permitted.map_err(|error| GatherError::Pull { url, error })?;
            }
        }
        let _turn = self.examining.lock().await;
        let Ok(mut executor) = self.executor.try_lock() else {
            return Ok(None);
        };
        executor.prepare(&loaded.program(&vec![PathBuf::new(); loaded.lens.len()])).await?;
        Ok(Some(()))
    }

    async fn compute(&self, job: &JobView, loaded: &LoadedJob) -> Result<Vec<Root>, Unable> {
        let mut files = Vec::new();
        for input in &job.spec.inputs {
            let stored = self
                .store
                .get(&input.buffer.root)
                .ok_or_else(|| GatherError::Vanished(hex_root(&input.buffer.root)))?;
            files.push(stored.path);
        }
        let outputs: Vec<Incoming> =
            (0..loaded.steps.len()).map(|step| self.store.begin(loaded.output_len(step))).collect::<Result<_, _>>()?;
        files.extend(outputs.iter().map(|output| output.path().to_path_buf()));

        let started = Instant::now();
        let times = {
            let mut executor = self.executor.lock().await;
            let before = executor.started();
            let result = executor.run(&loaded.program(&files)).await;
            self.metrics.executors.inc_by(executor.started().saturating_sub(before));
            result?
        };
        self.metrics.device_ms.inc_by(times.iter().sum());
        tracing::info!(steps = ?times, total = ?started.elapsed(), "computed (milliseconds for each step)");

        let store = self.store.clone();
        let (spec, loaded, checks) = (job.spec.clone(), loaded.clone(), self.checks);
        tokio::task::spawn_blocking(move || {
            check_sample(&spec, &loaded, &files, checks.samples, &mut rand::thread_rng())?;
            keep(&*store, outputs, checks.fault)
        })
        .await
        .map_err(|error| Unable::Internal(error.to_string()))?
    }
}

/// Puts the outputs into the store, after a fault for tests. Blocks.
fn keep(store: &dyn BlobStore, mut outputs: Vec<Incoming>, fault: Option<Fault>) -> Result<Vec<Root>, Unable> {
    if let Some(fault) = fault {
        if fault.apply(store, &mut outputs)? {
            tracing::warn!(?fault, "TESTING: the result was corrupted");
        }
    }
    let roots: Result<Vec<Root>, StoreError> = outputs.into_iter().map(|output| store.adopt(output)).collect();
    Ok(roots?)
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
