use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};
use proptest::prelude::*;
use sp_runtime::Perbill;
use touchstone_primitives::{Ask, Clock, DeviceClass, EngagementEnd, Providers as _};

use crate::{mock::*, repeat_slash, Error, Event, FaultsOf, Providers, MAX_FAULTS};

/// A provider with two devices that both have asks of many slots.
fn two_devices(stake: u128) {
    offer(ALICE, stake, Ask { slots: 100, ..ask(10) });
    assert_ok!(Registry::add_device(signed(ALICE), spec(DeviceClass::Cpu, 1)));
    assert_ok!(Registry::set_ask(signed(ALICE), 1, Some(Ask { slots: 100, ..ask(20) })));
    events();
}

fn set_asks_again() {
    for device in 0..2 {
        assert_ok!(Registry::set_ask(signed(ALICE), device, Some(Ask { slots: 100, ..ask(10) })));
    }
    events();
}

fn counters() -> (u32, u32, u32) {
    let view = Registry::view(ALICE).unwrap();
    (view.settled, view.missed, view.refuted)
}

fn asks() -> Vec<bool> {
    Registry::view(ALICE).unwrap().devices.iter().map(|device| device.ask.is_some()).collect()
}

#[test]
fn engage_takes_a_slot_and_the_collateral_off_the_recorded_stake() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        let free = Balances::free_balance(ALICE);
        engage(ALICE, 0, 1_200);
        let view = Registry::view(ALICE).unwrap();
        assert_eq!((view.free_stake, view.open_jobs), (3_800, 1));
        assert_eq!((stake_held(ALICE), Balances::free_balance(ALICE)), (3_800, free));
    });
}

#[test]
fn the_registry_moves_no_coin_of_an_engagement_itself() {
    new_test_ext().execute_with(|| {
        offer(ALICE, 5_000, ask(10));
        let coins = || (stake_held(ALICE), Balances::free_balance(ALICE));
        let before = coins();
        assert_ok!(Registry::engage(&ALICE, 0, 1_200));
        assert_eq!(coins(), before);
        assert_ok!(Registry::disengage(&ALICE, 0, 1_150, EngagementEnd::Released));
        assert_eq!(coins(), before);
    });
}

#[test]
fn disengage_adds_what_came_back_to_the_recorded_stake() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        engage(ALICE, 0, 1_200);
        events();
        disengage(ALICE, 0, 1_150, EngagementEnd::Released);
        assert_eq!(events(), [Event::Disengaged { provider: ALICE, device: 0, end: EngagementEnd::Released }]);
        let view = Registry::view(ALICE).unwrap();
        assert_eq!((view.free_stake, view.open_jobs, stake_held(ALICE)), (4_950, 0, 4_950));
    });
}

#[test]
fn engage_needs_device_ask_slot_and_stake() {
    run(|| {
        register(ALICE, 5_000);
        assert_noop!(Registry::engage(&ALICE, 7, 0), Error::<Test>::NoSuchDevice);
        assert_noop!(Registry::engage(&ALICE, 0, 0), Error::<Test>::NoAsk);
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(ask(10))));
        assert_noop!(Registry::engage(&ALICE, 0, 5_001), Error::<Test>::InsufficientStake);
        engage(ALICE, 0, 5_000);
        assert_noop!(Registry::engage(&ALICE, 0, 0), Error::<Test>::NoFreeSlot);
    });
}

#[test]
fn disengage_needs_an_engagement() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        for end in [EngagementEnd::Released, EngagementEnd::Passed, EngagementEnd::Missed] {
            assert_noop!(Registry::disengage(&ALICE, 0, 0, end), Error::<Test>::NotEngaged);
        }
        for end in [EngagementEnd::Settled, EngagementEnd::Refuted] {
            assert_noop!(Registry::disengage(&ALICE, 0, 0, end), Error::<Test>::NotDelivered);
        }
        assert_noop!(Registry::delivered(&ALICE, 0), Error::<Test>::NotEngaged);
        assert_noop!(Registry::delivered(&ALICE, 7), Error::<Test>::NoSuchDevice);
        assert_noop!(Registry::delivered(&BOB, 0), Error::<Test>::NotRegistered);
        assert_noop!(Registry::disengage(&ALICE, 7, 0, EngagementEnd::Settled), Error::<Test>::NoSuchDevice);
    });
}

#[test]
fn a_delivered_result_frees_the_slot_and_keeps_the_collateral() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        engage(ALICE, 0, 1_200);
        assert_noop!(Registry::engage(&ALICE, 0, 100), Error::<Test>::NoFreeSlot);
        assert_ok!(Registry::delivered(&ALICE, 0));
        let device = &Providers::<Test>::get(ALICE).unwrap().devices[&0];
        assert_eq!((device.busy, device.standing, stake_held(ALICE)), (0, 1, 3_800));
        assert_eq!(Registry::view(ALICE).unwrap().open_jobs, 1);
        go_on(0);
        assert_eq!(cheapest(&need(), &[]).map(|bid| bid.provider), Some(ALICE));
        engage(ALICE, 0, 100);
        assert_eq!(Registry::view(ALICE).unwrap().open_jobs, 2);
        disengage(ALICE, 0, 1_200, EngagementEnd::Settled);
        let device = &Providers::<Test>::get(ALICE).unwrap().devices[&0];
        assert_eq!((device.busy, device.standing, stake_held(ALICE)), (1, 0, 4_900));
    });
}

#[test]
fn a_result_is_delivered_once() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        engage(ALICE, 0, 100);
        assert_ok!(Registry::delivered(&ALICE, 0));
        assert_noop!(Registry::delivered(&ALICE, 0), Error::<Test>::NotEngaged);
        for end in [EngagementEnd::Released, EngagementEnd::Passed, EngagementEnd::Missed] {
            assert_noop!(Registry::disengage(&ALICE, 0, 100, end), Error::<Test>::NotEngaged);
        }
        disengage(ALICE, 0, 100, EngagementEnd::Settled);
    });
}

#[test]
fn nobody_leaves_and_no_device_goes_while_a_result_stands() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        engage(ALICE, 0, 100);
        assert_ok!(Registry::delivered(&ALICE, 0));
        assert_noop!(Registry::deregister(signed(ALICE)), Error::<Test>::OpenJobs);
        assert_noop!(Registry::remove_device(signed(ALICE), 0), Error::<Test>::DeviceBusy);
        disengage(ALICE, 0, 100, EngagementEnd::Settled);
        assert_ok!(Registry::remove_device(signed(ALICE), 0));
        assert_ok!(Registry::deregister(signed(ALICE)));
    });
}

#[test]
fn stake_limits_how_many_results_stand_at_once() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        for _ in 0..5 {
            engage(ALICE, 0, 1_000);
            assert_ok!(Registry::delivered(&ALICE, 0));
        }
        assert_noop!(Registry::engage(&ALICE, 0, 1_000), Error::<Test>::InsufficientStake);
        assert_eq!(cheapest(&need(), &[]), None);
    });
}

#[test]
fn each_end_has_its_counter() {
    run(|| {
        two_devices(50_000);
        for _ in 0..2 {
            engage(ALICE, 0, 10);
            settle(ALICE, 0, 10);
        }
        for end in [EngagementEnd::Released, EngagementEnd::Passed, EngagementEnd::Missed] {
            engage(ALICE, 0, 10);
            disengage(ALICE, 0, 10, end);
        }
        engage(ALICE, 1, 10);
        fail(ALICE, 1, EngagementEnd::Refuted);
        assert_eq!(counters(), (2, 1, 1));
    });
}

#[test]
fn a_pass_sets_the_ask_of_that_device_anew() {
    run(|| {
        offer(ALICE, 5_000, Ask { slots: 2, ..ask(10) });
        offer(BOB, 5_000, ask(10));
        assert_ok!(Registry::add_device(signed(ALICE), spec(DeviceClass::Discrete, 1_000)));
        assert_ok!(Registry::set_ask(signed(ALICE), 1, Some(ask(20))));
        go_on(ASK_DELAY);
        let taker = || cheapest(&need(), &[]).map(|bid| (bid.provider, bid.device));
        assert_eq!(taker(), Some((ALICE, 0)));
        engage(ALICE, 0, 100);
        events();
        disengage(ALICE, 0, 90, EngagementEnd::Passed);
        let (device, end) = (0, EngagementEnd::Passed);
        let (ask, active_from) = (Some(Ask { slots: 2, ..ask(10) }), TestClock::now() + ASK_DELAY);
        assert_eq!(
            events(),
            [
                Event::Disengaged { provider: ALICE, device, end },
                Event::AskSet { provider: ALICE, device, ask, active_from },
            ]
        );
        // Its other device goes on; a free slot of this one is no help until the ask counts.
        assert_eq!(cheapest(&need(), &[BOB]).map(|bid| bid.device), Some(1));
        go_to(active_from - 1);
        assert_eq!(cheapest(&need(), &[BOB]).map(|bid| bid.device), Some(1));
        go_to(active_from);
        assert_eq!(cheapest(&need(), &[BOB]).map(|bid| bid.device), Some(0));
        // It has lost its age.
        assert_eq!(taker(), Some((BOB, 0)));
    });
}

#[test]
fn a_pass_without_an_ask_sets_none() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        engage(ALICE, 0, 100);
        assert_ok!(Registry::set_ask(signed(ALICE), 0, None));
        disengage(ALICE, 0, 90, EngagementEnd::Passed);
        assert_eq!(asks(), [false]);
    });
}

#[test]
fn a_missed_deadline_pauses_that_device_alone() {
    run(|| {
        two_devices(50_000);
        engage(ALICE, 0, 10);
        events();
        fail(ALICE, 0, EngagementEnd::Missed);
        assert_eq!(asks(), [false, true]);
        let (device, end) = (0, EngagementEnd::Missed);
        assert_eq!(
            events(),
            [Event::Disengaged { provider: ALICE, device, end }, Event::AskPaused { provider: ALICE, device: 0 }]
        );
    });
}

#[test]
fn a_refuted_result_pauses_every_device_and_burns_nothing_the_first_time() {
    run(|| {
        two_devices(50_000);
        engage(ALICE, 0, 10);
        events();
        fail(ALICE, 0, EngagementEnd::Refuted);
        assert_eq!(asks(), [false, false]);
        let (device, end) = (0, EngagementEnd::Refuted);
        assert_eq!(
            events(),
            [
                Event::Disengaged { provider: ALICE, device, end },
                Event::AskPaused { provider: ALICE, device: 0 },
                Event::AskPaused { provider: ALICE, device: 1 },
            ]
        );
        assert_eq!(stake_held(ALICE), 49_990);
    });
}

#[test]
fn repeated_faults_burn_a_growing_share() {
    run(|| {
        two_devices(50_000);
        for _ in 0..3 {
            engage(ALICE, 0, 0);
        }
        let issued = Balances::total_issuance();
        fail(ALICE, 0, EngagementEnd::Refuted);
        assert_eq!(stake_held(ALICE), 50_000);
        events();
        fail(ALICE, 0, EngagementEnd::Refuted);
        assert_eq!(stake_held(ALICE), 45_000);
        assert_eq!(events().last(), Some(&Event::StakeBurned { provider: ALICE, amount: 5_000, earlier_faults: 1 }));
        fail(ALICE, 0, EngagementEnd::Refuted);
        assert_eq!(stake_held(ALICE), 36_000);
        assert_eq!(events().last(), Some(&Event::StakeBurned { provider: ALICE, amount: 9_000, earlier_faults: 2 }));
        assert_eq!(Balances::total_issuance(), issued - 14_000);
    });
}

#[test]
fn faults_grow_old() {
    run(|| {
        two_devices(50_000);
        for _ in 0..3 {
            engage(ALICE, 0, 0);
        }
        fail(ALICE, 0, EngagementEnd::Refuted);
        go_on(FAULT_PERIOD);
        fail(ALICE, 0, EngagementEnd::Refuted);
        assert_eq!(stake_held(ALICE), 45_000, "the last tick of the period counts");
        go_on(FAULT_PERIOD + 1);
        fail(ALICE, 0, EngagementEnd::Refuted);
        assert_eq!(stake_held(ALICE), 45_000, "one tick later it does not");
    });
}

fn faults(who: AccountId) -> Vec<touchstone_primitives::Tick> {
    FaultsOf::<Test>::get(who).ticks().to_vec()
}

/// One refuted result of a provider that comes, fails and goes.
fn come_fail_and_go() {
    offer(ALICE, 5_000, ask(10));
    engage(ALICE, 0, 0);
    fail(ALICE, 0, EngagementEnd::Refuted);
    assert_ok!(Registry::deregister(signed(ALICE)));
}

#[test]
fn leaving_does_not_forget_the_faults() {
    run(|| {
        come_fail_and_go();
        let first = TestClock::now();
        assert_eq!(faults(ALICE), [first]);
        two_devices(50_000);
        engage(ALICE, 0, 0);
        fail(ALICE, 0, EngagementEnd::Refuted);
        assert_eq!(events().last(), Some(&Event::StakeBurned { provider: ALICE, amount: 5_000, earlier_faults: 1 }));
        assert_eq!(faults(ALICE), [first, TestClock::now()]);
        // The record itself began anew.
        assert_eq!(counters(), (0, 0, 1));
    });
}

#[test]
fn leaving_forgets_faults_that_are_older_than_the_period() {
    run(|| {
        come_fail_and_go();
        let first = TestClock::now();
        register(ALICE, 0);
        TestClock::set(first + FAULT_PERIOD);
        assert_ok!(Registry::deregister(signed(ALICE)));
        assert_eq!(faults(ALICE), [first], "the last tick of the period counts");
        register(ALICE, 0);
        TestClock::set(first + FAULT_PERIOD + 1);
        assert_ok!(Registry::deregister(signed(ALICE)));
        assert!(!FaultsOf::<Test>::contains_key(ALICE), "one tick later nothing is left");
    });
}

#[test]
fn faults_are_those_of_one_account() {
    run(|| {
        come_fail_and_go();
        offer(BOB, 5_000, ask(10));
        engage(BOB, 0, 0);
        fail(BOB, 0, EngagementEnd::Refuted);
        assert_eq!(stake_held(BOB), 5_000);
        assert_ok!(Registry::deregister(signed(BOB)));
        assert_eq!((faults(ALICE).len(), faults(BOB).len(), faults(CAROL).len()), (1, 1, 0));
    });
}

#[test]
fn faults_are_remembered_up_to_a_limit_and_never_burn_more_than_everything() {
    run(|| {
        two_devices(50_000);
        for _ in 0..MAX_FAULTS + 4 {
            if stake_held(ALICE) < 2 * MIN_STAKE {
                assert_ok!(Registry::add_stake(signed(ALICE), 2 * MIN_STAKE));
            }
            set_asks_again();
            engage(ALICE, 0, 0);
            fail(ALICE, 0, EngagementEnd::Refuted);
        }
        let provider = Providers::<Test>::get(ALICE).unwrap();
        assert_eq!(faults(ALICE).len() as u32, MAX_FAULTS);
        assert_eq!((provider.refuted, provider.stake), (MAX_FAULTS + 4, 0));
        assert_ok!(Registry::deregister(signed(ALICE)));
    });
}

#[test]
fn a_job_that_is_still_open_ends_well_after_a_fault_on_another() {
    run(|| {
        two_devices(50_000);
        engage(ALICE, 0, 100);
        engage(ALICE, 1, 100);
        fail(ALICE, 0, EngagementEnd::Refuted);
        settle(ALICE, 1, 100);
        assert_eq!(stake_held(ALICE), 49_900);
        assert_eq!(asks(), [false, false]);
    });
}

#[test]
fn a_burn_of_everything_leaves_the_free_balance_alone() {
    run(|| {
        two_devices(50_000);
        assert_ok!(Balances::mint_into(&ALICE, 77));
        let free = Balances::free_balance(ALICE);
        for _ in 0..MAX_FAULTS {
            engage(ALICE, 0, 0);
        }
        for _ in 0..MAX_FAULTS {
            fail(ALICE, 0, EngagementEnd::Refuted);
        }
        assert_eq!((stake_held(ALICE), Balances::free_balance(ALICE)), (0, free));
    });
}

proptest! {
    #[test]
    fn a_slash_never_exceeds_the_stake_and_grows_with_repeats(
        stake: u128,
        parts in 0..=1_000_000_000u32,
        earlier in 0..100u32,
    ) {
        let share = Perbill::from_parts(parts);
        let slash = repeat_slash(stake, share, earlier);
        prop_assert!(slash <= stake);
        prop_assert!(slash <= repeat_slash(stake, share, earlier + 1));
        prop_assert!(slash <= repeat_slash(stake.saturating_add(1), share, earlier));
        prop_assert_eq!(repeat_slash(stake, share, 0), 0);
        prop_assert_eq!(repeat_slash(stake, Perbill::one(), earlier + 1), stake);
        prop_assert_eq!(repeat_slash(stake, share, u32::MAX), if parts == 0 { 0 } else { stake });
    }

    #[test]
    fn a_slash_is_the_share_for_each_earlier_fault(
        units in 0..1u128 << 90, parts in 0..1_000_000u32, earlier in 0..1_000u32,
    ) {
        // Stake in whole billions: the share is exact.
        let expected = units * u128::from(parts) * u128::from(earlier);
        prop_assert_eq!(repeat_slash(units * 1_000_000_000, Perbill::from_parts(parts), earlier), expected);
    }
}
