//! What a refutation is charged before anything of it is looked at.

use frame_support::weights::Weight;
use touchstone_kir::limits::{MAX_CODE_BYTES, MAX_FUEL};

use crate::{Config, Pallet, WeightInfo};

impl<T: Config> Pallet<T> {
    /// Weight of a refutation that may burn `fuel` in a kernel of `code_bytes` bytes and opens `opened_bytes` bytes.
    ///
    /// Fuel, code and openings are measured apart: beside the largest fuel the other two would vanish in the noise, and each
    /// can be had without the others.
    pub fn refutation_weight(fuel: u64, code_bytes: u32, opened_bytes: u32) -> Weight {
        T::WeightInfo::refute(fuel.min(MAX_FUEL) as u32)
            .saturating_add(T::WeightInfo::load(code_bytes.min(MAX_CODE_BYTES as u32)))
            .saturating_add(T::WeightInfo::open(opened_bytes))
    }
}
