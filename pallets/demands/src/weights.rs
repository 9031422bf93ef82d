//! Weights of `pallet_demands`, measured on the runtime's Wasm by `scripts/weights.sh`.
//!
//! DATE: 2026-11-30, STEPS: `20`, REPEAT: `10`, CPU: `AMD EPYC`
//! WORST CASE MAP SIZE: `1000000`, WASM-EXECUTION: `Compiled`

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_demands`.
pub trait WeightInfo {
	fn demand(b: u32, ) -> Weight;
	fn shown(n: u32, ) -> Weight;
	fn reveal(b: u32, ) -> Weight;
	fn serve_unanswered() -> Weight;
	fn serve_answered() -> Weight;
	fn serve_base() -> Weight;
	fn serve_tick() -> Weight;
}

/// Weights for `pallet_demands` with the runtime's database.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `Demands::Demands` (r:1 w:1)
	/// Proof: `Demands::Demands` (`max_values`: None, `max_size`: Some(227), added: 2702, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `Demands::Queue` (r:0 w:1)
	/// Proof: `Demands::Queue` (`max_values`: None, `max_size`: Some(70), added: 2545, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[96, 2048]`.
	fn demand(b: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7898`
		//  Estimated: `11548`
		// Minimum execution time: 162_623_000 picoseconds.
		Weight::from_parts(197_551_802, 11548)
			.saturating_add(Weight::from_parts(8_236, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Demands::Demands` (r:5 w:0)
	/// Proof: `Demands::Demands` (`max_values`: None, `max_size`: Some(227), added: 2702, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[0, 5]`.
	fn shown(n: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `337 + n * (89 ±0)`
		//  Estimated: `990 + n * (2702 ±0)`
		// Minimum execution time: 250_000 picoseconds.
		Weight::from_parts(4_955_699, 990)
			// Standard Error: 39_058
			.saturating_add(Weight::from_parts(9_807_300, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2702).saturating_mul(n.into()))
	}
	/// Storage: `Demands::Demands` (r:1 w:1)
	/// Proof: `Demands::Demands` (`max_values`: None, `max_size`: Some(227), added: 2702, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[4, 65536]`.
	fn reveal(b: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `8213`
		//  Estimated: `11548`
		// Minimum execution time: 130_464_000 picoseconds.
		Weight::from_parts(145_660_432, 11548)
			// Standard Error: 100
			.saturating_add(Weight::from_parts(6_275, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `Demands::Demands` (r:1 w:1)
	/// Proof: `Demands::Demands` (`max_values`: None, `max_size`: Some(227), added: 2702, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:3 w:3)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
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
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:2)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Arrivals` (r:0 w:1)
	/// Proof: `ProviderRegistry::Arrivals` (`max_values`: None, `max_size`: Some(61), added: 2536, mode: `MaxEncodedLen`)
	/// Storage: `Demands::Queue` (r:0 w:1)
	/// Proof: `Demands::Queue` (`max_values`: None, `max_size`: Some(70), added: 2545, mode: `MaxEncodedLen`)
	fn serve_unanswered() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `31512`
		//  Estimated: `42478`
		// Minimum execution time: 791_168_000 picoseconds.
		Weight::from_parts(1_231_921_000, 42478)
			.saturating_add(T::DbWeight::get().reads(31_u64))
			.saturating_add(T::DbWeight::get().writes(33_u64))
	}
	/// Storage: `Demands::Demands` (r:1 w:1)
	/// Proof: `Demands::Demands` (`max_values`: None, `max_size`: Some(227), added: 2702, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:0)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `Demands::Queue` (r:0 w:1)
	/// Proof: `Demands::Queue` (`max_values`: None, `max_size`: Some(70), added: 2545, mode: `MaxEncodedLen`)
	fn serve_answered() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `8144`
		//  Estimated: `11548`
		// Minimum execution time: 129_531_000 picoseconds.
		Weight::from_parts(140_763_000, 11548)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `Demands::QueueCursor` (r:1 w:0)
	/// Proof: `Demands::QueueCursor` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn serve_base() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `76`
		//  Estimated: `1489`
		// Minimum execution time: 3_697_000 picoseconds.
		Weight::from_parts(4_509_000, 1489)
			.saturating_add(T::DbWeight::get().reads(1_u64))
	}
	/// Storage: `Demands::QueueCursor` (r:1 w:1)
	/// Proof: `Demands::QueueCursor` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Demands::Queue` (r:1 w:0)
	/// Proof: `Demands::Queue` (`max_values`: None, `max_size`: Some(70), added: 2545, mode: `MaxEncodedLen`)
	fn serve_tick() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `76`
		//  Estimated: `3535`
		// Minimum execution time: 11_622_000 picoseconds.
		Weight::from_parts(17_483_000, 3535)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn demand(b: u32, ) -> Weight {
		Weight::from_parts(197_551_802, 11548)
			.saturating_add(Weight::from_parts(8_236, 0).saturating_mul(b.into()))
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(5_u64))
	}
	fn shown(n: u32, ) -> Weight {
		Weight::from_parts(4_955_699, 990)
			.saturating_add(Weight::from_parts(9_807_300, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(Weight::from_parts(0, 2702).saturating_mul(n.into()))
	}
	fn reveal(b: u32, ) -> Weight {
		Weight::from_parts(145_660_432, 11548)
			.saturating_add(Weight::from_parts(6_275, 0).saturating_mul(b.into()))
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(4_u64))
	}
	fn serve_unanswered() -> Weight {
		Weight::from_parts(1_231_921_000, 42478)
			.saturating_add(RocksDbWeight::get().reads(31_u64))
			.saturating_add(RocksDbWeight::get().writes(33_u64))
	}
	fn serve_answered() -> Weight {
		Weight::from_parts(140_763_000, 11548)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(5_u64))
	}
	fn serve_base() -> Weight {
		Weight::from_parts(4_509_000, 1489)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
	}
	fn serve_tick() -> Weight {
		Weight::from_parts(17_483_000, 3535)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
}
