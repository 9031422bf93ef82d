//! The watcher: executes again what others committed, and refutes what is wrong in one transaction.
//!
//! What is checked follows from the chain alone: every result that can be challenged now, except one's own. One honest
//! watcher is enough, and it needs nothing but the provider's data endpoint. `queue` decides which results are checked,
//! `check` checks one.

mod check;
mod needed;
mod queue;
mod report;

use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};

use futures::StreamExt;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use touchstone_client::{
    chain::{all_pages, Chain, ChainError},
    signer::Signer,
    AccountId, JobView, ResultView,
};
use touchstone_primitives::{
    views::{Challengeable, Stage},
    CommitmentId, Tick, Trace,
};

use self::needed::Needed;

pub use check::{CheckError, Checker, Conclusion, Limits, Refutation, Thoroughness};
pub use queue::{Checked, Queue, Standing};
pub use report::{Report, Wrong};

use crate::{
    agent::duties::TICK,
    blobs::{space, BlobStore},
    metrics::Metrics,
    node_link::NodeLink,
};

/// What the watcher works with.
pub struct WatchConfig {
    /// The chain.
    pub chain: Chain,
    /// Who refutes; its own results are not checked.
    pub signer: Signer,
    /// How results are checked.
    pub checker: Arc<Checker>,
    /// Where buffers are kept meanwhile.
    pub store: Arc<BlobStore>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Results that are checked at once.
    pub checks: usize,
    /// Longest check of one result.
    pub limit: Duration,
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

/// A result that stands, with its job.
type Record = Arc<Challengeable<AccountId>>;

struct Watcher {
    config: WatchConfig,
    queue: Queue,
    /// What stands, as read last.
    records: HashMap<CommitmentId, Record>,
    needed: Needed,
    checks: JoinSet<Report>,
    /// Which result each check is about.
    tasks: HashMap<tokio::task::Id, CommitmentId>,
    clock: Tick,
    tally: Tally,
}

/// Watches until `stop` is cancelled, or once. Returns what was found; `None` if it was to look once and was stopped
/// before it had seen everything.
pub async fn run(config: WatchConfig, stop: CancellationToken) -> Result<Option<Tally>, ChainError> {
    let heads = config.chain.best_blocks();
    let mut heads = pin!(heads);
    let once = config.once;
    let mut link = NodeLink::new(config.metrics.clone());
    let (_, quota) = config.store.usage();
    let mut watcher = Watcher {
        queue: Queue::new(config.checks, quota),
        config,
        records: HashMap::new(),
        needed: Needed::default(),
        checks: JoinSet::new(),
        tasks: HashMap::new(),
        clock: 0,
        tally: Tally::default(),
    };
    let mut looked = false;
    loop {
        tokio::select! {
            // A check that is cut off leaves nothing behind; what is on its way to the chain arrives by itself.
            () = stop.cancelled() => break,
            head = heads.next(), if !(once && looked) => match head {
                Some(Ok(head)) => match watcher.look().await {
                    Ok(()) => {
                        link.seen(head.number);
                        looked = true;
                    }
                    Err(error) => link.lost(error)?,
                },
                Some(Err(error)) => link.lost(error)?,
                None => break,
            },
            Some(ended) = watcher.checks.join_next_with_id() => match ended {
                Ok((task, report)) => watcher.conclude(task, Some(report)),
                Err(error) => {
                    tracing::error!(%error, "this program has failed at a check");
                    watcher.conclude(error.id(), None);
                }
            },
        }
        watcher.begin();
        if once && looked && watcher.queue.is_done() {
            return Ok(Some(watcher.tally));
        }
    }
    Ok((!once).then_some(watcher.tally))
}

impl Watcher {
    /// Reads what can be challenged at the best block.
    async fn look(&mut self) -> Result<(), ChainError> {
        let at = self.config.chain.at_best().await?;
        let (clock, all) = tokio::try_join!(at.clock(), all_pages(|after| at.challengeable(after)))?;
        let own = *self.config.signer.account();
        let others = all.into_iter().filter(|record| record.result.provider != own);
        self.records = others.map(|record| (record.result.commitment, Arc::new(record))).collect();
        self.clock = clock;
        self.queue.stand(at.head().number, self.records.values().map(standing).collect());
        Ok(())
    }

    /// Begins as many checks as may run.
    fn begin(&mut self) {
        for id in self.queue.take_due() {
            let Some(record) = self.records.get(&id).cloned() else { continue };
            self.needed.add(id, record.job.spec.inputs.iter().map(|input| input.buffer.root));
            let left = TICK.saturating_mul(standing(&record).window_end.saturating_sub(self.clock));
            let limit = self.config.limit.min(left);
            tracing::info!(job = %record.job.id, provider = %record.result.provider, ?limit, "checking");
            let (checker, needed) = (self.config.checker.clone(), self.needed.clone());
            let (chain, signer) = (self.config.chain.clone(), self.config.signer.clone());
            let task = self.checks.spawn(async move {
                examine(&checker, &needed, &chain, &signer, &record.job, &record.result, limit).await
            });
            self.tasks.insert(task.id(), id);
        }
    }

    /// A check has ended. There is no report if the task itself failed.
    fn conclude(&mut self, task: tokio::task::Id, report: Option<Report>) {
        let Some(id) = self.tasks.remove(&task) else { return };
        let verdict = report.as_ref().map_or("unchecked", |report| report.verdict);
        match verdict {
            "right" => self.tally.right += 1,
            "wrong" => self.tally.wrong += 1,
            _ => self.tally.unchecked += 1,
        }
        self.queue.finished(id, if verdict == "right" { Checked::Right } else { Checked::Again });
        self.config.metrics.checked.with_label_values(&[verdict]).inc();
        self.needed.end(&id, &self.config.store);
        if let Some(report) = report {
            (self.config.report)(&report);
        }
    }
}

/// Checks one result within a limit of time, and refutes it if it is wrong.
async fn examine(
    checker: &Checker,
    needed: &Needed,
    chain: &Chain,
    signer: &Signer,
    job: &JobView,
    result: &ResultView,
    limit: Duration,
) -> Report {
    let read = |trace: &Trace| needed.add(result.commitment, trace.roots().iter().copied());
    let verdict = match tokio::time::timeout(limit, checker.check(job, result, &read)).await {
        Ok(verdict) => verdict,
        Err(_) => Err(CheckError::TooSlow(limit)),
    };
    let mut report = Report::new(job, result, &verdict);
    match verdict {
        Ok(Conclusion::Right) => {}
        Ok(Conclusion::Wrong(refutation)) => {
            report.transaction = Some(refute(chain, signer, *refutation, job, result).await);
        }
        Err(error) => {
            tracing::warn!(job = %job.id, provider = %result.provider, %error, "this result could not be checked");
        }
    }
    report
}

async fn refute(
    chain: &Chain,
    signer: &Signer,
    refutation: Refutation,
    job: &JobView,
    result: &ResultView,
) -> Result<u64, String> {
    tracing::warn!(job = %job.id, wrong = %Wrong::from(&refutation), "wrong: refuting");
    match chain.submit(signer, refutation.call(job, result)).await {
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

fn standing(record: &Record) -> Standing {
    let window_end = match record.job.stage {
        Stage::Committed { window_end, .. } => window_end,
        _ => Tick::MAX,
    };
    let inputs = record.job.spec.inputs.iter().map(|input| input.buffer.len);
    let bytes = inputs.chain(record.job.output_bytes.iter().copied()).map(space).fold(0, u64::saturating_add);
    Standing { commitment: record.result.commitment, window_end, bytes }
}
