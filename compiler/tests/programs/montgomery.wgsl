// Montgomery products.
// invocations: 5
// input: 769d7068 e3b904bb 9d120c14 15d3137 62e2b10
// input: 354fab10 96b7ff15 12e3db4c 48cbc656 5f768331
// gives: 64aa43e6 13189ca3 bd1f4743 d0ba3314 89062455
const WINDOW: u32 = 1;
const MODULUS: u32 = 4293918721u;
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(9) var<storage, read_write> out: array<u32>;
fn inverse(n: u32) -> u32 { var x = n; for (var i = 0; i < 5; i++) { x *= 2u - n * x; } return 0u - x; }
fn mul_wide(x: u32, y: u32) -> vec2<u32> {
    let a = x & 0xffffu; let b = x >> 16u; let c = y & 0xffffu; let d = y >> 16u;
    let ac = a * c; let bc = b * c; let ad = a * d; let bd = b * d;
    let mid = (ac >> 16u) + (bc & 0xffffu) + (ad & 0xffffu);
    return vec2<u32>((mid << 16u) | (ac & 0xffffu), bd + (bc >> 16u) + (ad >> 16u) + (mid >> 16u));
}
fn mont_mul(x: u32, y: u32) -> u32 {
    let t = mul_wide(x, y);
    let m = t.x * inverse(MODULUS);
    let u = mul_wide(m, MODULUS);
    let carry = select(0u, 1u, t.x != 0u);
    let s = t.y + u.y;
    let over = s < t.y;
    let r = s + carry;
    return select(r, r - MODULUS, over || (r < carry) || r >= MODULUS);
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { out[id.x] = mont_mul(a[id.x], b[id.x]); }
