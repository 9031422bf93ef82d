// softmax: the probabilities of a row of scores, in fixed point; the second of two steps, after softmax_rows
//
// input 0   scores, i32, row-major, n words per row: as softmax_rows read them
// input 1   rows: what softmax_rows gave for these scores, with the same n, multiplier and up: of each row the largest
//           score (i32) and the sum of the exponentials (u32)
// output    probabilities, u32, row-major: WINDOW = 1, invocation g answers for score g with
//               min((e(largest − score)·2^bits + sum / 2) / sum, 2^bits − 1)
//           the nearest number of that many fractional bits, but 1.0 cut off: with bits = 7 an int8 for pack_i8 and
//           matmul_i8
//
// e is the integer exponential of I-BERT (Kim et al. 2021) that softmax_rows defines.

const WINDOW: u32 = 1;

struct Params {
    n: u32,
    multiplier: u32,
    up: u32,   // 0 … 31
    bits: u32, // 0 … 15
}

struct Row {
    largest: i32,
    sum: u32,
}

@group(0) @binding(0) var<storage, read> scores: array<i32>;
@group(0) @binding(1) var<storage, read> rows: array<Row>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> probabilities: array<u32>;

fn exponential(distance: u32) -> u32 {
    let t = mulhi(min(distance, 0xffffffffu >> params.up) << params.up, params.multiplier);
    let halvings = t / 2839;
    let rest = t - halvings * 2839;
    let base = 5541 - rest;
    return (base * base + 16098639) >> min(9 + halvings, 31u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = rows[id.x / params.n];
    let e = exponential(u32(row.largest - scores[id.x]));
    let probability = ((e << params.bits) + row.sum / 2) / row.sum;
    probabilities[id.x] = min(probability, (1u << params.bits) - 1);
}
