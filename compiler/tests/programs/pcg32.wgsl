// PCG32, 64 bits in two words.
// invocations: 1
// gives: 0 703543c9 5b7e0b52 70f35605 96b3b12f fc1ae4d3
const WINDOW: u32 = 6;
@group(0) @binding(9) var<storage, read_write> out: array<u32>;
alias U64 = vec2<u32>;
fn mul(a: U64, b: U64) -> U64 { return U64(a.x * b.x, mulhi(a.x, b.x) + a.x * b.y + a.y * b.x); }
fn add(a: U64, b: U64) -> U64 { let x = a.x + b.x; return U64(x, a.y + b.y + u32(x < a.x)); }
fn shr(a: U64, n: u32) -> U64 { if n >= 32u { return U64(a.y >> (n - 32u), 0u); } return U64((a.x >> n) | (a.y << (32u - n)), a.y >> n); }
var<private> state = U64(12345u, 0u);
fn next() -> u32 {
    let old = state;
    state = add(mul(old, U64(0x4C957F2Du, 0x5851F42Du)), U64(0xF767814Fu, 0x14057B7Eu));
    let x = shr(shr(old, 18u) ^ old, 27u).x;
    let r = shr(old, 59u).x;
    return (x >> r) | (x << ((0u - r) & 31u));
}
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) { for (var i = 0u; i < 6u; i++) { out[id.x * 6u + i] = next(); } }
