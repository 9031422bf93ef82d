// layer_norm: rows normalised to mean 0 and deviation 1, with gain and bias, requantised; the second of two steps,
// after layer_norm_rows
//
// input 0   values x, i32, row-major, n words per row: as layer_norm_rows read them
// input 1   rows: what layer_norm_rows gave for these values: mean (i32), exponent (u32) and factor (u32) of each row
// input 2   gain, i32, one word for each of the n columns
// input 3   bias, i32, one word for each column
// output    i32, row-major: WINDOW = 1, invocation g answers for value g, in column g % n, with
//               clamp((mulhi_s(u, gain) + bias + half) >> shift, −128, 127)
//           where u = mulhi_s((x − mean) << exponent, factor), half = shift == 0 ? 0 : 1 << (shift - 1), and the shift is
//           arithmetic
//
// u is (x − mean) / √Σ(x − mean)² with 28 fractional bits: normalised x divided by √n. So for γ and β of the real
// function and results that count in units of S,
//     gain = γ·√n / S·2^(4 + shift),   bias = β / S·2^shift

const WINDOW: u32 = 1;

struct Params {
    n: u32,
    shift: u32, // 0 … 31
}

struct Row {
    mean: i32,
    exponent: u32,
    factor: i32,
}

@group(0) @binding(0) var<storage, read> values: array<i32>;
@group(0) @binding(1) var<storage, read> rows: array<Row>;
@group(0) @binding(2) var<storage, read> gain: array<i32>;
@group(0) @binding(3) var<storage, read> bias: array<i32>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> normalised: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = rows[id.x / params.n];
    let column = id.x % params.n;
    let u = mulhi_s((values[id.x] - row.mean) << row.exponent, row.factor);
    let half = select(1i << (params.shift - 1), 0, params.shift == 0);
    let scaled = (mulhi_s(u, gain[column]) + bias[column] + half) >> params.shift;
    normalised[id.x] = clamp(scaled, -128, 127);
}
