//! Weights of `pallet_reverse_auction`: figures of `scripts/weights.sh` from before the calls and their storage changed, and
//! estimates by reads and writes for what is new (`submit_asset`, `poke_accepted`, `serve_early` among them). None of them
//! was measured on the present code: run `scripts/weights.sh` before relying on them.
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

/// Weight functions needed for `pallet_reverse_auction`.
pub trait WeightInfo {
	fn submit(s: u32, ) -> Weight;
	fn submit_step(c: u32, ) -> Weight;
	fn submit_inline(b: u32, ) -> Weight;
	fn submit_asset() -> Weight;
	fn bid() -> Weight;
	fn cancel() -> Weight;
	fn pass() -> Weight;
	fn commit(s: u32, ) -> Weight;
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
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:1 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(136), added: 2611, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Codes` (r:16 w:0)
	/// Proof: `KernelRegistry::Codes` (`max_values`: None, `max_size`: Some(50844), added: 53319, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Kernels` (r:16 w:16)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:67 w:1)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(58), added: 2533, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:64 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:1)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Inline` (r:0 w:1)
	/// Proof: `ReverseAuction::Inline` (`max_values`: None, `max_size`: Some(1048673), added: 1051148, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:1)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	/// The range of component `s` is `[1, 16]`.
	/// The range of component `b` is `[0, 65536]`.
	/// Not measured yet.
	fn submit(s: u32, ) -> Weight {
		Weight::from_parts(300_000_000, 20_000)
			.saturating_add(Weight::from_parts(20_000_000, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(14_u64))
			.saturating_add(T::DbWeight::get().writes(11_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(s.into())))
	}
	fn submit_step(c: u32, ) -> Weight {
		Weight::from_parts(20_000_000, 53_319)
			.saturating_add(Weight::from_parts(8_000, 0).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads(1_u64))
	}
	fn submit_inline(b: u32, ) -> Weight {
		Weight::from_parts(10_000_000, 0)
			.saturating_add(Weight::from_parts(3_700, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:2 w:2)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:2 w:2)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	fn bid() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `11064`
		//  Estimated: `11112`
		// Minimum execution time: 374_327_000 picoseconds.
		Weight::from_parts(391_863_000, 11112)
			.saturating_add(T::DbWeight::get().reads(10_u64))
			.saturating_add(T::DbWeight::get().writes(8_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Kernels` (r:16 w:16)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::OpenAuctions` (r:0 w:1)
	/// Proof: `ReverseAuction::OpenAuctions` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	fn cancel() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `8627`
		//  Estimated: `41934`
		// Minimum execution time: 249_918_000 picoseconds.
		Weight::from_parts(266_970_000, 41934)
			.saturating_add(T::DbWeight::get().reads(22_u64))
			.saturating_add(T::DbWeight::get().writes(23_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:3 w:3)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:3 w:3)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:65 w:2)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::NextSequence` (r:1 w:1)
	/// Proof: `ProviderRegistry::NextSequence` (`max_values`: Some(1), `max_size`: Some(8), added: 503, mode: `MaxEncodedLen`)
	/// Storage: `Parameters::Parameters` (r:1 w:0)
	/// Proof: `Parameters::Parameters` (`max_values`: None, `max_size`: Some(136), added: 2611, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:67 w:3)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(58), added: 2533, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:2)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	fn pass() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `114840`
		//  Estimated: `308440`
		// Minimum execution time: 1_892_125_000 picoseconds.
		Weight::from_parts(1_939_647_000, 308440)
			.saturating_add(T::DbWeight::get().reads(144_u64))
			.saturating_add(T::DbWeight::get().writes(18_u64))
	}
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Results` (r:0 w:1)
	/// Proof: `Disputes::Results` (`max_values`: None, `max_size`: Some(613), added: 3088, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Standing` (r:0 w:1)
	/// Proof: `Disputes::Standing` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:0 w:1)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(58), added: 2533, mode: `MaxEncodedLen`)
	/// The range of component `s` is `[1, 16]`.
	fn commit(s: u32, ) -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `8019 + s * (54 ±0)`
		//  Estimated: `11112`
		// Minimum execution time: 133_119_000 picoseconds.
		Weight::from_parts(139_590_064, 11112)
			// Standard Error: 34_332
			.saturating_add(Weight::from_parts(218_399, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	/// Storage: `Disputes::Results` (r:1 w:0)
	/// Proof: `Disputes::Results` (`max_values`: None, `max_size`: Some(613), added: 3088, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `System::Account` (r:3 w:3)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	fn accept() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7824`
		//  Estimated: `11112`
		// Minimum execution time: 205_673_000 picoseconds.
		Weight::from_parts(213_732_000, 11112)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Kernels` (r:16 w:16)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::OpenAuctions` (r:0 w:1)
	/// Proof: `ReverseAuction::OpenAuctions` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	fn poke_unsold() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `8654`
		//  Estimated: `41934`
		// Minimum execution time: 255_706_000 picoseconds.
		Weight::from_parts(269_902_000, 41934)
			.saturating_add(T::DbWeight::get().reads(22_u64))
			.saturating_add(T::DbWeight::get().writes(23_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::OpenAuctions` (r:0 w:1)
	/// Proof: `ReverseAuction::OpenAuctions` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:1)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	fn poke_sold() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7181`
		//  Estimated: `11112`
		// Minimum execution time: 110_342_000 picoseconds.
		Weight::from_parts(118_216_000, 11112)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	/// Storage: `System::Account` (r:3 w:3)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:65 w:2)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::AskIndex` (r:67 w:2)
	/// Proof: `ProviderRegistry::AskIndex` (`max_values`: None, `max_size`: Some(58), added: 2533, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:2)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	fn poke_missed() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `114517`
		//  Estimated: `308440`
		// Minimum execution time: 1_792_163_000 picoseconds.
		Weight::from_parts(1_833_132_000, 308440)
			.saturating_add(T::DbWeight::get().reads(141_u64))
			.saturating_add(T::DbWeight::get().writes(15_u64))
	}
	/// Storage: `System::Account` (r:3 w:3)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Escrow::Records` (r:1 w:1)
	/// Proof: `Escrow::Records` (`max_values`: None, `max_size`: Some(134), added: 2609, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:2 w:2)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ProviderRegistry::Providers` (r:1 w:1)
	/// Proof: `ProviderRegistry::Providers` (`max_values`: None, `max_size`: Some(2255), added: 4730, mode: `MaxEncodedLen`)
	/// Storage: `KernelRegistry::Kernels` (r:16 w:16)
	/// Proof: `KernelRegistry::Kernels` (`max_values`: None, `max_size`: Some(84), added: 2559, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:2)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Duties` (r:0 w:1)
	/// Proof: `ReverseAuction::Duties` (`max_values`: None, `max_size`: Some(80), added: 2555, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Standing` (r:0 w:1)
	/// Proof: `Disputes::Standing` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	fn poke_stood() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `12308`
		//  Estimated: `41934`
		// Minimum execution time: 544_882_000 picoseconds.
		Weight::from_parts(572_462_000, 41934)
			.saturating_add(T::DbWeight::get().reads(26_u64))
			.saturating_add(T::DbWeight::get().writes(28_u64))
	}
	/// Storage: `System::Account` (r:1 w:1)
	/// Proof: `System::Account` (`max_values`: None, `max_size`: Some(128), added: 2603, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Jobs` (r:1 w:1)
	/// Proof: `ReverseAuction::Jobs` (`max_values`: None, `max_size`: Some(7647), added: 10122, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Parked` (r:1 w:0)
	/// Proof: `ReverseAuction::Parked` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `Balances::Holds` (r:1 w:1)
	/// Proof: `Balances::Holds` (`max_values`: None, `max_size`: Some(175), added: 2650, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:0 w:1)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Inline` (r:0 w:1)
	/// Proof: `ReverseAuction::Inline` (`max_values`: None, `max_size`: Some(1048673), added: 1051148, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Results` (r:0 w:1)
	/// Proof: `Disputes::Results` (`max_values`: None, `max_size`: Some(613), added: 3088, mode: `MaxEncodedLen`)
	/// Storage: `Disputes::Standing` (r:0 w:1)
	/// Proof: `Disputes::Standing` (`max_values`: None, `max_size`: Some(32), added: 2507, mode: `MaxEncodedLen`)
	fn poke_expired() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `7887`
		//  Estimated: `11112`
		// Minimum execution time: 161_350_000 picoseconds.
		Weight::from_parts(176_097_000, 11112)
			.saturating_add(T::DbWeight::get().reads(5_u64))
			.saturating_add(T::DbWeight::get().writes(7_u64))
	}
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::AgendaCursor` (r:1 w:0)
	/// Proof: `ReverseAuction::AgendaCursor` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	fn serve_base() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `79`
		//  Estimated: `1489`
		// Minimum execution time: 4_646_000 picoseconds.
		Weight::from_parts(5_258_000, 1489)
			.saturating_add(T::DbWeight::get().reads(2_u64))
	}
	/// Storage: `Disputes::Now` (r:1 w:0)
	/// Proof: `Disputes::Now` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::AgendaCursor` (r:1 w:1)
	/// Proof: `ReverseAuction::AgendaCursor` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
	/// Storage: `ReverseAuction::Agenda` (r:1 w:0)
	/// Proof: `ReverseAuction::Agenda` (`max_values`: None, `max_size`: Some(44), added: 2519, mode: `MaxEncodedLen`)
	fn serve_tick() -> Weight {
		// Proof Size summary in bytes:
		//  Measured:  `106`
		//  Estimated: `3509`
		// Minimum execution time: 11_588_000 picoseconds.
		Weight::from_parts(12_944_000, 3509)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn submit_asset() -> Weight {
		Weight::from_parts(150_000_000, 11112)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	fn poke_accepted() -> Weight {
		Weight::from_parts(400_000_000, 11112)
			.saturating_add(T::DbWeight::get().reads(12_u64))
			.saturating_add(T::DbWeight::get().writes(10_u64))
	}
	fn serve_early() -> Weight {
		Weight::from_parts(90_000_000, 11112)
			.saturating_add(T::DbWeight::get().reads(1_u64))
			.saturating_add(T::DbWeight::get().writes(3_u64))
	}
}

// For tests.
impl WeightInfo for () {
	/// Not measured yet.
	fn submit(s: u32, ) -> Weight {
		Weight::from_parts(300_000_000, 20_000)
			.saturating_add(Weight::from_parts(20_000_000, 0).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(14_u64))
			.saturating_add(RocksDbWeight::get().writes(11_u64))
			.saturating_add(RocksDbWeight::get().reads((2_u64).saturating_mul(s.into())))
			.saturating_add(RocksDbWeight::get().writes((1_u64).saturating_mul(s.into())))
	}
	fn submit_step(c: u32, ) -> Weight {
		Weight::from_parts(20_000_000, 53_319)
			.saturating_add(Weight::from_parts(8_000, 0).saturating_mul(c.into()))
			.saturating_add(RocksDbWeight::get().reads(1_u64))
	}
	fn submit_inline(b: u32, ) -> Weight {
		Weight::from_parts(10_000_000, 0)
			.saturating_add(Weight::from_parts(3_700, 0).saturating_mul(b.into()))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn bid() -> Weight {
		Weight::from_parts(391_863_000, 11112)
			.saturating_add(RocksDbWeight::get().reads(10_u64))
			.saturating_add(RocksDbWeight::get().writes(8_u64))
	}
	fn cancel() -> Weight {
		Weight::from_parts(266_970_000, 41934)
			.saturating_add(RocksDbWeight::get().reads(22_u64))
			.saturating_add(RocksDbWeight::get().writes(23_u64))
	}
	fn pass() -> Weight {
		Weight::from_parts(1_939_647_000, 308440)
			.saturating_add(RocksDbWeight::get().reads(144_u64))
			.saturating_add(RocksDbWeight::get().writes(18_u64))
	}
	fn commit(s: u32, ) -> Weight {
		Weight::from_parts(139_590_064, 11112)
			.saturating_add(Weight::from_parts(218_399, 0).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(7_u64))
	}
	fn accept() -> Weight {
		Weight::from_parts(213_732_000, 11112)
			.saturating_add(RocksDbWeight::get().reads(8_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
	fn poke_unsold() -> Weight {
		Weight::from_parts(269_902_000, 41934)
			.saturating_add(RocksDbWeight::get().reads(22_u64))
			.saturating_add(RocksDbWeight::get().writes(23_u64))
	}
	fn poke_sold() -> Weight {
		Weight::from_parts(118_216_000, 11112)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
	fn poke_missed() -> Weight {
		Weight::from_parts(1_833_132_000, 308440)
			.saturating_add(RocksDbWeight::get().reads(141_u64))
			.saturating_add(RocksDbWeight::get().writes(15_u64))
	}
	fn poke_stood() -> Weight {
		Weight::from_parts(572_462_000, 41934)
			.saturating_add(RocksDbWeight::get().reads(26_u64))
			.saturating_add(RocksDbWeight::get().writes(28_u64))
	}
	fn poke_expired() -> Weight {
		Weight::from_parts(176_097_000, 11112)
			.saturating_add(RocksDbWeight::get().reads(5_u64))
			.saturating_add(RocksDbWeight::get().writes(7_u64))
	}
	fn serve_base() -> Weight {
		Weight::from_parts(5_258_000, 1489)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
	}
	fn serve_tick() -> Weight {
		Weight::from_parts(12_944_000, 3509)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn submit_asset() -> Weight {
		Weight::from_parts(150_000_000, 11112)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
	fn poke_accepted() -> Weight {
		Weight::from_parts(400_000_000, 11112)
			.saturating_add(RocksDbWeight::get().reads(12_u64))
			.saturating_add(RocksDbWeight::get().writes(10_u64))
	}
	fn serve_early() -> Weight {
		Weight::from_parts(90_000_000, 11112)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
			.saturating_add(RocksDbWeight::get().writes(3_u64))
	}
}
