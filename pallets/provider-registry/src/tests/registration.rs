use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use sp_runtime::{DispatchError, TokenError};
use touchstone_primitives::{DeviceClass, DeviceSpec, EngagementEnd, Providers as _, MAX_DEVICES};

use crate::{mock::*, Endpoint, Error, Event};

fn url(bytes: &[u8]) -> Endpoint {
    bytes.to_vec().try_into().unwrap()
}

#[test]
fn register_holds_stake_and_deposit() {
    run(|| {
        assert_ok!(Registry::register(signed(ALICE), endpoint(), 5_000));
        assert_eq!(events(), [Event::Registered { provider: ALICE, stake: 5_000 }]);
        assert_eq!(stake_held(ALICE), 5_000);
        assert!(deposit_held(ALICE) > 0);
        assert_eq!(Balances::free_balance(ALICE), ENDOWMENT - 5_000 - deposit_held(ALICE));
        assert_eq!(Registry::endpoint(&ALICE), Some(endpoint().into_inner()));
    });
}

#[test]
fn register_needs_a_signature() {
    run(|| {
        assert_noop!(Registry::register(RuntimeOrigin::root(), endpoint(), 5_000), DispatchError::BadOrigin);
        assert_noop!(Registry::register(RuntimeOrigin::none(), endpoint(), 5_000), DispatchError::BadOrigin);
    });
}

#[test]
fn register_refuses_a_registered_provider() {
    run(|| {
        register(ALICE, 5_000);
        let again = Registry::register(signed(ALICE), endpoint(), 5_000);
        assert_noop!(again, Error::<Test>::AlreadyRegistered);
    });
}

#[test]
fn register_refuses_an_account_that_cannot_pay() {
    run(|| {
        let unavailable = DispatchError::Token(TokenError::FundsUnavailable);
        assert_noop!(Registry::register(signed(POOR), endpoint(), 0), unavailable);
        assert_noop!(Registry::register(signed(ALICE), endpoint(), ENDOWMENT), unavailable);
    });
}

#[test]
fn endpoints_are_urls_without_query_and_fragment() {
    run(|| {
        let invalid = || DispatchError::from(Error::<Test>::InvalidEndpoint);
        let umlaut = "http://\u{e4}".as_bytes();
        for bytes in [&b""[..], b"http://", b"ftp://a", b"http://a?b", b"http://a b", b"http://a\n", umlaut, b"\0"] {
            assert_noop!(Registry::register(signed(ALICE), url(bytes), 0), invalid());
        }
        register(ALICE, 0);
        assert_noop!(Registry::set_endpoint(signed(ALICE), url(b"")), invalid());
    });
}

#[test]
fn set_endpoint_changes_where_data_is_served() {
    run(|| {
        register(ALICE, 0);
        events();
        let endpoint = url(b"https://[::1]:1/x");
        assert_ok!(Registry::set_endpoint(signed(ALICE), endpoint.clone()));
        assert_eq!(events(), [Event::EndpointSet { provider: ALICE, endpoint: endpoint.clone() }]);
        assert_eq!(Registry::endpoint(&ALICE), Some(endpoint.into_inner()));
    });
}

#[test]
fn every_other_call_is_for_providers() {
    run(|| {
        let stranger = || DispatchError::from(Error::<Test>::NotRegistered);
        let device = spec(DeviceClass::Cpu, 1);
        assert_noop!(Registry::set_endpoint(signed(BOB), endpoint()), stranger());
        assert_noop!(Registry::add_stake(signed(BOB), 1), stranger());
        assert_noop!(Registry::remove_stake(signed(BOB), 1), stranger());
        assert_noop!(Registry::add_device(signed(BOB), device), stranger());
        assert_noop!(Registry::remove_device(signed(BOB), 0), stranger());
        assert_noop!(Registry::set_ask(signed(BOB), 0, None), stranger());
        assert_noop!(Registry::deregister(signed(BOB)), stranger());
        assert_noop!(Registry::engage(&BOB, 0, 0), stranger());
        assert_noop!(Registry::disengage(&BOB, 0, 0, EngagementEnd::Settled), stranger());
        assert_eq!(Registry::endpoint(&BOB), None);
    });
}

#[test]
fn stake_can_be_added_and_taken_back_down_to_the_least() {
    run(|| {
        register(ALICE, 5_000);
        events();
        assert_ok!(Registry::add_stake(signed(ALICE), 500));
        assert_ok!(Registry::remove_stake(signed(ALICE), 5_500 - MIN_STAKE));
        let removed = 5_500 - MIN_STAKE;
        assert_eq!(
            events(),
            [
                Event::StakeAdded { provider: ALICE, amount: 500 },
                Event::StakeRemoved { provider: ALICE, amount: removed }
            ]
        );
        assert_eq!(stake_held(ALICE), MIN_STAKE);
        assert_noop!(Registry::remove_stake(signed(ALICE), 1), Error::<Test>::StakeTooLow);
        assert_noop!(Registry::remove_stake(signed(ALICE), MIN_STAKE + 1), Error::<Test>::InsufficientStake);
        assert_noop!(Registry::remove_stake(signed(ALICE), u128::MAX), Error::<Test>::InsufficientStake);
    });
}

#[test]
fn stake_at_risk_cannot_be_taken_back() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        engage(ALICE, 0, 3_000);
        assert_noop!(Registry::remove_stake(signed(ALICE), 2_001), Error::<Test>::InsufficientStake);
        assert_noop!(Registry::remove_stake(signed(ALICE), 1_001), Error::<Test>::StakeTooLow);
        assert_ok!(Registry::remove_stake(signed(ALICE), 1_000));
    });
}

#[test]
fn stake_that_nobody_has_cannot_be_added() {
    run(|| {
        register(ALICE, 5_000);
        let unavailable = DispatchError::Token(TokenError::FundsUnavailable);
        assert_noop!(Registry::add_stake(signed(ALICE), ENDOWMENT), unavailable);
        let overflow = DispatchError::Arithmetic(sp_runtime::ArithmeticError::Overflow);
        assert_noop!(Registry::add_stake(signed(ALICE), u128::MAX), overflow);
    });
}

#[test]
fn devices_are_numbered_from_zero_and_numbers_come_back() {
    run(|| {
        assert_ok!(Registry::register(signed(ALICE), endpoint(), 0));
        events();
        for _ in 0..3 {
            assert_ok!(Registry::add_device(signed(ALICE), spec(DeviceClass::Cpu, 1)));
        }
        assert_eq!(events(), [0, 1, 2].map(|device| Event::DeviceAdded { provider: ALICE, device }));
        assert_ok!(Registry::remove_device(signed(ALICE), 1));
        assert_eq!(events(), [Event::DeviceRemoved { provider: ALICE, device: 1 }]);
        assert_ok!(Registry::add_device(signed(ALICE), spec(DeviceClass::Cpu, 1)));
        assert_eq!(events(), [Event::DeviceAdded { provider: ALICE, device: 1 }]);
    });
}

#[test]
fn each_device_adds_the_same_to_the_deposit() {
    run(|| {
        assert_ok!(Registry::register(signed(ALICE), endpoint(), 0));
        let mut deposits = vec![deposit_held(ALICE)];
        for _ in 0..MAX_DEVICES {
            assert_ok!(Registry::add_device(signed(ALICE), spec(DeviceClass::Cpu, 1)));
            deposits.push(deposit_held(ALICE));
        }
        let steps: Vec<_> = deposits.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps[0] > 0 && steps.iter().all(|step| *step == steps[0]), "{steps:?}");
        for device in 0..MAX_DEVICES as u8 {
            assert_ok!(Registry::remove_device(signed(ALICE), device));
        }
        assert_eq!(deposit_held(ALICE), deposits[0]);
    });
}

#[test]
fn devices_are_limited_in_number() {
    run(|| {
        assert_ok!(Registry::register(signed(ALICE), endpoint(), 0));
        for _ in 0..MAX_DEVICES {
            assert_ok!(Registry::add_device(signed(ALICE), spec(DeviceClass::Cpu, 1)));
        }
        let one_more = Registry::add_device(signed(ALICE), spec(DeviceClass::Cpu, 1));
        assert_noop!(one_more, Error::<Test>::TooManyDevices);
    });
}

#[test]
fn devices_have_a_readable_name_and_memory() {
    run(|| {
        register(ALICE, 0);
        let named =
            |name: &[u8]| DeviceSpec { name: name.to_vec().try_into().unwrap(), class: DeviceClass::Cpu, memory: 1 };
        let invalid = || DispatchError::from(Error::<Test>::InvalidName);
        assert_noop!(Registry::add_device(signed(ALICE), named(b"")), invalid());
        assert_noop!(Registry::add_device(signed(ALICE), named(b"\xFF")), invalid());
        assert_noop!(Registry::add_device(signed(ALICE), named(b"a\x1B[2J")), invalid());
        assert_ok!(Registry::add_device(signed(ALICE), named("Gerät ®".as_bytes())));
        let none = spec(DeviceClass::Cpu, 0);
        assert_noop!(Registry::add_device(signed(ALICE), none), Error::<Test>::NoMemory);
    });
}

#[test]
fn a_device_at_work_stays() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        engage(ALICE, 0, 100);
        assert_noop!(Registry::remove_device(signed(ALICE), 0), Error::<Test>::DeviceBusy);
        assert_noop!(Registry::remove_device(signed(ALICE), 1), Error::<Test>::NoSuchDevice);
        settle(ALICE, 0, 100);
        assert_ok!(Registry::remove_device(signed(ALICE), 0));
        assert_eq!(cheapest(&need(), &[]), None);
    });
}

#[test]
fn deregister_returns_everything() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        assert_ok!(Registry::deregister(signed(ALICE)));
        assert_eq!(events(), [Event::Deregistered { provider: ALICE, stake: 5_000 }]);
        assert_eq!((stake_held(ALICE), deposit_held(ALICE)), (0, 0));
        assert_eq!(Balances::free_balance(ALICE), ENDOWMENT);
        assert_eq!((Registry::view(ALICE), cheapest(&need(), &[])), (None, None));
        register(ALICE, 1);
    });
}

#[test]
fn deregister_is_possible_below_the_least_stake() {
    run(|| {
        register(ALICE, MIN_STAKE - 1);
        assert_ok!(Registry::deregister(signed(ALICE)));
    });
}

#[test]
fn deregister_waits_for_the_last_open_job() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        engage(ALICE, 0, 100);
        assert_noop!(Registry::deregister(signed(ALICE)), Error::<Test>::OpenJobs);
        fail(ALICE, 0, EngagementEnd::Missed);
        assert_ok!(Registry::deregister(signed(ALICE)));
        // What is not there any more was the job's: its collateral.
        assert_eq!(Balances::total_balance(&ALICE), ENDOWMENT - 100);
    });
}

#[test]
fn the_view_shows_the_whole_record() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        assert_ok!(Registry::add_device(signed(ALICE), spec(DeviceClass::Cpu, 7)));
        engage(ALICE, 0, 100);
        let view = Registry::view(ALICE).unwrap();
        assert_eq!((view.account, view.free_stake, view.open_jobs), (ALICE, 4_900, 1));
        assert_eq!((view.settled, view.refuted, view.missed), (0, 0, 0));
        assert_eq!(view.endpoint, endpoint().into_inner());
        let [first, second] = &view.devices[..] else { panic!("two devices") };
        assert_eq!((first.id, first.ask, first.active_from, first.busy), (0, Some(ask(10)), 10 + ASK_DELAY, 1));
        assert_eq!((second.id, second.ask, second.active_from, second.busy), (1, None, 0, 0));
        assert_eq!(second.spec, spec(DeviceClass::Cpu, 7));
    });
}

#[test]
fn providers_are_listed_in_pages() {
    run(|| {
        let mut all: Vec<AccountId> = (100..170).collect();
        for who in &all {
            assert_ok!(Registry::register(signed(*who), endpoint(), 0));
        }
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = Registry::list(after, 3);
            assert!(page.items.len() <= 3);
            assert!(page.items.iter().all(|view| Some(view) == Registry::view(view.account).as_ref()));
            listed.extend(page.items.iter().map(|view| view.account));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        listed.sort();
        all.sort();
        assert_eq!(listed, all);
        let page = Registry::list(None, 256);
        assert_eq!((page.items.len(), page.next.is_some()), (64, true));
    });
}
