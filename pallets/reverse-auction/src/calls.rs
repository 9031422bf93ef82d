//! What each call does, after its origin was checked.

use frame_support::{pallet_prelude::*, traits::Consideration};
use sp_runtime::traits::Zero;
use touchstone_primitives::{
    views::Obstacle, Balance, Clock, CloseReason, DeviceId, Escrow, InlineData, JobId, JobSpec, Kernels, Matching,
    Outcome, Providers, Terms, Tick,
};

use crate::{
    appraise::{appraise, check_inline, footprint},
    obligation,
    store::{Entry, JobOf},
    Config, Deal, Error, Event, Inline, Job, Jobs, Open, Pallet, Stage, MAX_EXCLUDED,
};

impl<T: Config> Pallet<T> {
    /// Hash of the first block: it makes job ids of this chain its own.
    pub fn genesis_hash() -> [u8; 32] {
        let hash = frame_system::Pallet::<T>::block_hash(frame_system::pallet_prelude::BlockNumberFor::<T>::zero());
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(hash.as_ref()).for_each(|(byte, of_hash)| *byte = *of_hash);
        bytes
    }

    pub(crate) fn do_submit(buyer: T::AccountId, salt: [u8; 32], spec: JobSpec, inline: InlineData) -> DispatchResult {
        let id = JobId::new(&Self::genesis_hash(), &buyer, &salt, &spec);
        ensure!(!Jobs::<T>::contains_key(id), Error::<T>::AlreadySubmitted);
        let terms = Self::terms();
        let appraisal = appraise::<T>(&spec, &terms)?;
        check_inline::<T, _>(&spec, &inline)?;

        for step in &spec.steps {
            T::Kernels::acquire(&step.kernel)?;
        }
        let held = obligation(&terms, spec.ceiling, appraisal.totals.fuel);
        T::Escrow::open(&id, &buyer, spec.asset, held)?;
        let ticket = T::Consideration::new(&buyer, footprint(&spec))?;
        if !inline.is_empty() {
            Inline::<T>::insert(id, inline);
        }
        Self::deposit_event(Event::JobSubmitted { job: id, buyer: buyer.clone(), totals: appraisal.totals, held });

        let job = Job {
            buyer,
            spec,
            terms,
            appraisal,
            ticket,
            attempt: 0,
            passes: 0,
            excluded: BoundedVec::new(),
            // Replaced before anything is stored.
            stage: Stage::Open(Open::new(T::Clock::now(), 0)),
        };
        Self::seek_provider(Entry::new(id, job));
        Ok(())
    }

    pub(crate) fn do_bid(
        provider: T::AccountId,
        id: JobId,
        attempt: u32,
        device: DeviceId,
        price: Balance,
    ) -> DispatchResult {
        let mut entry = Entry::<T>::load(&id)?;
        let Stage::Open(open) = entry.job.stage.clone() else { return Err(Error::<T>::NotOpen.into()) };
        ensure!(entry.job.attempt == attempt, Error::<T>::WrongAttempt);
        ensure!(T::Clock::now() <= open.closes, Error::<T>::TooLate);
        ensure!(price <= entry.job.spec.ceiling, Error::<T>::AboveCeiling);
        ensure!(!entry.job.excluded.contains(&provider), Error::<T>::Excluded);

        // The better bid frees the worse one at once: only one slot and one collateral are ever bound to an auction.
        if let Some(best) = &open.best {
            ensure!(price < best.price, Error::<T>::NotLower);
            Self::release(&id, best, Outcome::Released)?;
            Self::deposit_event(Event::Outbid { job: id, provider: best.provider.clone() });
        }
        let need = Self::need(&entry.job.spec, &entry.job.terms, &entry.job.appraisal);
        if let Some(obstacle) = T::Providers::obstacle(&provider, device, &need, price) {
            return Err(Self::refusal(obstacle).into());
        }
        let collateral = need.collateral(price);
        let deal = Deal { provider, device, price, collateral };
        Self::engage(&id, &deal)?;
        Self::deposit_event(Event::BidPlaced { job: id, provider: deal.provider.clone(), device, price, collateral });
        entry.job.stage = Stage::Open(open.outbid(deal));
        entry.save();
        Ok(())
    }

    pub(crate) fn do_cancel(who: T::AccountId, id: JobId) -> DispatchResult {
        let entry = Entry::<T>::load(&id)?;
        ensure!(entry.job.buyer == who, Error::<T>::NotBuyer);
        match &entry.job.stage {
            Stage::Open(Open { best: None, .. }) => Self::close(entry, CloseReason::Cancelled),
            Stage::Open(_) => Err(Error::<T>::HasBid.into()),
            _ => Err(Error::<T>::NotOpen.into()),
        }
    }

    pub(crate) fn do_pass(provider: T::AccountId, id: JobId, attempt: u32) -> DispatchResult {
        let mut entry = Entry::<T>::load(&id)?;
        let Stage::Assigned(assigned) = entry.job.stage.clone() else { return Err(Error::<T>::NotAssigned.into()) };
        ensure!(entry.job.attempt == attempt, Error::<T>::WrongAttempt);
        ensure!(assigned.deal.provider == provider, Error::<T>::NotAssignedToYou);
        ensure!(T::Clock::now() <= assigned.pass_by, Error::<T>::TooLate);

        T::Escrow::burn_pass_fee(&id, entry.job.terms.pass_fee)?;
        Self::release(&id, &assigned.deal, Outcome::Passed)?;
        Self::deposit_event(Event::Passed { job: id, attempt, provider });
        entry.job.passes = entry.job.passes.saturating_add(1);
        Self::try_again(entry, assigned.deal.provider)
    }

    pub(crate) fn do_poke(id: JobId) -> DispatchResult {
        Self::advance(Entry::load(&id)?, T::Clock::now())
    }

    /// The chain's terms as a job copies them: with at most as many attempts and passes as a record remembers.
    pub fn terms() -> Terms {
        let mut terms = T::Terms::get();
        terms.max_attempts = terms.max_attempts.clamp(1, MAX_EXCLUDED.saturating_sub(1));
        terms.max_passes = terms.max_passes.clamp(1, MAX_EXCLUDED.saturating_sub(terms.max_attempts));
        terms
    }

    /// Takes slot and collateral of a deal.
    pub(crate) fn engage(id: &JobId, deal: &Deal<T::AccountId>) -> DispatchResult {
        T::Providers::engage(&deal.provider, deal.device, deal.collateral)?;
        T::Escrow::lock_collateral(id, &deal.provider, deal.collateral)
    }

    /// Gives slot and collateral of a deal back.
    pub(crate) fn release(id: &JobId, deal: &Deal<T::AccountId>, outcome: Outcome) -> DispatchResult {
        let returned = T::Escrow::free_collateral(id)?;
        T::Providers::disengage(&deal.provider, deal.device, returned, outcome)
    }

    fn refusal(obstacle: Obstacle) -> Error<T> {
        match obstacle {
            Obstacle::NoAsk => Error::NoAsk,
            Obstacle::NotYetActive => Error::NotYetActive,
            Obstacle::NoFreeSlot => Error::NoFreeSlot,
            Obstacle::WrongClass => Error::WrongClass,
            Obstacle::TooLittleMemory => Error::TooLittleMemory,
            Obstacle::AboveCeiling => Error::AboveCeiling,
            Obstacle::BelowMinimum => Error::BelowMinimum,
            Obstacle::TooLittleStake => Error::TooLittleStake,
            Obstacle::Excluded => Error::Excluded,
        }
    }

    /// Length of the auction that follows when nobody was matched at once, ticks.
    pub(crate) fn auction_ticks(job: &JobOf<T>) -> Tick {
        match job.spec.matching {
            Matching::Instant => job.terms.auction,
            Matching::Open { ticks } => ticks,
        }
    }
}
