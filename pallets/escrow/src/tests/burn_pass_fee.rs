use super::*;

#[test]
fn burns_the_same_worth_from_both_sides() {
    run_each(|asset| {
        let (native, paid) = (issuance(None), issuance(asset));
        opened(asset);
        assert_ok!(burn_pass_fee(JOB, 30));
        assert_eq!(held(asset, Payment, BUYER), worth(asset, 970));
        assert_eq!(held(None, CollateralHold, PROVIDER), 470);
        match asset {
            None => assert_eq!(issuance(None), native - 60),
            Some(_) => assert_eq!((issuance(None), issuance(asset)), (native - 30, paid - 45)),
        }
        assert_eq!(events(), [Event::PassFeeBurned { job: JOB, payment: amount(asset, 30), collateral: 30 }]);
    });
}

#[test]
fn fails_if_either_side_has_less() {
    run_each(|asset| {
        opened(asset);
        assert_noop!(burn_pass_fee(JOB, 501), Error::<Test>::InsufficientCollateral);
        assert_noop!(burn_pass_fee(JOB, 1_001), Error::<Test>::InsufficientPayment);
        assert_ok!(free_collateral(JOB));
        assert_noop!(burn_pass_fee(JOB, 1), Error::<Test>::NoCollateral);
    });
}
