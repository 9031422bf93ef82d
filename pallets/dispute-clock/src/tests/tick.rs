//! Which blocks count, and when the clock changes.

use frame_support::{dispatch::DispatchClass, weights::Weight};
use frame_system::limits::BlockWeights;
use touchstone_primitives::Clock;

use crate::mock::*;

fn limits() -> BlockWeights {
    <Test as frame_system::Config>::BlockWeights::get()
}

fn consume(weight: Weight, class: DispatchClass) {
    System::register_extra_weight_unchecked(weight, class);
}

/// Fills the block with ordinary work, and operational work up to `short` of the space that the clock needs.
fn fill_up_to_space(short: Weight) {
    consume(limits().get(DispatchClass::Normal).max_total.unwrap(), DispatchClass::Normal);
    let space = LargestCallWeight::get();
    let operational = limits().get(DispatchClass::Operational).reserved.unwrap().saturating_sub(space);
    consume(operational.saturating_add(short), DispatchClass::Operational);
}

#[test]
fn the_clock_ticks_once_for_each_block_with_space() {
    run(|| {
        assert_eq!(DisputeClock::now(), 0);
        pass_ticks(3);
        assert_eq!(DisputeClock::now(), 3);
    });
}

#[test]
fn the_clock_does_not_change_inside_a_block() {
    run(|| {
        use frame_support::traits::{OnIdle, OnInitialize};
        DisputeClock::on_initialize(1);
        DisputeClock::on_idle(1, Weight::MAX);
        assert_eq!(DisputeClock::now(), 0);
        next_block();
        assert_eq!(DisputeClock::now(), 1);
    });
}

#[test]
fn ordinary_transactions_cannot_stop_the_clock() {
    run(|| {
        consume(limits().get(DispatchClass::Normal).max_total.unwrap(), DispatchClass::Normal);
        next_block();
        assert_eq!(DisputeClock::now(), 1);
    });
}

#[test]
fn a_block_without_space_by_weight_does_not_count() {
    run(|| {
        fill_up_to_space(Weight::zero());
        next_block();
        assert_eq!(DisputeClock::now(), 1);
        fill_up_to_space(Weight::from_parts(1, 0));
        next_block();
        assert_eq!(DisputeClock::now(), 1);
        next_block();
        assert_eq!(DisputeClock::now(), 2);
    });
}

#[test]
fn a_block_without_space_by_length_does_not_count() {
    run(|| {
        let max = touchstone_testing::max_block_bytes::<Test>();
        let space = LargestCallBytes::get();
        frame_system::BlockSize::<Test>::put(max - space);
        next_block();
        assert_eq!(DisputeClock::now(), 1);
        frame_system::BlockSize::<Test>::put(max - space + 1);
        next_block();
        assert_eq!(DisputeClock::now(), 1);
    });
}

#[test]
fn a_block_that_is_full_to_the_brim_does_not_count() {
    run(|| {
        consume(limits().max_block, DispatchClass::Mandatory);
        next_block();
        assert_eq!(DisputeClock::now(), 0);
    });
}

#[test]
fn idle_work_does_not_stop_the_clock() {
    run(|| {
        use frame_support::traits::{OnFinalize, OnIdle};
        DisputeClock::on_idle(1, Weight::MAX);
        consume(limits().max_block, DispatchClass::Mandatory);
        DisputeClock::on_finalize(1);
        assert_eq!(DisputeClock::now(), 1);
    });
}

#[test]
fn the_clock_stays_at_its_end() {
    run(|| {
        crate::Now::<Test>::put(u32::MAX);
        next_block();
        assert_eq!(DisputeClock::now(), u32::MAX);
    });
}

#[test]
fn a_dispute_that_fits_an_empty_block_is_a_configuration() {
    run(|| {
        use frame_support::traits::Hooks;
        let max = limits().get(DispatchClass::Operational).max_extrinsic.unwrap();
        LargestCallWeight::set(max);
        DisputeClock::integrity_test();
    });
}

#[test]
#[should_panic(expected = "the largest dispute transaction does not fit an empty block")]
fn a_dispute_that_fits_no_block_is_no_configuration() {
    run(|| {
        use frame_support::traits::Hooks;
        let max = limits().get(DispatchClass::Operational).max_extrinsic.unwrap();
        LargestCallWeight::set(max.saturating_add(Weight::from_parts(1, 0)));
        DisputeClock::integrity_test();
    });
}

#[test]
fn the_tick_can_be_read() {
    run(|| {
        pass_ticks(2);
        assert_eq!(DisputeClock::clock(), 2);
    });
}

#[test]
fn try_state_notices_a_block_that_was_not_finished() {
    run(|| {
        crate::SpaceLeft::<Test>::put(true);
        assert_eq!(DisputeClock::do_try_state(), Err("the clock has not finished its block".into()));
        crate::SpaceLeft::<Test>::kill();
    });
}

mod properties {
    use super::*;
    use frame_support::dispatch::{DispatchInfo, Pays};
    use frame_system::{CheckWeight, ConsumedWeight};
    use proptest::prelude::*;

    proptest! {
        /// The clock asks the same question as the check that admits transactions.
        #[test]
        fn there_is_space_exactly_if_the_block_would_take_the_call(
            normal in 0u64..800_000_000_000, operational in 0u64..1_100_000_000_000, mandatory in 0u64..300_000_000_000,
        ) {
            run(|| {
                let mut consumed = ConsumedWeight::default();
                consumed.accrue(Weight::from_parts(normal, 0), DispatchClass::Normal);
                consumed.accrue(Weight::from_parts(operational, 0), DispatchClass::Operational);
                consumed.accrue(Weight::from_parts(mandatory, 0), DispatchClass::Mandatory);
                let base = limits().get(DispatchClass::Operational).base_extrinsic;
                let length = LargestCallBytes::get();
                let info = DispatchInfo {
                    call_weight: LargestCallWeight::get()
                        .saturating_sub(base)
                        .saturating_sub(Weight::from_parts(0, length.into())),
                    extension_weight: Weight::zero(),
                    class: DispatchClass::Operational,
                    pays_fee: Pays::Yes,
                };
                frame_system::BlockWeight::<Test>::put(&consumed);
                let space = DisputeClock::has_space(&consumed, 0);
                assert_eq!(CheckWeight::<Test>::do_prepare(&info, length as usize, length).is_ok(), space);
            });
        }
    }
}
