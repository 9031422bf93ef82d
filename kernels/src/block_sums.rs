use crate::{bytes, noise, Arguments, Example};

fn example(shows: &'static str, values: Vec<u32>) -> Example {
    let sum = |block: &[u32]| block.iter().fold(0, |sum: u32, value| sum.wrapping_add(*value));
    let output: Vec<u32> = values.chunks(64).map(sum).collect();
    let invocations = output.len() as u32;
    Example { shows, arguments: Arguments { params: vec![], inputs: vec![bytes(values)], invocations }, output }
}

pub(crate) fn examples() -> Vec<Example> {
    vec![
        example("consecutive numbers", (0..128).collect()),
        example("sums that wrap, and a last block of three words", noise(60, 64 * 20 + 3)),
    ]
}

pub(crate) fn work() -> Arguments {
    let blocks = 1 << 18;
    Arguments { params: vec![], inputs: vec![bytes(noise(61, 64 * blocks))], invocations: blocks as u32 }
}
