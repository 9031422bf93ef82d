//! Invariants of the state between calls.

use alloc::collections::BTreeMap;

use frame_support::ensure;
use sp_runtime::TryRuntimeError;
use touchstone_primitives::{Clock, CloseReason, Collateral, Escrow, JobId, KernelHash, Kernels, Trace};

use crate::{
    carried::check_outputs,
    store::{JobOf, RecordOf},
    Agenda, AgendaCursor, Closed, CommittedResult, Config, Duties, Inline, Jobs, OpenAuctions, Outputs, Pallet, Record,
    Stage,
};

type Checked = Result<(), TryRuntimeError>;

/// How many entries each index has according to the records.
#[derive(Default)]
struct Entries {
    agenda: usize,
    duties: usize,
    auctions: usize,
    outputs: usize,
}

fn count(entries: &mut usize) {
    *entries = entries.saturating_add(1);
}

impl<T: Config> Pallet<T> {
    /// Checks that the indexes say exactly what the records imply, that funds agree with the stages and with what is
    /// held on the accounts, that each result is what its id says, and that outputs are those of a result.
    pub fn do_try_state() -> Checked {
        let mut entries = Entries::default();
        let mut kernels = BTreeMap::<KernelHash, u32>::new();
        for (id, record) in Jobs::<T>::iter() {
            Self::check_indexes(&id, &record, &mut entries)?;
            Self::check_attempts(&record)?;
            Self::check_funds(&record)?;
            Self::check_result(&id, &record)?;
            Self::check_carried(&id, &record, &mut entries)?;
            if !matches!(record.stage, Stage::Closed(_)) {
                for step in &record.job.spec.steps {
                    let uses = kernels.entry(step.kernel).or_default();
                    *uses = uses.saturating_add(1);
                }
            }
        }
        for (kernel, uses) in kernels {
            ensure!(T::Kernels::references(&kernel) == uses, "a kernel does not know how many open jobs use it");
        }
        let held =
            Jobs::<T>::iter_values().filter_map(|Record { job, .. }| Some((job.buyer, job.spec.asset, job.funds?)));
        T::Escrow::check(held)?;
        ensure!(Agenda::<T>::iter_keys().count() == entries.agenda, "the agenda has an entry of nothing");
        ensure!(Duties::<T>::iter_keys().count() == entries.duties, "there is a duty of nothing");
        ensure!(OpenAuctions::<T>::iter_keys().count() == entries.auctions, "there is an auction of nothing");
        ensure!(Inline::<T>::iter_keys().all(Jobs::<T>::contains_key), "there is inline data of nothing");
        ensure!(Outputs::<T>::iter_keys().count() == entries.outputs, "there are outputs of nothing");
        ensure!(AgendaCursor::<T>::get() <= T::Clock::now().saturating_add(1), "the agenda is ahead of the clock");
        Ok(())
    }

    fn check_indexes(id: &JobId, Record { job, stage, agenda }: &RecordOf<T>, entries: &mut Entries) -> Checked {
        if let Some(tick) = agenda {
            let due = stage.due_at(&job.terms);
            ensure!(Agenda::<T>::contains_key(tick, id), "a job is not where the agenda should have it");
            ensure!(*tick <= due || due <= T::Clock::now(), "the agenda has a job after it is due");
            ensure!(*tick >= AgendaCursor::<T>::get(), "the agenda has passed a job by");
            count(&mut entries.agenda);
        }
        if let Some(provider) = stage.on_duty() {
            ensure!(Duties::<T>::contains_key(provider, id), "a provider is not told of its duty");
            count(&mut entries.duties);
        }
        if matches!(stage, Stage::Open(_)) {
            ensure!(OpenAuctions::<T>::contains_key(id), "bidders are not told of an auction");
            count(&mut entries.auctions);
        }
        Ok(())
    }

    fn check_attempts(Record { job, stage, .. }: &RecordOf<T>) -> Checked {
        ensure!(job.failures() <= job.terms.max_attempts, "there were more attempts than the terms allow");
        ensure!(job.passes() <= job.terms.max_passes, "there were more passes than the terms allow");
        let numbered = job.history.iter().zip(1u32..).all(|(ended, number)| ended.attempt == number);
        ensure!(numbered, "the history of a job leaves out an attempt");
        let last = match stage {
            Stage::Assigned(_) | Stage::Committed(_) | Stage::Closed(Closed { reason: CloseReason::Settled, .. }) => 1,
            Stage::Open(_) | Stage::Closed(_) => 0,
        };
        let attempts = (job.history.len() as u32).saturating_add(last);
        ensure!(job.attempt == attempts, "the history of a job does not explain its attempts");
        if let Some(deal) = stage.deal() {
            ensure!(!job.excludes(&deal.provider), "a provider that failed is engaged again");
        }
        Ok(())
    }

    fn check_funds(Record { job, stage, .. }: &RecordOf<T>) -> Checked {
        ensure!(job.funds.is_none() == matches!(stage, Stage::Closed(_)), "funds and stage disagree about the end");
        let Some(funds) = &job.funds else { return Ok(()) };
        let payment = job.obligation().saturating_sub(Self::paid(job, stage));
        ensure!(funds.payment == payment, "the payment held is not what the job can still cost");
        let of_deal = stage.deal().map(|deal| Collateral { provider: deal.provider.clone(), amount: deal.collateral });
        ensure!(funds.collateral == of_deal, "the collateral held is not that of the deal");
        Ok(())
    }

    /// What the buyer has paid of a job that is not closed.
    fn paid(job: &JobOf<T>, stage: &Stage<T::AccountId>) -> touchstone_primitives::Balance {
        match stage {
            Stage::Committed(committed) if committed.is_paid() => {
                committed.deal.price.saturating_add(job.fee(committed.deal.price))
            }
            _ => 0,
        }
    }

    fn check_result(id: &JobId, Record { job, stage, .. }: &RecordOf<T>) -> Checked {
        if let Stage::Closed(closed) = stage {
            ensure!(closed.result.is_some() == (closed.reason == CloseReason::Settled), "result and stage disagree");
        }
        if let Stage::Committed(committed) = stage {
            ensure!(committed.result.provider == committed.deal.provider, "a result is of another provider");
        }
        if let Some(result) = stage.result() {
            let CommittedResult { attempt, provider, trace, .. } = result.clone();
            ensure!(attempt == job.attempt, "a result is of another attempt");
            ensure!(trace.len == Trace::len_of(job.instances()), "a trace does not have one root for each instance");
            ensure!(*result == CommittedResult::new(id, attempt, provider, trace), "a result is not what its id says");
        }
        Ok(())
    }

    fn check_carried(id: &JobId, Record { job, stage, .. }: &RecordOf<T>, entries: &mut Entries) -> Checked {
        if job.carried.is_none() {
            return Ok(());
        }
        let Stage::Committed(committed) = stage else {
            return Err("a deposit is held for outputs of no result that can be challenged".into());
        };
        let outputs = Outputs::<T>::get(id).ok_or("a deposit is held for outputs that are not there")?;
        let checked = check_outputs::<T>(&job.appraisal, &committed.result.trace, &outputs);
        ensure!(checked.is_ok(), "outputs are not those of the result");
        count(&mut entries.outputs);
        Ok(())
    }
}
