//! One look at a result: a check, then demands for what its provider does not serve, then a refutation if it is wrong.

use std::{sync::Arc, time::Duration};

use touchstone_client::{
    chain::{At, Chain, ChainError},
    signer::Signer,
    sources::Sources,
};
use touchstone_primitives::{CommitmentId, Trace};

use super::{
    budget::{Budget, DemandLimits},
    case::Record,
    check::Checker,
    conclusion::{Conclusion, Refutation, Waiting},
    demander::{Demander, Pursuit},
    error::CheckError,
    execution::{Executions, Thoroughness},
    memory::Memory,
    needed::Needed,
    provider::Provider,
    report::{Report, Wrong},
};
use crate::{inputs::Inputs, metrics::Metrics};

/// Times that a look begins anew because something that it needs became known. The trace is the only such thing.
const ROUNDS: u32 = 2;

/// How results are examined.
pub struct ExaminerConfig {
    /// What is executed again.
    pub thoroughness: Thoroughness,
    /// Bytes of the buffers of one check that are in memory.
    pub memory: usize,
    /// Where inputs and traces come from that providers may withhold.
    pub sources: Sources,
    /// What demands may cost.
    pub demands: DemandLimits,
    /// Each result is looked at once.
    pub once: bool,
}

/// Examines results.
pub struct Examiner {
    chain: Chain,
    signer: Signer,
    checker: Checker,
    demander: Demander,
}

impl Examiner {
    /// Inputs are kept in the store of `inputs`; `signer` refutes and demands.
    pub(crate) fn new(inputs: Inputs, signer: Signer, metrics: Arc<Metrics>, config: ExaminerConfig) -> Self {
        let ExaminerConfig { thoroughness, memory, sources, demands, once } = config;
        let executions = Arc::new(Executions { store: inputs.store.clone(), thoroughness, memory });
        let chain = inputs.chain.clone();
        let inputs = Arc::new(inputs);
        let demander = Demander {
            chain: chain.clone(),
            signer: signer.clone(),
            inputs: inputs.clone(),
            executions: executions.clone(),
            limits: demands,
            budget: Budget::default(),
            metrics,
            once,
        };
        Self { chain, signer, checker: Checker::new(inputs, executions, sources), demander }
    }

    /// Reads which demands for data of these results this account has made.
    pub(super) async fn recall(&self, at: &At, results: &[CommitmentId]) -> Result<(), ChainError> {
        self.demander.recall(at, results).await
    }

    /// Other results do not stand any longer.
    pub(super) fn forget_except(&self, stands: impl Fn(&CommitmentId) -> bool) {
        self.demander.forget_except(stands);
    }

    /// A result that was waited for was refuted: nobody has answered by the deadline.
    pub(super) fn unanswered(&self, waiting: &Waiting) {
        self.demander.unanswered(waiting);
    }

    /// Looks at one result within a limit of time, and refutes it if it is wrong.
    pub(super) async fn examine(
        &self,
        record: &Record,
        memory: &mut Memory,
        needed: &Needed,
        limit: Duration,
    ) -> Report {
        let found = match tokio::time::timeout(limit, self.find(record, memory, needed, limit)).await {
            Ok(found) => found,
            Err(_) => Err(CheckError::TooSlow(limit)),
        };
        let mut report = Report::of_check(record, &found);
        match found {
            Ok(Conclusion::Right | Conclusion::Waiting(_)) => {}
            Ok(Conclusion::Wrong(refutation)) => report.transaction = Some(self.refute(record, *refutation).await),
            Err(error) => {
                let (job, provider) = (&record.job.id, &record.result.provider);
                tracing::warn!(%job, %provider, %error, "this result could not be checked");
            }
        }
        report
    }

    async fn find(
        &self,
        record: &Record,
        memory: &mut Memory,
        needed: &Needed,
        limit: Duration,
    ) -> Result<Conclusion, CheckError> {
        if let Some(waiting) = self.demander.still_waits(record, memory).await? {
            return Ok(Conclusion::Waiting(waiting));
        }
        let commitment = record.result.commitment;
        tracing::info!(job = %record.job.id, provider = %record.result.provider, ?limit, "checking");
        needed.add(commitment, record.job.spec.inputs.iter().map(|input| input.buffer.root));
        let read = |trace: &Trace| needed.add(commitment, trace.roots().iter().copied());
        // For trace and outputs: the rest is for executing, and for demands. Who was asked on the chain has had its
        // time.
        let fetching = limit / if memory.is_pursued { 8 } else { 2 };
        for round in 0..ROUNDS {
            let provider = Provider::new(self.checker.inputs.puller.http(), &record.job, fetching);
            let why = match self.checker.check(record, memory, &provider, &read).await {
                Err(error) if error.is_withheld() => error,
                other => return other,
            };
            if round == 0 {
                memory.failures = memory.failures.saturating_add(1);
            }
            let case = match self.checker.case(record, &provider).await {
                Ok(case) => case,
                // That the provider does not serve its result is what the caller has to know.
                Err(error) => {
                    tracing::warn!(job = %record.job.id, %error, "the result cannot be executed again, so nothing of \
                        it is demanded");
                    return Err(why);
                }
            };
            match self.demander.pursue(&case, memory, why).await? {
                Pursuit::Concluded(conclusion) => return Ok(conclusion),
                Pursuit::TraceShown => {}
            }
        }
        Err(CheckError::Internal("a trace that was shown is not known".into()))
    }

    async fn refute(&self, record: &Record, refutation: Refutation) -> Result<u64, String> {
        let job = &record.job.id;
        match self.chain.not_current().await {
            Ok(None) => {}
            Ok(Some(not_current)) => {
                tracing::warn!(%job, wrong = %Wrong::from(&refutation), %not_current, "wrong, and not refuted now");
                return Err(not_current.to_string());
            }
            // The transaction is sent as soon as the node is back.
            Err(error) => tracing::warn!(%job, %error, "it is not known whether the node is up to date"),
        }
        tracing::warn!(%job, wrong = %Wrong::from(&refutation), "wrong: refuting");
        match self.chain.submit(&self.signer, refutation.call(&record.job, &record.result)).await {
            Ok(block) => {
                tracing::warn!(%job, block = block.block.number, "refuted");
                Ok(block.block.number)
            }
            Err(error) => {
                tracing::error!(%job, %error, "the refutation failed");
                Err(error.to_string())
            }
        }
    }
}
