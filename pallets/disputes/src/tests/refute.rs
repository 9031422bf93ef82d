//! Refuting one word in one transaction.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use touchstone_kir::{open, root, ChunkRange};
use touchstone_primitives::{CommitmentId, JobId, ProofLimits};

use super::scene::{matmul_i8, noise, plain, Dispatch, Scene};
use crate::{mock::*, Error, Event};

type Fault = Error<Test>;

/// A committed result with one wrong word.
fn corrupted(mut scene: Scene, step: usize, word: usize) -> Scene {
    scene.corrupt(step, word);
    scene.commit();
    events();
    scene
}

fn chunk(first: u32) -> ChunkRange {
    ChunkRange { first, count: 1 }
}

#[test]
fn refute_succeeds_when_the_word_differs() {
    run(|| {
        let honest = Scene::far_sum().word(0, 1200);
        let scene = corrupted(Scene::far_sum(), 0, 1200);
        assert_ok!(scene.refute(0, 1200));
        assert_eq!(
            events(),
            vec![Event::Refuted {
                job: scene.id,
                attempt: 1,
                instance: 0,
                word: 1200,
                committed: honest ^ 1,
                computed: honest,
                provider: PROVIDER,
                refuter: WATCHER,
            }]
        );
        assert_eq!(Table::job(&scene.id).refuted_by, Some(WATCHER));
        assert_eq!(Table::job(&scene.id).trace, None);
    });
}

#[test]
fn refute_fails_when_the_word_is_right() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 1200);
        // Words beside it, in its own window and in its own chunk.
        for word in [0, 1199, 1201, 1202, 1799] {
            assert_noop!(scene.refute(0, word), Fault::WordIsRight);
        }
        assert_eq!(Table::job(&scene.id).refuted_by, None);
    });
}

#[test]
fn refute_reads_beyond_the_end_of_a_buffer_as_zero() {
    run(|| {
        // Invocations from 724 on read in[g + 300] beyond 1,024 words.
        let scene = corrupted(Scene::far_sum(), 0, 2 * 800);
        assert_eq!(scene.prove(0, 1600).reads[0].ranges, vec![chunk(3)]);
        assert_noop!(scene.refute(0, 1602), Fault::WordIsRight);
        assert_ok!(scene.refute(0, 1600));
    });
}

#[test]
fn a_later_step_is_judged_on_the_roots_that_it_reads() {
    run(|| {
        // The first step is wrong at a word that the second has used as committed: only the first is to blame.
        let mut scene = Scene::chain();
        scene.corrupt(0, 10);
        let wrong = scene.outputs[0].clone();
        scene.outputs[1] = {
            let step = Dispatch { kernel: super::scene::far_sum(), params: vec![], reads: vec![0], invocations: 1500 };
            Scene::new(vec![wrong], vec![step]).outputs.remove(0)
        };
        Table::put_job(scene.id, TestJob { instances: scene.contexts.clone(), ..Table::job(&scene.id) });
        scene.commit();
        assert_noop!(scene.refute(1, 20), Fault::WordIsRight);
        assert_ok!(scene.refute(0, 10));
    });
}

#[test]
fn a_later_step_can_be_refuted_itself() {
    run(|| {
        let scene = corrupted(Scene::chain(), 1, 2999);
        assert_noop!(scene.refute(0, 10), Fault::WordIsRight);
        assert_ok!(scene.refute(1, 2999));
    });
}

#[test]
fn refute_is_refused_when_the_window_is_over() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 5);
        Table::change(&scene.id, |job| job.window_over = true);
        assert_noop!(scene.refute(0, 5), Fault::WindowOver);
    });
}

#[test]
fn refute_works_once() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 5);
        assert_ok!(scene.refute(0, 5));
        assert_noop!(scene.refute(0, 5), Fault::UnknownCommitment);
    });
}

#[test]
fn anybody_can_refute_even_the_provider_itself() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 5);
        let (claim, limits, proof) = (scene.claim(0, 5), scene.limits(0), Box::new(scene.prove(0, 5)));
        assert_noop!(
            plain(Disputes::refute(RuntimeOrigin::none(), claim, limits, proof.clone())),
            DispatchError::BadOrigin
        );
        assert_ok!(Disputes::refute(RuntimeOrigin::signed(PROVIDER), claim, limits, proof));
    });
}

#[test]
fn refute_has_to_name_the_very_commitment() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 5);
        let refute = |claim| {
            plain(Disputes::refute(RuntimeOrigin::signed(WATCHER), claim, scene.limits(0), Box::new(scene.prove(0, 5))))
        };
        let claim = scene.claim(0, 5);
        let of_another_attempt = CommitmentId::new(&scene.id, 2, &PROVIDER, &scene.committed());
        for commitment in [of_another_attempt, CommitmentId([0; 32])] {
            assert_noop!(refute(touchstone_primitives::Claim { commitment, ..claim }), Fault::UnknownCommitment);
        }
        let job = JobId([0; 32]);
        assert_noop!(refute(touchstone_primitives::Claim { job, ..claim }), Fault::UnknownCommitment);
    });
}

#[test]
fn refute_has_to_name_an_instance_and_a_word_that_exist() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 5);
        let proof = scene.prove(0, 5);
        let refute = |instance, word| {
            let (claim, limits) = (scene.claim(instance, word), scene.limits(0));
            plain(Disputes::refute(RuntimeOrigin::signed(WATCHER), claim, limits, Box::new(proof.clone())))
        };
        assert_noop!(refute(1, 5), Fault::UnknownInstance);
        assert_noop!(refute(u32::MAX, 5), Fault::UnknownInstance);
        assert_noop!(refute(0, 1800), Fault::WordOutOfRange);
        assert_noop!(refute(0, u32::MAX), Fault::WordOutOfRange);
    });
}

#[test]
fn refute_has_to_declare_the_whole_cost() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 5);
        let ProofLimits { fuel, code_bytes } = scene.limits(0);
        let refute = |limits| {
            plain(Disputes::refute(
                RuntimeOrigin::signed(WATCHER),
                scene.claim(0, 5),
                limits,
                Box::new(scene.prove(0, 5)),
            ))
        };
        assert_noop!(refute(ProofLimits { fuel: fuel - 1, code_bytes }), Fault::UnderDeclared);
        assert_noop!(refute(ProofLimits { fuel, code_bytes: code_bytes - 1 }), Fault::UnderDeclared);
        assert_ok!(refute(ProofLimits { fuel: u64::MAX, code_bytes: u32::MAX }));
    });
}

#[test]
fn refute_is_charged_by_what_is_declared_and_opened() {
    use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 5);
        let info = |limits, proof| {
            RuntimeCall::Disputes(crate::Call::refute { claim: scene.claim(0, 5), limits, proof: Box::new(proof) })
                .get_dispatch_info()
        };
        let (limits, proof) = (scene.limits(0), scene.prove(0, 5));
        let base = info(limits, proof.clone());
        assert_eq!(base.class, DispatchClass::Operational);
        let dearer = |other: frame_support::dispatch::DispatchInfo| other.call_weight.any_gt(base.call_weight);
        assert!(dearer(info(ProofLimits { fuel: limits.fuel + 1, ..limits }, proof.clone())));
        assert!(dearer(info(ProofLimits { code_bytes: limits.code_bytes + 1, ..limits }, proof.clone())));
        let mut more = proof.clone();
        more.reads[0].siblings.push([0; 32]);
        assert!(dearer(info(limits, more)));
        let mut more = proof.clone();
        more.trace.siblings.push([0; 32]);
        assert!(dearer(info(limits, more)));
        let mut more = proof;
        more.output.data.push(0);
        assert!(dearer(info(limits, more)));
    });
}

#[test]
fn refute_gives_back_what_it_declared_when_it_fails_before_the_kernel_is_read() {
    use frame_support::dispatch::GetDispatchInfo;
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 5);
        let limits = ProofLimits { fuel: 1 << 24, code_bytes: 40_000 };
        let weight = |word| {
            let (claim, proof) = (scene.claim(0, word), Box::new(scene.prove(0, word)));
            let call = crate::Call::<Test>::refute { claim, limits, proof: proof.clone() };
            let declared = call.get_dispatch_info().call_weight;
            let result = Disputes::refute(RuntimeOrigin::signed(WATCHER), claim, limits, proof);
            (declared, result.unwrap_or_else(|refusal| refusal.post_info).actual_weight)
        };
        // A right word was looked at, and so was the wrong one: both cost what was declared.
        assert_eq!(weight(6).1, None);
        assert_eq!(weight(5).1, None);
        // The second refuter pays for its bytes alone.
        let (declared, actual) = weight(5);
        let bytes = scene.prove(0, 5).opened_bytes();
        assert_eq!(actual, Some(Disputes::refutation_weight(0, 0, bytes)));
        assert!(actual.unwrap().ref_time() * 10 < declared.ref_time());
    });
}

#[test]
fn refute_without_the_kernel_says_so() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 5);
        Table::remove_kernel(&scene.contexts[0].kernel);
        assert_noop!(scene.refute(0, 5), Fault::UnknownKernel);
    });
}

#[test]
fn a_chunk_that_is_read_and_not_opened_is_an_error_and_never_zero() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 1200);
        let needed = scene.prove(0, 1200);
        assert_eq!(needed.reads[0].ranges, vec![ChunkRange { first: 2, count: 2 }]);
        for ranges in [vec![], vec![chunk(2)], vec![chunk(3)], vec![ChunkRange { first: 0, count: 2 }]] {
            let mut proof = needed.clone();
            proof.reads[0] = open(&scene.inputs[0], &ranges).unwrap();
            assert_noop!(scene.refute_with(0, 1200, proof), Fault::MissingOpening);
        }
        let mut proof = needed;
        proof.reads.clear();
        assert_noop!(scene.refute_with(0, 1200, proof), Fault::MissingOpening);
    });
}

#[test]
fn the_output_is_opened_at_the_one_chunk_of_the_word() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 1200);
        let needed = scene.prove(0, 1200);
        assert_eq!(needed.output.ranges, vec![chunk(4)]);
        let with = |ranges: &[ChunkRange]| {
            let mut proof = needed.clone();
            proof.output = open(&scene.outputs[0], ranges).unwrap();
            scene.refute_with(0, 1200, proof)
        };
        assert_noop!(with(&[]), Fault::MissingOpening);
        assert_noop!(with(&[chunk(3)]), Fault::MissingOpening);
        assert_noop!(with(&[ChunkRange { first: 4, count: 2 }]), Fault::SuperfluousOpening);
        assert_noop!(with(&[chunk(0), chunk(4)]), Fault::SuperfluousOpening);
    });
}

#[test]
fn more_openings_than_the_instance_reads_are_refused() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 1200);
        let mut proof = scene.prove(0, 1200);
        proof.reads.push(Default::default());
        assert_noop!(scene.refute_with(0, 1200, proof), Fault::SuperfluousOpening);
    });
}

#[test]
fn more_chunks_than_any_invocation_reads_are_refused() {
    run(|| {
        let step = Dispatch { kernel: super::scene::far_sum(), params: vec![], reads: vec![0], invocations: 4 };
        let mut scene = Scene::new(vec![noise(513 * 1024, 3)], vec![step]);
        scene.corrupt(0, 0);
        scene.commit();
        let with = |count| {
            let mut proof = scene.prove(0, 0);
            proof.reads[0] = open(&scene.inputs[0], &[ChunkRange { first: 0, count }]).unwrap();
            scene.refute_with(0, 0, proof)
        };
        assert_noop!(with(513), Fault::SuperfluousOpening);
        assert_ok!(with(512));
    });
}

#[test]
fn each_defect_of_an_opening_has_its_own_error() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 1200);
        let needed = scene.prove(0, 1200);
        let with = |change: &dyn Fn(&mut touchstone_kir::Opening)| {
            let mut of_read = needed.clone();
            change(&mut of_read.reads[0]);
            let mut of_output = needed.clone();
            change(&mut of_output.output);
            let (first, second) = (scene.refute_with(0, 1200, of_read), scene.refute_with(0, 1200, of_output));
            assert_eq!(first, second);
            first
        };
        assert_noop!(with(&|opening| opening.data[7] ^= 1), Fault::ForeignOpening);
        assert_noop!(with(&|opening| opening.siblings[0][0] ^= 1), Fault::ForeignOpening);
        assert_noop!(with(&|opening| opening.data.truncate(opening.data.len() - 1)), Fault::TruncatedOpening);
        assert_noop!(with(&|opening| opening.data.clear()), Fault::TruncatedOpening);
        assert_noop!(with(&|opening| opening.data.push(0)), Fault::OverlongOpening);
        assert_noop!(with(&|opening| opening.siblings.truncate(opening.siblings.len() - 1)), Fault::IncompletePath);
        assert_noop!(with(&|opening| opening.siblings.push([0; 32])), Fault::OverlongPath);
        assert_noop!(with(&|opening| opening.ranges[0].count = 0), Fault::BadRanges);
        assert_noop!(with(&|opening| opening.ranges[0].count = u32::MAX), Fault::BadRanges);
        assert_noop!(with(&|opening| opening.ranges.push(opening.ranges[0])), Fault::BadRanges);
        assert_noop!(with(&|opening| opening.ranges[0].first = 1_000), Fault::BadRanges);
        assert_ok!(scene.refute_with(0, 1200, needed));
    });
}

#[test]
fn openings_of_other_data_are_foreign() {
    run(|| {
        let scene = corrupted(Scene::chain(), 0, 1200);
        let needed = scene.prove(0, 1200);

        // The same chunks of another buffer of the same length.
        let mut proof = needed.clone();
        proof.reads[0] = open(&noise(4096, 99), &needed.reads[0].ranges).unwrap();
        assert_noop!(scene.refute_with(0, 1200, proof), Fault::ForeignOpening);

        // The honest output, which is not the committed one.
        let mut honest = scene.outputs[0].clone();
        honest[1200 * 4] ^= 1;
        let mut proof = needed.clone();
        proof.output = open(&honest, &needed.output.ranges).unwrap();
        assert_noop!(scene.refute_with(0, 1200, proof), Fault::ForeignOpening);

        // Another chunk of the right buffer, said to be this one.
        let mut proof = needed;
        proof.output = open(&scene.outputs[0], &[chunk(5)]).unwrap();
        proof.output.ranges = vec![chunk(4)];
        assert_noop!(scene.refute_with(0, 1200, proof), Fault::ForeignOpening);
    });
}

#[test]
fn a_root_of_data_of_a_false_length_opens_nothing() {
    // The provider commits to fewer or more bytes than the 7,200 that the job declares: the tree has another shape, and
    // nothing under that root is a chunk of the output.
    for (len, expected) in [
        (4, Fault::TruncatedOpening),
        (1024, Fault::IncompletePath),
        (4096, Fault::IncompletePath),
        (16384, Fault::OverlongPath),
    ] {
        run(|| {
            let mut scene = Scene::far_sum();
            assert_eq!(scene.contexts[0].output_len, 7200);
            scene.outputs[0] = noise(len, 5);
            scene.commit();
            assert_noop!(scene.refute(0, 0), expected);
        });
    }
}

#[test]
fn a_root_of_data_of_a_false_length_in_a_tree_of_the_same_shape_is_judged_by_its_words() {
    run(|| {
        // 8,192 bytes have as many chunks as 7,200: only the last chunk shows the difference.
        let mut scene = Scene::far_sum();
        scene.outputs[0].resize(8192, 0);
        scene.corrupt(0, 3);
        scene.commit();
        assert_noop!(scene.refute(0, 4), Fault::WordIsRight);
        assert_noop!(scene.refute(0, 1799), Fault::OverlongOpening);
        assert_ok!(scene.refute(0, 3));
    });
}

#[test]
fn a_last_chunk_that_is_short_is_judged_as_it_is() {
    run(|| {
        let scene = corrupted(Scene::far_sum(), 0, 1799);
        let proof = scene.prove(0, 1799);
        assert_eq!(proof.output.ranges, vec![chunk(7)]);
        assert_eq!(proof.output.data.len(), 7200 - 7 * 1024);
        assert_ok!(scene.refute_with(0, 1799, proof));
    });
}

#[test]
fn a_matrix_product_is_judged_element_by_element() {
    run(|| {
        let (m, n, k) = (8u32, 12u32, 256u32);
        let step = Dispatch { kernel: matmul_i8(), params: vec![n, k / 4], reads: vec![0, 1, 2], invocations: m * n };
        let inputs = vec![noise((m * k) as usize, 1), noise((n * k) as usize, 2), noise((n * 4) as usize, 3)];
        let mut scene = Scene::new(inputs, vec![step]);

        // The scene's outputs come from the interpreter: compare one with the sum written out.
        let (row, column) = (5usize, 7usize);
        let byte = |input: usize, at: usize| i32::from(scene.inputs[input][at] as i8);
        let bias = i32::from_le_bytes(scene.inputs[2][column * 4..column * 4 + 4].try_into().unwrap());
        let sum = (0..k as usize)
            .fold(bias, |sum, i| sum.wrapping_add(byte(0, row * k as usize + i) * byte(1, column * k as usize + i)));
        let word = row * n as usize + column;
        assert_eq!(scene.word(0, word), sum as u32);

        scene.corrupt(0, word);
        scene.commit();
        assert_eq!(scene.outputs[0].len(), (m * n * 4) as usize);
        assert_eq!(scene.trace().roots(), [root(&scene.outputs[0])]);
        assert_noop!(scene.refute(0, word as u32 - 1), Fault::WordIsRight);
        assert_ok!(scene.refute(0, word as u32));
    });
}
