//! The queue is served under a meter: nothing is forgotten, nothing is served twice, and what fails is tried again.

use frame_support::{
    assert_ok,
    traits::Hooks,
    weights::{Weight, WeightMeter},
};
use sp_runtime::DispatchError;

use super::scene::{output_node, trace_node, Scene, WINDOW};
use crate::{mock::*, Event, QueueCursor, WeightInfo};

const DEADLINE: u32 = START + TERMS.answer_time;

/// What the service of so many demands at one tick takes.
fn weight_of(demands: u64) -> Weight {
    <() as WeightInfo>::serve_base() + <() as WeightInfo>::serve_tick() + Demands::serve_weight() * demands
}

/// Demands by Alice that are due at the same tick, of a result that falls with the first of them.
fn due(count: u32) -> Scene {
    let scene = Scene::new();
    for position in 0..count {
        assert_ok!(scene.demand(ALICE, output_node(0, 0, position)));
    }
    events();
    TestClock::set(DEADLINE + 1);
    QueueCursor::<Test>::put(DEADLINE + 1);
    scene
}

fn left() -> usize {
    crate::Demands::<Test>::iter().count()
}

fn serve(limit: Weight) -> Weight {
    let mut meter = WeightMeter::with_limit(limit);
    Demands::serve_queue(&mut meter);
    meter.consumed()
}

#[test]
fn the_meter_stops_the_service_and_it_goes_on_where_it_stopped() {
    run(|| {
        let _scene = due(5);
        for (limit, expected) in [(weight_of(0), 5), (weight_of(2), 3), (weight_of(2), 1), (weight_of(2), 0)] {
            assert!(serve(limit).all_lte(limit));
            assert_eq!(left(), expected);
            assert_ok!(Demands::do_try_state());
        }
        assert_eq!(QueueCursor::<Test>::get(), now() + 1);
        assert_eq!((held(ALICE), free(ALICE)), (0, ENDOWMENT));
    });
}

#[test]
fn service_without_weight_does_nothing() {
    run(|| {
        let _scene = due(1);
        assert_eq!(serve(Weight::zero()), Weight::zero());
        assert_eq!(serve(<() as WeightInfo>::serve_base()), <() as WeightInfo>::serve_base());
        assert_eq!((left(), events()), (1, vec![]));
    });
}

#[test]
fn the_cursor_never_passes_a_tick_with_demands_left() {
    run(|| {
        let _scene = due(3);
        TestClock::set(DEADLINE + 9);
        serve(weight_of(1) + <() as WeightInfo>::serve_tick() * 5);
        assert_eq!((QueueCursor::<Test>::get(), left()), (DEADLINE + 1, 2));
        serve(Weight::MAX);
        assert_eq!((QueueCursor::<Test>::get(), left()), (DEADLINE + 10, 0));
    });
}

#[test]
fn a_share_is_served_before_transactions_and_the_rest_with_what_they_leave() {
    run(|| {
        let _scene = due(5);
        QueueShare::set(weight_of(2));
        let mut block = WeightMeter::with_limit(Weight::MAX);
        Demands::on_poll(1, &mut block);
        assert_eq!(left(), 3);
        assert!(block.consumed().all_lte(weight_of(2)));
        let used = Demands::on_idle(1, weight_of(1));
        assert_eq!(left(), 2);
        assert!(used.all_lte(weight_of(1)));
        Demands::on_idle(1, Weight::MAX);
        assert_eq!(left(), 0);
    });
}

#[test]
fn a_service_counts_the_search_for_another_provider() {
    let refutation =
        <() as WeightInfo>::serve_unanswered() + <Jobs as touchstone_primitives::Jobs<u64>>::retry_weight();
    assert!(Demands::serve_weight().all_gte(refutation));
    assert!(Demands::serve_weight().all_gte(<() as WeightInfo>::serve_answered()));
}

#[test]
#[should_panic(expected = "the queue's share of a block has to serve at least one demand")]
fn a_share_that_serves_nobody_is_no_configuration() {
    QueueShare::set(weight_of(0));
    Demands::integrity_test();
}

#[test]
fn a_share_for_one_demand_is_a_configuration() {
    QueueShare::set(weight_of(1));
    Demands::integrity_test();
}

#[test]
fn nothing_is_served_twice() {
    run(|| {
        let scene = due(3);
        serve(Weight::MAX);
        let told = events();
        assert_eq!(told.len(), 3);
        // Whatever was paid or returned before.
        for _ in 0..3 {
            serve(Weight::MAX);
            go_on(1);
        }
        assert_eq!(events(), vec![]);
        assert_eq!((record(scene.id).outcome, free(ALICE)), (Outcome::RefutedBy(ALICE), ENDOWMENT));
    });
}

#[test]
fn a_demand_made_at_a_tick_that_was_served_is_not_forgotten() {
    run(|| {
        let scene = Scene::new();
        // An answer is due in the same tick.
        change(scene.id, |record| record.terms.answer_time = 0);
        serve(Weight::MAX);
        assert_eq!(QueueCursor::<Test>::get(), START + 1);
        assert_ok!(scene.demand(ALICE, scene.top(None)));
        assert_ok!(scene.demand(BOB, trace_node(0, 0)));
        assert_ok!(scene.reveal(CAROL, scene.top(None)));
        assert_ok!(Demands::do_try_state());
        go_on(1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(BOB));
    });
}

#[test]
fn a_refutation_that_fails_keeps_the_bond_and_is_tried_again() {
    run(|| {
        let scene = Scene::new();
        let (top, other) = (scene.top(None), scene.top(Some(1)));
        assert_ok!(scene.demand(ALICE, top));
        scene.answered(other);
        RefutationFails::set(true);
        let failed = Event::Failed { commitment: scene.commitment(), subject: top, error: DispatchError::Unavailable };
        for tick in 0..3 {
            go_to(DEADLINE + 1 + tick);
            assert_eq!(events(), std::slice::from_ref(&failed));
            assert_eq!((held(ALICE), record(scene.id).open), (BOND + PRICE, 1));
            assert_eq!(record(scene.id).outcome, Outcome::Open);
            assert_ok!(Demands::do_try_state());
        }
        // It stops nobody else, and the settlement waits for it.
        go_to(START + WINDOW + 5);
        assert_eq!(record(scene.id).outcome, Outcome::Open);
        events();
        RefutationFails::set(false);
        go_on(1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
        go_on(1);
        assert_eq!((held(ALICE), free(ALICE), left()), (0, ENDOWMENT, 0));
    });
}

#[test]
fn the_queue_catches_up_after_a_long_silence() {
    run(|| {
        let scene = Scene::new();
        for subject in [scene.top(None), scene.top(Some(1))] {
            scene.answered(subject);
        }
        TestClock::set(START + 1_000);
        settle_what_is_due();
        serve(Weight::MAX);
        assert_eq!((left(), free(PROVIDER)), (0, ENDOWMENT + 2 * PRICE));
        assert_eq!(QueueCursor::<Test>::get(), now() + 1);
    });
}

#[test]
fn the_last_tick_of_all_is_served_and_the_service_ends() {
    run(|| {
        TestClock::set(u32::MAX);
        QueueCursor::<Test>::put(u32::MAX - 2);
        serve(Weight::MAX);
        assert_eq!(QueueCursor::<Test>::get(), u32::MAX);
    });
}
