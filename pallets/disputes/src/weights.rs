//! Weights of `pallet_disputes`, measured on the runtime's Wasm by `scripts/weights.sh`.
//!
//! DATE: 2026-11-30, STEPS: `20`, REPEAT: `10`, CPU: `AMD EPYC`
//! WORST CASE MAP SIZE: `1000000`, WASM-EXECUTION: `Compiled`

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_disputes`.
pub trait WeightInfo {
	fn refute(f: u32, ) -> Weight;
	fn open(b: u32, ) -> Weight;
	fn load(c: u32, ) -> Weight;
}

/// Weights for `pallet_disputes` with the runtime's database.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Codes` (r:1 w:0)
	/// Proof: `KernelRegistry::Codes` (`max_values`: None, `max_size`: Some(50844), added: 53319, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:2 w:2)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::FaultsOf` (r:1 w:1)
	/// Proof: `ProviderRegistry::FaultsOf` (`max_values`: None, `max_size`: Some(113), added: 2588, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:2 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(341), added: 2816, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:3 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:16 w:16)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:2)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Arrivals` (r:0 w:1)
	/// Proof: `ProviderRegistry::Arrivals` (`max_values`: None, `max_size`: Some(61), added: 2536, mode: `MaxEncodedLen`)
	/// The range of component `f` is `[65536, 16777216]`.
	fn refute(f: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `30990`
		//  Estimated: `54309`
		// Minimum execution time: 1_250_175_000 picoseconds.
		Weight::from_parts(1_168_253_876, 54309)
			// Standard Error: 21
			.saturating_add(Weight::from_parts(6_902, 0).saturating_mul(f.into()))
			.saturating_add(T::DbWeight::get().reads(30_u64))
			.saturating_add(T::DbWeight::get().writes(28_u64))
	}
	/// The range of component `b` is `[9216, 589824]`.
	fn open(b: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `0`
		//  Estimated: `0`
		// Minimum execution time: 50_725_000 picoseconds.
		Weight::from_parts(51_246_000, 0)
			// Standard Error: 3
			.saturating_add(Weight::from_parts(4_476, 0).saturating_mul(b.into()))
	}
	/// Storage: `KernelRegistry::Codes` (r:1 w:0)
	/// Proof: `KernelRegistry::Codes` (`max_values`: None, `max_size`: Some(50844), added: 53319, mode: `MaxEncodedLen`)
	/// The range of component `c` is `[1024, 49000]`.
	fn load(c: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `216 + c * (1 ±0)`
		//  Estimated: `54309`
		// Minimum execution time: 17_483_000 picoseconds.
		Weight::from_parts(14_153_033, 54309)
			// Standard Error: 4
			.saturating_add(Weight::from_parts(5_785, 0).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn refute(f: u32, ) -> Weight {
		Weight::from_parts(1_168_253_876, 54309)
			.saturating_add(Weight::from_parts(6_902, 0).saturating_mul(f.into()))
			.saturating_add(RocksDbWeight::get().reads(30_u64))
			.saturating_add(RocksDbWeight::get().writes(28_u64))
	}
	fn open(b: u32, ) -> Weight {
		Weight::from_parts(51_246_000, 0)
			.saturating_add(Weight::from_parts(4_476, 0).saturating_mul(b.into()))
	}
	fn load(c: u32, ) -> Weight {
		Weight::from_parts(14_153_033, 54309)
			.saturating_add(Weight::from_parts(5_785, 0).saturating_mul(c.into()))
			.saturating_add(RocksDbWeight::get().reads(1_u64))
	}
}
