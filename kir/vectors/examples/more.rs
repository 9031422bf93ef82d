//! Prints random kernels in the format of the test vectors, for authors of other implementations. Every second one has
//! a few changed bytes, and most of these are no longer kernels.
//!
//! `cargo run --profile ci -p touchstone-vectors --example more -- FIRST_SEED COUNT [INSTRUCTIONS] > more.jsonl`
//!
//! The expected results are those of the judge. `kir/vectors/data/README.md` says how to read them.

use std::{env, error::Error, io::Write};

use touchstone_generate::{generate, Generated, Random};
use touchstone_kir::{Kernel, Slices, Step, HEADER_BYTES};
use touchstone_vectors::{rule, CaseLine, CostLine, Line};

/// Kernels that may burn more are left out, so that a slow implementation can run all of them.
const MOST_FUEL: u64 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut number = |default| arguments.next().map_or(Ok(default), |text| text.parse::<u64>());
    let (first, count, instructions) = (number(0)?, number(1000)?, number(60)?);
    let mut out = std::io::stdout().lock();
    for seed in first..first.saturating_add(count) {
        let generated = generate(seed, instructions as usize)?;
        let line = match seed % 2 {
            0 => valid(&generated),
            _ => {
                let bytes = changed(seed, generated.kernel.encode());
                match Kernel::decode(&bytes) {
                    Ok(kernel) => valid(&Generated { kernel, ..generated }),
                    Err(error) => {
                        let (kernel, error) = (Some(bytes.into()), Some(rule(error)));
                        Some(Line { kernel, valid: Some(false), error, ..Line::default() })
                    }
                }
            }
        };
        if let Some(line) = line {
            let line = Line { name: format!("seed {seed}"), ..line };
            writeln!(out, "{}", serde_json::to_value(line)?)?;
        }
    }
    Ok(())
}

/// The line of a kernel, with results if its arguments fit; `None` if that takes too long.
fn valid(Generated { kernel, params, inputs, invocations }: &Generated) -> Option<Line> {
    let (module, encoding, hash) = (kernel.module(), kernel.encode(), kernel.hash());
    let line = Line { kernel: Some(encoding.into()), valid: Some(true), hash: Some(hash.into()), ..Line::default() };
    if (params.len(), inputs.len()) != (module.params.into(), module.inputs.into()) {
        return Some(line);
    }
    let lengths: Vec<u32> = inputs.iter().map(|input| input.len() as u32).collect();
    let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let cost = kernel.cost(params, &lengths).ok().filter(|cost| cost.fuel <= MOST_FUEL)?;
    let step = Step::new(kernel, params, &lengths).ok()?;
    let cases = [0, 1, invocations - 1, u32::MAX].into_iter().map(|invocation| {
        let execution = step.run(invocation, &mut Slices(&slices), cost.fuel).ok()?;
        let (words, fuel) = (Some(execution.words), Some(execution.fuel));
        Some(CaseLine { params: params.clone(), invocation, words, fuel })
    });
    let cases = cases.collect::<Option<_>>()?;
    let (fuel, chunks) = (Some(cost.fuel), Some(cost.chunks[..inputs.len()].into()));
    let costs = vec![CostLine { params: params.clone(), lengths, fuel, chunks, error: None }];
    Some(Line { inputs: Some(inputs.iter().map(Into::into).collect()), cases, costs, ..line })
}

/// Changes up to three bytes after the magic, two of three times by a small amount.
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
