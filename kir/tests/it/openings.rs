//! Roots and openings: compared with BLAKE3 itself, and attacked with every possible change.

use codec::{Decode, Encode};
use touchstone_kir::{
    chunk_count, interpret, leaf, open, root, verify, ChunkRange, Missing, OpenError, OpenedInputs, Opening,
    OpeningError, Outboard, RangeError, ReadWord, Recorder, Slices, Trap, CHUNK,
};

use crate::common::*;

fn range(first: u32, count: u32) -> ChunkRange {
    ChunkRange { first, count }
}

fn buffer(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 256) as u8).collect()
}

/// Lengths around the borders of chunks and of powers of two of chunks.
fn lengths() -> Vec<usize> {
    let mut lengths = vec![1, 4, 63, 64, 65];
    for chunks in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65] {
        let border = chunks * CHUNK;
        lengths.extend([border - 4, border - 1, border, border + 1, border + 4]);
    }
    lengths
}

#[test]
fn roots_are_blake3_hashes_at_every_border() {
    for len in lengths() {
        let bytes = buffer(len);
        let expected = *blake3::hash(&bytes).as_bytes();
        assert_eq!(root(&bytes), expected, "{len}");
        let outboard = Outboard::new(&bytes).unwrap();
        assert_eq!(outboard.root(), expected, "{len}");
        assert_eq!(outboard.buffer_len() as usize, len);
    }
}

#[test]
fn a_tree_is_made_of_its_leaves() {
    for len in lengths() {
        let bytes = buffer(len);
        let len = len as u32;
        let leaves: Vec<_> = (0..).zip(bytes.chunks(CHUNK)).map(|(chunk, bytes)| leaf(len, chunk, bytes)).collect();
        let outboard = Outboard::from_leaves(len, leaves.clone()).unwrap();
        assert_eq!(outboard.root(), root(&bytes), "{len}");
        let last = range(leaves.len() as u32 - 1, 1);
        assert_eq!(outboard.open(&bytes, &[last]), open(&bytes, &[last]), "{len}");
        let (expected, got) = (leaves.len() as u32, leaves.len() - 1);
        let error = Outboard::from_leaves(len, leaves[1..].to_vec()).unwrap_err();
        assert_eq!(error, OpenError::WrongLeaves { expected, got });
    }
    assert_eq!(Outboard::from_leaves(0, Vec::new()).unwrap_err(), OpenError::WrongLength { bytes: 0 });
}

#[test]
fn every_single_chunk_opens_at_every_border() {
    for len in lengths() {
        let bytes = buffer(len);
        let root = root(&bytes);
        let outboard = Outboard::new(&bytes).unwrap();
        for (index, chunk) in (0..).zip(bytes.chunks(CHUNK)) {
            let opening = outboard.open(&bytes, &[range(index, 1)]).unwrap();
            assert_eq!(open(&bytes, &[range(index, 1)]), Ok(opening.clone()));
            let opened = verify(&opening, &root, len as u32).unwrap();
            assert_eq!(opened.chunk(index), Some(chunk), "{len} {index}");
            assert_eq!(opened.chunk(index + 1), None);
            assert_eq!(opened.chunk(index.wrapping_sub(1)), None);
        }
    }
}

#[test]
fn every_set_of_chunks_opens_in_small_trees() {
    for chunks in 1..=9u32 {
        for len in [chunks * 1024, chunks * 1024 - 500] {
            let bytes = buffer(len as usize);
            let root = root(&bytes);
            let outboard = Outboard::new(&bytes).unwrap();
            for set in 0..1u32 << chunks {
                let ranges = ChunkRange::cover((0..chunks).filter(|chunk| set >> chunk & 1 == 1));
                let opening = outboard.open(&bytes, &ranges).unwrap();
                let opened = verify(&opening, &root, len).unwrap();
                for (index, chunk) in (0..).zip(bytes.chunks(CHUNK)) {
                    let expected = (set >> index & 1 == 1).then_some(chunk);
                    assert_eq!(opened.chunk(index), expected, "{chunks} {set:b} {index}");
                }
            }
        }
    }
}

#[test]
fn the_siblings_of_an_opening_are_as_few_as_can_be() {
    let bytes = buffer(8 * CHUNK);
    let siblings = |ranges: &[ChunkRange]| open(&bytes, ranges).unwrap().siblings.len();
    assert_eq!(siblings(&[range(0, 8)]), 0);
    assert_eq!(siblings(&[range(0, 4)]), 1);
    assert_eq!(siblings(&[range(3, 1)]), 3);
    assert_eq!(siblings(&[range(3, 2)]), 4);
    assert_eq!(siblings(&[range(0, 1), range(7, 1)]), 4);
    assert_eq!(siblings(&[range(0, 3), range(4, 4)]), 1);
    assert_eq!(siblings(&[]), 0);
}

#[test]
fn cover_joins_neighbours() {
    assert_eq!(ChunkRange::cover([]), []);
    assert_eq!(ChunkRange::cover([0, 1, 2, 5, 7, 8]), [range(0, 3), range(5, 1), range(7, 2)]);
    assert_eq!(ChunkRange::cover([u32::MAX]), [range(u32::MAX, 1)]);
}

#[test]
fn words_are_read_from_the_chunks_that_are_open() {
    let words: Vec<u32> = (0..1000).map(|word| word * 3).collect();
    let bytes = bytes(&words);
    let opening = open(&bytes, &[range(0, 1), range(3, 1)]).unwrap();
    let opened = verify(&opening, &root(&bytes), 4000).unwrap();
    for index in 0..1100 {
        let expected = match index {
            0..=255 | 768..=999 => Some(index * 3),
            _ => None,
        };
        assert_eq!(opened.word(index), expected, "{index}");
    }
    assert_eq!(opened.word(u32::MAX), None);
    assert_eq!(opened.buffer_len(), 4000);
}

/// 11 chunks, the last one short; chunks 2, 3 and 10 opened: a subtree of two, and the right edge.
fn sample() -> (Vec<u8>, Opening) {
    let bytes = buffer(10 * CHUNK + 400);
    let opening = open(&bytes, &[range(2, 2), range(10, 1)]).unwrap();
    (bytes, opening)
}

fn refused(change: impl FnOnce(&mut Opening)) -> OpeningError {
    let (bytes, mut opening) = sample();
    assert!(verify(&opening, &root(&bytes), bytes.len() as u32).is_ok());
    change(&mut opening);
    verify(&opening, &root(&bytes), bytes.len() as u32).expect_err("a false opening")
}

#[test]
fn every_changed_bit_of_data_or_siblings_is_refused() {
    let (_, opening) = sample();
    for at in 0..opening.data.len() {
        let error = refused(|opening| opening.data[at] ^= 1 << (at % 8));
        assert_eq!(error, OpeningError::WrongRoot);
    }
    for at in 0..opening.siblings.len() {
        for byte in 0..32 {
            let error = refused(|opening| opening.siblings[at][byte] ^= 1);
            assert_eq!(error, OpeningError::WrongRoot);
        }
    }
}

#[test]
fn missing_extra_and_swapped_siblings_are_refused() {
    let (_, opening) = sample();
    let expected = opening.siblings.len();
    assert_eq!(expected, 3);
    for at in 0..expected {
        let error = refused(|opening| {
            opening.siblings.remove(at);
        });
        assert_eq!(error, OpeningError::MissingSibling);
        let error = refused(|opening| opening.siblings.insert(at, [7; 32]));
        let got = expected + 1;
        assert_eq!(error, OpeningError::ExtraSibling { expected, got });
    }
    assert_eq!(refused(|opening| opening.siblings.swap(0, 1)), OpeningError::WrongRoot);
    assert_eq!(refused(|opening| opening.siblings.clear()), OpeningError::MissingSibling);
}

#[test]
fn missing_and_overlong_data_are_refused() {
    let expected = 2 * 1024 + 400;
    for got in [0, 1, 1024, 2447] {
        assert_eq!(refused(|opening| opening.data.truncate(got)), OpeningError::MissingData { expected, got });
    }
    for got in [2449, 3072, 9000] {
        assert_eq!(refused(|opening| opening.data.resize(got, 0)), OpeningError::ExtraData { expected, got });
    }
}

#[test]
fn ranges_not_in_their_one_form_are_refused() {
    let refused = |ranges: &[ChunkRange]| match refused(|opening| opening.ranges = ranges.to_vec()) {
        OpeningError::Range(error) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&[range(2, 0)]), RangeError::Empty { range: 0 });
    assert_eq!(refused(&[range(2, 2), range(10, 2)]), RangeError::OutOfBuffer { range: 1 });
    assert_eq!(refused(&[range(11, 1)]), RangeError::OutOfBuffer { range: 0 });
    assert_eq!(refused(&[range(u32::MAX, u32::MAX)]), RangeError::OutOfBuffer { range: 0 });
    assert_eq!(refused(&[range(10, 1), range(2, 2)]), RangeError::Unsorted { range: 1 });
    assert_eq!(refused(&[range(2, 2), range(3, 1)]), RangeError::Overlapping { range: 1 });
    assert_eq!(refused(&[range(2, 2), range(2, 2)]), RangeError::Overlapping { range: 1 });
    assert_eq!(refused(&[range(2, 2), range(4, 1)]), RangeError::Adjacent { range: 1 });
    let bytes = buffer(4 * CHUNK);
    assert_eq!(open(&bytes, &[range(0, 1), range(1, 1)]), Err(OpenError::Range(RangeError::Adjacent { range: 1 })));
}

#[test]
fn chunks_at_another_place_are_refused() {
    // The same shape one subtree further left.
    assert_eq!(refused(|opening| opening.ranges[0].first = 0), OpeningError::WrongRoot);
    // Two chunks that cross a subtree need other siblings.
    assert_eq!(refused(|opening| opening.ranges[0].first = 3), OpeningError::MissingSibling);
}

#[test]
fn equal_chunks_cannot_stand_in_for_each_other() {
    let bytes = vec![9; 4 * CHUNK];
    let mut opening = open(&bytes, &[range(0, 1)]).unwrap();
    assert!(verify(&opening, &root(&bytes), 4096).is_ok());
    opening.ranges[0].first = 1;
    assert_eq!(verify(&opening, &root(&bytes), 4096).err(), Some(OpeningError::WrongRoot));
}

#[test]
fn false_lengths_and_foreign_roots_are_refused() {
    let (bytes, opening) = sample();
    let root = root(&bytes);
    let len = bytes.len() as u32;
    let error = |len| verify(&opening, &root, len).err();
    assert_eq!(error(0), Some(OpeningError::WrongLength { bytes: 0 }));
    let huge = (1 << 31) + 1;
    assert_eq!(error(huge), Some(OpeningError::WrongLength { bytes: huge }));
    let got = 2448;
    assert_eq!(error(len + 4), Some(OpeningError::MissingData { expected: 2452, got }));
    assert_eq!(error(len - 4), Some(OpeningError::ExtraData { expected: 2444, got }));
    assert_eq!(error(10 * 1024), Some(OpeningError::Range(RangeError::OutOfBuffer { range: 1 })));
    // A chunk more, and the last opened one would be a full one.
    assert_eq!(error(12 * 1024), Some(OpeningError::MissingData { expected: 3072, got }));
    for root in [[0; 32], *blake3::hash(b"another").as_bytes()] {
        let error = verify(&opening, &root, len).err();
        assert_eq!(error, Some(OpeningError::WrongRoot));
    }
}

#[test]
fn a_false_length_changes_the_tree_even_where_the_data_fits() {
    // Chunk 0 alone is as long in a buffer of 4 as in one of 5, 6, 8 or 100 chunks.
    let bytes = buffer(4 * CHUNK);
    let opening = open(&bytes, &[range(0, 1)]).unwrap();
    let error = |chunks: u32| verify(&opening, &root(&bytes), chunks * 1024).err();
    assert_eq!(error(4), None);
    assert_eq!(error(2), Some(OpeningError::ExtraSibling { expected: 1, got: 2 }));
    assert_eq!(error(5), Some(OpeningError::MissingSibling));
    assert_eq!(error(100), Some(OpeningError::MissingSibling));
    // An opening of the last chunk binds the length to the byte.
    let opening = open(&bytes, &[range(3, 1)]).unwrap();
    for len in (1..6000).filter(|len| *len != 4096) {
        assert!(verify(&opening, &root(&bytes), len).is_err(), "{len}");
    }
}

#[test]
fn a_node_of_the_tree_is_not_accepted_as_a_chunk() {
    // The two children of the root, given as the data of a one-chunk buffer.
    let bytes = buffer(2 * CHUNK);
    let halves = open(&bytes, &[range(1, 1)]).unwrap().siblings[0];
    let other = open(&bytes, &[range(0, 1)]).unwrap().siblings[0];
    let forged = Opening { ranges: vec![range(0, 1)], data: [halves, other].concat(), siblings: vec![] };
    assert_eq!(verify(&forged, &root(&bytes), 64).err(), Some(OpeningError::WrongRoot));
}

#[test]
fn an_opening_of_nothing_proves_nothing_and_carries_nothing() {
    let bytes = buffer(3 * CHUNK);
    let root = root(&bytes);
    let empty = Opening::default();
    let opened = verify(&empty, &root, 3072).unwrap();
    assert_eq!((0..4).find_map(|chunk| opened.chunk(chunk)), None);
    let with_data = Opening { data: vec![0], ..Opening::default() };
    assert_eq!(verify(&with_data, &root, 3072).err(), Some(OpeningError::ExtraData { expected: 0, got: 1 }));
    let with_root = Opening { siblings: vec![root], ..Opening::default() };
    assert_eq!(verify(&with_root, &root, 3072).err(), Some(OpeningError::ExtraSibling { expected: 0, got: 1 }));
}

#[test]
fn a_chunk_of_the_largest_buffer_is_proved_by_21_siblings() {
    // The path alone is checked: chunk 0 of 2^21 with invented neighbours.
    let data = vec![5; CHUNK];
    let siblings: Vec<[u8; 32]> = (0..21).map(|level| [level; 32]).collect();
    use blake3::hazmat::{merge_subtrees_non_root, merge_subtrees_root, HasherExt, Mode};
    let mut value = blake3::Hasher::new().update(&data).finalize_non_root();
    for sibling in &siblings[..20] {
        value = merge_subtrees_non_root(&value, sibling, Mode::Hash);
    }
    let root = merge_subtrees_root(&value, &siblings[20], Mode::Hash);
    let opening = Opening { ranges: vec![range(0, 1)], data, siblings };
    assert!(verify(&opening, root.as_bytes(), 1 << 31).is_ok());
    assert_eq!(chunk_count(1 << 31), 1 << 21);
    assert_eq!(
        verify(&opening, root.as_bytes(), (1 << 31) - 1024).err(),
        None,
        "the last chunk is not opened and the shape of the path is the same"
    );
}

#[test]
fn openings_survive_their_codec() {
    let (_, opening) = sample();
    assert_eq!(Opening::decode(&mut &opening.encode()[..]), Ok(opening));
}

#[test]
fn a_prover_refuses_what_has_no_tree() {
    assert_eq!(open(&[], &[]).err(), Some(OpenError::WrongLength { bytes: 0 }));
    let bytes = buffer(3 * CHUNK);
    let outboard = Outboard::new(&bytes).unwrap();
    assert_eq!(outboard.open(&bytes[1..], &[range(0, 1)]), Err(OpenError::OtherBuffer { expected: 3072, got: 3071 }));
}

#[test]
fn a_buffer_that_is_not_in_memory_is_read_by_range() {
    #[derive(Debug, PartialEq)]
    enum Failure {
        Disk,
        Open(OpenError),
    }
    impl From<OpenError> for Failure {
        fn from(error: OpenError) -> Self {
            Failure::Open(error)
        }
    }
    let (bytes, opening) = sample();
    let outboard = Outboard::new(&bytes).unwrap();
    let mut asked = Vec::new();
    let got = outboard.open_with(&opening.ranges, |start, out| {
        asked.push((start, out.len()));
        out.copy_from_slice(&bytes[start..start + out.len()]);
        Ok::<(), Failure>(())
    });
    assert_eq!(got.as_ref(), Ok(&opening));
    assert_eq!(asked, [(2048, 2048), (10240, 400)]);
    let failed = outboard.open_with(&opening.ranges, |_, _| Err(Failure::Disk));
    assert_eq!(failed, Err(Failure::Disk));
    let misplaced = outboard.open_with(&[range(11, 1)], |_, _| Ok::<(), Failure>(()));
    let error = OpenError::Range(RangeError::OutOfBuffer { range: 0 });
    assert_eq!(misplaced, Err(Failure::Open(error)));
}

#[test]
fn an_invocation_runs_from_its_openings_alone() {
    // Sum of word 300 (free), words 511 and 512 (a view), and a group of input 0.
    let code = kernel(vec![
        i(Const, 1, 0, 0, 300),
        i(Load, 0, 1, 1, 0),
        i(Const, 1, 0, 0, 511),
        i(View, 0, 1, 0, 0),
        i(LoadView, 2, 1, 0, 0),
        i(Add, 0, 0, 2, 0),
        i(LoadView, 2, 1, 0, 1),
        i(Add, 0, 0, 2, 0),
        i(Load4, 2, 7, 0, 0),
        i(Add, 0, 0, 5, 0),
        i(Ostore, 0, 7, 0, 0),
    ]);
    let expected = vec![1300 + 1511 + 1512 + 103, 0, 0, 0];
    let inputs = inputs();
    let slices: Vec<&[u8]> = inputs.iter().map(|input| input.as_slice()).collect();
    let lens = [40, 2400];
    let mut recorder = Recorder::new(Slices(&slices));
    let whole = interpret(&code, &[0, 0], &lens, 0, &mut recorder, ENOUGH);
    assert_eq!(whole, Ok(expected.clone()));
    assert_eq!(recorder.ranges(0), [range(0, 1)]);
    assert_eq!(recorder.ranges(1), [range(1, 2)]);

    let prove = |ranges: [&[ChunkRange]; 2]| {
        let openings = [0, 1].map(|input| open(&inputs[input], ranges[input]).unwrap());
        let opened = [0, 1].map(|input| verify(&openings[input], &root(&inputs[input]), lens[input]).unwrap());
        let mut reader = OpenedInputs::new(opened.to_vec());
        interpret(&code, &[0, 0], &lens, 0, &mut reader, ENOUGH)
    };
    assert_eq!(prove([&[range(0, 1)], &[range(1, 2)]]), Ok(expected));
    let missing = |buffer, chunk| Err(Trap::Missing(Missing { buffer, chunk }));
    assert_eq!(prove([&[range(0, 1)], &[range(1, 1)]]), missing(1, 2));
    assert_eq!(prove([&[range(0, 1)], &[range(2, 1)]]), missing(1, 1));
    assert_eq!(prove([&[], &[range(1, 2)]]), missing(0, 0));
}

#[test]
fn a_judge_with_fewer_buffers_than_the_kernel_reads_stops() {
    let code = kernel(vec![i(Load, 0, 7, 1, 0)]);
    let mut reader = OpenedInputs::new(Vec::new());
    assert_eq!(
        interpret(&code, &[0, 0], &[4, 4], 0, &mut reader, ENOUGH),
        Err(Trap::Missing(Missing { buffer: 1, chunk: 0 }))
    );
}

proptest::proptest! {
    #[test]
    fn a_judge_finds_every_opened_chunk_and_no_other(
        chunks in 1u32..400,
        picked in proptest::collection::btree_set(0u32..400, 0..80),
        reads in proptest::collection::vec(0u32..400, 1..200),
    ) {
        let bytes = buffer(chunks as usize * CHUNK - 8);
        let picked: Vec<u32> = picked.into_iter().filter(|chunk| *chunk < chunks).collect();
        let opening = open(&bytes, &ChunkRange::cover(picked.iter().copied())).unwrap();
        let opened = verify(&opening, &root(&bytes), bytes.len() as u32).unwrap();
        let mut reader = OpenedInputs::new(vec![opened]);
        for chunk in reads {
            let word = chunk * 256 + 17;
            let expected = if picked.contains(&chunk) {
                Slices(&[&bytes]).word(0, word)
            } else {
                Err(Missing { buffer: 0, chunk })
            };
            proptest::prop_assert_eq!(reader.word(0, word), expected);
        }
    }
}

#[test]
fn opened_words_are_found_wherever_their_chunk_is() {
    let bytes = buffer(300 * CHUNK - 8);
    let ranges = [range(1, 1), range(127, 2), range(298, 2)];
    let opening = open(&bytes, &ranges).unwrap();
    let mut reader = OpenedInputs::new(vec![verify(&opening, &root(&bytes), bytes.len() as u32).unwrap()]);
    let word = |index: u32| u32::from_le_bytes(bytes[4 * index as usize..][..4].try_into().unwrap());
    let words = |chunk: u32| [256 * chunk, 256 * chunk + 1, 256 * chunk + 252, 256 * chunk + 253];
    for chunk in [1, 127, 128, 298, 299] {
        for index in words(chunk) {
            assert_eq!(reader.word(0, index), Ok(word(index)), "{index}");
        }
        let first = 256 * chunk + 8;
        assert_eq!(reader.four(0, first / 4), Ok([first, first + 1, first + 2, first + 3].map(word)), "{chunk}");
    }
    for chunk in [0, 2, 126, 129, 256, 297, 300, 383, 384, 1 << 20] {
        for index in words(chunk) {
            assert_eq!(reader.word(0, index), Err(Missing { buffer: 0, chunk }), "{index}");
        }
        assert_eq!(reader.four(0, 64 * chunk + 63), Err(Missing { buffer: 0, chunk }), "{chunk}");
    }
    assert_eq!(reader.word(1, 256), Err(Missing { buffer: 1, chunk: 1 }));
    assert_eq!(reader.four(1, 64), Err(Missing { buffer: 1, chunk: 1 }));
}
