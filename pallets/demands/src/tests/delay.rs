//! However many challengers there are, and however long each of them waits, the settlement is put off no further than
//! by six answers.

use frame_support::{assert_noop, assert_ok};
use touchstone_kir::Node;
use touchstone_primitives::Tick;

use super::scene::{noise, output_node, trace_node, Data, Scene, WINDOW};
use crate::{mock::*, Error, Subject};

/// Demands of one round: as many nodes as one answer shows.
const MOST: u32 = 256;

/// A round of demands, each with the answer that shows it.
type Round = Vec<(Subject, Option<Subject>)>;

/// The longest trace, and one of the largest outputs for all of its instances.
fn largest() -> Scene {
    let output = Data::tall(1 << 21);
    Scene::of(1 << 20, [output.clone(), output])
}

/// Many demands at the same time, each time for nodes that the answers before show: the chain of answers that is the
/// longest there is.
fn rounds(scene: &Scene) -> [Round; 6] {
    let (trace, most) = (scene.top(None), 0..MOST);
    assert_eq!((trace.node.level, scene.outputs[0].top().level), (15, 21));
    let bottom = trace_node(6, 0);
    [
        vec![(trace, None)],
        most.clone().map(|position| (trace_node(7, position), Some(trace))).collect(),
        most.clone().map(|position| (trace_node(6, position), Some(trace_node(7, position / 2)))).collect(),
        // The bytes of the first node have the roots of the first outputs.
        most.clone().map(|instance| (scene.top(Some(instance)), Some(bottom))).collect(),
        most.clone().map(|instance| (output_node(instance, 13, 0), Some(scene.top(Some(instance))))).collect(),
        most.map(|instance| (output_node(instance, 6, 0), Some(output_node(instance, 13, 0)))).collect(),
    ]
}

#[test]
fn the_settlement_waits_at_most_for_six_answers_and_six_times_for_challenges() {
    run(|| {
        let scene = largest();
        let challengers = [ALICE, BOB, PROVIDER];
        let (answer_time, challenge_time) = (TERMS.answer_time, TERMS.challenge_time);
        let window_end = START + WINDOW;
        let rounds = rounds(&scene);
        for (number, round) in (0..).zip(&rounds) {
            // The last tick at which these nodes can be demanded.
            go_to(window_end + number * (answer_time + challenge_time));
            for ((subject, shown_by), who) in round.iter().zip(challengers.into_iter().cycle()) {
                let ask =
                    scene.ask(*subject).with(|ask| (ask.who, ask.shown_by) = (who, shown_by.iter().copied().collect()));
                assert_ok!(ask.send());
            }
            go_on(answer_time);
            assert_eq!(record(scene.id).outcome, Outcome::Open);
            for (subject, _) in round {
                assert_ok!(scene.reveal(CAROL, *subject));
            }
        }
        let last = window_end + 6 * (answer_time + challenge_time);
        go_to(last);
        assert_eq!(record(scene.id).outcome, Outcome::Open);
        // Nothing more can be demanded, whatever is named as shown.
        let answered: Vec<_> = rounds.iter().map(|round| round[0].0).collect();
        for by in answered {
            for subject in [output_node(0, 0, 0), output_node(0, 5, 1), output_node(0, 6, 1), output_node(0, 20, 0)] {
                assert_noop!(scene.demand_shown(subject, by), Error::<Test>::WindowOver);
            }
        }
        go_on(1);
        assert_eq!(record(scene.id).outcome, Outcome::Settled);
        assert_eq!(crate::Demands::<Test>::iter().count(), 0);
        let answers: usize = rounds.iter().map(Vec::len).sum();
        assert_eq!(answers, 1 + 5 * 256);
        // Every third demand of a round was the provider's own.
        assert_eq!(free(PROVIDER), ENDOWMENT + PRICE * (answers as u128 - 5 * 85));
        assert_eq!((challengers.map(held), free(CAROL)), ([0; 3], ENDOWMENT));
    });
}

/// The tick at which nothing more can be demanded, after a chain of demands past the window. Each is of the highest
/// node that the answer before allows.
fn end_of_chain(scene: &Scene, first: Subject, instance: u32) -> Tick {
    go_to(START + WINDOW);
    assert_ok!(scene.demand(ALICE, first));
    let mut by = first;
    loop {
        go_on(TERMS.answer_time);
        assert_ok!(scene.reveal(CAROL, by));
        go_on(TERMS.challenge_time);
        let nodes = |instance: Option<u32>| {
            let top = scene.data(instance).top().level;
            (0..=top).rev().map(move |level| Subject { instance, node: Node { level, position: 0 } })
        };
        let next = nodes(None).chain(nodes(Some(instance))).find(|next| scene.demand_shown(*next, by).is_ok());
        match next {
            Some(next) => by = next,
            None => return now(),
        }
    }
}

#[test]
fn no_detour_makes_the_chain_of_answers_longer() {
    // Trace and outputs of two answers each.
    let output = |seed| Data::new(noise(1_100 * 1_024, seed));
    let outputs = [output(0), output(1)];
    for level in 0..=9 {
        run(|| {
            let scene = Scene::of(1 << 14, outputs.clone());
            assert_eq!((scene.top(None).node.level, scene.top(Some(1)).node.level), (9, 11));
            let end = end_of_chain(&scene, trace_node(level, 0), 1);
            let answers = if level > 6 { 4 } else { 3 };
            assert_eq!(end, START + WINDOW + answers * (TERMS.answer_time + TERMS.challenge_time), "level {level}");
            go_on(1);
            assert_eq!(record(scene.id).outcome, Outcome::Settled);
        });
    }
}

#[test]
fn without_demands_the_settlement_does_not_wait() {
    run(|| {
        let scene = Scene::new();
        go_to(START + WINDOW);
        assert_eq!(record(scene.id).outcome, Outcome::Open);
        go_on(1);
        assert_eq!(record(scene.id).outcome, Outcome::Settled);
    });
}

#[test]
fn demands_that_are_answered_inside_the_window_do_not_put_the_settlement_off() {
    run(|| {
        let scene = Scene::new();
        for position in 0..40 {
            scene.answered(output_node(3, 0, position));
        }
        go_to(START + WINDOW - TERMS.challenge_time);
        scene.answered(output_node(3, 0, 40));
        go_to(START + WINDOW + 1);
        assert_eq!(record(scene.id).outcome, Outcome::Settled);
    });
}
