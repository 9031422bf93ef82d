use crate::{bytes, noise, Arguments, Example};

/// Packs the low bytes of each four values, the first into the lowest byte; values after the end count as 0.
fn pack(values: &[u32], invocations: u32) -> Vec<u32> {
    let low = |at: usize| values.get(at).map_or(0, |value| *value as u8);
    (0..invocations as usize).map(|word| u32::from_le_bytes([0, 1, 2, 3].map(|lane| low(4 * word + lane)))).collect()
}

fn example(shows: &'static str, values: Vec<u32>, invocations: u32) -> Example {
    let output = pack(&values, invocations);
    Example { shows, arguments: Arguments { params: vec![], inputs: vec![bytes(values)], invocations }, output }
}

pub(crate) fn examples() -> Vec<Example> {
    let edges = [1, -2, 127, -128, 0x1ff, 0x100, -1, 0x7fff_ff80].map(|value: i32| value as u32);
    vec![
        example("low bytes in order, and zeros behind the end", edges.to_vec(), 3),
        example("an input that ends inside a word", noise(5, 1001), 252),
    ]
}

pub(crate) fn work() -> Arguments {
    let packed = 1 << 22;
    Arguments { params: vec![], inputs: vec![bytes(noise(6, 4 * packed as usize))], invocations: packed }
}
