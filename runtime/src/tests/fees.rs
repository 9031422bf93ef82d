//! Fees follow the fuller class of transactions.

use frame_support::{dispatch::DispatchClass, weights::Weight};
use pallet_transaction_payment::{Multiplier, MultiplierUpdate, TargetedFeeAdjustment};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_runtime::{traits::Convert, FixedPointNumber, Perquintill};

use super::chain::{genesis_of, Chain};
use crate::{
    configs::{
        accounts::{AdjustmentSpeed, LeastMultiplier, MostMultiplier, TargetFullness},
        system::Weights,
    },
    constants::DAYS,
    *,
};

type Update = <Runtime as pallet_transaction_payment::Config>::FeeMultiplierUpdate;
type Reference = TargetedFeeAdjustment<Runtime, TargetFullness, AdjustmentSpeed, LeastMultiplier, MostMultiplier>;

/// The multiplier after a block with this weight in each class, in thousandths of the block.
fn after(previous: Multiplier, normal: u64, operational: u64) -> Multiplier {
    sp_io::TestExternalities::new_empty().execute_with(|| {
        consume(normal, DispatchClass::Normal);
        consume(operational, DispatchClass::Operational);
        Update::convert(previous)
    })
}

fn consume(thousandths: u64, class: DispatchClass) {
    let weight = Weight::from_parts(Weights::get().max_block.ref_time() / 1_000 * thousandths, 0);
    System::register_extra_weight_unchecked(weight, class);
}

fn one() -> Multiplier {
    Multiplier::from_u32(1)
}

#[test]
fn normal_blocks_move_fees_as_the_stock_law_does() {
    for previous in [Multiplier::saturating_from_rational(1, 10), one(), Multiplier::from_u32(1_000)] {
        for normal in (0..=750).step_by(25) {
            let (ours, stock) = sp_io::TestExternalities::new_empty().execute_with(|| {
                consume(normal, DispatchClass::Normal);
                (Update::convert(previous), Reference::convert(previous))
            });
            let difference = ours.max(stock) - ours.min(stock);
            assert!(difference / previous <= Multiplier::from_inner(1_000), "{normal}: {ours:?}, {stock:?}");
        }
    }
}

#[test]
fn operational_work_raises_fees_from_a_quarter_of_its_reserve_on() {
    // The reserve is a quarter of the block, the target a quarter of the reserve.
    assert!(after(one(), 0, 62) < one());
    assert!(after(one(), 0, 63) > one());
    assert!(after(one(), 0, 250) > after(one(), 0, 249));
}

#[test]
fn an_operational_reserve_counts_like_a_normal_class_as_full_as_it() {
    for share in [0, 10, 50, 100] {
        assert_eq!(after(one(), 750 * share / 100, 0), after(one(), 0, 250 * share / 100), "{share} %");
    }
}

#[test]
fn the_fuller_class_alone_counts() {
    let full = after(one(), 750, 0);
    assert_eq!(after(one(), 750, 100), full);
    assert_eq!(after(one(), 100, 250), full);
    assert!(full > one());
    assert!(after(one(), 0, 0) < one());
    assert_eq!(after(one(), 10, 10), after(one(), 0, 10));
}

#[test]
fn beyond_its_reserve_operational_work_counts_as_more_than_full() {
    assert!(after(one(), 0, 1_000) > after(one(), 0, 500));
    assert!(after(one(), 0, 500) > after(one(), 750, 250));
}

#[test]
fn fees_stay_between_their_bounds() {
    assert_eq!(after(LeastMultiplier::get(), 0, 0), LeastMultiplier::get());
    assert_eq!(after(Multiplier::from_u32(0), 0, 0), LeastMultiplier::get());
    assert!(after(LeastMultiplier::get(), 0, 100) > LeastMultiplier::get());
    assert_eq!(after(MostMultiplier::get(), 0, 1_000), MostMultiplier::get());
    assert_eq!((Update::min(), Update::max()), (LeastMultiplier::get(), MostMultiplier::get()));
    assert_eq!((Update::target(), Update::variability()), (Perquintill::from_percent(25), AdjustmentSpeed::get()));
}

/// The clock stops if one more maximal refutation does not fit. With few normal calls, that takes a block that is
/// mostly full of operational ones.
#[test]
fn a_day_of_blocks_that_stop_the_dispute_clock_multiplies_fees_by_hundreds() {
    sp_io::TestExternalities::new_empty().execute_with(|| {
        consume(850, DispatchClass::Operational);
        let multiplier = (0..DAYS).fold(LeastMultiplier::get(), |multiplier, _| Update::convert(multiplier));
        assert!(multiplier > LeastMultiplier::get() * Multiplier::from_u32(500), "{multiplier:?}");
    });
}

#[test]
fn a_chain_whose_operational_calls_fill_blocks_raises_its_fees() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        chain.block(|| ());
        let before = TransactionPayment::next_fee_multiplier();
        chain.block(|| consume(500, DispatchClass::Operational));
        let raised = TransactionPayment::next_fee_multiplier();
        assert!(raised > before);
        chain.block(|| ());
        assert!(TransactionPayment::next_fee_multiplier() < raised);
    });
}
