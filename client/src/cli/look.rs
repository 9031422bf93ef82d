//! What the chain shows of a result and of the demands for its data.

use serde_json::{json, Value};
use touchstone_client::{
    chain::{At, Chain, ChainError, Head},
    demanding::{Answers, Goal},
    DemandView,
};
use touchstone_primitives::{views::MAX_DEMANDS, AttemptEnd, Balance, Subject, Tick, Trace};

use super::data::Committed;

/// What the chain shows at one block.
pub(super) struct Look {
    pub(super) clock: Tick,
    /// What the next demand holds; none if the result cannot be challenged any more.
    pub(super) bond: Option<Balance>,
    pub(super) demands: Vec<DemandView>,
}

impl Look {
    /// Looks at a result, and reads the answers that are needed for a goal. `served` is the trace, if it is known as a
    /// whole.
    pub(super) async fn at(
        chain: &Chain,
        head: Head,
        committed: &Committed,
        goal: &Goal,
        served: Option<&Trace>,
        answers: &mut Answers,
    ) -> Result<Self, ChainError> {
        let at = chain.at(head);
        let (job, commitment) = (committed.job.id, committed.result.commitment);
        let (clock, bond, demands) =
            tokio::try_join!(at.clock(), at.demand_bond(job, commitment), at.demands(commitment, MAX_DEMANDS))?;
        let trace = committed.result.trace;
        let is_enough = |answers: &Answers| !goal.lacks(trace, served, answers, &demands);
        answers.read(chain, head, &demands, is_enough).await?;
        Ok(Self { clock, bond, demands })
    }

    /// The demand for a node, if somebody has made it.
    pub(super) fn demand(&self, subject: &Subject) -> Option<&DemandView> {
        self.demands.iter().find(|demand| demand.subject() == *subject)
    }
}

/// That a result which cannot be challenged any more was refuted; an error if it was not.
pub(super) async fn refutation(at: &At, committed: &Committed) -> anyhow::Result<String> {
    let (job, result) = (committed.job.id, &committed.result);
    let view = at.job(job).await?;
    let was_refuted = view.is_some_and(|view| {
        view.history.iter().any(|attempt| attempt.attempt == result.attempt && attempt.end == AttemptEnd::Refuted)
    });
    anyhow::ensure!(
        was_refuted,
        "the result of the job {job} cannot be challenged any more: it stands, or its record was removed; \
        `touchstone job` shows which"
    );
    Ok(format!("the result is refuted: {} loses its collateral", result.provider))
}

/// Whether the next block may tell more: the node is away, or the state is gone.
pub(super) fn is_passing(error: &ChainError) -> bool {
    error.is_transient() || matches!(error, ChainError::Refused { .. })
}

/// A node for programs.
pub(super) fn json_of(subject: &Subject) -> Value {
    json!({ "step": subject.instance, "level": subject.node.level, "position": subject.node.position })
}
