//! Decodes any bytes as a kernel and checks: no panic; one encoding per kernel; the judge and the reference accept the
//! same kernels and compute the same static bounds; and an execution stays within them and has the result of the
//! reference.
//!
//! The first eight bytes are a seed of the arguments, the rest is the encoding. Every second change is one that a
//! kernel may survive: see [`touchstone_equality::mutate`].

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use touchstone_equality::{mutate, Case};
use touchstone_generate::Random;

fuzz_target!(|data: &[u8]| {
    let Some((seed, encoding)) = data.split_first_chunk::<8>() else { return };
    let case = Case::hostile(encoding.to_vec(), u64::from_le_bytes(*seed));
    if let Err(difference) = case.check_within(20_000, None) {
        panic!("{difference}\n{}", case.to_line("fuzz"));
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random::new(seed.into());
    match data[..size].split_first_chunk::<8>() {
        Some((arguments, encoding)) if !random.one_in(4) => {
            // Without an input to mutate: a generated kernel.
            let base = match random.one_in(64) || encoding.len() < 24 {
                true => Case::generate(random.bits(), 1 + random.below(64) as usize).kernel,
                false => encoding.to_vec(),
            };
            let changed = [arguments.as_slice(), &mutate(&base, &mut random)].concat();
            let length = changed.len().min(max_size);
            data[..length].copy_from_slice(&changed[..length]);
            length
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
});
