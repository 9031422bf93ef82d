//! The watcher: executes again what others committed, demands what they do not serve, and refutes what is wrong.
//!
//! What is checked follows from the chain alone: every result that can be challenged now, except one's own. One honest
//! watcher is enough. It needs the inputs of a job and the provider's data endpoint; where that serves nothing, answers
//! on the chain show the wrong word, or the provider loses because there are none.
//!
//! - `queue` decides which results are looked at, `examiner` looks at one.
//! - `check` fetches and compares, with what `execution` computes.
//! - `demander` demands what is not served: `plan` says what comes next, `budget` whether it may be.

mod budget;
mod case;
mod check;
mod conclusion;
mod demander;
mod differing;
mod error;
mod examiner;
mod execution;
mod memory;
mod needed;
mod plan;
mod provider;
mod queue;
mod report;

use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};

use futures::StreamExt;
use tokio::{sync::Mutex, task::JoinSet};
use tokio_util::sync::CancellationToken;
use touchstone_client::{
    chain::{all_pages, At, Chain, ChainError, NotCurrent},
    signer::Signer,
};
use touchstone_primitives::{AttemptEnd, CommitmentId, Tick};

use self::{
    case::{Record, Times},
    memory::Memory,
    needed::Needed,
};

pub use budget::{DemandLimits, Refusal};
pub use conclusion::{Conclusion, Refutation, Waiting};
pub use error::{CheckError, FetchError, WatchError};
pub use examiner::{Examiner, ExaminerConfig};
pub use execution::Thoroughness;
pub use queue::{Checked, Keep, Queue, Standing};
pub use report::{Report, ReportedDemand, Verdict, Wrong};

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
    /// Who refutes and demands; its own results are not checked.
    pub signer: Signer,
    /// How results are examined.
    pub examiner: Arc<Examiner>,
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
    /// Those that could not be checked, or wait for an answer to a demand.
    pub unchecked: u64,
}

impl Tally {
    fn add(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Right => &mut self.right,
            Verdict::Wrong | Verdict::Unanswered | Verdict::Refuted => &mut self.wrong,
            Verdict::Unchecked | Verdict::Withheld | Verdict::Waiting => &mut self.unchecked,
        };
        *count = count.saturating_add(1);
    }
}

/// A result that waits for an answer to a demand.
struct Waited {
    record: Record,
    waiting: Waiting,
}

struct Watcher {
    config: WatchConfig,
    queue: Queue,
    /// What stands, as read last.
    records: HashMap<CommitmentId, Record>,
    /// What is remembered of these results.
    memories: HashMap<CommitmentId, Arc<Mutex<Memory>>>,
    /// Those that wait for an answer, as reported last.
    waited: HashMap<CommitmentId, Waited>,
    needed: Needed,
    checks: JoinSet<(Report, Option<Waiting>)>,
    /// Which result each check is about.
    tasks: HashMap<tokio::task::Id, CommitmentId>,
    clock: Tick,
    tally: Tally,
    /// Why nothing is begun: the node should not be relied on.
    not_current: Option<NotCurrent>,
    /// The demands of this account were read.
    has_recalled: bool,
}

/// Watches until `stop` is cancelled, or once. Returns what was found; `None` if it was to look once and was stopped
/// before it had seen everything.
pub async fn run(config: WatchConfig, stop: CancellationToken) -> Result<Option<Tally>, WatchError> {
    let heads = config.chain.best_blocks();
    let mut heads = pin!(heads);
    let once = config.once;
    let mut link = NodeLink::new(config.metrics.clone());
    let (_, quota) = config.store.usage();
    let mut watcher = Watcher {
        queue: Queue::new(config.checks, quota),
        config,
        records: HashMap::new(),
        memories: HashMap::new(),
        waited: HashMap::new(),
        needed: Needed::default(),
        checks: JoinSet::new(),
        tasks: HashMap::new(),
        clock: 0,
        tally: Tally::default(),
        not_current: None,
        has_recalled: false,
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
                Ok((task, (report, waiting))) => watcher.conclude(task, Some(report), waiting),
                Err(error) => {
                    tracing::error!(%error, "this program has failed at a check");
                    watcher.conclude(error.id(), None, None);
                }
            },
        }
        if let Some(not_current) = watcher.not_current.clone().filter(|_| once) {
            return Err(not_current.into());
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
        let not_current = self.config.chain.not_current().await?;
        self.tell_current(not_current);
        let at = self.config.chain.at_best().await?;
        let (clock, all) = tokio::try_join!(at.clock(), all_pages(|after| at.challengeable(after)))?;
        let own = *self.config.signer.account();
        let others = all.into_iter().filter(|record| record.result.provider != own);
        self.records = others.map(|record| (record.result.commitment, Arc::new(record))).collect();
        self.clock = clock;
        self.queue.stand(at.head().number, self.records.values().map(standing).collect());
        self.end_those_gone(&at).await?;
        if !self.has_recalled {
            let results: Vec<CommitmentId> = self.records.keys().copied().collect();
            self.config.examiner.recall(&at, &results).await?;
            self.has_recalled = true;
        }
        Ok(())
    }

    /// Says when the node begins or ends to be one that should not be relied on.
    fn tell_current(&mut self, not_current: Option<NotCurrent>) {
        match (&self.not_current, &not_current) {
            (None, Some(reason)) => tracing::warn!(%reason, "nothing is checked, demanded or refuted for now"),
            (Some(_), None) => tracing::info!("the node is up to date again"),
            _ => {}
        }
        self.not_current = not_current;
    }

    /// Forgets results that do not stand any longer, and reports how those have ended that were waited for.
    async fn end_those_gone(&mut self, at: &At) -> Result<(), ChainError> {
        let gone: Vec<CommitmentId> =
            self.waited.keys().filter(|result| !self.records.contains_key(*result)).copied().collect();
        for result in gone {
            let Some(waited) = self.waited.get(&result) else { continue };
            let verdict = ended(at, waited, self.clock).await?;
            let Some(waited) = self.waited.remove(&result) else { continue };
            if let Some(verdict) = verdict {
                if verdict == Verdict::Unanswered {
                    self.config.examiner.unanswered(&waited.waiting);
                }
                self.tell(&Report::of_end(&waited.record, &waited.waiting, verdict));
            }
        }
        let records = &self.records;
        self.config.examiner.forget_except(|result| records.contains_key(result));
        let (needed, store) = (&self.needed, &self.config.store);
        let running: Vec<&CommitmentId> = self.tasks.values().collect();
        self.memories.retain(|result, _| {
            let stays = records.contains_key(result);
            // One that is looked at ends by itself.
            if !stays && !running.contains(&result) {
                needed.end(*result, [], store);
            }
            stays
        });
        Ok(())
    }

    /// Begins as many checks as may run.
    fn begin(&mut self) {
        if self.not_current.is_some() {
            return;
        }
        for id in self.queue.take_due() {
            let Some(record) = self.records.get(&id).cloned() else { continue };
            // Past the last tick that is known, a refutation may be on its way.
            let left = TICK.saturating_mul(Times::of(&record).left(self.clock).max(1));
            let limit = self.config.limit.min(left);
            let (examiner, needed) = (self.config.examiner.clone(), self.needed.clone());
            let memory = self.memories.entry(id).or_default().clone();
            let task = self.checks.spawn(async move {
                let mut memory = memory.lock().await;
                let report = examiner.examine(&record, &mut memory, &needed, limit).await;
                (report, memory.awaited.map(|awaited| awaited.waiting))
            });
            self.tasks.insert(task.id(), id);
        }
    }

    /// A look at a result has ended. There is no report if the task itself failed.
    fn conclude(&mut self, task: tokio::task::Id, report: Option<Report>, waiting: Option<Waiting>) {
        let Some(id) = self.tasks.remove(&task) else { return };
        let verdict = report.as_ref().map_or(Verdict::Unchecked, |report| report.verdict);
        let memory = self.memories.get(&id).cloned().unwrap_or_default();
        // The task that had it has ended.
        let memory = memory.try_lock();
        let is_pursued = memory.as_ref().is_ok_and(|memory| memory.is_pursued);
        let keep = self.queue.finished(id, outcome(verdict, is_pursued));
        if let Some((mut memory, true)) = memory.ok().map(|memory| (memory, keep != Keep::Everything)) {
            memory.drop_outputs();
        }
        let record = self.records.get(&id);
        let inputs = record.iter().filter(|_| keep != Keep::Nothing).flat_map(|record| &record.job.spec.inputs);
        self.needed.end(id, inputs.map(|input| input.buffer.root), &self.config.store);

        let before = match (waiting, record) {
            (Some(waiting), Some(record)) if verdict == Verdict::Waiting => {
                self.waited.insert(id, Waited { record: record.clone(), waiting })
            }
            // A look that failed changes nothing about the demand.
            _ if waiting.is_some() => None,
            _ => {
                self.waited.remove(&id);
                None
            }
        };
        // The chain is looked at at each block. What it shows is said once.
        let is_known = before.is_some_and(|before| Some(before.waiting.subject) == waiting.map(|it| it.subject));
        match report {
            Some(report) if !is_known => self.tell(&report),
            Some(_) => {}
            None => self.tally.add(verdict),
        }
    }

    fn tell(&mut self, report: &Report) {
        self.tally.add(report.verdict);
        self.config.metrics.checked.with_label_values(&[report.verdict.name()]).inc();
        (self.config.report)(report);
    }
}

/// What the queue is told of a look at a result.
fn outcome(verdict: Verdict, is_pursued: bool) -> Checked {
    match (verdict, is_pursued) {
        (Verdict::Right, _) => Checked::Right,
        (Verdict::Waiting, _) => Checked::Waiting,
        (_, true) => Checked::Soon,
        (_, false) => Checked::Again,
    }
}

/// How a result has ended that was waited for and does not stand any longer; none if it was not refuted.
async fn ended(at: &At, waited: &Waited, clock: Tick) -> Result<Option<Verdict>, ChainError> {
    let (job, attempt) = (waited.record.job.id, waited.record.result.attempt);
    let view = at.job(job).await?;
    let is_refuted = view.is_some_and(|view| {
        view.history.iter().any(|before| before.attempt == attempt && before.end == AttemptEnd::Refuted)
    });
    Ok(is_refuted.then_some(match clock > waited.waiting.deadline {
        true => Verdict::Unanswered,
        false => Verdict::Refuted,
    }))
}

fn standing(record: &Record) -> Standing {
    let spaces = |lens: &mut dyn Iterator<Item = u32>| lens.map(space).fold(0, u64::saturating_add);
    let inputs = spaces(&mut record.job.spec.inputs.iter().map(|input| input.buffer.len));
    let outputs = spaces(&mut record.job.output_bytes.iter().copied());
    Standing {
        commitment: record.result.commitment,
        window_end: Times::of(record).last,
        inputs,
        bytes: inputs.saturating_add(outputs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_demanded_is_looked_at_soon_and_what_is_right_never_again() {
        assert_eq!(outcome(Verdict::Right, true), Checked::Right);
        assert_eq!(outcome(Verdict::Waiting, true), Checked::Waiting);
        for verdict in [Verdict::Wrong, Verdict::Unchecked, Verdict::Withheld] {
            assert_eq!(outcome(verdict, true), Checked::Soon);
            assert_eq!(outcome(verdict, false), Checked::Again);
        }
    }

    #[test]
    fn what_waits_or_is_withheld_counts_as_unchecked_and_what_nobody_has_answered_as_wrong() {
        let mut tally = Tally::default();
        for verdict in [Verdict::Right, Verdict::Waiting, Verdict::Withheld, Verdict::Unanswered] {
            tally.add(verdict);
        }
        assert_eq!(tally, Tally { right: 1, wrong: 1, unchecked: 2 });
    }
}
