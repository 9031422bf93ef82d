//! What people and programs read of demands.

use alloc::vec::Vec;

use touchstone_primitives::{
    views::{DemandView, MAX_DEMANDS},
    Balance, ChallengedResult, CommitmentId, JobId, Jobs,
};

use crate::{bond_of, Config, Demand, Demands, Pallet, Stage, Subject};

impl<T: Config> Pallet<T> {
    /// Those that wait for an answer come first: whatever else was demanded, a provider sees what it has to answer, and
    /// when it has answered these, the others. It goes through all demands of the commitment, for reads outside of
    /// blocks only.
    pub(crate) fn read_demands(commitment: &CommitmentId, limit: u32) -> Vec<DemandView<T::AccountId>> {
        let of_kind =
            |waits: bool| Demands::<T>::iter_prefix(commitment).filter(move |(_, demand)| demand.is_open() == waits);
        of_kind(true)
            .chain(of_kind(false))
            .take(limit.min(MAX_DEMANDS) as usize)
            .map(|(subject, demand)| Self::demand_view(subject, demand))
            .collect()
    }

    pub(crate) fn read_bond(job: &JobId, commitment: &CommitmentId) -> Option<Balance> {
        let result = T::Jobs::challenged(job, commitment).ok()?;
        Some(bond_of(result.terms(), result.open_demands()))
    }

    fn demand_view(Subject { instance, node }: Subject, demand: Demand<T::AccountId>) -> DemandView<T::AccountId> {
        let (deadline, answered) = match demand.stage {
            Stage::Asked { deadline, .. } => (deadline, false),
            Stage::Answered { until } => (until, true),
        };
        DemandView { job: demand.job, instance, node, len: demand.len, demander: demand.demander, deadline, answered }
    }
}
