//! The transitions: how one stage becomes the next, with the money that moves on the way.
//!
//! [`Stage::due`](crate::Stage::due) decides what is due; here it is done. Each function consumes the entry it is given
//! and stores it in its new stage, or removes it. Callers run them inside a storage layer: on an error nothing has
//! happened.

use alloc::vec::Vec;

use frame_support::{pallet_prelude::*, storage::with_storage_layer, traits::Consideration};
use touchstone_primitives::{
    views::AttemptView, AttemptEnd, Clock, CloseReason, EngagementEnd, Escrow, JobId, JobSpec, Kernels, Matching, Need,
    Providers, Terms,
};

use crate::{
    store::Entry, Appraisal, Assigned, Closed, Committed, CommittedResult, Config, Deal, Due, Error, Event,
    OpenAuction, Pallet, Stage, WeightInfo,
};

impl<T: Config> Pallet<T> {
    /// Does what is due for a job now. Returns what it weighed.
    pub(crate) fn do_poke(id: JobId) -> Result<Weight, DispatchError> {
        let (entry, stage) = Entry::<T>::load(&id)?;
        let due = stage.due(&entry.job.terms, T::Clock::now()).ok_or(Error::<T>::NotDue)?;
        Self::advance(entry, due)
    }

    /// Does this for a job. Returns what it weighed.
    pub(crate) fn advance(entry: Entry<T>, due: Due<T::AccountId>) -> Result<Weight, DispatchError> {
        match due {
            Due::Unsold => Self::close(entry, CloseReason::NoBids, None).map(|()| T::WeightInfo::poke_unsold()),
            Due::Sold(deal) => {
                Self::assign(entry, deal);
                Ok(T::WeightInfo::poke_sold())
            }
            Due::Missed(deal) => {
                Self::miss(entry, deal).map(|search| Self::weight_with_search(T::WeightInfo::poke_missed(), search))
            }
            Due::Accepted(committed) => Self::pay_accepted(entry, committed).map(|()| T::WeightInfo::poke_accepted()),
            Due::Stood(committed) => {
                Self::settle(entry, committed).map(|outputs| T::WeightInfo::poke_stood().saturating_add(outputs))
            }
            Due::Expired => Self::prune(entry).map(|()| T::WeightInfo::poke_expired()),
        }
    }

    /// Weight of a transition in which an ask leaves the index and a provider is searched for. The index is short where
    /// `transition` is measured: its length is counted in the search and here.
    pub(crate) fn weight_with_search(transition: Weight, search: Weight) -> Weight {
        transition.saturating_add(T::Providers::withdrawal_weight()).saturating_add(search)
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

    /// Assigns the job to the lowest ask, if the buyer wants that and there is one; otherwise opens an auction. Returns
    /// what the search for an ask weighed.
    pub(crate) fn seek_provider(mut entry: Entry<T>) -> Weight {
        let (deal, search) = Self::match_ask(&mut entry);
        if let Some(deal) = deal {
            Self::assign(entry, deal);
            return search;
        }
        let ticks = match entry.job.spec.matching {
            Matching::Instant => entry.job.terms.auction,
            Matching::Open { ticks } => ticks,
        };
        let auction = OpenAuction::new(T::Clock::now(), ticks);
        Self::deposit_event(Event::AuctionOpened { job: entry.id, attempt: entry.job.attempt, closes: auction.closes });
        entry.save(Stage::Open(auction));
        search
    }

    /// Engages the provider with the lowest ask, if the buyer wants instant matching and there is one. The job goes to
    /// auction if that provider turns out to be unable to engage.
    fn match_ask(entry: &mut Entry<T>) -> (Option<Deal<T::AccountId>>, Weight) {
        let job = &entry.job;
        if job.spec.matching != Matching::Instant {
            return (None, Weight::zero());
        }
        let need = Self::need(&job.spec, &job.terms, &job.appraisal);
        let excluded: Vec<_> = job.history.iter().map(|ended| ended.provider.clone()).collect();
        let found = T::Providers::cheapest(&need, &excluded);
        let Some(deal) = found.best.map(Deal::from) else { return (None, found.weight) };
        match with_storage_layer(|| Self::engage(entry, &deal)) {
            Ok(weight) => (Some(deal), found.weight.saturating_add(weight)),
            // It was undone, however far it got.
            Err(_) => (None, T::Providers::match_weight()),
        }
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
        entry.save(Stage::Assigned(assigned));
    }

    /// The collateral of a missed deadline burns; the buyer's payment stays held for the next attempt.
    fn miss(mut entry: Entry<T>, deal: Deal<T::AccountId>) -> Result<Weight, DispatchError> {
        T::Escrow::forfeit_collateral(entry.funds()?, 0, None)?;
        T::Providers::disengage(&deal.provider, deal.device, 0, EngagementEnd::Missed)?;
        Self::deposit_event(Event::DeadlineMissed {
            job: entry.id,
            attempt: entry.job.attempt,
            provider: deal.provider.clone(),
        });
        Self::try_again(entry, deal, AttemptEnd::Missed)
    }

    /// The result is wrong. If it has not been paid for, the job gets another attempt; otherwise price and fee come
    /// back out of the collateral and the job is over.
    pub(crate) fn refute(
        mut entry: Entry<T>,
        committed: Committed<T::AccountId>,
        refuter: &T::AccountId,
    ) -> DispatchResult {
        let paid = committed.is_paid();
        let deal = committed.deal;
        let refund = if paid { deal.price.saturating_add(entry.job.fee(deal.price)) } else { 0 };
        let bounty = entry.job.terms.bounty;
        T::Escrow::forfeit_collateral(entry.funds()?, refund, Some((refuter, bounty)))?;
        T::Providers::disengage(&deal.provider, deal.device, 0, EngagementEnd::Refuted)?;
        // The weight of a refutation covers this, and the longest search.
        Self::drop_outputs(&mut entry, &deal.provider)?;
        match paid {
            true => {
                Self::note_end(&mut entry, deal, AttemptEnd::Refuted)?;
                Self::close(entry, CloseReason::RefutedAfterAcceptance, None)
            }
            false => Self::try_again(entry, deal, AttemptEnd::Refuted).map(drop),
        }
    }

    /// Writes down how the current assignment ended.
    fn note_end(entry: &mut Entry<T>, deal: Deal<T::AccountId>, end: AttemptEnd) -> DispatchResult {
        let Deal { provider, device, .. } = deal;
        let ended = AttemptView { attempt: entry.job.attempt, provider, device, end, at: T::Clock::now() };
        // A job closes before its history is full: see `terms`.
        entry.job.history.try_push(ended).map_err(|_| Error::<T>::TooManyAttempts.into())
    }

    /// The assignment of `deal` has ended without a result: looks for another provider, or closes the job if it has
    /// been tried often enough. Returns what the search weighed.
    pub(crate) fn try_again(
        mut entry: Entry<T>,
        deal: Deal<T::AccountId>,
        end: AttemptEnd,
    ) -> Result<Weight, DispatchError> {
        Self::note_end(&mut entry, deal, end)?;
        if entry.job.is_exhausted() {
            return Self::close(entry, CloseReason::AttemptsExhausted, None).map(|()| Weight::zero());
        }
        Ok(Self::seek_provider(entry))
    }

    /// Price and fee leave the buyer's hold.
    fn pay(entry: &mut Entry<T>, deal: &Deal<T::AccountId>) -> DispatchResult {
        let fee = entry.job.fee(deal.price);
        T::Escrow::pay(entry.funds()?, &deal.provider, deal.price, fee)
    }

    /// The buyer has accepted the result.
    fn pay_accepted(mut entry: Entry<T>, committed: Committed<T::AccountId>) -> DispatchResult {
        Self::pay(&mut entry, &committed.deal)?;
        entry.save(Stage::Committed(committed.pay()));
        Ok(())
    }

    /// The window is over and the result was not refuted. Returns what it weighed that the chain had its outputs.
    fn settle(mut entry: Entry<T>, committed: Committed<T::AccountId>) -> Result<Weight, DispatchError> {
        if !committed.is_paid() {
            Self::pay(&mut entry, &committed.deal)?;
        }
        let Committed { deal, result, .. } = committed;
        Self::release(&mut entry, &deal, EngagementEnd::Settled)?;
        let weight = Self::drop_outputs(&mut entry, &deal.provider)?;
        Self::close(entry, CloseReason::Settled, Some(result))?;
        Ok(weight)
    }

    /// Ends the job: what is still held goes back to the buyer, and the kernels can be removed. The record stays
    /// readable, with `result` if one was settled.
    pub(crate) fn close(
        mut entry: Entry<T>,
        reason: CloseReason,
        result: Option<CommittedResult<T::AccountId>>,
    ) -> DispatchResult {
        T::Escrow::close(entry.funds()?)?;
        entry.job.funds = None;
        for step in &entry.job.spec.steps {
            T::Kernels::release(&step.kernel)?;
        }
        Self::deposit_event(Event::JobClosed { job: entry.id, reason });
        entry.save(Stage::Closed(Closed { reason, at: T::Clock::now(), result }));
        Ok(())
    }

    /// Removes the record of a job that has been over for long enough, with its inputs and its result, and returns the
    /// deposit.
    fn prune(entry: Entry<T>) -> DispatchResult {
        let id = entry.id;
        let job = entry.remove();
        job.ticket.drop(&job.buyer)?;
        Self::deposit_event(Event::JobPruned { job: id });
        Ok(())
    }

    /// Takes slot and collateral of a deal. Returns what it weighed beyond what the caller counts.
    pub(crate) fn engage(entry: &mut Entry<T>, deal: &Deal<T::AccountId>) -> Result<Weight, DispatchError> {
        let weight = T::Providers::engage(&deal.provider, deal.device, deal.collateral)?;
        T::Escrow::lock_collateral(entry.funds()?, &deal.provider, deal.collateral)?;
        Ok(weight)
    }

    /// Gives slot and collateral of a deal back.
    pub(crate) fn release(entry: &mut Entry<T>, deal: &Deal<T::AccountId>, end: EngagementEnd) -> DispatchResult {
        let returned = T::Escrow::free_collateral(entry.funds()?)?;
        T::Providers::disengage(&deal.provider, deal.device, returned, end)
    }
}
