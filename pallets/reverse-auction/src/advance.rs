//! The transitions: how one stage becomes the next, with the money that moves on the way.
//!
//! [`Stage::due`](crate::Stage::due) decides what time has brought about; here it is done. Each function consumes the
//! entry it is given and stores, closes or removes it. Callers run them inside a storage layer: on an error nothing
//! has happened.

use frame_support::{pallet_prelude::*, storage::with_storage_layer, traits::Consideration};
use touchstone_primitives::{
    Clock, CloseReason, Escrow, JobId, JobSpec, Kernels, Matching, Need, Outcome, Providers, Results, Terms, Tick,
};

use crate::{
    store::Entry, Appraisal, Assigned, Closed, Committed, Config, Deal, Due, Error, Event, Open, Pallet, Stage,
};

impl<T: Config> Pallet<T> {
    /// Does what is due at `now`.
    pub(crate) fn advance(entry: Entry<T>, now: Tick) -> DispatchResult {
        match entry.job.stage.due(&entry.job.terms, now).ok_or(Error::<T>::NotDue)? {
            Due::Unsold => Self::close(entry, CloseReason::NoBids),
            Due::Sold(deal) => {
                Self::assign(entry, deal);
                Ok(())
            }
            Due::Missed(deal) => Self::miss(entry, deal),
            Due::Stood(committed) => Self::settle(entry, committed),
            Due::Expired => Self::prune(entry),
        }
    }

    /// What `spec` needs from a device.
    pub(crate) fn need(spec: &JobSpec, terms: &Terms, appraisal: &Appraisal) -> Need {
        Need {
            class: spec.class,
            work: appraisal.totals.work,
            fuel: appraisal.totals.fuel,
            memory: appraisal.totals.memory,
            ceiling: spec.ceiling,
            min_collateral: spec.min_collateral,
            terms: *terms,
        }
    }

    /// Assigns the job to the lowest ask, if the buyer wants that and there is one; otherwise opens an auction.
    pub(crate) fn seek_provider(mut entry: Entry<T>) {
        if entry.job.spec.matching == Matching::Instant {
            let need = Self::need(&entry.job.spec, &entry.job.terms, &entry.job.appraisal);
            if let Some(bid) = T::Providers::cheapest(&need, &entry.job.excluded) {
                let deal = Deal::from(bid);
                // A provider that turns out not to be able to engage does not cost the buyer the job.
                if with_storage_layer(|| Self::engage(&entry.id, &deal)).is_ok() {
                    return Self::assign(entry, deal);
                }
            }
        }
        let open = Open::new(T::Clock::now(), Self::auction_ticks(&entry.job));
        Self::deposit_event(Event::AuctionOpened { job: entry.id, attempt: entry.job.attempt, closes: open.closes });
        entry.job.stage = Stage::Open(open);
        entry.save();
    }

    /// The engaged provider of `deal` has the job from now on.
    fn assign(mut entry: Entry<T>, deal: Deal<T::AccountId>) {
        let job = &mut entry.job;
        job.attempt = job.attempt.saturating_add(1);
        let assigned = Assigned::new(deal, T::Clock::now(), job.spec.deadline, &job.terms);
        Self::deposit_event(Event::JobAssigned {
            job: entry.id,
            attempt: job.attempt,
            provider: assigned.deal.provider.clone(),
            device: assigned.deal.device,
            price: assigned.deal.price,
            collateral: assigned.deal.collateral,
            commit_by: assigned.commit_by,
        });
        job.stage = Stage::Assigned(assigned);
        entry.save();
    }

    /// The collateral of a missed deadline burns; the buyer's payment stays held for the next attempt.
    fn miss(entry: Entry<T>, deal: Deal<T::AccountId>) -> DispatchResult {
        T::Escrow::forfeit_collateral(&entry.id, 0, None)?;
        T::Providers::disengage(&deal.provider, deal.device, 0, Outcome::Missed)?;
        Self::deposit_event(Event::DeadlineMissed {
            job: entry.id,
            attempt: entry.job.attempt,
            provider: deal.provider.clone(),
        });
        Self::try_again(entry, deal.provider)
    }

    /// The result is wrong: before acceptance the job gets another attempt, afterwards price and fee come back out of
    /// the collateral and the job is over.
    pub(crate) fn refute(
        entry: Entry<T>,
        committed: Committed<T::AccountId>,
        refuter: &T::AccountId,
    ) -> DispatchResult {
        let Committed { deal, accepted, .. } = committed;
        let refund = if accepted { deal.price.saturating_add(entry.job.fee(deal.price)) } else { 0 };
        T::Escrow::forfeit_collateral(&entry.id, refund, Some((refuter, entry.job.terms.bounty)))?;
        T::Providers::disengage(&deal.provider, deal.device, 0, Outcome::Refuted)?;
        T::Results::forget(&entry.id);
        match accepted {
            true => Self::close(entry, CloseReason::RefutedAfterAcceptance),
            false => Self::try_again(entry, deal.provider),
        }
    }

    /// Looks for another provider than `failed`, or closes the job if it has been tried often enough.
    pub(crate) fn try_again(mut entry: Entry<T>, failed: T::AccountId) -> DispatchResult {
        let job = &mut entry.job;
        let remembered = job.excluded.contains(&failed) || job.excluded.try_push(failed).is_ok();
        if !remembered || job.is_exhausted() {
            return Self::close(entry, CloseReason::AttemptsExhausted);
        }
        Self::seek_provider(entry);
        Ok(())
    }

    /// Price and fee leave the buyer's hold.
    pub(crate) fn pay(entry: &Entry<T>, deal: &Deal<T::AccountId>) -> DispatchResult {
        T::Escrow::pay(&entry.id, &deal.provider, deal.price, entry.job.fee(deal.price))
    }

    /// The window is over and nobody refuted the result.
    fn settle(entry: Entry<T>, committed: Committed<T::AccountId>) -> DispatchResult {
        if !committed.accepted {
            Self::pay(&entry, &committed.deal)?;
        }
        Self::release(&entry.id, &committed.deal, Outcome::Settled)?;
        T::Results::settled(&entry.id);
        Self::close(entry, CloseReason::Settled)
    }

    /// Ends the job: what is still held goes back to the buyer, the kernels are free again. The record stays readable.
    pub(crate) fn close(mut entry: Entry<T>, reason: CloseReason) -> DispatchResult {
        T::Escrow::close(&entry.id)?;
        for step in &entry.job.spec.steps {
            T::Kernels::release(&step.kernel)?;
        }
        Self::deposit_event(Event::JobClosed { job: entry.id, reason });
        entry.job.stage = Stage::Closed(Closed { reason, at: T::Clock::now() });
        entry.save();
        Ok(())
    }

    /// Removes the record of a job that has been over for long enough, with its inputs and its result; the deposit
    /// goes back.
    fn prune(entry: Entry<T>) -> DispatchResult {
        let id: JobId = entry.id;
        let job = entry.remove();
        T::Results::forget(&id);
        job.ticket.drop(&job.buyer)?;
        Self::deposit_event(Event::JobPruned { job: id });
        Ok(())
    }
}
