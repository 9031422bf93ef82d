use frame_support::assert_ok;
use proptest::prelude::*;
use touchstone_primitives::{
    views::{BidView, Candidate, Obstacle},
    Ask, Clock, DeviceClass, EngagementEnd, Need, Providers as _, Terms,
};

use crate::mock::*;

fn winner(need: &Need) -> Option<AccountId> {
    cheapest(need, &[]).map(|bid| bid.provider)
}

#[test]
fn the_lowest_ask_takes_the_job() {
    run(|| {
        offer(ALICE, 5_000, ask(30));
        offer(BOB, 5_000, ask(10));
        offer(CAROL, 5_000, ask(20));
        let bid = BidView { provider: BOB, device: 0, price: 10, collateral: 20 };
        assert_eq!(cheapest(&need(), &[]), Some(bid));
    });
}

#[test]
fn prices_are_compared_as_numbers() {
    run(|| {
        // As bytes, little-endian, 256 would come before 255.
        offer(ALICE, 5_000, ask(256));
        offer(BOB, 5_000, ask(255));
        assert_eq!(winner(&need()), Some(BOB));
    });
}

#[test]
fn among_equals_the_oldest_ask_wins() {
    run(|| {
        for who in (100..107).rev() {
            offer(who, 5_000, ask(10));
        }
        assert_eq!(winner(&need()), Some(106));
    });
}

#[test]
fn the_classes_are_merged_by_price_then_age() {
    run(|| {
        let classes = [DeviceClass::Discrete, DeviceClass::Cpu, DeviceClass::Integrated];
        for (who, class) in [ALICE, BOB, CAROL].into_iter().zip(classes) {
            assert_ok!(Registry::register(signed(who), endpoint(), 5_000));
            assert_ok!(Registry::add_device(signed(who), spec(class, 1_000)));
            assert_ok!(Registry::set_ask(signed(who), 0, Some(ask(10))));
        }
        go_on(ASK_DELAY);
        assert_eq!(winner(&need()), Some(ALICE));
        assert_eq!(cheapest(&need(), &[ALICE]).unwrap().provider, BOB);
        assert_eq!(cheapest(&need(), &[ALICE, BOB]).unwrap().provider, CAROL);
        assert_eq!(cheapest(&need(), &[ALICE, BOB, CAROL]), None);
        let integrated = Need { class: Some(DeviceClass::Integrated), ..need() };
        assert_eq!(winner(&integrated), Some(CAROL));
    });
}

#[test]
fn an_ask_that_does_not_fit_is_passed_over() {
    run(|| {
        offer(ALICE, 5_000, Ask { minimum: 50, ..ask(10) });
        offer(BOB, 5_000, ask(20));
        assert_eq!(winner(&need()), Some(BOB));

        let large = Need { memory: 1_001, ..need() };
        assert_eq!(winner(&large), None);
        register(CAROL, 5_000);
        assert_ok!(Registry::add_device(signed(CAROL), spec(DeviceClass::Cpu, 1_001)));
        assert_ok!(Registry::set_ask(signed(CAROL), 1, Some(ask(500))));
        go_on(ASK_DELAY);
        assert_eq!(cheapest(&large, &[]).map(|bid| (bid.provider, bid.device)), Some((CAROL, 1)));
    });
}

#[test]
fn the_minimum_is_a_filter_and_no_surcharge() {
    run(|| {
        offer(ALICE, 5_000, Ask { minimum: 50, ..ask(10) });
        assert_eq!(winner(&Need { work: 4_999_999_999, ..need() }), Some(ALICE));
        assert_eq!(cheapest(&Need { work: 5_000_000_000, ..need() }, &[]).unwrap().price, 50);
        assert_eq!(winner(&Need { work: 4_900_000_000, ..need() }), None);
    });
}

#[test]
fn free_stake_must_cover_the_collateral() {
    run(|| {
        offer(ALICE, 1_000, ask(400));
        assert_eq!(cheapest(&need(), &[]).unwrap().collateral, 800);
        assert_eq!(winner(&Need { min_collateral: 1_001, ..need() }), None);
        engage(ALICE, 0, 0);
        disengage(ALICE, 0, 0, EngagementEnd::Released);
        let factor = Terms { collateral_factor: 3, ..terms() };
        assert_eq!(winner(&Need { terms: factor, ..need() }), None);
    });
}

#[test]
fn nobody_above_the_ceiling_takes_the_job() {
    run(|| {
        offer(ALICE, 50_000, ask(1_001));
        assert_eq!(winner(&need()), None);
        assert_eq!(winner(&Need { ceiling: 1_001, ..need() }), Some(ALICE));
    });
}

#[test]
fn a_bid_needs_an_ask_but_not_its_price() {
    run(|| {
        register(ALICE, 5_000);
        assert_eq!(Registry::obstacle(&ALICE, 0, &need(), 1), Some(Obstacle::NoAsk));
        assert_ok!(Registry::set_ask(signed(ALICE), 0, Some(Ask { minimum: 900, ..ask(999_999) })));
        // Neither the delay nor price and minimum of the ask stand in the way of one's own bid.
        assert_eq!(Registry::obstacle(&ALICE, 0, &need(), 1), None);
        assert_eq!(Registry::obstacle(&ALICE, 1, &need(), 1), Some(Obstacle::NoAsk));
        assert_eq!(Registry::obstacle(&BOB, 0, &need(), 1), Some(Obstacle::NoAsk));
    });
}

#[test]
fn each_obstacle_is_named() {
    run(|| {
        offer(ALICE, 5_000, ask(10));
        let against = |need: Need, price| Registry::obstacle(&ALICE, 0, &need, price);
        assert_eq!(against(need(), 1_000), None);
        assert_eq!(against(need(), 1_001), Some(Obstacle::AboveCeiling));
        assert_eq!(against(Need { class: Some(DeviceClass::Cpu), ..need() }, 1), Some(Obstacle::WrongClass));
        assert_eq!(against(Need { class: Some(DeviceClass::Discrete), ..need() }, 1), None);
        assert_eq!(against(Need { memory: 1_001, ..need() }, 1), Some(Obstacle::TooLittleMemory));
        assert_eq!(against(Need { min_collateral: 5_001, ..need() }, 1), Some(Obstacle::TooLittleStake));
        engage(ALICE, 0, 100);
        assert_eq!(against(need(), 1), Some(Obstacle::NoFreeSlot));
    });
}

#[test]
fn the_survey_says_what_speaks_against_each() {
    run(|| {
        offer(ALICE, 5_000, ask(20));
        offer(BOB, 5_000, ask(10));
        offer(CAROL, 5_000, ask(5));
        register(100, 5_000);
        register(101, 5_000);
        assert_ok!(Registry::set_ask(signed(101), 0, Some(ask(1))));
        engage(CAROL, 0, 100);
        let need = Need { min_collateral: 4_950, ..need() };
        let line = |provider, price, obstacles: &[Obstacle]| Candidate {
            provider,
            device: 0,
            price,
            obstacles: obstacles.to_vec(),
        };
        assert_eq!(
            Registry::survey(&need, &[BOB], 256),
            [
                line(BOB, 10, &[Obstacle::Excluded]),
                line(ALICE, 20, &[]),
                line(101, 1, &[Obstacle::NotYetActive]),
                line(CAROL, 5, &[Obstacle::NoFreeSlot, Obstacle::TooLittleStake]),
                line(100, 0, &[Obstacle::NoAsk]),
            ]
        );
        assert_eq!(Registry::survey(&need, &[BOB], 2).len(), 2);
        assert_eq!(Registry::survey(&need, &[], 0), []);
    });
}

#[test]
fn the_survey_names_a_wrong_class() {
    run(|| {
        offer(ALICE, 5_000, ask(20));
        let need = Need { class: Some(DeviceClass::Cpu), ..need() };
        assert_eq!(Registry::survey(&need, &[], 9)[0].obstacles, [Obstacle::WrongClass]);
    });
}

#[derive(Clone, Debug)]
struct Setting {
    class: DeviceClass,
    memory: u64,
    stake: u128,
    ask: Ask,
}

fn setting() -> impl Strategy<Value = Setting> {
    let class = proptest::sample::select(DeviceClass::ALL.to_vec());
    let ask = (0..6u128, prop_oneof![Just(0u128), Just(4)], 1..3u8).prop_map(|(per_gigafuel, minimum, slots)| Ask {
        per_gigafuel,
        minimum,
        slots,
    });
    (class, 1..4u64, MIN_STAKE..MIN_STAKE + 4, ask).prop_map(|(class, memory, stake, ask)| Setting {
        class,
        memory,
        stake,
        ask,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Against the definition read literally: of all who fit, the lowest price, then the oldest ask.
    #[test]
    fn the_winner_is_the_best_of_all_who_fit(
        settings in proptest::collection::vec(setting(), 0..MAX_SCAN as usize),
        class in proptest::option::of(proptest::sample::select(DeviceClass::ALL.to_vec())),
        memory in 1..4u64,
        ceiling in 0..6u128,
        min_collateral in MIN_STAKE..MIN_STAKE + 4,
    ) {
        new_test_ext().execute_with(|| {
            for (who, setting) in (100..).zip(&settings) {
                assert_ok!(Registry::register(signed(who), endpoint(), setting.stake));
                assert_ok!(Registry::add_device(signed(who), spec(setting.class, setting.memory)));
                assert_ok!(Registry::set_ask(signed(who), 0, Some(setting.ask)));
            }
            go_on(ASK_DELAY);
            let need = Need { class, memory, ceiling, min_collateral, ..need() };
            let best = (100u64..)
                .zip(&settings)
                .filter(|(_, it)| {
                    class.is_none_or(|class| class == it.class)
                        && it.memory >= memory
                        && it.ask.per_gigafuel <= ceiling
                        && it.ask.per_gigafuel >= it.ask.minimum
                        && it.stake >= min_collateral
                })
                .min_by_key(|(who, it)| (it.ask.per_gigafuel, *who))
                .map(|(who, it)| (who, it.ask.per_gigafuel));
            let found = cheapest(&need, &[]);
            prop_assert_eq!(found.as_ref().map(|bid| (bid.provider, bid.price)), best);

            // The survey agrees: its first line without an obstacle is the winner.
            let survey = Registry::survey(&need, &[], 256);
            prop_assert_eq!(survey.len(), settings.len());
            let first = survey.iter().find(|line| line.obstacles.is_empty());
            prop_assert_eq!(first.map(|line| (line.provider, line.price)), best);

            // And the matched provider can be engaged.
            if let Some(bid) = found {
                prop_assert!(bid.collateral >= min_collateral);
                engage(bid.provider, bid.device, bid.collateral);
            }
            assert_ok!(Registry::do_try_state());
            prop_assert!(TestClock::now() > 0);
            Ok(())
        })?;
    }
}
