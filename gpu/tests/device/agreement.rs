//! What kernels compute, by both emissions.

use std::time::{Duration, Instant};

use touchstone_gpu::Emission;
use touchstone_kernel::generate::generate;

use crate::support::*;

#[test]
fn matmul_i8_agrees_requantised_and_raw() {
    let kernel = standard("matmul_i8");
    let (m, n, k) = (37, 24, 80);
    let inputs = vec![
        bytes(noise(1, m * k / 4)),
        bytes(noise(2, n * k / 4)),
        bytes(noise(3, n).into_iter().map(|word| ((word as i32) >> 16) as u32)),
    ];
    for [shift, relu, raw] in [[0, 0, 0], [3, 1, 0], [9, 0, 1]] {
        let params = [n as u32, k as u32 / 4, 40_000_000, shift, relu, raw];
        agree("matmul_i8", &kernel, &params, &inputs, (m * n) as u32);
    }
}

#[test]
fn argmax_agrees_also_beyond_the_last_row() {
    let scores = vec![bytes(noise(4, 7770))];
    agree("argmax", &standard("argmax"), &[10], &scores, 779);
}

#[test]
fn pack_i8_agrees_also_where_the_input_ends_inside_a_word() {
    let values = vec![bytes(noise(5, 1001))];
    agree("pack_i8", &standard("pack_i8"), &[], &values, 252);
}

#[test]
fn convolve_rgba_agrees_at_the_edges_and_inside() {
    let (width, height) = (63u32, 41u32);
    let pixels = vec![bytes(noise(6, (width * height) as usize))];
    let negative = -1i32 as u32;
    let sharpen = [0, negative, 0, negative, 5, negative, 0, negative, 0];
    let blur = [1, 2, 1, 2, 4, 2, 1, 2, 1];
    for (coefficients, shift, bias) in [(sharpen, 0, 0), (blur, 4, 8)] {
        let mut params = vec![width, height, shift, bias];
        params.extend(coefficients);
        agree("convolve_rgba", &standard("convolve_rgba"), &params, &pixels, width * height);
    }
}

#[test]
fn mandelbrot_agrees() {
    let (width, height) = (120u32, 80u32);
    let fixed = |x: f64| (x * f64::from(1 << 28)) as i32 as u32;
    let params = [width, height, fixed(-2.2), fixed(-1.1), fixed(0.0275), 300];
    agree("mandelbrot", &standard("mandelbrot"), &params, &[], width * height);
}

#[test]
fn random_kernels_agree_with_the_interpreter() {
    // As many as the time allows, at least 100: a pipeline costs from 10 to 300 ms on lavapipe.
    let budget = Duration::from_secs(40);
    let started = Instant::now();
    let mut gpu = gpu();
    let mut compared = 0;
    for seed in 0..400u64 {
        if compared >= 100 && started.elapsed() > budget {
            break;
        }
        let instructions = [8, 24, 64, 160][(seed % 4) as usize];
        let (kernel, params, inputs, invocations) = generate(seed, instructions);
        let expected = on_cpu(&kernel, &params, &inputs, invocations);
        for emission in [Emission::Specialised, Emission::Plain] {
            let got = by(emission, &mut gpu, &kernel, &params, &inputs, invocations)
                .unwrap_or_else(|error| panic!("seed {seed}, {instructions} instructions, {emission:?}: {error}"));
            assert_eq!(got, expected, "seed {seed}, {instructions} instructions, {emission:?}");
        }
        compared += 1;
    }
    println!("{compared} random kernels in {:?}", started.elapsed());
    assert!(compared >= 100);
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
    // Larger than the first tile, which is a few hundred thousand invocations of this fuel, and no multiple of anything.
    agree("lcg", &kernel, &[], &inputs, 400_003);
}
