const BLOCK: u32 = 64;

@group(0) @binding(0) var<storage, read> values: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> sums: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let start = g * (BLOCK / 4u);
    var sum = vec4<u32>();
    for (var i = 0u; i < BLOCK / 4u; i++) {
        sum += values[start + i];
    }
    sums[g] = (sum.x + sum.y) + (sum.z + sum.w);
}
