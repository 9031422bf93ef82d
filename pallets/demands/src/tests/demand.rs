//! What can be demanded, until when, and what each refusal is called.

use frame_support::{
    assert_noop, assert_ok,
    dispatch::{DispatchClass, GetDispatchInfo},
};
use sp_runtime::{DispatchError, TokenError};
use touchstone_kir::{ChunkRange, Node, Opening};
use touchstone_primitives::{CommitmentId, JobId, Target, Terms, Trace};

use super::scene::{output_node, trace_node, Scene, WINDOW};
use crate::{bond_of, mock::*, Error, Event, Stage, Subject};

type Fault = Error<Test>;

/// A demand that the chain accepts, with all that follows from it.
fn accepted(scene: &Scene, subject: Subject) {
    assert_ok!(scene.demand(ALICE, subject));
    let (job, commitment, deadline) = (scene.id, scene.commitment(), START + TERMS.answer_time);
    let (provider, demander, bond) = (PROVIDER, ALICE, BOND);
    assert_eq!(events(), [Event::Demanded { job, commitment, subject, provider, demander, bond, deadline }]);
    assert_eq!((held(ALICE), free(ALICE)), (BOND, ENDOWMENT - BOND));
    assert_eq!((record(job).open, record(job).until), (1, deadline));
    let stored = crate::Demands::<Test>::get(commitment, subject).expect("it is stored");
    assert_eq!((stored.job, stored.provider, stored.demander, stored.price), (job, PROVIDER, ALICE, PRICE));
    assert_eq!((stored.len, stored.value), {
        let data = scene.data(subject.instance);
        (data.buffer().len, data.value(subject.node))
    });
    assert_eq!(stored.stage, Stage::Asked { bond: BOND, deadline });
    let queue: Vec<_> = crate::Queue::<Test>::iter_keys().collect();
    assert_eq!(queue, [(deadline + 1, (commitment, subject))]);
}

#[test]
fn the_root_of_the_trace_is_demanded() {
    run(|| {
        let scene = Scene::new();
        accepted(&scene, scene.top(None));
    });
}

#[test]
fn an_inner_node_of_the_trace_is_demanded() {
    for subject in [trace_node(6, 0), trace_node(5, 2), trace_node(3, 7), trace_node(0, 93)] {
        run(|| accepted(&Scene::new(), subject));
    }
}

#[test]
fn an_output_is_demanded_with_the_opening_of_its_root() {
    for instance in [0, 1, 31, 32, 2_999] {
        run(|| {
            let scene = Scene::new();
            accepted(&scene, scene.top(Some(instance)));
        });
    }
}

#[test]
fn an_inner_node_of_an_output_is_demanded() {
    for subject in [output_node(7, 8, 0), output_node(7, 6, 4), output_node(7, 0, 299)] {
        run(|| accepted(&Scene::new(), subject));
    }
}

#[test]
fn the_provider_and_strangers_demand_as_well() {
    run(|| {
        let scene = Scene::new();
        assert_ok!(scene.demand(PROVIDER, scene.top(None)));
        assert_ok!(scene.demand(BOB, scene.top(Some(0))));
        assert_eq!((held(PROVIDER), held(BOB), record(scene.id).open), (BOND, BOND, 2));
    });
}

#[test]
fn the_same_node_of_two_buffers_is_demanded_twice() {
    run(|| {
        let scene = Scene::new();
        for subject in [trace_node(0, 3), output_node(0, 0, 3), output_node(1, 0, 3), output_node(2, 0, 3)] {
            assert_ok!(scene.demand(ALICE, subject));
        }
        assert_eq!((held(ALICE), record(scene.id).open), (4 * BOND, 4));
    });
}

#[test]
fn a_demand_is_signed() {
    run(|| {
        let scene = Scene::new();
        let ask = scene.ask(scene.top(None));
        let path = ask.path.try_into().unwrap();
        let (none, target) = (RuntimeOrigin::none(), Target::Trace);
        let call =
            Demands::demand(none, scene.id, scene.commitment(), target, ask.node, ask.value, path, Default::default());
        assert_noop!(call, DispatchError::BadOrigin);
    });
}

#[test]
fn a_node_is_demanded_once() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        assert_ok!(scene.demand(ALICE, top));
        assert_noop!(scene.demand(BOB, top), Fault::AlreadyDemanded);
        assert_ok!(scene.reveal(CAROL, top));
        // Its answer is on the chain.
        assert_noop!(scene.demand(BOB, top), Fault::AlreadyDemanded);
    });
}

#[test]
fn the_bond_doubles_with_each_64_open_demands_and_falls_again_when_answers_come() {
    run(|| {
        let scene = Scene::new();
        let bond = || Demands::bond(scene.id, scene.commitment());
        let node = |position| output_node(0, 0, position);
        let expected = |position| match position {
            0..=63 => BOND,
            64..=127 => 2 * BOND,
            _ => 4 * BOND,
        };
        for position in 0..130 {
            let expected = expected(position);
            assert_eq!(bond(), Some(expected));
            let before = held(ALICE);
            assert_ok!(scene.demand(ALICE, node(position)));
            assert_eq!(held(ALICE) - before, expected);
            assert!(matches!(events()[..], [Event::Demanded { bond, .. }] if bond == expected));
        }
        assert_eq!((record(scene.id).open, bond()), (130, Some(4 * BOND)));
        // What a demand holds does not change with those that come or go after it.
        for (position, after) in [(129, 4), (0, 4), (70, 2)] {
            let before = held(ALICE);
            assert_ok!(scene.reveal(PROVIDER, node(position)));
            assert_eq!(before - held(ALICE), expected(position) - PRICE);
            assert_eq!(bond(), Some(after * BOND));
        }
        assert_ok!(scene.demand(BOB, node(130)));
        assert_ok!(scene.demand(CAROL, node(131)));
        assert_eq!((held(BOB), held(CAROL)), (2 * BOND, 4 * BOND));

        // Those that are answered do not count, however many they are.
        for position in (0..132).filter(|position| ![129, 0, 70].contains(position)) {
            assert_ok!(scene.reveal(PROVIDER, node(position)));
        }
        assert_eq!((record(scene.id).open, bond()), (0, Some(BOND)));
    });
}

#[test]
fn the_demands_of_another_result_do_not_count() {
    run(|| {
        let scene = Scene::new();
        for position in 0..64 {
            assert_ok!(scene.demand(ALICE, output_node(0, 0, position)));
        }
        let other = JobId([8; 32]);
        Records::<Test>::insert(other, Record { open: 0, until: 0, ..record(scene.id) });
        let commitment = record(other).commitment(&other);
        assert_eq!(Demands::bond(other, commitment), Some(BOND));
        let ask = scene.ask(scene.top(None)).with(|ask| (ask.job, ask.commitment) = (other, commitment));
        assert_ok!(ask.with(|ask| ask.who = CAROL).send());
        assert_eq!(held(CAROL), BOND);
        assert_eq!(Demands::bond(scene.id, scene.commitment()), Some(2 * BOND));
    });
}

#[test]
fn a_bond_saturates() {
    let at = |open| bond_of(&TERMS, open);
    assert_eq!([0, 63, 64, 127, 128].map(at), [100, 100, 200, 200, 400]);
    assert_eq!([1_023, 1_024, 64 * 121].map(at), [100u128 << 15, 100 << 16, 100 << 121]);
    assert_eq!([64 * 122, 64 * 128, u32::MAX].map(at), [u128::MAX; 3]);
    let cheap = Terms { demand_bond: 7, answer_price: 30, ..TERMS };
    assert_eq!((bond_of(&cheap, 0), bond_of(&cheap, 64)), (30, 60));
    let free = Terms { demand_bond: 0, answer_price: 0, ..TERMS };
    assert_eq!(bond_of(&free, u32::MAX), 0);
    run(|| {
        let scene = Scene::new();
        change(scene.id, |record| record.open = u32::MAX);
        assert_eq!(Demands::bond(scene.id, scene.commitment()), Some(u128::MAX));
        assert_noop!(scene.demand(ALICE, scene.top(None)), TokenError::FundsUnavailable);
    });
}

#[test]
fn who_raises_the_bond_of_others_locks_64_times_as_much() {
    let mut locked = 0;
    for level in 0..24 {
        let needed = bond_of(&TERMS, 64 * level);
        assert_eq!(locked, 64 * (needed - BOND));
        assert!(level == 0 || locked >= 32 * needed);
        locked += (64 * level..64 * (level + 1)).map(|open| bond_of(&TERMS, open)).sum::<u128>();
    }
}

#[test]
fn a_demand_is_taken_at_the_windows_last_tick_and_not_later() {
    run(|| {
        let scene = Scene::new();
        go_to(START + WINDOW);
        assert_ok!(scene.demand(ALICE, scene.top(None)));
    });
    run(|| {
        let scene = Scene::new();
        go_to(START + WINDOW + 1);
        assert_eq!(record(scene.id).outcome, Outcome::Settled);
        assert_noop!(scene.demand(ALICE, scene.top(None)), Fault::WindowOver);
    });
    // It has not been settled yet.
    run(|| {
        let scene = Scene::new();
        TestClock::set(START + WINDOW + 1);
        assert_noop!(scene.demand(ALICE, scene.top(None)), Fault::WindowOver);
        go_on(1);
    });
}

#[test]
fn while_a_demand_is_open_past_the_window_only_what_answers_show_is_demanded() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        go_to(START + WINDOW);
        assert_ok!(scene.demand(ALICE, top));
        go_on(1);
        let child = trace_node(6, 0);
        assert_noop!(scene.demand(ALICE, child), Fault::WindowOver);
        // It is not answered yet.
        assert_noop!(scene.demand_shown(child, top), Fault::WindowOver);
        assert_ok!(scene.reveal(CAROL, top));
        assert_noop!(scene.demand(ALICE, child), Fault::WindowOver);
        assert_ok!(scene.demand_shown(child, top));
        assert_ok!(scene.demand_shown(trace_node(5, 2), top));
    });
}

#[test]
fn past_the_window_an_answer_counts_up_to_its_last_tick() {
    run(|| {
        let scene = Scene::new();
        let (trace, output) = (scene.top(None), scene.top(Some(4)));
        go_to(START + WINDOW);
        for top in [trace, output] {
            assert_ok!(scene.demand(ALICE, top));
        }
        assert_ok!(scene.reveal(CAROL, trace));
        let until = now() + TERMS.challenge_time;
        go_to(until);
        // The later answer keeps the result open to challenge.
        assert_ok!(scene.reveal(CAROL, output));
        assert_ok!(scene.demand_shown(trace_node(6, 0), trace));
        go_to(until + 1);
        assert_noop!(scene.demand_shown(trace_node(5, 2), trace), Fault::WindowOver);
        assert_ok!(scene.demand_shown(output_node(4, 6, 0), output));
    });
}

#[test]
fn past_the_window_a_node_that_the_answer_does_not_show_is_refused() {
    run(|| {
        let scene = Scene::new();
        let (trace, output) = (scene.top(None), scene.top(Some(4)));
        go_to(START + WINDOW);
        for top in [trace, output] {
            scene.answered(top);
        }
        go_on(1);
        for (subject, by) in [
            // Too deep, and in between.
            (output_node(4, 0, 0), output),
            (output_node(4, 5, 1), output),
            (output_node(4, 7, 1), output),
            (output_node(4, 8, 0), output),
            // Of another buffer.
            (output_node(6, 6, 0), output),
            (output_node(6, 6, 0), trace),
            (trace_node(6, 0), output),
            // Roots of outputs are in the bytes of the trace, not in its nodes.
            (scene.top(Some(0)), trace),
            // Nobody has demanded that.
            (output_node(4, 6, 0), trace_node(6, 0)),
        ] {
            assert_noop!(scene.demand_shown(subject, by), Fault::WindowOver);
        }
        assert_ok!(scene.demand_shown(output_node(4, 6, 0), output));
    });
}

#[test]
fn past_the_window_the_bytes_of_the_trace_show_the_roots_of_outputs() {
    run(|| {
        let scene = Scene::new();
        let bytes = trace_node(6, 0);
        go_to(START + WINDOW);
        scene.answered(bytes);
        go_on(1);
        // 64 chunks of 32 roots.
        for instance in [0, 5, 2_047] {
            assert_ok!(scene.demand_shown(scene.top(Some(instance)), bytes));
        }
        assert_noop!(scene.demand_shown(scene.top(Some(2_048)), bytes), Fault::WindowOver);
        // The root alone is shown.
        assert_noop!(scene.demand_shown(output_node(9, 6, 0), bytes), Fault::WindowOver);
    });
}

#[test]
fn inside_the_window_it_does_not_matter_what_is_named_as_shown() {
    run(|| {
        let scene = Scene::new();
        assert_ok!(scene.demand_shown(trace_node(2, 1), output_node(77, 3, 3)));
    });
}

#[test]
fn a_demand_names_the_very_result() {
    run(|| {
        let scene = Scene::new();
        let ask = scene.ask(scene.top(None));
        let of_another_attempt = CommitmentId::new(&scene.id, ATTEMPT + 1, &PROVIDER, &scene.trace.buffer());
        for commitment in [CommitmentId([0; 32]), of_another_attempt] {
            assert_noop!(ask.with(|ask| ask.commitment = commitment).send(), Fault::UnknownCommitment);
        }
        assert_noop!(ask.with(|ask| ask.job = JobId([1; 32])).send(), Fault::UnknownCommitment);
        refute(scene.id, BOB);
        assert_noop!(ask.send(), Fault::UnknownCommitment);
    });
}

#[test]
fn an_instance_that_the_job_does_not_have_is_refused() {
    run(|| {
        let scene = Scene::new();
        let ask = scene.ask(scene.top(Some(2_999)));
        for other in [3_000, u32::MAX] {
            let changed = ask.with(|ask| {
                let Target::Output { instance, .. } = &mut ask.target else { panic!("it is an output") };
                *instance = other;
            });
            assert_noop!(changed.send(), Fault::UnknownInstance);
        }
    });
}

/// A demand for the output of instance 40, whose root is in chunk 1, with another opening of the trace.
fn with_opening(scene: &Scene, trace: Opening) -> frame_support::dispatch::DispatchResult {
    let ask = scene.ask(scene.top(Some(40)));
    ask.with(|ask| ask.target = Target::Output { instance: 40, trace }).send()
}

fn opening_of(scene: &Scene, instance: u32) -> Opening {
    let Target::Output { trace, .. } = scene.target(Some(instance)) else { panic!("it is an output") };
    trace
}

#[test]
fn exactly_the_chunk_with_the_root_is_opened() {
    run(|| {
        let scene = Scene::new();
        assert_noop!(with_opening(&scene, opening_of(&scene, 31)), Fault::WrongRootChunk);
        assert_noop!(with_opening(&scene, opening_of(&scene, 64)), Fault::WrongRootChunk);
        let roots = (0..3_000).map(|instance: usize| scene.outputs[instance % 2].buffer().root).collect();
        let two = Trace::new(roots).open([40, 64]).unwrap();
        assert_eq!(two.ranges, [ChunkRange { first: 1, count: 2 }]);
        assert_noop!(with_opening(&scene, two), Fault::WrongRootChunk);
        // The root in the same place of the chunk counts, so one opening shows both.
        assert_ok!(with_opening(&scene, opening_of(&scene, 63)));
    });
}

#[test]
fn an_opening_that_is_not_of_the_trace_or_not_whole_is_refused() {
    run(|| {
        let scene = Scene::new();
        let changed = |change: &dyn Fn(&mut Opening)| {
            let mut opening = opening_of(&scene, 40);
            change(&mut opening);
            with_opening(&scene, opening)
        };
        assert_noop!(changed(&|opening| opening.data[5] ^= 1), Fault::ForeignTrace);
        assert_noop!(changed(&|opening| opening.data.clear()), Fault::ForeignTrace);
        assert_noop!(changed(&|opening| opening.data.push(0)), Fault::ForeignTrace);
        assert_noop!(changed(&|opening| opening.siblings[0][0] ^= 1), Fault::ForeignTrace);
        assert_noop!(changed(&|opening| opening.siblings.clear()), Fault::ForeignTrace);
        assert_noop!(changed(&|opening| opening.siblings.push([0; 32])), Fault::ForeignTrace);
        assert_noop!(changed(&|opening| opening.ranges[0].first = 0), Fault::ForeignTrace);
        assert_noop!(changed(&|opening| opening.ranges[0].first = 94), Fault::ForeignTrace);
        assert_noop!(changed(&|opening| opening.ranges[0].count = 0), Fault::ForeignTrace);
        assert_ok!(changed(&|_| ()));
    });
}

#[test]
fn a_node_that_the_tree_does_not_have_is_refused() {
    run(|| {
        let scene = Scene::new();
        let ask = scene.ask(scene.top(None));
        // Beyond the end, above the root, and under the name of a higher level than the lowest with these chunks.
        for (level, position) in [(0, 94), (7, 1), (8, 0), (6, 1), (32, 0), (255, 0), (0, u32::MAX), (31, u32::MAX)] {
            let node = Node { level, position };
            assert_noop!(ask.with(|ask| ask.node = node).send(), Fault::NoSuchNode);
        }
    });
}

#[test]
fn each_defect_of_a_path_has_its_own_error() {
    run(|| {
        let scene = Scene::new();
        let ask = scene.ask(output_node(3, 2, 5));
        let with = |change: &dyn Fn(&mut super::scene::Ask)| ask.with(change).send();
        assert_noop!(with(&|ask| assert!(ask.path.pop().is_some())), Fault::IncompletePath);
        assert_noop!(with(&|ask| ask.path.clear()), Fault::IncompletePath);
        assert_noop!(with(&|ask| ask.path.push([0; 32])), Fault::OverlongPath);
        assert_noop!(with(&|ask| ask.value[31] ^= 1), Fault::ForeignPath);
        assert_noop!(with(&|ask| ask.path[6][0] ^= 1), Fault::ForeignPath);
        assert_noop!(with(&|ask| ask.path.swap(0, 1)), Fault::ForeignPath);
        assert_noop!(with(&|ask| ask.node.position = 4), Fault::ForeignPath);
        // The output of another instance has another root.
        assert_noop!(with(&|ask| ask.target = scene.target(Some(4))), Fault::ForeignPath);
        assert_ok!(with(&|_| ()));
    });
}

#[test]
fn who_cannot_pay_the_bond_demands_nothing() {
    run(|| {
        let scene = Scene::new();
        assert_noop!(scene.demand(POOR, scene.top(None)), TokenError::FundsUnavailable);
        assert_ok!(Balances::transfer_allow_death(RuntimeOrigin::signed(ALICE), POOR, 1));
        assert_ok!(scene.demand(POOR, scene.top(None)));
        assert_eq!((held(POOR), free(POOR)), (BOND, EXISTENTIAL_DEPOSIT));
    });
}

#[test]
fn nothing_is_demanded_of_a_result_whose_outputs_came_with_its_commitment() {
    run(|| {
        let scene = Scene::new();
        change(scene.id, |record| record.carried = true);
        for subject in [scene.top(None), scene.top(Some(0)), trace_node(0, 93), output_node(7, 0, 299)] {
            assert_noop!(scene.demand(ALICE, subject), Fault::OutputsOnChain);
        }
        change(scene.id, |record| record.carried = false);
        assert_ok!(scene.demand(ALICE, scene.top(None)));
    });
}

#[test]
fn who_can_pay_a_bond_and_not_twice_as_much_waits_for_an_answer() {
    run(|| {
        let scene = Scene::new();
        let top = scene.top(None);
        assert_ok!(Balances::transfer_allow_death(RuntimeOrigin::signed(ALICE), POOR, 1));
        for position in 0..64 {
            assert_ok!(scene.demand(ALICE, output_node(0, 0, position)));
        }
        assert_noop!(scene.demand(POOR, top), TokenError::FundsUnavailable);
        assert_ok!(scene.reveal(PROVIDER, output_node(0, 0, 5)));
        assert_ok!(scene.demand(POOR, top));
        assert_eq!((held(POOR), free(POOR)), (BOND, EXISTENTIAL_DEPOSIT));
    });
}

#[test]
fn the_terms_of_the_job_count_and_a_bond_is_at_least_the_price_of_an_answer() {
    run(|| {
        let scene = Scene::new();
        let terms = Terms { demand_bond: 7, answer_price: 30, answer_time: 2, ..TERMS };
        change(scene.id, |record| record.terms = terms);
        let top = scene.top(None);
        assert_ok!(scene.demand(ALICE, top));
        assert_eq!((held(ALICE), record(scene.id).until), (30, START + 2));
        assert_ok!(scene.reveal(CAROL, top));
        assert_eq!(held(ALICE), 30);
    });
}

#[test]
fn a_demand_is_operational_and_charged_by_its_opening() {
    run(|| {
        let scene = Scene::new();
        let info = |subject, change: &dyn Fn(&mut Opening)| {
            let ask = scene.ask(subject);
            let mut target = ask.target;
            if let Target::Output { trace, .. } = &mut target {
                change(trace);
            }
            RuntimeCall::Demands(crate::Call::demand {
                job: ask.job,
                commitment: ask.commitment,
                target,
                node: ask.node,
                value: ask.value,
                path: ask.path.try_into().unwrap(),
                shown_by: ask.shown_by.try_into().unwrap(),
            })
            .get_dispatch_info()
        };
        let trace = info(scene.top(None), &|_| ());
        let output = info(scene.top(Some(0)), &|_| ());
        assert_eq!((trace.class, output.class), (DispatchClass::Operational, DispatchClass::Operational));
        assert!(output.call_weight.any_gt(trace.call_weight));
        for more in [
            info(scene.top(Some(0)), &|opening| opening.data.push(0)),
            info(scene.top(Some(0)), &|opening| opening.siblings.push([0; 32])),
            info(scene.top(Some(0)), &|opening| opening.ranges.push(ChunkRange { first: 9, count: 1 })),
        ] {
            assert!(more.call_weight.any_gt(output.call_weight));
        }
    });
}
