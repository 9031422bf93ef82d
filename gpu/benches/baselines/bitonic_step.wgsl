const MASK = P0;

@group(0) @binding(0) var<storage, read> keys: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> sorted: array<vec4<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let own = keys[g];
    let partner = g ^ (MASK >> 2u);
    var other = keys[partner];
    // Inside the four, the lowest two bits of the mask.
    if (MASK & 1u) != 0u {
        other = other.yxwz;
    }
    if (MASK & 2u) != 0u {
        other = other.zwxy;
    }
    if partner >= (LEN0 / 4u) {
        other = vec4(0xffffffffu);
    }
    let at = vec4(g * 4u) | vec4(0u, 1u, 2u, 3u);
    sorted[g] = select(max(own, other), min(own, other), at < (at ^ vec4(MASK)));
}
