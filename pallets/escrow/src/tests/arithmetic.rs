use super::*;

proptest! {
    /// Whatever the rate and however a payment is divided, its parts in the asset are exactly what was held.
    #[test]
    fn taking_in_parts_moves_exactly_what_is_held(
        payment in 0u128..1 << 100,
        native in 1u64..,
        asset in 1u64..,
        shares in proptest::collection::vec(0u128..=1_000, 0..6),
    ) {
        let rate = Rate { native, asset };
        let mut funds = Funds::<AccountId> { rate, payment, collateral: None };
        let before = funds.held();
        let mut moved = AssetAmount::ZERO;
        for share in shares {
            let part = funds.payment / 1_000 * share;
            let nominal = rate.in_asset(part);
            let taken = funds.take(part).unwrap();
            // Rounding moves a part by one unit at most.
            prop_assert!(taken <= nominal && nominal <= taken.saturating_add(AssetAmount::from_units(1)));
            moved = moved.saturating_add(taken);
        }
        prop_assert_eq!(funds.held().saturating_add(moved), before);
        prop_assert_eq!(funds.take(funds.payment), Ok(before.saturating_sub(moved)));
        prop_assert_eq!(funds.held(), AssetAmount::ZERO);
    }

    #[test]
    fn no_more_is_taken_than_there_is(payment: Balance, more in 1u128..) {
        let mut funds = Funds::<AccountId> { rate: Rate::PAR, payment, collateral: None };
        if let Some(too_much) = payment.checked_add(more) {
            prop_assert_eq!(funds.take(too_much), Err(Shortfall));
            prop_assert_eq!(funds.payment, payment);
        }
        prop_assert_eq!(funds.take(payment), Ok(AssetAmount::from_units(payment)));
    }

    #[test]
    fn a_forfeit_is_the_whole_collateral_and_no_more(collateral: Balance, refund: Balance, bounty: Balance) {
        let parts = forfeit(collateral, refund, bounty);
        let sum = parts.bounty.checked_add(parts.refund).and_then(|sum| sum.checked_add(parts.burned));
        prop_assert_eq!(sum, Some(collateral));
        prop_assert!(parts.bounty <= bounty && parts.refund <= refund);
    }

    #[test]
    fn nothing_burns_while_anybody_is_owed(collateral: Balance, refund: Balance, bounty: Balance) {
        let Forfeit { bounty: paid, refund: refunded, burned } = forfeit(collateral, refund, bounty);
        prop_assert!(burned == 0 || (paid == bounty && refunded == refund));
        prop_assert!(refunded == 0 || paid == bounty);
    }
}
