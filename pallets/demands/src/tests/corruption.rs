//! `try_state` notices what calls never leave behind.

use frame_support::{assert_ok, traits::fungible::MutateHold};

use super::scene::{trace_node, Scene};
use crate::{mock::*, Demand, HoldReason, Queue, QueueCursor, Stage, Subject};

/// Corrupts a state with an open demand by Alice for the root of the trace, an answered one, and shows what `try_state`
/// says.
fn notices(complaint: &'static str, corrupt: impl FnOnce(&Scene)) {
    new_test_ext().execute_with(|| {
        let scene = Scene::new();
        assert_ok!(scene.demand(ALICE, scene.top(None)));
        scene.answered(trace_node(0, 1));
        assert_ok!(Demands::do_try_state());
        corrupt(&scene);
        assert_eq!(Demands::do_try_state(), Err(complaint.into()));
    });
}

fn change_demand(scene: &Scene, subject: Subject, change: impl FnOnce(&mut Demand<AccountId>)) {
    crate::Demands::<Test>::mutate(scene.commitment(), subject, |demand| change(demand.as_mut().unwrap()));
}

#[test]
fn try_state_notices_a_bond_of_no_demand() {
    notices("bonds held are not what the demands say", |_| {
        assert_ok!(Balances::hold(&HoldReason::Bond.into(), &BOB, 5));
    });
}

#[test]
fn try_state_notices_a_bond_that_is_not_held() {
    let less = "bonds held are not what the demands say";
    notices(less, |scene| change_demand(scene, trace_node(0, 1), |demand| demand.price += 1));
    notices(less, |scene| change_demand(scene, scene.top(None), |demand| demand.demander = BOB));
    notices("a bond is of no account", |scene| {
        // Held on Alice is what remains of her demands.
        assert_ok!(Balances::burn_held(
            &HoldReason::Bond.into(),
            &ALICE,
            BOND,
            frame_support::traits::tokens::Precision::Exact,
            frame_support::traits::tokens::Fortitude::Force,
        ));
        change_demand(scene, scene.top(None), |demand| demand.demander = NOBODY);
    });
}

#[test]
fn try_state_notices_a_bond_below_the_price() {
    notices("a bond does not cover the price of an answer", |scene| {
        change_demand(scene, scene.top(None), |demand| demand.price = BOND + 1);
    });
}

#[test]
fn try_state_notices_a_result_that_does_not_know_its_demands() {
    let complaint = "a result does not know its open demands";
    notices(complaint, |scene| change(scene.id, |record| record.open = 0));
    notices(complaint, |scene| change(scene.id, |record| record.open = 2));
    notices(complaint, |scene| {
        // The bond is what is held for an answered demand of this price.
        change_demand(scene, scene.top(None), |demand| {
            (demand.price, demand.stage) = (BOND, Stage::Answered { until: 9 });
        });
    });
}

#[test]
fn try_state_notices_a_demand_that_is_not_in_the_queue() {
    notices("a demand is not in the queue", |_| {
        let _ = Queue::<Test>::clear(10, None);
    });
}

#[test]
fn try_state_notices_a_demand_that_is_in_the_queue_twice() {
    let complaint = "the queue has a demand twice, or one of nothing";
    notices(complaint, |scene| Queue::<Test>::insert(77, (scene.commitment(), scene.top(None)), ()));
    notices(complaint, |scene| Queue::<Test>::insert(77, (scene.commitment(), trace_node(0, 2)), ()));
}

#[test]
fn try_state_notices_a_cursor_that_has_passed_a_demand() {
    notices("the queue has passed a demand by", |_| QueueCursor::<Test>::put(START + TERMS.answer_time + 2));
}

#[test]
fn try_state_notices_a_queue_that_is_ahead_of_the_clock() {
    notices("the queue is ahead of the clock", |_| QueueCursor::<Test>::put(START + 2));
}
