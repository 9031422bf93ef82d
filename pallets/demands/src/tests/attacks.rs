//! Attacks by name, and what each of them comes to. Random roots, silence, answers to all demands but one and moves at
//! the last tick are in `unanswered`, `demand`, `reveal` and `delay`.

use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};
use sp_runtime::TokenError;
use touchstone_kir::{Node, Reveal, Root, CHUNK};
use touchstone_primitives::{Balance, Buffer, Trace};

use super::scene::{output_node, trace_node, Ask, Data, Scene, WINDOW};
use crate::{bond_of, mock::*, Error, Subject, WeightInfo};

type Fault = Error<Test>;

const DEADLINE: u32 = START + TERMS.answer_time;

/// What so many demands hold that are made one after the other.
fn bonds(count: u32) -> Balance {
    (0..count).map(|open| bond_of(&TERMS, open)).sum()
}

fn give(who: AccountId, amount: Balance) {
    assert_ok!(Balances::mint_into(&who, amount));
}

/// So many single chunks of outputs.
fn chunks(count: u32) -> Vec<Subject> {
    (0..count).map(|number| output_node(number / 250, 0, number % 250)).collect()
}

fn demand_all(scene: &Scene, who: AccountId, subjects: &[Subject]) {
    for subject in subjects {
        assert_ok!(scene.demand(who, *subject));
    }
}

fn answer_all(scene: &Scene, subjects: &[Subject]) {
    for subject in subjects {
        assert_ok!(scene.reveal(PROVIDER, *subject));
    }
}

/// The values of one level, for the first so many chunks of an output of the scene.
fn values(scene: &Scene, level: u8, chunks: u32) -> Vec<Root> {
    let output = scene.data(Some(0));
    let node = |chunk| Node::over(chunk, level, output.buffer().len).expect("the output has this chunk");
    (0..chunks).step_by(1 << level).map(|chunk| output.value(node(chunk))).collect()
}

#[test]
fn an_answer_of_another_level_is_refused() {
    run(|| {
        let scene = Scene::new();
        let (high, half, low) = (scene.top(Some(0)), output_node(0, 7, 0), output_node(0, 6, 0));
        demand_all(&scene, ALICE, &[high, half, low]);
        let nodes = |subject, values| scene.reveal_as(PROVIDER, subject, Reveal::Nodes(values));
        for level in 0..6 {
            assert_noop!(nodes(high, values(&scene, level, 300)), Fault::LongAnswer);
        }
        for level in 7..10 {
            assert_noop!(nodes(high, values(&scene, level, 300)), Fault::ShortAnswer);
        }
        // As many values as there should be.
        assert_noop!(nodes(half, values(&scene, 5, 64)), Fault::ForeignAnswer);
        assert_noop!(nodes(high, values(&scene, 5, 160)), Fault::ForeignAnswer);
        // The bytes of the nodes above and below.
        let output = scene.data(Some(0));
        let bytes = |chunks: u32| {
            let bytes = (0..chunks).flat_map(|position| match output.reveal(Node { level: 0, position }) {
                Reveal::Bytes(bytes) => bytes,
                Reveal::Nodes(_) => panic!("one chunk is answered by its bytes"),
            });
            scene.reveal_as(PROVIDER, low, Reveal::Bytes(bytes.collect()))
        };
        assert_noop!(bytes(32), Fault::ShortAnswer);
        assert_noop!(bytes(128), Fault::LongAnswer);
        assert_ok!(bytes(64));
    });
}

#[test]
fn an_answer_of_another_buffer_is_refused() {
    run(|| {
        let scene = Scene::new();
        // Both have a node of this name.
        let (of_trace, of_output) = (trace_node(6, 0), output_node(0, 6, 0));
        demand_all(&scene, ALICE, &[of_trace, of_output]);
        assert_noop!(scene.reveal_as(PROVIDER, of_trace, scene.answer(of_output)), Fault::ForeignAnswer);
        assert_noop!(scene.reveal_as(PROVIDER, of_output, scene.answer(of_trace)), Fault::ForeignAnswer);
        // The root in the trace is that of this output, not of the one beside it.
        let top = scene.top(Some(2));
        demand_all(&scene, ALICE, &[top]);
        assert_noop!(scene.reveal_as(PROVIDER, top, scene.answer(scene.top(Some(3)))), Fault::ForeignAnswer);
        assert_ok!(scene.reveal_as(PROVIDER, top, scene.answer(scene.top(Some(4)))));
    });
}

/// The trace of so many outputs.
fn trace_of(scene: &Scene, instances: usize) -> Data {
    Data::new(Trace::new(vec![scene.data(Some(0)).buffer().root; instances]).to_bytes())
}

/// Alice demands a node of the trace whose value is this one.
fn demand_value(scene: &Scene, subject: Subject, value: Root, path: Vec<Root>) {
    let ask = scene.ask(subject).with(|ask| (ask.value, ask.path) = (value, path.clone()));
    assert_ok!(ask.send());
}

/// The result falls because nobody can answer what was demanded last.
fn falls(scene: &Scene) {
    go_on(TERMS.answer_time + 1);
    assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
    // The price of the answers before is held until the queue looks at them.
    go_on(WINDOW);
    assert_eq!((held(ALICE), free(ALICE)), (0, ENDOWMENT));
}

#[test]
fn the_root_of_a_trace_that_is_a_little_shorter_or_longer_falls_at_its_last_chunk() {
    for (instances, fault) in [(2_999, Fault::ShortAnswer), (3_001, Fault::LongAnswer)] {
        run(|| {
            let scene = Scene::new();
            let (other, len) = (trace_of(&scene, instances), scene.trace.buffer().len);
            scene.commit(Buffer { root: other.buffer().root, len });
            // Its tree has the same form, and so it has an answer to the first demand.
            let (top, last) = (scene.top(None), trace_node(5, 2));
            demand_value(&scene, top, other.buffer().root, vec![]);
            assert_ok!(scene.reveal_as(PROVIDER, top, other.reveal(top.node)));
            demand_value(&scene, last, other.value(last.node), other.path(last.node));
            let real = other.reveal(last.node);
            let Reveal::Bytes(mut bytes) = real.clone() else { panic!("the last chunks are answered by bytes") };
            assert_noop!(scene.reveal_as(PROVIDER, last, real), fault);
            bytes.resize(len as usize - 64 * CHUNK, 0);
            assert_noop!(scene.reveal_as(PROVIDER, last, Reveal::Bytes(bytes)), Fault::ForeignAnswer);
            falls(&scene);
        });
    }
}

#[test]
fn the_root_of_a_trace_of_two_chunks_in_the_place_of_a_long_one_falls_at_the_second_demand() {
    run(|| {
        let scene = Scene::new();
        let short = trace_of(&scene, 64);
        scene.commit(Buffer { root: short.buffer().root, len: scene.trace.buffer().len });
        let [left, right] = [0, 1].map(|position| short.value(Node { level: 0, position }));
        let (top, first) = (scene.top(None), trace_node(6, 0));
        demand_value(&scene, top, short.buffer().root, vec![]);
        // Two leaves pass for the two nodes that an answer has. Nothing but a chunk hashes to a leaf.
        assert_ok!(scene.reveal_as(PROVIDER, top, Reveal::Nodes(vec![left, right])));
        demand_value(&scene, first, left, vec![right]);
        let Reveal::Bytes(mut bytes) = short.reveal(Node { level: 0, position: 0 }) else { panic!("it is one chunk") };
        let answer = |bytes: &[u8]| scene.reveal_as(PROVIDER, first, Reveal::Bytes(bytes.to_vec()));
        assert_noop!(answer(&bytes), Fault::ShortAnswer);
        bytes.resize(64 * CHUNK, 0);
        assert_noop!(answer(&bytes), Fault::ForeignAnswer);
        falls(&scene);
    });
}

#[test]
fn a_thousand_demands_at_once_for_what_is_served_cost_who_makes_them_and_not_the_provider() {
    run(|| {
        let scene = Scene::new();
        let subjects = chunks(1_000);
        give(ALICE, bonds(1_000));
        demand_all(&scene, ALICE, &subjects);
        let bond = || Demands::bond(scene.id, scene.commitment());
        assert_eq!((held(ALICE), record(scene.id).open, bond()), (bonds(1_000), 1_000, Some(BOND << 15)));
        go_to(DEADLINE);
        answer_all(&scene, &subjects);
        assert_eq!((held(ALICE), record(scene.id).open, bond()), (1_000 * PRICE, 0, Some(BOND)));
        // They were answered inside the window, and nothing is put off.
        go_to(START + WINDOW + 1);
        assert_eq!(record(scene.id).outcome, Outcome::Settled);
        assert_eq!((held(ALICE), free(ALICE)), (0, ENDOWMENT + bonds(1_000) - 1_000 * PRICE));
        assert_eq!(free(PROVIDER), ENDOWMENT + 1_000 * PRICE);
        assert_eq!(crate::Demands::<Test>::iter().count(), 0);
    });
}

#[test]
fn a_challenger_gets_through_a_thousand_demands_of_an_accomplice_and_has_its_bond_back() {
    run(|| {
        let scene = Scene::new();
        let decoys = chunks(1_000);
        give(BOB, bonds(1_000));
        demand_all(&scene, BOB, &decoys);
        let withheld = trace_node(0, 7);
        // The challenger needs little beside what the accomplice has locked, and still more than Carol has.
        let bond = BOND << 15;
        assert!(bonds(1_000) > 50 * bond);
        assert_noop!(scene.demand(CAROL, withheld), TokenError::FundsUnavailable);
        give(ALICE, bond);
        assert_ok!(scene.demand(ALICE, withheld));
        assert_eq!(held(ALICE), bond);
        go_to(DEADLINE);
        answer_all(&scene, &decoys);
        go_on(1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
        assert_eq!((held(ALICE), free(ALICE)), (0, ENDOWMENT + bond));
        assert_eq!((free(CAROL), free(PROVIDER)), (ENDOWMENT, ENDOWMENT));
    });
}

#[test]
fn a_challenger_without_the_coins_of_the_moment_gets_through_when_answers_come() {
    run(|| {
        let scene = Scene::new();
        let decoys = chunks(960);
        give(BOB, bonds(960));
        demand_all(&scene, BOB, &decoys);
        let withheld = trace_node(0, 7);
        assert_noop!(scene.demand(CAROL, withheld), TokenError::FundsUnavailable);
        go_to(DEADLINE);
        // Without answers the result falls. With them the bond does.
        answer_all(&scene, &decoys);
        assert_ok!(scene.demand(CAROL, withheld));
        assert_eq!(held(CAROL), BOND);
        go_on(TERMS.answer_time + 1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(CAROL));
    });
}

#[test]
fn a_thousand_demands_without_an_answer_refute_at_once_and_their_bonds_return_as_blocks_have_room() {
    run(|| {
        let scene = Scene::new();
        give(ALICE, bonds(1_000));
        demand_all(&scene, ALICE, &chunks(1_000));
        let ten = <() as WeightInfo>::serve_base() + <() as WeightInfo>::serve_tick() + Demands::serve_weight() * 10;
        go_to(DEADLINE);
        QueueShare::set(ten);
        for block in 1..=100 {
            go_on(1);
            assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
            assert_eq!(crate::Demands::<Test>::iter().count(), 1_000 - 10 * block);
            assert_ok!(Demands::do_try_state());
        }
        assert_eq!((held(ALICE), free(ALICE)), (0, ENDOWMENT + bonds(1_000)));
    });
}

/// An accomplice demands the output at once, and the provider answers at once. What is below was not demanded.
fn demanded_early(scene: &Scene) -> (Subject, Subject) {
    let (output, below) = (scene.top(Some(4)), output_node(4, 6, 0));
    assert_ok!(scene.demand(BOB, output));
    assert_ok!(scene.reveal(PROVIDER, output));
    (output, below)
}

/// The provider shows the root of the output only when the answer below it is old. That one leads on all the same.
#[test]
fn a_node_that_was_demanded_early_does_not_end_the_way_of_who_waits_for_the_answer_above_it() {
    run(|| {
        let scene = Scene::new();
        let (output, below) = demanded_early(&scene);
        let trace = trace_node(6, 0);
        go_to(START + WINDOW);
        assert_ok!(scene.demand(ALICE, trace));
        go_on(TERMS.answer_time);
        assert_ok!(scene.reveal(PROVIDER, trace));
        assert_noop!(scene.demand_shown(output, trace), Fault::AlreadyDemanded);
        let shown_by = |shown_by: &[Subject]| Ask { shown_by: shown_by.to_vec(), ..scene.ask(below) }.send();
        for wrong in [&[][..], &[output], &[trace], &[output, trace], &[trace, trace], &[trace, output, output]] {
            assert_noop!(shown_by(wrong), Fault::WindowOver);
        }
        assert_ok!(shown_by(&[trace, output]));
        go_on(TERMS.answer_time + 1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
    });
}

/// A demand has the value of its node and the way from there to the committed root: everybody knows both from then on.
#[test]
fn who_reads_the_demands_of_others_goes_on_from_a_node_that_was_demanded_early() {
    run(|| {
        let scene = Scene::new();
        let (_, below) = demanded_early(&scene);
        go_to(START + WINDOW);
        assert_ok!(scene.demand(ALICE, below));
        go_on(TERMS.answer_time + 1);
        assert_eq!(record(scene.id).outcome, Outcome::RefutedBy(ALICE));
    });
}
