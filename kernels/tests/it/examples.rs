//! Each standard kernel computes what plain Rust computes, word for word.

use crate::common::{decoded, interpreted, lengths};
use touchstone_kernels::{Arguments, Example, Standard, ALL};
use touchstone_reference::ReferenceKernel;

/// All windows, by the second implementation.
fn referred(reference: &ReferenceKernel, Arguments { params, inputs, invocations }: &Arguments) -> Vec<u32> {
    (0..*invocations).flat_map(|g| reference.run(params, inputs, g).words).collect()
}

#[track_caller]
fn compare(standard: &Standard, example: &Example, got: &[u32]) {
    let Example { shows, output, .. } = example;
    assert_eq!(got.len(), output.len(), "{}, {shows}", standard.name);
    if let Some(word) = got.iter().zip(output).position(|(a, b)| a != b) {
        panic!("{}, {shows}: word {word} is {:#010x}, not {:#010x}", standard.name, got[word], output[word]);
    }
    assert!(got.iter().any(|word| *word != got[0]), "{}, {shows}: one repeated word", standard.name);
}

#[test]
fn every_kernel_computes_its_examples() {
    for standard in ALL {
        let kernel = decoded(standard);
        for example in (standard.examples)() {
            compare(standard, &example, &interpreted(&kernel, &example.arguments));
        }
    }
}

#[test]
fn the_second_implementation_computes_the_examples_too() {
    for standard in ALL {
        let reference = ReferenceKernel::decode(standard.kir).unwrap();
        for example in (standard.examples)() {
            compare(standard, &example, &referred(&reference, &example.arguments));
        }
    }
}

#[test]
fn the_work_of_every_kernel_is_admitted() {
    for standard in ALL {
        let arguments = (standard.work)();
        let cost = decoded(standard).cost(&arguments.params, &lengths(&arguments));
        let cost = cost.unwrap_or_else(|error| panic!("{}: {error}", standard.name));
        let invocations = arguments.invocations;
        println!("{}: {invocations} invocations, {} fuel, {} chunks", standard.name, cost.fuel, cost.total_chunks());
        assert!(invocations > 1000, "{}", standard.name);
    }
}
