//! The watcher: executes again what others committed, and refutes what is wrong in one transaction.
//!
//! What is checked follows from the chain alone: every result that can be challenged now, except one's own. One honest
//! watcher is enough, and it needs nothing but the provider's data endpoint.

mod check;
mod report;

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use futures::StreamExt;
use tokio_util::sync::CancellationToken;
use touchstone_client::{
    chain::{At, Chain, ChainError},
    signer::Signer,
    JobView, ResultView,
};
use touchstone_primitives::{CommitmentId, JobId};

pub use check::{Checker, Refutation, Thoroughness, Verdict};
pub use report::{Report, Wrong};

use crate::{blobs::BlobStore, metrics::Metrics, node_link::NodeLink};

/// Blocks after which a result is looked at again: one whose provider did not serve it, and one whose refutation may
/// have been retracted.
const AGAIN: u64 = 4;

/// What the watcher works with.
pub struct WatchConfig {
    /// The chain.
    pub chain: Chain,
    /// Who refutes; its own results are not checked.
    pub signer: Signer,
    /// How results are checked.
    pub checker: Checker,
    /// Where buffers are kept meanwhile.
    pub store: Arc<dyn BlobStore>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// End when everything that can be challenged now has been looked at once.
    pub once: bool,
    /// Told about every result that was looked at.
    pub report: Box<dyn Fn(&Report) + Send>,
}

/// How many results were looked at, by what was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Everything that was executed again agreed.
    pub right: u64,
    /// Wrong ones, whether or not this watcher's refutation was the first.
    pub wrong: u64,
    /// Those that could not be checked.
    pub unchecked: u64,
}

struct Watcher {
    config: WatchConfig,
    /// Results that are right.
    right: HashSet<CommitmentId>,
    /// Results to look at again, and the block from which on.
    again: HashMap<CommitmentId, u64>,
    tally: Tally,
    link: NodeLink,
}

/// Watches until `stop` is cancelled, or once. Returns what was found; `None` if it was to look once and was stopped before
/// it had seen everything.
pub async fn run(config: WatchConfig, stop: CancellationToken) -> Result<Option<Tally>, ChainError> {
    let heads = config.chain.best_blocks();
    let mut heads = pin!(heads);
    let once = config.once;
    let link = NodeLink::new(config.metrics.clone());
    let mut watcher = Watcher { config, right: HashSet::new(), again: HashMap::new(), tally: Tally::default(), link };
    loop {
        let head = tokio::select! {
            () = stop.cancelled() => break,
            head = heads.next() => head,
        };
        match head {
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                watcher.link.lost(error)?;
                continue;
            }
            None => break,
        }
        let looked = tokio::select! {
            // A check that is cut off leaves nothing behind; what is on its way to the chain arrives by itself.
            () = stop.cancelled() => break,
            looked = watcher.look() => looked,
        };
        if let Err(error) = looked {
            watcher.link.lost(error)?;
            continue;
        }
        if once {
            return Ok(Some(watcher.tally));
        }
    }
    Ok((!once).then_some(watcher.tally))
}

impl Watcher {
    /// Checks everything that is due, one result after the other.
    async fn look(&mut self) -> Result<(), ChainError> {
        let mut seen = HashSet::new();
        loop {
            let at = self.config.chain.at_best().await?;
            let Some((job, result)) = self.next(&at, &mut seen).await? else {
                self.link.seen(at.head().number);
                return Ok(());
            };
            self.link.seen(at.head().number);
            self.examine(at.head().number, job, result).await;
            // Nothing is needed any longer; the next result may be large.
            self.config.store.retain(&|_| false, Duration::ZERO);
        }
    }

    /// A result that is due and was not seen in this round.
    async fn next(
        &mut self,
        at: &At,
        seen: &mut HashSet<CommitmentId>,
    ) -> Result<Option<(JobView, ResultView)>, ChainError> {
        let mut standing = HashSet::new();
        let mut after: Option<JobId> = None;
        loop {
            let page = at.challengeable(after).await?;
            let Some(last) = page.last().copied() else {
                // All pages were read: what does not stand any longer need not be remembered.
                self.right.retain(|id| standing.contains(id));
                self.again.retain(|id, _| standing.contains(id));
                return Ok(None);
            };
            after = Some(last);
            for id in page {
                let Some(result) = at.result(id).await? else {
                    continue;
                };
                let commitment = result.commitment;
                standing.insert(commitment);
                let postponed = self.again.get(&commitment).is_some_and(|&from| at.head().number < from);
                let own = result.provider == *self.config.signer.account();
                if own || postponed || self.right.contains(&commitment) || !seen.insert(commitment) {
                    continue;
                }
                if let Some(job) = at.job(id).await? {
                    return Ok(Some((job, result)));
                }
            }
        }
    }

    async fn examine(&mut self, block: u64, job: JobView, result: ResultView) {
        tracing::info!(job = %job.id, provider = %result.provider, "checking");
        let verdict = self.config.checker.check(&job, &result).await;
        let mut report = Report::new(&job, &result, &verdict);
        let outcome = match verdict {
            Ok(Verdict::Right) => {
                self.right.insert(result.commitment);
                self.tally.right += 1;
                "right"
            }
            Ok(Verdict::Wrong(refutation)) => {
                self.tally.wrong += 1;
                self.again.insert(result.commitment, block + AGAIN);
                report.transaction = Some(self.refute(*refutation, &job, &result).await);
                "wrong"
            }
            Err(error) => {
                self.again.insert(result.commitment, block + AGAIN);
                self.tally.unchecked += 1;
                tracing::warn!(job = %job.id, provider = %result.provider, %error, "this result could not be checked");
                "unchecked"
            }
        };
        self.config.metrics.checked.with_label_values(&[outcome]).inc();
        (self.config.report)(&report);
    }

    async fn refute(&self, refutation: Refutation, job: &JobView, result: &ResultView) -> Result<u64, String> {
        tracing::warn!(job = %job.id, wrong = %Wrong::from(&refutation), "wrong: refuting");
        match self.config.chain.submit(&self.config.signer, refutation.call(job, result)).await {
            Ok(block) => {
                tracing::warn!(job = %job.id, block = block.block.number, "refuted");
                Ok(block.block.number)
            }
            Err(error) => {
                tracing::error!(job = %job.id, %error, "the refutation failed");
                Err(error.to_string())
            }
        }
    }
}
