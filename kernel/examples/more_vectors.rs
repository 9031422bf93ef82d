//! Random kernels in the form of the test vectors, as many as wanted, for whoever writes another implementation:
//! every second one with a few changed bytes, most of which no longer are a kernel.
//!
//! `cargo run --profile ci -p touchstone-kernel --example more_vectors -- FIRST_SEED COUNT [INSTRUCTIONS] > more.jsonl`
//!
//! What they expect is what this crate gives. `kernel/tests/vectors/README.md` says how to read them.

use std::{env, error::Error, io::Write};

use serde_json::{json, Value};
use touchstone_kernel::{
    generate::{generate, Generated, Random},
    Kernel, Slices, Step, HEADER_BYTES,
};

/// Kernels that may burn more are left out: a slow implementation should get through, too.
const MOST_FUEL: u64 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<u64>());
    let (first, count, instructions) = (number(0)?, number(1000)?, number(60)?);
    let mut out = std::io::stdout().lock();
    for seed in first..first.saturating_add(count) {
        let Generated { kernel, params, inputs, invocations } = generate(seed, instructions as usize)?;
        let vector = match seed % 2 {
            0 => vector(seed, &kernel, &params, &inputs, invocations),
            _ => {
                let bytes = changed(seed, kernel.encode());
                match Kernel::decode(&bytes) {
                    Ok(kernel) => vector(seed, &kernel, &params, &inputs, invocations),
                    Err(error) => {
                        let error = format!("{error:?}");
                        let name = error.split([' ', '{']).next();
                        Some(
                            json!({ "name": format!("seed {seed}"), "kernel": text(&bytes), "valid": false, "error": name }),
                        )
                    }
                }
            }
        };
        if let Some(vector) = vector {
            writeln!(out, "{vector}")?;
        }
    }
    Ok(())
}

/// What the kernel gives for these arguments; `None` if it takes too long.
fn vector(seed: u64, kernel: &Kernel, params: &[u32], inputs: &[Vec<u8>], invocations: u32) -> Option<Value> {
    let module = kernel.module();
    if (params.len(), inputs.len()) != (module.params.into(), module.inputs.into()) {
        return Some(json!({ "name": format!("seed {seed}"), "kernel": text(&kernel.encode()), "valid": true }));
    }
    let lengths: Vec<u32> = inputs.iter().map(|input| input.len() as u32).collect();
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let cost = kernel.cost(params, &lengths).ok()?;
    if cost.fuel > MOST_FUEL {
        return None;
    }
    let step = Step::new(kernel, params, &lengths).ok()?;
    let mut cases = Vec::new();
    for invocation in [0, 1, invocations - 1, u32::MAX] {
        let outcome = step.run(invocation, &mut Slices(&slices), cost.fuel).ok()?;
        cases.push(json!([params, invocation, outcome.words, outcome.fuel]));
    }
    Some(json!({
        "name": format!("seed {seed}"),
        "kernel": text(&kernel.encode()),
        "valid": true,
        "inputs": inputs.iter().map(|input| text(input)).collect::<Vec<_>>(),
        "cases": cases,
        "costs": [{ "params": params, "lengths": lengths, "fuel": cost.fuel, "chunks": cost.chunks[..inputs.len()] }],
    }))
}

/// Up to three bytes behind the magic changed, two of three times by little.
fn changed(seed: u64, mut bytes: Vec<u8>) -> Vec<u8> {
    let mut random = Random::new(!seed);
    for _ in 0..=random.below(3) {
        let from = if random.one_in(8) { 4 } else { HEADER_BYTES as u32 };
        let at = (from + random.below(bytes.len() as u32 - from)) as usize;
        bytes[at] = match random.below(3) {
            0 => random.bits() as u8,
            1 => bytes[at] ^ 1 << random.below(8),
            _ => random.below(8) as u8,
        };
    }
    bytes
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
