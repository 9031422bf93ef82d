//! What the judge may ask of jobs and do to them.

use alloc::vec::Vec;

use frame_support::pallet_prelude::*;
use touchstone_primitives::{Assignment, Clock, CommitmentId, JobId, Providers, Read, StepContext, Tick};

use crate::{store::Entry, Config, Error, Event, Jobs, Pallet, Stage};

impl<T: Config> touchstone_primitives::Jobs<T::AccountId> for Pallet<T> {
    fn assignment(id: &JobId) -> Option<Assignment<T::AccountId>> {
        let job = Jobs::<T>::get(id)?;
        match job.stage {
            Stage::Assigned(assigned) => Some(Assignment {
                attempt: job.attempt,
                provider: assigned.deal.provider,
                commit_by: assigned.commit_by,
                steps: job.spec.steps.len() as u32,
            }),
            _ => None,
        }
    }

    fn step(id: &JobId, step: u8) -> Option<StepContext> {
        let job = Jobs::<T>::get(id)?;
        let facts = job.appraisal.steps.get(usize::from(step))?;
        let inputs = job.spec.inputs.len();
        let read = |index: &u8| {
            let index = usize::from(*index);
            match job.spec.inputs.get(index) {
                Some(input) => Some(Read::Input(input.buffer)),
                None => {
                    let step = index.checked_sub(inputs)?;
                    let len = job.appraisal.steps.get(step)?.output_bytes;
                    Some(Read::Output { step: u8::try_from(step).ok()?, len })
                }
            }
        };
        let spec = job.spec.steps.get(usize::from(step))?;
        Some(StepContext {
            kernel: spec.kernel,
            params: spec.params.to_vec(),
            reads: spec.reads.iter().map(read).collect::<Option<Vec<_>>>()?,
            invocations: spec.invocations,
            output_len: facts.output_bytes,
            fuel: facts.fuel,
            code_bytes: facts.code_bytes,
        })
    }

    fn committed(id: &JobId, commitment: CommitmentId) -> Result<Tick, DispatchError> {
        let mut entry = Entry::<T>::load(id)?;
        let Stage::Assigned(assigned) = entry.job.stage.clone() else { return Err(Error::<T>::NotAssigned.into()) };
        let now = T::Clock::now();
        ensure!(now <= assigned.commit_by, Error::<T>::TooLate);
        let committed = assigned.commit(commitment, now, entry.job.window());
        let window_end = committed.window_end;
        T::Providers::delivered(&committed.deal.provider, committed.deal.device)?;
        entry.job.stage = Stage::Committed(committed);
        entry.save();
        Ok(window_end)
    }

    fn window_end(id: &JobId) -> Option<Tick> {
        match Jobs::<T>::get(id)?.stage {
            Stage::Committed(committed) => Some(committed.window_end),
            _ => None,
        }
    }

    fn accepted(id: &JobId, who: &T::AccountId) -> DispatchResult {
        let mut entry = Entry::<T>::load(id)?;
        ensure!(entry.job.buyer == *who, Error::<T>::NotBuyer);
        let Stage::Committed(committed) = entry.job.stage.clone() else {
            return Err(Error::<T>::NotCommitted.into());
        };
        ensure!(!committed.accepted, Error::<T>::AlreadyAccepted);
        Self::pay(&entry, &committed.deal)?;
        entry.job.stage = Stage::Committed(committed.accept());
        entry.save();
        Ok(())
    }

    fn refuted(id: &JobId, refuter: &T::AccountId) -> DispatchResult {
        let entry = Entry::<T>::load(id)?;
        let Stage::Committed(committed) = entry.job.stage.clone() else {
            return Err(Error::<T>::NotCommitted.into());
        };
        ensure!(T::Clock::now() <= committed.window_end, Error::<T>::TooLate);
        Self::deposit_event(Event::ResultRejected {
            job: *id,
            attempt: entry.job.attempt,
            provider: committed.deal.provider.clone(),
        });
        Self::refute(entry, committed, refuter)
    }
}
