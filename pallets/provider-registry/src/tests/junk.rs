//! Asks that cannot take a job do not hide those that can, however many they are.

use frame_support::assert_ok;
use touchstone_primitives::{views::BidView, Ask, DeviceClass, Need, Providers as _};

use crate::{mock::*, AskIndex, Config, Fronts, Listing, Rank, Shelf, WeightInfo};

const GIB: u64 = 1 << 30;

/// Asks at the lowest price, put into the index at once: a provider for each would take most of the test's time.
fn junk(count: u64, memory: u64, cover: u128, ask: Ask) {
    let shelf = Shelf::of(DeviceClass::Discrete, memory, cover, &ask, &CoverSteps::get());
    for sequence in 0..count {
        let rank = Rank { per_gigafuel: ask.per_gigafuel, sequence: 1_000 + sequence };
        AskIndex::<Test>::insert(shelf, rank, Listing { provider: 7_000, device: 0, memory, cover, ask });
    }
    let front = Rank { per_gigafuel: ask.per_gigafuel, sequence: 1_000 };
    Fronts::<Test>::mutate(DeviceClass::Discrete, |fronts| {
        fronts.retain(|(other, _)| *other != shelf);
        fronts.try_push((shelf, front)).expect("the list holds every shelf");
        fronts.sort();
    });
}

/// A provider with a discrete device of so much memory.
fn good(who: AccountId, memory: u64, stake: u128, ask: Ask) {
    assert_ok!(Registry::register(signed(who), endpoint(), stake));
    assert_ok!(Registry::add_device(signed(who), spec(DeviceClass::Discrete, memory)));
    assert_ok!(Registry::set_ask(signed(who), 0, Some(ask)));
    go_on(ASK_DELAY);
}

/// The search finds `ALICE` in a market with this junk, and looks at no more than it may.
fn finds_alice(need: &Need, junk_of: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        good(ALICE, 8 * GIB, 100 * MIN_STAKE, ask(20));
        junk_of();
        let found = Registry::cheapest(need, &[]);
        let price = ask(20).price(need.work);
        let bid = BidView { provider: ALICE, device: 0, price, collateral: need.collateral(price) };
        assert_eq!(found.best, Some(bid));
        assert!(found.weight.all_lte(Registry::match_weight()));
    });
}

#[test]
fn ten_thousand_asks_with_too_little_memory_hide_nobody() {
    let need = Need { memory: 8 * GIB, ..need() };
    for memory in [4, GIB, 6 * GIB, 8 * GIB - 1] {
        finds_alice(&need, || junk(10_000, memory, 1_000_000, ask(1)));
    }
}

#[test]
fn ten_thousand_asks_without_stake_hide_nobody() {
    let need = Need { min_collateral: 10 * MIN_STAKE, ..need() };
    for cover in [0, 1, MIN_STAKE, 10 * MIN_STAKE - 1] {
        finds_alice(&need, || junk(10_000, 8 * GIB, cover, ask(1)));
    }
}

#[test]
fn ten_thousand_asks_with_a_minimum_that_no_job_meets_hide_nobody() {
    for minimum in [11, 999, u128::MAX] {
        finds_alice(&need(), || junk(10_000, 8 * GIB, 100 * MIN_STAKE, Ask { minimum, ..ask(1) }));
    }
}

#[test]
fn junk_of_every_kind_together_hides_nobody() {
    let need = Need { memory: 8 * GIB, min_collateral: 10 * MIN_STAKE, ..need() };
    finds_alice(&need, || {
        junk(2_000, 4, 100 * MIN_STAKE, ask(1));
        junk(2_000, 4 * GIB, 100 * MIN_STAKE, ask(1));
        junk(2_000, 24 * GIB, MIN_STAKE, ask(1));
        junk(2_000, 24 * GIB, 0, ask(2));
        junk(2_000, 32 * GIB, 100 * MIN_STAKE, Ask { minimum: 999, ..ask(3) });
    });
}

#[test]
fn asks_of_excluded_providers_end_the_search_on_their_shelf_after_the_limit() {
    run(|| {
        offer(ALICE, 5_000, ask(20));
        for who in 100..100 + u64::from(MAX_SCAN) - 1 {
            offer(who, 5_000, ask(1));
        }
        let excluded: Vec<_> = (100..200).collect();
        assert_eq!(cheapest(&need(), &excluded).map(|bid| bid.provider), Some(ALICE));
        offer(150, 5_000, ask(1));
        assert_eq!(cheapest(&need(), &excluded), None);
    });
}

#[test]
fn an_ask_is_live_only_while_a_slot_and_a_share_of_the_stake_are_free() {
    run(|| {
        offer(ALICE, 5_000, Ask { slots: 2, ..ask(10) });
        let need = Need { min_collateral: 3_000, ..need() };
        assert_eq!(cheapest(&need, &[]).map(|bid| bid.provider), Some(ALICE));
        engage(ALICE, 0, 2_500);
        assert_eq!(cheapest(&need, &[]), None, "2,500 of the stake are left");
        disengage(ALICE, 0, 2_500, touchstone_primitives::EngagementEnd::Released);
        assert_eq!(cheapest(&need, &[]).map(|bid| bid.provider), Some(ALICE));
    });
}

#[test]
fn asks_share_the_free_stake_equally() {
    run(|| {
        offer(ALICE, 9_000, ask(10));
        let shares = || Registry::view(ALICE).unwrap().devices.iter().map(|device| device.stake).collect::<Vec<_>>();
        assert_eq!(shares(), [9_000]);
        for _ in 0..2 {
            assert_ok!(Registry::add_device(signed(ALICE), spec(DeviceClass::Cpu, 1)));
        }
        assert_ok!(Registry::set_ask(signed(ALICE), 1, Some(ask(10))));
        assert_eq!(shares(), [4_500, 4_500, 0]);
        assert_ok!(Registry::set_ask(signed(ALICE), 2, Some(ask(10))));
        assert_eq!(shares(), [3_000; 3]);
        // What a job puts at risk comes out of its own device's share and returns there.
        engage(ALICE, 1, 1_000);
        assert_eq!(shares(), [3_000, 2_000, 3_000]);
        assert_eq!(try_engage(ALICE, 0, 3_001), Err(crate::Error::<Test>::InsufficientStake.into()));
        settle(ALICE, 1, 1_000);
        assert_eq!(shares(), [3_000; 3]);
        assert_ok!(Registry::add_stake(signed(ALICE), 3_000));
        assert_eq!(shares(), [4_000; 3]);
        assert_ok!(Registry::remove_stake(signed(ALICE), 6_000));
        assert_eq!(shares(), [2_000; 3]);
        assert_ok!(Registry::set_ask(signed(ALICE), 0, None));
        assert_eq!(shares(), [0, 3_000, 3_000]);
        assert_ok!(Registry::remove_device(signed(ALICE), 0));
        assert_eq!(shares(), [3_000, 3_000]);
    });
}

#[test]
fn an_engaged_ask_moves_to_the_shelf_of_what_is_left() {
    run(|| {
        offer(ALICE, 10 * MIN_STAKE, Ask { slots: 3, ..ask(10) });
        let cover = || AskIndex::<Test>::iter_keys().map(|(shelf, _)| shelf.cover).collect::<Vec<_>>();
        assert_eq!(cover(), [3]);
        engage(ALICE, 0, 1);
        assert_eq!(cover(), [2]);
        engage(ALICE, 0, 10 * MIN_STAKE - 2);
        assert_eq!(cover(), [0]);
        engage(ALICE, 0, 0);
        assert!(cover().is_empty(), "all slots are taken");
    });
}

#[test]
fn a_slot_that_is_free_again_enters_the_index_with_the_next_block() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        engage(ALICE, 0, 100);
        assert_ok!(Registry::delivered(&ALICE, 0));
        assert_eq!(cheapest(&need(), &[]), None);
        go_on(0);
        assert_eq!(cheapest(&need(), &[]).map(|bid| bid.provider), Some(ALICE));
        disengage(ALICE, 0, 100, touchstone_primitives::EngagementEnd::Settled);
    });
}

#[test]
fn the_queue_stops_when_its_weight_is_used_up_and_goes_on_from_there() {
    use frame_support::weights::WeightMeter;
    run(|| {
        for who in 100..105 {
            register(who, 5_000);
            assert_ok!(Registry::set_ask(signed(who), 0, Some(ask(10))));
        }
        touchstone_testing::TestClock::advance(ASK_DELAY);
        let listed = || AskIndex::<Test>::iter_keys().count();
        type Info = <Test as Config>::WeightInfo;
        let ticks = Info::arrivals_tick().saturating_mul(50);
        let two = Info::arrivals_base().saturating_add(ticks).saturating_add(Info::arrive().saturating_mul(2));
        for expected in [2, 4, 5, 5] {
            Registry::serve_arrivals(&mut WeightMeter::with_limit(two));
            assert!(listed() >= expected, "{} of {expected}", listed());
            assert_ok!(Registry::do_try_state());
        }
        assert_eq!(listed(), 5);
    });
}

/// The limit that ADR 0024 states: asks that are almost enough and cheaper, on the shelf of the good one.
#[test]
fn asks_just_below_the_need_hide_those_just_above_it_only_from_as_many_as_there_are_looks() {
    let need = Need { memory: 9 * GIB, ..need() };
    let found_beside = |count| {
        new_test_ext().execute_with(|| {
            good(ALICE, 10 * GIB, 100 * MIN_STAKE, ask(20));
            junk(count, 9 * GIB - 1, 100 * MIN_STAKE, ask(1));
            cheapest(&need, &[]).map(|bid| bid.provider)
        })
    };
    assert_eq!(found_beside(u64::from(MAX_SCAN) - 1), Some(ALICE));
    assert_eq!(found_beside(MAX_SCAN.into()), None, "the job goes to auction");
}
