//! Whatever the bytes: no panic, one encoding, and no more work or reading than the static bounds say.

use codec::Decode;
use proptest::{collection::vec, prelude::*};
use touchstone_equality::Case;
use touchstone_kernel::{generate::generate, limits::*, open, root, verify, ChunkRange, Instr, Kernel, Opening, CHUNK};

use crate::{common::*, reference};

/// Whatever validates is canonical, and runs inside its bounds.
fn check(bytes: &[u8], params: &[u32], inputs: &[Vec<u8>]) -> bool {
    let Ok(kernel) = Kernel::decode(bytes) else {
        assert!(reference::Program::decode(bytes).is_err());
        return false;
    };
    let params: Vec<u32> = params.iter().cycle().copied().take(kernel.module().params.into()).collect();
    let inputs: Vec<Vec<u8>> = inputs.iter().cycle().take(kernel.module().inputs.into()).cloned().collect();
    let case = Case { kernel: bytes.to_vec(), params, inputs, invocations: vec![5] };
    match kernel.cost(&case.params, &case.lengths()) {
        // Bounded so that the slow reference ends soon, too.
        Ok(cost) if cost.fuel >= 200_000 => drop(try_run(&kernel, &case.params, &case.inputs, 5, 20_000)),
        _ => drop(case.check(None).unwrap_or_else(|difference| panic!("{difference}"))),
    }
    true
}

/// A mutation of one instruction that has a chance to be lawful.
#[derive(Clone, Debug)]
struct Change {
    at: prop::sample::Index,
    what: u8,
    value: u8,
}

fn change() -> impl Strategy<Value = Change> {
    (any::<prop::sample::Index>(), 0..9u8, any::<u8>()).prop_map(|(at, what, value)| Change { at, what, value })
}

fn apply(code: &mut Vec<Instr>, change: &Change) {
    let at = change.at.index(code.len());
    let other = code[usize::from(change.value) % code.len()];
    match change.what {
        0 => code[at].op = change.value,
        1 => code[at].d = change.value % 8,
        2 => code[at].a = change.value % 8,
        3 => code[at].b = change.value % 8,
        4 => code[at].imm = change.value.into(),
        5 => code[at].imm ^= 1 << (change.value % 32),
        6 => code[at] = other,
        7 => code.insert(at, other),
        _ => {
            if code.len() > 1 {
                code.remove(at);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..400)) {
        check(&bytes, &[], &[]);
    }

    #[test]
    fn random_code_behind_a_lawful_header_never_panics(
        code in vec((0..0x5Au8, 0..2u8, 0..4u8, 0..4u8, 0..3u8, 0..20u32), 1..12),
    ) {
        let code = code.into_iter().map(|(op, immediate, d, a, b, imm)| Instr { op: op | immediate << 7, d, a, b, imm });
        check(&module(code.collect()).encode(), &[4, 7], &inputs());
    }

    #[test]
    fn kernels_with_changed_bytes_never_panic(
        seed in 0..500u64,
        size in 1..80usize,
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (kernel, params, inputs, _) = generate(seed, size);
        let mut bytes = kernel.encode();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        check(&bytes, &params, &inputs);
    }

    #[test]
    fn kernels_with_changed_instructions_stay_in_their_bounds(
        seed in 0..500u64,
        size in 1..80usize,
        changes in vec(change(), 1..4),
    ) {
        let (kernel, params, inputs, _) = generate(seed, size);
        let mut module = kernel.module().clone();
        for change in &changes {
            apply(&mut module.code, change);
        }
        check(&module.encode(), &params, &inputs);
    }

    #[test]
    fn random_bytes_are_never_an_opening(bytes in vec(any::<u8>(), 0..200), root in any::<[u8; 32]>(), len in any::<u32>()) {
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
                for range in &opening.ranges {
                    for index in range.first..range.first + range.count {
                        prop_assert_eq!(opened.chunk(index), bytes.chunks(CHUNK).nth(index as usize));
                    }
                }
                // There is one opening of a set of chunks.
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
            // A whole different shape.
            opening.ranges = vec![ChunkRange { first: 0, count: value % 40 }];
        }
        _ => {}
    }
}

#[test]
fn enough_of_the_mutated_kernels_are_lawful() {
    // Otherwise the property above would say little.
    let lawful = (0..1000u64).filter(|seed| {
        let (kernel, params, inputs, _) = generate(*seed, 40);
        let mut bytes = kernel.encode();
        let at = bytes.len() - 4 * kernel.module().constants.len() - 8 * (1 + *seed as usize % 20);
        bytes[at + 2] ^= 1;
        check(&bytes, &params, &inputs)
    });
    let lawful = lawful.count();
    assert!(lawful > 200, "only {lawful} of 1000");
}

#[test]
fn a_kernel_of_the_largest_size_is_checked_in_one_pass() {
    // 64 deep, over and over, up to the last instruction.
    let mut code = Vec::new();
    while code.len() + 128 <= MAX_INSTRUCTIONS {
        let start = code.len() as u32;
        code.extend((0..64).map(|at| i(Block, 0, 0, 0, start + 127 - at)));
        code.extend((0..64).map(|_| i(End, 0, 0, 0, 0)));
    }
    let bytes = module(code).encode();
    assert!(check(&bytes, &[0, 0], &inputs()));
}
