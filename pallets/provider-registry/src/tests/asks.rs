use frame_support::{assert_noop, assert_ok};
use touchstone_primitives::{views::Obstacle, Ask, Clock, DeviceClass, EngagementEnd, Providers as _};

use crate::{mock::*, AskIndex, Error, Event};

fn winner() -> Option<AccountId> {
    cheapest(&need(), &[]).map(|bid| bid.provider)
}

#[test]
fn an_ask_counts_after_the_delay() {
    run(|| {
        register(ALICE, 5_000);
        events();
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(ask(10))));
        let active_from = TestClock::now() + ASK_DELAY;
        assert_eq!(events(), [Event::AskSet { provider: ALICE, device: 0, ask: Some(ask(10)), active_from }]);
        go_to(active_from - 1);
        assert_eq!(winner(), None);
        go_to(active_from);
        assert_eq!(winner(), Some(ALICE));
    });
}

#[test]
fn a_replaced_ask_counts_no_longer_and_the_new_one_not_yet() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(ask(5))));
        assert_eq!(winner(), None);
        go_on(ASK_DELAY);
        assert_eq!(cheapest(&need(), &[]).unwrap().price, 5);
    });
}

#[test]
fn an_ask_taken_back_is_gone_at_once() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        assert_ok!(Registry::set_ask(signed(ALICE), 0, None));
        let active_from = TestClock::now();
        assert_eq!(events(), [Event::AskSet { provider: ALICE, device: 0, ask: None, active_from }]);
        assert_eq!(winner(), None);
        assert_eq!(AskIndex::<Test>::iter().count(), 0);
    });
}

#[test]
fn an_ask_needs_stake_a_slot_and_a_device() {
    run(|| {
        register(ALICE, MIN_STAKE - 1);
        assert_noop!(Registry::set_ask(signed(ALICE), 0, Some(ask(1))), Error::<Test>::StakeTooLow);
        assert_ok!(Registry::add_stake(signed(ALICE), 1));
        let no_slots = Ask { slots: 0, ..ask(1) };
        assert_noop!(Registry::set_ask(signed(ALICE), 0, Some(no_slots)), Error::<Test>::NoSlots);
        assert_noop!(Registry::set_ask(signed(ALICE), 1, Some(ask(1))), Error::<Test>::NoSuchDevice);
        assert_noop!(Registry::set_ask(signed(ALICE), 1, None), Error::<Test>::NoSuchDevice);
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(ask(1))));
    });
}

#[test]
fn each_ask_needs_the_least_stake() {
    run(|| {
        register(ALICE, 2 * MIN_STAKE);
        for _ in 0..2 {
            assert_ok!(Registry::add_device(signed(ALICE), spec(DeviceClass::Cpu, 1)));
        }
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(ask(1))));
        assert_ok!(Registry::set_ask(signed(ALICE), 1, Some(ask(1))));
        assert_noop!(Registry::set_ask(signed(ALICE), 2, Some(ask(1))), Error::<Test>::StakeTooLow);
        // An ask that replaces another is no further one, and one that is taken back frees its place.
        assert_ok!(Registry::set_ask(signed(ALICE), 1, Some(ask(2))));
        assert_ok!(Registry::set_ask(signed(ALICE), 0, None));
        assert_ok!(Registry::set_ask(signed(ALICE), 2, Some(ask(1))));
    });
}

#[test]
fn stake_behind_asks_cannot_be_taken_back() {
    run(|| {
        register(ALICE, 3 * MIN_STAKE);
        assert_ok!(Registry::add_device(signed(ALICE), spec(DeviceClass::Cpu, 1)));
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(ask(1))));
        assert_ok!(Registry::set_ask(signed(ALICE), 1, Some(ask(1))));
        assert_noop!(Registry::remove_stake(signed(ALICE), MIN_STAKE + 1), Error::<Test>::StakeTooLow);
        assert_ok!(Registry::remove_stake(signed(ALICE), MIN_STAKE));
        assert_noop!(Registry::remove_stake(signed(ALICE), 1), Error::<Test>::StakeTooLow);
        assert_ok!(Registry::set_ask(signed(ALICE), 0, None));
        assert_ok!(Registry::remove_stake(signed(ALICE), MIN_STAKE));
    });
}

#[test]
fn a_delay_of_nothing_is_a_delay_of_one_tick() {
    run(|| {
        AskDelay::set(&0);
        register(ALICE, 5_000);
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(ask(10))));
        assert_eq!(winner(), None);
        go_on(1);
        assert_eq!(winner(), Some(ALICE));
        AskDelay::set(&ASK_DELAY);
    });
}

#[test]
fn an_ask_can_be_taken_back_without_stake() {
    run(|| {
        register(ALICE, 0);
        assert_ok!(Registry::set_ask(signed(ALICE), 0, None));
    });
}

#[test]
fn setting_the_same_ask_again_loses_its_age() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        offer(BOB, 5_000, ask(10));
        assert_eq!(winner(), Some(ALICE));
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(ask(10))));
        go_on(ASK_DELAY);
        assert_eq!(winner(), Some(BOB));
    });
}

#[test]
fn a_full_device_leaves_the_index_and_keeps_its_age() {
    run(|| {
        offer(ALICE, 5_000, Ask { slots: 2, ..ask(10) });
        offer(BOB, 5_000, ask(10));
        engage(ALICE, 0, 100);
        assert_eq!(winner(), Some(ALICE));
        engage(ALICE, 0, 100);
        assert_eq!(winner(), Some(BOB));
        settle(ALICE, 0, 100);
        go_on(0);
        assert_eq!(winner(), Some(ALICE));
    });
}

#[test]
fn an_ask_with_fewer_slots_than_are_busy_is_not_live_until_they_are_free() {
    run(|| {
        offer(ALICE, 5_000, Ask { slots: 3, ..ask(10) });
        for _ in 0..3 {
            engage(ALICE, 0, 100);
        }
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(Ask { slots: 2, ..ask(10) })));
        go_on(ASK_DELAY);
        assert_eq!(Registry::obstacle(&ALICE, 0, &need(), 1), Some(Obstacle::NoFreeSlot));
        settle(ALICE, 0, 100);
        go_on(0);
        assert_eq!(winner(), None);
        settle(ALICE, 0, 100);
        go_on(0);
        assert_eq!(winner(), Some(ALICE));
    });
}

#[test]
fn a_fault_stays_until_the_ask_is_set_again() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        engage(ALICE, 0, 100);
        fail(ALICE, 0, EngagementEnd::Missed);
        go_on(1_000);
        assert_eq!(winner(), None);
        assert_eq!(Registry::obstacle(&ALICE, 0, &need(), 1), Some(Obstacle::NoAsk));
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(ask(10))));
        go_on(ASK_DELAY);
        assert_eq!(winner(), Some(ALICE));
    });
}

#[test]
fn every_class_has_its_part_of_the_index() {
    run(|| {
        register(ALICE, 5_000);
        for class in DeviceClass::ALL {
            assert_ok!(Registry::add_device(signed(ALICE), spec(class, 1)));
        }
        for device in 0..4 {
            assert_ok!(Registry::set_ask(signed(ALICE), device, Some(ask(device.into()))));
        }
        go_on(ASK_DELAY);
        let part = |class: DeviceClass| -> Vec<u8> {
            let entries = AskIndex::<Test>::iter().filter(|(shelf, ..)| shelf.class == class);
            let mut devices: Vec<_> = entries.map(|(.., listing)| listing.device).collect();
            devices.sort();
            devices
        };
        assert_eq!(DeviceClass::ALL.map(part), [vec![1], vec![2], vec![0, 3]]);
    });
}
