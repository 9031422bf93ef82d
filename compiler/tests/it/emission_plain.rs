//! The plain emission: valid WGSL for every shape of kernel, and the same source for all parameters.

use crate::common::{compiled, validate};
use touchstone_compiler::{emit_for, emit_plain, Target};
use touchstone_generate::{generate, Generated};
use touchstone_kernels::ALL;
use touchstone_kir::{Instr, Kernel, Module, Op};

fn lengths(inputs: &[Vec<u8>]) -> Vec<u32> {
    inputs.iter().map(|bytes| bytes.len() as u32).collect()
}

#[test]
fn random_kernels_emit_valid_wgsl() {
    for seed in 0..150 {
        let Generated { kernel, params, inputs, .. } = generate(seed, [4, 30, 200][seed as usize % 3]).unwrap();
        validate(&emit_plain(&Target::default(), &kernel, &params, &lengths(&inputs)).source);
    }
}

#[test]
fn the_largest_random_kernel_emits_valid_wgsl() {
    let Generated { kernel, params, inputs, .. } = generate(1, 4096).unwrap();
    validate(&emit_plain(&Target::default(), &kernel, &params, &lengths(&inputs)).source);
}

#[test]
fn a_source_depends_on_the_kernel_alone() {
    for standard in ALL {
        let kernel = compiled(standard.source).kernel;
        let count = usize::from(kernel.module().params);
        let lengths = |words: u32| vec![4 * words; usize::from(kernel.module().inputs)];
        let one = emit_plain(&Target::default(), &kernel, &vec![3; count], &lengths(250));
        let other = emit_plain(&Target::default(), &kernel, &vec![7; count], &lengths(99));
        assert_eq!(one.source, other.source);
        assert_eq!(one.arguments.len(), other.arguments.len());
        assert_ne!(one.arguments, other.arguments);
        validate(&one.source);
    }
}

#[test]
fn no_division_product_or_bit_count_of_the_driver_is_relied_on() {
    let code: Vec<Instr> = Op::ALL
        .iter()
        .filter(|op| (Op::Not..=Op::Mad).contains(op))
        .map(|op| Instr::new(*op, 0, 1, if op.is_binary() || *op > Op::Revbits { 2 } else { 0 }, 0))
        .collect();
    let kernel = Kernel::from_module(Module { window: 1, registers: 4, code, ..Module::default() }).unwrap();
    let source = emit_plain(&Target::default(), &kernel, &[], &[]).source;
    validate(&source);
    for builtin in [
        " / ",
        " % ",
        "countO",
        "countL",
        "countT",
        "reverseBits",
        "extractBits",
        "insertBits",
        "dot4I",
        "dot4U",
        "max(",
        "i32",
    ] {
        assert!(!source.contains(builtin), "{builtin}: {source}");
    }
}

#[test]
fn inputs_in_parts_emit_valid_wgsl_in_both_ways() {
    let target = Target { part_bytes: 256, ..Target::default() };
    let mut most = 0;
    for seed in 0..60 {
        let Generated { kernel, params, inputs, .. } = generate(seed, 60).unwrap();
        for emitted in [emit_for, emit_plain].map(|emit| emit(&target, &kernel, &params, &lengths(&inputs))) {
            validate(&emitted.source);
            most = most.max(emitted.parts.len());
        }
    }
    assert!(most > 12, "{most}");
}

#[test]
fn a_driver_that_cuts_loops_is_watched_in_both_ways() {
    let target = Target { cuts_loops: true, part_bytes: 256, ..Target::default() };
    let mut loops = 0;
    for seed in 0..60 {
        let Generated { kernel, params, inputs, .. } = generate(seed, 60).unwrap();
        let lens = lengths(&inputs);
        for emit in [emit_for, emit_plain] {
            let emitted = emit(&target, &kernel, &params, &lens);
            validate(&emitted.source);
            let binding = emitted.cut_binding.unwrap();
            assert!(binding >= 10 && emitted.parts.iter().all(|part| part.binding != binding));
            loops += emitted.source.matches("cut[0] = 1u;").count();
            let other = emit(&Target { cuts_loops: false, ..target }, &kernel, &params, &lens);
            assert!(other.cut_binding.is_none() && !other.source.contains("cut"), "{}", other.source);
        }
    }
    assert!(loops > 100, "{loops} loops are watched");
}
