//! What a refutation is charged before anything of it is looked at.

use frame_support::{dispatch::DispatchClass, pallet_prelude::*};
use touchstone_kir::limits::{MAX_CODE_BYTES, MAX_FUEL};
use touchstone_primitives::Jobs;

use crate::{max_opened_bytes, max_proof_bytes, Config, Pallet, WeightInfo};

/// Bytes of an extrinsic around a proof: signature, extensions, claim.
const ENVELOPE_BYTES: u32 = 1_024;

impl<T: Config> Pallet<T> {
    /// Weight of a refutation that may burn `fuel` in a kernel of `code_bytes` bytes and opens `opened_bytes` bytes.
    ///
    /// Fuel, code and openings are measured apart: in a measurement with the largest fuel the other two would be lost
    /// in the noise, and a call can have each without the others. The longest search for another provider is added to
    /// that.
    pub fn refutation_weight(fuel: u64, code_bytes: u32, opened_bytes: u32) -> Weight {
        T::WeightInfo::refute(fuel.min(MAX_FUEL) as u32)
            .saturating_add(T::WeightInfo::load(code_bytes.min(MAX_CODE_BYTES as u32)))
            .saturating_add(T::WeightInfo::open(opened_bytes))
            .saturating_add(T::Jobs::retry_weight())
    }

    /// Length of the largest refutation as an extrinsic, bytes: what the dispute clock keeps space for.
    pub fn largest_refutation_bytes() -> u32 {
        max_proof_bytes().saturating_add(ENVELOPE_BYTES)
    }

    /// Weight of the largest refutation as an extrinsic: what the dispute clock keeps space for. The base weight counts
    /// twice: once more for the extensions.
    pub fn largest_refutation_weight() -> Weight {
        let base = T::BlockWeights::get().get(DispatchClass::Operational).base_extrinsic;
        Self::refutation_weight(MAX_FUEL, MAX_CODE_BYTES as u32, max_opened_bytes())
            .saturating_add(base.saturating_mul(2))
            .saturating_add_proof_size(Self::largest_refutation_bytes().into())
    }
}
