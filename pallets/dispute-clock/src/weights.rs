//! Weights of `pallet_dispute_clock`, measured on the runtime's Wasm by `scripts/weights.sh`.
//!
//! DATE: 2026-11-30, STEPS: `20`, REPEAT: `10`, CPU: `AMD EPYC`
//! WORST CASE MAP SIZE: `1000000`, WASM-EXECUTION: `Compiled`

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_dispute_clock`.
pub trait WeightInfo {
	fn tick() -> Weight;
}

/// Weights for `pallet_dispute_clock` with the runtime's database.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `DisputeClock::SpaceLeft` (r:0 w:1)
	/// Proof: `DisputeClock::SpaceLeft` (`max_values`: Some(1), `max_size`: Some(1), added: 496, mode: `MaxEncodedLen`)
	fn tick() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `0`
		//  Estimated: `0`
		// Minimum execution time: 4_689_000 picoseconds.
		Weight::from_parts(5_210_000, 0)
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn tick() -> Weight {
		Weight::from_parts(5_210_000, 0)
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
}
