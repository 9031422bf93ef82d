use crate::{
    bytes, noise,
    ntt::{product, P},
    Arguments, Example,
};

fn example(shows: &'static str, left: Vec<u32>, right: Vec<u32>) -> Example {
    let invocations = left.len() as u32 / 4;
    let output = left.iter().zip(&right).map(|(a, b)| product(*a, *b)).collect();
    Example {
        shows,
        arguments: Arguments { params: vec![], inputs: vec![bytes(left), bytes(right)], invocations },
        output,
    }
}

fn values(seed: u64, count: usize) -> Vec<u32> {
    noise(seed, count).into_iter().map(|word| word % P).collect()
}

pub(crate) fn examples() -> Vec<Example> {
    const EDGES: [u32; 8] = [0, 1, 2, P - 1, P - 2, P / 2, P / 2 + 1, 1 << 29];
    let pairs = EDGES.iter().flat_map(|a| EDGES.map(|b| (*a, b)));
    let (left, right) = pairs.unzip();
    vec![
        example("all pairs of edges", left, right),
        example("values without a pattern", values(90, 4096), values(91, 4096)),
    ]
}

pub(crate) fn work() -> Arguments {
    let count = 1 << 22;
    Arguments {
        params: vec![],
        inputs: vec![bytes(values(92, count)), bytes(values(93, count))],
        invocations: count as u32 / 4,
    }
}
