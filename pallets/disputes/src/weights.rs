// Estimates typed in by hand, not measured: scripts/weights.sh replaces this file.
//! Weights of `pallet_disputes`.

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_disputes`.
pub trait WeightInfo {
	fn commit(s: u32, ) -> Weight;
	fn accept() -> Weight;
	fn refute(f: u32, c: u32, b: u32, ) -> Weight;
	fn tick() -> Weight;
}

/// Weights for `pallet_disputes` using the Substrate node and recommended hardware.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// The range of component `s` is `[1, 16]`.
	fn commit(s: u32, ) -> Weight {
		Weight::from_parts(250_000_000, 30_000)
			.saturating_add(Weight::from_parts(1_000_000, 0).saturating_mul(s.into()))
			.saturating_add(T::DbWeight::get().reads(8_u64))
			.saturating_add(T::DbWeight::get().writes(8_u64))
	}
	fn accept() -> Weight {
		Weight::from_parts(300_000_000, 20_000)
			.saturating_add(T::DbWeight::get().reads(10_u64))
			.saturating_add(T::DbWeight::get().writes(8_u64))
	}
	/// The range of component `f` is `[0, 16777216]`.
	/// The range of component `c` is `[0, 50000]`.
	/// The range of component `b` is `[0, 1100000]`.
	fn refute(f: u32, c: u32, b: u32, ) -> Weight {
		Weight::from_parts(1_500_000_000, 60_000)
			.saturating_add(Weight::from_parts(8_000, 0).saturating_mul(f.into()))
			.saturating_add(Weight::from_parts(20_000, 1).saturating_mul(c.into()))
			.saturating_add(Weight::from_parts(10_000, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(100_u64))
			.saturating_add(T::DbWeight::get().writes(40_u64))
	}
	fn tick() -> Weight {
		Weight::from_parts(10_000_000, 1_500)
			.saturating_add(T::DbWeight::get().reads(4_u64))
			.saturating_add(T::DbWeight::get().writes(2_u64))
	}
}

// For backwards compatibility and tests.
impl WeightInfo for () {
	fn commit(s: u32, ) -> Weight {
		Weight::from_parts(250_000_000, 30_000)
			.saturating_add(Weight::from_parts(1_000_000, 0).saturating_mul(s.into()))
			.saturating_add(RocksDbWeight::get().reads(8_u64))
			.saturating_add(RocksDbWeight::get().writes(8_u64))
	}
	fn accept() -> Weight {
		Weight::from_parts(300_000_000, 20_000)
			.saturating_add(RocksDbWeight::get().reads(10_u64))
			.saturating_add(RocksDbWeight::get().writes(8_u64))
	}
	fn refute(f: u32, c: u32, b: u32, ) -> Weight {
		Weight::from_parts(1_500_000_000, 60_000)
			.saturating_add(Weight::from_parts(8_000, 0).saturating_mul(f.into()))
			.saturating_add(Weight::from_parts(20_000, 1).saturating_mul(c.into()))
			.saturating_add(Weight::from_parts(10_000, 0).saturating_mul(b.into()))
			.saturating_add(RocksDbWeight::get().reads(100_u64))
			.saturating_add(RocksDbWeight::get().writes(40_u64))
	}
	fn tick() -> Weight {
		Weight::from_parts(10_000_000, 1_500)
			.saturating_add(RocksDbWeight::get().reads(4_u64))
			.saturating_add(RocksDbWeight::get().writes(2_u64))
	}
}
