//! One commitment: the outputs of a small result go with it, so that nobody has to serve or to demand them.

use std::{fs, sync::Arc, time::Duration};

use touchstone_client::{
    carried::Carried,
    chain::{Call, Chain, InBlock, TxError},
    funds::{self, FundsError, Need},
    signer::Signer,
};
use touchstone_primitives::{Buffer, MAX_CARRIED_BYTES};

use super::{snapshot::read_trace, Assignment};
use crate::blobs::{hex_root, BlobStore};

/// Longest time in which outputs are made ready: the commitment has a deadline.
const PATIENCE: Duration = Duration::from_secs(6);

/// What a commitment needs.
#[derive(Clone)]
pub(super) struct Committer {
    pub(super) chain: Chain,
    pub(super) signer: Signer,
    pub(super) store: Arc<BlobStore>,
    /// Outputs of more bytes than this together stay here.
    pub(super) most: u32,
}

impl Committer {
    /// Commits this trace, with the outputs if that is possible.
    pub(super) async fn commit(&self, assignment: Assignment, trace: Buffer) -> Result<InBlock, TxError> {
        let Assignment { job, attempt } = assignment;
        let bare = Call::Commit { job, attempt, trace, outputs: None };
        let carrying = match tokio::time::timeout(PATIENCE, self.carrying(assignment, trace)).await {
            Ok(carrying) => carrying,
            Err(_) => Err(format!("they were not ready within {} seconds", PATIENCE.as_secs())),
        };
        let call = match carrying {
            Ok(Some(call)) => call,
            Ok(None) => return self.chain.submit(&self.signer, bare).await,
            Err(reason) => {
                tracing::warn!(%job, reason, "the outputs do not go to the chain with the commitment");
                return self.chain.submit(&self.signer, bare).await;
            }
        };
        match self.chain.submit(&self.signer, call).await {
            // The collateral depends on the commitment, and not on the outputs.
            Err(error) if error.is_final() => {
                tracing::warn!(%job, %error, "the outputs do not go to the chain with the commitment");
                self.chain.submit(&self.signer, bare).await
            }
            other => other,
        }
    }

    /// The commitment with all outputs; `None` if they are too long, or why it cannot be made.
    async fn carrying(&self, assignment: Assignment, trace: Buffer) -> Result<Option<Call>, String> {
        let Assignment { job, attempt } = assignment;
        let most = self.most.min(MAX_CARRIED_BYTES);
        if most == 0 {
            return Ok(None);
        }
        let at = self.chain.at_best().await.map_err(|error| error.to_string())?;
        let view = at.job(job).await.map_err(|error| error.to_string())?.ok_or("the chain has no such job")?;
        if view.totals.output_bytes > most.into() {
            return Ok(None);
        }
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || read_outputs(&store, &trace, &view.output_bytes)).await;
        let outputs = read.map_err(|error| error.to_string())??;
        let price = self.chain.storage_price().await.map_err(|error| error.to_string())?;
        let deposit = Need::new("as a deposit for the outputs", price.outputs(outputs.len()));
        let call = Call::Commit { job, attempt, trace, outputs: Some(outputs) };
        match funds::ensure(&self.chain, &self.signer, &call, &[deposit]).await {
            Ok(_) => Ok(Some(call)),
            Err(FundsError::TooLittle(error)) => Err(error.0.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// All outputs of a result, one after the other, out of the store; or why the chain would not take them. Blocks.
fn read_outputs(store: &BlobStore, trace: &Buffer, lengths: &[u32]) -> Result<Vec<u8>, String> {
    let mut outputs = Vec::new();
    for root in read_trace(store, trace)?.roots() {
        let stored = store.get(root).map_err(|error| error.to_string())?;
        let stored = stored.ok_or_else(|| format!("the blob {} is missing", hex_root(root)))?;
        let bytes = fs::read(&stored.path).map_err(|error| format!("{}: {error}", stored.path.display()))?;
        outputs.extend(bytes);
    }
    match Carried::new(&outputs, lengths, trace) {
        Some(_) => Ok(outputs),
        None => Err("they are not those of the job".into()),
    }
}

#[cfg(test)]
mod tests {
    use touchstone_primitives::Trace;

    use super::*;
    use crate::blobs::put;

    /// A store with these outputs and their trace.
    fn store(outputs: &[Vec<u8>]) -> (tempfile::TempDir, BlobStore, Buffer) {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::open(folder.path(), 1 << 20).unwrap();
        let trace = Trace::new(outputs.iter().map(|output| put(&store, output).unwrap()).collect());
        put(&store, &trace.to_bytes()).unwrap();
        (folder, store, trace.buffer())
    }

    #[test]
    fn outputs_go_to_the_chain_one_after_the_other_as_the_steps_wrote_them() {
        let outputs = [vec![1; 8], vec![2; 2048], vec![1; 8]];
        let (_folder, store, trace) = store(&outputs);
        assert_eq!(read_outputs(&store, &trace, &[8, 2048, 8]), Ok(outputs.concat()));
    }

    #[test]
    fn outputs_that_the_chain_would_refuse_are_not_sent() {
        let outputs = [vec![1; 8], vec![2; 16]];
        let (_folder, store, trace) = store(&outputs);
        for lengths in [&[8, 12][..], &[8, 20], &[12, 12], &[8]] {
            let error = read_outputs(&store, &trace, lengths).unwrap_err();
            assert_eq!(error, "they are not those of the job", "{lengths:?}");
        }
    }

    #[test]
    fn an_output_that_is_missing_is_named() {
        let (_folder, store, trace) = store(&[vec![1; 8], vec![2; 16]]);
        let root = touchstone_kir::root(&[2; 16]);
        fs::remove_file(store.get(&root).unwrap().unwrap().path).unwrap();
        let error = read_outputs(&store, &trace, &[8, 16]).unwrap_err();
        assert!(error.contains(&hex_root(&root)), "{error}");
    }
}
