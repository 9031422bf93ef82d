//! A chain of this pallet alone, with a block of one second and a dispute transaction of a tenth of it.

use frame_support::{
    assert_ok, derive_impl,
    weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
};
use touchstone_primitives::Tick;

use crate as pallet_dispute_clock;

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeTask,
        RuntimeHoldReason,
        RuntimeFreezeReason,
        RuntimeViewFunction
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type DisputeClock = pallet_dispute_clock;
}

frame_support::parameter_types! {
    pub Weights: frame_system::limits::BlockWeights = touchstone_testing::one_second_blocks();
    /// Including the base weight of an extrinsic and its length as proof size, as a runtime computes it.
    pub static LargestCallWeight: Weight = largest_call();
    pub const LargestCallBytes: u32 = 1 << 20;
}

/// A tenth of the block.
pub fn largest_call() -> Weight {
    Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND / 10, LargestCallBytes::get().into())
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
    type BlockWeights = Weights;
}

impl crate::Config for Test {
    type LargestCallWeight = LargestCallWeight;
    type LargestCallBytes = LargestCallBytes;
    type WeightInfo = ();
}

/// Closes this block as the executive does, and opens the next one.
pub fn next_block() {
    touchstone_testing::close_block::<Test, AllPalletsWithSystem>();
    touchstone_testing::open_block::<Test, AllPalletsWithSystem>();
}

pub fn pass_ticks(ticks: Tick) {
    (0..ticks).for_each(|_| next_block());
}

pub fn new_test_ext() -> sp_io::TestExternalities {
    LargestCallWeight::set(largest_call());
    touchstone_testing::externalities::<Test>(RuntimeGenesisConfig::default())
}

/// Runs a test on a fresh chain and checks the state afterwards.
pub fn run(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        test();
        assert_ok!(DisputeClock::do_try_state());
    });
}
