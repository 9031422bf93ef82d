//! What each call does, after its origin was checked.

use frame_support::{pallet_prelude::*, traits::Consideration};
use sp_runtime::traits::Zero;
use touchstone_primitives::{
    views::Obstacle, AttemptEnd, Balance, Buffer, CarriedOutputs, Clock, CloseReason, CommitmentId, DeviceId,
    EngagementEnd, Escrow, InlineData, JobId, JobSpec, Kernels, PassReason, Providers, Terms, Trace,
};

use crate::{
    appraise::{appraise, check_inline, footprint},
    obligation,
    store::Entry,
    CommittedResult, Config, Deal, Error, Event, Inline, Job, Jobs, OpenAuction, Pallet, Stage, WeightInfo, MAX_ENDED,
};

/// All inline inputs together, bytes.
pub(crate) fn bytes_of(inline: &InlineData) -> u32 {
    inline.iter().fold(0, |sum: u32, bytes| sum.saturating_add(bytes.len() as u32))
}

impl<T: Config> Pallet<T> {
    /// Hash of the first block: it makes job ids of this chain its own.
    pub fn genesis_hash() -> [u8; 32] {
        let hash = frame_system::Pallet::<T>::block_hash(frame_system::pallet_prelude::BlockNumberFor::<T>::zero());
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(hash.as_ref()).for_each(|(byte, of_hash)| *byte = *of_hash);
        bytes
    }

    /// Returns what it weighed.
    pub(crate) fn do_submit(
        buyer: T::AccountId,
        salt: [u8; 32],
        spec: JobSpec,
        inline: InlineData,
        code_bytes: u32,
    ) -> Result<Weight, DispatchError> {
        let id = JobId::new(&Self::genesis_hash(), &buyer, &salt, &spec);
        ensure!(!Jobs::<T>::contains_key(id), Error::<T>::AlreadySubmitted);
        let terms = Self::terms();
        let appraisal = appraise::<T>(&spec, &terms, code_bytes)?;
        check_inline::<T, _>(&spec, &inline)?;

        for step in &spec.steps {
            T::Kernels::acquire(&step.kernel)?;
        }
        let held = obligation(&terms, spec.ceiling, appraisal.totals.fuel);
        let funds = T::Escrow::open(&buyer, spec.asset, held)?;
        let ticket = T::Consideration::new(&buyer, footprint::<T>(&spec))?;
        let weight = Self::submit_weight(&spec, &inline, appraisal.totals.code_bytes);
        if !inline.is_empty() {
            Inline::<T>::insert(id, inline);
        }
        let (totals, held_in_asset) = (appraisal.totals, funds.held());
        Self::deposit_event(Event::JobSubmitted { job: id, buyer: buyer.clone(), totals, held, held_in_asset });

        let (funds, history) = (Some(funds), BoundedVec::new());
        let job = Job { buyer, spec, terms, appraisal, ticket, funds, carried: None, attempt: 0, history };
        Ok(weight.saturating_add(Self::seek_provider(Entry::new(id, job))))
    }

    /// Weight of a submission, apart from what a match adds: its steps and the bytes of their kernels, its inputs and
    /// the bytes of those that are inline, and the asset in which it is paid.
    pub(crate) fn submit_weight(spec: &JobSpec, inline: &InlineData, code_bytes: u32) -> Weight {
        let inline = match bytes_of(inline) {
            0 => Weight::zero(),
            bytes => T::WeightInfo::submit_inline(bytes),
        };
        // `submit` has short kernels: only what bytes add is counted.
        let code = T::WeightInfo::submit_code(code_bytes).saturating_sub(T::WeightInfo::submit_code(0));
        let held = spec.asset.map_or(Weight::zero(), |_| T::WeightInfo::submit_asset());
        T::WeightInfo::submit(spec.steps.len() as u32, spec.inputs.len() as u32)
            .saturating_add(code)
            .saturating_add(inline)
            .saturating_add(held)
    }

    pub(crate) fn do_bid(
        provider: T::AccountId,
        id: JobId,
        attempt: u32,
        device: DeviceId,
        price: Balance,
    ) -> DispatchResult {
        let (mut entry, stage) = Entry::<T>::load(&id)?;
        let Stage::Open(open) = stage else { return Err(Error::<T>::NotOpen.into()) };
        ensure!(entry.job.attempt == attempt, Error::<T>::WrongAttempt);
        ensure!(T::Clock::now() <= open.closes, Error::<T>::TooLate);
        ensure!(price <= entry.job.spec.ceiling, Error::<T>::AboveCeiling);
        ensure!(!entry.job.excludes(&provider), Error::<T>::Excluded);

        // The better bid frees the worse one at once: an auction takes one slot and one collateral at a time.
        if let Some(best) = &open.best {
            ensure!(price < best.price, Error::<T>::NotLower);
            Self::release(&mut entry, best, EngagementEnd::Released)?;
            Self::deposit_event(Event::Outbid { job: id, provider: best.provider.clone() });
        }
        let need = Self::need(&entry.job.spec, &entry.job.terms, &entry.job.appraisal);
        if let Some(obstacle) = T::Providers::obstacle(&provider, device, &need, price) {
            return Err(Self::refusal(obstacle).into());
        }
        let collateral = need.collateral(price);
        let deal = Deal { provider, device, price, collateral };
        Self::engage(&mut entry, &deal)?;
        Self::deposit_event(Event::BidPlaced { job: id, provider: deal.provider.clone(), device, price, collateral });
        entry.save(Stage::Open(open.outbid(deal)));
        Ok(())
    }

    pub(crate) fn do_cancel(who: T::AccountId, id: JobId) -> DispatchResult {
        let (entry, stage) = Entry::<T>::load(&id)?;
        ensure!(entry.job.buyer == who, Error::<T>::NotBuyer);
        match stage {
            Stage::Open(OpenAuction { best: None, .. }) => Self::close(entry, CloseReason::Cancelled, None),
            Stage::Open(_) => Err(Error::<T>::HasBid.into()),
            _ => Err(Error::<T>::NotOpen.into()),
        }
    }

    /// Returns what it weighed.
    pub(crate) fn do_pass(
        provider: T::AccountId,
        id: JobId,
        attempt: u32,
        reason: PassReason,
    ) -> Result<Weight, DispatchError> {
        let (mut entry, stage) = Entry::<T>::load(&id)?;
        let Stage::Assigned(assigned) = stage else { return Err(Error::<T>::NotAssigned.into()) };
        ensure!(entry.job.attempt == attempt, Error::<T>::WrongAttempt);
        ensure!(assigned.deal.provider == provider, Error::<T>::NotAssignedToYou);
        ensure!(T::Clock::now() <= assigned.pass_by, Error::<T>::TooLate);

        let fee = entry.job.terms.pass_fee;
        T::Escrow::burn_pass_fee(entry.funds()?, fee)?;
        Self::release(&mut entry, &assigned.deal, EngagementEnd::Passed)?;
        Self::deposit_event(Event::Passed { job: id, attempt, provider, reason });
        let search = Self::try_again(entry, assigned.deal, AttemptEnd::Passed(reason))?;
        Ok(Self::weight_with_search(T::WeightInfo::pass(), search))
    }

    pub(crate) fn do_commit(
        provider: T::AccountId,
        id: JobId,
        attempt: u32,
        trace: Buffer,
        outputs: Option<CarriedOutputs>,
    ) -> DispatchResult {
        let (mut entry, stage) = Entry::<T>::load(&id)?;
        let Stage::Assigned(assigned) = stage else { return Err(Error::<T>::NotAssigned.into()) };
        ensure!(entry.job.attempt == attempt, Error::<T>::WrongAttempt);
        ensure!(assigned.deal.provider == provider, Error::<T>::NotAssignedToYou);
        let now = T::Clock::now();
        ensure!(now <= assigned.commit_by, Error::<T>::TooLate);
        ensure!(trace.len == Trace::len_of(entry.job.instances()), Error::<T>::WrongTraceLength);

        if let Some(outputs) = outputs {
            let ticket = Self::keep_outputs(&id, &provider, &entry.job.appraisal, &trace, outputs)?;
            entry.job.carried = Some(ticket);
        }
        T::Providers::delivered(&provider, assigned.deal.device)?;
        let result = CommittedResult::new(&id, attempt, provider.clone(), trace);
        let commitment = result.commitment;
        let committed = assigned.commit(result, now, entry.job.window());
        let window_end = committed.window_end;
        Self::deposit_event(Event::ResultCommitted { job: id, attempt, provider, commitment, window_end });
        entry.save(Stage::Committed(committed));
        Ok(())
    }

    pub(crate) fn do_accept(who: T::AccountId, id: JobId, commitment: CommitmentId) -> DispatchResult {
        let (entry, stage) = Entry::<T>::load(&id)?;
        ensure!(entry.job.buyer == who, Error::<T>::NotBuyer);
        let Stage::Committed(committed) = stage else { return Err(Error::<T>::NotCommitted.into()) };
        ensure!(committed.result.commitment == commitment, Error::<T>::WrongCommitment);
        ensure!(!committed.is_accepted(), Error::<T>::AlreadyAccepted);

        Self::deposit_event(Event::ResultAccepted { job: id, attempt: committed.result.attempt, commitment });
        entry.save(Stage::Committed(committed.accept(T::Clock::now())));
        Ok(())
    }

    /// The chain's terms as a job copies them: with at most as many attempts and passes as a record can hold.
    pub fn terms() -> Terms {
        let mut terms = T::Terms::get();
        terms.max_attempts = terms.max_attempts.clamp(1, MAX_ENDED.saturating_sub(1));
        terms.max_passes = terms.max_passes.clamp(1, MAX_ENDED.saturating_sub(terms.max_attempts));
        terms
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
}
