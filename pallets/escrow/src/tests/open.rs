use super::*;

#[test]
fn holds_what_the_payment_is_worth_on_the_buyer() {
    run_each(|asset| {
        let rate = rate(asset);
        assert_eq!(open(JOB, BUYER, asset, 1_000), Ok(rate));
        let worth = worth(asset, 1_000);
        assert_eq!((free(asset, BUYER), held(asset, Payment, BUYER)), (ENDOWMENT - worth, worth));
        let held = Funds { rate, payment: 1_000, collateral: None };
        assert_eq!(held.held(), amount(asset, 1_000));
        assert_eq!(funds(JOB), Some(held));
        // The pallet that stores the job tells of it.
        assert!(events().is_empty());
    });
}

#[test]
fn adds_up_over_the_jobs_of_one_buyer() {
    run_each(|asset| {
        assert_ok!(open(JOB, BUYER, asset, 1_000));
        assert_ok!(open(OTHER_JOB, BUYER, asset, 200));
        assert_eq!(held(asset, Payment, BUYER), worth(asset, 1_200));
        assert_ok!(close(JOB));
        assert_eq!(held(asset, Payment, BUYER), worth(asset, 200));
    });
}

#[test]
fn refuses_an_asset_that_is_not_listed() {
    run(|| {
        assert_noop!(open(JOB, BUYER, Some(UNLISTED), 1), Error::<Test>::AssetNotListed);
        assert_noop!(open(JOB, BUYER, Some(77), 1), Error::<Test>::AssetNotListed);
    });
}

#[test]
fn refuses_an_asset_whose_rate_has_a_zero() {
    run(|| {
        for rate in [Rate { native: 0, asset: 1 }, Rate { native: 1, asset: 0 }] {
            AssetsListed::set(vec![(LISTED, rate)].try_into().unwrap());
            assert_noop!(open(JOB, BUYER, Some(LISTED), 1), Error::<Test>::AssetNotListed);
        }
    });
}

#[test]
fn fixes_the_rate_for_the_job() {
    run(|| {
        assert_ok!(open(JOB, BUYER, Some(LISTED), 1_000));
        let dearer = Rate { native: 1, asset: 100 };
        AssetsListed::set(vec![(LISTED, dearer)].try_into().unwrap());
        assert_eq!(Escrow::rate(Some(LISTED)), Ok(dearer));
        let provider = free(Some(LISTED), PROVIDER);
        assert_ok!(pay(JOB, PROVIDER, 400, 0));
        assert_eq!(free(Some(LISTED), PROVIDER), provider + 600);
        assert_ok!(close(JOB));
        assert_eq!(free(Some(LISTED), BUYER), ENDOWMENT - 600);
    });
}

#[test]
fn refuses_more_than_the_buyer_can_part_with() {
    run_each(|asset| {
        let unavailable = DispatchError::Token(TokenError::FundsUnavailable);
        let most = if asset.is_none() { ENDOWMENT - LEAST } else { (ENDOWMENT - LEAST) / 3 * 2 };
        assert_noop!(open(JOB, BUYER, asset, most + 1), unavailable);
        assert_noop!(open(JOB, BUYER, asset, Balance::MAX), unavailable);
        assert_ok!(open(JOB, BUYER, asset, most));
    });
}

#[test]
fn of_a_free_job_holds_nothing() {
    run_each(|asset| {
        assert_ok!(open(JOB, NOBODY, asset, 0));
        assert_ok!(close(JOB));
        assert_eq!(events(), [Event::Closed { job: JOB, returned: AssetAmount::ZERO }]);
    });
}
