use super::*;

#[test]
fn check_finds_a_wrong_payment() {
    new_test_ext().execute_with(|| {
        opened(None);
        assert_ok!(checked());
        Records::<Test>::mutate(JOB, |record| record.as_mut().unwrap().funds.payment += 1);
        let complaint = "payments held are not what the jobs say";
        assert_eq!(checked(), Err(DispatchError::Other(complaint)));
    });
}

#[test]
fn check_finds_a_wrong_collateral() {
    new_test_ext().execute_with(|| {
        opened(Some(LISTED));
        let collateral = Some(Collateral { provider: PROVIDER, amount: 499 });
        Records::<Test>::mutate(JOB, |record| record.as_mut().unwrap().funds.collateral = collateral);
        let complaint = "collateral held is not what the jobs say";
        assert_eq!(checked(), Err(DispatchError::Other(complaint)));
    });
}

#[test]
fn check_finds_a_hold_without_a_job() {
    let complaint = |reason| match reason {
        Payment => "payments held are not what the jobs say",
        CollateralHold => "collateral held is not what the jobs say",
    };
    for reason in [Payment, CollateralHold] {
        for asset in ASSETS {
            new_test_ext().execute_with(|| {
                assert_ok!(Coins::hold(asset_id(asset), &reason.into(), &REFUTER, 5));
                assert_eq!(checked(), Err(DispatchError::Other(complaint(reason))));
            });
        }
    }
}

#[test]
fn check_leaves_the_holds_of_other_pallets_alone() {
    run(|| {
        assert_ok!(Balances::mint_into(&NOBODY, 100));
        assert_ok!(Coins::hold(asset_id(None), &StakeReason::get(), &NOBODY, 5));
    });
}

#[test]
fn check_finds_a_job_of_an_account_that_is_gone() {
    new_test_ext().execute_with(|| {
        opened(None);
        let collateral = Some(Collateral { provider: NOBODY, amount: 500 });
        Records::<Test>::mutate(JOB, |record| record.as_mut().unwrap().funds.collateral = collateral);
        assert!(checked().is_err());
        assert_ok!(Balances::release(&CollateralHold.into(), &PROVIDER, 500, Precision::Exact));
        let complaint = "a job names an account that is gone";
        assert_eq!(checked(), Err(DispatchError::Other(complaint)));
    });
}

#[test]
fn hold_reasons_keep_their_numbers() {
    use codec::Encode;
    assert_eq!((Payment.encode(), CollateralHold.encode()), (vec![0], vec![1]));
}
