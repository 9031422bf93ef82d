//! Loads, views, constants, scratch and the window, at their edges.

use touchstone_kir::{BadArguments, Instr, Missing, ReadWord, Slices, Trap};

use crate::common::*;

const LAST: u32 = u32::MAX;

fn at(index: u32, access: Instr) -> Vec<Instr> {
    vec![i(Const, 1, 0, 0, index), access]
}

#[test]
fn load_reads_inside_the_buffer_and_gives_zero_beyond() {
    for (index, offset, expected) in
        [(0, 0, 100), (9, 0, 109), (10, 0, 0), (LAST, 0, 0), (4, 5, 109), (4, 6, 0), (LAST, 1, 100), (3, LAST, 102)]
    {
        let code = at(index, i(Load, 0, 1, 0, offset));
        assert_eq!(results(code, &[0]), [expected], "{index} {offset}");
    }
}

#[test]
fn load4_zeroes_each_word_beyond_the_buffer() {
    // Input 0 has ten words: group 2 has two.
    for (index, offset, expected) in [
        (0, 0, [100, 101, 102, 103]),
        (1, 1, [108, 109, 0, 0]),
        (3, 0, [0; 4]),
        (1 << 30, 0, [0; 4]),
        ((1 << 30) - 1, 0, [0; 4]),
        (LAST, 2, [104, 105, 106, 107]),
    ] {
        let code = at(index, i(Load4, 2, 1, 0, offset));
        assert_eq!(results(code, &[2, 3, 4, 5]), expected, "{index} {offset}");
    }
}

#[test]
fn load4_may_overwrite_its_own_index() {
    let code = at(1, i(Load4, 0, 1, 0, 0));
    assert_eq!(results(code, &[0, 1, 2, 3]), [104, 105, 106, 107]);
}

/// View 0: five words of input 1, which has 600 words from 1000 on.
fn viewed(base: u32, index: u32, access: Instr) -> Vec<Instr> {
    vec![i(Const, 2, 0, 0, base), i(View, 0, 2, 0, 0), i(Const, 1, 0, 0, index), access]
}

#[test]
fn load_view_reads_absolute_indices_inside_the_view() {
    for (base, index, expected) in [
        (10, 9, 0),
        (10, 10, 1010),
        (10, 14, 1014),
        (10, 15, 0),
        (597, 599, 1599),
        (597, 600, 0),
        (LAST, LAST, 0),
        (LAST, 0, 0),
        (0, LAST, 0),
    ] {
        let code = viewed(base, index, i(LoadView, 0, 1, 0, 0));
        assert_eq!(results(code, &[0]), [expected], "{base} {index}");
    }
}

#[test]
fn the_index_of_a_view_includes_the_offset_and_wraps() {
    let code = viewed(10, 8, i(LoadView, 0, 1, 0, 4));
    assert_eq!(results(code, &[0]), [1012]);
    let code = viewed(10, 12, i(LoadView, 0, 1, 0, LAST));
    assert_eq!(results(code, &[0]), [1011]);
}

#[test]
fn load4_view_needs_all_four_words_in_the_view() {
    for (base, index, expected) in [
        (8, 2, [1008, 1009, 1010, 1011]),
        (7, 2, [1008, 1009, 1010, 1011]),
        (9, 2, [0; 4]),
        (6, 2, [0; 4]),
        (8, 3, [0; 4]),
        (596, 149, [1596, 1597, 1598, 1599]),
        (600, 150, [0; 4]),
        // 4i does not wrap into the view.
        (0, 1 << 30, [0; 4]),
        (LAST, LAST, [0; 4]),
        (LAST - 4, (1 << 30) - 1, [0; 4]),
    ] {
        let code = viewed(base, index, i(Load4View, 3, 1, 0, 0));
        assert_eq!(results(code, &[3, 4, 5, 6]), expected, "{base} {index}");
    }
}

#[test]
fn load4_view_zeroes_words_of_the_view_beyond_the_buffer() {
    // Input 1 shortened to 598 words, the view covers 596 to 600.
    let mut code = viewed(596, 149, i(Load4View, 3, 1, 0, 0));
    code.extend(store(&[3, 4, 5, 6]));
    let mut short = inputs();
    short[1].truncate(598 * 4);
    let words = try_run(&kernel(code), &[0, 0], &short, 0, ENOUGH);
    assert_eq!(words, Ok(vec![1596, 1597, 0, 0]));
}

#[test]
fn a_view_is_empty_before_it_is_set_and_moves_when_set_again() {
    let unset = vec![i(LoadView, 0, 7, 0, 0), i(Load4View, 1, 7, 0, 0)];
    assert_eq!(results(unset, &[0, 1]), [0, 0]);
    let mut moved = viewed(10, 10, i(LoadView, 3, 1, 0, 0));
    moved.extend(viewed(20, 20, i(LoadView, 4, 1, 0, 0)));
    moved.push(i(LoadView, 5, 1, 0, 10u32.wrapping_neg()));
    assert_eq!(results(moved, &[3, 4, 5]), [1010, 1020, 0]);
}

#[test]
fn cload_reads_its_table_and_gives_zero_outside() {
    for (index, first, len, expected) in
        [(0, 0, 4, 10), (3, 0, 4, 40), (4, 0, 4, 0), (0, 2, 1, 30), (1, 2, 1, 0), (LAST, 0, 4, 0)]
    {
        let code = at(index, i(Cload, 0, 1, 0, pack(first, len)));
        assert_eq!(results(code, &[0]), [expected], "{index} {first} {len}");
    }
}

#[test]
fn scratch_keeps_words_per_segment_and_drops_stores_outside() {
    let code = vec![
        i(Const, 0, 0, 0, 11),
        i(Const, 1, 0, 0, 22),
        i(Sstore, 0, 7, 0, 3),
        i(Sstore, 1, 7, 1, 0),
        // An index after the end of segment 0 is not in segment 1.
        i(Sstore, 0, 7, 0, 4),
        i(Sstore, 0, 7, 1, LAST),
        i(Sload, 2, 7, 0, 3),
        i(Sload, 3, 7, 1, 0),
        i(Sload, 4, 7, 0, 4),
        i(Sload, 5, 7, 0, 0),
    ];
    assert_eq!(results(code, &[2, 3, 4, 5]), [11, 22, 0, 0]);
}

#[test]
fn scratch_indices_add_the_offset_and_wrap() {
    let code = vec![i(Const, 0, 0, 0, 5), i(Const, 1, 0, 0, LAST), i(Sstore, 0, 1, 1, 2), i(Sload, 2, 7, 1, 1)];
    assert_eq!(results(code, &[2]), [5]);
}

#[test]
fn the_window_is_read_back_and_bounded() {
    let code = vec![
        i(Const, 0, 0, 0, 9),
        i(Ostore, 0, 7, 0, 3),
        i(Ostore, 0, 7, 0, 4),
        i(Ostore, 0, 7, 0, LAST),
        i(Oload, 1, 7, 0, 3),
        i(Oload, 2, 7, 0, 4),
        i(Oload, 3, 7, 0, 0),
        ii(Add, 1, 1, 1),
        i(Ostore, 1, 7, 0, 0),
        i(Ostore, 2, 7, 0, 1),
        i(Ostore, 3, 7, 0, 2),
    ];
    assert_eq!(run(code), [10, 0, 0, 9]);
}

#[test]
fn the_whole_window_is_written_and_starts_at_zero() {
    assert_eq!(run(vec![i(Gid, 0, 0, 0, 0)]), [0; 4]);
}

/// A reader that has no words, and records what was read.
struct Nothing(Vec<(u8, u32)>);

impl ReadWord for Nothing {
    fn word(&mut self, buffer: u8, index: u32) -> Result<u32, Missing> {
        self.0.push((buffer, index));
        Err(Missing { buffer, chunk: index / 256 })
    }
}

#[test]
fn a_read_that_the_reader_cannot_answer_is_an_error_and_never_zero() {
    for (access, asked) in [
        (i(Load, 0, 1, 0, 0), (0, 0)),
        (i(LoadView, 0, 1, 0, 512), (1, 512)),
        (i(Load4, 0, 1, 1, 128), (1, 512)),
        (i(Load4View, 0, 1, 0, 128), (1, 512)),
    ] {
        let code = kernel(vec![i(Const, 2, 0, 0, 512), i(View, 0, 2, 0, 0), access]);
        let mut reader = Nothing(Vec::new());
        let got = touchstone_kir::interpret(&code, &[0, 0], &[40, 2400], 0, &mut reader, ENOUGH);
        let missing = Missing { buffer: asked.0, chunk: asked.1 / 256 };
        assert_eq!(got, Err(Trap::Missing(missing)));
        assert_eq!(reader.0, [asked]);
    }
}

#[test]
fn whole_buffers_that_are_shorter_than_their_length_miss_the_chunk_after_them() {
    let short = bytes(&[7; 520]);
    let mut reader = Slices(&[&short]);
    assert_eq!((reader.word(0, 519), reader.four(0, 129)), (Ok(7), Ok([7; 4])));
    assert_eq!(reader.word(0, 520), Err(Missing { buffer: 0, chunk: 2 }));
    assert_eq!(reader.four(0, 130), Err(Missing { buffer: 0, chunk: 2 }));
    assert_eq!(reader.four(0, (1 << 30) - 1), Err(Missing { buffer: 0, chunk: (1 << 24) - 1 }));
    assert_eq!(reader.word(1, 256), Err(Missing { buffer: 1, chunk: 1 }));
}

#[test]
fn reads_outside_buffers_and_views_never_reach_the_reader() {
    let code = kernel(vec![
        i(Load, 0, 7, 0, 10),
        i(Load4, 0, 7, 0, 3),
        i(LoadView, 0, 7, 0, 0),
        i(View, 0, 7, 0, 0),
        i(LoadView, 0, 7, 0, 5),
        i(Load4View, 0, 7, 0, 1),
    ]);
    let mut reader = Nothing(Vec::new());
    let got = touchstone_kir::interpret(&code, &[0, 0], &[40, 2400], 0, &mut reader, ENOUGH);
    assert_eq!(got, Ok(vec![0; 4]));
    assert_eq!(reader.0, []);
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    let code = kernel(vec![i(Gid, 0, 0, 0, 0)]);
    let refused = |params: &[u32], lens: &[u32]| {
        let mut reader = Nothing(Vec::new());
        touchstone_kir::interpret(&code, params, lens, 0, &mut reader, ENOUGH)
    };
    let malformed = |error| Err(Trap::Malformed(error));
    assert_eq!(refused(&[0], &[40, 2400]), malformed(BadArguments::WrongParams { expected: 2, got: 1 }));
    assert_eq!(refused(&[0, 0], &[40]), malformed(BadArguments::WrongInputs { expected: 2, got: 1 }));
    for bytes in [0, 1, 2, 3, 42, (1 << 31) + 4, u32::MAX] {
        let error = BadArguments::WrongLength { input: 1, bytes };
        assert_eq!(refused(&[0, 0], &[40, bytes]), malformed(error));
    }
    assert_eq!(refused(&[0, 0], &[4, 1 << 31]), Ok(vec![0; 4]));
}
