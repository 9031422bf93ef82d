//! The cost of the BLAKE3 tree of a product on the device, relative to the hand-tuned int8 matrix product itself.

use serde_json::json;
use touchstone_gpu::StepRun;
use touchstone_kir::Kernel;
use touchstone_measure::{headline, interleaved, machine, noise, upload, Clock, Options};

const USAGE: &str = "cargo bench --profile ci -p touchstone-gpu --bench tree -- \
                     [--quick] [--json] [--adapter NAME] [--rounds N] [--size EDGE]...";

fn main() {
    let Some(mut options) = Options::of_bench(USAGE) else { return };
    if options.sizes.is_empty() {
        options.sizes = if options.quick { vec![512] } else { vec![2048, 4096] };
    }
    let mut gpu = options.open();
    let kernel = Kernel::decode(touchstone_kernels::MATMUL_I8.kir).expect("a valid kernel");
    let machine = machine(&gpu);
    let clock = Clock::new(&gpu);
    if !options.json {
        println!("{}\n", headline(&machine));
        println!("| work | median ms | rate | of the product |\n|---|---|---|---|");
    }

    let mut results = Vec::new();
    for &edge in &options.sizes {
        let inputs = [(1, edge * edge), (2, edge * edge), (3, edge * 4)]
            .map(|(seed, len)| upload(&gpu, &noise(seed, len as usize)));
        let reads: Vec<_> = inputs.iter().collect();
        let params = [edge, edge / 4, 40_000_000, 9, 0, 0];
        let step = StepRun { kernel: &kernel, params: &params, reads: &reads, invocations: edge * edge };
        // The output with one word per element, and packed to one byte per element.
        let host = noise(4, edge as usize * edge as usize * 4);
        let words = upload(&gpu, &host);
        let packed = upload(&gpu, &host[..edge as usize * edge as usize]);

        let device = std::cell::RefCell::new(&mut gpu);
        let mut candidates: Vec<Box<dyn FnMut() -> f64>> = vec![
            Box::new(|| clock.device(|| drop(device.borrow_mut().run(&step, &mut || {}).expect("the step runs")))),
            Box::new(|| clock.device(|| drop(device.borrow_mut().hash(&packed, &mut || {}).expect("it hashes")))),
            Box::new(|| clock.device(|| drop(device.borrow_mut().hash(&words, &mut || {}).expect("it hashes")))),
            Box::new(|| {
                let tree = device.borrow_mut().tree(&words, &mut || {}).expect("it hashes");
                clock.host(|| drop(tree.into_outboard().expect("an honest device")))
            }),
            Box::new(|| clock.host(|| assert_ne!(touchstone_kir::root(&host), [0; 32]))),
        ];
        let medians = interleaved(options.rounds, &mut candidates);
        drop(candidates);
        let tree = gpu.tree(&words, &mut || {}).expect("it hashes");
        assert_eq!(tree.root(), touchstone_kir::root(&host), "the device's root is the host's");

        let (product, of_words) = (medians[0], f64::from(words.len()));
        let lines = [
            (format!("product, {edge}³, hand-tuned"), 2.0 * f64::from(edge).powi(3), "operations"),
            ("tree of the int8 output, on the device".into(), f64::from(packed.len()), "bytes"),
            ("tree of the i32 output, on the device".into(), of_words, "bytes"),
            ("its parents again, on the host".into(), of_words, "bytes"),
            ("root of the i32 output, on one core of the host".into(), of_words, "bytes"),
        ];
        for ((work, amount, unit), median) in lines.into_iter().zip(&medians) {
            let (rate, share) = (amount / median, median / product);
            let shown = match unit {
                "bytes" => format!("{:.2} GiB/s", rate / f64::from(1 << 30)),
                _ => format!("{:.1} GOP/s", rate / 1e9),
            };
            if !options.json {
                println!("| {work} | {:.2} | {shown} | {:.1} % |", median * 1e3, share * 100.0);
            }
            results.push(json!({
                "edge": edge, "work": work, "median_seconds": median, "per_second": rate, "unit": unit,
                "of_product": share,
            }));
        }
    }
    if options.json {
        println!("{}", json!({ "bench": "tree", "machine": machine, "rounds": options.rounds, "results": results }));
    }
}
