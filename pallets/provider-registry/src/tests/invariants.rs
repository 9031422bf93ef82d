use std::collections::BTreeMap;

use frame_support::assert_ok;
use proptest::prelude::*;
use sp_runtime::TryRuntimeError;
use touchstone_primitives::{Ask, DeviceClass, DeviceId, EngagementEnd, Providers as _};

use crate::{mock::*, Arrivals, ArrivalsCursor, AskIndex, Faults, FaultsOf, Fronts, NextSequence, Providers, Rank};

fn broken(break_it: impl FnOnce(), complaint: &'static str) {
    new_test_ext().execute_with(|| {
        offer(ALICE, 5_000, ask(10));
        assert_ok!(Registry::do_try_state());
        break_it();
        assert_eq!(Registry::do_try_state(), Err(TryRuntimeError::Other(complaint)));
    });
}

fn change(change: impl FnOnce(&mut crate::Provider<<Test as crate::Config>::Consideration>)) {
    Providers::<Test>::mutate(ALICE, |provider| change(provider.as_mut().unwrap()));
}

#[test]
fn try_state_catches_a_wrong_stake() {
    broken(|| change(|provider| provider.stake += 1), "stake held is not what the record says");
}

#[test]
fn try_state_catches_a_stake_and_a_deposit_without_a_record() {
    use crate::HoldReason::{Registration, Stake};
    use frame_support::traits::fungible::MutateHold;
    let hold = |reason: crate::HoldReason| {
        assert_ok!(Balances::hold(&reason.into(), &BOB, 5));
    };
    broken(|| hold(Stake), "stake held is not what the record says");
    broken(|| hold(Registration), "a deposit is held for no provider");
}

#[test]
fn try_state_catches_a_provider_without_an_account() {
    broken(
        || {
            let provider = Providers::<Test>::get(ALICE).unwrap();
            Providers::<Test>::insert(9_999, provider);
        },
        "a provider has no account",
    );
}

#[test]
fn try_state_catches_a_missing_and_a_foreign_index_entry() {
    broken(|| drop(AskIndex::<Test>::clear(9, None)), "the index is not the live asks");
    broken(
        || {
            let (shelf, rank, listing) = AskIndex::<Test>::iter().next().unwrap();
            AskIndex::<Test>::insert(shelf, Rank { sequence: 99, ..rank }, listing);
        },
        "the index is not the live asks",
    );
}

#[test]
fn try_state_catches_a_wrong_front() {
    broken(|| drop(Fronts::<Test>::clear(9, None)), "the fronts are not the first asks of the shelves");
    broken(
        || {
            let fronts = Fronts::<Test>::take(DeviceClass::Discrete);
            Fronts::<Test>::insert(DeviceClass::Cpu, fronts);
        },
        "a front is filed under another class",
    );
}

#[test]
fn try_state_catches_a_queue_that_does_not_match_its_asks() {
    let wait = || {
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(ask(11))));
    };
    broken(
        || {
            wait();
            drop(Arrivals::<Test>::clear(9, None));
        },
        "an ask waits and is not in the queue",
    );
    broken(|| Arrivals::<Test>::insert(7, (BOB, 0), ()), "something is in the queue that does not wait");
    broken(
        || {
            wait();
            ArrivalsCursor::<Test>::put(1_000);
        },
        "the queue has passed an ask by",
    );
}

#[test]
fn try_state_catches_shares_of_more_than_the_stake_and_of_nothing() {
    broken(
        || change(|provider| provider.devices.get_mut(&0).unwrap().share += 1),
        "the asks have shares of more than the stake",
    );
    broken(
        || {
            assert_ok!(Registry::set_ask(signed(ALICE), 0, None));
            change(|provider| provider.devices.get_mut(&0).unwrap().share = 1);
        },
        "a device without an ask has a share",
    );
}

#[test]
fn try_state_catches_a_busy_device_in_the_index() {
    broken(|| change(|provider| provider.devices.get_mut(&0).unwrap().busy = 1), "an ask is not where it belongs");
}

#[test]
fn try_state_catches_an_ask_without_slots() {
    let no_slots = |offer: &mut crate::Offer| offer.ask.slots = 0;
    broken(
        || change(|provider| provider.devices.get_mut(&0).unwrap().offer.iter_mut().for_each(no_slots)),
        "an ask has no slots",
    );
}

#[test]
fn try_state_catches_a_sequence_number_of_the_future() {
    broken(|| NextSequence::<Test>::put(0), "an ask has a sequence number of the future");
}

#[test]
fn try_state_catches_a_record_of_no_faults_and_faults_out_of_order() {
    broken(|| FaultsOf::<Test>::insert(ALICE, Faults::default()), "a record of no faults");
    let mut faults = Faults::default();
    faults.remember(9);
    faults.remember(8);
    broken(|| FaultsOf::<Test>::insert(ALICE, faults), "faults are out of order");
}

#[test]
fn the_deposit_covers_the_longest_record() {
    use codec::MaxEncodedLen;
    type Record = crate::Provider<<Test as crate::Config>::Consideration>;
    let longest = Registry::footprint(touchstone_primitives::MAX_DEVICES as usize);
    assert!(longest.size >= Record::max_encoded_len() as u64);
    assert_eq!(longest.count, 1);
}

/// Random calls and engagements against a model of stake and collateral.
#[derive(Clone, Debug)]
enum Op {
    Register(u128),
    Deregister,
    AddStake(u128),
    RemoveStake(u128),
    AddDevice,
    RemoveDevice(DeviceId),
    SetAsk(DeviceId, Option<(u128, u8)>),
    Engage(DeviceId, u128),
    /// The index of an open engagement.
    Deliver(usize),
    /// The index of an open engagement, the per cent that come back, how it ended.
    Disengage(usize, u128, EngagementEnd),
    Tick,
}

fn asks(who: AccountId) -> u128 {
    Registry::view(who).map_or(0, |view| view.devices.iter().filter(|device| device.ask.is_some()).count() as u128)
}

fn op() -> impl Strategy<Value = Op> {
    let id = || 0..3u8;
    use EngagementEnd::*;
    let ends = vec![Released, Passed, Settled, Missed, Refuted];
    prop_oneof![
        1 => (0..10_000u128).prop_map(Op::Register),
        1 => Just(Op::Deregister),
        1 => (0..10_000u128).prop_map(Op::AddStake),
        1 => (0..10_000u128).prop_map(Op::RemoveStake),
        1 => Just(Op::AddDevice),
        1 => id().prop_map(Op::RemoveDevice),
        4 => (id(), proptest::option::of((0..50u128, 0..4u8))).prop_map(|(id, ask)| Op::SetAsk(id, ask)),
        4 => (id(), 0..3_000u128).prop_map(|(id, amount)| Op::Engage(id, amount)),
        3 => any::<usize>().prop_map(Op::Deliver),
        3 => (any::<usize>(), 0..=100u128, proptest::sample::select(ends))
            .prop_map(|(which, share, end)| Op::Disengage(which, share, end)),
        1 => Just(Op::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn stake_slots_and_index_stay_true(ops in proptest::collection::vec((1..3u64, op()), 1..80)) {
        new_test_ext().execute_with(|| {
            // Open engagements: whose, where, how much is at risk, whether the result is delivered.
            let mut open: Vec<(AccountId, DeviceId, u128, bool)> = Vec::new();
            for (who, op) in ops {
                let before = stake_held(who);
                let call = |result: sp_runtime::DispatchResult| result.is_ok();
                match op {
                    Op::Register(stake) => { call(Registry::register(signed(who), endpoint(), stake)); }
                    Op::Deregister => {
                        let busy = open.iter().any(|(owner, ..)| *owner == who);
                        let known = Registry::view(who).is_some();
                        prop_assert_eq!(call(Registry::deregister(signed(who))), known && !busy);
                    }
                    Op::AddStake(amount) => { call(Registry::add_stake(signed(who), amount)); }
                    Op::RemoveStake(amount) => {
                        let done = call(Registry::remove_stake(signed(who), amount));
                        prop_assert!(!done || stake_held(who) >= MIN_STAKE * asks(who).max(1));
                    }
                    Op::AddDevice => { call(Registry::add_device(signed(who), spec(DeviceClass::Cpu, 9))); }
                    Op::RemoveDevice(id) => {
                        let busy = open.iter().any(|(owner, device, ..)| (*owner, *device) == (who, id));
                        prop_assert!(!(call(Registry::remove_device(signed(who), id)) && busy));
                    }
                    Op::SetAsk(id, ask) => {
                        let ask = ask.map(|(per_gigafuel, slots)| Ask { per_gigafuel, minimum: 0, slots });
                        let done = call(Registry::set_ask(signed(who), id, ask));
                        prop_assert!(!done || ask.is_none() || before >= MIN_STAKE * asks(who));
                    }
                    Op::Engage(id, amount) => {
                        if call(try_engage(who, id, amount)) {
                            prop_assert_eq!(stake_held(who), before - amount);
                            open.push((who, id, amount, false));
                        } else {
                            prop_assert_eq!(stake_held(who), before);
                        }
                    }
                    Op::Deliver(which) if !open.is_empty() => {
                        let which = which % open.len();
                        let (who, id, _, delivered) = &mut open[which];
                        if !*delivered {
                            assert_ok!(Registry::delivered(who, *id));
                            *delivered = true;
                        }
                    }
                    Op::Disengage(which, share, end) if !open.is_empty() => {
                        let (who, id, amount, delivered) = open.remove(which % open.len());
                        let (before, returned) = (stake_held(who), amount * share / 100);
                        let end = match (delivered, end) {
                            (true, EngagementEnd::Refuted)
                            | (
                                false,
                                EngagementEnd::Released | EngagementEnd::Passed | EngagementEnd::Missed,
                            ) => end,
                            (true, _) => EngagementEnd::Settled,
                            (false, _) => EngagementEnd::Missed,
                        };
                        disengage(who, id, returned, end);
                        let burned = before + returned - stake_held(who);
                        prop_assert!(end == EngagementEnd::Refuted || burned == 0);
                        let view = Registry::view(who).unwrap();
                        let has_asks = view.devices.iter().any(|device| device.ask.is_some());
                        prop_assert!(end != EngagementEnd::Refuted || !has_asks);
                    }
                    Op::Deliver(..) | Op::Disengage(..) => {}
                    Op::Tick => go_on(1),
                }
                let mut busy = BTreeMap::new();
                for (owner, device, ..) in open.iter().filter(|(.., delivered)| !delivered) {
                    *busy.entry((*owner, *device)).or_insert(0u8) += 1;
                }
                for who in 1..3 {
                    let Some(view) = Registry::view(who) else {
                        prop_assert_eq!((stake_held(who), deposit_held(who)), (0, 0));
                        continue;
                    };
                    prop_assert_eq!(view.open_jobs as usize, open.iter().filter(|(owner, ..)| *owner == who).count());
                    for device in &view.devices {
                        prop_assert_eq!(device.busy, busy.get(&(who, device.id)).copied().unwrap_or(0));
                    }
                }
                assert_ok!(Registry::do_try_state());
            }
            Ok(())
        })?;
    }
}
