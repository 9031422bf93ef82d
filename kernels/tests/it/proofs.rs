//! A word of a result can be judged from openings of what its invocation reads, and these are small.

use crate::common::{decoded, lengths};
use touchstone_kernels::{bytes, standard, Arguments, Standard, ALL};
use touchstone_kir::{interpret, open, root, verify, OpenedInputs, Recorder, Slices};

/// The window of an invocation, computed from openings alone, and how many bytes these have.
fn judged(standard: &Standard, arguments: &Arguments, invocation: u32) -> (Vec<u32>, usize) {
    let (kernel, lengths) = (decoded(standard), lengths(arguments));
    let Arguments { params, inputs, .. } = arguments;
    let fuel = kernel.cost(params, &lengths).unwrap().fuel;

    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let mut recorder = Recorder::new(Slices(&slices));
    interpret(&kernel, params, &lengths, invocation, &mut recorder, fuel).unwrap();
    let openings: Vec<_> =
        (0..).zip(inputs).map(|(input, bytes)| open(bytes, &recorder.ranges(input)).unwrap()).collect();

    let size = openings.iter().map(|opening| opening.data.len() + 32 * opening.siblings.len()).sum();
    let opened = openings.iter().zip(inputs).zip(&lengths);
    let opened = opened.map(|((opening, bytes), length)| verify(opening, &root(bytes), *length).unwrap()).collect();
    (interpret(&kernel, params, &lengths, invocation, &mut OpenedInputs::new(opened), fuel).unwrap(), size)
}

#[test]
fn a_word_of_every_example_can_be_judged() {
    for standard in ALL {
        let window = usize::from(decoded(standard).window());
        for example in (standard.examples)() {
            let invocation = example.arguments.invocations / 2;
            let (words, _) = judged(standard, &example.arguments, invocation);
            let expected = &example.output[invocation as usize * window..][..window];
            assert_eq!(words, expected, "{}, {}", standard.name, example.shows);
        }
    }
}

#[test]
fn the_proof_of_an_element_of_a_product_of_depth_4096_fits_11_chunks() {
    let matmul = standard("matmul_i8").unwrap();
    let (rows, columns, k_words) = (3, 4, 1024);
    let of = |word: u32, count: u32| bytes((0..count).map(|at| word.wrapping_mul(at)));
    let arguments = Arguments {
        params: vec![columns, k_words, 0, 0, 0, 1],
        inputs: vec![of(0x9e37_79b9, rows * k_words), of(0x85eb_ca6b, columns * k_words), of(1, columns)],
        invocations: rows * columns,
    };
    let cost = decoded(matmul).cost(&arguments.params, &lengths(&arguments)).unwrap();
    assert_eq!(cost.chunks[..3], [5, 5, 1]);
    let (_, size) = judged(matmul, &arguments, 6);
    println!("{size} bytes of openings, {} fuel", cost.fuel);
    assert!(size < 11 * 1024, "{size}");
}
