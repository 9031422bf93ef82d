@group(0) @binding(0) var<storage, read> scores: array<i32>;
@group(0) @binding(9) var<storage, read_write> indices: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let row = g * P0;
    var best = scores[row];
    var index = 0u;
    for (var i = 1u; i < P0; i++) {
        let score = scores[row + i];
        if score > best {
            best = score;
            index = i;
        }
    }
    indices[g] = index;
}
