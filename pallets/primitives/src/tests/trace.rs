//! The trace: roots in a row, and openings of them.

use proptest::prelude::*;
use touchstone_kir::{limits::MAX_BUFFER_BYTES, root, verify, ChunkRange, OpenError, RangeError};

use crate::*;

/// The trace of a job of so many instances. No two of its roots are alike.
fn trace_of(instances: u32) -> Trace {
    Trace::new((0..instances).map(|instance| root(&instance.to_le_bytes())).collect())
}

fn range(first: u32, count: u32) -> ChunkRange {
    ChunkRange { first, count }
}

#[test]
fn the_bytes_of_a_trace_are_its_roots_one_after_the_other() {
    let trace = Trace::new(vec![[1; 32], [2; 32]]);
    assert_eq!(trace.to_bytes(), [[1u8; 32], [2; 32]].concat());
    assert_eq!(trace.buffer(), Buffer { root: root(&trace.to_bytes()), len: 64 });
    assert_eq!(trace.roots(), [[1u8; 32], [2; 32]]);
    assert_eq!((trace.root(0), trace.root(1), trace.root(2)), (Some(&[1; 32]), Some(&[2; 32]), None));
    assert_eq!(trace.root(u32::MAX), None);
}

#[test]
fn bytes_that_end_within_a_root_are_no_trace() {
    let bytes = trace_of(3).to_bytes();
    for len in 0..=bytes.len() {
        assert_eq!(Trace::from_bytes(&bytes[..len]).is_some(), len % 32 == 0, "{len} bytes");
    }
    assert_eq!(Trace::from_bytes(&bytes), Some(trace_of(3)));
    assert_eq!(Trace::from_bytes(&[]), Some(Trace::default()));
}

#[test]
fn outputs_in_a_row_are_split_by_their_lengths_and_have_the_trace_of_their_roots() {
    let outputs: [&[u8]; 3] = [&[1; 4], &[2; 2_000], &[3; 8]];
    let (bytes, lengths) = (outputs.concat(), outputs.map(|output| output.len() as u32));
    assert_eq!(split_outputs(&bytes, lengths), Some(outputs.to_vec()));
    assert_eq!(Trace::of(outputs), Trace::new(outputs.map(root).to_vec()));
    assert_eq!((split_outputs(&[], []), Trace::of([])), (Some(vec![]), Trace::default()));
    // Shorter or longer than all outputs together, wherever the difference is said to be.
    for wrong in [&bytes[1..], &[&bytes[..], &[0]].concat()[..], &[]] {
        assert_eq!(split_outputs(wrong, lengths), None);
    }
    for wrong in [[4, 2_000, 7], [4, 2_000, 9], [4, u32::MAX, 8], [0, 0, 0]] {
        assert_eq!(split_outputs(&bytes, wrong), None);
    }
}

#[test]
fn the_length_of_a_trace_saturates() {
    let cases = [
        (0, 0),
        (1, 32),
        (1_000, 32_000),
        (MAX_INSTANCES, 32 << 20),
        (u32::MAX / 32, u32::MAX - 31),
        (u32::MAX / 32 + 1, u32::MAX),
        (u32::MAX, u32::MAX),
    ];
    for (instances, len) in cases {
        assert_eq!(Trace::len_of(instances), len);
    }
}

#[test]
fn the_longest_trace_is_a_buffer_of_whole_chunks() {
    assert!(Trace::len_of(MAX_INSTANCES) <= MAX_BUFFER_BYTES);
    assert_eq!(ROOTS_PER_CHUNK * ROOT_BYTES, touchstone_kir::CHUNK as u32);
    assert_eq!(MAX_INSTANCES % ROOTS_PER_CHUNK, 0);
}

#[test]
fn the_chunks_of_instances_are_in_order_and_each_of_them_is_there_once() {
    assert!(chunks_of([]).is_empty());
    assert_eq!(chunks_of([31, 0, 31]), [range(0, 1)]);
    assert_eq!(chunks_of([999, 0, 998, 499]), [range(0, 1), range(15, 1), range(31, 1)]);
    assert_eq!(chunks_of([u32::MAX, MAX_INSTANCES - 1]), [range(32_767, 1), range(u32::MAX / 32, 1)]);
}

#[test]
fn chunks_that_follow_each_other_are_one_range() {
    assert_eq!(chunks_of([32, 31]), [range(0, 2)]);
    assert_eq!(chunks_of([96, 64, 32, 200]), [range(1, 3), range(6, 1)]);
    assert_eq!(chunks_of(0..1_000), [range(0, 32)]);
}

#[test]
fn every_root_can_be_opened() {
    for instances in [1, 32, 33, 1_000] {
        let trace = trace_of(instances);
        let Buffer { root, len } = trace.buffer();
        for instance in 0..instances {
            let opening = trace.open([instance]).unwrap();
            assert_eq!(opening.ranges, [range(instance / 32, 1)]);
            let opened = verify(&opening, &root, len).unwrap();
            assert_eq!(root_in(&opened, instance).as_ref(), trace.root(instance), "{instance} of {instances}");
        }
        let all = trace.open(0..instances).unwrap();
        let opened = verify(&all, &root, len).unwrap();
        let roots: Vec<Root> = (0..instances).filter_map(|instance| root_in(&opened, instance)).collect();
        assert_eq!((&all.data, &roots[..]), (&trace.to_bytes(), trace.roots()));
        assert_eq!(root_in(&opened, instances), None);
    }
}

#[test]
fn an_opening_has_the_roots_of_its_chunks_and_no_others() {
    let trace = trace_of(1_000);
    let Buffer { root, len } = trace.buffer();
    let opening = trace.open([999, 40, 41]).unwrap();
    let opened = verify(&opening, &root, len).unwrap();
    for instance in (0..1_100).chain([u32::MAX]) {
        let expected = trace.root(instance).filter(|_| [1, 31].contains(&(instance / 32)));
        assert_eq!(root_in(&opened, instance).as_ref(), expected, "{instance}");
    }
}

#[test]
fn a_chunk_that_the_trace_does_not_have_cannot_be_opened() {
    let trace = trace_of(33);
    assert_eq!(trace.open([0, 64]), Err(OpenError::Range(RangeError::OutOfBuffer { range: 1 })));
    assert_eq!(Trace::default().open([0]), Err(OpenError::WrongLength { bytes: 0 }));
}

#[test]
fn a_root_is_shown_by_its_own_chunk_alone() {
    const LONG: u32 = 1_000;
    const LAST: u32 = LONG - 1;
    let trace = trace_of(LONG);
    for instance in [0, 31, 32, 499, 998, LAST] {
        let opening = trace.open([instance]).unwrap();
        assert_eq!(prove_root(&opening, &trace.buffer(), instance), Ok(trace.roots()[instance as usize]));
    }
    let last = trace.open([LAST]).unwrap();
    assert_eq!(prove_root(&last, &trace.buffer(), 991), Err(TraceDefect::MissingRoot));
    // The last chunk is short: it would hold this root if there were one.
    assert_eq!(prove_root(&last, &trace.buffer(), LONG), Err(TraceDefect::MissingRoot));
    let more = trace.open([0, LAST]).unwrap();
    assert_eq!(prove_root(&more, &trace.buffer(), LAST), Err(TraceDefect::SuperfluousRoots));
}

proptest! {
    #[test]
    fn a_trace_survives_a_round_trip(roots in proptest::collection::vec(any::<[u8; 32]>(), 0..100)) {
        let trace = Trace::new(roots.clone());
        prop_assert_eq!(trace.roots(), &roots[..]);
        prop_assert_eq!(trace.buffer().len, Trace::len_of(roots.len() as u32));
        prop_assert_eq!(Trace::from_bytes(&trace.to_bytes()), Some(trace));
    }

    #[test]
    fn the_roots_of_any_instances_are_shown_by_one_opening(
        instances in 1u32..300, picks in proptest::collection::vec(any::<u32>(), 1..9),
    ) {
        let trace = trace_of(instances);
        let Buffer { root, len } = trace.buffer();
        let picks = picks.into_iter().map(|pick| pick % instances);
        let opening = trace.open(picks.clone()).unwrap();
        let opened = verify(&opening, &root, len).unwrap();
        for pick in picks {
            prop_assert_eq!(root_in(&opened, pick), trace.root(pick).copied());
        }
    }
}
