use super::*;

#[test]
fn returns_what_is_left_of_the_payment() {
    run_each(|asset| {
        opened(asset);
        assert_ok!(pay(JOB, PROVIDER, 600, 0));
        assert_ok!(free_collateral(JOB));
        events();
        assert_ok!(close(JOB));
        assert_eq!(free(asset, BUYER), ENDOWMENT - worth(asset, 600));
        assert_eq!(events(), [Event::Closed { job: JOB, returned: amount(asset, 400) }]);
    });
}

#[test]
fn waits_for_the_collateral() {
    run_each(|asset| {
        opened(asset);
        assert_noop!(close(JOB), Error::<Test>::CollateralStillLocked);
    });
}

#[test]
fn needs_no_listing_any_more() {
    run(|| {
        assert_ok!(open(JOB, BUYER, Some(LISTED), 1_000));
        AssetsListed::set(ListedAssets::new());
        assert_ok!(close(JOB));
        assert_eq!(free(Some(LISTED), BUYER), ENDOWMENT);
    });
}
