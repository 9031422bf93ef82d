//! Random operations against a model that knows only who is owed what.

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
        .map(|who| free(asset, *who) + held(asset, Payment, *who) + held(asset, CollateralHold, *who) + staked(*who))
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
        Op::Open(who, asset, amount) => Escrow::open(job, who, *asset, *amount).map(drop),
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
                        buyer: *buyer, asset: *asset, rate: rate(*asset), payment: *payment, collateral: *collateral,
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
