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
	/// Storage: `System::BlockHash` (r:1 w:0)
	/// Proof: `System::BlockHash` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:1 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(341), added: 2816, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Kernels` (r:16 w:16)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(88), added: 2563, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Codes` (r:16 w:0)
	/// Proof: `KernelRegistry::Codes` (`max_values`: None, `max_size`: Some(50844), added: 53319, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
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
		//  Measured:  `2826 + s * (1156 ±0)`
		//  Estimated: `26064 + s * (53319 ±0)`
		// Minimum execution time: 361_595_000 picoseconds.
		Weight::from_parts(457_448_079, 26064)
			// Standard Error: 1_123_831
			.saturating_add(Weight::from_parts(44_834_442, 0).saturating_mul(s.into()))
			// Standard Error: 1_123_831
			.saturating_add(Weight::from_parts(5_636_918, 0).saturating_mul(i.into()))
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(9_u64))
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
		// Minimum execution time: 30_027_000 picoseconds.
		Weight::from_parts(18_919_474, 54309)
			// Standard Error: 88
			.saturating_add(Weight::from_parts(15_009, 0).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads(2_u64))
	}
	/// Storage: `ReverseAuction::Inline` (r:0 w:1)
	/// Proof: `ReverseAuction::Inline` (`max_values`: None, `max_size`: Some(1048673), added: 1051148, mode: `MaxEncodedLen`)
	/// The range of component `b` is `[4, 65536]`.
	fn submit_inline(b: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `0`
		//  Estimated: `0`
		// Minimum execution time: 4_137_000 picoseconds.
		Weight::from_parts(7_496_831, 0)
			// Standard Error: 19
			.saturating_add(Weight::from_parts(7_285, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `Parameters::Parameters` (r:1 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(341), added: 2816, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:1 w:1)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
	/// Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(195), added: 2670, mode: `MaxEncodedLen`)
	fn submit_asset() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `673`
		//  Estimated: `3806`
		// Minimum execution time: 88_485_000 picoseconds.
		Weight::from_parts(150_912_000, 3806)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(5_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:2 w:2)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Fronts` (r:1 w:1)
	/// Proof: `ProviderRegistry::Fronts` (`max_values`: None, `max_size`: Some(5883), added: 8358, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:1 w:4)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(118), added: 2593, mode: `MaxEncodedLen`)
	fn bid() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `11599`
		//  Estimated: `11878`
		// Minimum execution time: 225_141_000 picoseconds.
		Weight::from_parts(396_340_000, 11878)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(11_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:1 w:1)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(195), added: 2670, mode: `MaxEncodedLen`)
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
		//  Measured:  `9154`
		//  Estimated: `41998`
		// Minimum execution time: 286_715_000 picoseconds.
		Weight::from_parts(415_336_000, 41998)
			.saturating_add(T::DbWeight::get().reads(23_u64))
			.saturating_add(T::DbWeight::get().writes(26_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
	/// Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(195), added: 2670, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
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
		//  Measured:  `12312`
		//  Estimated: `26064`
		// Minimum execution time: 344_934_000 picoseconds.
		Weight::from_parts(515_372_000, 26064)
			.saturating_add(T::DbWeight::get().reads(16_u64))
			.saturating_add(T::DbWeight::get().writes(16_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2591), added: 5066, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Arrivals` (r:0 w:1)
	/// Proof: `ProviderRegistry::Arrivals` (`max_values`: None, `max_size`: Some(61), added: 2536, mode: `MaxEncodedLen`)
	fn commit() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7259 + s * (126 ±0)`
		//  Estimated: `11878`
		// Minimum execution time: 78_907_000 picoseconds.
		Weight::from_parts(156_783_549, 11878)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn accept() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7634`
		//  Estimated: `11878`
		// Minimum execution time: 59_762_000 picoseconds.
		Weight::from_parts(109_725_000, 11878)
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
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(195), added: 2670, mode: `MaxEncodedLen`)
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
		//  Measured:  `9154`
		//  Estimated: `41998`
		// Minimum execution time: 283_079_000 picoseconds.
		Weight::from_parts(407_692_000, 41998)
			.saturating_add(T::DbWeight::get().reads(23_u64))
			.saturating_add(T::DbWeight::get().writes(26_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:1 w:1)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::OpenAuctions` (r:0 w:1)
	/// Proof: `ReverseAuction::OpenAuctions` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:1)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	fn poke_sold() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7509`
		//  Estimated: `11878`
		// Minimum execution time: 140_232_000 picoseconds.
		Weight::from_parts(245_338_000, 11878)
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
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
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
		//  Measured:  `12254`
		//  Estimated: `26064`
		// Minimum execution time: 360_984_000 picoseconds.
		Weight::from_parts(635_357_000, 26064)
			.saturating_add(T::DbWeight::get().reads(15_u64))
			.saturating_add(T::DbWeight::get().writes(17_u64))
	}
	/// Storage: `System::Account` (r:3 w:3)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:3 w:3)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(195), added: 2670, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
	/// Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn poke_accepted() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `8817`
		//  Estimated: `11878`
		// Minimum execution time: 269_774_000 picoseconds.
		Weight::from_parts(480_297_000, 11878)
			.saturating_add(T::DbWeight::get().reads(11_u64))
			.saturating_add(T::DbWeight::get().writes(13_u64))
	}
	/// Storage: `System::Account` (r:3 w:3)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:3 w:3)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(150), added: 2625, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::Holds` (r:1 w:1)
	/// Proof: `AssetsHolder::Holds` (`max_values`: None, `max_size`: Some(195), added: 2670, mode: `MaxEncodedLen`)
	/// Storage: `AssetsHolder::BalancesOnHold` (r:1 w:1)
	/// Proof: `AssetsHolder::BalancesOnHold` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
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
		//  Measured:  `12489`
		//  Estimated: `41998`
		// Minimum execution time: 504_052_000 picoseconds.
		Weight::from_parts(924_678_000, 41998)
			.saturating_add(T::DbWeight::get().reads(31_u64))
			.saturating_add(T::DbWeight::get().writes(35_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Asset` (r:1 w:1)
	/// Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
	/// Storage: `Assets::Account` (r:1 w:1)
	/// Proof: `Assets::Account` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:1)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Inline` (r:0 w:1)
	/// Proof: `ReverseAuction::Inline` (`max_values`: None, `max_size`: Some(1048673), added: 1051148, mode: `MaxEncodedLen`)
	fn poke_expired() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `8255`
		//  Estimated: `11878`
		// Minimum execution time: 183_152_000 picoseconds.
		Weight::from_parts(318_405_000, 11878)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(8413), added: 10888, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn serve_early() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7634`
		//  Estimated: `11878`
		// Minimum execution time: 49_382_000 picoseconds.
		Weight::from_parts(87_003_000, 11878)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
	/// Storage: `ReverseAuction::AgendaCursor` (r:1 w:0)
	/// Proof: `ReverseAuction::AgendaCursor` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn serve_base() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `76`
		//  Estimated: `1489`
		// Minimum execution time: 3_797_000 picoseconds.
		Weight::from_parts(8_035_000, 1489)
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
		// Minimum execution time: 11_331_000 picoseconds.
		Weight::from_parts(22_722_000, 3509)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
}

// For tests.
impl WeightInfo for () {
	fn submit(s: u32, i: u32, ) -> Weight {
		Weight::from_parts(457_448_079, 26064)
			.saturating_add(Weight::from_parts(44_834_442, 0).saturating_mul(s.into()))
			.saturating_add(Weight::from_parts(5_636_918, 0).saturating_mul(i.into()))
			.saturating_add(RocksDbWeight::get().reads(11_u64))
			.saturating_add(RocksDbWeight::get().reads((2_u64).saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes(9_u64))
			.saturating_add(RocksDbWeight::get().writes((1_u64).saturating_mul(s.into())))
			.saturating_add(Weight::from_parts(0, 53319).saturating_mul(s.into()))
	}
	fn submit_code(c: u32, ) -> Weight {
		Weight::from_parts(18_919_474, 54309)
			.saturating_add(Weight::from_parts(15_009, 0).saturating_mul(c.into()))
			.saturating_add(RocksDbWeight::get().reads(2_u64))
	}
	fn submit_inline(b: u32, ) -> Weight {
		Weight::from_parts(7_496_831, 0)
			.saturating_add(Weight::from_parts(7_285, 0).saturating_mul(b.into()))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn submit_asset() -> Weight {
		Weight::from_parts(150_912_000, 3806)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(5_u64))
	}
	fn bid() -> Weight {
		Weight::from_parts(396_340_000, 11878)
			.saturating_add(RocksDbWeight::get().reads(8_u64))
			.saturating_add(RocksDbWeight::get().writes(11_u64))
	}
	fn cancel() -> Weight {
		Weight::from_parts(415_336_000, 41998)
			.saturating_add(RocksDbWeight::get().reads(23_u64))
			.saturating_add(RocksDbWeight::get().writes(26_u64))
	}
	fn pass() -> Weight {
		Weight::from_parts(515_372_000, 26064)
			.saturating_add(RocksDbWeight::get().reads(16_u64))
			.saturating_add(RocksDbWeight::get().writes(16_u64))
	}
	fn commit() -> Weight {
		Weight::from_parts(156_783_549, 11878)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn accept() -> Weight {
		Weight::from_parts(109_725_000, 11878)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn poke_unsold() -> Weight {
		Weight::from_parts(407_692_000, 41998)
			.saturating_add(RocksDbWeight::get().reads(23_u64))
			.saturating_add(RocksDbWeight::get().writes(26_u64))
	}
	fn poke_sold() -> Weight {
		Weight::from_parts(245_338_000, 11878)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(8_u64))
	}
	fn poke_missed() -> Weight {
		Weight::from_parts(635_357_000, 26064)
			.saturating_add(RocksDbWeight::get().reads(15_u64))
			.saturating_add(RocksDbWeight::get().writes(17_u64))
	}
	fn poke_accepted() -> Weight {
		Weight::from_parts(480_297_000, 11878)
			.saturating_add(RocksDbWeight::get().reads(11_u64))
			.saturating_add(RocksDbWeight::get().writes(13_u64))
	}
	fn poke_stood() -> Weight {
		Weight::from_parts(924_678_000, 41998)
			.saturating_add(RocksDbWeight::get().reads(31_u64))
			.saturating_add(RocksDbWeight::get().writes(35_u64))
	}
	fn poke_expired() -> Weight {
		Weight::from_parts(318_405_000, 11878)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(7_u64))
	}
	fn serve_early() -> Weight {
		Weight::from_parts(87_003_000, 11878)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
	fn serve_base() -> Weight {
		Weight::from_parts(8_035_000, 1489)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
	}
	fn serve_tick() -> Weight {
		Weight::from_parts(22_722_000, 3509)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
}
