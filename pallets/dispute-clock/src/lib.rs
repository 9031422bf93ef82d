#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, unreachable_pub)
)]

#[cfg(feature = "runtime-benchmarks")]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod benchmarking;
mod clock;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
mod tick;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use frame_support::pallet_prelude::*;
    use frame_system::{pallet_prelude::*, ConsumedWeight};
    use touchstone_primitives::Tick;

    use super::WeightInfo;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// Weight of the largest dispute transaction, with everything that a block books for it.
        type LargestCallWeight: Get<Weight>;

        /// Length of the largest dispute transaction, bytes.
        type LargestCallBytes: Get<u32>;

        /// Measured weights.
        type WeightInfo: WeightInfo;
    }

    /// The present tick: how many blocks closed with space for the largest dispute transaction. Every block writes it,
    /// so its reads cost transactions nothing.
    #[pallet::storage]
    #[pallet::whitelist_storage]
    pub type Now<T: Config> = StorageValue<_, Tick, ValueQuery>;

    /// Whether the transactions of this block left that space. Empty between blocks.
    #[pallet::storage]
    pub type SpaceLeft<T: Config> = StorageValue<_, bool, ValueQuery>;

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            // For the tick at the end of the block.
            T::WeightInfo::tick()
        }

        fn on_idle(_: BlockNumberFor<T>, _: Weight) -> Weight {
            Self::note_space();
            Weight::zero()
        }

        fn on_finalize(_: BlockNumberFor<T>) {
            Self::tick();
        }

        fn integrity_test() {
            assert!(
                Self::has_space(&ConsumedWeight::default(), 0),
                "the largest dispute transaction does not fit an empty block: results could not be disputed"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// The present tick.
        pub fn clock() -> Tick {
            Now::<T>::get()
        }
    }
}
