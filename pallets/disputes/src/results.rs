//! The committed results, for the other pallets and for readers.

use alloc::vec::Vec;

use touchstone_primitives::{views::ResultView, Clock, JobId, Jobs};

use crate::{Config, Pallet, Results, Standing};

impl<T: Config> touchstone_primitives::Results<T::AccountId> for Pallet<T> {
    fn settled(job: &JobId) {
        Standing::<T>::remove(job);
    }

    fn forget(job: &JobId) {
        Standing::<T>::remove(job);
        Results::<T>::remove(job);
    }

    fn view(job: &JobId) -> Option<ResultView<T::AccountId>> {
        let result = Results::<T>::get(job)?;
        Some(ResultView {
            attempt: result.attempt,
            commitment: result.id,
            provider: result.provider,
            roots: result.roots.into(),
        })
    }
}

impl<T: Config> Pallet<T> {
    pub(crate) fn read_challengeable(after: Option<JobId>, limit: usize) -> Vec<JobId> {
        let now = Self::now();
        let jobs = match after {
            Some(job) => Standing::<T>::iter_keys_from(Standing::<T>::hashed_key_for(job)),
            None => Standing::<T>::iter_keys(),
        };
        jobs.filter(|job| T::Jobs::window_end(job).is_some_and(|end| now <= end)).take(limit).collect()
    }
}

#[cfg(any(feature = "try-runtime", feature = "std"))]
impl<T: Config> Pallet<T> {
    /// Checks that every result is what its id says, and that the clock keeps nothing from block to block.
    pub fn do_try_state() -> Result<(), sp_runtime::TryRuntimeError> {
        use frame_support::ensure;
        use touchstone_primitives::CommitmentId;

        for (job, result) in Results::<T>::iter() {
            let id = CommitmentId::new(&job, result.attempt, &result.provider, &result.roots);
            ensure!(id == result.id, "a result is not what its id says");
            ensure!(T::Jobs::assignment(&job).is_none(), "a job has a result and waits for one");
            ensure!(T::Jobs::step(&job, 0).is_some(), "a result of nothing");
            let stands = T::Jobs::window_end(&job).is_some();
            ensure!(Standing::<T>::contains_key(job) == stands, "a result stands and is not listed, or the reverse");
        }
        ensure!(Standing::<T>::iter_keys().all(Results::<T>::contains_key), "a result that is not there stands");
        ensure!(!crate::RoomLeft::<T>::exists(), "the clock has not finished its block");
        Ok(())
    }
}
