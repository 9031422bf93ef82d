const N = P0;
const SHIFT = P1;

struct Row {
    mean: i32,
    exponent: u32,
    factor: i32,
}

@group(0) @binding(0) var<storage, read> values: array<i32>;
@group(0) @binding(1) var<storage, read> rows: array<Row>;
@group(0) @binding(2) var<storage, read> gain: array<i32>;
@group(0) @binding(3) var<storage, read> bias: array<i32>;
@group(0) @binding(9) var<storage, read_write> normalised: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let row = rows[g / N];
    let column = g % N;
    let u = mulhi_s((values[g] - row.mean) << row.exponent, row.factor);
    let half = (1i << SHIFT) >> 1u;
    let scaled = (mulhi_s(u, gain[column]) + bias[column] + half) >> SHIFT;
    normalised[g] = clamp(scaled, -128, 127);
}
