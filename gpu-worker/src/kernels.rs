//! Kernels from the chain.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use touchstone_client::chain::{Chain, ChainError};
use touchstone_kir::{Kernel, KernelHash};
use touchstone_primitives::JobSpec;

use crate::{loaded_job::LoadedJob, retry};

/// Kernels that are kept. One is at most a few dozen KiB.
const KEPT: usize = 256;

/// Fetches kernels once.
#[derive(Default)]
pub(crate) struct Kernels {
    known: Mutex<HashMap<KernelHash, Arc<Kernel>>>,
}

/// Why a job's kernels cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KernelsError {
    /// The chain cannot be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// What the chain holds under this hash is not a kernel that this program knows.
    #[error("kernel {}: {reason}", hex::encode(.hash))]
    Unusable {
        /// Its hash.
        hash: KernelHash,
        /// Why.
        reason: String,
    },
    /// Kernels and specification do not fit.
    #[error("the job's steps do not fit its kernels")]
    Misfit,
}

impl Kernels {
    /// The job with all its kernels; waits for a node that is away.
    pub(crate) async fn load(&self, chain: &Chain, spec: &JobSpec) -> Result<LoadedJob, KernelsError> {
        let mut kernels = Vec::new();
        for step in &spec.steps {
            kernels.push(self.kernel(chain, step.kernel).await?);
        }
        LoadedJob::new(spec, &kernels).ok_or(KernelsError::Misfit)
    }

    async fn kernel(&self, chain: &Chain, hash: KernelHash) -> Result<Arc<Kernel>, KernelsError> {
        if let Some(known) = self.lock().get(&hash) {
            return Ok(known.clone());
        }
        let unusable = |reason: String| KernelsError::Unusable { hash, reason };
        let view = retry::reads(|| async { chain.at_best().await?.kernel(hash).await })
            .await?
            .ok_or_else(|| unusable("the chain does not hold it".into()))?;
        let kernel = Kernel::decode(&view.code).map_err(|error| unusable(error.to_string()))?;
        if kernel.hash() != hash {
            return Err(unusable("the node's bytes have another hash".into()));
        }
        let kernel = Arc::new(kernel);
        let mut known = self.lock();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(hash, kernel.clone());
        Ok(kernel)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<KernelHash, Arc<Kernel>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
