//! A demand without an answer refutes the result.

use frame_support::{assert_noop, assert_ok};
use touchstone_kir::Reveal;
use touchstone_primitives::Buffer;

use super::scene::{output_node, trace_node, Scene, WINDOW};
use crate::{mock::*, Error, Event, Subject};

type Fault = Error<Test>;

const DEADLINE: u32 = START + TERMS.answer_time;

fn unanswered(scene: &Scene, subject: Subject, demander: AccountId) -> Event<Test> {
    let (job, commitment) = (scene.id, scene.commitment());
    Event::Unanswered { job, commitment, subject, provider: PROVIDER, demander }
}

#[test]
fn the_result_falls_at_the_tick_after_the_deadline() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        assert_ok!(scene.demand(ALICE, top));
        events();
        go_to(DEADLINE);
        assert_eq!((events(), record(scene.id).outcome, held(ALICE)), (vec![], Outcome::Open, BOND));
        go_on(1);
        assert_eq!(events(), [unanswered(&scene, top, ALICE)]);
        // The refuter, to whom the bounty goes, is who demanded.
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
        assert_eq!((held(ALICE), free(ALICE)), (0, ENDOWMENT));
        assert_eq!(crate::Demands::<Test>::iter().count(), 0);
        assert_eq!(crate::Queue::<Test>::iter_keys().count(), 0);
    });
}

#[test]
fn a_deadline_past_the_window_counts_as_well() {
    run(|| {
        let scene = Scene::new();
        go_to(START + WINDOW);
        assert_ok!(scene.demand(BOB, scene.top(Some(8))));
        go_on(TERMS.answer_time);
        assert_eq!(record(scene.id).outcome, Outcome::Open);
        go_on(1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(BOB));
    });
}

#[test]
fn random_roots_fall_at_the_first_demand() {
    run(|| {
        let scene = Scene::new();
        let trace = Buffer { root: [9; 32], len: scene.trace.buffer().len };
        scene.commit(trace);
        let top = scene.top(None);
        let ask = scene.ask(top).with(|ask| ask.value = trace.root);
        assert_ok!(ask.send());
        // Nobody knows what hashes to it.
        assert_noop!(scene.reveal(PROVIDER, top), Fault::ForeignAnswer);
        assert_noop!(scene.reveal_as(PROVIDER, top, Reveal::Nodes(vec![[9; 32]; 2])), Fault::ForeignAnswer);
        go_to(DEADLINE + 1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
    });
}

#[test]
fn a_random_root_of_one_output_falls_at_the_first_demand_for_it() {
    run(|| {
        // The trace is served, and so are all outputs but one.
        let mut scene = Scene::new();
        let mut roots: Vec<_> = (0..3_000).map(|instance: usize| scene.outputs[instance % 2].buffer().root).collect();
        roots[77] = [9; 32];
        scene.trace = super::scene::Data::new(touchstone_primitives::Trace::new(roots).to_bytes());
        scene.commit(scene.trace.buffer());
        for instance in [76, 78] {
            scene.answered(scene.top(Some(instance)));
        }
        let top = scene.top(Some(77));
        assert_ok!(scene.ask(top).with(|ask| ask.value = [9; 32]).send());
        assert_noop!(scene.reveal(PROVIDER, top), Fault::ForeignAnswer);
        go_to(DEADLINE + 1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
    });
}

#[test]
fn of_many_demands_at_the_same_tick_one_refutes_and_all_bonds_return() {
    run(|| {
        let scene = Scene::new();
        let subjects: Vec<_> = (0..10).map(|position| output_node(0, 0, position)).collect();
        for (subject, who) in subjects.iter().zip([ALICE, BOB].into_iter().cycle()) {
            assert_ok!(scene.demand(who, *subject));
        }
        let order: Vec<_> = crate::Queue::<Test>::iter_key_prefix(DEADLINE + 1).map(|(_, subject)| subject).collect();
        assert_eq!(order.len(), 10);
        events();
        go_to(DEADLINE + 1);
        let first = if order[0].node.position % 2 == 0 { ALICE } else { BOB };
        let mut expected = vec![unanswered(&scene, order[0], first)];
        expected.extend(order[1..].iter().map(|subject| scene.closed(*subject, 0)));
        assert_eq!(events(), expected);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(first));
        assert_eq!((free(ALICE), free(BOB)), (ENDOWMENT, ENDOWMENT));
    });
}

#[test]
fn the_bond_returns_at_the_deadline_if_another_challenge_was_faster() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        assert_ok!(scene.demand(ALICE, top));
        events();
        go_on(1);
        refute(scene.id, BOB);
        go_to(DEADLINE);
        assert_eq!((events(), held(ALICE)), (vec![], BOND));
        go_on(1);
        assert_eq!(events(), [scene.closed(top, 0)]);
        assert_eq!((held(ALICE), free(ALICE)), (0, ENDOWMENT));
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(BOB));
    });
}

#[test]
fn one_demand_without_an_answer_is_enough_however_many_are_answered() {
    run(|| {
        let scene = Scene::new();
        for instance in 0..20 {
            scene.answered(scene.top(Some(instance)));
        }
        assert_ok!(scene.demand(BOB, trace_node(0, 0)));
        go_to(DEADLINE + 1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(BOB));
        assert_eq!((held(BOB), free(BOB)), (0, ENDOWMENT));
    });
}

#[test]
fn a_provider_that_demands_of_itself_and_does_not_answer_is_refuted_as_well() {
    run(|| {
        let scene = Scene::new();
        assert_ok!(scene.demand(PROVIDER, scene.top(None)));
        go_to(DEADLINE + 1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(PROVIDER));
    });
}

#[test]
fn a_demand_that_is_served_late_refutes_late() {
    run(|| {
        let scene = Scene::new();
        assert_ok!(scene.demand(ALICE, scene.top(None)));
        // The queue stands still until long after the window.
        TestClock::set(START + 10 * WINDOW);
        settle_what_is_due();
        assert_eq!(record(scene.id).outcome, Outcome::Open);
        go_on(1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
    });
}
