//! Kernels that are one step of a longer computation: all of its steps, one after the other.

use crate::common::{decoded, interpreted};
use touchstone_kernels::{
    bytes,
    ntt::{product, Transform, P},
    standard, Arguments,
};

/// The output of a step of a standard kernel.
fn step(name: &str, params: &[u32], inputs: &[&[u32]], invocations: usize) -> Vec<u32> {
    let inputs = inputs.iter().map(|words| bytes(words.iter().copied())).collect();
    let arguments = Arguments { params: params.to_vec(), inputs, invocations: invocations as u32 };
    interpreted(&decoded(standard(name).unwrap()), &arguments)
}

/// Words without a pattern.
fn noise(count: u32) -> Vec<u32> {
    (0..count)
        .map(|at| (at ^ 0x5bd1).wrapping_mul(0x9e37_79b9).rotate_left(at % 32).wrapping_mul(0x85eb_ca6b))
        .collect()
}

#[test]
fn the_steps_of_a_sort_sort() {
    for n in [4, 44, 64, 1000] {
        let mut keys = noise(n);
        keys[1] = keys[3];
        let mut expected = keys.clone();
        expected.sort();
        let mut k = 2;
        while k < 2 * n {
            let distances = std::iter::successors(Some(k / 4), |distance| Some(distance / 2));
            for mask in std::iter::once(k - 1).chain(distances.take_while(|distance| *distance > 0)) {
                keys = step("bitonic_step", &[mask], &[&keys], keys.len() / 4);
            }
            k *= 2;
        }
        assert_eq!(keys, expected, "{n}");
    }
}

#[test]
fn sums_of_blocks_up_and_prefix_sums_down_are_all_prefix_sums() {
    for n in [1, 64, 65, 10_000] {
        let mut levels = vec![noise(n)];
        while levels[levels.len() - 1].len() > 64 {
            let values = &levels[levels.len() - 1];
            levels.push(step("block_sums", &[], &[values], values.len().div_ceil(64)));
        }
        let mut sums = vec![0];
        while let Some(values) = levels.pop() {
            sums = step("prefix_sum_step", &[], &[&values, &sums], values.len().div_ceil(64));
        }
        let mut sum = 0u32;
        for (at, value) in noise(n).into_iter().enumerate() {
            sum = sum.wrapping_add(value);
            assert_eq!(sums[at], sum, "{at} of {n}");
        }
    }
}

fn transformed(mut values: Vec<u32>, transform: &Transform) -> Vec<u32> {
    for (at, params) in transform.steps.iter().enumerate() {
        let is_last = at + 1 == transform.steps.len();
        let factors = if is_last { &transform.last_factors } else { &transform.factors };
        values = step("ntt", params, &[&values, factors], values.len() / 4);
    }
    values
}

#[test]
fn the_steps_of_a_transform_make_the_sum_of_its_definition() {
    for bits in [4, 5, 8] {
        let values: Vec<u32> = noise(1 << bits).into_iter().map(|word| word % P).collect();
        let transform = Transform::forward(bits);
        let w = transform.factors[8 + 1];
        let powers: Vec<u32> =
            std::iter::successors(Some(1), |power| Some(product(*power, w))).take(1 << bits).collect();
        let sum = |k: usize| {
            let terms = values.iter().enumerate().map(|(i, value)| product(powers[i * k % (1 << bits)], *value));
            terms.fold(0, |sum, term| (sum + term) % P)
        };
        let expected: Vec<u32> = (0..1 << bits).map(sum).collect();
        assert_eq!(transformed(values, &transform), expected, "2^{bits}");
    }
}

#[test]
fn the_inverse_of_a_product_of_transforms_is_a_convolution() {
    let n = 128;
    let polynomial = |seed| noise(n / 2).into_iter().map(|word| (word ^ seed) % P).chain([0; 64]).collect::<Vec<u32>>();
    let (a, b) = (polynomial(1), polynomial(0x1234_5678));
    let mut expected = vec![0; n as usize];
    for (i, x) in a.iter().enumerate().take(64) {
        for (j, y) in b.iter().enumerate().take(64) {
            expected[i + j] = (expected[i + j] + product(*x, *y)) % P;
        }
    }
    let forward = Transform::forward(7);
    let products = step("ntt_multiply", &[], &[&transformed(a, &forward), &transformed(b, &forward)], n as usize / 4);
    assert_eq!(transformed(products, &Transform::inverse(7)), expected);
}
