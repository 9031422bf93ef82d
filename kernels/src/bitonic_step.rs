use crate::{bytes, noise, Arguments, Example};

fn step(keys: &[u32], mask: usize) -> Vec<u32> {
    let word = |at: usize| match keys.get(at ^ mask) {
        Some(other) if at < at ^ mask => keys[at].min(*other),
        Some(other) => keys[at].max(*other),
        None => keys[at],
    };
    (0..keys.len()).map(word).collect()
}

fn example(shows: &'static str, keys: Vec<u32>, mask: u32) -> Example {
    let invocations = keys.len() as u32 / 4;
    let output = step(&keys, mask as usize);
    Example { shows, arguments: Arguments { params: vec![mask], inputs: vec![bytes(keys)], invocations }, output }
}

pub(crate) fn examples() -> Vec<Example> {
    let edges = vec![0, u32::MAX, 1 << 31, 1 << 31, u32::MAX, 0, 5, 5];
    vec![
        example("neighbours", edges.clone(), 1),
        example("inside four words", edges.clone(), 2),
        example("four words, inwards", edges, 3),
        example("runs, inwards", noise(50, 64), 31),
        example("a distance", noise(51, 64), 8),
        example("partners behind the end, inwards", noise(52, 44), 63),
        example("partners behind the end, at a distance", noise(53, 44), 16),
    ]
}

pub(crate) fn work() -> Arguments {
    let keys = 1 << 23;
    Arguments { params: vec![1 << 10], inputs: vec![bytes(noise(54, keys))], invocations: keys as u32 / 4 }
}
