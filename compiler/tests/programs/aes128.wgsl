// AES-128 (FIPS 197), whose example in appendix C.1 is the first block.
// invocations: 3
// params: 3020100 7060504 b0a0908 f0e0d0c
// input: 33221100 77665544 bbaa9988 ffeeddcc 6009829f 34195833 6ee5ac92 1a7e3197 4b63aaf0 53047f81 e666df9c 33280448
// gives: d8e0c469 30047b6a 80b7cdd8 5ac5b470 416fd0 a97ba552 887705e2 373159dd 3aeca292 e9dbc41f 1b8af38d 16b30d55
const WINDOW: u32 = 4;
const SBOX = array<u32, 64>(0x7b777c63u,0xc56f6bf2u,0x2b670130u,0x76abd7feu,0x7dc982cau,0xf04759fau,0xafa2d4adu,0xc072a49cu,0x2693fdb7u,0xccf73f36u,0xf1e5a534u,0x1531d871u,0xc323c704u,0x9a059618u,0xe2801207u,0x75b227ebu,0x1a2c8309u,0xa05a6e1bu,0xb3d63b52u,0x842fe329u,0xed00d153u,0x5bb1fc20u,0x39becb6au,0xcf584c4au,0xfbaaefd0u,0x85334d43u,0x7f02f945u,0xa89f3c50u,0x8f40a351u,0xf5389d92u,0x21dab6bcu,0xd2f3ff10u,0xec130ccdu,0x1744975fu,0x3d7ea7c4u,0x73195d64u,0xdc4f8160u,0x88902a22u,0x14b8ee46u,0xdb0b5edeu,0x0a3a32e0u,0x5c240649u,0x62acd3c2u,0x79e49591u,0x6d37c8e7u,0xa94ed58du,0xeaf4566cu,0x08ae7a65u,0x2e2578bau,0xc6b4a61cu,0x1f74dde8u,0x8a8bbd4bu,0x66b53e70u,0x0ef60348u,0xb9573561u,0x9e1dc186u,0x1198f8e1u,0x948ed969u,0xe9871e9bu,0xdf2855ceu,0x0d89a18cu,0x6842e6bfu,0x0f2d9941u,0x16bb54b0u);
const RCON = array<u32, 10>(0x01u, 0x02u, 0x04u, 0x08u, 0x10u, 0x20u, 0x40u, 0x80u, 0x1bu, 0x36u);
struct Params { key: vec4<u32> }
@group(0) @binding(0) var<storage, read> plain: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> cipher: array<vec4<u32>>;
fn sub(b: u32) -> u32 { return (SBOX[b >> 2u] >> ((b & 3u) * 8u)) & 0xffu; }
fn sub_word(w: u32) -> u32 { return sub(w & 255u) | (sub((w >> 8u) & 255u) << 8u) | (sub((w >> 16u) & 255u) << 16u) | (sub(w >> 24u) << 24u); }
fn xtime(w: u32) -> u32 { let hi = w & 0x80808080u; return ((w ^ hi) << 1u) ^ ((hi >> 7u) * 0x1bu); }
fn ror(w: u32, n: u32) -> u32 { return (w >> n) | (w << (32u - n)); }
fn mix(w: u32) -> u32 { let t = w ^ ror(w, 8u); return xtime(t) ^ ror(w, 8u) ^ ror(w, 16u) ^ ror(w, 24u); }
fn shift_rows(s: vec4<u32>) -> vec4<u32> {
    return (s & vec4(0xffu)) | (s.yzwx & vec4(0xff00u)) | (s.zwxy & vec4(0xff0000u)) | (s.wxyz & vec4(0xff000000u));
}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var key = params.key;
    var s = plain[id.x] ^ key;
    for (var r = 0u; r < 10u; r++) {
        let t = sub_word(ror(key.w, 8u)) ^ RCON[r];
        key.x ^= t; key.y ^= key.x; key.z ^= key.y; key.w ^= key.z;
        s = shift_rows(vec4(sub_word(s.x), sub_word(s.y), sub_word(s.z), sub_word(s.w)));
        if r != 9u { s = vec4(mix(s.x), mix(s.y), mix(s.z), mix(s.w)); }
        s ^= key;
    }
    cipher[id.x] = s;
}
