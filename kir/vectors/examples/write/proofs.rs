//! Invocations that run on openings: every word that they read inside a buffer has to be opened.

use touchstone_kir::{open, Bound, ChunkRange, Instr, Kernel, Module, ViewDecl};
use touchstone_vectors::{InputLine, Line, OpeningLine, ProofLine};

use super::{openings::shown, reference, Book};
use touchstone_generate::assembly::*;

/// Parameters, and the chunk that is missing with them, if there is one.
type Expected = ([u32; 2], Option<(u8, u32)>);

pub fn write(book: &mut Book) {
    // Input 0 has 2 chunks and 3 words, input 1 has 3 chunks. Parameter 0 is an index, parameter 1 the base of a view
    // of 300 words of input 1.
    let inputs = [bytes(&(1..=515).collect::<Vec<_>>()), bytes(&(0..768).map(|at| 7000 + at).collect::<Vec<_>>())];
    let step = |code: Vec<Instr>| Module {
        window: 4,
        registers: 8,
        inputs: 2,
        params: 2,
        views: vec![ViewDecl { buffer: 1, bound: 0 }],
        bounds: vec![Bound::constant(300)],
        code: [vec![i(Param, 0, 0, 0, 0), i(Param, 1, 0, 1, 0), i(View, 0, 1, 0, 0)], code, store(&[2, 3, 4, 5])]
            .concat(),
        ..Module::default()
    };
    let mut add = |name: &str, code: Vec<Instr>, ranges: [&[(u32, u32)]; 2], proofs: &[Expected]| {
        let kernel = Kernel::from_module(step(code)).unwrap();
        let openings = ranges
            .iter()
            .zip(&inputs)
            .map(|(ranges, input)| {
                let ranges: Vec<ChunkRange> =
                    ranges.iter().map(|&(first, count)| ChunkRange { first, count }).collect();
                let OpeningLine { ranges, data, siblings } = shown(&open(input, &ranges).unwrap());
                let root = blake3::hash(input).as_bytes().into();
                InputLine { ranges, data, siblings, root, length: input.len() as u32 }
            })
            .collect();
        let reference = reference(&kernel);
        let proofs = proofs
            .iter()
            .map(|&(params, missing)| ProofLine {
                params: params.into(),
                invocation: 0,
                words: missing.is_none().then(|| reference.run(&params, &inputs, 0).words),
                missing,
            })
            .collect();
        let kernel = Some(kernel.encode().into());
        book.add("proofs", Line { name: name.into(), kernel, openings, proofs, ..Line::default() });
    };
    let one = vec![i(Load, 2, 0, 0, 0)];
    add(
        "a word of the second chunk",
        one.clone(),
        [&[(1, 1)], &[]],
        &[
            ([255, 0], Some((0, 0))),
            ([256, 0], None),
            ([511, 0], None),
            ([512, 0], Some((0, 2))),
            ([514, 0], Some((0, 2))),
            ([515, 0], None),
            ([u32::MAX, 0], None),
        ],
    );
    add("nothing opened, nothing read", one, [&[], &[]], &[([515, 0], None), ([0, 0], Some((0, 0)))]);
    add(
        "four words, and what the last chunk has of them",
        vec![i(Load4, 2, 0, 0, 0)],
        [&[(0, 1), (2, 1)], &[]],
        &[
            ([63, 0], None),
            ([64, 0], Some((0, 1))),
            ([127, 0], Some((0, 1))),
            ([128, 0], None),
            ([129, 0], None),
            ([1 << 30, 0], None),
        ],
    );
    add(
        "a view reads only inside itself",
        vec![i(LoadView, 2, 0, 0, 0)],
        [&[], &[(1, 1)]],
        &[
            ([256, 200], None),
            ([499, 200], None),
            ([500, 200], None),
            ([600, 200], None),
            ([100, 200], None),
            ([200, 200], Some((1, 0))),
            ([512, 300], Some((1, 2))),
        ],
    );
    add(
        "four words through a view",
        vec![i(Load4View, 2, 0, 0, 0)],
        [&[], &[(0, 2)]],
        &[
            ([64, 200], None),
            ([124, 200], None),
            ([125, 200], None),
            ([128, 256], Some((1, 2))),
            ([191, 600], Some((1, 2))),
        ],
    );
    add(
        "what an arm that is not taken would read",
        vec![i(If, 0, 0, 0, pack(5, 5)), i(Load, 2, 7, 0, 300), i(End, 0, 0, 0, 0), i(Load, 3, 7, 1, 700)],
        [&[], &[(2, 1)]],
        &[([0, 0], None), ([1, 0], Some((0, 1)))],
    );
}
