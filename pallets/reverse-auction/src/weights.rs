// Estimates typed in by hand, not measured: scripts/weights.sh replaces this file.
//! Weights of `pallet_reverse_auction`.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_reverse_auction`.
pub trait WeightInfo {
	fn submit(s: u32, b: u32, ) -> Weight;
	fn bid() -> Weight;
	fn cancel() -> Weight;
	fn pass() -> Weight;
	fn poke_unsold() -> Weight;
	fn poke_sold() -> Weight;
	fn poke_missed() -> Weight;
	fn poke_stood() -> Weight;
	fn poke_expired() -> Weight;
	fn serve_base() -> Weight;
	fn serve_tick() -> Weight;
}

/// Weights for `pallet_reverse_auction` using the Substrate node and recommended hardware.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// The range of component `s` is `[1, 16]`.
	/// The range of component `b` is `[0, 65536]`.
	fn submit(s: u32, b: u32, ) -> Weight {
		Weight::from_parts(600_000_000, 60_000)
			.saturating_add(Weight::from_parts(500_000_000, 52_000).saturating_mul(s.into()))
			.saturating_add(Weight::from_parts(10_000, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(80_u64))
			.saturating_add(T::DbWeight::get().reads((2_u64).saturating_mul(s.into())))
			.saturating_add(T::DbWeight::get().writes(12_u64))
			.saturating_add(T::DbWeight::get().writes((1_u64).saturating_mul(s.into())))
	}
	fn bid() -> Weight {
		Weight::from_parts(400_000_000, 30_000)
			.saturating_add(T::DbWeight::get().reads(20_u64))
			.saturating_add(T::DbWeight::get().writes(16_u64))
	}
	fn cancel() -> Weight {
		Weight::from_parts(400_000_000, 30_000)
			.saturating_add(T::DbWeight::get().reads(24_u64))
			.saturating_add(T::DbWeight::get().writes(24_u64))
	}
	fn pass() -> Weight {
		Weight::from_parts(600_000_000, 60_000)
			.saturating_add(T::DbWeight::get().reads(90_u64))
			.saturating_add(T::DbWeight::get().writes(24_u64))
	}
	fn poke_unsold() -> Weight {
		Weight::from_parts(400_000_000, 30_000)
			.saturating_add(T::DbWeight::get().reads(24_u64))
			.saturating_add(T::DbWeight::get().writes(24_u64))
	}
	fn poke_sold() -> Weight {
		Weight::from_parts(200_000_000, 30_000)
			.saturating_add(T::DbWeight::get().reads(6_u64))
			.saturating_add(T::DbWeight::get().writes(6_u64))
	}
	fn poke_missed() -> Weight {
		Weight::from_parts(600_000_000, 60_000)
			.saturating_add(T::DbWeight::get().reads(90_u64))
			.saturating_add(T::DbWeight::get().writes(24_u64))
	}
	fn poke_stood() -> Weight {
		Weight::from_parts(600_000_000, 60_000)
			.saturating_add(T::DbWeight::get().reads(32_u64))
			.saturating_add(T::DbWeight::get().writes(32_u64))
	}
	fn poke_expired() -> Weight {
		Weight::from_parts(300_000_000, 30_000)
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(10_u64))
	}
	fn serve_base() -> Weight {
		Weight::from_parts(5_000_000, 1_500)
			.saturating_add(T::DbWeight::get().reads(2_u64))
			.saturating_add(T::DbWeight::get().writes(1_u64))
	}
	fn serve_tick() -> Weight {
		Weight::from_parts(5_000_000, 3_500)
			.saturating_add(T::DbWeight::get().reads(1_u64))
	}
}

// For backwards compatibility and tests.
impl WeightInfo for () {
	fn submit(s: u32, b: u32, ) -> Weight {
		Weight::from_parts(600_000_000, 60_000)
			.saturating_add(Weight::from_parts(500_000_000, 52_000).saturating_mul(s.into()))
			.saturating_add(Weight::from_parts(10_000, 0).saturating_mul(b.into()))
			.saturating_add(RocksDbWeight::get().reads(80_u64))
			.saturating_add(RocksDbWeight::get().writes(12_u64))
	}
	fn bid() -> Weight {
		Weight::from_parts(400_000_000, 30_000)
			.saturating_add(RocksDbWeight::get().reads(20_u64))
			.saturating_add(RocksDbWeight::get().writes(16_u64))
	}
	fn cancel() -> Weight {
		Weight::from_parts(400_000_000, 30_000)
			.saturating_add(RocksDbWeight::get().reads(24_u64))
			.saturating_add(RocksDbWeight::get().writes(24_u64))
	}
	fn pass() -> Weight {
		Weight::from_parts(600_000_000, 60_000)
			.saturating_add(RocksDbWeight::get().reads(90_u64))
			.saturating_add(RocksDbWeight::get().writes(24_u64))
	}
	fn poke_unsold() -> Weight {
		Weight::from_parts(400_000_000, 30_000)
			.saturating_add(RocksDbWeight::get().reads(24_u64))
			.saturating_add(RocksDbWeight::get().writes(24_u64))
	}
	fn poke_sold() -> Weight {
		Weight::from_parts(200_000_000, 30_000)
			.saturating_add(RocksDbWeight::get().reads(6_u64))
			.saturating_add(RocksDbWeight::get().writes(6_u64))
	}
	fn poke_missed() -> Weight {
		Weight::from_parts(600_000_000, 60_000)
			.saturating_add(RocksDbWeight::get().reads(90_u64))
			.saturating_add(RocksDbWeight::get().writes(24_u64))
	}
	fn poke_stood() -> Weight {
		Weight::from_parts(600_000_000, 60_000)
			.saturating_add(RocksDbWeight::get().reads(32_u64))
			.saturating_add(RocksDbWeight::get().writes(32_u64))
	}
	fn poke_expired() -> Weight {
		Weight::from_parts(300_000_000, 30_000)
			.saturating_add(RocksDbWeight::get().reads(8_u64))
			.saturating_add(RocksDbWeight::get().writes(10_u64))
	}
	fn serve_base() -> Weight {
		Weight::from_parts(5_000_000, 1_500)
			.saturating_add(RocksDbWeight::get().reads(2_u64))
			.saturating_add(RocksDbWeight::get().writes(1_u64))
	}
	fn serve_tick() -> Weight {
		Weight::from_parts(5_000_000, 3_500)
			.saturating_add(RocksDbWeight::get().reads(1_u64))
	}
}
