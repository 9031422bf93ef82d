//! Outputs that come with the commitment of a small result: the chain keeps them until that is settled or refuted.

use frame_support::{
    pallet_prelude::*,
    traits::{Consideration, Footprint},
};
use touchstone_primitives::{split_outputs, Buffer, CarriedOutputs, JobId, Trace};

use crate::{store::Entry, Appraisal, Config, Error, Outputs, Pallet, WeightInfo};

/// Length of the key under which they are stored, bytes.
const KEY_BYTES: u64 = 32;

/// Checks that these are the outputs of all steps, and that `trace` is their trace.
///
/// Work is linear in the bytes. Nothing is hashed if they are longer or shorter than they have to be.
pub(crate) fn check_outputs<T: Config>(
    appraisal: &Appraisal,
    trace: &Buffer,
    outputs: &CarriedOutputs,
) -> Result<(), Error<T>> {
    // Each step has one instance.
    let lengths = appraisal.steps.iter().map(|step| step.output_bytes);
    let outputs = split_outputs(outputs, lengths).ok_or(Error::<T>::WrongOutputsLength)?;
    ensure!(Trace::of(outputs).buffer() == *trace, Error::<T>::ForeignOutputs);
    Ok(())
}

/// What they occupy in storage.
fn footprint(outputs: &CarriedOutputs) -> Footprint {
    Footprint { count: 1, size: KEY_BYTES.saturating_add(outputs.encoded_size() as u64) }
}

impl<T: Config> Pallet<T> {
    /// Weight of a commitment, with or without outputs.
    pub(crate) fn commit_weight(outputs: Option<&CarriedOutputs>) -> Weight {
        let carried = outputs.map_or(Weight::zero(), |outputs| T::WeightInfo::commit_outputs(outputs.len() as u32));
        T::WeightInfo::commit().saturating_add(carried)
    }

    /// Stores the outputs of a job of which this trace is committed, for a deposit of its provider.
    pub(crate) fn keep_outputs(
        id: &JobId,
        provider: &T::AccountId,
        appraisal: &Appraisal,
        trace: &Buffer,
        outputs: CarriedOutputs,
    ) -> Result<T::Consideration, DispatchError> {
        check_outputs::<T>(appraisal, trace, &outputs)?;
        let ticket = T::Consideration::new(provider, footprint(&outputs))?;
        Outputs::<T>::insert(id, outputs);
        Ok(ticket)
    }

    /// The result of `provider` is settled or refuted: if the chain has its outputs, they go, and the deposit returns.
    /// Returns what it weighed.
    pub(crate) fn drop_outputs(entry: &mut Entry<T>, provider: &T::AccountId) -> Result<Weight, DispatchError> {
        let Some(ticket) = entry.job.carried.take() else { return Ok(Weight::zero()) };
        Self::remove_outputs(&entry.id, provider, ticket)?;
        Ok(T::WeightInfo::drop_outputs())
    }

    /// Removes the outputs of a job and returns their deposit.
    pub(crate) fn remove_outputs(id: &JobId, provider: &T::AccountId, ticket: T::Consideration) -> DispatchResult {
        Outputs::<T>::remove(id);
        ticket.drop(provider)
    }
}
