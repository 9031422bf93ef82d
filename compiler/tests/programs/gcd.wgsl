// Greatest common divisors, by division and binary.
// invocations: 5
// input: 30baa7a2 f3ce1b78 b2df6da 18262b06 a6eb2f9a df5324ce 911f9ae b562ede8 0 1e
// gives: 2 2 2 2 2 2 2 2 1e 1e
const WINDOW: u32 = 2;
@group(0) @binding(0) var<storage, read> ab: array<vec2<u32>>;
@group(0) @binding(9) var<storage, read_write> out: array<u32>;
fn gcd(a0: u32, b0: u32) -> u32 {
    var a = a0; var b = b0;
    while (b != 0u) { loop_bound(48u); let t = b; b = a % b; a = t; }
    return a;
}
fn binary_gcd(x: u32, y: u32) -> u32 {
    if x == 0u { return y; } else if y == 0u { return x; }
    let k = firstTrailingBit(x | y);
    var u = x >> firstTrailingBit(x);
    var v = y;
    loop {
        loop_bound(64u);
        v >>= firstTrailingBit(v);
        if u > v { let t = v; v = u; u = t; }
        v -= u;
        if v == 0u { break; }
    }
    return u << k;
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let p = ab[id.x];
    out[2u * id.x] = gcd(p.x, p.y);
    out[2u * id.x + 1u] = binary_gcd(p.x, p.y);
}
