//! Random valid kernels: the interpreter against the reference, and the run against its static bounds.

use std::collections::BTreeSet;

use touchstone_equality::{size_of_seed, Case};
use touchstone_generate::{generate, Generated};
use touchstone_kir::{interpret, open, root, verify, OpenedInputs, Recorder, Slices};
use touchstone_reference::Coverage;

use crate::{common::*, reference};

/// Seeds that are compared: a hundred thousand kernels of 1 to 4,096 instructions.
const KERNELS: u64 = 100_000;

#[test]
fn a_hundred_thousand_kernels_agree_and_cover_every_pair_of_operations_and_every_shape() {
    let started = std::time::Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let workers: Vec<_> = (0..threads)
        .map(|first| {
            std::thread::spawn(move || {
                let mut coverage = Coverage::default();
                for seed in (first..KERNELS).step_by(threads as usize) {
                    let case = Case::generate(seed, size_of_seed(seed));
                    match case.check(Some(&mut coverage)) {
                        Ok(ran) => assert!(ran, "seed {seed} is refused"),
                        Err(difference) => panic!("seed {seed}: {difference}"),
                    }
                }
                coverage
            })
        })
        .collect();
    let mut coverage = Coverage::default();
    for worker in workers {
        coverage.merge(&worker.join().unwrap());
    }
    println!("{KERNELS} kernels in {:.1?} on {threads} threads\n{coverage}", started.elapsed());
    let missing = coverage.missing();
    assert!(missing.is_empty(), "{} not covered: {:?}", missing.len(), &missing[..missing.len().min(200)]);
}

#[test]
fn a_generated_kernel_has_the_size_asked_for() {
    for (asked, least) in [(1, 1), (10, 8), (64, 50), (1000, 900), (4096, 3900), (9999, 3900)] {
        for seed in 0..20 {
            let Generated { kernel, .. } = generate(seed, asked).unwrap();
            let got = kernel.module().code.len();
            assert!((least..=asked.min(4096)).contains(&got), "{asked}: {got}");
        }
    }
}

#[test]
fn a_seed_always_gives_the_same_kernel() {
    let first = generate(7, 100).unwrap();
    assert_ne!(generate(8, 100).unwrap().kernel.hash(), first.kernel.hash());
    assert_eq!(generate(7, 100), Ok(first));
}

#[test]
fn generated_kernels_use_every_operation_in_both_forms() {
    let mut used = BTreeSet::new();
    for seed in 0..60 {
        used.extend(generate(seed, 400).unwrap().kernel.module().code.iter().map(|i| i.op));
    }
    for op in touchstone_kir::Op::ALL {
        assert!(used.contains(&(*op as u8)), "{}", op.name());
        let immediate = *op as u8 | touchstone_kir::IMMEDIATE;
        assert_eq!(used.contains(&immediate), op.is_binary(), "{}", op.name());
    }
}

#[test]
fn generated_kernels_write_results_that_depend_on_the_invocation() {
    let varied = (0..100).filter(|seed| {
        let Generated { kernel, params, inputs, .. } = generate(*seed, 200).unwrap();
        let first = reference::run(&kernel, &params, &inputs, 0);
        let second = reference::run(&kernel, &params, &inputs, 1);
        first.words != second.words
    });
    let varied = varied.count();
    assert!(varied > 50, "only {varied} of 100");
}

#[test]
fn a_generated_invocation_runs_from_its_openings_alone() {
    for seed in 0..60 {
        let Generated { kernel, params, inputs, .. } = generate(seed, 150).unwrap();
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
