use crate::{bytes, noise, Arguments, Example};

/// The sums over whole blocks, and those of all blocks before each.
fn example(shows: &'static str, values: Vec<u32>, before: Vec<u32>) -> Example {
    let mut output = Vec::new();
    for (block, values) in values.chunks(64).enumerate() {
        let mut sum = if block == 0 { 0 } else { before[block - 1] };
        for at in 0..64 {
            sum = sum.wrapping_add(*values.get(at).unwrap_or(&0));
            output.push(sum);
        }
    }
    let invocations = output.len() as u32 / 64;
    let inputs = vec![bytes(values), bytes(before)];
    Example { shows, arguments: Arguments { params: vec![], inputs, invocations }, output }
}

pub(crate) fn examples() -> Vec<Example> {
    vec![
        example("one block, which needs no other sums", (1..=64).collect(), vec![77]),
        example("blocks on top of others, the last not full", noise(70, 64 * 6 + 2), noise(71, 6)),
    ]
}

pub(crate) fn work() -> Arguments {
    let blocks = 1 << 17;
    let inputs = vec![bytes(noise(72, 64 * blocks)), bytes(noise(73, blocks))];
    Arguments { params: vec![], inputs, invocations: blocks as u32 }
}
