// SHA-1 (RFC 3174); expected: hashlib.
// invocations: 2
// params: d
// input: 741c7a8 e4b06ce6 d5f4b3b2 63ca828d 6ec9d286 9b810e76 c324c985 c4647159 8a05a6 b2221a58 7204e52d 442e3d43 b8b6d8fe cd447e35 3a902931 9755d4c1 f1fd42a2 1a2b8f1f e6c3f339 51431193 7d4bedc 5b6e6e3 6839eb9 a648a7dd 8a9a021e 25b413f
// gives: 8b3bda77 a268e783 7d1845c6 724a08 3a3ab4b6 ba2c9d71 8c8590eb 2c87cdfc 84f33ad6 5328e5c5
const WINDOW: u32 = 5;
struct Params { message_words: u32 }
@group(0) @binding(0) var<storage, read> data: array<u32>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> result: array<u32>;
fn swap_endianess32(val: u32) -> u32 {
    return ((val >> 24u) & 0xffu) | ((val >> 8u) & 0xff00u) | ((val << 8u) & 0xff0000u) | ((val << 24u) & 0xff000000u);
}
fn rol(v: u32, bits: u32) -> u32 { return (v << bits) | (v >> (32u - bits)); }
var<private> w: array<u32, 80>;
fn compress(h: ptr<function, array<u32, 5>>) {
    for (var t = 16u; t < 80u; t++) { w[t] = rol(w[t - 3u] ^ w[t - 8u] ^ w[t - 14u] ^ w[t - 16u], 1u); }
    var a = (*h)[0]; var b = (*h)[1]; var c = (*h)[2]; var d = (*h)[3]; var e = (*h)[4];
    for (var t = 0u; t < 80u; t++) {
        var f: u32; var k: u32;
        switch (t / 20u) {
            case 0u: { f = (b & c) | (~b & d); k = 0x5A827999u; }
            case 1u: { f = b ^ c ^ d; k = 0x6ED9EBA1u; }
            case 2u: { f = (b & c) | (b & d) | (c & d); k = 0x8F1BBCDCu; }
            default: { f = b ^ c ^ d; k = 0xCA62C1D6u; }
        }
        let temp = rol(a, 5u) + f + e + k + w[t];
        e = d; d = c; c = rol(b, 30u); b = a; a = temp;
    }
    (*h)[0] += a; (*h)[1] += b; (*h)[2] += c; (*h)[3] += d; (*h)[4] += e;
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
    var h = array<u32, 5>(0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u);
    let n = params.message_words;
    let base = gid.x * n;
    let blocks = (n + 2u) / 16u + 1u;
    for (var b = 0u; b < blocks; b++) {
        loop_bound(64u);
        for (var i = 0u; i < 16u; i++) {
            let at = b * 16u + i;
            var x = 0u;
            if at < n { x = swap_endianess32(data[base + at]); }
            else if at == n { x = 0x80000000u; }
            else if at == blocks * 16u - 1u { x = n * 32u; }
            w[i] = x;
        }
        compress(&h);
    }
    for (var i = 0; i < 5; i++) { result[gid.x * 5u + u32(i)] = swap_endianess32(h[i]); }
}
