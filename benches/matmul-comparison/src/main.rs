//! Compares the hand-tuned int8 matrix product with Burn's integer product (CubeCL and CubeK on wgpu), on one adapter,
//! in one run.
//!
//! Both multiply the same values of −128 … 127 and give the same i32 words. Ours reads packed int8; Burn's wgpu backend
//! has no 8-bit integers, so its operands are i32 tensors, four times as large. Its kernel is the one that its
//! autotuner finds fastest on this adapter.

use burn_tensor::{Device, DeviceKind, Int, Tensor, TensorData};
use touchstone_measure::{headline, interleaved, machine, noise, upload, Clock, Options};
use serde_json::json;
use touchstone_gpu::{Class, Gpu, StepRun};
use touchstone_kir::Kernel;

const USAGE: &str = "cargo run --release --manifest-path benches/matmul-comparison/Cargo.toml -- \
                     [--quick] [--json] [--adapter NAME] [--rounds N] [--size EDGE]...";

fn main() {
    let mut options = Options::parse(USAGE);
    if options.sizes.is_empty() {
        options.sizes = if options.quick { vec![256] } else { vec![512, 1024] };
    }
    let mut gpu = options.open();
    let burn = burn_device(&gpu);
    let kernel = Kernel::decode(touchstone_kernels::MATMUL_I8.kir).expect("a valid kernel");
    let machine = machine(&gpu);
    let clock = Clock::new(&gpu);
    if !options.json {
        println!("{}\n", headline(&machine));
        println!("| product | ours ms | Burn ms | ours GOP/s | Burn GOP/s | ratio |\n|---|---|---|---|---|---|");
    }

    let mut results = Vec::new();
    for &edge in &options.sizes {
        let size = edge as usize;
        // B is transposed for our kernel, and not transposed for Burn.
        let (a, b_transposed) = (noise(1, size * size), noise(2, size * size));
        let buffers = [upload(&gpu, &a), upload(&gpu, &b_transposed), upload(&gpu, &vec![0; size * 4])];
        let reads: Vec<_> = buffers.iter().collect();
        let params = [edge, edge / 4, 0, 0, 0, 1];
        let step = StepRun { kernel: &kernel, params: &params, reads: &reads, invocations: edge * edge };

        let left = tensor(a.iter().map(|&byte| i32::from(byte as i8)).collect(), size, &burn);
        let b = (0..size * size).map(|at| i32::from(b_transposed[at % size * size + at / size] as i8));
        let right = tensor(b.collect(), size, &burn);

        let ours = words(&mut gpu, &step);
        let theirs = left.clone().matmul(right.clone()).into_data().try_into_vec::<i32>().expect("i32 words");
        assert!(ours == theirs, "{edge}³: the products differ");

        let medians = interleaved(
            options.rounds,
            &mut [
                Box::new(|| clock.device(|| drop(gpu.run(&step, &mut || {}).expect("the step runs")))),
                Box::new(|| {
                    clock.device(|| {
                        let product = left.clone().matmul(right.clone());
                        burn.sync().expect("Burn's device runs");
                        drop(product);
                    })
                }),
            ],
        );
        let operations = 2.0 * f64::from(edge).powi(3);
        let (rates, ratio) =
            (medians.iter().map(|time| operations / time / 1e9).collect::<Vec<_>>(), medians[1] / medians[0]);
        if !options.json {
            println!(
                "| {edge}³ | {:.2} | {:.2} | {:.1} | {:.1} | {ratio:.2} |",
                medians[0] * 1e3,
                medians[1] * 1e3,
                rates[0],
                rates[1]
            );
        }
        results.push(json!({
            "edge": edge, "ours_seconds": medians[0], "burn_seconds": medians[1], "ratio": ratio,
        }));
    }
    if options.json {
        println!(
            "{}",
            json!({ "bench": "matmul-comparison", "machine": machine, "rounds": options.rounds, "results": results })
        );
    }
}

/// Burn's device for the same kind of adapter.
fn burn_device(gpu: &Gpu) -> Device {
    Device::wgpu(match gpu.summary().class {
        Class::Discrete => DeviceKind::DiscreteGpu(0),
        Class::Integrated => DeviceKind::IntegratedGpu(0),
        Class::Cpu => DeviceKind::Cpu,
    })
}

fn tensor(values: Vec<i32>, edge: usize, device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(TensorData::new(values, [edge, edge]), device)
}

/// Our product, read back.
fn words(gpu: &mut Gpu, step: &StepRun<'_>) -> Vec<i32> {
    let output = gpu.run(step, &mut || {}).expect("the step runs");
    let mut bytes = Vec::new();
    gpu.download(&output, &mut bytes).expect("it can be read back");
    bytes.chunks_exact(4).map(|word| word.iter().rev().fold(0, |sum, &byte| (sum << 8) | i32::from(byte))).collect()
}
