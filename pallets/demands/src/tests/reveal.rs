//! What an answer is, until when, who gives it, and what each wrong one is called.

use frame_support::{
    assert_noop, assert_ok,
    dispatch::{DispatchClass, GetDispatchInfo},
};
use sp_runtime::DispatchError;
use touchstone_kir::Reveal;

use super::scene::{output_node, trace_node, Scene};
use crate::{mock::*, Error, Event, Stage, Subject};

type Fault = Error<Test>;

/// An answer that the chain accepts, with all that follows from it.
fn accepted(scene: &Scene, subject: Subject, by: AccountId) {
    assert_ok!(scene.demand(ALICE, subject));
    events();
    go_on(2);
    let free_of_answerer = free(by);
    assert_ok!(scene.reveal(by, subject));
    let (job, commitment, until) = (scene.id, scene.commitment(), now() + TERMS.challenge_time);
    assert_eq!(events(), [Event::Revealed { job, commitment, subject, by, until }]);
    // What is more than the price is back, and nothing is paid yet.
    assert_eq!((held(ALICE), free(ALICE)), (PRICE, ENDOWMENT - PRICE));
    if by != ALICE {
        assert_eq!(free(by), free_of_answerer);
    }
    assert_eq!((record(job).open, record(job).until), (0, until));
    let stored = crate::Demands::<Test>::get(commitment, subject).expect("it is kept");
    assert_eq!((stored.provider, stored.stage), (PROVIDER, Stage::Answered { until }));
}

#[test]
fn a_high_node_is_answered_by_its_descendants() {
    for (subject, values) in [(trace_node(7, 0), 2), (output_node(6, 9, 0), 5), (output_node(6, 8, 0), 4)] {
        run(|| {
            let scene = Scene::new();
            assert!(matches!(scene.answer(subject), Reveal::Nodes(shown) if shown.len() == values));
            accepted(&scene, subject, PROVIDER);
        });
    }
}

#[test]
fn a_low_node_is_answered_by_its_bytes() {
    let last = 94 * 1_024 - 96_000;
    for (subject, bytes) in [
        (trace_node(6, 0), 64 * 1_024),
        (trace_node(5, 2), 30 * 1_024 - last),
        (trace_node(0, 93), 1_024 - last),
        (output_node(1, 6, 4), 44 * 1_024 - 12),
        (output_node(1, 0, 0), 1_024),
    ] {
        run(|| {
            let scene = Scene::new();
            assert!(matches!(scene.answer(subject), Reveal::Bytes(shown) if shown.len() == bytes));
            accepted(&scene, subject, PROVIDER);
        });
    }
}

#[test]
fn anybody_answers() {
    for by in [ALICE, BOB, PROVIDER, POOR, NOBODY] {
        run(|| {
            let scene = Scene::new();
            accepted(&scene, scene.top(None), by);
        });
    }
}

#[test]
fn an_answer_is_signed() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        assert_ok!(scene.demand(ALICE, top));
        let call = Demands::reveal(RuntimeOrigin::none(), scene.commitment(), top, scene.answer(top));
        assert_noop!(call, DispatchError::BadOrigin);
    });
}

#[test]
fn an_answer_is_taken_at_the_last_tick_and_not_later() {
    run(|| {
        let scene = Scene::new();
        let (first, second) = (scene.top(None), scene.top(Some(1)));
        for subject in [first, second] {
            assert_ok!(scene.demand(ALICE, subject));
        }
        let deadline = START + TERMS.answer_time;
        go_to(deadline);
        assert_ok!(scene.reveal(CAROL, first));
        // Before the queue has looked at it.
        TestClock::set(deadline + 1);
        assert_noop!(scene.reveal(CAROL, second), Fault::TooLate);
        go_on(1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
        assert_noop!(scene.reveal(CAROL, second), Fault::NotDemanded);
    });
}

#[test]
fn each_wrong_answer_has_its_own_error_and_changes_nothing() {
    run(|| {
        let scene = Scene::new();
        let (high, low) = (output_node(0, 9, 0), output_node(0, 6, 4));
        for subject in [high, low] {
            assert_ok!(scene.demand(ALICE, subject));
        }
        let (Reveal::Nodes(values), Reveal::Bytes(bytes)) = (scene.answer(high), scene.answer(low)) else {
            panic!("the one is answered by nodes, the other by bytes")
        };
        let nodes = |values: Vec<[u8; 32]>| scene.reveal_as(CAROL, high, Reveal::Nodes(values));
        let data = |bytes: Vec<u8>| scene.reveal_as(CAROL, low, Reveal::Bytes(bytes));
        assert_noop!(scene.reveal_as(CAROL, high, Reveal::Bytes(bytes.clone())), Fault::WrongKind);
        assert_noop!(scene.reveal_as(CAROL, low, Reveal::Nodes(values.clone())), Fault::WrongKind);

        assert_noop!(nodes(vec![]), Fault::ShortAnswer);
        assert_noop!(nodes(values[1..].to_vec()), Fault::ShortAnswer);
        assert_noop!(nodes([&values[..], &values[..1]].concat()), Fault::LongAnswer);
        assert_noop!(nodes(values.iter().rev().copied().collect()), Fault::ForeignAnswer);
        let mut wrong = values.clone();
        wrong[4][31] ^= 1;
        assert_noop!(nodes(wrong), Fault::ForeignAnswer);

        assert_noop!(data(vec![]), Fault::ShortAnswer);
        assert_noop!(data(bytes[1..].to_vec()), Fault::ShortAnswer);
        assert_noop!(data([&bytes[..], &[0]].concat()), Fault::LongAnswer);
        let mut wrong = bytes.clone();
        wrong[44 * 1_024 - 13] ^= 1;
        assert_noop!(data(wrong), Fault::ForeignAnswer);
        // What is in the same place of another output.
        let other = scene.answer(output_node(1, 6, 4));
        assert_noop!(scene.reveal_as(CAROL, low, other), Fault::ForeignAnswer);

        assert_ok!(nodes(values));
        assert_ok!(data(bytes));
    });
}

#[test]
fn a_node_is_answered_once() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        assert_ok!(scene.demand(ALICE, top));
        assert_ok!(scene.reveal(CAROL, top));
        assert_noop!(scene.reveal(BOB, top), Fault::AlreadyRevealed);
        go_to(START + TERMS.answer_time + 1);
        assert_noop!(scene.reveal(BOB, top), Fault::AlreadyRevealed);
    });
}

#[test]
fn what_nobody_demanded_is_not_answered() {
    run(|| {
        let scene = Scene::new();
        assert_ok!(scene.demand(ALICE, output_node(2, 6, 0)));
        for subject in [trace_node(6, 0), output_node(4, 6, 0), output_node(2, 6, 1), output_node(2, 5, 0)] {
            assert_noop!(scene.reveal(CAROL, subject), Fault::NotDemanded);
        }
        let call = Demands::reveal(
            RuntimeOrigin::signed(CAROL),
            touchstone_primitives::CommitmentId([1; 32]),
            output_node(2, 6, 0),
            scene.answer(output_node(2, 6, 0)),
        );
        assert_noop!(call, Fault::NotDemanded);
    });
}

#[test]
fn a_result_that_was_refuted_meanwhile_takes_no_answer() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        assert_ok!(scene.demand(ALICE, top));
        refute(scene.id, BOB);
        assert_noop!(scene.reveal(CAROL, top), Fault::UnknownCommitment);
    });
}

#[test]
fn an_answer_is_operational_and_charged_by_what_it_shows() {
    run(|| {
        let scene = Scene::new();
        let info = |reveal| {
            let (commitment, subject) = (scene.commitment(), scene.top(None));
            RuntimeCall::Demands(crate::Call::reveal { commitment, subject, reveal }).get_dispatch_info()
        };
        let none = info(Reveal::Bytes(vec![]));
        assert_eq!(none.class, DispatchClass::Operational);
        let weight = |reveal| info(reveal).call_weight;
        assert_eq!(weight(Reveal::Nodes(vec![])), none.call_weight);
        assert!(weight(Reveal::Bytes(vec![0; 64])).any_gt(weight(Reveal::Bytes(vec![0; 63]))));
        // A value takes as long as the block in which it is hashed.
        assert_eq!(weight(Reveal::Nodes(vec![[0; 32]; 3])), weight(Reveal::Bytes(vec![0; 192])));
    });
}
