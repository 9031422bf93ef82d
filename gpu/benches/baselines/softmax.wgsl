const N = P0;
const MULTIPLIER = P1;
const UP = P2;
const BITS = P3;

struct Row {
    largest: i32,
    sum: u32,
}

@group(0) @binding(0) var<storage, read> scores: array<i32>;
@group(0) @binding(1) var<storage, read> rows: array<Row>;
@group(0) @binding(9) var<storage, read_write> probabilities: array<u32>;

fn exponential(distance: u32) -> u32 {
    let t = mulhi_u(min(distance, 0xffffffffu >> UP) << UP, MULTIPLIER);
    let halvings = t / 2839;
    let rest = t - halvings * 2839;
    let base = 5541 - rest;
    return (base * base + 16098639) >> min(9 + halvings, 31u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let row = rows[g / N];
    let e = exponential(u32(row.largest - scores[g]));
    let probability = ((e << BITS) + row.sum / 2) / row.sum;
    probabilities[g] = min(probability, (1u << BITS) - 1);
}
