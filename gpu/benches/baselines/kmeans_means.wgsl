const D_WORDS = P0;
const RANGES = P1;
const SUMS_WORDS = P2;

@group(0) @binding(0) var<storage, read> sums: array<vec4<i32>>;
@group(0) @binding(1) var<storage, read> centroids: array<u32>;
@group(0) @binding(9) var<storage, read_write> means: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let record = D_WORDS + 1;
    let label = g / D_WORDS;
    let word = g % D_WORDS;
    let block = label * RANGES * record;
    var sum = vec4<i32>(0);
    var count = 0;
    var at = block;
    for (var range = 0u; range < RANGES; range++) {
        sum += sums[at + word];
        count += sums[at + D_WORDS].x;
        at += record;
    }
    if count == 0 {
        means[g] = centroids[g];
        return;
    }
    let half = vec4<i32>(count / 2);
    means[g] = pack4xI8((sum + select(half, -half, sum < vec4<i32>(0))) / count);
}
