//! Weights of `pallet_provider_registry`, measured on the runtime's Wasm by `scripts/weights.sh`.
//!
//! DATE: 2026-11-30, STEPS: `20`, REPEAT: `10`, CPU: `AMD EPYC`
//! WORST CASE MAP SIZE: `1000000`, WASM-EXECUTION: `Compiled`

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_provider_registry`.
pub trait WeightInfo {
	fn register() -> Weight;
	fn set_endpoint() -> Weight;
	fn add_stake() -> Weight;
	fn remove_stake() -> Weight;
	fn add_device() -> Weight;
	fn remove_device() -> Weight;
	fn set_ask() -> Weight;
	fn deregister() -> Weight;
	fn search(n: u32, f: u32, ) -> Weight;
	fn relist() -> Weight;
	fn withdraw(f: u32, ) -> Weight;
	fn arrivals_base() -> Weight;
	fn arrivals_tick() -> Weight;
	fn arrive() -> Weight;
}

/// Weights for `pallet_provider_registry` with the runtime's database.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	fn register() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `42`
		//  Estimated: `6056`
		// Minimum execution time: 136_625_000 picoseconds.
		Weight::from_parts(141_264_000, 6056)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	fn set_endpoint() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2696`
		//  Estimated: `6056`
		// Minimum execution time: 62_427_000 picoseconds.
		Weight::from_parts(64_941_000, 6056)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:0 w:16)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	fn add_stake() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2771`
		//  Estimated: `6056`
		// Minimum execution time: 166_561_000 picoseconds.
		Weight::from_parts(171_861_000, 6056)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(18_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:1 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(341), added: 2816, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:0 w:16)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	fn remove_stake() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2900`
		//  Estimated: `6056`
		// Minimum execution time: 168_525_000 picoseconds.
		Weight::from_parts(172_712_000, 6056)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(18_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	fn add_device() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2627`
		//  Estimated: `6056`
		// Minimum execution time: 124_793_000 picoseconds.
		Weight::from_parts(128_780_000, 6056)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:1 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:1 w:16)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	fn remove_device() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `9264`
		//  Estimated: `9348`
		// Minimum execution time: 186_778_000 picoseconds.
		Weight::from_parts(195_004_000, 9348)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(19_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::NextSequence` (r:1 w:1)
	/// Proof: `ProviderRegistry::NextSequence` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:2 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(341), added: 2816, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:1 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:1 w:1)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Arrivals` (r:0 w:1)
	/// Proof: `ProviderRegistry::Arrivals` (`max_values`: None, `max_size`: Some(61), added: 2536, mode: `MaxEncodedLen`)
	fn set_ask() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `9318`
		//  Estimated: `9348`
		// Minimum execution time: 111_699_000 picoseconds.
		Weight::from_parts(117_128_000, 9348)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:1 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:16 w:16)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::FaultsOf` (r:1 w:1)
	/// Proof: `ProviderRegistry::FaultsOf` (`max_values`: None, `max_size`: Some(113), added: 2588, mode: `MaxEncodedLen`)
	fn deregister() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `9291`
		//  Estimated: `42478`
		// Minimum execution time: 413_402_000 picoseconds.
		Weight::from_parts(423_571_000, 42478)
			.saturating_add(T::DbWeight::get().reads(20_u64))
			.saturating_add(T::DbWeight::get().writes(20_u64))
	}
	/// Storage: `ProviderRegistry::Fronts` (r:3 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:12 w:1)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	/// The range of component `n` is `[1, 12]`.
	/// The range of component `f` is `[2, 600]`.
	fn search(n: u32, f: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `220 + f * (28 ±0) + n * (47 ±0)`
		//  Estimated: `26064 + n * (2593 ±0)`
		// Minimum execution time: 101_049_000 picoseconds.
		Weight::from_parts(33_918_456, 26064)
			// Standard Error: 16_068
			.saturating_add(Weight::from_parts(5_517_819, 0).saturating_mul(n.into()))
			// Standard Error: 309
			.saturating_add(Weight::from_parts(193_504, 0).saturating_mul(f.into()))
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(T::DbWeight::get().writes(2_u64))
			.saturating_add(Weight::from_parts(0, 2593).saturating_mul(n.into()))
	}
	/// Storage: `ProviderRegistry::Fronts` (r:1 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:0 w:1)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	fn relist() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `6094`
		//  Estimated: `9348`
		// Minimum execution time: 23_453_000 picoseconds.
		Weight::from_parts(24_646_000, 9348)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `ProviderRegistry::Fronts` (r:1 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:1 w:1)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	/// The range of component `f` is `[1, 210]`.
	fn withdraw(f: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `328 + f * (28 ±0)`
		//  Estimated: `9348`
		// Minimum execution time: 25_568_000 picoseconds.
		Weight::from_parts(27_519_434, 9348)
			// Standard Error: 105
			.saturating_add(Weight::from_parts(29_996, 0).saturating_mul(f.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `ProviderRegistry::ArrivalsCursor` (r:1 w:0)
	/// Proof: `ProviderRegistry::ArrivalsCursor` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn arrivals_base() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `42`
		//  Estimated: `1489`
		// Minimum execution time: 3_607_000 picoseconds.
		Weight::from_parts(4_168_000, 1489)
			.saturating_add(T::DbWeight::get().reads(1_u64))
	}
	/// Storage: `ProviderRegistry::ArrivalsCursor` (r:1 w:0)
	/// Proof: `ProviderRegistry::ArrivalsCursor` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Arrivals` (r:1 w:0)
	/// Proof: `ProviderRegistry::Arrivals` (`max_values`: None, `max_size`: Some(61), added: 2536, mode: `MaxEncodedLen`)
	fn arrivals_tick() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `46`
		//  Estimated: `3526`
		// Minimum execution time: 9_588_000 picoseconds.
		Weight::from_parts(10_540_000, 3526)
			.saturating_add(T::DbWeight::get().reads(2_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:1 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:0 w:1)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Arrivals` (r:0 w:1)
	/// Proof: `ProviderRegistry::Arrivals` (`max_values`: None, `max_size`: Some(61), added: 2536, mode: `MaxEncodedLen`)
	fn arrive() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `8649`
		//  Estimated: `9348`
		// Minimum execution time: 52_388_000 picoseconds.
		Weight::from_parts(55_123_000, 9348)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn register() -> Weight {
		Weight::from_parts(141_264_000, 6056)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn set_endpoint() -> Weight {
		Weight::from_parts(64_941_000, 6056)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn add_stake() -> Weight {
		Weight::from_parts(171_861_000, 6056)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(18_u64))
	}
	fn remove_stake() -> Weight {
		Weight::from_parts(172_712_000, 6056)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(18_u64))
	}
	fn add_device() -> Weight {
		Weight::from_parts(128_780_000, 6056)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn remove_device() -> Weight {
		Weight::from_parts(195_004_000, 9348)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(19_u64))
	}
	fn set_ask() -> Weight {
		Weight::from_parts(117_128_000, 9348)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(5_u64))
	}
	fn deregister() -> Weight {
		Weight::from_parts(423_571_000, 42478)
			.saturating_add(RocksDbWeight::get().reads(20_u64))
			.saturating_add(RocksDbWeight::get().writes(20_u64))
	}
	fn search(n: u32, f: u32, ) -> Weight {
		Weight::from_parts(33_918_456, 26064)
			.saturating_add(Weight::from_parts(5_517_819, 0).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(193_504, 0).saturating_mul(f.into()))
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().reads((1_u64).saturating_mul(n.into())))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
			.saturating_add(Weight::from_parts(0, 2593).saturating_mul(n.into()))
	}
	fn relist() -> Weight {
		Weight::from_parts(24_646_000, 9348)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn withdraw(f: u32, ) -> Weight {
		Weight::from_parts(27_519_434, 9348)
			.saturating_add(Weight::from_parts(29_996, 0).saturating_mul(f.into()))
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn arrivals_base() -> Weight {
		Weight::from_parts(4_168_000, 1489)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
	}
	fn arrivals_tick() -> Weight {
		Weight::from_parts(10_540_000, 3526)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
	}
	fn arrive() -> Weight {
		Weight::from_parts(55_123_000, 9348)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(4_u64))
	}
}
