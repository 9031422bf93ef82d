//! Weights of `pallet_dispute_clock`, measured on the runtime's Wasm by `scripts/weights.sh`.
//!
//! DATE: 2026-11-21, STEPS: `50`, REPEAT: `10`, CPU: `Intel(R) Xeon(R) Processor`
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
	/// Storage: `DisputeClock::Now` (r:1 w:1)
	/// Proof: `DisputeClock::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `DisputeClock::SpaceLeft` (r:0 w:1)
	/// Proof: `DisputeClock::SpaceLeft` (`max_values`: Some(1), `max_size`: Some(1), added: 496, mode: `MaxEncodedLen`)
	fn tick() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `76`
		//  Estimated: `1489`
		// Minimum execution time: 6_614_000 picoseconds.
		Weight::from_parts(7_475_000, 1489)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn tick() -> Weight {
		Weight::from_parts(7_475_000, 1489)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
}
