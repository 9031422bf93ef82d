//! Refuting a root that commits to data of another length.

use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use proptest::prelude::*;
use sp_runtime::DispatchError;
use touchstone_kir::{chunk_count, open, root, verify, ChunkRange, Opening};
use touchstone_primitives::{opened_bytes, CommitmentId, Target};

use super::scene::{bytes, last_chunk, noise, plain, Scene};
use crate::{mock::*, prove_length, Defect, Error, Event};

type Fault = Error<Test>;

/// The length that the step of the scene declares.
const DECLARED: u32 = 7_200;

/// A provider that commits to `len` bytes where 7,200 are due.
fn committed_to(len: usize) -> Scene {
    let mut scene = Scene::far_sum();
    assert_eq!(scene.contexts[0].output_len, DECLARED);
    scene.outputs[0] = noise(len, 5);
    scene.commit();
    events();
    scene
}

fn refute_length(scene: &Scene, instance: u32, len: u32, opening: Opening) -> DispatchResult {
    scene.refute_length(scene.target(instance), len, opening)
}

/// Claims the true length of what was committed, and proves it.
fn refute(scene: &Scene) -> DispatchResult {
    let data = &scene.outputs[0];
    refute_length(scene, 0, data.len() as u32, last_chunk(data))
}

#[test]
fn a_root_of_less_data_is_refuted() {
    for len in [4, 1_024, 4_096, 7_168, 7_196] {
        run(|| {
            let scene = committed_to(len);
            assert_ok!(refute(&scene));
            let (job, attempt, provider, refuter) = (scene.id, 1, PROVIDER, WATCHER);
            let (instance, committed, declared) = (Some(0), len as u32, DECLARED);
            assert_eq!(
                events(),
                [Event::LengthRefuted { job, attempt, instance, committed, declared, provider, refuter }]
            );
            assert_eq!(Table::job(&scene.id).refuted_by, Some(WATCHER));
            assert_eq!(Table::job(&scene.id).trace, None);
        });
    }
}

#[test]
fn a_refutation_that_fails_before_its_opening_is_read_does_not_pay_for_its_bytes() {
    run(|| {
        let scene = committed_to(4_096);
        let data = &scene.outputs[0];
        let (id, commitment, opening) = (scene.id, scene.commitment(), last_chunk(data));
        let bytes = opened_bytes(&opening) + scene.target(0).opened_bytes();
        let weight = |instance, len| {
            let who = RuntimeOrigin::signed(WATCHER);
            let target = scene.target(instance);
            let result = Disputes::refute_length(who, id, commitment, target, len, opening.clone());
            result.unwrap_or_else(|refusal| refusal.post_info).actual_weight
        };
        let less = Disputes::refutation_weight(0, 0, 0);
        assert!(less.ref_time() < Disputes::refutation_weight(0, 0, bytes).ref_time());
        assert_eq!(weight(0, DECLARED), Some(less));
        assert_eq!(weight(9, 4_096), Some(less));
        // A wrong opening was looked at, and so was the right one: both cost what was declared.
        assert_eq!(weight(0, 4_092), None);
        assert_eq!(weight(0, 4_096), None);
        // The second refuter.
        assert_eq!(weight(0, 4_096), Some(less));
    });
}

#[test]
fn a_root_of_more_data_is_refuted() {
    for len in [7_204, 8_192, 8_196, 65_536] {
        run(|| {
            assert_ok!(refute(&committed_to(len)));
        });
    }
}

#[test]
fn a_root_of_other_data_with_as_many_chunks_is_refuted() {
    run(|| {
        // The honest words with four zeros behind them: the same eight chunks, and every word but those in the last
        // chunk can be opened as if nothing were wrong.
        let mut scene = Scene::far_sum();
        scene.outputs[0].resize(DECLARED as usize + 4, 0);
        scene.commit();
        assert_noop!(scene.refute(0, 0), Fault::WordIsRight);
        assert_ok!(refute(&scene));
    });
}

#[test]
fn a_length_that_is_no_multiple_of_a_word_is_refuted() {
    run(|| {
        let mut scene = Scene::far_sum();
        scene.outputs[0].push(0);
        scene.commit();
        assert_ok!(refute(&scene));
    });
}

#[test]
fn the_length_of_a_later_output_is_refuted_at_its_instance() {
    run(|| {
        let mut scene = Scene::chain();
        scene.outputs[1].truncate(40);
        scene.commit();
        let opening = last_chunk(&scene.outputs[1]);
        assert_noop!(refute_length(&scene, 0, 40, opening.clone()), Fault::ForeignOpening);
        assert_noop!(refute_length(&scene, 2, 40, opening.clone()), Fault::UnknownInstance);
        assert_ok!(refute_length(&scene, 1, 40, opening));
    });
}

#[test]
fn an_honest_root_cannot_be_refuted_by_its_length() {
    run(|| {
        let scene = Scene::far_sum();
        scene.commit();
        assert_noop!(refute(&scene), Fault::LengthIsRight);
        for len in [4, 1_024, 7_196, 7_204, 8_192, 16_384] {
            // Data of that length, and the honest data cut or stretched to it.
            let mut stretched = scene.outputs[0].clone();
            stretched.resize(len, 0);
            for data in [noise(len, 9), stretched] {
                assert_noop!(refute_length(&scene, 0, len as u32, last_chunk(&data)), Fault::ForeignOpening);
            }
        }
        assert_eq!(Table::job(&scene.id).refuted_by, None);
    });
}

#[test]
fn a_false_length_is_not_refuted_after_the_window() {
    run(|| {
        let scene = committed_to(4_096);
        Table::change(&scene.id, |job| job.window_over = true);
        assert_noop!(refute(&scene), Fault::WindowOver);
    });
}

#[test]
fn a_false_length_is_refuted_once() {
    run(|| {
        let scene = committed_to(4_096);
        assert_ok!(refute(&scene));
        assert_noop!(refute(&scene), Fault::UnknownCommitment);
    });
}

#[test]
fn refute_length_is_signed_and_names_the_very_commitment() {
    run(|| {
        let scene = committed_to(4_096);
        let (job, id, opening) = (scene.id, scene.commitment(), last_chunk(&scene.outputs[0]));
        let call =
            |origin, id| plain(Disputes::refute_length(origin, job, id, scene.target(0), 4_096, opening.clone()));
        assert_noop!(call(RuntimeOrigin::none(), id), DispatchError::BadOrigin);
        let of_another_attempt = CommitmentId::new(&job, 2, &PROVIDER, &scene.committed());
        for other in [of_another_attempt, CommitmentId([0; 32])] {
            assert_noop!(call(RuntimeOrigin::signed(WATCHER), other), Fault::UnknownCommitment);
        }
        assert_ok!(call(RuntimeOrigin::signed(PROVIDER), id));
    });
}

#[test]
fn the_last_chunk_and_no_other_is_opened() {
    run(|| {
        let scene = committed_to(4_096);
        let with = |ranges: &[ChunkRange]| refute_length(&scene, 0, 4_096, open(&scene.outputs[0], ranges).unwrap());
        assert_noop!(with(&[]), Fault::LastChunkNotOpened);
        assert_noop!(with(&[ChunkRange { first: 0, count: 3 }]), Fault::LastChunkNotOpened);
        assert_noop!(with(&[ChunkRange { first: 2, count: 2 }]), Fault::SuperfluousOpening);
        assert_ok!(with(&[ChunkRange { first: 3, count: 1 }]));
    });
}

#[test]
fn each_defect_of_a_length_proof_has_its_own_error() {
    run(|| {
        let scene = committed_to(4_096);
        let with = |len, change: &dyn Fn(&mut Opening)| {
            let mut opening = last_chunk(&scene.outputs[0]);
            change(&mut opening);
            refute_length(&scene, 0, len, opening)
        };
        let none = |_: &mut Opening| {};
        assert_noop!(with(0, &none), Fault::NoSuchLength);
        assert_noop!(with(u32::MAX, &none), Fault::NoSuchLength);
        assert_noop!(with(4_092, &none), Fault::OverlongOpening);
        assert_noop!(with(3_072, &none), Fault::BadRanges);
        assert_noop!(with(4_096, &|opening| opening.data[7] ^= 1), Fault::ForeignOpening);
        assert_noop!(with(4_096, &|opening| opening.data.clear()), Fault::TruncatedOpening);
        assert_noop!(with(4_096, &|opening| opening.siblings.clear()), Fault::IncompletePath);
        assert_noop!(with(4_096, &|opening| opening.siblings.push([0; 32])), Fault::OverlongPath);
        assert_noop!(with(4_096, &|opening| opening.ranges[0].count = u32::MAX), Fault::BadRanges);
        assert_ok!(with(4_096, &none));
    });
}

#[test]
fn refute_length_is_operational_and_charged_by_what_is_opened() {
    use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
    run(|| {
        let scene = committed_to(4_096);
        let info = |target, opening| {
            let (job, commitment, len) = (scene.id, scene.commitment(), 4_096);
            RuntimeCall::Disputes(crate::Call::refute_length { job, commitment, target, len, opening })
                .get_dispatch_info()
        };
        let (target, opening) = (scene.target(0), last_chunk(&scene.outputs[0]));
        let base = info(target.clone(), opening.clone());
        assert_eq!(base.class, DispatchClass::Operational);
        let mut more = opening.clone();
        more.data.push(0);
        assert!(info(target.clone(), more).call_weight.any_gt(base.call_weight));
        let mut more = opening.clone();
        more.siblings.push([0; 32]);
        assert!(info(target, more).call_weight.any_gt(base.call_weight));
        // What shows the root of the output counts, too. The root of the trace needs nothing.
        let mut trace = scene.trace().open([0]).unwrap();
        trace.siblings.push([0; 32]);
        let more = Target::Output { instance: 0, trace };
        assert!(info(more, opening.clone()).call_weight.any_gt(base.call_weight));
        assert!(base.call_weight.any_gt(info(Target::Trace, opening).call_weight));
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// One buffer against every other length: the last chunk as it is, cut or stretched to the length, with the true
    /// siblings of whatever tree results.
    #[test]
    fn a_root_has_one_length(words in 1..1_500u32, seed in any::<u32>()) {
        let data = bytes((0..words).map(|word| word.wrapping_mul(seed | 1)));
        let (root, len) = (root(&data), data.len() as u32);
        prop_assert_eq!(prove_length(&last_chunk(&data), &root, len), Ok(()));
        for other in (4..6_000u32).step_by(4).filter(|other| *other != len) {
            let mut stretched = data.clone();
            stretched.resize(other as usize, 0);
            prop_assert!(prove_length(&last_chunk(&stretched), &root, other).is_err());
            prop_assert!(prove_length(&last_chunk(&data), &root, other).is_err());
            // The true siblings under the claim of another length.
            let mut forged = last_chunk(&data);
            forged.ranges[0].first = chunk_count(other) - 1;
            forged.data.resize((other as usize - 1) % 1_024 + 1, 0);
            prop_assert!(prove_length(&forged, &root, other).is_err());
        }
    }

    #[test]
    fn only_an_opening_of_the_last_chunk_proves_a_length(
        chunks in 2..40u32,
        at in any::<u32>(),
        rest in 1..=1_024usize,
    ) {
        let data = noise(chunks as usize * 1_024, at).split_off(1_024 - rest);
        let (root, len, first) = (root(&data), data.len() as u32, at % (chunks - 1));
        let other = open(&data, &[ChunkRange { first, count: 1 }]).unwrap();
        prop_assert!(verify(&other, &root, len).is_ok());
        prop_assert_eq!(prove_length(&other, &root, len), Err(Defect::LastChunkNotOpened));
    }
}
