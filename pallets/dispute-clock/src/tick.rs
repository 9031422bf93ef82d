//! How the clock advances.

use frame_support::{dispatch::DispatchClass, pallet_prelude::*};
use frame_system::ConsumedWeight;

use crate::{Config, Now, Pallet, SpaceLeft};

impl<T: Config> Pallet<T> {
    /// Whether a block that has consumed this much weight and length would still take the largest dispute transaction:
    /// the same question that `CheckWeight` asks.
    pub(crate) fn has_space(consumed: &ConsumedWeight, block_bytes: u32) -> bool {
        let call = T::LargestCallWeight::get();
        let limits = T::BlockWeights::get();
        let class = limits.get(DispatchClass::Operational);
        let of_class = consumed.get(DispatchClass::Operational).saturating_add(call);
        let of_block = consumed.total().saturating_add(call);

        let fits_extrinsic = class.max_extrinsic.is_none_or(|max| call.all_lte(max));
        let fits_class = class.max_total.is_none_or(|max| of_class.all_lte(max));
        let fits_block =
            of_block.all_lte(limits.max_block) || class.reserved.is_none_or(|reserved| of_class.all_lte(reserved));
        let length = block_bytes.saturating_add(T::LargestCallBytes::get());
        let fits_length = length <= *T::BlockLength::get().max.get(DispatchClass::Operational);
        fits_extrinsic && fits_class && fits_block && fits_length
    }

    /// Notes whether transactions left space. Called after them and before any pallet uses what they left: frame-system
    /// books idle work only after all of it. It is not called in blocks that are full, or closed to transactions
    /// because of a migration; the clock stands still then.
    pub(crate) fn note_space() {
        let consumed = frame_system::Pallet::<T>::block_weight();
        if Self::has_space(&consumed, frame_system::Pallet::<T>::block_size()) {
            SpaceLeft::<T>::put(true);
        }
    }

    /// Advances the clock when the block closes, if there was space: during a block it never changes.
    pub(crate) fn tick() {
        if SpaceLeft::<T>::take() {
            Now::<T>::mutate(|now| *now = now.saturating_add(1));
        }
    }
}
