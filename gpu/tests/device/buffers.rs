//! Buffers of every size, and those that are too large.

use touchstone_gpu::{Emission, Gpu, GpuError, StepRun};

use crate::support::*;

/// Each invocation adds a word of a buffer to a word of another one that it reads four at a time.
const SCATTERED: &str = "
    const WINDOW: u32 = 3;
    @group(0) @binding(0) var<storage, read> narrow: array<u32>;
    @group(0) @binding(1) var<storage, read> wide: array<vec4<u32>>;
    @group(0) @binding(9) var<storage, read_write> out: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        let at = id.x * 40503u;
        let four = wide[at % (arrayLength(&wide) + 1u)];
        out[id.x * WINDOW] = narrow[at % (arrayLength(&narrow) + 5u)];
        out[id.x * WINDOW + 1u] = four.x ^ four.w;
        out[id.x * WINDOW + 2u] = four.y + four.z + id.x;
    }";

#[test]
fn what_is_longer_than_a_binding_is_bound_in_parts() {
    let mut gpu = Gpu::open_with_bindings(None, PATIENCE, 64 << 10).unwrap();
    let kernel = compile(SCATTERED, "scattered.wgsl");
    // Five parts, the last one short; three whole ones; an output of seven bindings.
    let inputs = vec![bytes(noise(8, 70_001)), bytes(noise(9, 3 * (16 << 10)))];
    let expected = on_cpu(&kernel, &[], &inputs, 37_001);
    for emission in [Emission::Specialised, Emission::Plain] {
        let got = by(emission, &mut gpu, &kernel, &[], &inputs, 37_001).unwrap();
        assert!(got == expected, "{emission:?}");
    }
}

#[test]
fn any_range_of_invocations_gives_their_windows() {
    let mut gpu = Gpu::open_with_bindings(None, PATIENCE, 64 << 10).unwrap();
    let kernel = compile(SCATTERED, "scattered.wgsl");
    let inputs = vec![bytes(noise(8, 500)), bytes(noise(9, 400))];
    let expected = on_cpu(&kernel, &[], &inputs, 37_001);
    let reads: Vec<_> =
        inputs.iter().map(|bytes| gpu.upload(bytes.len() as u32, &mut bytes.as_slice()).unwrap()).collect();
    let step = StepRun { kernel: &kernel, params: &[], reads: &reads.iter().collect::<Vec<_>>(), invocations: 37_001 };
    for range in [0..1, 1..2, 777..30_000, 36_999..37_001] {
        for emission in [Emission::Specialised, Emission::Plain] {
            let output = gpu.run_range(&step, emission, range.clone(), &mut || {}).unwrap();
            let mut got = Vec::new();
            gpu.download(&output, &mut got).unwrap();
            assert!(
                words(&got) == expected[3 * range.start as usize..3 * range.end as usize],
                "{range:?} {emission:?}"
            );
        }
    }
}

#[test]
fn inputs_of_more_parts_than_there_are_bindings_are_an_error_and_the_device_goes_on() {
    let mut gpu = Gpu::open_with_bindings(None, PATIENCE, 64 << 10).unwrap();
    let kernel = compile(SCATTERED, "scattered.wgsl");
    let error = gpu.prepare(&kernel, &[], &[1 << 30, 1 << 10], 10).unwrap_err();
    assert!(matches!(error, GpuError::TooManyParts { part_bytes: 65_536, .. }), "{error}");
    assert_eq!(gpu.prepare(&kernel, &[], &[1 << 10, 1 << 10], 10).unwrap(), 120);
}

#[test]
fn a_buffer_above_the_devices_limit_is_an_error() {
    let mut gpu = gpu();
    let limit = gpu.summary().max_buffer_bytes;
    let kernel = compile(SCATTERED, "scattered.wgsl");
    match gpu.prepare(&kernel, &[], &[4, u32::MAX - 3], 1) {
        Err(GpuError::TooLarge { bytes, limit: told }) => assert_eq!((bytes, told), (1 << 32, limit)),
        Err(other) => assert!(limit >= 1 << 32, "{other}"),
        Ok(_) => panic!("no buffer is so long"),
    }
}

/// Invocation g reads one word from anywhere in the buffer.
const SHUFFLE: &str = "
    const WINDOW: u32 = 1;
    @group(0) @binding(0) var<storage, read> numbers: array<u32>;
    @group(0) @binding(9) var<storage, read_write> out: array<u32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        out[id.x] = numbers[(id.x * 2654435761u) % arrayLength(&numbers)] ^ id.x;
    }";

/// Runs [`SHUFFLE`] on a buffer of `mebibytes` and compares every word with what it has to be.
fn shuffle(mebibytes: u32, invocations: u32) {
    let mut gpu = gpu();
    let kernel = compile(SHUFFLE, "shuffle.wgsl");
    let count = (mebibytes << 20) / 4;
    let numbers = noise(10, count as usize);
    let input = gpu.upload(4 * count, &mut bytes(numbers.iter().copied()).as_slice()).unwrap();
    for emission in [Emission::Specialised, Emission::Plain] {
        let step = StepRun { kernel: &kernel, params: &[], reads: &[&input], invocations };
        let output = gpu.run_range(&step, emission, 0..invocations, &mut || {}).unwrap();
        let mut got = Vec::new();
        gpu.download(&output, &mut got).unwrap();
        let got = words(&got);
        assert_eq!(got.len(), invocations as usize, "{emission:?}");
        let expected = |g: u32| numbers[(g.wrapping_mul(2654435761) % count) as usize] ^ g;
        assert!(got.into_iter().zip(0..).all(|(word, g)| word == expected(g)), "{emission:?}");
    }
}

/// Lavapipe binds at most 128 MiB at once.
#[test]
fn a_buffer_larger_than_one_binding_is_read_at_all_places() {
    shuffle(132, 2 << 20);
}

#[test]
#[ignore = "takes 1 GiB of memory, and half a minute on lavapipe: cargo test -p touchstone-gpu -- --ignored"]
fn two_hundred_mebibytes_go_in_and_come_out() {
    shuffle(200, (200 << 20) / 4);
}

#[test]
fn buffers_of_several_pieces_come_back_as_they_went() {
    let gpu = gpu();
    let sent = bytes(noise(3, (9 << 20) / 4 + 1));
    let buffer = gpu.upload(sent.len() as u32, &mut sent.as_slice()).unwrap();
    let mut back = Vec::new();
    gpu.download(&buffer, &mut back).unwrap();
    assert!(back == sent);
}

#[test]
fn a_source_that_ends_early_is_an_error() {
    let gpu = gpu();
    let Err(error) = gpu.upload(64, &mut [0u8; 60].as_slice()) else { panic!("60 of 64 bytes") };
    assert!(matches!(error, GpuError::Io(_)), "{error}");
}
