//! What the tests share.

use std::time::Duration;

use touchstone_gpu::{Emission, Gpu, GpuError, StepRun};
pub use touchstone_kernels::{bytes, words};
use touchstone_kir::{interpret, Kernel, Slices};

/// Longest wait for a dispatch: these machines are busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn gpu() -> Gpu {
    Gpu::open(None, PATIENCE).expect("an adapter; lavapipe will do")
}

/// The step's output words as the device computes them, by one emission.
pub fn by(
    emission: Emission,
    gpu: &mut Gpu,
    kernel: &Kernel,
    params: &[u32],
    inputs: &[Vec<u8>],
    invocations: u32,
) -> Result<Vec<u32>, GpuError> {
    let buffers = inputs
        .iter()
        .map(|bytes| gpu.upload(bytes.len() as u32, &mut bytes.as_slice()))
        .collect::<Result<Vec<_>, _>>()?;
    let reads: Vec<_> = buffers.iter().collect();
    let step = StepRun { kernel, params, reads: &reads, invocations };
    let output = gpu.run_range(&step, emission, 0..invocations, &mut || {})?;
    let mut bytes = Vec::new();
    gpu.download(&output, &mut bytes)?;
    Ok(words(&bytes))
}

/// The same words as the interpreter computes them.
pub fn on_cpu(kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocations: u32) -> Vec<u32> {
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let lens: Vec<u32> = inputs.iter().map(|bytes| bytes.len() as u32).collect();
    let fuel = kernel.cost(params, &lens).expect("an admitted step").fuel;
    (0..invocations)
        .flat_map(|g| interpret(kernel, params, &lens, g, &mut Slices(&slices), fuel).expect("no trap"))
        .collect()
}

/// Words without a pattern, the same on every machine.
pub fn noise(seed: u32, count: usize) -> Vec<u32> {
    let mut state = seed | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        })
        .collect()
}

pub fn compile(source: &str, path: &str) -> Kernel {
    touchstone_compiler::compile(source).unwrap_or_else(|error| panic!("{}", error.render(source, path))).kernel
}

/// Device and interpreter compute the same, by both emissions.
#[track_caller]
pub fn agree(name: &str, kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocations: u32) {
    let expected = on_cpu(kernel, params, inputs, invocations);
    let mut gpu = gpu();
    for emission in [Emission::Specialised, Emission::Plain] {
        let got = by(emission, &mut gpu, kernel, params, inputs, invocations).unwrap();
        assert_eq!(got.len(), expected.len());
        let differing = got.iter().zip(&expected).position(|(a, b)| a != b);
        if let Some(word) = differing {
            panic!(
                "{name}, word {word}: the device computes {:#010x} ({emission:?}), the interpreter {:#010x}",
                got[word], expected[word]
            );
        }
    }
    assert!(expected.iter().any(|&word| word != expected[0]), "{name}: a result of one repeated word compares nothing");
}
