use super::*;

#[test]
fn pays_the_bounty_then_the_refund_and_burns_the_rest() {
    run_each(|asset| {
        opened(asset);
        let (issued, buyer) = (issuance(None), free(None, BUYER));
        assert_ok!(forfeit_collateral(JOB, 200, Some((REFUTER, 50))));
        assert_eq!(free(None, REFUTER), ENDOWMENT + 50);
        assert_eq!(free(None, BUYER), buyer + 200);
        assert_eq!(issuance(None), issued - 250);
        assert_eq!(held(None, CollateralHold, PROVIDER), 0);
        assert_eq!((free(None, PROVIDER), stake(PROVIDER)), (ENDOWMENT, STAKE - 500));
        let (bounty, refund, burned) = (50, 200, 250);
        let forfeited = Event::CollateralForfeited { job: JOB, provider: PROVIDER, bounty, refund, burned };
        assert_eq!(events(), [forfeited]);
        assert_eq!(funds(JOB).unwrap().collateral, None);
    });
}

#[test]
fn without_refuter_and_refund_burns_everything() {
    run_each(|asset| {
        opened(asset);
        let issued = issuance(None);
        assert_ok!(forfeit_collateral(JOB, 0, None));
        assert_eq!(issuance(None), issued - 500);
    });
}

#[test]
fn gives_at_most_what_there_is() {
    run_each(|asset| {
        opened(asset);
        assert_ok!(forfeit_collateral(JOB, Balance::MAX, Some((REFUTER, 400))));
        let (bounty, refund, burned) = (400, 100, 0);
        let forfeited = Event::CollateralForfeited { job: JOB, provider: PROVIDER, bounty, refund, burned };
        assert_eq!(events(), [forfeited]);
    });
}

#[test]
fn burns_a_bounty_that_the_refuter_cannot_receive() {
    run_each(|asset| {
        opened(asset);
        assert_ok!(forfeit_collateral(JOB, 0, Some((NOBODY, LEAST - 1))));
        assert_eq!(free(None, NOBODY), 0);
        let forfeited = Event::CollateralForfeited { job: JOB, provider: PROVIDER, bounty: 0, refund: 0, burned: 500 };
        assert_eq!(events(), [forfeited]);
    });
}

#[test]
fn refuting_oneself_earns_nothing() {
    run_each(|asset| {
        opened(asset);
        assert_ok!(forfeit_collateral(JOB, 0, Some((PROVIDER, 50))));
        assert_eq!((free(None, PROVIDER), stake(PROVIDER)), (ENDOWMENT + 50, STAKE - 500));
    });
}

#[test]
fn leaves_the_payment_for_the_next_attempt() {
    run_each(|asset| {
        opened(asset);
        assert_ok!(forfeit_collateral(JOB, 0, Some((REFUTER, 50))));
        assert_eq!(held(asset, Payment, BUYER), worth(asset, 1_000));
        assert_ok!(lock_collateral(JOB, REFUTER, 500));
        assert_ok!(pay(JOB, REFUTER, 1_000, 0));
    });
}

#[test]
fn needs_a_collateral() {
    run_each(|asset| {
        assert_ok!(open(JOB, BUYER, asset, 1));
        assert_noop!(forfeit_collateral(JOB, 0, None), Error::<Test>::NoCollateral);
    });
}
