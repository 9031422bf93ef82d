#![doc = include_str!("../README.md")]

mod blocks;
mod clock;
mod coins;
mod events;
mod terms;

pub use blocks::{close_block, one_second_blocks, open_block};
pub use clock::TestClock;
pub use events::{all_events, events_of};
pub use terms::TERMS;

use frame_support::traits::Get;
use sp_runtime::BuildStorage;

/// Accounts of the mocks.
pub type AccountId = u64;

/// A chain that starts from `genesis`, at block 1.
pub fn externalities<T: frame_system::Config>(genesis: impl BuildStorage) -> sp_io::TestExternalities
where
    frame_system::pallet_prelude::BlockNumberFor<T>: From<u32>,
{
    let mut chain: sp_io::TestExternalities =
        genesis.build_storage().expect("the genesis of a mock can be built").into();
    chain
        .execute_with(|| frame_system::Pallet::<T>::initialize(&1u32.into(), &Default::default(), &Default::default()));
    chain
}

/// Length of a block, bytes, operational transactions included.
pub fn max_block_bytes<T: frame_system::Config>() -> u32 {
    let lengths: frame_system::limits::BlockLength = T::BlockLength::get();
    *lengths.max.get(frame_support::dispatch::DispatchClass::Operational)
}
