//! Each standard kernel computes what plain Rust computes, word for word.

use touchstone_kernel::{Kernel, Slices, Step};
use touchstone_kernels::{Arguments, Standard, ALL};

fn interpreted(kernel: &Kernel, arguments: &Arguments) -> Vec<u32> {
    let Arguments { params, inputs, invocations } = arguments;
    let lens: Vec<u32> = inputs.iter().map(|input| input.len() as u32).collect();
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let fuel = kernel.cost(params, &lens).unwrap_or_else(|error| panic!("{error}")).fuel;
    let step = Step::new(kernel, params, &lens).unwrap();
    (0..*invocations).flat_map(|g| step.run(g, &mut Slices(&slices), fuel).unwrap().words).collect()
}

fn decoded(standard: &Standard) -> Kernel {
    Kernel::decode(standard.kir).unwrap_or_else(|error| panic!("{}: {error:?}", standard.name))
}

#[test]
fn every_kernel_computes_its_examples() {
    for standard in ALL {
        let kernel = decoded(standard);
        for example in (standard.examples)() {
            let got = interpreted(&kernel, &example.arguments);
            assert_eq!(got.len(), example.output.len(), "{}, {}", standard.name, example.shows);
            let differing = got.iter().zip(&example.output).position(|(a, b)| a != b);
            if let Some(word) = differing {
                let (got, expected) = (got[word], example.output[word]);
                panic!("{}, {}: word {word} is {got:#010x}, not {expected:#010x}", standard.name, example.shows);
            }
            assert!(got.iter().any(|word| *word != got[0]), "{}, {}: one repeated word", standard.name, example.shows);
        }
    }
}

#[test]
fn the_work_of_every_kernel_is_admitted() {
    for standard in ALL {
        let Arguments { params, inputs, invocations } = (standard.work)();
        let lens: Vec<u32> = inputs.iter().map(|input| input.len() as u32).collect();
        let cost = decoded(standard).cost(&params, &lens).unwrap_or_else(|error| panic!("{}: {error}", standard.name));
        println!("{}: {invocations} invocations, {} fuel, {} chunks", standard.name, cost.fuel, cost.total_chunks());
        assert!(invocations > 1000, "{}", standard.name);
    }
}
