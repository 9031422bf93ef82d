use super::*;

#[test]
fn try_state_catches_a_wrong_payment() {
    new_test_ext().execute_with(|| {
        open(None);
        assert_ok!(Escrow::do_try_state());
        Records::<Test>::mutate(JOB, |record| record.as_mut().unwrap().payment += 1);
        let complaint = "payments held are not what the records say";
        assert_eq!(Escrow::do_try_state(), Err(TryRuntimeError::Other(complaint)));
    });
}

#[test]
fn try_state_catches_a_wrong_collateral() {
    new_test_ext().execute_with(|| {
        open(Some(LISTED));
        let collateral = Some(Collateral { provider: PROVIDER, amount: 499 });
        Records::<Test>::mutate(JOB, |record| record.as_mut().unwrap().collateral = collateral);
        let complaint = "collateral held is not what the records say";
        assert_eq!(Escrow::do_try_state(), Err(TryRuntimeError::Other(complaint)));
    });
}

#[test]
fn try_state_catches_a_hold_without_a_record() {
    let complaint = |reason| match reason {
        Payment => "payments held are not what the records say",
        CollateralHold => "collateral held is not what the records say",
    };
    for reason in [Payment, CollateralHold] {
        for asset in ASSETS {
            new_test_ext().execute_with(|| {
                assert_ok!(Coins::hold(asset_id(asset), &reason.into(), &REFUTER, 5));
                assert_eq!(Escrow::do_try_state(), Err(TryRuntimeError::Other(complaint(reason))));
            });
        }
    }
}

#[test]
fn try_state_leaves_the_holds_of_other_pallets_alone() {
    run(|| {
        assert_ok!(Balances::mint_into(&NOBODY, 100));
        assert_ok!(Coins::hold(asset_id(None), &StakeReason::get(), &NOBODY, 5));
    });
}

#[test]
fn try_state_catches_a_record_of_an_account_that_is_gone() {
    new_test_ext().execute_with(|| {
        open(None);
        Records::<Test>::mutate(JOB, |record| record.as_mut().unwrap().collateral.as_mut().unwrap().provider = NOBODY);
        assert!(Escrow::do_try_state().is_err());
        assert_ok!(Balances::release(&CollateralHold.into(), &PROVIDER, 500, Precision::Exact));
        let complaint = "a record names an account that is gone";
        assert_eq!(Escrow::do_try_state(), Err(TryRuntimeError::Other(complaint)));
    });
}

#[test]
fn hold_reasons_keep_their_numbers() {
    use codec::Encode;
    assert_eq!((Payment.encode(), CollateralHold.encode()), (vec![0], vec![1]));
}
