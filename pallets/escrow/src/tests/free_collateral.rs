use super::*;

#[test]
fn returns_what_is_left_of_it_to_the_stake() {
    run_each(|asset| {
        opened(asset);
        assert_ok!(burn_pass_fee(JOB, 30));
        events();
        assert_eq!(free_collateral(JOB), Ok(470));
        assert_eq!((stake(PROVIDER), held(None, CollateralHold, PROVIDER)), (STAKE - 30, 0));
        assert_eq!(free(None, PROVIDER), ENDOWMENT);
        assert_eq!(events(), [Event::CollateralFreed { job: JOB, provider: PROVIDER, amount: 470 }]);
    });
}

#[test]
fn needs_a_collateral() {
    run_each(|asset| {
        assert_ok!(open(JOB, BUYER, asset, 1));
        assert_noop!(free_collateral(JOB), Error::<Test>::NoCollateral);
    });
}

#[test]
fn of_one_job_leaves_that_of_another() {
    run_each(|asset| {
        opened(asset);
        assert_ok!(open(OTHER_JOB, BUYER, asset, 1));
        assert_ok!(lock_collateral(OTHER_JOB, PROVIDER, 300));
        assert_eq!(free_collateral(JOB), Ok(500));
        assert_eq!(held(None, CollateralHold, PROVIDER), 300);
    });
}
