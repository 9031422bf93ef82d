use crate::{
    arithmetic::mulhi_s,
    bytes,
    layer_norm_rows::{self, Values},
    noise, Arguments, Example,
};

/// One of each for every column.
struct Scale {
    gain: Vec<i32>,
    bias: Vec<i32>,
    shift: u32,
}

impl Scale {
    /// Gains about 1, small biases, results in units of 1/32.
    fn ordinary(n: usize) -> Self {
        let shift = 8;
        let one = (n as f64).sqrt() * f64::from(32 << (4 + shift));
        let around_one = |word: u32| (one * (0.5 + f64::from(word) / f64::from(u32::MAX))) as i32;
        let gain = noise(42, n).into_iter().map(around_one).collect();
        let bias = noise(43, n).into_iter().map(|word| word as i32 >> 20).collect();
        Scale { gain, bias, shift }
    }

    fn words(n: usize, shift: u32) -> Self {
        let signed = |words: Vec<u32>| words.into_iter().map(|word| word as i32).collect();
        Scale { gain: signed(noise(44, n)), bias: signed(noise(45, n)), shift }
    }
}

fn normalised(values: &Values, scale: &Scale) -> Vec<i32> {
    let half = if scale.shift == 0 { 0 } else { 1 << (scale.shift - 1) };
    let mut normalised = Vec::new();
    for (row_values, row) in values.rows() {
        for (column, value) in row_values.iter().enumerate() {
            let unit = mulhi_s((value - row.mean) << row.exponent, row.factor as i32);
            let scaled = mulhi_s(unit, scale.gain[column]).wrapping_add(scale.bias[column]).wrapping_add(half);
            normalised.push((scaled >> scale.shift).clamp(-128, 127));
        }
    }
    normalised
}

fn arguments(values: &Values, scale: &Scale) -> Arguments {
    let words = |words: &[i32]| bytes(words.iter().map(|&word| word as u32));
    let mut arguments = values.arguments();
    arguments.invocations = values.words.len() as u32;
    arguments.params.push(scale.shift);
    arguments.inputs.extend([bytes(values.output()), words(&scale.gain), words(&scale.bias)]);
    arguments
}

pub(crate) fn examples() -> Vec<Example> {
    let scale = |(at, values): (usize, Values)| match at {
        0 => (Scale::ordinary(values.n), values),
        1 => (Scale { gain: vec![i32::MAX; 4], bias: vec![0, 1, -1, 0], shift: 24 }, values),
        2 => (Scale::words(values.n, 31), values),
        _ => (Scale { gain: vec![100; values.n], bias: (0..values.n as i32).collect(), shift: 0 }, values),
    };
    let example = |(scale, values): (Scale, Values)| Example {
        shows: values.shows,
        arguments: arguments(&values, &scale),
        output: normalised(&values, &scale).into_iter().map(|value| value as u32).collect(),
    };
    layer_norm_rows::cases().into_iter().enumerate().map(scale).map(example).collect()
}

pub(crate) fn work() -> Arguments {
    arguments(&Values::ordinary(1 << 12, 768), &Scale::ordinary(768))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_the_nearest_or_the_one_beside_it() {
        let (rows, n) = (32, 768);
        let (values, scale) = (Values::ordinary(rows, n), Scale::ordinary(n));
        let one = (n as f64).sqrt() * f64::from(1 << 12);
        let mut worst: f64 = 0.0;
        for (row, got) in values.words.chunks(n).zip(normalised(&values, &scale).chunks(n)) {
            let mean = row.iter().copied().map(f64::from).sum::<f64>() / n as f64;
            let variance = row.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / n as f64;
            for column in 0..n {
                let normal = (f64::from(row[column]) - mean) / variance.sqrt();
                let exact = normal * f64::from(scale.gain[column]) / one + f64::from(scale.bias[column]) / 256.0;
                worst = worst.max((exact.clamp(-128.0, 127.0) - f64::from(got[column])).abs());
            }
        }
        println!("results are wrong by at most {worst:.3} units, of which 0.5 is rounding");
        assert!((0.4..0.6).contains(&worst), "{worst}");
    }
}
