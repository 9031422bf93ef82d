//! Inputs of jobs, from wherever their buyers put them.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use touchstone_client::{
    chain::{Chain, ChainError},
    JobView,
};
use touchstone_kir::Root;
use touchstone_primitives::{Input, JobId, Source};

use crate::{
    blobs::{hex_root, BlobStore, PullError, Puller, StoreError},
    metrics::Metrics,
    retry,
};

/// How often the store is asked whether a blob was put.
const PUT_POLL: Duration = Duration::from_millis(50);
/// Tries of one URL, and the pause between two.
const PULLS: u32 = 3;
const PULL_PAUSE: Duration = Duration::from_secs(1);

/// Why an input cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The chain, which holds inline inputs, cannot be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Pulling failed.
    #[error("input {url}: {error}")]
    Pull {
        /// Where from.
        url: String,
        /// Why.
        error: PullError,
    },
    /// An input's bytes have another length than the job says.
    #[error("input {root} has {real} bytes, the job says {stated}")]
    FalseLength {
        /// Its root.
        root: String,
        /// The job's.
        stated: u32,
        /// The true one.
        real: u32,
    },
    /// It is not in the store any longer.
    #[error("input {0} vanished from the store")]
    Vanished(String),
    /// The store does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Brings the inputs of jobs into the store.
pub(crate) struct Inputs {
    pub(crate) chain: Chain,
    pub(crate) store: Arc<dyn BlobStore>,
    pub(crate) puller: Puller,
    pub(crate) metrics: Arc<Metrics>,
}

impl Inputs {
    /// Returns when all inputs of the job are held. What buyers put is waited for without end: the plan knows when it
    /// is too late.
    pub(crate) async fn gather(&self, id: JobId, job: &JobView) -> Result<(), InputError> {
        self.take_inline(id, job).await?;
        for input in &job.spec.inputs {
            let Source::Url(url) = &input.source else {
                continue;
            };
            if self.holds(&input.buffer.root) {
                continue;
            }
            let url = String::from_utf8_lossy(url).into_owned();
            self.pull(&url, &input.buffer.root, input.buffer.len).await?;
        }
        let put: BTreeSet<_> =
            job.spec.inputs.iter().filter(|input| input.source == Source::Put).map(|input| input.buffer.root).collect();
        for root in put {
            while !self.holds(&root) {
                tokio::time::sleep(PUT_POLL).await;
            }
        }
        for input in &job.spec.inputs {
            self.check_length(input.buffer.root, input.buffer.len)?;
        }
        Ok(())
    }

    pub(crate) fn holds(&self, root: &Root) -> bool {
        self.store.get(root).is_some()
    }

    /// The root fixes the bytes, not the length that a job states for them.
    pub(crate) fn check_length(&self, root: Root, len: u32) -> Result<(), InputError> {
        match self.store.get(&root) {
            Some(stored) if stored.len == len => Ok(()),
            Some(stored) => Err(InputError::FalseLength { root: hex_root(&root), stated: len, real: stored.len }),
            None => Err(InputError::Vanished(hex_root(&root))),
        }
    }

    /// Takes from the chain what it holds of the job's inputs.
    pub(crate) async fn take_inline(&self, id: JobId, job: &JobView) -> Result<(), InputError> {
        let wanted = |input: &&Input| input.source == Source::Inline && !self.holds(&input.buffer.root);
        if !job.spec.inputs.iter().any(|input| wanted(&input)) {
            return Ok(());
        }
        let inline = retry::reads(|| async { self.chain.at_best().await?.inline_inputs(id).await }).await?;
        for (index, bytes) in inline {
            let Some(input) = job.spec.inputs.get(usize::from(index)) else {
                continue;
            };
            if self.holds(&input.buffer.root) {
                continue;
            }
            let mut incoming = self.store.begin(input.buffer.len)?;
            incoming.write(&bytes)?;
            self.store.finish(incoming, &input.buffer.root)?;
        }
        Ok(())
    }

    /// Fetches one input from a URL, with a few tries.
    pub(crate) async fn pull(&self, url: &str, root: &Root, len: u32) -> Result<(), InputError> {
        let mut tries = 1;
        loop {
            match self.puller.pull(url, root, len, &*self.store).await {
                Ok(()) => {
                    self.metrics.received.inc_by(len.into());
                    return Ok(());
                }
                Err(error @ (PullError::Transfer(_) | PullError::Status { .. })) if tries < PULLS => {
                    tracing::warn!(url, %error, tries, "pulling an input failed; trying again");
                    tries += 1;
                    tokio::time::sleep(PULL_PAUSE).await;
                }
                Err(error) => {
                    let url = url.to_string();
                    return Err(InputError::Pull { url, error });
                }
            }
        }
    }
}
