@group(0) @binding(0) var<storage, read> values: array<vec4<i32>>;
@group(0) @binding(9) var<storage, read_write> packed: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    packed[g] = pack4xI8(values[g]);
}
