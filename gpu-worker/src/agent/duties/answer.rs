//! One answer to a demand: what it shows, out of the blob store, and its way to the chain.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use touchstone_client::{
    chain::{Call, Chain, TxError},
    signer::Signer,
};
use touchstone_kir::Reveal;
use touchstone_primitives::{Subject, Trace};

use super::{
    demands::{AnswerResult, Asked, DueAnswer},
    snapshot::read_trace,
};
use crate::{
    blobs::{hex_root, BlobStore},
    metrics::Metrics,
};

/// What an answer needs.
#[derive(Clone)]
pub(super) struct Answerer {
    pub(super) chain: Chain,
    pub(super) signer: Signer,
    pub(super) store: Arc<BlobStore>,
    pub(super) metrics: Arc<Metrics>,
}

impl Answerer {
    /// Answers, and says what became of it.
    pub(super) async fn answer(&self, due: DueAnswer) -> AnswerResult {
        let began = Instant::now();
        let DueAnswer { asked, failures } = due;
        let Asked { job, commitment, subject, deadline, .. } = asked;
        let store = self.store.clone();
        let revealed = tokio::task::spawn_blocking(move || reveal(&store, &asked)).await;
        let reveal = match revealed.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(reveal) => reveal,
            Err(reason) => {
                self.count("missing");
                // Once is enough: it is tried again until the deadline.
                if failures == 0 {
                    let lost = deadline.saturating_add(1);
                    tracing::error!(
                        %job, asked = what(&subject), reason, deadline,
                        "DATA OF A COMMITTED RESULT IS DEMANDED AND CANNOT BE SHOWN: the collateral of this job will \
                        be lost at tick {lost}. Put a copy of the file, which is called by its root, into the folder \
                        of blobs, and start the worker again before that"
                    );
                }
                return AnswerResult::Failed;
            }
        };
        match self.chain.submit(&self.signer, Call::Reveal { commitment, subject, reveal }).await {
            Ok(block) => {
                self.count("answered");
                let took = milliseconds(began.elapsed());
                tracing::info!(
                    %job, asked = what(&subject), deadline, block = block.block.number, milliseconds = took,
                    "a demand is answered"
                );
                AnswerResult::Open
            }
            Err(error) if is_over(&error) => {
                tracing::info!(%job, asked = what(&subject), deadline, %error, "a demand needs no answer any more");
                AnswerResult::Open
            }
            Err(error) => {
                self.count("failed");
                let lost = deadline.saturating_add(1);
                tracing::error!(
                    %job, asked = what(&subject), deadline, failures, %error,
                    "the answer to a demand failed. It is tried again; without one, the collateral of this job will be \
                    lost at tick {lost}"
                );
                AnswerResult::Failed
            }
        }
    }

    fn count(&self, outcome: &str) {
        self.metrics.answers.with_label_values(&[outcome]).inc();
    }
}

/// What answers a demand, out of the store; or why it cannot be had. Blocks.
fn reveal(store: &BlobStore, asked: &Asked) -> Result<Reveal, String> {
    let root = match asked.subject.instance {
        None => asked.trace.root,
        Some(instance) => {
            let trace: Trace = read_trace(store, &asked.trace)
                .map_err(|reason| format!("the trace {}: {reason}", hex_root(&asked.trace.root)))?;
            *trace.root(instance).ok_or("the trace has no such output")?
        }
    };
    let missing = || {
        let root = hex_root(&root);
        format!("the blob {root} is missing, or was set aside because it was damaged")
    };
    let revealed = store.reveal(&root, asked.subject.node);
    revealed.map_err(|error| format!("the blob {}: {error}", hex_root(&root)))?.ok_or_else(missing)
}

/// Whether a failure says that nothing is to be answered any more: it was answered by somebody else, or the demand or
/// the result is gone.
fn is_over(error: &TxError) -> bool {
    let over = ["AlreadyRevealed", "NotDemanded", "UnknownCommitment"];
    error.dispatch_error().is_some_and(|error| over.iter().any(|name| error.is("Demands", name)))
}

/// What is demanded, for people.
fn what(subject: &Subject) -> String {
    let node = subject.node;
    let buffer = match subject.instance {
        // Each step has one instance.
        Some(step) => format!("output of step {step}"),
        None => "trace".into(),
    };
    format!("{buffer}, node {} of level {}", node.position, node.level)
}

fn milliseconds(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use touchstone_client::chain::DispatchError;
    use touchstone_kir::{verify_reveal, Node, Root};
    use touchstone_primitives::{CommitmentId, JobId};

    use super::*;

    fn put(store: &BlobStore, bytes: &[u8]) -> Root {
        let root = touchstone_kir::root(bytes);
        let mut incoming = store.begin(bytes.len() as u32).unwrap();
        incoming.write(bytes).unwrap();
        store.finish(incoming, &root).unwrap();
        root
    }

    fn asked(trace: &Trace, instance: Option<u32>) -> Asked {
        Asked {
            job: JobId([1; 32]),
            commitment: CommitmentId([2; 32]),
            trace: trace.buffer(),
            subject: Subject { instance, node: Node { level: 0, position: 0 } },
            deadline: 9,
        }
    }

    #[test]
    fn trace_and_outputs_are_shown_out_of_the_store_and_what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::open(folder.path(), 1 << 20).unwrap();
        let output = put(&store, &[7; 64]);
        let trace = Trace::new(vec![output, [9; 32]]);
        let without = reveal(&store, &asked(&trace, Some(0))).unwrap_err();
        assert!(without.contains(&hex_root(&trace.buffer().root)) && without.contains("missing"), "{without}");
        put(&store, &trace.to_bytes());
        assert_eq!(reveal(&store, &asked(&trace, None)), Ok(Reveal::Bytes(trace.to_bytes())));
        let shown = reveal(&store, &asked(&trace, Some(0))).unwrap();
        assert_eq!(verify_reveal(Node { level: 0, position: 0 }, &output, &shown, 64), Ok(()));
        let gone = reveal(&store, &asked(&trace, Some(1))).unwrap_err();
        assert!(gone.contains(&hex_root(&[9; 32])) && gone.contains("missing"), "{gone}");
    }

    #[test]
    fn an_answer_that_somebody_else_gave_is_none_to_repeat() {
        let failed = |pallet: &str, name: &str| {
            let error = DispatchError { pallet: Some(pallet.into()), name: name.into(), docs: String::new() };
            TxError::Failed { call: "Demands.reveal".into(), error: Box::new(error), block: [0; 32] }
        };
        for name in ["AlreadyRevealed", "NotDemanded", "UnknownCommitment"] {
            assert!(is_over(&failed("Demands", name)), "{name}");
        }
        assert!(!is_over(&failed("Demands", "ForeignAnswer")) && !is_over(&failed("Disputes", "UnknownCommitment")));
    }

    #[test]
    fn what_is_asked_is_told_to_people() {
        let node = Node { level: 6, position: 3 };
        assert_eq!(what(&Subject { instance: Some(2), node }), "output of step 2, node 3 of level 6");
        assert_eq!(what(&Subject { instance: None, node }), "trace, node 3 of level 6");
    }
}
