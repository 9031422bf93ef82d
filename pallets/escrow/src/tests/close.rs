use super::*;

#[test]
fn returns_what_is_left_of_the_payment() {
    run_each(|asset| {
        open(asset);
        assert_ok!(Escrow::pay(&JOB, &PROVIDER, 600, 0));
        assert_ok!(Escrow::free_collateral(&JOB));
        events();
        assert_ok!(Escrow::close(&JOB));
        assert_eq!(free(asset, BUYER), ENDOWMENT - worth(asset, 600));
        assert_eq!(events(), [Event::Closed { job: JOB, returned: amount(asset, 400) }]);
        assert_eq!(Escrow::view(&JOB), None);
        assert_noop!(Escrow::close(&JOB), Error::<Test>::NotOpen);
    });
}

#[test]
fn waits_for_the_collateral() {
    run_each(|asset| {
        open(asset);
        assert_noop!(Escrow::close(&JOB), Error::<Test>::CollateralStillLocked);
    });
}

#[test]
fn needs_no_listing_any_more() {
    run(|| {
        // As if the asset had been taken off the list after the job was opened.
        let record = Record { buyer: BUYER, asset: Some(UNLISTED), rate: RATE, payment: 0, collateral: None };
        Records::<Test>::insert(JOB, record);
        assert_ok!(Escrow::close(&JOB));
    });
}
