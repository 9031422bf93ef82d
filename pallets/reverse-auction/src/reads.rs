//! What people and programs read of jobs.

use alloc::vec::Vec;

use codec::Encode;
use frame_support::{storage::StoragePrefixedMap, Blake2_128Concat, StorageHasher};
use sp_runtime::{traits::Convert, DispatchError};
use touchstone_primitives::{
    read_page,
    views::{self, Cursor, EscrowView, JobView, Page, Quote, ResultView},
    Clock, Escrow, JobId, JobSpec, Providers, QuoteError, Source,
};

use crate::{
    appraise::{appraise, footprint},
    obligation,
    store::RecordOf,
    Config, Duties, Error, Inline, Jobs, OpenAuctions, Outputs, Pallet, Record, Stage,
};

/// Devices that a quote looks at.
const SURVEYED: u32 = 64;

/// An error by its name in the metadata.
fn named(error: DispatchError) -> QuoteError {
    QuoteError { error: <&'static str>::from(error).as_bytes().to_vec() }
}

/// The job of an index entry, from its key.
fn id_of(key: &[u8]) -> Option<JobId> {
    key.try_into().map(JobId).ok()
}

/// The job of an index entry whose key ends with it.
fn last_id_of(key: &[u8]) -> Option<JobId> {
    key.last_chunk().copied().map(JobId)
}

impl<T: Config> Pallet<T> {
    pub(crate) fn read_job(id: JobId) -> Option<JobView<T::AccountId>> {
        Jobs::<T>::get(id).map(|record| Self::job_view(id, record))
    }

    fn job_view(id: JobId, Record { job, stage, .. }: RecordOf<T>) -> JobView<T::AccountId> {
        let window = job.window();
        JobView {
            id,
            buyer: job.buyer,
            endpoint: stage.on_duty().and_then(T::Providers::endpoint),
            output_bytes: job.appraisal.steps.iter().map(|step| step.output_bytes).collect(),
            spec: job.spec,
            terms: job.terms,
            totals: job.appraisal.totals,
            attempt: job.attempt,
            stage: stage.view(window),
            history: job.history.into(),
        }
    }

    pub(crate) fn read_held(id: JobId) -> Option<EscrowView<T::AccountId>> {
        let job = Jobs::<T>::get(id)?.job;
        Some(EscrowView::new(job.buyer, job.spec.asset, job.funds?))
    }

    pub(crate) fn read_inline_inputs(id: JobId) -> Vec<(u8, Vec<u8>)> {
        let Some(Record { job, .. }) = Jobs::<T>::get(id) else { return Vec::new() };
        let inline = job.spec.inputs.iter().zip(0u8..).filter(|(input, _)| input.source == Source::Inline);
        let bytes = Inline::<T>::get(id).unwrap_or_default();
        inline.map(|(_, index)| index).zip(bytes.into_iter().map(Into::into)).collect()
    }

    pub(crate) fn read_result(id: JobId) -> Option<ResultView<T::AccountId>> {
        let Record { job, stage, .. } = Jobs::<T>::get(id)?;
        Some(stage.result()?.clone().view(job.carried.is_some()))
    }

    pub(crate) fn read_outputs(id: JobId) -> Option<Vec<u8>> {
        Outputs::<T>::get(id).map(Into::into)
    }

    pub(crate) fn read_jobs_of(buyer: &T::AccountId, after: Option<Cursor>, limit: u32) -> Page<JobView<T::AccountId>> {
        let of_buyer = JobId::prefix_of(buyer);
        let prefix = [&Jobs::<T>::final_prefix()[..], &of_buyer].concat();
        read_page(prefix, after, limit, |rest| {
            let view = Self::read_job(id_of(&[&of_buyer, &rest[..]].concat())?)?;
            // Another account may have ids of the same prefix.
            (view.buyer == *buyer).then_some(view)
        })
    }

    pub(crate) fn read_duties(
        provider: &T::AccountId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Page<JobView<T::AccountId>> {
        let of_provider = Blake2_128Concat::hash(&provider.encode());
        let prefix = [&Duties::<T>::final_prefix()[..], &of_provider].concat();
        read_page(prefix, after, limit, |id| Self::read_job(id_of(&id)?))
    }

    pub(crate) fn read_challengeable(after: Option<Cursor>, limit: u32) -> Page<views::Challengeable<T::AccountId>> {
        let now = T::Clock::now();
        read_page(Duties::<T>::final_prefix().to_vec(), after, limit, |key| {
            let id = last_id_of(&key)?;
            let record = Jobs::<T>::get(id)?;
            // The provider's duty begins with the assignment, and ends when the agenda settles the job.
            let Stage::Committed(committed) = &record.stage else { return None };
            let result = committed.is_challengeable(now).then(|| committed.result.clone())?;
            let result = result.view(record.job.carried.is_some());
            Some(views::Challengeable { job: Self::job_view(id, record), result })
        })
    }

    pub(crate) fn read_open_auctions(after: Option<Cursor>, limit: u32) -> Page<JobView<T::AccountId>> {
        let now = T::Clock::now();
        read_page(OpenAuctions::<T>::final_prefix().to_vec(), after, limit, |id| {
            let id = id_of(&id)?;
            let record = Jobs::<T>::get(id)?;
            // An auction stays in the index from its end until the agenda closes it.
            let Stage::Open(auction) = &record.stage else { return None };
            (now <= auction.closes).then(|| Self::job_view(id, record))
        })
    }

    pub(crate) fn read_quote(spec: &JobSpec) -> Result<Quote<T::AccountId>, QuoteError> {
        let terms = Self::terms();
        let appraisal = appraise::<T>(spec, &terms, u32::MAX).map_err(|error: Error<T>| named(error.into()))?;
        let rate = T::Escrow::rate(spec.asset).map_err(named)?;
        let need = Self::need(spec, &terms, &appraisal);
        let best = T::Providers::cheapest(&need, &[]).best;
        let price = best.as_ref().map_or(spec.ceiling, |bid| bid.price);
        let totals = appraisal.totals;
        let held = obligation(&terms, spec.ceiling, totals.fuel);
        Ok(Quote {
            totals,
            window: terms.window(spec.deadline, totals.input_bytes),
            held,
            held_in_asset: rate.in_asset(held),
            deposit: T::DepositPrice::convert(footprint::<T>(spec)),
            best,
            fee: terms.fee(price, totals.fuel),
            candidates: T::Providers::survey(&need, &[], SURVEYED),
        })
    }
}
