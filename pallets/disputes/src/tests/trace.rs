//! The trace: a proof opens the roots of outputs under the one root that is committed.

use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use touchstone_kir::{open, root, ChunkRange, Opening};
use touchstone_primitives::{Buffer, Proof, Target, Trace};

use super::scene::{last_chunk, noise, plain, Scene};
use crate::{mock::*, Error, Event};

type Fault = Error<Test>;

/// Instances of the long job: their roots fill 31 chunks of the trace and a part of one more.
const LONG: u32 = 1_000;
/// The last of them reads the outputs of these.
const EARLIER: [u32; 3] = [0, 499, 998];
const LAST: u32 = LONG - 1;
/// The chunks with the roots of all four. The last chunk has two of these roots.
const CHUNKS: [u32; 3] = [0, 15, 31];

/// The long job, with a wrong word at 2 in the output of its last instance.
fn long() -> Scene {
    let mut scene = Scene::fan_in(LONG, &EARLIER);
    scene.corrupt(LAST as usize, 2);
    scene.commit();
    events();
    scene
}

/// A job whose provider commits these bytes, said to be as long as the trace.
fn forged(mut scene: Scene, data: &[u8]) -> Scene {
    scene.forged = Some(Buffer { root: root(data), len: scene.trace().buffer().len });
    scene.commit();
    events();
    scene
}

fn chunk(first: u32) -> ChunkRange {
    ChunkRange { first, count: 1 }
}

/// Opens these chunks of a trace.
fn chunks_of(trace: &Trace, chunks: impl IntoIterator<Item = u32>) -> Opening {
    open(&trace.to_bytes(), &ChunkRange::cover(chunks)).unwrap()
}

/// Refutes the wrong word of the long job with this opening of its trace.
fn refute_with(scene: &Scene, trace: Opening) -> DispatchResult {
    scene.refute_with(LAST, 2, Proof { trace, ..scene.prove(LAST, 2) })
}

/// The trace of the long job with one root of each chunk replaced.
fn other_trace(scene: &Scene) -> Trace {
    let mut roots = scene.trace().roots().to_vec();
    roots.iter_mut().step_by(32).for_each(|root| root[0] ^= 1);
    Trace::new(roots)
}

/// Nothing has happened to the result.
fn assert_stands(scene: &Scene) {
    let job = Table::job(&scene.id);
    assert_eq!((job.trace, job.refuted_by), (Some(scene.committed()), None));
    assert!(events().is_empty());
}

#[test]
fn a_wrong_word_of_any_step_is_refuted_however_many_steps_there_are() {
    for steps in [1, 2, 16] {
        for step in 0..steps {
            run(|| {
                let mut scene = Scene::row(steps);
                scene.corrupt(step as usize, 3);
                scene.commit();
                events();
                assert_noop!(scene.refute(step, 2), Fault::WordIsRight);
                assert_stands(&scene);
                assert_ok!(scene.refute(step, 3));
                let told = events();
                assert!(matches!(told[..], [Event::Refuted { instance, word: 3, .. }] if instance == step), "{told:?}");
                assert_eq!(Table::job(&scene.id).refuted_by, Some(WATCHER));
            });
        }
    }
}

#[test]
fn a_wrong_word_is_refuted_however_far_apart_the_instances_are_that_it_follows_from() {
    run(|| {
        let scene = long();
        for word in [0, 1, 3] {
            assert_noop!(scene.refute(LAST, word), Fault::WordIsRight);
        }
        for instance in EARLIER {
            assert_noop!(scene.refute(instance, 2), Fault::WordIsRight);
        }
        assert_stands(&scene);
        assert_ok!(scene.refute(LAST, 2));
        assert_eq!(Table::job(&scene.id).refuted_by, Some(WATCHER));
    });
}

#[test]
fn an_earlier_output_that_was_wrong_is_read_as_it_is_committed() {
    run(|| {
        let mut scene = Scene::fan_in(LONG, &EARLIER);
        scene.corrupt(499, 1);
        scene.commit();
        // The last instance has used the honest word: given the committed one, its own is wrong.
        assert_noop!(scene.refute(LAST, 2), Fault::WordIsRight);
        assert_ok!(scene.refute(LAST, 1));
    });
}

#[test]
fn each_chunk_of_the_trace_is_opened_once_whatever_roots_in_it_are_needed() {
    run(|| {
        let scene = long();
        let proof = scene.prove(LAST, 2);
        assert_eq!(proof.trace.ranges, CHUNKS.map(chunk));
        // Eight roots are in the last chunk.
        assert_eq!(proof.trace.data.len(), 1_024 + 1_024 + 8 * 32);
        assert_ok!(scene.refute_with(LAST, 2, proof));
    });
    // All roots are in one chunk.
    run(|| {
        let mut scene = Scene::row(16);
        scene.corrupt(15, 0);
        scene.commit();
        let proof = scene.prove(15, 0);
        assert_eq!((&proof.trace.ranges[..], proof.trace.data.len()), (&[chunk(0)][..], 16 * 32));
        assert_ok!(scene.refute_with(15, 0, proof));
    });
    // Neighbours are one range.
    run(|| {
        let mut scene = Scene::fan_in(70, &[31, 0, 32, 0]);
        scene.corrupt(69, 0);
        scene.commit();
        let proof = scene.prove(69, 0);
        assert_eq!(proof.trace.ranges, [ChunkRange { first: 0, count: 3 }]);
        assert_ok!(scene.refute_with(69, 0, proof));
    });
}

#[test]
fn a_chunk_of_the_trace_that_is_needed_and_not_opened_is_missing() {
    run(|| {
        let scene = long();
        let trace = scene.trace();
        let cases: [&[u32]; 8] = [&[], &[0], &[31], &[15, 31], &[0, 31], &[0, 15], &[0, 15, 30], &[1, 14, 30]];
        for chunks in cases {
            let opening = chunks_of(&trace, chunks.iter().copied());
            assert_noop!(refute_with(&scene, opening), Fault::MissingRoot);
        }
        assert_noop!(refute_with(&scene, chunks_of(&trace, 0..31)), Fault::MissingRoot);
        assert_stands(&scene);
        assert_ok!(refute_with(&scene, chunks_of(&trace, CHUNKS)));
    });
}

#[test]
fn a_chunk_of_the_trace_without_a_root_that_is_needed_is_superfluous() {
    run(|| {
        let scene = long();
        let trace = scene.trace();
        let cases: [&[u32]; 4] = [&[0, 1, 15, 31], &[0, 15, 16, 31], &[0, 15, 30, 31], &[0, 8, 15, 31]];
        for chunks in cases {
            let opening = chunks_of(&trace, chunks.iter().copied());
            assert_noop!(refute_with(&scene, opening), Fault::SuperfluousRoots);
        }
        assert_noop!(refute_with(&scene, chunks_of(&trace, 0..32)), Fault::SuperfluousRoots);
        assert_stands(&scene);
        assert_ok!(refute_with(&scene, chunks_of(&trace, CHUNKS)));
    });
}

#[test]
fn an_opening_of_another_trace_is_foreign() {
    run(|| {
        let scene = long();
        // The right chunks of another trace of the same length.
        assert_noop!(refute_with(&scene, chunks_of(&other_trace(&scene), CHUNKS)), Fault::ForeignTrace);
        // Another chunk of the right trace, said to be this one.
        let mut moved = chunks_of(&scene.trace(), [0, 14, 31]);
        moved.ranges = CHUNKS.map(chunk).to_vec();
        assert_noop!(refute_with(&scene, moved), Fault::ForeignTrace);
        assert_stands(&scene);
        assert_ok!(scene.refute(LAST, 2));
    });
    // The trace with the honest root, which is not the committed one.
    run(|| {
        let honest = Scene::fan_in(LONG, &EARLIER).trace();
        let scene = long();
        assert_noop!(refute_with(&scene, honest.open(EARLIER.into_iter().chain([LAST])).unwrap()), Fault::ForeignTrace);
        assert_stands(&scene);
    });
}

#[test]
fn each_defect_of_an_opening_of_the_trace_has_its_own_error() {
    run(|| {
        let scene = long();
        let data = noise(20, 6);
        let with = |change: &dyn Fn(&mut Opening)| {
            let mut of_word = scene.prove(LAST, 2).trace;
            change(&mut of_word);
            let mut of_length = scene.trace().open([LAST]).unwrap();
            change(&mut of_length);
            let target = Target::Output { instance: LAST, trace: of_length };
            let first = refute_with(&scene, of_word);
            assert_eq!(first, scene.refute_length(target, 20, last_chunk(&data)));
            first
        };
        assert_noop!(with(&|opening| opening.data[7] ^= 1), Fault::ForeignTrace);
        assert_noop!(with(&|opening| opening.siblings[0][0] ^= 1), Fault::ForeignTrace);
        assert_noop!(with(&|opening| opening.data.truncate(opening.data.len() - 1)), Fault::TruncatedOpening);
        assert_noop!(with(&|opening| opening.data.clear()), Fault::TruncatedOpening);
        assert_noop!(with(&|opening| opening.data.push(0)), Fault::OverlongOpening);
        assert_noop!(with(&|opening| opening.siblings.truncate(opening.siblings.len() - 1)), Fault::IncompletePath);
        assert_noop!(with(&|opening| opening.siblings.clear()), Fault::IncompletePath);
        assert_noop!(with(&|opening| opening.siblings.push([0; 32])), Fault::OverlongPath);
        assert_noop!(with(&|opening| opening.ranges[0].count = 0), Fault::BadRanges);
        assert_noop!(with(&|opening| opening.ranges[0].count = u32::MAX), Fault::BadRanges);
        assert_noop!(with(&|opening| opening.ranges.push(opening.ranges[0])), Fault::BadRanges);
        assert_noop!(with(&|opening| opening.ranges[0].first = 1_000), Fault::BadRanges);
        assert_noop!(with(&|opening| *opening = Opening::default()), Fault::MissingRoot);
        assert_stands(&scene);
        // With the right opening the first call finds the wrong word. The second shows the root, which is not of the
        // data.
        assert_noop!(scene.refute_length(scene.target(LAST), 20, last_chunk(&data)), Fault::ForeignOpening);
        assert_ok!(scene.refute(LAST, 2));
    });
}

#[test]
fn an_instance_beyond_the_trace_is_unknown() {
    run(|| {
        let scene = long();
        let (proof, data) = (scene.prove(LAST, 2), noise(20, 6));
        // The chunk with the last roots, had it room for them; the chunk after it; none that a trace can have.
        for instance in [LONG, LONG + 23, LONG + 24, u32::MAX] {
            let (claim, limits, proof) = (scene.claim(instance, 2), scene.limits(LAST), Box::new(proof.clone()));
            let target = Target::Output { instance, trace: proof.trace.clone() };
            let who = RuntimeOrigin::signed(WATCHER);
            assert_noop!(plain(Disputes::refute(who, claim, limits, proof)), Fault::UnknownInstance);
            assert_noop!(scene.refute_length(target, 20, last_chunk(&data)), Fault::UnknownInstance);
        }
        assert_stands(&scene);
    });
}

#[test]
fn the_length_of_an_output_is_refuted_under_its_root_in_the_trace() {
    run(|| {
        let mut scene = Scene::fan_in(LONG, &EARLIER);
        assert_eq!(scene.contexts[LAST as usize].output_len, 16);
        scene.outputs[LAST as usize].extend_from_slice(&[0; 4]);
        scene.commit();
        events();
        let (trace, data) = (scene.trace(), scene.outputs[LAST as usize].clone());
        let with = |instance, trace| {
            let target = Target::Output { instance, trace };
            scene.refute_length(target, 20, last_chunk(&data))
        };
        assert_noop!(with(LAST, Opening::default()), Fault::MissingRoot);
        assert_noop!(with(LAST, chunks_of(&trace, [30])), Fault::MissingRoot);
        assert_noop!(with(LAST, chunks_of(&trace, [30, 31])), Fault::SuperfluousRoots);
        assert_noop!(with(LAST, chunks_of(&trace, 0..32)), Fault::SuperfluousRoots);
        assert_noop!(with(LAST, chunks_of(&other_trace(&scene), [31])), Fault::ForeignTrace);
        // The root beside it, and one in another chunk.
        assert_noop!(with(LAST - 1, chunks_of(&trace, [31])), Fault::ForeignOpening);
        assert_noop!(with(0, chunks_of(&trace, [31])), Fault::MissingRoot);
        assert_stands(&scene);

        assert_ok!(with(LAST, chunks_of(&trace, [31])));
        let (job, attempt, provider, refuter) = (scene.id, 1, PROVIDER, WATCHER);
        let (instance, committed, declared) = (Some(LAST), 20, 16);
        assert_eq!(events(), [Event::LengthRefuted { job, attempt, instance, committed, declared, provider, refuter }]);
    });
}

#[test]
fn a_trace_of_another_length_is_refuted() {
    let cases = [
        (1, [4, 28, 36, 64, 4_096]),
        (2, [4, 32, 60, 96, 1_024]),
        (16, [32, 480, 516, 544, 65_536]),
        (LONG, [32, 31_744, 31_968, 32_032, 65_536]),
    ];
    for (steps, lengths) in cases {
        for len in lengths {
            run(|| {
                let data = noise(len, 5);
                let scene = forged(Scene::fan_in(steps, &[]), &data);
                assert_ok!(scene.refute_length(Target::Trace, len as u32, last_chunk(&data)));
                let (job, attempt, provider, refuter) = (scene.id, 1, PROVIDER, WATCHER);
                let (instance, committed, declared) = (None, len as u32, steps * 32);
                assert_eq!(
                    events(),
                    [Event::LengthRefuted { job, attempt, instance, committed, declared, provider, refuter }]
                );
                let job = Table::job(&scene.id);
                assert_eq!((job.trace, job.refuted_by), (None, Some(WATCHER)));
            });
        }
    }
}

#[test]
fn a_trace_with_a_root_too_many_is_refuted_though_its_other_roots_can_be_opened() {
    run(|| {
        let scene = Scene::fan_in(LONG, &EARLIER);
        let mut roots = scene.trace().roots().to_vec();
        roots.push([7; 32]);
        let longer = Trace::new(roots);
        let scene = forged(scene, &longer.to_bytes());
        let proof = Proof { trace: longer.open([0]).unwrap(), ..scene.prove(0, 2) };
        assert_noop!(scene.refute_with(0, 2, proof), Fault::WordIsRight);
        // Only the last chunk shows the difference.
        assert_noop!(refute_with(&scene, chunks_of(&longer, CHUNKS)), Fault::OverlongOpening);
        assert_noop!(scene.refute(LAST, 2), Fault::ForeignTrace);
        assert_stands(&scene);
        assert_ok!(scene.refute_length(Target::Trace, 32_032, last_chunk(&longer.to_bytes())));
    });
}

#[test]
fn a_trace_with_a_root_too_few_is_refuted_though_its_other_roots_can_be_opened() {
    run(|| {
        let scene = Scene::fan_in(LONG, &EARLIER);
        let shorter = Trace::new(scene.trace().roots()[..LAST as usize].to_vec());
        let scene = forged(scene, &shorter.to_bytes());
        let proof = Proof { trace: shorter.open([0]).unwrap(), ..scene.prove(0, 2) };
        assert_noop!(scene.refute_with(0, 2, proof), Fault::WordIsRight);
        assert_noop!(refute_with(&scene, chunks_of(&shorter, CHUNKS)), Fault::TruncatedOpening);
        assert_stands(&scene);
        assert_ok!(scene.refute_length(Target::Trace, 31_968, last_chunk(&shorter.to_bytes())));
    });
}

#[test]
fn the_right_length_of_a_trace_is_no_fault() {
    for steps in [1, 16, LONG] {
        run(|| {
            let scene = Scene::fan_in(steps, &[]);
            scene.commit();
            let bytes = scene.trace().to_bytes();
            let len = bytes.len() as u32;
            assert_noop!(scene.refute_length(Target::Trace, len, last_chunk(&bytes)), Fault::LengthIsRight);
            for other in [len - 4, len + 4, len + 32, 2 * len] {
                // Data of another length, and the trace cut or stretched to it.
                let mut stretched = bytes.clone();
                stretched.resize(other as usize, 0);
                for data in [noise(other as usize, 9), stretched] {
                    let opening = last_chunk(&data);
                    assert_noop!(scene.refute_length(Target::Trace, other, opening), Fault::ForeignOpening);
                }
            }
            assert_stands(&scene);
        });
    }
}
