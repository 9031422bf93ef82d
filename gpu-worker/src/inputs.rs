//! Inputs of jobs, from wherever their buyers put them, and outputs that the chain has.

use std::{path::PathBuf, sync::Arc, time::Duration};

use touchstone_client::{
    carried::Carried,
    chain::{Chain, ChainError},
    JobView, ResultView,
};
use touchstone_kir::Root;
use touchstone_primitives::{Buffer, Input, JobId, Source};

use crate::{
    blobs::{hex_root, BlobStore, PullError, Puller, StoreError, Stored},
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
    #[error("input {0} is not in the store any longer: its file was damaged or removed")]
    Vanished(String),
    /// The store does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This program failed.
    #[error("{0}")]
    Internal(String),
}

/// Brings the inputs of jobs into the store.
pub(crate) struct Inputs {
    pub(crate) chain: Chain,
    pub(crate) store: Arc<BlobStore>,
    pub(crate) puller: Puller,
    pub(crate) metrics: Arc<Metrics>,
}

impl Inputs {
    /// Returns when all inputs of the job are held. What buyers put is waited for without end: the plan knows when it
    /// is too late.
    pub(crate) async fn gather(&self, id: JobId, job: &JobView) -> Result<(), InputError> {
        self.take_inline(id, job).await?;
        for input in &job.spec.inputs {
            let Buffer { root, len } = input.buffer;
            loop {
                match self.held(&root).await? {
                    Some(stored) if stored.len == len => break,
                    Some(stored) => {
                        return Err(InputError::FalseLength { root: hex_root(&root), stated: len, real: stored.len })
                    }
                    None => match &input.source {
                        Source::Url(url) => self.pull(&String::from_utf8_lossy(url), &root, len).await?,
                        Source::Put => self.until_put(&root).await,
                        Source::Inline => return Err(InputError::Vanished(hex_root(&root))),
                    },
                }
            }
        }
        Ok(())
    }

    /// Whether an input is not held: it was not here yet, or its file was found wrong.
    pub(crate) async fn lacks_any(&self, job: &JobView) -> Result<bool, InputError> {
        for input in &job.spec.inputs {
            if self.held(&input.buffer.root).await?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn until_put(&self, root: &Root) {
        while !self.store.contains(root) {
            tokio::time::sleep(PUT_POLL).await;
        }
    }

    /// The blob with this root, if it is held and its file is what its name says.
    pub(crate) async fn held(&self, root: &Root) -> Result<Option<Stored>, InputError> {
        match (self.store.contains(root), self.store.known(root)) {
            (false, _) => Ok(None),
            (true, Some(stored)) => Ok(Some(stored)),
            (true, None) => self.hashed(*root, BlobStore::get).await,
        }
    }

    /// The files of a job's inputs, which are held. They are hashed now, whatever is known of them: the collateral
    /// depends on these bytes.
    pub(crate) async fn files(&self, job: &JobView) -> Result<Vec<PathBuf>, InputError> {
        let mut files = Vec::new();
        for input in &job.spec.inputs {
            let root = input.buffer.root;
            let stored = self.hashed(root, BlobStore::rehash).await?;
            files.push(stored.ok_or_else(|| InputError::Vanished(hex_root(&root)))?.path);
        }
        Ok(files)
    }

    async fn hashed(
        &self,
        root: Root,
        hash: fn(&BlobStore, &Root) -> Result<Option<Stored>, StoreError>,
    ) -> Result<Option<Stored>, InputError> {
        let store = self.store.clone();
        let hashed = tokio::task::spawn_blocking(move || hash(&store, &root)).await;
        Ok(hashed.map_err(|error| InputError::Internal(error.to_string()))??)
    }

    /// An input that is held. The root fixes the bytes, not the length that a job states for them.
    pub(crate) async fn checked(&self, root: Root, len: u32) -> Result<Stored, InputError> {
        match self.held(&root).await? {
            Some(stored) if stored.len == len => Ok(stored),
            Some(stored) => Err(InputError::FalseLength { root: hex_root(&root), stated: len, real: stored.len }),
            None => Err(InputError::Vanished(hex_root(&root))),
        }
    }

    /// Takes from the chain what it holds of the job's inputs.
    pub(crate) async fn take_inline(&self, id: JobId, job: &JobView) -> Result<(), InputError> {
        if !self.lacks_inline(&job.spec.inputs).await? {
            return Ok(());
        }
        let inline = retry::reads(|| async { self.chain.at_best().await?.inline_inputs(id).await }).await?;
        for (index, bytes) in inline {
            let Some(input) = job.spec.inputs.get(usize::from(index)) else {
                continue;
            };
            if self.held(&input.buffer.root).await?.is_some() {
                continue;
            }
            self.take(&input.buffer.root, &bytes)?;
        }
        Ok(())
    }

    /// Puts a blob into the store.
    fn take(&self, root: &Root, bytes: &[u8]) -> Result<(), StoreError> {
        let mut incoming = self.store.begin_input(root, bytes.len() as u32)?;
        incoming.write(bytes)?;
        self.store.finish(incoming, root)
    }

    /// The outputs of a result, if they came with its commitment and the chain still has them.
    pub(crate) async fn carried(&self, job: &JobView, result: &ResultView) -> Result<Option<Carried>, InputError> {
        Ok(retry::reads(|| async { self.chain.at_best().await?.outputs(job, result).await }).await?)
    }

    /// Puts outputs into the store that are not held.
    pub(crate) async fn keep_outputs(&self, carried: &Carried) -> Result<(), InputError> {
        for (root, bytes) in carried.trace().roots().iter().zip(carried.outputs()) {
            if self.held(root).await?.is_none() {
                self.take(root, bytes)?;
            }
        }
        Ok(())
    }

    async fn lacks_inline(&self, inputs: &[Input]) -> Result<bool, InputError> {
        for input in inputs.iter().filter(|input| input.source == Source::Inline) {
            if self.held(&input.buffer.root).await?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Fetches one input from a URL, with a few tries.
    pub(crate) async fn pull(&self, url: &str, root: &Root, len: u32) -> Result<(), InputError> {
        let mut tries = 1;
        loop {
            match self.puller.pull(url, root, len, &self.store).await {
                Ok(()) => {
                    self.metrics.received.inc_by(len.into());
                    return Ok(());
                }
                Err(error) if tries < PULLS && error.is_transient() => {
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
