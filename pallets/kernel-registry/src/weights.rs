//! Weights of `pallet_kernel_registry`, measured on the runtime's Wasm by `scripts/weights.sh`.
//!
//! DATE: 2026-11-30, STEPS: `20`, REPEAT: `10`, CPU: `AMD EPYC`
//! WORST CASE MAP SIZE: `1000000`, WASM-EXECUTION: `Compiled`

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_kernel_registry`.
pub trait WeightInfo {
	fn upload(b: u32, ) -> Weight;
	fn remove() -> Weight;
}

/// Weights for `pallet_kernel_registry` with the runtime's database.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `KernelRegistry::Kernels` (r:1 w:1)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Codes` (r:0 w:1)
	/// Proof: `KernelRegistry::Codes` (`max_values`: None, `max_size`: Some(50844), added: 53319, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[32, 50808]`.
	fn upload(b: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `76`
		//  Estimated: `3640`
		// Minimum execution time: 83_375_000 picoseconds.
		Weight::from_parts(89_352_341, 3640)
			// Standard Error: 7
			.saturating_add(Weight::from_parts(7_091, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `KernelRegistry::Kernels` (r:1 w:1)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Codes` (r:0 w:1)
	/// Proof: `KernelRegistry::Codes` (`max_values`: None, `max_size`: Some(50844), added: 53319, mode: `MaxEncodedLen`)
	fn remove() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `280`
		//  Estimated: `3640`
		// Minimum execution time: 73_147_000 picoseconds.
		Weight::from_parts(76_634_000, 3640)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn upload(b: u32, ) -> Weight {
		Weight::from_parts(89_352_341, 3640)
			.saturating_add(Weight::from_parts(7_091, 0).saturating_mul(b.into()))
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn remove() -> Weight {
		Weight::from_parts(76_634_000, 3640)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
}
