//! Inputs, views, constants, scratch and the output window, around the ends of each.

use touchstone_kir::{Bound, Instr, Module, Op, ViewDecl};

use super::Book;
use touchstone_generate::assembly::*;

/// Indices around the end of a buffer of `words` words, around the last index, and around the point where they wrap.
fn indices(words: u32) -> Vec<u32> {
    let mut all: Vec<u32> = vec![0, 1, 2, 3, 1 << 29, 1 << 30, 1 << 31, u32::MAX, u32::MAX - 1, u32::MAX - 3];
    for end in [words, words / 4, (1 << 30) - 1, 1 << 30] {
        all.extend((0..4).map(|off| end.wrapping_sub(2).wrapping_add(off)));
    }
    all.sort_unstable();
    all.dedup();
    all
}

pub fn write(book: &mut Book) {
    let input: Vec<u32> = (0..263).map(|at| 0x0101_0000 + at).collect();
    let inputs = [bytes(&[7, 8, 9]), bytes(&input)];
    let with_input = |window: u16, code: Vec<Instr>| Module {
        window,
        registers: 16,
        inputs: 2,
        params: 2,
        views: vec![ViewDecl { buffer: 1, bound: 0 }],
        bounds: vec![Bound { c: 0, cap: u32::MAX, m: 1, param: Some(1), shift: 0 }],
        segments: vec![3, 5],
        constants: vec![10, 20, 30, 40, 50],
        code,
    };
    let each: Vec<(Vec<u32>, u32)> = indices(263).into_iter().map(|at| (vec![at, 0], 0)).collect();
    let start = vec![i(Param, 0, 0, 0, 0), i(Const, 14, 0, 0, 0)];
    let then = |code: Vec<Instr>, stores: &[u8]| {
        let stores = stores.iter().zip(0..).map(|(&reg, at)| i(Ostore, reg, 14, 0, at));
        [start.clone(), code].concat().into_iter().chain(stores).collect::<Vec<_>>()
    };
    for imm in [0, 1, u32::MAX, 262] {
        let name = format!("the immediate {imm} added to the index");
        book.run("load", &name, with_input(1, then(vec![i(Load, 2, 0, 1, imm)], &[2])), &inputs, &each);
        let four = then(vec![i(Load4, 2, 0, 1, imm)], &[2, 3, 4, 5]);
        book.run("load4", &name, with_input(4, four), &inputs, &each);
    }
    // The register of the index is one of the four.
    let four = then(vec![i(Load4, 0, 0, 1, 0)], &[0, 1, 2, 3]);
    book.run("load4", "over its own index", with_input(4, four), &inputs, &each);

    // Views: base, length, index.
    for (base, length) in [
        (0, 263),
        (0, 0),
        (5, 1),
        (5, 4),
        (4, 4),
        (8, 100),
        (260, 10),
        (300, 5),
        (u32::MAX, 5),
        (u32::MAX - 3, 9),
        (1 << 31, u32::MAX),
    ] {
        let view = vec![i(Const, 1, 0, 0, base), i(View, 0, 1, 0, 0)];
        let mut around: Vec<u32> = [base, base.wrapping_add(length), base / 4, base.wrapping_add(length) / 4]
            .iter()
            .flat_map(|&at| (0..5u32).map(move |off| at.wrapping_sub(2).wrapping_add(off)))
            .chain(indices(263))
            .collect();
        around.sort_unstable();
        around.dedup();
        let cases: Vec<_> = around.into_iter().map(|at| (vec![at, length], 0)).collect();
        let name = format!("base {base}, {length} words");
        let one = [view.clone(), vec![i(LoadView, 2, 0, 0, 0)]].concat();
        book.run("load_view", &name, with_input(1, then(one, &[2])), &inputs, &cases);
        let four = [view, vec![i(Load4View, 2, 0, 0, 0)]].concat();
        book.run("load4_view", &name, with_input(4, then(four, &[2, 3, 4, 5])), &inputs, &cases);
    }
    let ends = vec![(vec![0, 9], 0), (vec![1, 9], 0)];
    let before = vec![i(LoadView, 2, 0, 0, 0), i(Load4View, 4, 0, 0, 0)];
    book.run("view", "before it is declared it is empty", with_input(2, then(before, &[2, 4])), &inputs, &ends);
    let again = vec![
        i(View, 0, 0, 0, 0),
        i(LoadView, 2, 14, 0, 3),
        ii(Add, 1, 0, 3),
        i(View, 0, 1, 0, 0),
        i(LoadView, 3, 14, 0, 3),
        i(LoadView, 4, 14, 0, 2),
    ];
    let again = with_input(3, then(again, &[2, 3, 4]));
    book.run("view", "declared twice, the second counts", again, &inputs, &[(vec![0, 4], 0), (vec![2, 2], 0)]);

    for (first, len) in [(0u16, 5u16), (1, 3), (4, 1)] {
        let code = then(vec![i(Cload, 2, 0, 0, pack(first, len))], &[2]);
        book.run("cload", &format!("{len} constants from {first}"), with_input(1, code), &inputs, &each);
    }
    for segment in [0, 1] {
        for imm in [0, 1, u32::MAX] {
            let fill = (0..5u32).flat_map(|at| [i(Const, 1, 0, 0, 70 + at), i(Sstore, 1, 14, segment, at)]);
            let code: Vec<_> = fill.chain([i(Sload, 2, 0, segment, imm), i(Sload, 3, 0, 1 - segment, 0)]).collect();
            let name = format!("segment {segment}, the immediate {imm}");
            book.run("sload", &name, with_input(2, then(code, &[2, 3])), &inputs, &each);
            let store = vec![i(Const, 1, 0, 0, 9), i(Sstore, 1, 0, segment, imm)];
            let look = (0..6).map(|at| i(Sload, 2 + at, 14, segment, at.into()));
            let code = store.into_iter().chain(look).collect();
            book.run("sstore", &name, with_input(6, then(code, &[2, 3, 4, 5, 6, 7])), &inputs, &each);
        }
    }
    for imm in [0, 1, u32::MAX] {
        let name = format!("the immediate {imm}");
        let fill = (0..3u32).flat_map(|at| [i(Const, 1, 0, 0, 70 + at), i(Ostore, 1, 14, 0, at)]);
        let code: Vec<_> = fill.chain([i(Oload, 2, 0, 0, imm), i(Ostore, 2, 14, 0, 3)]).collect();
        book.run("oload", &name, with_input(4, then(code, &[])), &inputs, &each);
        let code = then(vec![i(Const, 1, 0, 0, 9), i(Ostore, 1, 0, 0, imm)], &[]);
        book.run("ostore", &name, with_input(4, code), &inputs, &each);
    }
    largest(book);
    several_views(book);
}

/// The largest tables, and indices after their ends.
fn largest(book: &mut Book) {
    let at = |index: u32, code: Vec<Instr>| [vec![i(Const, 0, 0, 0, index)], code].concat();
    let none = [(vec![], 0)];
    let one_word = [bytes(&[0xABCD_EF01])];
    let last_four = |code| Module { window: 4, registers: 256, inputs: 1, code, ..Module::default() };
    let stores = (0..4u8).map(|word| i(Ostore, 252 + word, 1, 0, word.into()));
    let four = [i(Load4, 252, 0, 0, 0)].into_iter().chain(stores).collect();
    book.run("load4", "a buffer of one word, into registers 252 to 255", last_four(four), &one_word, &none);

    let tables = [(0u16, 4096u16), (1, 4095), (4095, 1)];
    let code: Vec<Instr> = tables
        .iter()
        .flat_map(|&(first, len)| [0u32, 1, 4094, 4095, 4096].map(|index| (first, len, index)))
        .zip(0..)
        .flat_map(|((first, len, index), word)| {
            at(index, vec![i(Cload, 2, 0, 0, pack(first, len)), i(Ostore, 2, 1, 0, word)])
        })
        .collect();
    let constants = (0..4096u32).map(|word| word.wrapping_mul(0x9E37_79B9)).collect();
    let module = Module { window: 15, registers: 3, constants, code, ..Module::default() };
    book.run("cload", "4,096 constants, whole and in parts", module, &[], &none);

    let largest = |segments: Vec<u16>, code| Module { window: 4, registers: 4, segments, code, ..Module::default() };
    let around_1023 = |store: Op, load: Op| {
        let stores = [0, 1022, 1023, 1024].into_iter().zip(1..);
        let code: Vec<Instr> =
            stores.flat_map(|(index, value)| at(index, vec![i(Const, 1, 0, 0, value), i(store, 1, 0, 0, 0)])).collect();
        let loads = [0u32, 1022, 1023, 1024].into_iter().zip(0..);
        let loads: Vec<Instr> =
            loads.flat_map(|(index, word)| at(index, vec![i(load, 2, 0, 0, 0), i(Ostore, 2, 3, 0, word)])).collect();
        [code, loads].concat()
    };
    book.run("sstore", "a segment of 1,024 words", largest(vec![1024], around_1023(Sstore, Sload)), &[], &none);
    let window =
        Module { window: 1024, ..largest(vec![], at(1023, vec![i(Const, 1, 0, 0, 9), i(Ostore, 1, 0, 0, 0)])) };
    book.run("ostore", "the last of 1,024 words", window, &[], &none);
    let beside: Vec<Instr> = [
        vec![i(Const, 1, 0, 0, 9)],
        [2u32, 3, 4, 5, u32::MAX].into_iter().flat_map(|index| at(index, vec![i(Sstore, 1, 0, 1, 0)])).collect(),
        (0..4u32)
            .zip([(0u8, 0u32), (0, 1), (2, 0), (2, 1)])
            .flat_map(|(word, (segment, index))| at(index, vec![i(Sload, 2, 0, segment, 0), i(Ostore, 2, 3, 0, word)]))
            .collect(),
    ]
    .concat();
    let name = "behind a segment lies nothing, not the next one";
    book.run("sstore", name, largest(vec![2, 2, 2], beside), &[], &none);
    let sixteen: Vec<Instr> = (0..16u8)
        .flat_map(|segment| {
            [i(Const, 0, 0, 0, u32::from(segment) + 1), i(Sstore, 0, 1, segment, u32::from(segment) % 3)]
        })
        .chain((0..16u8).flat_map(|segment| {
            let word = u32::from(segment);
            [i(Sload, 2, 1, segment, word % 3), i(Ostore, 2, 1, 0, word)]
        }))
        .collect();
    let sixteen = Module { window: 16, ..largest((0..16).map(|segment| 1 + segment % 3).collect(), sixteen) };
    book.run("sload", "sixteen segments", sixteen, &[], &none);

    let eight: Vec<Vec<u8>> = (0..8u32).map(|input| bytes(&vec![500 + input; 1 + input as usize])).collect();
    let code = (0..8u8).flat_map(|input| {
        let word = u32::from(input);
        [
            i(Len, 0, 0, input, 0),
            i(Ostore, 0, 1, 0, word),
            i(Load, 0, 1, input, word),
            i(Ostore, 0, 1, 0, 8 + word),
            i(Load, 0, 1, input, word + 1),
            i(Ostore, 0, 1, 0, 16 + word),
        ]
    });
    let module = Module { window: 24, registers: 2, inputs: 8, code: code.collect(), ..Module::default() };
    book.run("load", "the last word of eight inputs, and one behind it", module, &eight, &none);
}

/// More than one view, and views that move.
fn several_views(book: &mut Book) {
    let input: Vec<u32> = (0..40).map(|at| 100 + at).collect();
    let inputs = [bytes(&input), bytes(&[7, 8, 9])];
    let base = |code: Vec<Instr>| Module {
        window: 4,
        registers: 8,
        inputs: 2,
        views: vec![
            ViewDecl { buffer: 0, bound: 0 },
            ViewDecl { buffer: 0, bound: 1 },
            ViewDecl { buffer: 1, bound: 0 },
            ViewDecl { buffer: 0, bound: 2 },
        ],
        bounds: vec![Bound::constant(2), Bound::constant(5), Bound::constant(8)],
        code,
        ..Module::default()
    };
    let each: Vec<(Vec<u32>, u32)> = [0, 1, 2, 10, 38, 39, 40, u32::MAX].map(|at| (vec![], at)).to_vec();
    let code = vec![
        i(Gid, 0, 0, 0, 0),
        i(View, 0, 0, 0, 0),
        ii(Add, 1, 0, 1),
        i(View, 0, 1, 1, 0),
        i(View, 0, 7, 2, 0),
        i(LoadView, 2, 0, 0, 2),
        i(LoadView, 3, 0, 1, 2),
        i(LoadView, 4, 7, 2, 1),
        i(LoadView, 5, 7, 2, 2),
    ];
    let code = [code, (0..4).map(|word| i(Ostore, 2 + word, 7, 0, word.into())).collect()].concat();
    book.run("view", "two of one buffer, one of another", base(code), &inputs, &each);

    let code = vec![
        i(Gid, 0, 0, 0, 0),
        i(Loop, 0, 0, 0, pack(6, 1)),
        i(View, 0, 0, 0, 0),
        i(LoadView, 2, 0, 0, 1),
        i(Add, 3, 3, 2, 0),
        ii(Add, 0, 0, 3),
        i(EndLoop, 0, 0, 0, pack(1, 1)),
        i(LoadView, 4, 0, 0, u32::MAX - 2),
        i(LoadView, 5, 0, 0, u32::MAX - 1),
        i(LoadView, 6, 0, 0, u32::MAX),
    ];
    let code = [code, (0..4).map(|word| i(Ostore, 3 + word, 7, 0, word.into())).collect()].concat();
    book.run("view", "declared anew in each turn of a loop, and as the last turn left it", base(code), &inputs, &each);

    let code = vec![
        i(If, 0, 0, 0, pack(2, 2)),
        i(View, 0, 7, 0, 0),
        i(End, 0, 0, 0, 0),
        i(LoadView, 2, 7, 0, 1),
        i(Ostore, 2, 7, 0, 0),
        i(Gid, 0, 0, 0, 0),
        i(If, 0, 0, 0, pack(8, 8)),
        i(View, 0, 7, 0, 0),
        i(End, 0, 0, 0, 0),
        i(LoadView, 2, 7, 0, 1),
        i(Ostore, 2, 7, 0, 1),
    ];
    book.run("view", "in an arm that is not taken it declares nothing", base(code), &inputs, &each);

    for imm in [1, u32::MAX, 1 << 30] {
        let four = vec![i(Gid, 0, 0, 0, 0), i(Const, 1, 0, 0, 4), i(View, 0, 1, 3, 0), i(Load4View, 2, 0, 3, imm)];
        let code = [four, (0..4).map(|word| i(Ostore, 2 + word, 7, 0, word.into())).collect()].concat();
        let name = format!("the immediate {imm} added to the index");
        book.run("load4_view", &name, base(code), &inputs, &each);
        let one = vec![
            i(Gid, 0, 0, 0, 0),
            i(Const, 1, 0, 0, 4),
            i(View, 0, 1, 3, 0),
            i(LoadView, 2, 0, 3, imm),
            i(Ostore, 2, 7, 0, 0),
        ];
        let around: Vec<(Vec<u32>, u32)> = (0..14u32).map(|at| (vec![], at.wrapping_sub(imm))).collect();
        book.run("load_view", &name, base(one), &inputs, &around);
    }
    // View n is of input n / 2 and has n words from word n on.
    let code = (0..16u8).flat_map(|view| {
        let n = u32::from(view);
        let around = [n.wrapping_sub(1), n, (2 * n).wrapping_sub(1), 2 * n].into_iter().zip(4 * n..);
        let loads = around.flat_map(move |(index, word)| [i(LoadView, 1, 2, view, index), i(Ostore, 1, 2, 0, word)]);
        [i(Const, 0, 0, 0, n), i(View, 0, 0, view, 0)].into_iter().chain(loads)
    });
    let sixteen = Module {
        window: 64,
        registers: 3,
        inputs: 8,
        views: (0..16).map(|view| ViewDecl { buffer: view / 2, bound: 112 + u16::from(view) }).collect(),
        bounds: (0..128u32).map(|bound| Bound::constant(bound.saturating_sub(112))).collect(),
        code: code.collect(),
        ..Module::default()
    };
    let eight: Vec<Vec<u8>> =
        (0..8u32).map(|input| bytes(&(0..31).map(|at| 1 + at + 40 * input).collect::<Vec<_>>())).collect();
    let name = "sixteen, of eight inputs, with the last bounds of 128, around their ends";
    book.run("view", name, sixteen, &eight, &[(vec![], 0)]);

    let over = vec![i(Const, 2, 0, 0, 1), i(View, 0, 7, 3, 0), i(Load4View, 2, 2, 3, 0), i(Load4View, 3, 7, 3, 0)];
    let code = [over, (0..4).map(|word| i(Ostore, 2 + word, 7, 0, word.into())).collect()].concat();
    book.run("load4_view", "over its own index, and over what was loaded", base(code), &inputs, &[(vec![], 0)]);
}
