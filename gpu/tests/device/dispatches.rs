//! How a step is cut into dispatches.

use std::time::{Duration, Instant};

use touchstone_generate::{generate, Generated};
use touchstone_gpu::{Emission, Gpu, GpuError, StepRun};

use crate::support::*;

#[test]
fn more_workgroups_than_a_row_of_the_grid_holds_are_a_grid() {
    let source = "
        const WINDOW: u32 = 1;
        @group(0) @binding(9) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(64)
        fn main(@builtin(global_invocation_id) id: vec3<u32>) {
            out[id.x] = id.x ^ 0x5a5a5a5au;
        }";
    let mut gpu = gpu();
    // So light that the first dispatch covers all of it.
    let invocations = 65_535 * 64 + 64 * 100 + 3;
    let kernel = compile(source, "index.wgsl");
    let step = StepRun { kernel: &kernel, params: &[], reads: &[], invocations };
    for emission in [Emission::Specialised, Emission::Plain] {
        gpu.run_range(&step, emission, 0..invocations, &mut || {}).unwrap();
        let mut signs = 0;
        let output = gpu.run_range(&step, emission, 0..invocations, &mut || signs += 1).unwrap();
        assert_eq!(signs, 2, "one when it is compiled, one for the dispatch");
        let mut got = Vec::new();
        gpu.download(&output, &mut got).unwrap();
        assert!(words(&got).into_iter().zip(0..).all(|(word, g): (u32, u32)| word == g ^ 0x5a5a_5a5a), "{emission:?}");
    }
}

#[test]
fn a_compiler_that_takes_too_long_is_not_waited_for() {
    let Generated { kernel, params, inputs, invocations } = generate(3, 600).unwrap();
    let mut gpu = gpu();
    let buffers: Vec<_> =
        inputs.iter().map(|bytes| gpu.upload(bytes.len() as u32, &mut bytes.as_slice()).unwrap()).collect();
    let reads: Vec<_> = buffers.iter().collect();
    let step = StepRun { kernel: &kernel, params: &params, reads: &reads, invocations };
    assert!(!gpu.prepare_plain(&step, Duration::from_millis(1), &mut || {}).unwrap());
    let mut signs = 0;
    assert!(gpu.prepare_plain(&step, PATIENCE, &mut || signs += 1).unwrap());
    // Ready means that it need not be compiled again.
    assert!(gpu.prepare_plain(&step, Duration::ZERO, &mut || {}).unwrap());
}

#[test]
fn a_driver_that_compiles_for_long_is_alive_meanwhile_and_given_up_in_the_end() {
    let Generated { kernel, params, inputs, invocations } = generate(3, 600).unwrap();
    let run = |gpu: &mut Gpu, signs: &mut u32| {
        let buffers: Vec<_> =
            inputs.iter().map(|bytes| gpu.upload(bytes.len() as u32, &mut bytes.as_slice()).unwrap()).collect();
        let reads: Vec<_> = buffers.iter().collect();
        let step = StepRun { kernel: &kernel, params: &params, reads: &reads, invocations };
        // So that nothing but the compiler is waited for.
        let started = Instant::now();
        gpu.run_range(&step, Emission::Plain, 0..1, &mut || *signs += 1).map(|_| started.elapsed())
    };
    let mut signs = 0;
    let elapsed = run(&mut gpu(), &mut signs).unwrap();
    // Two are there in any case; half a second passes before each of the others.
    assert!(elapsed < Duration::from_secs(2) || signs > 3, "{signs} signs in {elapsed:?}");

    if elapsed > Duration::from_millis(400) {
        // Time for everything but the compiler.
        let mut hasty = Gpu::open(None, elapsed / 4).unwrap();
        let error = run(&mut hasty, &mut signs).unwrap_err();
        assert!(matches!(error, GpuError::CompilerTimeout(_)) && error.is_fatal(), "{error}");
    }
}

#[test]
fn a_step_of_many_seconds_is_cut_into_dispatches_below_one() {
    let source = "
        const WINDOW: u32 = 1;
        @group(0) @binding(9) var<storage, read_write> out: array<u32>;
        @compute @workgroup_size(64)
        fn main(@builtin(global_invocation_id) id: vec3<u32>) {
            var x = id.x;
            for (var i = 0u; i < 50000u; i++) {
                x = x * 1664525u + 1013904223u + (x >> 16u);
                x = x * 1664525u + 1013904223u + (x >> 16u);
            }
            out[id.x] = x;
        }";
    let kernel = compile(source, "slow.wgsl");
    let mut gpu = gpu();
    let step = StepRun { kernel: &kernel, params: &[], reads: &[], invocations: 64 * 150 };
    let started = Instant::now();
    let mut signs = 0;
    gpu.run(&step, &mut || signs += 1).unwrap();
    // On average, so that a pause of the machine's own is not taken for the device's.
    assert!(signs >= 3 && f64::from(signs) > started.elapsed().as_secs_f64(), "{signs} in {:?}", started.elapsed());
}
