//! What people and programs read of jobs.

use alloc::vec::Vec;

use sp_runtime::{traits::Convert, DispatchError};
use touchstone_primitives::{
    views::{Duty, JobView, Quote, ResultView, MAX_PAGE},
    Clock, Escrow, JobId, JobSpec, Providers, QuoteError, Source,
};

use crate::{
    appraise::{appraise, footprint},
    obligation, Challengeable, Config, Duties, Error, Inline, Jobs, OpenAuctions, Pallet, Record, Stage,
};

/// Devices that a quote looks at.
const SURVEYED: u32 = 64;

/// An error by its name in the metadata.
fn named(error: DispatchError) -> QuoteError {
    QuoteError { error: <&'static str>::from(error).as_bytes().to_vec() }
}

impl<T: Config> Pallet<T> {
    pub(crate) fn read_job(id: JobId) -> Option<JobView<T::AccountId>> {
        let Record { job, stage } = Jobs::<T>::get(id)?;
        Some(JobView {
            id,
            buyer: job.buyer,
            endpoint: stage.on_duty().and_then(T::Providers::endpoint),
            output_bytes: job.appraisal.steps.iter().map(|step| step.output_bytes).collect(),
            spec: job.spec,
            terms: job.terms,
            totals: job.appraisal.totals,
            attempt: job.attempt,
            stage: stage.into(),
        })
    }

    pub(crate) fn read_inline_inputs(id: JobId) -> Vec<(u8, Vec<u8>)> {
        let Some(Record { job, .. }) = Jobs::<T>::get(id) else { return Vec::new() };
        let inline = job.spec.inputs.iter().zip(0u8..).filter(|(input, _)| input.source == Source::Inline);
        let bytes = Inline::<T>::get(id).unwrap_or_default();
        inline.map(|(_, index)| index).zip(bytes.into_iter().map(Into::into)).collect()
    }

    pub(crate) fn read_result(id: JobId) -> Option<ResultView<T::AccountId>> {
        Jobs::<T>::get(id)?.stage.result().cloned().map(Into::into)
    }

    pub(crate) fn read_challengeable(after: Option<JobId>, limit: u32) -> Vec<JobId> {
        let now = T::Clock::now();
        let jobs = match after {
            Some(job) => Challengeable::<T>::iter_keys_from(Challengeable::<T>::hashed_key_for(job)),
            None => Challengeable::<T>::iter_keys(),
        };
        // A result stays in the index from the end of its window until the agenda settles it.
        let in_window = |job: &JobId| match Jobs::<T>::get(job) {
            Some(Record { stage: Stage::Committed(committed), .. }) => now <= committed.window_end,
            _ => false,
        };
        jobs.filter(in_window).take(limit.min(MAX_PAGE) as usize).collect()
    }

    pub(crate) fn read_duties(provider: &T::AccountId) -> Vec<Duty> {
        let duty = |id| {
            let Record { job, stage } = Jobs::<T>::get(id)?;
            Some(Duty {
                job: id,
                attempt: job.attempt,
                device: stage.deal()?.device,
                pending: matches!(stage, Stage::Assigned(_)),
            })
        };
        Duties::<T>::iter_key_prefix(provider).filter_map(duty).collect()
    }

    pub(crate) fn read_open_auctions(after: Option<JobId>) -> Vec<JobId> {
        let jobs = match after {
            Some(job) => OpenAuctions::<T>::iter_keys_from(OpenAuctions::<T>::hashed_key_for(job)),
            None => OpenAuctions::<T>::iter_keys(),
        };
        jobs.take(MAX_PAGE as usize).collect()
    }

    pub(crate) fn read_quote(spec: &JobSpec) -> Result<Quote<T::AccountId>, QuoteError> {
        let terms = Self::terms();
        let appraisal = appraise::<T>(spec, &terms).map_err(|error: Error<T>| named(error.into()))?;
        let rate = T::Escrow::rate(spec.asset).map_err(named)?;
        let need = Self::need(spec, &terms, &appraisal);
        let best = T::Providers::cheapest(&need, &[]);
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
