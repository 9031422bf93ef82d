//! Weights of `pallet_disputes`, measured on the runtime's Wasm by `scripts/weights.sh`.
//!
//! DATE: 2026-11-21, STEPS: `50`, REPEAT: `10`, CPU: `Intel(R) Xeon(R) Processor`
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
	/// Storage: `Disputes::Results` (r:1 w:1)
	/// Proof: `Disputes::Results` (`max_values`: None, `max_size`: Some(613), added: 3088, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Codes` (r:1 w:0)
	/// Proof: `KernelRegistry::Codes` (`max_values`: None, `max_size`: Some(50844), added: 53319, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:3 w:3)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:65 w:2)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::FaultsOf` (r:1 w:1)
	/// Proof: `ProviderRegistry::FaultsOf` (`max_values`: None, `max_size`: Some(113), added: 2588, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:2 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(136), added: 2611, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:67 w:17)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(58), added: 2533, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:2)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Standing` (r:0 w:1)
	/// Proof: `Disputes::Standing` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// The range of component `f` is `[65536, 16777216]`.
	fn refute(f: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `115964`
		//  Estimated: `308440`
		// Minimum execution time: 2_271_951_000 picoseconds.
		Weight::from_parts(2_064_516_560, 308440)
			// Standard Error: 9
			.saturating_add(Weight::from_parts(4_917, 0).saturating_mul(f.into()))
			.saturating_add(T::DbWeight::get().reads(146_u64))
			.saturating_add(T::DbWeight::get().writes(33_u64))
	}
	/// The range of component `b` is `[9216, 589824]`.
	fn open(b: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `0`
		//  Estimated: `0`
		// Minimum execution time: 36_240_000 picoseconds.
		Weight::from_parts(5_120_786, 0)
			// Standard Error: 0
			.saturating_add(Weight::from_parts(3_402, 0).saturating_mul(b.into()))
	}
	/// Storage: `KernelRegistry::Codes` (r:1 w:0)
	/// Proof: `KernelRegistry::Codes` (`max_values`: None, `max_size`: Some(50844), added: 53319, mode: `MaxEncodedLen`)
	/// The range of component `c` is `[1024, 49000]`.
	fn load(c: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `216 + c * (1 ±0)`
		//  Estimated: `54309`
		// Minimum execution time: 23_606_000 picoseconds.
		Weight::from_parts(16_040_239, 54309)
			// Standard Error: 11
			.saturating_add(Weight::from_parts(5_375, 0).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn refute(f: u32, ) -> Weight {
		Weight::from_parts(2_064_516_560, 308440)
			.saturating_add(Weight::from_parts(4_917, 0).saturating_mul(f.into()))
			.saturating_add(RocksDbWeight::get().reads(146_u64))
			.saturating_add(RocksDbWeight::get().writes(33_u64))
	}
	fn open(b: u32, ) -> Weight {
		Weight::from_parts(5_120_786, 0)
			.saturating_add(Weight::from_parts(3_402, 0).saturating_mul(b.into()))
	}
	fn load(c: u32, ) -> Weight {
		Weight::from_parts(16_040_239, 54309)
			.saturating_add(Weight::from_parts(5_375, 0).saturating_mul(c.into()))
			.saturating_add(RocksDbWeight::get().reads(1_u64))
	}
}
