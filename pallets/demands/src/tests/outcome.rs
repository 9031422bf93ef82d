//! What an answered demand costs in the end, and who gets it.

use frame_support::assert_ok;
use touchstone_primitives::Tick;

use super::scene::{output_node, trace_node, Scene, WINDOW};
use crate::mock::*;

/// The tick after the window.
const OVER: Tick = START + WINDOW + 1;

/// Where the queue has its only demand.
fn queued() -> Tick {
    let ticks: Vec<_> = crate::Queue::<Test>::iter_keys().map(|(tick, _)| tick).collect();
    let [tick] = ticks[..] else { panic!("one demand is in the queue: {ticks:?}") };
    tick
}

#[test]
fn the_price_goes_to_the_provider_when_the_result_stands() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        scene.answered(top);
        go_to(OVER - 1);
        assert_eq!((events(), held(ALICE), free(PROVIDER)), (vec![], PRICE, ENDOWMENT));
        go_to(OVER);
        assert_eq!(record(scene.id).outcome, Outcome::Settled);
        assert_eq!(events(), [scene.closed(top, PRICE)]);
        // Carol has given the answer.
        assert_eq!((held(ALICE), free(ALICE)), (0, ENDOWMENT - PRICE));
        assert_eq!((free(PROVIDER), free(CAROL)), (ENDOWMENT + PRICE, ENDOWMENT));
        assert_eq!(crate::Demands::<Test>::iter().count(), 0);
    });
}

#[test]
fn each_answer_is_paid_by_who_demanded_it_and_to_the_provider_no_matter_who_gave_it() {
    run(|| {
        let scene = Scene::new();
        for (position, (demander, answerer)) in
            [(ALICE, BOB), (ALICE, PROVIDER), (BOB, NOBODY), (PROVIDER, CAROL)].into_iter().enumerate()
        {
            let subject = trace_node(0, position as u32);
            assert_ok!(scene.demand(demander, subject));
            assert_ok!(scene.reveal(answerer, subject));
        }
        go_to(OVER);
        assert_eq!(
            [ALICE, BOB, CAROL, PROVIDER].map(|who| free(who) as i128 - ENDOWMENT as i128),
            [-2, -1, 0, 3].map(|prices| prices * PRICE as i128)
        );
    });
}

#[test]
fn a_provider_that_demands_of_itself_pays_itself() {
    for answerer in [PROVIDER, CAROL] {
        run(|| {
            let scene = Scene::new();
            let top = scene.top(None);
            assert_ok!(scene.demand(PROVIDER, top));
            assert_ok!(scene.reveal(answerer, top));
            events();
            go_to(OVER);
            assert_eq!(events(), [scene.closed(top, PRICE)]);
            assert_eq!((held(PROVIDER), free(PROVIDER)), (0, ENDOWMENT));
        });
    }
}

#[test]
fn who_answers_its_own_demand_pays_the_provider() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        assert_ok!(scene.demand(ALICE, top));
        assert_ok!(scene.reveal(ALICE, top));
        events();
        go_to(OVER);
        assert_eq!(events(), [scene.closed(top, PRICE)]);
        assert_eq!((free(ALICE), free(PROVIDER)), (ENDOWMENT - PRICE, ENDOWMENT + PRICE));
    });
}

#[test]
fn all_of_it_returns_when_the_result_is_refuted() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        scene.answered(top);
        go_on(3);
        refute(scene.id, BOB);
        // The queue looks at it at the deadline.
        go_to(START + TERMS.answer_time);
        assert_eq!((events(), held(ALICE)), (vec![], PRICE));
        go_on(1);
        assert_eq!(events(), [scene.closed(top, 0)]);
        assert_eq!((held(ALICE), free(ALICE), free(PROVIDER)), (0, ENDOWMENT, ENDOWMENT));
    });
}

#[test]
fn all_of_it_returns_at_the_end_of_the_window_if_the_result_is_refuted_later() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        scene.answered(top);
        go_to(OVER - 5);
        refute(scene.id, BOB);
        go_to(OVER - 1);
        assert_eq!(held(ALICE), PRICE);
        go_to(OVER);
        assert_eq!(events(), [scene.closed(top, 0)]);
        assert_eq!((held(ALICE), free(ALICE), free(PROVIDER)), (0, ENDOWMENT, ENDOWMENT));
    });
}

#[test]
fn what_the_provider_cannot_receive_burns() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        assert_ok!(scene.demand(ALICE, top));
        assert_ok!(scene.reveal(PROVIDER, top));
        events();
        // Its account is gone, and the price is less than an account needs.
        assert_ok!(Balances::transfer_all(RuntimeOrigin::signed(PROVIDER), BOB, false));
        let issuance = Balances::total_issuance();
        go_to(OVER);
        assert_eq!(events(), [scene.closed(top, 0)]);
        assert_eq!((held(ALICE), free(ALICE), free(PROVIDER)), (0, ENDOWMENT - PRICE, 0));
        assert_eq!(issuance - Balances::total_issuance(), PRICE);
    });
}

#[test]
fn nothing_is_paid_while_the_settlement_waits() {
    run(|| {
        let scene = Scene::new();
        let (first, second) = (trace_node(6, 0), scene.top(Some(3)));
        scene.answered(first);
        go_to(OVER - 1);
        assert_ok!(scene.demand(BOB, second));
        let deadline = now() + TERMS.answer_time;
        go_to(deadline);
        assert_eq!((record(scene.id).outcome, held(ALICE)), (Outcome::Open, PRICE));
        assert_ok!(scene.reveal(CAROL, second));
        events();
        go_to(deadline + TERMS.challenge_time);
        assert_eq!((events(), held(ALICE), held(BOB)), (vec![], PRICE, PRICE));
        go_on(1);
        let mut closed = events();
        closed.sort_by_key(|event| event != &scene.closed(first, PRICE));
        assert_eq!(closed, [scene.closed(first, PRICE), scene.closed(second, PRICE)]);
        assert_eq!(free(PROVIDER), ENDOWMENT + 2 * PRICE);
    });
}

#[test]
fn an_answer_is_looked_at_when_the_result_can_be_settled_and_not_in_each_block_before() {
    run(|| {
        let scene = Scene::new();
        scene.answered(scene.top(None));
        assert_eq!(queued(), START + TERMS.answer_time + 1);
        go_to(START + TERMS.answer_time + 1);
        assert_eq!(queued(), OVER);
        // The time for challenges grows: it moves again when its tick has come.
        change(scene.id, |record| record.until = OVER + 7);
        go_to(OVER - 1);
        assert_eq!(queued(), OVER);
        go_to(OVER);
        assert_eq!(queued(), OVER + 8);
    });
}

#[test]
fn a_result_whose_settlement_is_late_is_looked_at_in_each_block() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        scene.answered(top);
        // A demand that is open without being in the queue keeps the table from settling the result.
        change(scene.id, |record| record.open = 1);
        go_to(OVER + 3);
        assert_eq!((queued(), held(ALICE)), (OVER + 4, PRICE));
        change(scene.id, |record| record.open = 0);
        go_on(1);
        assert_eq!(events(), [scene.closed(top, PRICE)]);
    });
}

#[test]
fn nothing_is_paid_for_a_result_of_which_nothing_is_known_any_more() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        scene.answered(top);
        let closed = scene.closed(top, 0);
        Records::<Test>::remove(scene.id);
        go_to(START + TERMS.answer_time + 1);
        assert_eq!(events(), [closed]);
        assert_eq!((held(ALICE), free(ALICE), free(PROVIDER)), (0, ENDOWMENT, ENDOWMENT));
    });
}

#[test]
fn a_bond_of_a_result_of_which_nothing_is_known_any_more_returns() {
    run(|| {
        let scene = Scene::new();
        let subject = output_node(5, 6, 2);
        assert_ok!(scene.demand(ALICE, subject));
        events();
        let closed = scene.closed(subject, 0);
        Records::<Test>::remove(scene.id);
        go_to(START + TERMS.answer_time + 1);
        assert_eq!(events(), [closed]);
        assert_eq!((held(ALICE), free(ALICE)), (0, ENDOWMENT));
    });
}

#[test]
fn what_is_stored_goes_with_the_outcome() {
    for refuted in [false, true] {
        run(|| {
            let scene = Scene::new();
            for position in 0..30 {
                scene.answered(output_node(1, 0, position));
            }
            assert_ok!(scene.demand(BOB, trace_node(0, 0)));
            if !refuted {
                assert_ok!(scene.reveal(CAROL, trace_node(0, 0)));
            }
            go_to(OVER + 1);
            assert_eq!(record(scene.id).outcome == Outcome::Settled, !refuted);
            assert_eq!(crate::Demands::<Test>::iter().count(), 0);
            assert_eq!(crate::Queue::<Test>::iter_keys().count(), 0);
            assert_eq!((held(ALICE), held(BOB)), (0, 0));
            let paid = if refuted { 0 } else { 31 * PRICE };
            assert_eq!((free(PROVIDER), free(CAROL)), (ENDOWMENT + paid, ENDOWMENT));
        });
    }
}
