//! What holds between calls, whatever has happened.

use alloc::collections::BTreeMap;

use frame_support::ensure;
use sp_runtime::TryRuntimeError;
use touchstone_primitives::{Clock, CloseReason, Escrow, KernelHash, Kernels, Results};

use crate::{Agenda, AgendaCursor, Closed, Config, Duties, Inline, Jobs, OpenAuctions, Pallet, Parked, Stage};

impl<T: Config> Pallet<T> {
    /// Checks that the indexes say exactly what the records imply, and that escrow and results agree with the stages.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        let (mut on_agenda, mut on_duty, mut open, mut parked_jobs) = (0usize, 0usize, 0usize, 0usize);
        let mut kernels = BTreeMap::<KernelHash, u32>::new();
        for (id, job) in Jobs::<T>::iter() {
            let open_steps = job.spec.steps.iter().filter(|_| !matches!(job.stage, Stage::Closed(_)));
            open_steps.for_each(|step| *kernels.entry(step.kernel).or_default() += 1);
            let due = job.stage.due_at(&job.terms);
            let parked = Parked::<T>::contains_key(id);
            ensure!(Agenda::<T>::contains_key(due, id) != parked, "a job is not where the agenda should have it");
            ensure!(parked || due >= AgendaCursor::<T>::get(), "the agenda has passed a job by");
            match parked {
                true => parked_jobs = parked_jobs.saturating_add(1),
                false => on_agenda = on_agenda.saturating_add(1),
            }
            if let Some(provider) = job.stage.on_duty() {
                ensure!(Duties::<T>::contains_key(provider, id), "a provider is not told of its duty");
                on_duty = on_duty.saturating_add(1);
            }
            if matches!(job.stage, Stage::Open(_)) {
                ensure!(OpenAuctions::<T>::contains_key(id), "bidders are not told of an auction");
                open = open.saturating_add(1);
            }
            let failures = job.attempt.saturating_sub(job.passes);
            ensure!(failures <= job.terms.max_attempts, "there were more attempts than the terms allow");
            ensure!(job.passes <= job.terms.max_passes, "there were more passes than the terms allow");
            if let Some(deal) = job.stage.deal() {
                ensure!(!job.excluded.contains(&deal.provider), "a provider that failed is engaged again");
            }

            let held = T::Escrow::view(&id);
            ensure!(held.is_none() == matches!(job.stage, Stage::Closed(_)), "escrow and stage disagree about the end");
            if let Some(held) = held {
                ensure!(held.buyer == job.buyer && held.asset == job.spec.asset, "escrow holds for somebody else");
                let paid = match &job.stage {
                    Stage::Committed(committed) if committed.accepted => {
                        committed.deal.price.saturating_add(job.fee(committed.deal.price))
                    }
                    _ => 0,
                };
                let payment = job.obligation().saturating_sub(paid);
                ensure!(held.payment == payment, "the payment held is not what the job can still cost");
                let collateral = job.stage.deal().map(|deal| (deal.provider.clone(), deal.collateral));
                ensure!(held.collateral == collateral, "the collateral held is not that of the deal");
            }
            let has_result =
                matches!(job.stage, Stage::Committed(_) | Stage::Closed(Closed { reason: CloseReason::Settled, .. }));
            ensure!(T::Results::view(&id).is_some() == has_result, "result and stage disagree");
        }
        for (kernel, uses) in kernels {
            ensure!(T::Kernels::references(&kernel) == uses, "a kernel does not know how many open jobs use it");
        }
        ensure!(Agenda::<T>::iter_keys().count() == on_agenda, "the agenda has an entry of nothing");
        ensure!(Duties::<T>::iter_keys().count() == on_duty, "there is a duty of nothing");
        ensure!(OpenAuctions::<T>::iter_keys().count() == open, "there is an auction of nothing");
        ensure!(Parked::<T>::iter_keys().count() == parked_jobs, "nothing is parked");
        ensure!(Inline::<T>::iter_keys().all(Jobs::<T>::contains_key), "there is inline data of nothing");
        ensure!(AgendaCursor::<T>::get() <= T::Clock::now().saturating_add(1), "the agenda is ahead of the clock");
        Ok(())
    }
}
