use frame_support::{
    dispatch::DispatchClass,
    traits::{Get, OnFinalize, OnIdle, OnInitialize, OnPoll},
    weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight, WeightMeter},
};
use frame_system::{limits::BlockWeights, pallet_prelude::BlockNumberFor, Pallet as System};
use sp_runtime::{traits::One, Perbill, Saturating};

/// A second of computation in a block, three quarters of it for ordinary transactions. Proofs have no limit.
pub fn one_second_blocks() -> BlockWeights {
    let second = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX);
    BlockWeights::with_sensible_defaults(second, Perbill::from_percent(75))
}

/// Closes this block as the executive does: idle work with what transactions left, if they left anything.
pub fn close_block<T, AllPallets>()
where
    T: frame_system::Config,
    AllPallets: OnIdle<BlockNumberFor<T>> + OnFinalize<BlockNumberFor<T>>,
{
    let number = System::<T>::block_number();
    let remaining = T::BlockWeights::get().max_block.saturating_sub(System::<T>::block_weight().total());
    if remaining.all_gt(Weight::zero()) {
        AllPallets::on_idle(number, remaining);
    }
    AllPallets::on_finalize(number);
}

/// Opens the block after a closed one, up to its first transaction.
pub fn open_block<T, AllPallets>()
where
    T: frame_system::Config,
    AllPallets: OnInitialize<BlockNumberFor<T>> + OnPoll<BlockNumberFor<T>>,
{
    let number = System::<T>::block_number().saturating_add(One::one());
    let header = System::<T>::finalize();
    System::<T>::initialize(&number, &sp_runtime::traits::Header::hash(&header), &Default::default());
    let weight = AllPallets::on_initialize(number);
    System::<T>::register_extra_weight_unchecked(weight, DispatchClass::Mandatory);
    AllPallets::on_poll(number, &mut WeightMeter::with_limit(T::BlockWeights::get().max_block));
}
