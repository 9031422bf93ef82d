use crate::{bytes, noise, Arguments, Example};

/// For each row of `n` scores, the index of the first maximum; 0 for rows after the end.
fn argmax(scores: &[u32], n: usize, invocations: u32) -> Vec<u32> {
    let score = |at: usize| scores.get(at).map_or(0, |&word| word as i32);
    let first_largest = |row: usize| {
        let largest = (0..n).map(|i| score(row * n + i)).max();
        (0..n).find(|&i| Some(score(row * n + i)) == largest).unwrap_or(0) as u32
    };
    (0..invocations as usize).map(first_largest).collect()
}

fn example(shows: &'static str, scores: Vec<u32>, n: u32, invocations: u32) -> Example {
    let output = argmax(&scores, n as usize, invocations);
    Example { shows, arguments: Arguments { params: vec![n], inputs: vec![bytes(scores)], invocations }, output }
}

pub(crate) fn examples() -> Vec<Example> {
    const MIN: i32 = i32::MIN;
    let edges = [[1, 2, 3, 4, 5], [5; 5], [-3, -1, -1, -2, -9], [MIN, MIN, i32::MAX, i32::MAX, 0], [MIN; 5]];
    let edges: Vec<u32> = edges.iter().flatten().map(|&score| score as u32).collect();
    vec![
        example("the first of equals, and zeros behind the end", edges, 5, 6),
        example("long rows", noise(7, 4 * 1000), 1000, 4),
        example("rows of two", noise(8, 70), 2, 35),
    ]
}

pub(crate) fn work() -> Arguments {
    let (rows, n) = (1 << 18, 64);
    Arguments { params: vec![n], inputs: vec![bytes(noise(9, (rows * n) as usize))], invocations: rows }
}
