use super::*;

#[test]
fn moves_native_stake_of_the_provider_whatever_the_job_is_paid_in() {
    run_each(|asset| {
        assert_ok!(open(JOB, BUYER, asset, 1_000));
        events();
        assert_ok!(lock_collateral(JOB, PROVIDER, 500));
        assert_eq!((stake(PROVIDER), held(None, CollateralHold, PROVIDER)), (STAKE - 500, 500));
        assert_eq!(free(None, PROVIDER), ENDOWMENT);
        assert_eq!(events(), [Event::CollateralLocked { job: JOB, provider: PROVIDER, amount: 500 }]);
        assert_eq!(funds(JOB).unwrap().collateral, Some(Collateral { provider: PROVIDER, amount: 500 }));
    });
}

#[test]
fn takes_one_at_a_time() {
    run_each(|asset| {
        opened(asset);
        let already = Error::<Test>::CollateralAlreadyLocked;
        assert_noop!(lock_collateral(JOB, REFUTER, 1), already);
        assert_ok!(free_collateral(JOB));
        assert_ok!(lock_collateral(JOB, REFUTER, 1));
    });
}

#[test]
fn needs_enough_stake() {
    run(|| {
        assert_ok!(open(JOB, BUYER, None, 1));
        let unavailable = DispatchError::Token(TokenError::FundsUnavailable);
        assert_noop!(lock_collateral(JOB, PROVIDER, STAKE + 1), unavailable);
        assert_ok!(lock_collateral(JOB, PROVIDER, STAKE));
    });
}

#[test]
fn is_one_transfer_between_two_holds_with_one_event() {
    run(|| {
        assert_ok!(open(JOB, BUYER, None, 1_000));
        let all_events = touchstone_testing::all_events::<Test>;
        all_events();
        let (provider, amount) = (PROVIDER, STAKE);
        assert_ok!(lock_collateral(JOB, provider, amount));
        assert_eq!(all_events(), [Event::CollateralLocked { job: JOB, provider, amount }.into()]);
        assert_ok!(free_collateral(JOB));
        assert_eq!(all_events(), [Event::CollateralFreed { job: JOB, provider, amount }.into()]);
    });
}

#[test]
fn leaves_an_account_alive_that_has_spent_its_free_balance() {
    run(|| {
        assert_ok!(open(JOB, BUYER, None, 1_000));
        assert_ok!(Balances::burn_from(
            &PROVIDER,
            ENDOWMENT,
            Preservation::Expendable,
            Precision::BestEffort,
            Fortitude::Force
        ));
        assert_ok!(lock_collateral(JOB, PROVIDER, STAKE));
        assert_eq!((stake(PROVIDER), held(None, CollateralHold, PROVIDER)), (0, STAKE));
        assert_ok!(free_collateral(JOB));
        assert_eq!((stake(PROVIDER), held(None, CollateralHold, PROVIDER)), (STAKE, 0));
    });
}

#[test]
fn is_not_stopped_by_a_freeze_on_the_provider() {
    run(|| {
        assert_ok!(open(JOB, BUYER, None, 1_000));
        assert_ok!(Balances::set_freeze(&0, &PROVIDER, ENDOWMENT + STAKE));
        assert_ok!(lock_collateral(JOB, PROVIDER, 500));
        assert_ok!(free_collateral(JOB));
    });
}
