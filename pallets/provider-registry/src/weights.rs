//! Weights of `pallet_provider_registry`: figures of `scripts/weights.sh` from before the records and the index of asks
//! changed, and estimates by reads and writes for what is new (`search`, `arrivals_base`, `arrivals_tick`, `arrive`). None
//! of them was measured on the present code: run `scripts/weights.sh` before relying on them.
//!
//! Of the figures from before:
//! DATE: 2026-11-21, STEPS: `50`, REPEAT: `10`, CPU: `Intel(R) Xeon(R) Processor`
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
	fn search(n: u32, ) -> Weight;
	fn arrivals_base() -> Weight;
	fn arrivals_tick() -> Weight;
	fn arrive() -> Weight;
}

/// Weights for `pallet_provider_registry` with the runtime's database.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	fn register() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `42`
		//  Estimated: `5720`
		// Minimum execution time: 111_806_000 picoseconds.
		Weight::from_parts(119_554_000, 5720)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	fn set_endpoint() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2387`
		//  Estimated: `5720`
		// Minimum execution time: 40_216_000 picoseconds.
		Weight::from_parts(44_214_000, 5720)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	fn add_stake() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2462`
		//  Estimated: `5720`
		// Minimum execution time: 95_742_000 picoseconds.
		Weight::from_parts(101_543_000, 5720)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:1 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(136), added: 2611, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	fn remove_stake() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2591`
		//  Estimated: `5720`
		// Minimum execution time: 94_486_000 picoseconds.
		Weight::from_parts(101_823_000, 5720)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	fn add_device() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2335`
		//  Estimated: `5720`
		// Minimum execution time: 94_815_000 picoseconds.
		Weight::from_parts(101_734_000, 5720)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:0 w:1)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(58), added: 2533, mode: `MaxEncodedLen`)
	fn remove_device() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2462`
		//  Estimated: `5720`
		// Minimum execution time: 91_479_000 picoseconds.
		Weight::from_parts(97_460_000, 5720)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::NextSequence` (r:1 w:1)
	/// Proof: `ProviderRegistry::NextSequence` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:2 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(136), added: 2611, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:0 w:2)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(58), added: 2533, mode: `MaxEncodedLen`)
	fn set_ask() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2592`
		//  Estimated: `6212`
		// Minimum execution time: 67_259_000 picoseconds.
		Weight::from_parts(72_507_000, 6212)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::FaultsOf` (r:1 w:1)
	/// Proof: `ProviderRegistry::FaultsOf` (`max_values`: None, `max_size`: Some(113), added: 2588, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:0 w:16)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(58), added: 2533, mode: `MaxEncodedLen`)
	fn deregister() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2462`
		//  Estimated: `5720`
		// Minimum execution time: 182_557_000 picoseconds.
		Weight::from_parts(191_118_000, 5720)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(19_u64))
	}
	/// Not measured yet.
	fn search(n: u32, ) -> Weight {
		Weight::from_parts(60_000_000, 20_000)
			.saturating_add(Weight::from_parts(12_000_000, 0).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().reads((1_u64).saturating_mul(n.into())))
	}
	fn arrivals_base() -> Weight {
		Weight::from_parts(6_000_000, 1_489)
			.saturating_add(T::DbWeight::get().reads(2_u64))
	}
	fn arrivals_tick() -> Weight {
		Weight::from_parts(10_000_000, 3_509)
			.saturating_add(T::DbWeight::get().reads(1_u64))
	}
	fn arrive() -> Weight {
		Weight::from_parts(90_000_000, 10_000)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}

}

// For tests.
impl WeightInfo for () {
	fn register() -> Weight {
		Weight::from_parts(119_554_000, 5720)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn set_endpoint() -> Weight {
		Weight::from_parts(44_214_000, 5720)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn add_stake() -> Weight {
		Weight::from_parts(101_543_000, 5720)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn remove_stake() -> Weight {
		Weight::from_parts(101_823_000, 5720)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn add_device() -> Weight {
		Weight::from_parts(101_734_000, 5720)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
	fn remove_device() -> Weight {
		Weight::from_parts(97_460_000, 5720)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn set_ask() -> Weight {
		Weight::from_parts(72_507_000, 6212)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(4_u64))
	}
	fn deregister() -> Weight {
		Weight::from_parts(191_118_000, 5720)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(19_u64))
	}
	/// Not measured yet.
	fn search(n: u32, ) -> Weight {
		Weight::from_parts(60_000_000, 20_000)
			.saturating_add(Weight::from_parts(12_000_000, 0).saturating_mul(n.into()))
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().reads((1_u64).saturating_mul(n.into())))
	}
	fn arrivals_base() -> Weight {
		Weight::from_parts(6_000_000, 1_489)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
	}
	fn arrivals_tick() -> Weight {
		Weight::from_parts(10_000_000, 3_509)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
	}
	fn arrive() -> Weight {
		Weight::from_parts(90_000_000, 10_000)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(4_u64))
	}

}
