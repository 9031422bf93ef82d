//! Whatever is thrown at the pallet, it answers, and what it refuses changes nothing.

use codec::{Decode, Encode};
use frame_support::{assert_ok, assert_storage_noop};
use proptest::prelude::*;
use touchstone_kir::{ChunkRange, Node, Opening, Reveal, CHUNK};
use touchstone_primitives::Target;

use super::scene::{noise, Ask, Data, Scene, WINDOW};
use crate::{mock::*, Subject};

/// Three instances with outputs of 70 chunks: small, and answered in two steps all the same.
fn small() -> Scene {
    Scene::of(3, [0, 1].map(|seed| Data::new(noise(70 * CHUNK, seed))))
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![0u32..5, 60u32..75, Just(u32::MAX), any::<u32>()]
}

fn node() -> impl Strategy<Value = Node> {
    let level = prop_oneof![0u8..9, Just(255), any::<u8>()];
    (level, number()).prop_map(|(level, position)| Node { level, position })
}

fn subject() -> impl Strategy<Value = Subject> {
    (prop::option::of(number()), node()).prop_map(|(instance, node)| Subject { instance, node })
}

fn hash() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}

fn opening() -> impl Strategy<Value = Opening> {
    let ranges = prop::collection::vec((number(), number()), 0..3);
    let data = prop_oneof![Just(0usize), Just(96), 0usize..2_000].prop_map(|len| vec![0xAB; len]);
    (ranges, data, prop::collection::vec(hash(), 0..4)).prop_map(|(ranges, data, siblings)| Opening {
        ranges: ranges.into_iter().map(|(first, count)| ChunkRange { first, count }).collect(),
        data,
        siblings,
    })
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        Just(Target::Trace),
        (number(), opening()).prop_map(|(instance, trace)| Target::Output { instance, trace }),
    ]
}

fn reveal() -> impl Strategy<Value = Reveal> {
    prop_oneof![
        prop::collection::vec(hash(), 0..4).prop_map(Reveal::Nodes),
        prop::collection::vec(any::<u8>(), 0..3_000).prop_map(Reveal::Bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn made_up_demands_are_refused(
        target in target(), node in node(), value in hash(), path in prop::collection::vec(hash(), 0..21),
        shown_by in prop::collection::vec(subject(), 0..6), late in any::<bool>(),
    ) {
        run(|| {
            let scene = small();
            if late {
                go_to(START + WINDOW);
                scene.answered(scene.top(None));
                go_on(1);
            }
            let ask = Ask { target, node, value, path, shown_by, ..scene.ask(scene.top(None)) };
            assert_storage_noop!(assert!(ask.send().is_err()));
        });
    }

    /// One thing of a right demand is another one.
    #[test]
    fn mutated_demands_are_refused_unless_they_are_right_again(
        instance in prop::option::of(0u32..3), level in 0u8..8, position in 0u32..70,
        other in (node(), hash(), target()), which in 0u8..4, at in any::<prop::sample::Index>(),
    ) {
        run(|| {
            let scene = small();
            let node = Node { level, position };
            let Some(range) = node.chunks(scene.data(instance).buffer().len) else { return };
            let ask = scene.ask(Subject { instance, node });
            let changed = ask.with(|ask| match which {
                0 => ask.node = other.0,
                1 => ask.value = other.1,
                2 => ask.target = other.2,
                _ if ask.path.is_empty() => ask.path.push(other.1),
                _ => {
                    let at = at.index(ask.path.len());
                    ask.path[at] = other.1;
                }
            });
            // It may be as it was.
            let is_right = changed.node == node && changed.target == ask.target && changed.value == ask.value
                && changed.path == ask.path;
            if is_right {
                assert_ok!(changed.send());
            } else {
                assert_storage_noop!(assert!(changed.send().is_err(), "{range:?}"));
            }
        });
    }

    #[test]
    fn made_up_answers_are_refused(
        subject in subject(), answer in reveal(), demanded in any::<bool>(), instance in prop::option::of(0u32..3),
    ) {
        run(|| {
            let scene = small();
            let top = scene.top(instance);
            assert_ok!(scene.demand(ALICE, top));
            let subject = if demanded { top } else { subject };
            assert_storage_noop!(assert!(scene.reveal_as(CAROL, subject, answer).is_err()));
        });
    }

    /// No change of a right answer, in its encoding, is another answer.
    #[test]
    fn mutated_answers_are_refused(
        level in 5u8..8, flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..3),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        run(|| {
            let scene = small();
            let subject = Subject { instance: Some(0), node: Node { level, position: 0 } };
            assert_ok!(scene.demand(ALICE, subject));
            let right = scene.answer(subject);
            let mut bytes = right.encode();
            for (at, value) in flips {
                let at = at.index(bytes.len());
                bytes[at] ^= value;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let Ok(answer) = Reveal::decode(&mut &bytes[..]) else { return };
            if answer == right {
                // Two changes of one byte took each other back.
                assert_ok!(scene.reveal_as(CAROL, subject, answer));
            } else {
                assert_storage_noop!(assert!(scene.reveal_as(CAROL, subject, answer).is_err()));
            }
        });
    }

    #[test]
    fn random_bytes_are_no_call(bytes in prop::collection::vec(any::<u8>(), 0..2_048)) {
        use frame_support::dispatch::GetDispatchInfo;
        for call in 0u8..2 {
            let encoded = [&[3, call][..], &bytes].concat();
            if let Ok(call) = RuntimeCall::decode(&mut &encoded[..]) {
                let _ = call.get_dispatch_info();
                run(|| {
                    small();
                    let origin = RuntimeOrigin::signed(ALICE);
                    assert_storage_noop!(assert!(sp_runtime::traits::Dispatchable::dispatch(call, origin).is_err()));
                });
            }
        }
    }

    /// Of any two nodes, in trees of any length: the one shows the other, or not.
    #[test]
    fn what_shows_what_is_always_answered(by in subject(), other in subject(), len in number()) {
        let shown = by.shows(&other, len);
        prop_assert!(!shown || other.node.chunks(len).is_some() || len == 0);
        prop_assert!(!by.shows(&by, len));
    }
}
