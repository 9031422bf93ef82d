use touchstone_primitives::{views::Stage, Tick};

use crate::types::JobView;

/// The last tick of the dispute window of a job with a result that can be challenged: past it, nothing is demanded but
/// what recent answers lead to. Demands put off the settlement, and not this tick.
pub fn window_end(job: &JobView) -> Option<Tick> {
    let Stage::Committed { committed_at, .. } = job.stage else { return None };
    Some(committed_at.saturating_add(job.terms.window(job.spec.deadline, job.totals.input_bytes)))
}
