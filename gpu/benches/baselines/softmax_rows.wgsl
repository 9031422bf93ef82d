const N = P0;
const MULTIPLIER = P1;
const UP = P2;

@group(0) @binding(0) var<storage, read> scores: array<vec4<i32>>;
@group(0) @binding(9) var<storage, read_write> rows: array<u32>;

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
    let row = g * (N / 4);
    var largest = vec4<i32>(-0x80000000);
    for (var i = 0u; i < N / 4; i++) {
        largest = max(largest, scores[row + i]);
    }
    let top = max(max(largest.x, largest.y), max(largest.z, largest.w));
    var sum = 0u;
    for (var i = 0u; i < N / 4; i++) {
        let distance = vec4<u32>(top - scores[row + i]);
        sum += exponential(distance.x) + exponential(distance.y) + exponential(distance.z) + exponential(distance.w);
    }
    rows[g * 2] = u32(top);
    rows[g * 2 + 1] = sum;
}
