const WINDOW = 64u;
@group(0) @binding(0) var<storage, read> values: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> before: array<u32>;
@group(0) @binding(9) var<storage, read_write> prefix: array<vec4<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let start = g * (WINDOW / 4u);
    var sum = 0u;
    if g != 0u {
        sum = before[g - 1u];
    }
    for (var i = 0u; i < WINDOW / 4u; i++) {
        var four = values[start + i];
        four.x += sum;
        four.y += four.x;
        four.z += four.y;
        four.w += four.z;
        prefix[start + i] = four;
        sum = four.w;
    }
}
