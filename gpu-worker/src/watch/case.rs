use std::{path::PathBuf, sync::Arc};

use touchstone_client::AccountId;
use touchstone_primitives::{
    views::{Challengeable, Stage},
    Tick,
};

use crate::loaded_job::LoadedJob;

/// A result that can be challenged, with its job, as read at one block.
pub(super) type Record = Arc<Challengeable<AccountId>>;

/// A result with all that is needed to execute its job.
pub(super) struct Case {
    pub(super) record: Record,
    pub(super) loaded: LoadedJob,
    /// Files of the inputs.
    pub(super) inputs: Vec<PathBuf>,
}

impl Case {
    /// The outputs of earlier steps that a step reads.
    pub(super) fn outputs_read(&self, step: usize) -> impl Iterator<Item = usize> + '_ {
        let inputs = self.loaded.inputs;
        let reads = self.loaded.steps.get(step).map(|step| step.reads.as_slice()).unwrap_or_default();
        reads.iter().filter_map(move |&read| usize::from(read).checked_sub(inputs))
    }
}

/// The ticks that decide what can still be done about a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    /// When it was committed.
    pub(super) committed_at: Tick,
    /// Length of its dispute window.
    pub(super) window: Tick,
    /// Last tick for a challenge, as far as is known: demands put it off.
    pub(super) last: Tick,
}

impl Times {
    pub(super) fn of(record: &Record) -> Self {
        let job = &record.job;
        let window = job.terms.window(job.spec.deadline, job.totals.input_bytes);
        match job.stage {
            Stage::Committed { committed_at, window_end, .. } => Self { committed_at, window, last: window_end },
            // It is committed, or it could not be challenged.
            _ => Self { committed_at: 0, window, last: Tick::MAX },
        }
    }

    /// Whether the dispute window itself is over: then only what recent answers show can be demanded.
    pub(super) fn is_window_over(&self, clock: Tick) -> bool {
        self.committed_at.saturating_add(self.window) < clock
    }

    /// Ticks that are left for a challenge.
    pub(super) fn left(&self, clock: Tick) -> Tick {
        self.last.saturating_sub(clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demands_put_off_the_last_tick_and_not_the_end_of_the_window() {
        let times = Times { committed_at: 5, window: 10, last: 40 };
        assert!(!times.is_window_over(15) && times.is_window_over(16));
        assert_eq!((times.left(16), times.left(41)), (24, 0));
    }
}
