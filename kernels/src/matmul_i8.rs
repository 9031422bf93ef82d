use crate::{
    arithmetic::{packed, Requantised},
    bytes, noise, Arguments, Example,
};
use touchstone_generate::Random;

/// Values of which a quarter are the extremes, where products are largest.
fn int8(random: &mut Random, count: usize) -> Vec<i8> {
    let value = |random: &mut Random| match random.below(8) {
        0 => -128,
        1 => 127,
        _ => random.bits() as i8,
    };
    (0..count).map(|_| value(random)).collect()
}

/// C = A·B + bias for A of `rows` × `depth` and B of `depth` × `columns`, B given transposed.
struct Product {
    rows: usize,
    columns: usize,
    depth: usize,
    a: Vec<i8>,
    b_transposed: Vec<i8>,
    bias: Vec<u32>,
}

impl Product {
    fn random(seed: u64, rows: usize, columns: usize, depth: usize) -> Self {
        let mut random = Random::new(seed);
        Product {
            rows,
            columns,
            depth,
            a: int8(&mut random, rows * depth),
            b_transposed: int8(&mut random, columns * depth),
            bias: (0..columns).map(|_| random.word()).collect(),
        }
    }

    fn accumulators(&self) -> Vec<i32> {
        let element = |row: usize, column: usize| {
            let products = (0..self.depth).map(|k| {
                i32::from(self.a[row * self.depth + k]) * i32::from(self.b_transposed[column * self.depth + k])
            });
            products.fold(self.bias[column] as i32, i32::wrapping_add)
        };
        (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| element(row, column))).collect()
    }

    fn example(&self, shows: &'static str, scale: Scale) -> Example {
        Example {
            shows,
            arguments: Arguments {
                params: scale.params(self.columns, self.depth),
                inputs: vec![bytes(packed(&self.a)), bytes(packed(&self.b_transposed)), bytes(self.bias.clone())],
                invocations: (self.rows * self.columns) as u32,
            },
            output: self.accumulators().into_iter().map(|acc| scale.apply(acc) as u32).collect(),
        }
    }
}

/// How an accumulator becomes a result.
#[derive(Clone, Copy)]
enum Scale {
    Raw,
    Int8(Requantised),
}

impl Scale {
    fn params(self, columns: usize, depth: usize) -> Vec<u32> {
        let (multiplier, shift, relu, raw) = match self {
            Scale::Raw => (0, 0, false, true),
            Scale::Int8(Requantised { multiplier, shift, relu }) => (multiplier, shift, relu, false),
        };
        vec![columns as u32, depth as u32 / 4, multiplier as u32, shift, relu.into(), raw.into()]
    }

    fn apply(self, acc: i32) -> i32 {
        match self {
            Scale::Raw => acc,
            Scale::Int8(scale) => scale.apply(acc).into(),
        }
    }
}

pub(crate) fn examples() -> Vec<Example> {
    let raw = [(2, 3, 5, 64), (3, 4, 2, 304), (4, 2, 3, 1040)];
    let raw = raw.map(|(seed, rows, columns, depth)| Product::random(seed, rows, columns, depth));
    let mut examples: Vec<_> = raw.iter().map(|product| product.example("accumulators", Scale::Raw)).collect();
    let product = Product::random(5, 6, 7, 64);
    for (multiplier, shift, relu) in [
        (1 << 30, 0, false),
        (i32::MAX, 7, false),
        (i32::MAX, 30, true),
        (i32::MIN, 2, false),
        (i32::MIN, 30, false),
        (-1, 0, false),
        (1 << 24, 1, true),
        (123_456_789, 7, true),
    ] {
        let scale = Scale::Int8(Requantised { multiplier, shift, relu });
        examples.push(product.example("requantised", scale));
    }
    examples
}

pub(crate) fn work() -> Arguments {
    let (rows, columns, k_words) = (512, 512, 128);
    Arguments {
        params: vec![columns, k_words, 20_000_000, 3, 0, 0],
        inputs: vec![
            bytes(noise(10, (rows * k_words) as usize)),
            bytes(noise(11, (columns * k_words) as usize)),
            bytes(vec![0; columns as usize]),
        ],
        invocations: rows * columns,
    }
}
