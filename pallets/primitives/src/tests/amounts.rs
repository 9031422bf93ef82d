//! What an amount of native coin is in another asset.

use proptest::prelude::*;

use crate::{AssetAmount, Rate};

fn in_asset(native: u64, asset: u64, amount: u128) -> u128 {
    Rate { native, asset }.in_asset(amount).units()
}

#[test]
fn the_native_coin_is_worth_itself() {
    for amount in [0, 1, 7, u128::MAX] {
        assert_eq!(Rate::PAR.in_asset(amount), AssetAmount::from_units(amount));
    }
}

#[test]
fn an_amount_is_rounded_up_to_the_next_unit_of_the_asset() {
    assert_eq!(in_asset(3, 2, 3), 2);
    assert_eq!(in_asset(3, 2, 4), 3);
    assert_eq!(in_asset(1_000_000, 1, 1), 1);
    assert_eq!(in_asset(1, 1_000_000, 1), 1_000_000);
}

#[test]
fn an_amount_too_large_for_the_asset_is_the_largest() {
    assert_eq!(in_asset(1, 2, u128::MAX), u128::MAX);
    assert_eq!(in_asset(u64::MAX, u64::MAX, u128::MAX), u128::MAX);
}

#[test]
fn a_rate_with_a_zero_is_not_valid_and_divides_by_nothing() {
    assert!(Rate::PAR.is_valid());
    assert!(!Rate { native: 0, asset: 1 }.is_valid() && !Rate { native: 1, asset: 0 }.is_valid());
    assert_eq!((in_asset(0, 1, 5), in_asset(1, 0, 5)), (5, 0));
}

#[test]
fn an_amount_is_encoded_as_its_number() {
    use codec::Encode;
    assert_eq!(AssetAmount::from_units(77).encode(), 77u128.encode());
}

proptest! {
    #[test]
    fn an_amount_is_exact_where_it_can_be_computed_at_once(
        native in 1u64..,
        asset in 1u64..,
        amount in 0u128..1 << 64,
    ) {
        prop_assert_eq!(in_asset(native, asset, amount), (amount * u128::from(asset)).div_ceil(native.into()));
    }

    #[test]
    fn an_amount_never_falls_when_the_native_one_rises(native in 1u64.., asset in 1u64.., amount: u128, more: u128) {
        prop_assert!(in_asset(native, asset, amount) <= in_asset(native, asset, amount.saturating_add(more)));
    }
}
