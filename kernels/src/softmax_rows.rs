use crate::{arithmetic::mulhi, bytes, noise, Arguments, Example};

/// What one in the integers of the scores is worth: `multiplier·2^(up − 44)`.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub multiplier: u32,
    pub up: u32,
}

impl Scale {
    #[cfg(test)]
    fn real(self) -> f64 {
        f64::from(self.multiplier) * f64::from(self.up as i32 - 44).exp2()
    }

    /// 91408·exp(−distance), nearly: I-BERT's integer exponential (Kim et al. 2021, algorithm 2) with 12 fractional
    /// bits.
    pub(crate) fn exponential(self, distance: u32) -> u32 {
        const LN_2: u32 = 2839;
        let most = u32::MAX >> self.up;
        let t = mulhi(distance.min(most) << self.up, self.multiplier);
        let (halvings, rest) = (t / LN_2, i64::from(t % LN_2));
        let polynomial = (rest - 5541).pow(2) + 16_098_639;
        (polynomial >> (9 + halvings).min(31)) as u32
    }
}

/// Rows of scores.
pub(crate) struct Scores {
    pub shows: &'static str,
    pub n: usize,
    pub scale: Scale,
    pub words: Vec<i32>,
}

impl Scores {
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[i32]> {
        self.words.chunks(self.n)
    }

    pub(crate) fn largest_and_sum(&self, row: &[i32]) -> (i32, u32) {
        let largest = row.iter().copied().max().unwrap_or(0);
        let sum = row.iter().map(|score| self.scale.exponential(largest.abs_diff(*score))).fold(0, u32::wrapping_add);
        (largest, sum)
    }

    /// The output of this kernel, the second input of softmax.
    pub(crate) fn output(&self) -> Vec<u32> {
        let of_row = |row| {
            let (largest, sum) = self.largest_and_sum(row);
            [largest as u32, sum]
        };
        self.rows().flat_map(of_row).collect()
    }

    pub(crate) fn arguments(&self) -> Arguments {
        Arguments {
            params: vec![self.n as u32, self.scale.multiplier, self.scale.up],
            inputs: vec![bytes(self.words.iter().map(|&score| score as u32))],
            invocations: (self.words.len() / self.n) as u32,
        }
    }

    /// Scores of attention: `rows` of `n`, about ±8 in real numbers.
    pub(crate) fn ordinary(rows: usize, n: usize) -> Self {
        let words = noise(30, rows * n).into_iter().map(|word| word as i32 >> 20).collect();
        Scores { shows: "ordinary scores", n, scale: Scale { multiplier: 1 << 31, up: 5 }, words }
    }
}

pub(crate) fn cases() -> Vec<Scores> {
    const MIN: i32 = i32::MIN;
    const MAX: i32 = i32::MAX;
    let edges = [[5, 5, 5, 5], [MIN, MAX, MIN, MAX], [0, -1, -2, -3], [MIN; 4], [-7, -7, MAX, -7], [0, 0, 0, MIN]];
    let fine = noise(31, 6 * 64).into_iter().map(|word| word as i32 >> 9).collect();
    let coarse = noise(32, 5 * 12).into_iter().map(|word| word as i32 >> 29).collect();
    vec![
        Scores::ordinary(5, 64),
        Scores {
            shows: "the limits of i32, and equal scores",
            n: 4,
            scale: Scale { multiplier: 1 << 31, up: 11 },
            words: edges.concat(),
        },
        Scores { shows: "fine scores", n: 64, scale: Scale { multiplier: 3 << 23, up: 0 }, words: fine },
        Scores { shows: "coarse scores", n: 12, scale: Scale { multiplier: u32::MAX, up: 12 }, words: coarse },
        Scores {
            shows: "everything but the largest is nothing",
            scale: Scale { multiplier: u32::MAX, up: 31 },
            ..Scores::ordinary(2, 1000)
        },
    ]
}

pub(crate) fn examples() -> Vec<Example> {
    let example =
        |scores: Scores| Example { shows: scores.shows, arguments: scores.arguments(), output: scores.output() };
    cases().into_iter().map(example).collect()
}

pub(crate) fn work() -> Arguments {
    Scores::ordinary(1 << 13, 512).arguments()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_within_two_thousandths() {
        for scale in [Scale { multiplier: 1 << 31, up: 1 }, Scale { multiplier: 1 << 20, up: 0 }] {
            let error = |distance: u32| {
                let exact = (-f64::from(distance) * scale.real()).exp();
                (f64::from(scale.exponential(distance)) / 91_408.0 - exact).abs()
            };
            let worst = (0..1 << 16).map(|step| error(step * if scale.up == 0 { 977 } else { 1 })).fold(0.0, f64::max);
            println!("at {} the integer exponential is wrong by at most {worst:.6}", scale.real());
            assert!((0.0005..0.0022).contains(&worst), "{worst}");
        }
    }
}
