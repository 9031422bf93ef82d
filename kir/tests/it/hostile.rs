//! Hostile bytes: no panic, one encoding per kernel, and no more fuel and reads than the static bounds.

use codec::Decode;
use proptest::{collection::vec, prelude::*};
use touchstone_equality::{mutate, Case};
use touchstone_generate::Random;
use touchstone_kir::{limits::*, open, root, verify, ChunkRange, Instr, Opening, CHUNK};

use crate::common::*;

/// Whether these bytes are a kernel. Checks that a kernel has one encoding, and that it runs inside its bounds with the
/// results of the reference.
fn check(bytes: &[u8], seed: u64) -> bool {
    let case = Case::hostile(bytes.to_vec(), seed);
    case.check_within(20_000, None).unwrap_or_else(|difference| panic!("{difference}\n{}", case.to_line("hostile")))
}

/// Mutations of the kernels of these seeds, several of each: mostly not valid, or almost valid.
fn mutated(seeds: std::ops::Range<u64>, variants: u64) -> (usize, usize) {
    let (mut valid, mut all) = (0, 0);
    for seed in seeds {
        let encoding = Case::generate(seed, 1 + seed as usize % 40).kernel;
        let mut random = Random::new(seed);
        let mut variant = encoding.clone();
        for number in 0..variants {
            let next = mutate(&variant, &mut random);
            let is_valid = check(&next, seed ^ number);
            valid += usize::from(is_valid);
            all += 1;
            // Changes accumulate as long as the kernel stays valid.
            variant = if is_valid && number % 16 != 0 { next } else { encoding.clone() };
        }
    }
    (valid, all)
}

#[test]
fn two_hundred_thousand_mutated_kernels_are_refused_or_run_inside_their_bounds() {
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let workers: Vec<_> = (0..threads)
        .map(|thread| {
            let (from, to) = (2000 * thread / threads, 2000 * (thread + 1) / threads);
            std::thread::spawn(move || mutated(from..to, 100))
        })
        .collect();
    let counts: Vec<(usize, usize)> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
    let valid: usize = counts.iter().map(|(valid, _)| valid).sum();
    let all: usize = counts.iter().map(|(_, all)| all).sum();
    println!("{valid} of {all} mutated kernels are valid");
    assert_eq!(all, 200_000);
    // Otherwise the test would show little, about refusals or about executions.
    assert!((40_000..180_000).contains(&valid), "{valid} of {all} are valid");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        check(&bytes, 0);
    }

    #[test]
    fn random_code_after_a_valid_header_never_panics(
        code in vec((0..0x5Au8, 0..2u8, 0..4u8, 0..4u8, 0..3u8, 0..20u32), 1..12),
    ) {
        let instr = |(op, immediate, d, a, b, imm)| Instr { op: op | immediate << 7, d, a, b, imm };
        let code = code.into_iter().map(instr);
        check(&module(code.collect()).encode(), 4);
    }

    #[test]
    fn random_bytes_are_never_an_opening(
        bytes in vec(any::<u8>(), 0..200),
        root in any::<[u8; 32]>(),
        len in any::<u32>(),
    ) {
        if let Ok(opening) = Opening::decode(&mut &bytes[..]) {
            let proves = verify(&opening, &root, len).is_ok() && !opening.ranges.is_empty();
            prop_assert!(!proves);
        }
    }

    #[test]
    fn an_opening_that_verifies_shows_the_true_bytes(
        chunks in 1..40u32,
        short in 0..1023u32,
        set in any::<u64>(),
        lies in vec((0..8u8, any::<prop::sample::Index>(), any::<u32>()), 0..3),
    ) {
        let len = chunks * CHUNK as u32 - short;
        let bytes: Vec<u8> = (0..len).map(|at| (at * 31 + at / 1024) as u8).collect();
        let ranges = ChunkRange::cover((0..chunks).filter(|chunk| set >> (chunk % 64) & 1 == 1));
        let honest = open(&bytes, &ranges).unwrap();
        let mut opening = honest.clone();
        for (what, at, value) in &lies {
            lie(&mut opening, *what, at, *value);
        }
        match verify(&opening, &root(&bytes), len) {
            Ok(opened) => {
                for index in opened.chunks() {
                    prop_assert_eq!(opened.chunk(index), bytes.chunks(CHUNK).nth(index as usize));
                }
                // A set of chunks has exactly one opening.
                prop_assert_eq!(&opening.ranges, &ChunkRange::cover(opened.chunks()));
                if opening.ranges == honest.ranges {
                    prop_assert_eq!(opening, honest);
                }
            }
            Err(_) => prop_assert!(opening != honest),
        }
    }
}

fn lie(opening: &mut Opening, what: u8, at: &prop::sample::Index, value: u32) {
    match what {
        0 if !opening.ranges.is_empty() => {
            let index = at.index(opening.ranges.len());
            opening.ranges[index].first = value % 41;
        }
        1 if !opening.ranges.is_empty() => {
            let index = at.index(opening.ranges.len());
            opening.ranges[index].count = value % 5;
        }
        2 if !opening.data.is_empty() => {
            let index = at.index(opening.data.len());
            opening.data[index] ^= value as u8;
        }
        3 => opening.data.resize(at.index(opening.data.len() + 2048), 0),
        4 if !opening.siblings.is_empty() => {
            let index = at.index(opening.siblings.len());
            opening.siblings[index][value as usize % 32] ^= (value >> 8) as u8;
        }
        5 if !opening.siblings.is_empty() => {
            opening.siblings.remove(at.index(opening.siblings.len()));
        }
        6 => opening.siblings.push([value as u8; 32]),
        7 => {
            // A completely different shape.
            opening.ranges = vec![ChunkRange { first: 0, count: value % 40 }];
        }
        _ => {}
    }
}

#[test]
fn a_kernel_of_the_largest_size_is_checked_in_one_pass() {
    // 64 deep, again and again, up to the last instruction.
    let mut code = Vec::new();
    while code.len() + 128 <= MAX_INSTRUCTIONS {
        let start = code.len() as u32;
        code.extend((0..64).map(|at| i(Block, 0, 0, 0, start + 127 - at)));
        code.extend((0..64).map(|_| i(End, 0, 0, 0, 0)));
    }
    let bytes = module(code).encode();
    assert!(check(&bytes, 0));
}
