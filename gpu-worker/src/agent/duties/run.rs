use std::{
    collections::BTreeMap,
    future::Future,
    pin::pin,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use futures::StreamExt;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use touchstone_client::{
    chain::{Call, Chain, ChainError, InBlock, TxError},
    signer::Signer,
    JobView,
};
use touchstone_primitives::{CommitmentId, JobId, Subject, Tick};

use super::{
    answer::Answerer,
    commit::Committer,
    demands::{AnswerResult, Answers, DueAnswer},
    snapshot::{CommittedRoots, Observed},
    Action, Assignment, Obstacle, Plan, Start, TICK,
};
use crate::{
    agent::{Computed, Due, Report, Worker},
    blobs::{BlobStore, Expected, Identity},
    metrics::Metrics,
    node_link::NodeLink,
};

/// Blobs that no job needs any longer stay this long: the block that freed them may be retracted.
const GRACE: Duration = Duration::from_secs(60);

/// How long inputs may still take when the next block is the last in which a provider can pass: less than half a block.
const LAST_CALL: Duration = Duration::from_millis(1200);

/// Longest wait for transactions that are on their way when the daemon stops.
const LAST_WAIT: Duration = Duration::from_secs(15);

/// What the agent works with.
pub struct AgentConfig {
    /// The chain.
    pub chain: Chain,
    /// The provider's key.
    pub signer: Signer,
    /// Does the work.
    pub worker: Arc<Worker>,
    /// Holds the blobs.
    pub store: Arc<BlobStore>,
    /// All outputs of a job go to the chain with the commitment if they have no more bytes together than this.
    pub carry_outputs: u32,
    /// Where the server learns which inputs can be put.
    pub expected: watch::Sender<Arc<Expected>>,
    /// What the server shows of this provider.
    pub identity: Arc<RwLock<Identity>>,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// What the tasks report.
enum Event {
    Gathered(Assignment),
    /// An input is missing again, or has to arrive yet after there was no space.
    Awaited(Assignment),
    /// The store has no space for it.
    NoSpace(Assignment),
    /// It will be done then.
    Foretold(Assignment, Instant),
    Worked(Assignment, Result<Computed, Obstacle>),
    Committed(Assignment),
    Passed(Assignment),
    /// An answer to a demand has come to its end.
    Answered((CommitmentId, Subject), AnswerResult),
    LookAgain,
}

struct Daemon {
    config: AgentConfig,
    plan: Plan,
    answers: Answers,
    events: mpsc::UnboundedSender<Event>,
    working: BTreeMap<Assignment, JoinHandle<()>>,
    committed: CommittedRoots,
    /// The clock of the last look, for what is foretold.
    clock: Tick,
}

/// Follows the chain until `stop` is cancelled, or until an error that waiting cannot fix.
///
/// When it stops, it waits for transactions that were sent. It drops work, which the next process starts again.
pub async fn run(config: AgentConfig, stop: CancellationToken) -> Result<(), ChainError> {
    let heads = config.chain.best_blocks();
    let mut heads = pin!(heads);
    let (events, mut happened) = mpsc::unbounded_channel();
    let mut link = NodeLink::new(config.metrics.clone());
    let mut daemon = Daemon {
        config,
        plan: Plan::default(),
        answers: Answers::default(),
        events,
        working: BTreeMap::new(),
        committed: CommittedRoots::default(),
        clock: 0,
    };
    let mut sent = 0usize;
    loop {
        let mut actions = Vec::new();
        tokio::select! {
            () = stop.cancelled() => break,
            head = heads.next() => match head {
                Some(Ok(head)) => {
                    match daemon.look().await {
                        Ok(more) => {
                            link.seen(head.number);
                            actions = more;
                        }
                        Err(error) => link.lost(error)?,
                    }
                }
                Some(Err(error)) => link.lost(error)?,
                None => break,
            },
            Some(event) = happened.recv() => {
                if matches!(event, Event::Committed(_) | Event::Passed(_)) {
                    sent = sent.saturating_sub(1);
                }
                let look = daemon.hear(event);
                if look {
                    // A result is committed at once, not with the next block. If the chain cannot be read now, the
                    // next block asks again.
                    actions = daemon.look().await.unwrap_or_default();
                }
            }
        }
        sent += actions.iter().filter(|action| matches!(action, Action::Commit(..) | Action::Pass(..))).count();
        for action in actions {
            daemon.act(action).await;
        }
    }

    for (_, task) in std::mem::take(&mut daemon.working) {
        task.abort();
    }
    let mut left = sent.saturating_add(daemon.answers.under_way());
    let settled = async {
        while left > 0 {
            match happened.recv().await {
                Some(Event::Committed(_) | Event::Passed(_) | Event::Answered(..)) => left -= 1,
                Some(_) => {}
                None => break,
            }
        }
    };
    if tokio::time::timeout(LAST_WAIT, settled).await.is_err() {
        tracing::warn!("a transaction is still on its way; the next start looks at the chain and goes on from there");
    }
    Ok(())
}

impl Daemon {
    /// Reads the chain and decides; keeps what depends on the chain alone up to date.
    async fn look(&mut self) -> Result<Vec<Action>, ChainError> {
        let at = self.config.chain.at_best().await?;
        let account = self.config.signer.account();
        let observed = Observed::read(&at, account, &mut self.committed, &self.config.store).await?;
        self.clock = observed.snapshot.clock;
        // Before anything else: a demand without an answer costs the collateral.
        self.config.metrics.demands.set(observed.asked.len().try_into().unwrap_or(i64::MAX));
        let due = self.answers.reconcile(self.clock, observed.asked.clone());
        self.answer(due);
        self.config.worker.registered(&observed.devices);

        let expected = observed.expected();
        self.config.expected.send_if_modified(|current| {
            let changed = **current != expected;
            if changed {
                *current = Arc::new(expected);
            }
            changed
        });
        if let Ok(mut identity) = self.config.identity.write() {
            identity.jobs = observed.jobs.keys().map(ToString::to_string).collect();
        }
        self.config.metrics.duties.set(observed.jobs.len().try_into().unwrap_or(i64::MAX));

        let actions = self.plan.reconcile(&observed.snapshot);
        let mut needed = observed.needed();
        needed.extend(self.plan.blobs());
        let dropped = self.config.store.retain(|root| needed.contains(root), GRACE);
        // The space of a job is kept while it is worked on, also when its block is retracted.
        let is_open = |job: &JobId| self.working.keys().any(|assignment| assignment.job == *job);
        self.config.store.release_except(|job| is_open(job) || observed.snapshot.is_pending(job));
        if dropped > 0 {
            tracing::info!(dropped, "blobs that no job needs were dropped");
        }
        for action in &actions {
            if let Action::Start(start) = action {
                if let Some(job) = observed.jobs.get(&start.assignment.job) {
                    self.start(*start, job.clone(), observed.snapshot.deadline(&start.assignment));
                }
            }
        }
        Ok(actions)
    }

    /// Tells the plan. Returns whether to read the chain now.
    fn hear(&mut self, event: Event) -> bool {
        match event {
            Event::Gathered(assignment) => {
                self.plan.gathered(assignment);
                false
            }
            Event::Awaited(assignment) => {
                self.plan.awaited(assignment);
                // The next block may be the last one in which it can pass.
                true
            }
            Event::NoSpace(assignment) => {
                self.plan.no_space(assignment);
                true
            }
            Event::Foretold(assignment, finish) => {
                let left = finish.saturating_duration_since(Instant::now());
                let ticks = left.as_millis().div_ceil(TICK.as_millis()).try_into().unwrap_or(Tick::MAX);
                self.plan.foretold(assignment, self.clock.saturating_add(ticks));
                false
            }
            Event::Worked(assignment, outcome) => {
                self.working.remove(&assignment);
                self.plan.worked(assignment, outcome);
                true
            }
            Event::Committed(assignment) => {
                self.plan.committed(assignment);
                false
            }
            Event::Passed(assignment) => {
                self.plan.passed(assignment);
                false
            }
            Event::Answered(key, result) => {
                self.answers.answered(key, result);
                let due = self.answers.due();
                self.answer(due);
                false
            }
            Event::LookAgain => true,
        }
    }

    async fn act(&mut self, action: Action) {
        match action {
            // Started where the job's record is at hand.
            Action::Start(_) => {}
            Action::LookAgain => {
                let events = self.events.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(LAST_CALL).await;
                    drop(events.send(Event::LookAgain));
                });
            }
            Action::Abort(assignment) => {
                tracing::warn!(job = %assignment.job, attempt = assignment.attempt, "work is given up");
                self.count("aborted");
                if let Some(task) = self.working.remove(&assignment) {
                    task.abort();
                }
            }
            Action::Commit(assignment, trace) => {
                let AgentConfig { chain, signer, store, carry_outputs, .. } = &self.config;
                let committer = Committer {
                    chain: chain.clone(),
                    signer: signer.clone(),
                    store: store.clone(),
                    most: *carry_outputs,
                };
                let sent = async move { committer.commit(assignment, trace).await };
                self.send(assignment, sent, "committed", Event::Committed);
            }
            Action::Pass(assignment, Obstacle { reason, text }) => {
                tracing::warn!(job = %assignment.job, ?reason, text, "passing");
                let call = Call::Pass { job: assignment.job, attempt: assignment.attempt, reason };
                let (chain, signer) = (self.config.chain.clone(), self.config.signer.clone());
                let sent = async move { chain.submit(&signer, call).await };
                self.send(assignment, sent, "passed", Event::Passed);
            }
        }
    }

    /// Gives answers to demands, side by side.
    fn answer(&self, due: Vec<DueAnswer>) {
        let AgentConfig { chain, signer, store, metrics, .. } = &self.config;
        for due in due {
            let answerer = Answerer {
                chain: chain.clone(),
                signer: signer.clone(),
                store: store.clone(),
                metrics: metrics.clone(),
            };
            let events = self.events.clone();
            tokio::spawn(async move {
                let result = answerer.answer(due).await;
                drop(events.send(Event::Answered(due.asked.key(), result)));
            });
        }
    }

    fn start(&mut self, start: Start, job: JobView, deadline: Instant) {
        let Start { assignment, device, may_pass } = start;
        tracing::info!(job = %job.id, attempt = job.attempt, device, "assigned");
        let worker = self.config.worker.clone();
        let events = self.events.clone();
        let task = tokio::spawn(async move {
            // Nobody listens only when the daemon is stopping.
            let report = Report {
                gathered: &|| drop(events.send(Event::Gathered(assignment))),
                awaited: &|| drop(events.send(Event::Awaited(assignment))),
                no_space: &|| drop(events.send(Event::NoSpace(assignment))),
                foretold: &|finish| drop(events.send(Event::Foretold(assignment, finish))),
            };
            let outcome = worker.work(&job, device, Due { at: deadline, may_pass }, report).await;
            if let Err(error) = &outcome {
                tracing::error!(job = %job.id, device, %error, "this job cannot be done here");
            }
            let outcome = outcome.map_err(|error| Obstacle { reason: error.reason(), text: error.to_string() });
            drop(events.send(Event::Worked(assignment, outcome)));
        });
        self.working.insert(assignment, task);
    }

    /// Sends a transaction, and tells the plan when that is done.
    fn send(
        &self,
        assignment: Assignment,
        sent: impl Future<Output = Result<InBlock, TxError>> + Send + 'static,
        what: &'static str,
        event: fn(Assignment) -> Event,
    ) {
        let events = self.events.clone();
        let metrics = self.config.metrics.clone();
        tokio::spawn(async move {
            match sent.await {
                Ok(block) => {
                    metrics.jobs.with_label_values(&[what]).inc();
                    tracing::info!(job = %assignment.job, block = block.block.number, what, "done");
                }
                Err(error) => {
                    metrics.jobs.with_label_values(&["failed"]).inc();
                    tracing::error!(job = %assignment.job, %error, what, "the transaction failed");
                }
            }
            drop(events.send(event(assignment)));
        });
    }

    fn count(&self, outcome: &str) {
        self.config.metrics.jobs.with_label_values(&[outcome]).inc();
    }
}
