//! Weights of `pallet_reverse_auction`, measured on the runtime's Wasm by `scripts/weights.sh`.
//!
//! DATE: 2026-11-30, STEPS: `20`, REPEAT: `10`, CPU: `AMD EPYC`
//! WORST CASE MAP SIZE: `1000000`, WASM-EXECUTION: `Compiled`

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_reverse_auction`.
pub trait WeightInfo {
	fn submit(s: u32, i: u32, ) -> Weight;
	fn submit_code(c: u32, ) -> Weight;
	fn submit_inline(b: u32, ) -> Weight;
	fn submit_asset() -> Weight;
	fn bid() -> Weight;
	fn cancel() -> Weight;
	fn pass() -> Weight;
	fn commit() -> Weight;
	fn commit_outputs(b: u32, ) -> Weight;
	fn drop_outputs() -> Weight;
	fn accept() -> Weight;
	fn poke_unsold() -> Weight;
	fn poke_sold() -> Weight;
	fn poke_missed() -> Weight;
	fn poke_accepted() -> Weight;
	fn poke_stood() -> Weight;
	fn poke_expired() -> Weight;
	fn serve_early() -> Weight;
	fn serve_base() -> Weight;
	fn serve_tick() -> Weight;
}

/// Weights for `pallet_reverse_auction` with the runtime's database.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:1 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(341), added: 2816, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Kernels` (r:16 w:16)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Codes` (r:16 w:0)
	/// Proof: `KernelRegistry::Codes` (`max_values`: None, `max_size`: Some(50844), added: 53319, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:3 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:1 w:1)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:1)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:1)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	/// The range of component `s` is `[1, 16]`.
	/// The range of component `i` is `[1, 16]`.
	fn submit(s: u32, i: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `2804 + s * (1156 ±0)`
		//  Estimated: `26064 + s * (53319 ±0)`
		// Minimum execution time: 329_746_000 picoseconds.
		Weight::from_parts(271_321_560, 26064)
			// Standard Error: 77_460
			.saturating_add(Weight::from_parts(26_173_627, 0).saturating_mul(s.into()))
			// Standard Error: 77_460
			.saturating_add(Weight::from_parts(2_474_443, 0).saturating_mul(i.into()))
			.saturating_add(T::DbWeight::get().reads(9_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(8_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(s.into())))
			.saturating_add(Weight::from_parts(0, 53319).saturating_mul(s.into()))
	}
	/// Storage: `KernelRegistry::Kernels` (r:1 w:0)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Codes` (r:1 w:0)
	/// Proof: `KernelRegistry::Codes` (`max_values`: None, `max_size`: Some(50844), added: 53319, mode: `MaxEncodedLen`)
	/// The range of component `c` is `[1024, 50808]`.
	fn submit_code(c: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `242`
		//  Estimated: `54309`
		// Minimum execution time: 28_213_000 picoseconds.
		Weight::from_parts(19_213_884, 54309)
			// Standard Error: 2
			.saturating_add(Weight::from_parts(8_867, 0).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
	}
	/// Storage: `ReverseAuction::Inline` (r:0 w:1)
	/// Proof: `ReverseAuction::Inline` (`max_values`: None, `max_size`: Some(1048673), added: 1051148, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[4, 65536]`.
	fn submit_inline(b: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `0`
		//  Estimated: `0`
		// Minimum execution time: 4_127_000 picoseconds.
		Weight::from_parts(5_020_323, 0)
			// Standard Error: 1
			.saturating_add(Weight::from_parts(4_474, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Parameters::Parameters` (r:1 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(341), added: 2816, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:1 w:1)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
	/// Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(213), added: 2688, mode: `MaxEncodedLen`)
	fn submit_asset() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `665`
		//  Estimated: `3806`
		// Minimum execution time: 75_601_000 picoseconds.
		Weight::from_parts(78_768_000, 3806)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:2 w:2)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:1 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:1 w:4)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	fn bid() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `17434`
		//  Estimated: `11548`
		// Minimum execution time: 221_203_000 picoseconds.
		Weight::from_parts(239_317_000, 11548)
			.saturating_add(T::DbWeight::get().reads(7_u64))
			.saturating_add(T::DbWeight::get().writes(10_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:1 w:1)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(213), added: 2688, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
	/// Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Kernels` (r:16 w:16)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::OpenAuctions` (r:0 w:1)
	/// Proof: `ReverseAuction::OpenAuctions` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	fn cancel() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `9091`
		//  Estimated: `41998`
		// Minimum execution time: 268_302_000 picoseconds.
		Weight::from_parts(290_943_000, 41998)
			.saturating_add(T::DbWeight::get().reads(22_u64))
			.saturating_add(T::DbWeight::get().writes(25_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
	/// Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(213), added: 2688, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:2 w:2)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::NextSequence` (r:1 w:1)
	/// Proof: `ProviderRegistry::NextSequence` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:1 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(341), added: 2816, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:3 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:2 w:2)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:2)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Arrivals` (r:0 w:1)
	/// Proof: `ProviderRegistry::Arrivals` (`max_values`: None, `max_size`: Some(61), added: 2536, mode: `MaxEncodedLen`)
	fn pass() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `12248`
		//  Estimated: `26064`
		// Minimum execution time: 319_597_000 picoseconds.
		Weight::from_parts(360_183_000, 26064)
			.saturating_add(T::DbWeight::get().reads(15_u64))
			.saturating_add(T::DbWeight::get().writes(15_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Arrivals` (r:0 w:1)
	/// Proof: `ProviderRegistry::Arrivals` (`max_values`: None, `max_size`: Some(61), added: 2536, mode: `MaxEncodedLen`)
	fn commit() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `9432`
		//  Estimated: `11548`
		// Minimum execution time: 91_100_000 picoseconds.
		Weight::from_parts(106_710_000, 11548)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Outputs` (r:0 w:1)
	/// Proof: `ReverseAuction::Outputs` (`max_values`: None, `max_size`: Some(65572), added: 68047, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[64, 65536]`.
	fn commit_outputs(b: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `103`
		//  Estimated: `3658`
		// Minimum execution time: 75_431_000 picoseconds.
		Weight::from_parts(116_259_506, 3658)
			// Standard Error: 21
			.saturating_add(Weight::from_parts(7_197, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Outputs` (r:0 w:1)
	/// Proof: `ReverseAuction::Outputs` (`max_values`: None, `max_size`: Some(65572), added: 68047, mode: `MaxEncodedLen`)
	fn drop_outputs() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `158`
		//  Estimated: `3658`
		// Minimum execution time: 55_514_000 picoseconds.
		Weight::from_parts(99_355_000, 3658)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn accept() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7288`
		//  Estimated: `11548`
		// Minimum execution time: 57_908_000 picoseconds.
		Weight::from_parts(66_324_000, 11548)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:1 w:1)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(213), added: 2688, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
	/// Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Kernels` (r:16 w:16)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::OpenAuctions` (r:0 w:1)
	/// Proof: `ReverseAuction::OpenAuctions` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	fn poke_unsold() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `9091`
		//  Estimated: `41998`
		// Minimum execution time: 272_779_000 picoseconds.
		Weight::from_parts(290_603_000, 41998)
			.saturating_add(T::DbWeight::get().reads(22_u64))
			.saturating_add(T::DbWeight::get().writes(25_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:1 w:1)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::OpenAuctions` (r:0 w:1)
	/// Proof: `ReverseAuction::OpenAuctions` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:1)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	fn poke_sold() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7632`
		//  Estimated: `11548`
		// Minimum execution time: 134_691_000 picoseconds.
		Weight::from_parts(147_385_000, 11548)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(8_u64))
	}
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:1 w:1)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:2 w:2)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:3 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:2 w:2)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:2)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	fn poke_missed() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `12191`
		//  Estimated: `26064`
		// Minimum execution time: 336_318_000 picoseconds.
		Weight::from_parts(359_091_000, 26064)
			.saturating_add(T::DbWeight::get().reads(14_u64))
			.saturating_add(T::DbWeight::get().writes(16_u64))
	}
	/// Storage: `System::Account` (r:3 w:3)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:3 w:3)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(213), added: 2688, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
	/// Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn poke_accepted() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `8285`
		//  Estimated: `11548`
		// Minimum execution time: 250_047_000 picoseconds.
		Weight::from_parts(270_696_000, 11548)
			.saturating_add(T::DbWeight::get().reads(10_u64))
			.saturating_add(T::DbWeight::get().writes(12_u64))
	}
	/// Storage: `System::Account` (r:3 w:3)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:3 w:3)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(213), added: 2688, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
	/// Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:1 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:1 w:2)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Kernels` (r:16 w:16)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:1)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	fn poke_stood() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `17854`
		//  Estimated: `41998`
		// Minimum execution time: 492_429_000 picoseconds.
		Weight::from_parts(527_676_000, 41998)
			.saturating_add(T::DbWeight::get().reads(30_u64))
			.saturating_add(T::DbWeight::get().writes(34_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:1 w:1)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(193), added: 2668, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:1)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Inline` (r:0 w:1)
	/// Proof: `ReverseAuction::Inline` (`max_values`: None, `max_size`: Some(1048673), added: 1051148, mode: `MaxEncodedLen`)
	fn poke_expired() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7820`
		//  Estimated: `11548`
		// Minimum execution time: 179_205_000 picoseconds.
		Weight::from_parts(193_411_000, 11548)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8083), added: 10558, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn serve_early() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7288`
		//  Estimated: `11548`
		// Minimum execution time: 46_878_000 picoseconds.
		Weight::from_parts(53_160_000, 11548)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `ReverseAuction::AgendaCursor` (r:1 w:0)
	/// Proof: `ReverseAuction::AgendaCursor` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn serve_base() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `76`
		//  Estimated: `1489`
		// Minimum execution time: 3_727_000 picoseconds.
		Weight::from_parts(4_389_000, 1489)
			.saturating_add(T::DbWeight::get().reads(1_u64))
	}
	/// Storage: `ReverseAuction::AgendaCursor` (r:1 w:1)
	/// Proof: `ReverseAuction::AgendaCursor` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:1 w:0)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn serve_tick() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `76`
		//  Estimated: `3509`
		// Minimum execution time: 10_549_000 picoseconds.
		Weight::from_parts(11_622_000, 3509)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn submit(s: u32, i: u32, ) -> Weight {
		Weight::from_parts(271_321_560, 26064)
			.saturating_add(Weight::from_parts(26_173_627, 0).saturating_mul(s.into()))
			.saturating_add(Weight::from_parts(2_474_443, 0).saturating_mul(i.into()))
			.saturating_add(RocksDbWeight::get().reads(9_u64))
			.saturating_add(RocksDbWeight::get().reads((2_u64).saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(8_u64))
			.saturating_add(RocksDbWeight::get().writes((1_u64).saturating_mul(s.into())))
			.saturating_add(Weight::from_parts(0, 53319).saturating_mul(s.into()))
	}
	fn submit_code(c: u32, ) -> Weight {
		Weight::from_parts(19_213_884, 54309)
			.saturating_add(Weight::from_parts(8_867, 0).saturating_mul(c.into()))
			.saturating_add(RocksDbWeight::get().reads(2_u64))
	}
	fn submit_inline(b: u32, ) -> Weight {
		Weight::from_parts(5_020_323, 0)
			.saturating_add(Weight::from_parts(4_474, 0).saturating_mul(b.into()))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn submit_asset() -> Weight {
		Weight::from_parts(78_768_000, 3806)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(4_u64))
	}
	fn bid() -> Weight {
		Weight::from_parts(239_317_000, 11548)
			.saturating_add(RocksDbWeight::get().reads(7_u64))
			.saturating_add(RocksDbWeight::get().writes(10_u64))
	}
	fn cancel() -> Weight {
		Weight::from_parts(290_943_000, 41998)
			.saturating_add(RocksDbWeight::get().reads(22_u64))
			.saturating_add(RocksDbWeight::get().writes(25_u64))
	}
	fn pass() -> Weight {
		Weight::from_parts(360_183_000, 26064)
			.saturating_add(RocksDbWeight::get().reads(15_u64))
			.saturating_add(RocksDbWeight::get().writes(15_u64))
	}
	fn commit() -> Weight {
		Weight::from_parts(106_710_000, 11548)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn commit_outputs(b: u32, ) -> Weight {
		Weight::from_parts(116_259_506, 3658)
			.saturating_add(Weight::from_parts(7_197, 0).saturating_mul(b.into()))
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn drop_outputs() -> Weight {
		Weight::from_parts(99_355_000, 3658)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn accept() -> Weight {
		Weight::from_parts(66_324_000, 11548)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn poke_unsold() -> Weight {
		Weight::from_parts(290_603_000, 41998)
			.saturating_add(RocksDbWeight::get().reads(22_u64))
			.saturating_add(RocksDbWeight::get().writes(25_u64))
	}
	fn poke_sold() -> Weight {
		Weight::from_parts(147_385_000, 11548)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(8_u64))
	}
	fn poke_missed() -> Weight {
		Weight::from_parts(359_091_000, 26064)
			.saturating_add(RocksDbWeight::get().reads(14_u64))
			.saturating_add(RocksDbWeight::get().writes(16_u64))
	}
	fn poke_accepted() -> Weight {
		Weight::from_parts(270_696_000, 11548)
			.saturating_add(RocksDbWeight::get().reads(10_u64))
			.saturating_add(RocksDbWeight::get().writes(12_u64))
	}
	fn poke_stood() -> Weight {
		Weight::from_parts(527_676_000, 41998)
			.saturating_add(RocksDbWeight::get().reads(30_u64))
			.saturating_add(RocksDbWeight::get().writes(34_u64))
	}
	fn poke_expired() -> Weight {
		Weight::from_parts(193_411_000, 11548)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(7_u64))
	}
	fn serve_early() -> Weight {
		Weight::from_parts(53_160_000, 11548)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn serve_base() -> Weight {
		Weight::from_parts(4_389_000, 1489)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
	}
	fn serve_tick() -> Weight {
		Weight::from_parts(11_622_000, 3509)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
}
