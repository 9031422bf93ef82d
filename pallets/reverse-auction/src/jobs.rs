//! What the judge asks of jobs, and what it does to them.

use alloc::vec::Vec;

use frame_support::pallet_prelude::*;
use sp_runtime::ArithmeticError;
use touchstone_primitives::{
    Buffer, ChallengedResult, Clock, CommitmentId, Fate, InstanceContext, JobId, NotChallengeable, Providers, Read,
    Terms, Tick,
};

use crate::{store::Entry, Closed, Committed, Config, Event, Jobs, OpenDemands, Pallet, Stage, WeightInfo};

/// A result that can be challenged with its job, as decoded from storage.
pub struct Challenged<T: Config> {
    entry: Entry<T>,
    committed: Committed<T::AccountId>,
}

impl<T: Config> touchstone_primitives::Jobs<T::AccountId> for Pallet<T> {
    type Challenged = Challenged<T>;

    fn retry_weight() -> Weight {
        T::WeightInfo::drop_outputs().saturating_add(T::Providers::match_weight())
    }

    fn challenged(id: &JobId, commitment: &CommitmentId) -> Result<Challenged<T>, NotChallengeable> {
        let (entry, stage) = Entry::<T>::load(id).map_err(|_| NotChallengeable::Unknown)?;
        let result = stage.result().ok_or(NotChallengeable::Unknown)?;
        ensure!(result.commitment == *commitment, NotChallengeable::Unknown);
        match stage {
            Stage::Committed(committed) if committed.is_challengeable(T::Clock::now()) => {
                Ok(Challenged { entry, committed })
            }
            _ => Err(NotChallengeable::WindowOver),
        }
    }

    fn fate(id: &JobId, commitment: &CommitmentId) -> Fate {
        match Jobs::<T>::get(id).map(|record| record.stage) {
            Some(Stage::Committed(committed)) if committed.result.commitment == *commitment => {
                Fate::Undecided { until: committed.last_tick() }
            }
            Some(Stage::Closed(Closed { result: Some(result), .. })) if result.commitment == *commitment => Fate::Stood,
            // A job leaves a committed result behind by a refutation alone.
            _ => Fate::Refuted,
        }
    }
}

impl<T: Config> ChallengedResult<T::AccountId> for Challenged<T> {
    fn attempt(&self) -> u32 {
        self.committed.result.attempt
    }

    fn provider(&self) -> &T::AccountId {
        &self.committed.result.provider
    }

    fn trace(&self) -> Buffer {
        self.committed.result.trace
    }

    fn instance(&self, instance: u32) -> Option<InstanceContext> {
        let job = &self.entry.job;
        // Each step has one instance.
        let step = usize::try_from(instance).ok()?;
        let facts = job.appraisal.steps.get(step)?;
        let inputs = job.spec.inputs.len();
        let read = |index: &u8| {
            let index = usize::from(*index);
            match job.spec.inputs.get(index) {
                Some(input) => Some(Read::Input(input.buffer)),
                None => {
                    let step = index.checked_sub(inputs)?;
                    let len = job.appraisal.steps.get(step)?.output_bytes;
                    Some(Read::Output { instance: u32::try_from(step).ok()?, len })
                }
            }
        };
        let spec = job.spec.steps.get(step)?;
        Some(InstanceContext {
            kernel: spec.kernel,
            params: spec.params.to_vec(),
            reads: spec.reads.iter().map(read).collect::<Option<Vec<_>>>()?,
            invocations: spec.invocations,
            output_len: facts.output_bytes,
            fuel: facts.fuel,
            code_bytes: facts.code_bytes,
        })
    }

    fn terms(&self) -> &Terms {
        &self.entry.job.terms
    }

    fn are_outputs_on_chain(&self) -> bool {
        self.entry.job.carried.is_some()
    }

    fn is_window_over(&self) -> bool {
        self.committed.window_end < T::Clock::now()
    }

    fn open_demands(&self) -> u32 {
        self.committed.demands.open
    }

    fn demanded(self, deadline: Tick) -> DispatchResult {
        let Self { entry, mut committed } = self;
        let OpenDemands { open, until } = committed.demands;
        let open = open.checked_add(1).ok_or(ArithmeticError::Overflow)?;
        committed.demands = OpenDemands { open, until: until.max(deadline) };
        entry.save(Stage::Committed(committed));
        Ok(())
    }

    fn answered(self, until: Tick) -> DispatchResult {
        let Self { entry, mut committed } = self;
        let demands = committed.demands;
        let open = demands.open.checked_sub(1).ok_or(ArithmeticError::Underflow)?;
        committed.demands = OpenDemands { open, until: demands.until.max(until) };
        entry.save(Stage::Committed(committed));
        Ok(())
    }

    fn refute(self, refuter: &T::AccountId) -> DispatchResult {
        Pallet::<T>::deposit_event(Event::ResultRejected {
            job: self.entry.id,
            attempt: self.entry.job.attempt,
            provider: self.committed.deal.provider.clone(),
        });
        Pallet::<T>::refute(self.entry, self.committed, refuter)
    }
}
