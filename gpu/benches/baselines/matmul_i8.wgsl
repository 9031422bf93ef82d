// One element per invocation, as the kernel; not the tiled product.
@group(0) @binding(0) var<storage, read> a: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> bias: array<i32>;
@group(0) @binding(9) var<storage, read_write> c: array<i32>;

const N = P0;
const GROUPS = P1 / 4u;
const MULTIPLIER = i32(P2);
const SHIFT = P3;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let row = g / N;
    let column = g % N;
    var at_a = row * GROUPS;
    var at_b = column * GROUPS;
    var acc = bias[column];
    for (var i = 0u; i < GROUPS; i++) {
        let x = a[at_a];
        let y = b[at_b];
        acc += dot4I8Packed(x.x, y.x) + dot4I8Packed(x.y, y.y) + dot4I8Packed(x.z, y.z) + dot4I8Packed(x.w, y.w);
        at_a++; at_b++;
    }
    if P5 != 0u {
        c[g] = acc;
        return;
    }
    let half = select((1i << SHIFT) >> 1u, 0, SHIFT == 0u);
    var q = (mulhi_s(acc, MULTIPLIER) + half) >> SHIFT;
    if P4 != 0u { q = max(q, 0); }
    c[g] = clamp(q, -128, 127);
}
