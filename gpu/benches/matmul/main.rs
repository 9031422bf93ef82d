//! Compares the hand-tuned int8 matrix product with the source that the compiler emits, and with the rate of packed dot
//! products that this device reaches with all operands in registers.

use serde_json::json;
use touchstone_gpu::{Class, DeviceBuffer, Emission, Gpu, GpuError, StepRun};
use touchstone_kir::Kernel;
use touchstone_measure::{headline, interleaved, machine, noise, upload, Clock, Options};

mod peak;

const USAGE: &str = "cargo bench --profile ci -p touchstone-gpu --bench matmul -- \
                     [--quick] [--json] [--adapter NAME] [--rounds N] [--size EDGE]...";

/// A way to compute the product.
type Run = fn(&mut Gpu, &StepRun<'_>) -> Result<Option<DeviceBuffer>, GpuError>;

/// The emitted source, the hand-tuned one, and the hand-tuned one in the shape for the other kind of device.
const SOURCES: [(&str, Run); 3] = [
    ("emitted", |gpu, step| gpu.run_range(step, Emission::Specialised, 0..step.invocations, &mut || {}).map(Some)),
    ("tuned", |gpu, step| gpu.run_tuned(gpu.summary().class, step, &mut || {})),
    ("tuned, other shape", |gpu, step| {
        let other = match gpu.summary().class {
            Class::Cpu => Class::Discrete,
            Class::Discrete | Class::Integrated => Class::Cpu,
        };
        gpu.run_tuned(other, step, &mut || {})
    }),
];

fn main() {
    let Some(mut options) = Options::of_bench(USAGE) else { return };
    if options.sizes.is_empty() {
        options.sizes = if options.quick { vec![256] } else { vec![512, 1024] };
    }
    let mut gpu = options.open();
    let kernel = Kernel::decode(touchstone_kernels::MATMUL_I8.kir).expect("a valid kernel");
    let machine = machine(&gpu);
    let clock = Clock::new(&gpu);
    if !options.json {
        println!("{}\n", headline(&machine));
        println!("| product | source | median ms | GOP/s | × emitted | of the peak |\n|---|---|---|---|---|---|");
    }

    let mut results = Vec::new();
    for &edge in &options.sizes {
        let operations = 2.0 * f64::from(edge).powi(3);
        let inputs = [(1, edge * edge), (2, edge * edge), (3, edge * 4)]
            .map(|(seed, len)| upload(&gpu, &noise(seed, len as usize)));
        let reads: Vec<_> = inputs.iter().collect();
        let params = [edge, edge / 4, 40_000_000, 9, 0, 0];
        let step = StepRun { kernel: &kernel, params: &params, reads: &reads, invocations: edge * edge };
        let peak = peak::Peak::new(operations);
        let gpu = std::cell::RefCell::new(&mut gpu);
        let mut candidates: Vec<Box<dyn FnMut() -> f64>> = Vec::new();
        for (name, run) in SOURCES {
            let (gpu, step, clock) = (&gpu, &step, &clock);
            candidates.push(Box::new(move || {
                clock.device(|| {
                    let output = run(&mut gpu.borrow_mut(), step).expect("the step runs");
                    assert!(output.is_some(), "{name}: not for this product");
                })
            }));
        }
        candidates.push(Box::new(|| clock.device(|| peak.run(&mut gpu.borrow_mut()))));
        let mut medians = interleaved(options.rounds, &mut candidates);
        let at_peak = peak.operations() / medians.pop().expect("the peak was measured");

        for ((name, _), &median) in SOURCES.iter().zip(&medians) {
            let rate = operations / median;
            let (ratio, share) = (medians[0] / median, rate / at_peak);
            if !options.json {
                println!(
                    "| {edge}³ | {name} | {:.2} | {:.1} | {ratio:.2} | {:.0} % |",
                    median * 1e3,
                    rate / 1e9,
                    share * 100.0
                );
            }
            results.push(json!({
                "edge": edge, "source": name, "median_seconds": median, "operations_per_second": rate,
                "times_emitted": ratio, "share_of_peak": share,
            }));
        }
        if !options.json {
            println!("| {edge}³ | dot products in registers | | {:.1} | | |", at_peak / 1e9);
        }
        results.push(json!({ "edge": edge, "source": "peak", "operations_per_second": at_peak }));
    }
    if options.json {
        println!("{}", json!({ "bench": "matmul", "machine": machine, "rounds": options.rounds, "results": results }));
    }
}
