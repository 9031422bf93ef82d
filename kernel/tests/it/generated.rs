//! Random valid kernels: the interpreter against the reference, and the run against its static bounds.

use std::collections::BTreeSet;

use touchstone_kernel::{
    generate::generate, interpret, open, root, verify, Kernel, OpenedInputs, Outcome, Recorder, Slices, Step, Trap,
};

use crate::{common::*, reference};

/// Runs one invocation and checks everything that can be said about it.
pub fn check(kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocation: u32) {
    let lens: Vec<u32> = inputs.iter().map(|input| input.len() as u32).collect();
    let slices: Vec<&[u8]> = inputs.iter().map(|input| input.as_slice()).collect();
    let cost = kernel.cost(params, &lens).unwrap();
    let step = Step::new(kernel, params, &lens).unwrap();
    let mut recorder = Recorder::new(Slices(&slices));
    let outcome = step.run(invocation, &mut recorder, cost.fuel);
    let Ok(Outcome { words, fuel }) = outcome else {
        panic!("the static fuel is enough: {outcome:?}");
    };
    let program = reference::program(kernel);
    let bounds = program.cost(params, &lens).unwrap();
    assert_eq!((cost.fuel, &cost.chunks[..lens.len()]), (bounds.fuel, bounds.chunks.as_slice()));
    let expected = program.run(params, inputs, invocation);
    assert_eq!(words, expected.words);
    assert_eq!(fuel, expected.fuel);
    let mut read = BTreeSet::new();
    for input in 0..8u8 {
        let chunks: Vec<u32> = recorder.chunks(input).collect();
        assert!(chunks.len() as u32 <= cost.chunks[usize::from(input)]);
        read.extend(chunks.into_iter().map(|chunk| (input, chunk)));
    }
    assert_eq!(read, expected.chunks);

    // One unit less than it burns stops it.
    let stopped = step.run(invocation, &mut Slices(&slices), fuel - 1);
    assert_eq!(stopped, Err(Trap::OutOfFuel));
}

#[test]
fn the_interpreter_agrees_with_the_reference() {
    for seed in 0..600 {
        let instructions = [1, 2, 5, 20, 60, 200, 700][seed as usize % 7];
        let (kernel, params, inputs, invocations) = generate(seed, instructions);
        for invocation in [0, 1, invocations / 2, invocations - 1, u32::MAX] {
            check(&kernel, &params, &inputs, invocation);
        }
    }
}

#[test]
fn a_generated_kernel_has_the_size_asked_for() {
    for (asked, least) in [(1, 1), (10, 8), (64, 50), (1000, 900), (4096, 3900), (9999, 3900)] {
        for seed in 0..20 {
            let (kernel, ..) = generate(seed, asked);
            let got = kernel.module().code.len();
            assert!((least..=asked.min(4096)).contains(&got), "{asked}: {got}");
        }
    }
}

#[test]
fn a_seed_always_gives_the_same_kernel() {
    let (first, params, inputs, invocations) = generate(7, 100);
    assert_eq!(generate(7, 100), (first.clone(), params, inputs, invocations));
    assert_ne!(generate(8, 100).0.hash(), first.hash());
}

#[test]
fn generated_kernels_use_every_operation_in_both_forms() {
    let mut used = BTreeSet::new();
    for seed in 0..60 {
        used.extend(generate(seed, 400).0.module().code.iter().map(|i| i.op));
    }
    for op in touchstone_kernel::Op::ALL {
        assert!(used.contains(&(*op as u8)), "{}", op.name());
        let immediate = *op as u8 | touchstone_kernel::IMMEDIATE;
        assert_eq!(used.contains(&immediate), op.is_binary(), "{}", op.name());
    }
}

#[test]
fn generated_kernels_write_results_that_depend_on_the_invocation() {
    let varied = (0..100).filter(|seed| {
        let (kernel, params, inputs, _) = generate(*seed, 200);
        let first = reference::run(&kernel, &params, &inputs, 0);
        let second = reference::run(&kernel, &params, &inputs, 1);
        first.words != second.words
    });
    let varied = varied.count();
    assert!(varied > 50, "only {varied} of 100");
}

#[test]
fn generated_kernels_survive_their_encoding() {
    for seed in 0..100 {
        let (kernel, ..) = generate(seed, 300);
        assert_eq!(Kernel::decode(&kernel.encode()), Ok(kernel));
    }
}

#[test]
fn a_generated_invocation_runs_from_its_openings_alone() {
    for seed in 0..60 {
        let (kernel, params, inputs, _) = generate(seed, 150);
        let lens: Vec<u32> = inputs.iter().map(|input| input.len() as u32).collect();
        let slices: Vec<&[u8]> = inputs.iter().map(|input| input.as_slice()).collect();
        let mut recorder = Recorder::new(Slices(&slices));
        let whole = interpret(&kernel, &params, &lens, 3, &mut recorder, ENOUGH);
        let openings: Vec<_> =
            (0..).zip(&inputs).map(|(input, bytes)| open(bytes, &recorder.ranges(input)).unwrap()).collect();
        let opened = openings
            .iter()
            .zip(&inputs)
            .map(|(opening, bytes)| verify(opening, &root(bytes), bytes.len() as u32).unwrap());
        let mut reader = OpenedInputs::new(opened.collect());
        let proved = interpret(&kernel, &params, &lens, 3, &mut reader, ENOUGH);
        assert_eq!(proved, whole);
    }
}
