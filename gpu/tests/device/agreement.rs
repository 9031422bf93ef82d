//! What kernels compute, by both emissions.

use std::time::Instant;

use touchstone_gpu::Emission;
use touchstone_kernels::{Arguments, Example, ALL};
use touchstone_kir::Kernel;

use crate::support::*;

#[test]
fn standard_kernels_compute_their_examples() {
    let mut gpu = gpu();
    for standard in ALL {
        let started = Instant::now();
        let kernel = Kernel::decode(standard.kir).unwrap();
        // The plain emission is the same for all examples. Of a long kernel it takes a CPU tens of seconds to compile.
        let is_long = kernel.module().code.len() > 2048 && std::env::var_os("TOUCHSTONE_LARGE").is_none();
        let mut emissions = vec![Emission::Specialised];
        emissions.extend((!is_long).then_some(Emission::Plain));
        for Example { shows, arguments: Arguments { params, inputs, invocations }, output } in (standard.examples)() {
            for emission in std::mem::replace(&mut emissions, vec![Emission::Specialised]) {
                let example = format!("{}, {shows}, {emission:?}", standard.name);
                let got = by(emission, &mut gpu, &kernel, &params, &inputs, invocations)
                    .unwrap_or_else(|error| panic!("{example}: {error}"));
                assert_eq!(got.len(), output.len(), "{example}");
                if let Some(word) = got.iter().zip(&output).position(|(a, b)| a != b) {
                    panic!("{example}: word {word} is {:#010x}, not {:#010x}", got[word], output[word]);
                }
            }
        }
        println!("{} in {:?}", standard.name, started.elapsed());
    }
}

#[test]
fn a_step_of_many_dispatches_and_an_odd_number_of_invocations_agrees() {
    let source = "
        const WINDOW: u32 = 3;
        @group(0) @binding(0) var<storage, read> numbers: array<u32>;
        @group(0) @binding(9) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(64)
        fn main(@builtin(global_invocation_id) id: vec3<u32>) {
            var x = numbers[id.x % 1000u] ^ (id.x * 2654435761u);
            for (var i = 0u; i < 64u; i++) { x = x * 1664525u + 1013904223u; }
            out[id.x * WINDOW] = x;
            out[id.x * WINDOW + 1u] = id.x;
            out[id.x * WINDOW + 2u] = x / (id.x % 7u);
        }";
    let kernel = compile(source, "lcg.wgsl");
    let inputs = vec![bytes(noise(7, 1000))];
    // Larger than the first tile, which is a few hundred thousand invocations of this fuel, and no multiple of
    // anything.
    agree("lcg", &kernel, &[], &inputs, 400_003);
}

#[test]
fn tables_of_all_sizes_are_read_where_they_lie() {
    let mut gpu = gpu();
    // A driver's compiler may take minutes for the longest one as a variable.
    for len in [3, 64, 65, 256, 1024, 4096] {
        let table: Vec<String> = noise(len as u32, len).iter().map(|word| format!("{word}u")).collect();
        let source = format!(
            "const WINDOW: u32 = 1;
             const TABLE = array<u32, {len}>({});
             @group(0) @binding(0) var<storage, read> numbers: array<u32>;
             @group(0) @binding(9) var<storage, read_write> out: array<u32>;
             @compute @workgroup_size(64)
             fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
                 var x = numbers[id.x];
                 for (var i = 0u; i < 9u; i++) {{ x = TABLE[x % {}u] ^ TABLE[x % {len}u] ^ (x >> 8u); }}
                 out[id.x] = x;
             }}",
            table.join(", "),
            len + 2,
        );
        let kernel = compile(&source, "table.wgsl");
        let inputs = [bytes(noise(1, 1000))];
        let started = std::time::Instant::now();
        let got = by(Emission::Specialised, &mut gpu, &kernel, &[], &inputs, 1000).unwrap();
        println!("{len}: {:?}", started.elapsed());
        assert!(got == on_cpu(&kernel, &[], &inputs, 1000), "{len}");
        let started = std::time::Instant::now();
        for _ in 0..10 {
            by(Emission::Specialised, &mut gpu, &kernel, &[], &inputs, 1000).unwrap();
        }
        println!("{len}: again {:?}", started.elapsed() / 10);
    }
}
