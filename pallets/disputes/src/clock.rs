//! The dispute clock: it counts the blocks in which a refutation would have found room.

use frame_support::{dispatch::DispatchClass, pallet_prelude::*};
use frame_system::ConsumedWeight;
use touchstone_kir::limits::{MAX_CODE_BYTES, MAX_FUEL};
use touchstone_primitives::{Clock, Tick};

use crate::{max_opened_bytes, max_proof_bytes, Config, Now, Pallet, RoomLeft};

/// Bytes of an extrinsic around a proof: signature, extensions, claim.
const ENVELOPE_BYTES: u32 = 1_024;

impl<T: Config> Pallet<T> {
    /// Length of the largest refutation as an extrinsic, bytes.
    pub fn largest_refutation_bytes() -> u32 {
        max_proof_bytes().saturating_add(ENVELOPE_BYTES)
    }

    /// Weight of the largest refutation as an extrinsic. The base weight counts twice: once more for the extensions.
    pub fn largest_refutation_weight() -> Weight {
        let base = T::BlockWeights::get().get(DispatchClass::Operational).base_extrinsic;
        Self::refutation_weight(MAX_FUEL, MAX_CODE_BYTES as u32, max_opened_bytes())
            .saturating_add(base.saturating_mul(2))
            .saturating_add_proof_size(Self::largest_refutation_bytes().into())
    }

    /// Whether a block that has consumed this much weight and length would still take the largest refutation: the same
    /// question that `CheckWeight` asks.
    pub(crate) fn room(consumed: &ConsumedWeight, block_bytes: u32) -> bool {
        let call = Self::largest_refutation_weight();
        let limits = T::BlockWeights::get();
        let class = limits.get(DispatchClass::Operational);
        let of_class = consumed.get(DispatchClass::Operational).saturating_add(call);
        let of_block = consumed.total().saturating_add(call);

        let fits_extrinsic = class.max_extrinsic.is_none_or(|max| call.all_lte(max));
        let fits_class = class.max_total.is_none_or(|max| of_class.all_lte(max));
        let fits_block =
            of_block.all_lte(limits.max_block) || class.reserved.is_none_or(|reserved| of_class.all_lte(reserved));
        let length = block_bytes.saturating_add(Self::largest_refutation_bytes());
        let fits_length = length <= *T::BlockLength::get().max.get(DispatchClass::Operational);
        fits_extrinsic && fits_class && fits_block && fits_length
    }

    /// Notes whether transactions left room. Called when they are over and before any pallet uses up what they left:
    /// frame-system books idle work only after all of it. It is not called in blocks that are full, or closed to
    /// transactions because of a migration; the clock stands still then.
    pub(crate) fn note_room() {
        let consumed = frame_system::Pallet::<T>::block_weight();
        if Self::room(&consumed, frame_system::Pallet::<T>::block_size()) {
            RoomLeft::<T>::put(true);
        }
    }

    /// Lets the clock tick when the block closes: during a block it never changes.
    pub(crate) fn tick() {
        if RoomLeft::<T>::take() {
            Now::<T>::mutate(|now| *now = now.saturating_add(1));
        }
    }
}

impl<T: Config> Clock for Pallet<T> {
    fn now() -> Tick {
        Now::<T>::get()
    }
}
