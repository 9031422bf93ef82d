// SipHash-2-4 of 8 bytes.
// invocations: 4
// params: 3020100 7060504 b0a0908 f0e0d0c
// input: 75fa6dd8 2be88b46 d3f21dcc de26e655 deb0e066 f9495568 c7af3626 b43adc4f
// gives: 46dc00b3 41e63cc0 2c9bc096 160561ed 3be9c05b e3daf292 33d925f3 3f6373d0
const WINDOW: u32 = 2;
alias u64 = vec2<u32>;
struct Key { k0: u64, k1: u64 }
@group(0) @binding(0) var<storage, read> msgs: array<u64>;
@group(0) @binding(8) var<uniform> key: Key;
@group(0) @binding(9) var<storage, read_write> tags: array<u64>;
fn add(a: u64, b: u64) -> u64 { let lo = a.x + b.x; return u64(lo, a.y + b.y + select(0u, 1u, lo < a.x)); }
fn rotl(v: u64, n: u32) -> u64 {
    let w = select(v, v.yx, n >= 32u);
    let k = n & 31u;
    if (k == 0u) { return w; }
    return u64((w.x << k) | (w.y >> (32u - k)), (w.y << k) | (w.x >> (32u - k)));
}
struct State { v0: u64, v1: u64, v2: u64, v3: u64 }
fn round(s: ptr<function, State>) {
    (*s).v0 = add((*s).v0, (*s).v1); (*s).v1 = rotl((*s).v1, 13u); (*s).v1 ^= (*s).v0; (*s).v0 = rotl((*s).v0, 32u);
    (*s).v2 = add((*s).v2, (*s).v3); (*s).v3 = rotl((*s).v3, 16u); (*s).v3 ^= (*s).v2;
    (*s).v0 = add((*s).v0, (*s).v3); (*s).v3 = rotl((*s).v3, 21u); (*s).v3 ^= (*s).v0;
    (*s).v2 = add((*s).v2, (*s).v1); (*s).v1 = rotl((*s).v1, 17u); (*s).v1 ^= (*s).v2; (*s).v2 = rotl((*s).v2, 32u);
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var s: State;
    s.v0 = u64(0x70736575u, 0x736f6d65u) ^ key.k0;
    s.v1 = u64(0x6e646f6du, 0x646f7261u) ^ key.k1;
    s.v2 = u64(0x6e657261u, 0x6c796765u) ^ key.k0;
    s.v3 = u64(0x79746573u, 0x74656462u) ^ key.k1;
    var m = msgs[id.x];
    for (var i = 0; i < 2; i++) {
        s.v3 ^= m;
        round(&s); round(&s);
        s.v0 ^= m;
        m = u64(0u, 8u << 24u);
    }
    s.v2.x ^= 0xffu;
    for (var i = 0; i < 4; i++) { round(&s); }
    tags[id.x] = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
