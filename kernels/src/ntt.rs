//! The number-theoretic transform modulo [`P`]: the arguments of its steps, and what they compute.

use crate::{bytes, noise, Arguments, Example};

/// The prime 119·2²³ + 1.
pub const P: u32 = 998_244_353;
/// It generates all other numbers modulo P.
const GENERATOR: u32 = 3;

/// a·b mod P.
pub fn product(a: u32, b: u32) -> u32 {
    (u64::from(a) * u64::from(b) % u64::from(P)) as u32
}

fn power(base: u32, exponent: u32) -> u32 {
    let square = |exponent| {
        let root = power(base, exponent / 2);
        product(root, root)
    };
    match exponent {
        0 => 1,
        odd if odd % 2 == 1 => product(square(odd), base),
        even => square(even),
    }
}

/// ⌊f·2³² / P⌋, by which a product with f is taken without a division.
fn quotient(f: u32) -> u32 {
    ((u64::from(f) << 32) / u64::from(P)) as u32
}

fn row(factors: [u32; 4]) -> impl Iterator<Item = u32> {
    factors.into_iter().chain(factors.map(quotient))
}

/// The arguments of all steps of a transform or of its inverse, except for the values.
#[derive(Clone, Debug)]
pub struct Transform {
    /// Parameters of each step.
    pub steps: Vec<[u32; 4]>,
    /// Input 1 of all steps but the last.
    pub factors: Vec<u32>,
    /// Input 1 of the last step.
    pub last_factors: Vec<u32>,
}

impl Transform {
    /// Of 2^`bits` values, `bits` from 4 to 23.
    pub fn forward(bits: u32) -> Self {
        Self::by(bits, root(bits), 1)
    }

    /// The inverse of [`forward`](Self::forward).
    pub fn inverse(bits: u32) -> Self {
        Self::by(bits, inverse(root(bits)), inverse(1 << bits))
    }

    fn by(bits: u32, w: u32, scale: u32) -> Self {
        let root4 = power(w, 1 << (bits - 2));
        let params = |log_m| [log_m, 2.min(bits - log_m), root4, quotient(root4)];
        let rows = std::iter::successors(Some(1), |power| Some(product(*power, w))).take(1 << (bits - 2));
        Transform {
            steps: (0..bits).step_by(2).map(params).collect(),
            factors: rows.flat_map(|t| row([1, t, product(t, t), product(t, product(t, t))])).collect(),
            last_factors: row([scale; 4]).collect(),
        }
    }
}

/// A primitive root of unity of order 2^bits.
fn root(bits: u32) -> u32 {
    power(GENERATOR, (P - 1) >> bits)
}

fn inverse(x: u32) -> u32 {
    power(x, P - 2)
}

/// The sum that the head of the kernel gives, times `scale`.
fn step(x: &[u32], log_m: u32, radix_bits: u32, w: u32, scale: u32) -> Vec<u32> {
    let (n, m, r) = (x.len(), 1 << log_m, 1 << radix_bits);
    let mut y = vec![0; n];
    for j in 0..n / (r * m) {
        for k in 0..m {
            for e in 0..r {
                let term = |v: usize| product(power(w, (e * v * n / r) as u32), x[k + m * j + v * n / r]);
                let sum = (0..r).map(term).fold(0, |sum, term| (sum + term) % P);
                y[k + m * (r * j + e)] = product(scale, product(power(w, (e * j * m) as u32), sum));
            }
        }
    }
    y
}

fn values(seed: u64, bits: u32) -> Vec<u32> {
    noise(seed, 1 << bits).into_iter().map(|word| word % P).collect()
}

fn example(shows: &'static str, values: Vec<u32>, log_m: u32, is_inverse: bool) -> Example {
    let bits = values.len().ilog2();
    let (transform, w, scale) = if is_inverse {
        (Transform::inverse(bits), inverse(root(bits)), inverse(1 << bits))
    } else {
        (Transform::forward(bits), root(bits), 1)
    };
    let params = transform.steps[log_m as usize / 2];
    let (factors, scale) =
        if log_m + params[1] == bits { (transform.last_factors, scale) } else { (transform.factors, 1) };
    Example {
        shows,
        output: step(&values, log_m, params[1], w, scale),
        arguments: Arguments {
            params: params.to_vec(),
            invocations: values.len() as u32 / 4,
            inputs: vec![bytes(values), bytes(factors)],
        },
    }
}

pub(crate) fn examples() -> Vec<Example> {
    let edges = [0, 1, P - 1, P - 1, P - 1, P / 2, P - 2, 0, P - 1, 2, P - 1, 0, 3, P - 1, 1, P - 1].to_vec();
    vec![
        example("the first step of 16 values, 0 and p - 1 among them", edges.clone(), 0, false),
        example("the last step of 16 values", edges, 2, false),
        example("the first step of many", values(80, 9), 0, true),
        example("a step in the middle", values(81, 9), 4, false),
        example("the step that takes one bit and scales the inverse", values(82, 9), 8, true),
    ]
}

pub(crate) fn work() -> Arguments {
    let bits = 20;
    let transform = Transform::forward(bits);
    Arguments {
        params: transform.steps[5].to_vec(),
        inputs: vec![bytes(values(83, bits)), bytes(transform.factors)],
        invocations: 1 << (bits - 2),
    }
}
