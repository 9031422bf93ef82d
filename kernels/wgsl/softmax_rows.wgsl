// softmax_rows: of each row of scores the largest, and the sum of the exponentials; the first of two steps, softmax the
// second
//
// input 0   scores, i32, row-major, n words per row, n a multiple of 4
// output    WINDOW = 2: invocation g answers for row g with its largest score (i32) and with the sum (u32, wrapping) over
//           the row of e(largest − score)
//
// e is the integer exponential of I-BERT (Kim et al. 2021, algorithm 2), e(d) ≈ 91408·exp(−d·S) for d ≥ 0, where S is
// the scale of the scores: one in their integers is S in real numbers. It takes d to fixed point with 12 fractional bits,
// splits off the whole halvings and puts the rest into a polynomial, exp(p) ≈ 0.3585·(p + 1.353)² + 0.344 for
// −ln 2 < p ≤ 0:
//     t = mulhi(min(d, 0xffffffff >> up) << up, multiplier)       d unsigned; t ≈ d·S·2¹²: so S = multiplier·2^(up − 44)
//     halvings = t / 2839,  rest = t % 2839                       2839 = ⌊2¹²·ln 2⌋
//     e(d) = ((5541 − rest)² + 16098639) >> min(9 + halvings, 31) 5541 = ⌊2¹²·1.353⌋, 16098639 = ⌊2²⁴·0.344 / 0.3585⌋
//
// Up to n = 16,384 the sum does not wrap, nor what softmax does with it. One invocation reads its row.

const WINDOW: u32 = 2;

struct Params {
    n: u32,
    multiplier: u32,
    up: u32, // 0 … 31
}

@group(0) @binding(0) var<storage, read> scores: array<vec4<i32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> rows: array<u32>;

fn exponential(distance: u32) -> u32 {
    let t = mulhi(min(distance, 0xffffffffu >> params.up) << params.up, params.multiplier);
    let halvings = t / 2839;
    let rest = t - halvings * 2839;
    let base = 5541 - rest;
    return (base * base + 16098639) >> min(9 + halvings, 31u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x * (params.n / 4);
    var largest = vec4<i32>(-0x80000000);
    for (var i = 0u; i < params.n / 4; i++) {
        largest = max(largest, scores[row + i]);
    }
    let top = max(max(largest.x, largest.y), max(largest.z, largest.w));
    var sum = 0u;
    for (var i = 0u; i < params.n / 4; i++) {
        let distance = vec4<u32>(top - scores[row + i]);
        sum += exponential(distance.x) + exponential(distance.y) + exponential(distance.z) + exponential(distance.w);
    }
    rows[id.x * 2] = u32(top);
    rows[id.x * 2 + 1] = sum;
}
