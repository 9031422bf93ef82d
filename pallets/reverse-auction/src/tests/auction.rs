//! Bids and how they descend.

use frame_support::{assert_noop, assert_ok};
use touchstone_primitives::{Ask, DeviceClass, DeviceSpec, PassReason};

use crate::{mock::*, Deal, Error, Event, OpenAuction, Stage};

type Fault = Error<Test>;

const FIRST: AccountId = PROVIDERS[0];
const SECOND: AccountId = PROVIDERS[1];
const THIRD: AccountId = PROVIDERS[2];

fn stake(who: AccountId) -> u128 {
    ProviderRegistry::view(who).unwrap().free_stake
}

fn busy(who: AccountId) -> u8 {
    ProviderRegistry::view(who).unwrap().devices[0].busy
}

#[test]
fn a_bid_takes_slot_and_collateral_at_once() {
    run_market(|| {
        let job = order().auction(5).submit();
        events();
        assert_ok!(bid(FIRST, job, 900));
        assert_eq!(events(), vec![Event::BidPlaced { job, provider: FIRST, device: 0, price: 900, collateral: 1_800 }]);
        let best = Some(Deal { provider: FIRST, device: 0, price: 900, collateral: 1_800 });
        assert_eq!(stage(job), Stage::Open(OpenAuction { closes: now() + 5, best }));
        assert_eq!((stake(FIRST), busy(FIRST)), (STAKE - 1_800, 1));
        assert_eq!(ReverseAuction::held(job).unwrap().collateral, Some((FIRST, 1_800)));
        assert_eq!(ReverseAuction::duties(FIRST, None, 64).items, vec![]);
    });
}

#[test]
fn a_lower_bid_frees_the_one_before_at_once() {
    run_market(|| {
        let job = order().auction(5).submit();
        assert_ok!(bid(FIRST, job, 900));
        events();
        assert_ok!(bid(SECOND, job, 899));
        assert_eq!(
            events(),
            vec![
                Event::Outbid { job, provider: FIRST },
                Event::BidPlaced { job, provider: SECOND, device: 0, price: 899, collateral: 1_798 },
            ]
        );
        assert_eq!((stake(FIRST), busy(FIRST)), (STAKE, 0));
        assert_eq!((stake(SECOND), busy(SECOND)), (STAKE - 1_798, 1));
    });
}

#[test]
fn a_bid_is_strictly_lower_and_at_most_the_ceiling() {
    run_market(|| {
        let job = order().auction(5).submit();
        assert_noop!(bid(FIRST, job, 10_001), Fault::AboveCeiling);
        assert_ok!(bid(FIRST, job, 10_000));
        assert_noop!(bid(SECOND, job, 10_000), Fault::NotLower);
        assert_noop!(bid(SECOND, job, 10_001), Fault::AboveCeiling);
        assert_ok!(bid(SECOND, job, 9_999));
    });
}

#[test]
fn a_provider_may_outbid_itself_with_its_last_slot() {
    run_market(|| {
        set_ask(FIRST, 1_000, 1);
        pass_ticks(1);
        let job = order().auction(5).submit();
        assert_ok!(bid(FIRST, job, 900));
        assert_ok!(bid(FIRST, job, 800));
        assert_eq!((stake(FIRST), busy(FIRST)), (STAKE - 1_600, 1));
    });
}

#[test]
fn bids_are_taken_through_the_last_tick() {
    run_market(|| {
        let job = order().auction(5).submit();
        let Stage::Open(open) = stage(job) else { panic!("it is open") };
        go_to(open.closes);
        assert_ok!(bid(FIRST, job, 900));
        pass_ticks(1);
        assert_noop!(bid(SECOND, job, 800), Fault::NotOpen);
    });
}

#[test]
fn bids_are_late_after_the_last_tick_even_if_the_agenda_is_behind() {
    run_market(|| {
        let job = order().auction(5).submit();
        jump(6);
        assert_noop!(bid(FIRST, job, 900), Fault::TooLate);
        assert_ok!(ReverseAuction::poke(RuntimeOrigin::signed(WATCHER), job));
    });
}

#[test]
fn the_best_bid_has_the_job_when_the_auction_closes() {
    run_market(|| {
        let job = order().auction(5).submit();
        assert_ok!(bid(THIRD, job, 3_000));
        assert_ok!(bid(SECOND, job, 500));
        events();
        pass_ticks(6);
        let deal = Deal { provider: SECOND, device: 0, price: 500, collateral: 1_000 };
        assert_eq!(
            events(),
            vec![Event::JobAssigned {
                job,
                attempt: 1,
                provider: SECOND,
                device: 0,
                price: 500,
                collateral: 1_000,
                commit_by: now() + 4,
            }]
        );
        assert_eq!(stage(job).deal(), Some(&deal));
        assert_eq!(ReverseAuction::duties(SECOND, None, 64).items.len(), 1);
    });
}

#[test]
fn an_auction_without_bids_closes_the_job_and_returns_the_payment() {
    run_market(|| {
        let before = free(BUYER);
        let order = order().auction(5);
        let deposit = ReverseAuction::quote(order.spec.clone()).unwrap().deposit;
        let job = order.submit();
        events();
        pass_ticks(6);
        assert_eq!(events(), vec![Event::JobClosed { job, reason: touchstone_primitives::CloseReason::NoBids }]);
        assert_eq!(free(BUYER), before - deposit);
        assert_eq!(ReverseAuction::held(job), None);
        pass_ticks(TERMS.retention);
        assert_eq!(free(BUYER), before);
        assert_eq!(job_record(job), None);
    });
}

#[test]
fn a_bid_names_the_attempt() {
    run_market(|| {
        let job = order().auction(5).submit();
        assert_noop!(ReverseAuction::bid(RuntimeOrigin::signed(FIRST), job, 1, 0, 900), Fault::WrongAttempt);
        assert_ok!(ReverseAuction::bid(RuntimeOrigin::signed(FIRST), job, 0, 0, 900));
        pass_ticks(6);
        assert_ok!(ReverseAuction::pass(RuntimeOrigin::signed(FIRST), job, 1, PassReason::Other));
        assert_noop!(ReverseAuction::bid(RuntimeOrigin::signed(SECOND), job, 0, 0, 900), Fault::WrongAttempt);
        assert_ok!(ReverseAuction::bid(RuntimeOrigin::signed(SECOND), job, 1, 0, 900));
    });
}

#[test]
fn bids_are_refused_outside_of_an_auction() {
    run_market(|| {
        assert_noop!(bid(FIRST, order().id(), 900), Fault::UnknownJob);
        let job = order().submit();
        assert_noop!(bid(SECOND, job, 900), Fault::NotOpen);
    });
}

#[test]
fn a_device_that_cannot_do_the_job_says_why() {
    run_market(|| {
        let job = order().auction(5).submit();
        assert_noop!(bid(WATCHER, job, 900), Fault::NoAsk);
        assert_noop!(ReverseAuction::bid(RuntimeOrigin::signed(FIRST), job, 0, 7, 900), Fault::NoAsk);

        let discrete = order().auction(5).with(|spec| spec.class = Some(DeviceClass::Cpu)).submit();
        assert_noop!(bid(FIRST, discrete, 900), Fault::WrongClass);

        let spec = DeviceSpec { name: b"small".to_vec().try_into().unwrap(), class: DeviceClass::Cpu, memory: 31 };
        assert_ok!(ProviderRegistry::add_device(RuntimeOrigin::signed(SECOND), spec));
        let ask = Ask { per_gigafuel: 1, minimum: 0, slots: 1 };
        assert_ok!(ProviderRegistry::set_ask(RuntimeOrigin::signed(SECOND), 1, Some(ask)));
        assert_noop!(ReverseAuction::bid(RuntimeOrigin::signed(SECOND), job, 0, 1, 900), Fault::TooLittleMemory);

        let dear = order().auction(5).with(|spec| spec.min_collateral = 5_000).submit();
        assert_ok!(ProviderRegistry::remove_stake(RuntimeOrigin::signed(FIRST), STAKE - 4_999));
        assert_noop!(bid(FIRST, dear, 900), Fault::TooLittleStake);

        set_ask(THIRD, 1_000, 1);
        pass_ticks(1);
        assert_ok!(bid(THIRD, job, 900));
        let second = order().auction(5).salt(1).submit();
        assert_noop!(bid(THIRD, second, 900), Fault::NoFreeSlot);
    });
}

#[test]
fn a_bid_that_fails_leaves_the_best_one_in_place() {
    run_market(|| {
        let job = order().auction(5).submit();
        assert_ok!(bid(FIRST, job, 900));
        assert_noop!(bid(WATCHER, job, 800), Fault::NoAsk);
        assert_eq!(stage(job).deal().unwrap().provider, FIRST);
        assert_eq!(ReverseAuction::held(job).unwrap().collateral, Some((FIRST, 1_800)));
    });
}

#[test]
fn the_buyer_can_cancel_while_nobody_has_bid() {
    run_market(|| {
        let job = order().auction(5).submit();
        let cancel = |who| ReverseAuction::cancel(RuntimeOrigin::signed(who), job);
        assert_noop!(cancel(OTHER_BUYER), Fault::NotBuyer);
        assert_ok!(bid(FIRST, job, 900));
        assert_noop!(cancel(BUYER), Fault::HasBid);
        pass_ticks(6);
        assert_noop!(cancel(BUYER), Fault::NotOpen);

        let job = order().auction(5).salt(1).submit();
        events();
        assert_ok!(ReverseAuction::cancel(RuntimeOrigin::signed(BUYER), job));
        assert_eq!(events(), vec![Event::JobClosed { job, reason: touchstone_primitives::CloseReason::Cancelled }]);
        assert_eq!(ReverseAuction::held(job), None);
        assert_noop!(ReverseAuction::cancel(RuntimeOrigin::signed(BUYER), job), Fault::NotOpen);
        assert_noop!(ReverseAuction::cancel(RuntimeOrigin::signed(BUYER), order().salt(9).id()), Fault::UnknownJob);
    });
}
