use crate::{
    bytes,
    softmax_rows::{self, Scores},
    Arguments, Example,
};

/// The probability of each score, with `bits` fractional bits.
fn probabilities(scores: &Scores, bits: u32) -> Vec<u32> {
    let of_row = |row: &[i32]| {
        let (largest, sum) = scores.largest_and_sum(row);
        let probability = |&score: &i32| {
            let e = u64::from(scores.scale.exponential(largest.abs_diff(score)));
            let nearest = ((e << bits) + u64::from(sum) / 2) / u64::from(sum);
            nearest.min((1 << bits) - 1) as u32
        };
        row.iter().map(probability).collect::<Vec<_>>()
    };
    scores.rows().flat_map(of_row).collect()
}

fn arguments(scores: &Scores, bits: u32) -> Arguments {
    let mut arguments = scores.arguments();
    arguments.invocations = scores.words.len() as u32;
    arguments.params.push(bits);
    arguments.inputs.push(bytes(scores.output()));
    arguments
}

pub(crate) fn examples() -> Vec<Example> {
    let bits = [7, 15, 8, 15, 1];
    let example = |(scores, bits): (Scores, u32)| Example {
        shows: scores.shows,
        arguments: arguments(&scores, bits),
        output: probabilities(&scores, bits),
    };
    softmax_rows::cases().into_iter().zip(bits).map(example).collect()
}

pub(crate) fn work() -> Arguments {
    arguments(&Scores::ordinary(1 << 12, 512), 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_within_two_thousandths() {
        let scores = Scores::ordinary(64, 128);
        let got = probabilities(&scores, 15);
        let mut worst: f64 = 0.0;
        for (row, got) in scores.rows().zip(got.chunks(scores.n)) {
            // One is 2⁻⁸.
            let weights: Vec<f64> = row.iter().map(|&score| (f64::from(score) / 256.0).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for (weight, got) in weights.iter().zip(got) {
                worst = worst.max((weight / sum - f64::from(*got) / 32768.0).abs());
            }
            let total: u32 = got.iter().sum();
            assert!(total.abs_diff(32768) <= scores.n as u32 / 2, "rounded probabilities add up to {total}");
        }
        println!("probabilities are wrong by at most {worst:.6}");
        assert!((0.00005..0.002).contains(&worst), "{worst}");
    }
}
