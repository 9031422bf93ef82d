use crate::{bytes, noise, Arguments, Example};

/// The result of this kernel for a row.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub mean: i32,
    /// Left shift after which the farthest value from the mean has 31 bits.
    pub exponent: u32,
    /// Turns a shifted difference from the mean into one of a vector of length 1, 28 fractional bits.
    pub factor: u32,
}

impl Row {
    /// After I-BERT (Kim et al. 2021, section 3.6), on differences brought to a common length.
    fn of(values: &[i32]) -> Row {
        let n = values.len() as i64;
        let sum: i64 = values.iter().copied().map(i64::from).sum();
        let mean = (sum + sum.signum() * (n / 2)) / n;
        let differences = || values.iter().map(|&value| i64::from(value) - mean);
        let spread = differences().map(i64::abs).max().unwrap_or(0) as u32;
        let exponent = spread.leading_zeros().max(1) - 1;
        // Of so many bits, n squares add up to 32.
        let bits = (n - 1).ilog2() + 1;
        let headroom = 16 - bits.div_ceil(2);
        let squares: i64 = differences().map(|difference| ((difference << exponent) >> (31 - headroom)).pow(2)).sum();
        let root = squares.isqrt().max(1);
        let factor = ((1 << 31) / root) << (headroom - 2);
        Row { mean: mean as i32, exponent, factor: factor as u32 }
    }
}

/// Rows to normalise.
pub(crate) struct Values {
    pub shows: &'static str,
    pub n: usize,
    pub words: Vec<i32>,
}

impl Values {
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&[i32], Row)> {
        self.words.chunks(self.n).map(|values| (values, Row::of(values)))
    }

    /// The output of this kernel, the second input of layer_norm.
    pub(crate) fn output(&self) -> Vec<u32> {
        self.rows().flat_map(|(_, row)| [row.mean as u32, row.exponent, row.factor]).collect()
    }

    pub(crate) fn arguments(&self) -> Arguments {
        Arguments {
            params: vec![self.n as u32],
            inputs: vec![bytes(self.words.iter().map(|&value| value as u32))],
            invocations: (self.words.len() / self.n) as u32,
        }
    }

    /// Sums of four numbers of 16 bits, off centre: a bell.
    pub(crate) fn ordinary(rows: usize, n: usize) -> Self {
        let bell = |four: &[u32]| four.iter().map(|&word| (word >> 16) as i32).sum::<i32>() - 100_000;
        let words = noise(40, 4 * rows * n).chunks(4).map(bell).collect();
        Values { shows: "ordinary values", n, words }
    }
}

pub(crate) fn cases() -> Vec<Values> {
    let far = (1 << 30) - 1;
    let edges = [
        [7, 7, 7, 7],
        [0, 0, 0, 1],
        [-1, 0, 0, 0],
        [far, -far, far, -far],
        [far, 0, 0, -far],
        [1, 2, 3, 4],
        [-1, -2, -3, -4],
        [far, far, -far, -far],
        [5, -5, 0, 0],
    ];
    let small = noise(41, 7 * 1000).into_iter().map(|word| word as i32 >> 28).collect();
    let one = (0..3 * 16).map(|at| if at % 16 == 5 { at << 20 } else { 0 }).collect();
    vec![
        Values::ordinary(4, 768),
        Values { shows: "equal values, large ones, halves", n: 4, words: edges.concat() },
        Values { shows: "small values", n: 1000, words: small },
        Values { shows: "one value, and zeros", n: 16, words: one },
    ]
}

pub(crate) fn examples() -> Vec<Example> {
    let example =
        |values: Values| Example { shows: values.shows, arguments: values.arguments(), output: values.output() };
    cases().into_iter().map(example).collect()
}

pub(crate) fn work() -> Arguments {
    Values::ordinary(1 << 12, 768).arguments()
}
