use frame_support::{
    assert_noop, assert_ok,
    traits::{
        fungible::{Mutate, MutateFreeze},
        tokens::{Fortitude, Precision, Preservation},
    },
};
use proptest::prelude::*;
use sp_runtime::{DispatchError, TokenError, TryRuntimeError};
use touchstone_primitives::{views::EscrowView, Balance, Escrow as _, JobId};

use crate::{
    ledger::{self, Collateral, Forfeit, Record, Shortfall},
    mock::*,
    Error, Event,
    HoldReason::{Collateral as CollateralHold, Payment},
    Records,
};

const OTHER_JOB: JobId = JobId([2; 32]);
const MISSING: JobId = JobId([3; 32]);

/// A job of 1,000 held in `asset`, with a collateral of 500.
fn open(asset: Option<u32>) {
    assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1_000));
    assert_ok!(Escrow::lock_collateral(&JOB, &PROVIDER, 500));
    events();
}

mod open {
    use super::*;

    #[test]
    fn holds_the_payment_on_the_buyer() {
        run_each(|asset| {
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1_000));
            assert_eq!((free(asset, BUYER), held(asset, Payment, BUYER)), (ENDOWMENT - 1_000, 1_000));
            assert_eq!(events(), [Event::Opened { job: JOB, buyer: BUYER, asset, amount: 1_000 }]);
            let view = EscrowView { buyer: BUYER, asset, payment: 1_000, collateral: None };
            assert_eq!((Escrow::view(&JOB), Escrow::held(JOB)), (Some(view.clone()), Some(view)));
            assert_eq!(Escrow::view(&MISSING), None);
        });
    }

    #[test]
    fn adds_up_over_the_jobs_of_one_buyer() {
        run_each(|asset| {
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1_000));
            assert_ok!(Escrow::open(&OTHER_JOB, &BUYER, asset, 200));
            assert_eq!(held(asset, Payment, BUYER), 1_200);
            assert_ok!(Escrow::close(&JOB));
            assert_eq!(held(asset, Payment, BUYER), 200);
        });
    }

    #[test]
    fn refuses_an_asset_that_is_not_listed() {
        run(|| {
            assert_noop!(Escrow::open(&JOB, &BUYER, Some(UNLISTED), 1), Error::<Test>::AssetNotListed);
            assert_noop!(Escrow::open(&JOB, &BUYER, Some(77), 1), Error::<Test>::AssetNotListed);
        });
    }

    #[test]
    fn refuses_a_job_that_is_open() {
        run_each(|asset| {
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1));
            assert_noop!(Escrow::open(&JOB, &REFUTER, asset, 1), Error::<Test>::AlreadyOpen);
        });
    }

    #[test]
    fn refuses_more_than_the_buyer_can_part_with() {
        run_each(|asset| {
            let unavailable = DispatchError::Token(TokenError::FundsUnavailable);
            assert_noop!(Escrow::open(&JOB, &BUYER, asset, ENDOWMENT - LEAST + 1), unavailable);
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, ENDOWMENT - LEAST));
        });
    }

    #[test]
    fn of_a_free_job_holds_nothing() {
        run_each(|asset| {
            assert_ok!(Escrow::open(&JOB, &NOBODY, asset, 0));
            assert_ok!(Escrow::close(&JOB));
            let events = events();
            assert_eq!(events.last(), Some(&Event::Closed { job: JOB, returned: 0 }));
        });
    }
}

mod lock_collateral {
    use super::*;

    #[test]
    fn moves_native_stake_of_the_provider_whatever_the_job_is_paid_in() {
        run_each(|asset| {
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1_000));
            events();
            assert_ok!(Escrow::lock_collateral(&JOB, &PROVIDER, 500));
            assert_eq!((stake(PROVIDER), held(None, CollateralHold, PROVIDER)), (STAKE - 500, 500));
            assert_eq!(free(None, PROVIDER), ENDOWMENT);
            assert_eq!(events(), [Event::CollateralLocked { job: JOB, provider: PROVIDER, amount: 500 }]);
            assert_eq!(Escrow::view(&JOB).unwrap().collateral, Some((PROVIDER, 500)));
        });
    }

    #[test]
    fn takes_one_at_a_time() {
        run_each(|asset| {
            open(asset);
            let already = Error::<Test>::CollateralAlreadyLocked;
            assert_noop!(Escrow::lock_collateral(&JOB, &REFUTER, 1), already);
            assert_ok!(Escrow::free_collateral(&JOB));
            assert_ok!(Escrow::lock_collateral(&JOB, &REFUTER, 1));
        });
    }

    #[test]
    fn needs_an_open_job_and_enough_stake() {
        run(|| {
            assert_noop!(Escrow::lock_collateral(&JOB, &PROVIDER, 1), Error::<Test>::NotOpen);
            assert_ok!(Escrow::open(&JOB, &BUYER, None, 1));
            let unavailable = DispatchError::Token(TokenError::FundsUnavailable);
            assert_noop!(Escrow::lock_collateral(&JOB, &PROVIDER, STAKE + 1), unavailable);
            assert_ok!(Escrow::lock_collateral(&JOB, &PROVIDER, STAKE));
        });
    }

    #[test]
    fn is_one_transfer_between_two_holds_with_one_event() {
        run(|| {
            assert_ok!(Escrow::open(&JOB, &BUYER, None, 1_000));
            let all_events = touchstone_testing::all_events::<Test>;
            all_events();
            let (provider, amount) = (PROVIDER, STAKE);
            assert_ok!(Escrow::lock_collateral(&JOB, &provider, amount));
            assert_eq!(all_events(), [Event::CollateralLocked { job: JOB, provider, amount }.into()]);
            assert_ok!(Escrow::free_collateral(&JOB));
            assert_eq!(all_events(), [Event::CollateralFreed { job: JOB, provider, amount }.into()]);
        });
    }

    #[test]
    fn leaves_an_account_alive_that_has_spent_its_free_balance() {
        run(|| {
            assert_ok!(Escrow::open(&JOB, &BUYER, None, 1_000));
            assert_ok!(Balances::burn_from(
                &PROVIDER,
                ENDOWMENT,
                Preservation::Expendable,
                Precision::BestEffort,
                Fortitude::Force
            ));
            assert_ok!(Escrow::lock_collateral(&JOB, &PROVIDER, STAKE));
            assert_eq!((stake(PROVIDER), held(None, CollateralHold, PROVIDER)), (0, STAKE));
            assert_ok!(Escrow::free_collateral(&JOB));
            assert_eq!((stake(PROVIDER), held(None, CollateralHold, PROVIDER)), (STAKE, 0));
        });
    }

    #[test]
    fn is_not_stopped_by_a_freeze_on_the_provider() {
        run(|| {
            assert_ok!(Escrow::open(&JOB, &BUYER, None, 1_000));
            assert_ok!(Balances::set_freeze(&0, &PROVIDER, ENDOWMENT + STAKE));
            assert_ok!(Escrow::lock_collateral(&JOB, &PROVIDER, 500));
            assert_ok!(Escrow::free_collateral(&JOB));
        });
    }
}

mod pay {
    use super::*;

    #[test]
    fn gives_the_price_to_the_provider_and_the_fee_to_the_pool() {
        run_each(|asset| {
            // The pool has an account: it holds native coin, without which it could not receive the asset.
            assert_ok!(Balances::mint_into(&POOL, LEAST));
            let (provider, pool) = (free(asset, PROVIDER), free(asset, POOL));
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1_000));
            events();
            assert_ok!(Escrow::pay(&JOB, &PROVIDER, 700, 50));
            assert_eq!(free(asset, PROVIDER), provider + 700);
            assert_eq!(free(asset, POOL), pool + 50);
            assert_eq!(held(asset, Payment, BUYER), 250);
            let paid = Event::Paid { job: JOB, provider: PROVIDER, price: 700, fee: 50, fee_burned: false };
            assert_eq!(events(), [paid]);
        });
    }

    #[test]
    fn burns_a_fee_that_the_pool_cannot_receive() {
        run_each(|asset| {
            let before = issuance(asset);
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1_000));
            events();
            assert_ok!(Escrow::pay(&JOB, &PROVIDER, 700, LEAST - 1));
            assert_eq!((free(asset, POOL), issuance(asset)), (0, before - (LEAST - 1)));
            let fee = LEAST - 1;
            assert_eq!(events(), [Event::Paid { job: JOB, provider: PROVIDER, price: 700, fee, fee_burned: true }]);
        });
    }

    #[test]
    fn opens_the_pool_with_a_fee_that_is_large_enough() {
        run(|| {
            assert_ok!(Escrow::open(&JOB, &BUYER, None, 1_000));
            assert_ok!(Escrow::pay(&JOB, &PROVIDER, 0, LEAST));
            assert_eq!(free(None, POOL), LEAST);
        });
    }

    #[test]
    fn takes_no_more_than_is_held() {
        run_each(|asset| {
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1_000));
            let short = DispatchError::from(Error::<Test>::InsufficientPayment);
            assert_noop!(Escrow::pay(&JOB, &PROVIDER, 1_001, 0), short);
            assert_noop!(Escrow::pay(&JOB, &PROVIDER, 991, 10), short);
            assert_noop!(Escrow::pay(&JOB, &PROVIDER, Balance::MAX, Balance::MAX), short);
            assert_ok!(Escrow::pay(&JOB, &PROVIDER, 990, 10));
            assert_noop!(Escrow::pay(&JOB, &PROVIDER, 1, 0), short);
        });
    }

    #[test]
    fn changes_nothing_if_the_provider_cannot_receive_the_price() {
        run_each(|asset| {
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1_000));
            let refused = DispatchError::Token(TokenError::CannotCreate);
            assert_noop!(Escrow::pay(&JOB, &NOBODY, LEAST - 1, 100), refused);
        });
    }

    #[test]
    fn is_not_stopped_by_a_freeze_on_the_buyer() {
        run(|| {
            assert_ok!(Escrow::open(&JOB, &BUYER, None, 1_000));
            assert_ok!(Balances::set_freeze(&0, &BUYER, ENDOWMENT));
            assert_ok!(Escrow::pay(&JOB, &PROVIDER, 1_000, 0));
            assert_eq!(free(None, PROVIDER), ENDOWMENT + 1_000);
        });
    }

    #[test]
    fn to_the_buyer_itself_is_a_release() {
        run_each(|asset| {
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1_000));
            assert_ok!(Escrow::pay(&JOB, &BUYER, 1_000, 0));
            assert_ok!(Escrow::close(&JOB));
            assert_eq!(free(asset, BUYER), ENDOWMENT);
        });
    }

    #[test]
    fn needs_an_open_job() {
        run(|| assert_eq!(Escrow::pay(&JOB, &PROVIDER, 0, 0), Err(Error::<Test>::NotOpen.into())));
    }
}

mod burn_pass_fee {
    use super::*;

    #[test]
    fn burns_the_same_from_both_sides() {
        run_each(|asset| {
            let (native, paid) = (issuance(None), issuance(asset));
            open(asset);
            assert_ok!(Escrow::burn_pass_fee(&JOB, 30));
            assert_eq!(held(asset, Payment, BUYER), 970);
            assert_eq!(held(None, CollateralHold, PROVIDER), 470);
            match asset {
                None => assert_eq!(issuance(None), native - 60),
                Some(_) => assert_eq!((issuance(None), issuance(asset)), (native - 30, paid - 30)),
            }
            assert_eq!(events(), [Event::PassFeeBurned { job: JOB, fee: 30 }]);
        });
    }

    #[test]
    fn fails_if_either_side_has_less() {
        run_each(|asset| {
            open(asset);
            assert_noop!(Escrow::burn_pass_fee(&JOB, 501), Error::<Test>::InsufficientCollateral);
            assert_noop!(Escrow::burn_pass_fee(&JOB, 1_001), Error::<Test>::InsufficientPayment);
            assert_ok!(Escrow::free_collateral(&JOB));
            assert_noop!(Escrow::burn_pass_fee(&JOB, 1), Error::<Test>::NoCollateral);
            assert_noop!(Escrow::burn_pass_fee(&MISSING, 1), Error::<Test>::NotOpen);
        });
    }
}

mod free_collateral {
    use super::*;

    #[test]
    fn returns_what_is_left_of_it_to_the_stake() {
        run_each(|asset| {
            open(asset);
            assert_ok!(Escrow::burn_pass_fee(&JOB, 30));
            events();
            assert_eq!(Escrow::free_collateral(&JOB), Ok(470));
            assert_eq!((stake(PROVIDER), held(None, CollateralHold, PROVIDER)), (STAKE - 30, 0));
            assert_eq!(free(None, PROVIDER), ENDOWMENT);
            assert_eq!(events(), [Event::CollateralFreed { job: JOB, provider: PROVIDER, amount: 470 }]);
        });
    }

    #[test]
    fn needs_a_collateral() {
        run_each(|asset| {
            assert_noop!(Escrow::free_collateral(&JOB), Error::<Test>::NotOpen);
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1));
            assert_noop!(Escrow::free_collateral(&JOB), Error::<Test>::NoCollateral);
        });
    }

    #[test]
    fn of_one_job_leaves_that_of_another() {
        run_each(|asset| {
            open(asset);
            assert_ok!(Escrow::open(&OTHER_JOB, &BUYER, asset, 1));
            assert_ok!(Escrow::lock_collateral(&OTHER_JOB, &PROVIDER, 300));
            assert_eq!(Escrow::free_collateral(&JOB), Ok(500));
            assert_eq!(held(None, CollateralHold, PROVIDER), 300);
        });
    }
}

mod forfeit_collateral {
    use super::*;

    #[test]
    fn pays_the_bounty_then_the_refund_and_burns_the_rest() {
        run_each(|asset| {
            open(asset);
            let (issued, buyer) = (issuance(None), free(None, BUYER));
            assert_ok!(Escrow::forfeit_collateral(&JOB, 200, Some((&REFUTER, 50))));
            assert_eq!(free(None, REFUTER), ENDOWMENT + 50);
            assert_eq!(free(None, BUYER), buyer + 200);
            assert_eq!(issuance(None), issued - 250);
            assert_eq!(held(None, CollateralHold, PROVIDER), 0);
            assert_eq!((free(None, PROVIDER), stake(PROVIDER)), (ENDOWMENT, STAKE - 500));
            let (bounty, refund, burned) = (50, 200, 250);
            let forfeited = Event::CollateralForfeited { job: JOB, provider: PROVIDER, bounty, refund, burned };
            assert_eq!(events(), [forfeited]);
            assert_eq!(Escrow::view(&JOB).unwrap().collateral, None);
        });
    }

    #[test]
    fn without_refuter_and_refund_burns_everything() {
        run_each(|asset| {
            open(asset);
            let issued = issuance(None);
            assert_ok!(Escrow::forfeit_collateral(&JOB, 0, None));
            assert_eq!(issuance(None), issued - 500);
        });
    }

    #[test]
    fn gives_at_most_what_there_is() {
        run_each(|asset| {
            open(asset);
            assert_ok!(Escrow::forfeit_collateral(&JOB, Balance::MAX, Some((&REFUTER, 400))));
            let (bounty, refund, burned) = (400, 100, 0);
            let forfeited = Event::CollateralForfeited { job: JOB, provider: PROVIDER, bounty, refund, burned };
            assert_eq!(events(), [forfeited]);
        });
    }

    #[test]
    fn burns_a_bounty_that_the_refuter_cannot_receive() {
        run_each(|asset| {
            open(asset);
            assert_ok!(Escrow::forfeit_collateral(&JOB, 0, Some((&NOBODY, LEAST - 1))));
            assert_eq!(free(None, NOBODY), 0);
            let forfeited =
                Event::CollateralForfeited { job: JOB, provider: PROVIDER, bounty: 0, refund: 0, burned: 500 };
            assert_eq!(events(), [forfeited]);
        });
    }

    #[test]
    fn refuting_oneself_earns_nothing() {
        run_each(|asset| {
            open(asset);
            assert_ok!(Escrow::forfeit_collateral(&JOB, 0, Some((&PROVIDER, 50))));
            assert_eq!((free(None, PROVIDER), stake(PROVIDER)), (ENDOWMENT + 50, STAKE - 500));
        });
    }

    #[test]
    fn leaves_the_payment_for_the_next_attempt() {
        run_each(|asset| {
            open(asset);
            assert_ok!(Escrow::forfeit_collateral(&JOB, 0, Some((&REFUTER, 50))));
            assert_eq!(held(asset, Payment, BUYER), 1_000);
            assert_ok!(Escrow::lock_collateral(&JOB, &REFUTER, 500));
            assert_ok!(Escrow::pay(&JOB, &REFUTER, 1_000, 0));
        });
    }

    #[test]
    fn needs_a_collateral() {
        run_each(|asset| {
            assert_noop!(Escrow::forfeit_collateral(&JOB, 0, None), Error::<Test>::NotOpen);
            assert_ok!(Escrow::open(&JOB, &BUYER, asset, 1));
            assert_noop!(Escrow::forfeit_collateral(&JOB, 0, None), Error::<Test>::NoCollateral);
        });
    }
}

mod close {
    use super::*;

    #[test]
    fn returns_what_is_left_of_the_payment() {
        run_each(|asset| {
            open(asset);
            assert_ok!(Escrow::pay(&JOB, &PROVIDER, 600, 0));
            assert_ok!(Escrow::free_collateral(&JOB));
            events();
            assert_ok!(Escrow::close(&JOB));
            assert_eq!(free(asset, BUYER), ENDOWMENT - 600);
            assert_eq!(events(), [Event::Closed { job: JOB, returned: 400 }]);
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
            let record = Record { buyer: BUYER, asset: Some(UNLISTED), payment: 0, collateral: None };
            Records::<Test>::insert(JOB, record);
            assert_ok!(Escrow::close(&JOB));
        });
    }
}

mod invariants {
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
    fn hold_reasons_keep_their_numbers() {
        use codec::Encode;
        assert_eq!((Payment.encode(), CollateralHold.encode()), (vec![0], vec![1]));
    }
}

mod arithmetic {
    use super::*;

    proptest! {
        #[test]
        fn taking_leaves_exactly_the_rest(held: Balance, parts in proptest::collection::vec(any::<Balance>(), 0..5)) {
            let sum = parts.iter().try_fold(0u128, |sum, part| sum.checked_add(*part)).filter(|sum| *sum <= held);
            prop_assert_eq!(ledger::take(held, &parts), sum.map(|sum| held - sum).ok_or(Shortfall));
        }

        #[test]
        fn taking_what_fits_succeeds(held: Balance, share in 0u128..=1_000) {
            let (first, second) = (held / 1_000 * share, held - held / 1_000 * share);
            prop_assert_eq!(ledger::take(held, &[first, second]), Ok(0));
        }

        #[test]
        fn a_forfeit_is_the_whole_collateral_and_no_more(collateral: Balance, refund: Balance, bounty: Balance) {
            let parts = ledger::forfeit(collateral, refund, bounty);
            prop_assert_eq!(parts.bounty.checked_add(parts.refund).and_then(|s| s.checked_add(parts.burned)), Some(collateral));
            prop_assert!(parts.bounty <= bounty && parts.refund <= refund);
        }

        #[test]
        fn nothing_burns_while_anybody_is_owed(collateral: Balance, refund: Balance, bounty: Balance) {
            let Forfeit { bounty: paid, refund: refunded, burned } = ledger::forfeit(collateral, refund, bounty);
            prop_assert!(burned == 0 || (paid == bounty && refunded == refund));
            prop_assert!(refunded == 0 || paid == bounty);
        }
    }
}

/// Random operations against a model that knows only who is owed what.
mod model {
    use std::collections::BTreeMap;

    use super::*;

    const PEOPLE: [AccountId; 3] = [BUYER, PROVIDER, REFUTER];

    #[derive(Clone, Debug)]
    enum Op {
        Open(AccountId, Option<u32>, Balance),
        Lock(AccountId, Balance),
        Pay(AccountId, Balance, Balance),
        Pass(Balance),
        Free,
        Forfeit(Balance, Option<(AccountId, Balance)>),
        Close,
    }

    fn person() -> impl Strategy<Value = AccountId> {
        proptest::sample::select(PEOPLE.to_vec())
    }

    fn amount() -> impl Strategy<Value = Balance> {
        prop_oneof![0..20u128, 0..2_000u128, 0..2 * ENDOWMENT]
    }

    fn op() -> impl Strategy<Value = Op> {
        prop_oneof![
            (person(), proptest::sample::select(ASSETS.to_vec()), amount()).prop_map(|(w, a, n)| Op::Open(w, a, n)),
            (person(), amount()).prop_map(|(w, n)| Op::Lock(w, n)),
            (person(), amount(), amount()).prop_map(|(w, n, f)| Op::Pay(w, n, f)),
            (0..50u128).prop_map(Op::Pass),
            Just(Op::Free),
            (amount(), proptest::option::of((person(), amount()))).prop_map(|(r, b)| Op::Forfeit(r, b)),
            Just(Op::Close),
        ]
    }

    /// Everything that anybody owns of an asset, free or held.
    fn owned(asset: Option<u32>) -> Balance {
        let staked = |who| if asset.is_none() { stake(who) } else { 0 };
        [BUYER, PROVIDER, REFUTER, POOL]
            .iter()
            .map(|who| {
                free(asset, *who) + held(asset, Payment, *who) + held(asset, CollateralHold, *who) + staked(*who)
            })
            .sum()
    }

    type Expected = BTreeMap<u8, (AccountId, Option<u32>, Balance, Option<(AccountId, Balance)>)>;

    /// Applies an operation to the model; `None` where the pallet must refuse.
    fn expect(model: &mut Expected, job: u8, op: &Op) -> Option<()> {
        match *op {
            Op::Open(who, asset, amount) => {
                if model.contains_key(&job) {
                    return None;
                }
                model.insert(job, (who, asset, amount, None));
            }
            Op::Lock(who, amount) => {
                let record = model.get_mut(&job)?;
                if record.3.is_some() {
                    return None;
                }
                record.3 = Some((who, amount));
            }
            Op::Pay(_, price, fee) => {
                let record = model.get_mut(&job)?;
                record.2 = record.2.checked_sub(price.checked_add(fee)?)?;
            }
            Op::Pass(fee) => {
                let record = model.get_mut(&job)?;
                let (payment, (who, collateral)) = (record.2.checked_sub(fee)?, record.3?);
                *record = (record.0, record.1, payment, Some((who, collateral.checked_sub(fee)?)));
            }
            Op::Free | Op::Forfeit(..) => {
                model.get_mut(&job)?.3.take()?;
            }
            Op::Close => {
                if model.get(&job)?.3.is_some() {
                    return None;
                }
                model.remove(&job);
            }
        }
        Some(())
    }

    fn apply(job: &JobId, op: &Op) -> Result<(), DispatchError> {
        match op {
            Op::Open(who, asset, amount) => Escrow::open(job, who, *asset, *amount),
            Op::Lock(who, amount) => Escrow::lock_collateral(job, who, *amount),
            Op::Pay(who, price, fee) => Escrow::pay(job, who, *price, *fee),
            Op::Pass(fee) => Escrow::burn_pass_fee(job, *fee),
            Op::Free => Escrow::free_collateral(job).map(drop),
            Op::Forfeit(refund, bounty) => {
                Escrow::forfeit_collateral(job, *refund, bounty.as_ref().map(|(who, most)| (who, *most)))
            }
            Op::Close => Escrow::close(job),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// No coin appears, disappears without a burn, or is held for nobody; what the records say is what the model says;
        /// a refused operation changes nothing.
        #[test]
        fn every_coin_is_accounted_for(ops in proptest::collection::vec((0u8..3, op()), 1..40)) {
            new_test_ext().execute_with(|| {
                let mut model = Expected::new();
                for (job, op) in ops {
                    let id = JobId([job; 32]);
                    let before = (free(None, BUYER), owned(None), owned(Some(LISTED)), Escrow::view(&id));
                    let mut next = model.clone();
                    let expected = expect(&mut next, job, &op);
                    match apply(&id, &op) {
                        Ok(()) => {
                            prop_assert!(expected.is_some(), "{op:?} succeeded");
                            model = next;
                        }
                        Err(error) => {
                            // Beyond the model's rules, only what an account cannot part with stops an operation.
                            let poor = DispatchError::Token(TokenError::FundsUnavailable);
                            prop_assert!(expected.is_none() || error == poor, "{op:?} failed: {error:?}");
                            let after = (free(None, BUYER), owned(None), owned(Some(LISTED)), Escrow::view(&id));
                            prop_assert_eq!(before, after);
                        }
                    }
                    for (job, (buyer, asset, payment, collateral)) in &model {
                        let view = EscrowView {
                            buyer: *buyer, asset: *asset, payment: *payment, collateral: *collateral,
                        };
                        prop_assert_eq!(Escrow::view(&JobId([*job; 32])), Some(view));
                    }
                    for asset in ASSETS {
                        prop_assert_eq!(owned(asset), issuance(asset), "asset {:?}", asset);
                    }
                    check();
                }
                Ok(())
            })?;
        }

        /// From whatever state, each job has a way out that returns every coin that is still held.
        #[test]
        fn no_coin_is_stuck(ops in proptest::collection::vec((0u8..3, op()), 1..30)) {
            new_test_ext().execute_with(|| {
                for (job, op) in ops {
                    let _ = apply(&JobId([job; 32]), &op);
                }
                for job in Records::<Test>::iter_keys().collect::<Vec<_>>() {
                    let _ = Escrow::free_collateral(&job);
                    assert_ok!(Escrow::close(&job));
                }
                for who in PEOPLE {
                    for asset in ASSETS {
                        prop_assert_eq!((held(asset, Payment, who), held(asset, CollateralHold, who)), (0, 0));
                    }
                }
                check();
                Ok(())
            })?;
        }
    }
}
