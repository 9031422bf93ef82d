//! Whatever is thrown at the judge, it answers, and an honest result stands.

use codec::{Decode, Encode};
use frame_support::assert_storage_noop;
use proptest::prelude::*;
use touchstone_kir::{ChunkRange, Opening};
use touchstone_primitives::{Claim, Proof, ProofLimits};

use super::scene::Scene;
use crate::{mock::*, Error};

fn opening() -> impl Strategy<Value = Opening> {
    let number = || prop_oneof![0u32..10, Just(u32::MAX), any::<u32>()];
    let ranges = prop::collection::vec((number(), number()), 0..4);
    let data = prop_oneof![Just(0usize), Just(1024), 0usize..3000].prop_map(|len| vec![0xAB; len]);
    let siblings = prop::collection::vec(any::<[u8; 32]>(), 0..6);
    (ranges, data, siblings).prop_map(|(ranges, data, siblings)| Opening {
        ranges: ranges.into_iter().map(|(first, count)| ChunkRange { first, count }).collect(),
        data,
        siblings,
    })
}

fn submit(scene: &Scene, claim: Claim, limits: ProofLimits, proof: Proof) -> Result<(), sp_runtime::DispatchError> {
    super::scene::plain(Disputes::refute(RuntimeOrigin::signed(WATCHER), claim, limits, Box::new(proof))).inspect_err(
        |_| {
            assert!(Table::job(&scene.id).trace.is_some());
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn made_up_proofs_are_refused(
        trace in prop::option::of(opening()), output in opening(), reads in prop::collection::vec(opening(), 0..3),
        word in 0u32..2000,
    ) {
        run(|| {
            let scene = Scene::far_sum();
            scene.commit();
            // Without the true trace nothing else is looked at.
            let trace = trace.unwrap_or_else(|| scene.prove(0, 0).trace);
            assert_storage_noop!(assert!(
                submit(&scene, scene.claim(0, word), scene.limits(0), Proof { trace, output, reads }).is_err()
            ));
        });
    }

    /// No change of an honest proof, in its encoding, turns a right word into a wrong one.
    #[test]
    fn mutated_proofs_never_refute_an_honest_result(
        word in 0u32..1800, flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        run(|| {
            let scene = Scene::far_sum();
            scene.commit();
            let mut bytes = scene.prove(0, word).encode();
            for (at, value) in flips {
                let at = at.index(bytes.len());
                bytes[at] ^= value;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            if let Ok(proof) = Proof::decode(&mut &bytes[..]) {
                let _ = proof.opened_bytes();
                assert_storage_noop!(assert!(
                    submit(&scene, scene.claim(0, word), scene.limits(0), proof).is_err()
                ));
            }
        });
    }

    #[test]
    fn random_bytes_are_no_proof(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        if let Ok(proof) = Proof::decode(&mut &bytes[..]) {
            run(|| {
                let scene = Scene::far_sum();
                scene.commit();
                assert_storage_noop!(assert!(
                    submit(&scene, scene.claim(0, 0), scene.limits(0), proof).is_err()
                ));
            });
        }
    }

    #[test]
    fn random_claims_are_refused(
        instance in prop_oneof![0u32..3, any::<u32>()], word in any::<u32>(), fuel in any::<u64>(),
        code_bytes in any::<u32>(),
    ) {
        run(|| {
            let scene = Scene::far_sum();
            scene.commit();
            let proof = scene.prove(0, 0);
            let claim = Claim { instance, word, ..scene.claim(0, 0) };
            assert_storage_noop!(assert!(
                submit(&scene, claim, ProofLimits { fuel, code_bytes }, proof).is_err()
            ));
        });
    }

    /// Every wrong word falls, and only that one.
    #[test]
    fn any_wrong_word_is_refuted_by_its_own_proof(word in 0u32..1800, other in 0u32..1800) {
        run(|| {
            let mut scene = Scene::far_sum();
            scene.corrupt(0, word as usize);
            scene.commit();
            if other != word {
                assert_eq!(scene.refute(0, other), Err(Error::<Test>::WordIsRight.into()));
            }
            assert_eq!(scene.refute(0, word), Ok(()));
        });
    }
}
