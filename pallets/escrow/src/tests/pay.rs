use super::*;

#[test]
fn gives_the_price_to_the_provider_and_the_fee_to_the_pool() {
    run_each(|asset| {
        // The pool has an account: it holds native coin, without which it could not receive the asset.
        assert_ok!(Balances::mint_into(&POOL, LEAST));
        let (provider, pool) = (free(asset, PROVIDER), free(asset, POOL));
        assert_ok!(open(JOB, BUYER, asset, 1_000));
        events();
        assert_ok!(pay(JOB, PROVIDER, 700, 50));
        assert_eq!(free(asset, PROVIDER), provider + worth(asset, 700));
        assert_eq!(free(asset, POOL), pool + worth(asset, 50));
        assert_eq!(held(asset, Payment, BUYER), worth(asset, 250));
        let (price, fee) = (amount(asset, 700), amount(asset, 50));
        let paid = Event::Paid { job: JOB, provider: PROVIDER, price, fee, fee_burned: false };
        assert_eq!(events(), [paid]);
    });
}

#[test]
fn burns_a_fee_that_the_pool_cannot_receive() {
    run_each(|asset| {
        let before = issuance(asset);
        assert_ok!(open(JOB, BUYER, asset, 1_000));
        events();
        assert_ok!(pay(JOB, PROVIDER, 700, LEAST - 1));
        let fee = worth(asset, 300) - worth(asset, 300 - (LEAST - 1));
        assert_eq!((free(asset, POOL), issuance(asset)), (0, before - fee));
        let (price, fee) = (amount(asset, 700), AssetAmount::from_units(fee));
        assert_eq!(events(), [Event::Paid { job: JOB, provider: PROVIDER, price, fee, fee_burned: true }]);
    });
}

#[test]
fn opens_the_pool_with_a_fee_that_is_large_enough() {
    run(|| {
        assert_ok!(open(JOB, BUYER, None, 1_000));
        assert_ok!(pay(JOB, PROVIDER, 0, LEAST));
        assert_eq!(free(None, POOL), LEAST);
    });
}

#[test]
fn takes_no_more_than_is_held() {
    run_each(|asset| {
        assert_ok!(open(JOB, BUYER, asset, 1_000));
        let short = DispatchError::from(Error::<Test>::InsufficientPayment);
        assert_noop!(pay(JOB, PROVIDER, 1_001, 0), short);
        assert_noop!(pay(JOB, PROVIDER, 991, 10), short);
        assert_noop!(pay(JOB, PROVIDER, Balance::MAX, Balance::MAX), short);
        assert_ok!(pay(JOB, PROVIDER, 990, 10));
        assert_noop!(pay(JOB, PROVIDER, 1, 0), short);
    });
}

#[test]
fn changes_nothing_if_the_provider_cannot_receive_the_price() {
    run_each(|asset| {
        assert_ok!(open(JOB, BUYER, asset, 1_000));
        let refused = DispatchError::Token(TokenError::CannotCreate);
        assert_noop!(pay(JOB, NOBODY, LEAST - 1, 100), refused);
    });
}

#[test]
fn is_not_stopped_by_a_freeze_on_the_buyer() {
    run(|| {
        assert_ok!(open(JOB, BUYER, None, 1_000));
        assert_ok!(Balances::set_freeze(&0, &BUYER, ENDOWMENT));
        assert_ok!(pay(JOB, PROVIDER, 1_000, 0));
        assert_eq!(free(None, PROVIDER), ENDOWMENT + 1_000);
    });
}

#[test]
fn to_the_buyer_itself_is_a_release() {
    run_each(|asset| {
        assert_ok!(open(JOB, BUYER, asset, 1_000));
        assert_ok!(pay(JOB, BUYER, 1_000, 0));
        assert_ok!(close(JOB));
        assert_eq!(free(asset, BUYER), ENDOWMENT);
    });
}
