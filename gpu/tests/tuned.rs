//! Hand-tuned implementations against the interpreter, bit for bit.

mod common;

use common::{download, gpu, noise, on_cpu, upload};
use proptest::{prelude::*, test_runner::TestRunner};
use touchstone_gpu::{Class, Emission, Gpu, StepRun};
use touchstone_kir::Kernel;

fn matmul_i8() -> Kernel {
    Kernel::decode(touchstone_kernels::MATMUL_I8.kir).unwrap()
}

/// The arguments of a product.
#[derive(Clone, Debug)]
struct Product {
    rows: u32,
    columns: u32,
    k_words: u32,
    /// Elements that the last row lacks.
    missing: u32,
    /// multiplier, shift, relu, raw
    finish: [u32; 4],
    seed: u64,
}

impl Product {
    fn params(&self) -> Vec<u32> {
        [[self.columns, self.k_words].as_slice(), &self.finish].concat()
    }

    fn invocations(&self) -> u32 {
        self.rows * self.columns - self.missing
    }

    fn inputs(&self) -> Vec<Vec<u8>> {
        let a = noise(self.seed, (self.rows * self.k_words * 4) as usize);
        let mut b = noise(self.seed + 1, (self.columns * self.k_words * 4) as usize);
        // The smallest value has no counterpart: its products are the largest.
        b.iter_mut().step_by(3).for_each(|byte| *byte = 0x80);
        vec![a, b, noise(self.seed + 2, (self.columns * 4) as usize)]
    }
}

/// Which implementation is to run.
#[derive(Clone, Copy)]
enum Source {
    Best,
    Emitted,
    For(Class),
}

fn run(gpu: &mut Gpu, source: Source, product: &Product, inputs: &[Vec<u8>]) -> Vec<u8> {
    let kernel = matmul_i8();
    let buffers: Vec<_> = inputs.iter().map(|bytes| upload(gpu, bytes)).collect();
    let reads: Vec<_> = buffers.iter().collect();
    let params = product.params();
    let step = StepRun { kernel: &kernel, params: &params, reads: &reads, invocations: product.invocations() };
    let alive = &mut || {};
    let output = match source {
        Source::Best => gpu.run(&step, alive),
        Source::Emitted => gpu.run_range(&step, Emission::Specialised, 0..step.invocations, alive),
        Source::For(class) => gpu.run_tuned(class, &step, alive).map(|output| output.expect("arguments that it takes")),
    }
    .unwrap();
    download(gpu, &output)
}

fn is_tuned(gpu: &Gpu, product: &Product, inputs: &[Vec<u8>]) -> bool {
    let lens: Vec<u32> = inputs.iter().map(|bytes| bytes.len() as u32).collect();
    gpu.is_tuned(&matmul_i8(), &product.params(), &lens, product.invocations())
}

/// Products whose edges are not multiples of a tile, but fill most of it, with all sorts of requantisation.
fn product() -> impl Strategy<Value = Product> {
    let edge = || (1u32..3, 0u32..16).prop_map(|(tiles, missing)| tiles * 64 - missing);
    let shift = prop_oneof![3 => 0u32..12, 1 => 12u32..40, 1 => any::<u32>()];
    let multiplier = prop_oneof![any::<u32>(), Just(1 << 31), Just(u32::MAX), 1u32 << 24..1 << 30];
    let finish = (multiplier, shift, 0u32..3, prop_oneof![2 => Just(0u32), 1 => 1u32..3]);
    (edge(), edge(), 1u32..12, 0u32..40, finish, any::<u32>()).prop_map(
        |(rows, columns, depth, missing, (multiplier, shift, relu, raw), seed)| Product {
            rows,
            columns,
            k_words: 4 * depth,
            missing,
            finish: [multiplier, shift, relu, raw],
            seed: seed.into(),
        },
    )
}

#[test]
fn products_of_all_sizes_agree_in_both_shapes() {
    // Each compiles two pipelines, which takes lavapipe a third of a second.
    let cases = std::env::var("TOUCHSTONE_TUNED_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(4);
    let mut gpu = gpu();
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        max_shrink_iters: 32,
        failure_persistence: None,
        ..Default::default()
    });
    let gpu = std::cell::RefCell::new(&mut gpu);
    let outcome = runner.run(&product(), |product| {
        let inputs = product.inputs();
        let expected = on_cpu(&matmul_i8(), &product.params(), &inputs, product.invocations());
        prop_assert!(is_tuned(&gpu.borrow(), &product, &inputs));
        for class in [Class::Cpu, Class::Discrete] {
            let got = run(&mut gpu.borrow_mut(), Source::For(class), &product, &inputs);
            prop_assert!(got == expected, "as for a {class}");
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn narrow_and_low_products_agree() {
    let mut gpu = gpu();
    for (rows, columns) in [(1, 64), (2, 30), (200, 8), (3, 40)] {
        let finish = [40_000_000, 3, 0, 0];
        let product = Product { rows, columns, k_words: 20, missing: 0, finish, seed: 7 };
        let inputs = product.inputs();
        assert!(is_tuned(&gpu, &product, &inputs), "{rows} × {columns}");
        let expected = on_cpu(&matmul_i8(), &product.params(), &inputs, product.invocations());
        assert!(run(&mut gpu, Source::For(Class::Cpu), &product, &inputs) == expected, "{rows} × {columns}");
    }
}

#[test]
fn arguments_that_no_tile_covers_agree_through_the_emitted_source() {
    let mut gpu = gpu();
    let whole = Product { rows: 40, columns: 40, k_words: 16, missing: 0, finish: [1 << 30, 5, 1, 0], seed: 9 };
    let short = |input: usize| {
        let mut inputs = whole.inputs();
        inputs[input].truncate(100);
        (whole.clone(), inputs)
    };
    let unaligned = Product { k_words: 15, ..whole.clone() };
    let no_columns = (Product { columns: 0, ..whole.clone() }, whole.inputs());
    for (product, inputs) in [short(0), short(1), short(2), (unaligned.clone(), unaligned.inputs())] {
        assert!(!is_tuned(&gpu, &product, &inputs));
        let expected = on_cpu(&matmul_i8(), &product.params(), &inputs, product.invocations());
        assert!(run(&mut gpu, Source::Best, &product, &inputs) == expected, "{product:?}");
    }
    let lens: Vec<u32> = no_columns.1.iter().map(|bytes| bytes.len() as u32).collect();
    assert!(!gpu.is_tuned(&matmul_i8(), &no_columns.0.params(), &lens, 30));
}

#[test]
fn a_product_of_several_dispatches_agrees_with_the_emitted_source() {
    let mut gpu = gpu();
    let product = Product { rows: 301, columns: 333, k_words: 256, missing: 5, finish: [1 << 28, 1, 0, 1], seed: 11 };
    let inputs = product.inputs();
    let expected = run(&mut gpu, Source::Emitted, &product, &inputs);
    for class in [Class::Cpu, Class::Discrete] {
        assert!(run(&mut gpu, Source::For(class), &product, &inputs) == expected, "as for a {class}");
    }
}
