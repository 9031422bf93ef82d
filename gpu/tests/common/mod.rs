//! What the tests of hand-tuned implementations and trees share.

use std::time::Duration;

use touchstone_gpu::{DeviceBuffer, Gpu};
use touchstone_kir::{interpret, Kernel, Slices};

pub fn gpu() -> Gpu {
    Gpu::open(None, Duration::from_secs(60)).expect("an adapter; lavapipe will do")
}

pub fn upload(gpu: &Gpu, bytes: &[u8]) -> DeviceBuffer {
    gpu.upload(bytes.len() as u32, &mut &bytes[..]).unwrap()
}

pub fn download(gpu: &Gpu, buffer: &DeviceBuffer) -> Vec<u8> {
    let mut bytes = Vec::new();
    gpu.download(buffer, &mut bytes).unwrap();
    bytes
}

/// Bytes without a pattern, the same on every machine.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..len.div_ceil(8)).flat_map(|_| word()).take(len).collect()
}

/// A step's output as the interpreter computes it.
#[allow(dead_code)] // Not every test has a kernel.
pub fn on_cpu(kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocations: u32) -> Vec<u8> {
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let lens: Vec<u32> = inputs.iter().map(|bytes| bytes.len() as u32).collect();
    let fuel = kernel.cost(params, &lens).expect("an admitted step").fuel;
    (0..invocations)
        .flat_map(|g| interpret(kernel, params, &lens, g, &mut Slices(&slices), fuel).expect("no trap"))
        .flat_map(u32::to_le_bytes)
        .collect()
}
