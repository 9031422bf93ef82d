// Estimates typed in by hand, not measured: scripts/weights.sh replaces this file.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(unused_parens)]
#![allow(unused_imports)]
#![allow(missing_docs)]

use frame_support::{traits::Get, weights::{Weight, constants::RocksDbWeight}};
use core::marker::PhantomData;

/// Weight functions needed for `pallet_kernel_registry`.
pub trait WeightInfo {
	fn upload(b: u32, ) -> Weight;
	fn remove() -> Weight;
}

/// Weights for `pallet_kernel_registry` using the Substrate node and recommended hardware.
pub struct SubstrateWeight<T>(PhantomData<T>);
impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn upload(b: u32, ) -> Weight {
		Weight::from_parts(150_000_000, 56_000)
			.saturating_add(Weight::from_parts(20_000, 0).saturating_mul(b.into()))
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
	fn remove() -> Weight {
		Weight::from_parts(150_000_000, 56_000)
			.saturating_add(T::DbWeight::get().reads(3_u64))
			.saturating_add(T::DbWeight::get().writes(4_u64))
	}
}

// For backwards compatibility and tests.
impl WeightInfo for () {
	fn upload(b: u32, ) -> Weight {
		Weight::from_parts(150_000_000, 56_000)
			.saturating_add(Weight::from_parts(20_000, 0).saturating_mul(b.into()))
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(4_u64))
	}
	fn remove() -> Weight {
		Weight::from_parts(150_000_000, 56_000)
			.saturating_add(RocksDbWeight::get().reads(3_u64))
			.saturating_add(RocksDbWeight::get().writes(4_u64))
	}
}
