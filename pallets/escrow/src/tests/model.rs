//! Random operations against a model that knows only who is owed what.

use std::{collections::BTreeMap, ops::Range};

use super::*;

const PEOPLE: [AccountId; 3] = [BUYER, PROVIDER, REFUTER];

/// The first byte of their ids.
const JOBS: Range<u8> = 0..3;

fn id(job: u8) -> JobId {
    JobId([job; 32])
}

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
        .map(|who| free(asset, *who) + held(asset, Payment, *who) + held(asset, CollateralHold, *who) + staked(*who))
        .sum()
}

type Expected = BTreeMap<u8, Record>;

/// Applies an operation to the model; `None` where the pallet must refuse.
fn expect(model: &mut Expected, job: u8, op: &Op) -> Option<()> {
    match *op {
        Op::Open(buyer, asset, payment) => {
            let funds = Funds { rate: rate(asset), payment, collateral: None };
            model.insert(job, Record { buyer, asset, funds });
        }
        Op::Lock(provider, amount) => {
            let collateral = &mut model.get_mut(&job)?.funds.collateral;
            if collateral.is_some() {
                return None;
            }
            *collateral = Some(Collateral { provider, amount });
        }
        Op::Pay(_, price, fee) => {
            let funds = &mut model.get_mut(&job)?.funds;
            funds.payment = funds.payment.checked_sub(price.checked_add(fee)?)?;
        }
        Op::Pass(fee) => {
            let funds = &mut model.get_mut(&job)?.funds;
            let collateral = funds.collateral.as_mut()?;
            funds.payment = funds.payment.checked_sub(fee)?;
            collateral.amount = collateral.amount.checked_sub(fee)?;
        }
        Op::Free | Op::Forfeit(..) => {
            model.get_mut(&job)?.funds.collateral.take()?;
        }
        Op::Close => {
            if model.get(&job)?.funds.collateral.is_some() {
                return None;
            }
            model.remove(&job);
        }
    }
    Some(())
}

/// Whether the operation can be asked for: a job is opened once, and only an open job has funds to lend.
fn is_possible(job: u8, op: &Op) -> bool {
    funds(id(job)).is_none() == matches!(op, Op::Open(..))
}

fn apply(job: u8, op: &Op) -> Result<(), DispatchError> {
    let job = id(job);
    match *op {
        Op::Open(who, asset, amount) => open(job, who, asset, amount).map(drop),
        Op::Lock(who, amount) => lock_collateral(job, who, amount),
        Op::Pay(who, price, fee) => pay(job, who, price, fee),
        Op::Pass(fee) => burn_pass_fee(job, fee),
        Op::Free => free_collateral(job).map(drop),
        Op::Forfeit(refund, bounty) => forfeit_collateral(job, refund, bounty),
        Op::Close => close(job),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// No coin appears, disappears without a burn, or is held for nobody; what the jobs say is what the model says; a
    /// refused operation changes nothing.
    #[test]
    fn every_coin_is_accounted_for(ops in proptest::collection::vec((JOBS, op()), 1..40)) {
        new_test_ext().execute_with(|| {
            let mut model = Expected::new();
            for (job, op) in ops {
                if !is_possible(job, &op) {
                    continue;
                }
                let state = || (free(None, BUYER), owned(None), owned(Some(LISTED)), funds(id(job)));
                let before = state();
                let mut next = model.clone();
                let expected = expect(&mut next, job, &op);
                match apply(job, &op) {
                    Ok(()) => {
                        prop_assert!(expected.is_some(), "{op:?} succeeded");
                        model = next;
                    }
                    Err(error) => {
                        // Beyond the model's rules, only what an account cannot part with stops an operation.
                        let poor = DispatchError::Token(TokenError::FundsUnavailable);
                        prop_assert!(expected.is_none() || error == poor, "{op:?} failed: {error:?}");
                        prop_assert_eq!(before, state());
                    }
                }
                for job in JOBS {
                    prop_assert_eq!(Records::<Test>::get(id(job)), model.get(&job).cloned());
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
    fn no_coin_is_stuck(ops in proptest::collection::vec((JOBS, op()), 1..30)) {
        new_test_ext().execute_with(|| {
            for (job, op) in ops {
                if is_possible(job, &op) {
                    let _ = apply(job, &op);
                }
            }
            for job in Records::<Test>::iter_keys().collect::<Vec<_>>() {
                let _ = free_collateral(job);
                assert_ok!(close(job));
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
