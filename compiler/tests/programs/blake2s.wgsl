// BLAKE2s-256 of 64 bytes (RFC 7693); expected: hashlib.
// invocations: 3
// input: 44ef7feb a8c24d42 8c497c68 9be3cecb f5059285 bab9f87f 1762741 62397bc7 c89da11b db610487 d20b5d59 f463b337 e2dcaa37 f03edca7 bd91a1b7 83333218 cf23cae8 21167d8f 84c81999 c7038069 8fb5262c 349aae90 6d14475b f320cd57 e5e18ba 7b297d0b deb8fc4c 5d5f576c 91eb79fa 8ded3c96 3328ad08 f0e642f4 81355c53 69d495dd 7c240d49 d037cdff 5b569643 6a17b9af 58989008 67dba8 89d9bf02 8a449ebe 9f9d0129 c9546b43 9cc9af4e 54c56c9a 75491bc3 99901c04
// gives: c7264cf5 804711b6 ae3b7f89 502af0ac 8d030938 8828fbcf f33afe6e d6789aad 31c7055f 2c3ab0b7 80f33714 1735390f f2845df6 4e77448c e72fa760 c23d5912 825fc761 1b3b3aab fe36db81 e90ea2bd 44e430ab 355395d7 129b50c3 2c1a208
const WINDOW: u32 = 8;
@group(0) @binding(0) var<storage, read> blocks: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> hashes: array<vec4<u32>>;
const IV = array(0x6A09E667u, 0xBB67AE85u, 0x3C6EF372u, 0xA54FF53Au, 0x510E527Fu, 0x9B05688Cu, 0x1F83D9ABu, 0x5BE0CD19u);
const SIGMA = array<array<u32, 16>, 10>(array<u32, 16>(0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u, 9u, 10u, 11u, 12u, 13u, 14u, 15u), array<u32, 16>(14u, 10u, 4u, 8u, 9u, 15u, 13u, 6u, 1u, 12u, 0u, 2u, 11u, 7u, 5u, 3u), array<u32, 16>(11u, 8u, 12u, 0u, 5u, 2u, 15u, 13u, 10u, 14u, 3u, 6u, 7u, 1u, 9u, 4u), array<u32, 16>(7u, 9u, 3u, 1u, 13u, 12u, 11u, 14u, 2u, 6u, 5u, 10u, 4u, 0u, 15u, 8u), array<u32, 16>(9u, 0u, 5u, 7u, 2u, 4u, 10u, 15u, 14u, 1u, 11u, 12u, 6u, 8u, 3u, 13u), array<u32, 16>(2u, 12u, 6u, 10u, 0u, 11u, 8u, 3u, 4u, 13u, 7u, 5u, 15u, 14u, 1u, 9u), array<u32, 16>(12u, 5u, 1u, 15u, 14u, 13u, 4u, 10u, 0u, 7u, 6u, 3u, 9u, 2u, 8u, 11u), array<u32, 16>(13u, 11u, 7u, 14u, 12u, 1u, 3u, 9u, 5u, 0u, 15u, 4u, 8u, 6u, 2u, 10u), array<u32, 16>(6u, 15u, 14u, 9u, 11u, 3u, 0u, 8u, 12u, 2u, 13u, 7u, 1u, 4u, 10u, 5u), array<u32, 16>(10u, 2u, 8u, 4u, 7u, 6u, 1u, 5u, 15u, 11u, 9u, 14u, 3u, 12u, 13u, 0u));
var<private> v: array<u32, 16>;
var<private> m: array<u32, 16>;
fn rotr(x: u32, n: u32) -> u32 { return (x >> n) ^ (x << (32 - n)); }
fn G(a: u32, b: u32, c: u32, d: u32, x: u32, y: u32) {
    v[a] = v[a] + v[b] + x;
    v[d] = rotr(v[d] ^ v[a], 16);
    v[c] = v[c] + v[d];
    v[b] = rotr(v[b] ^ v[c], 12);
    v[a] = v[a] + v[b] + y;
    v[d] = rotr(v[d] ^ v[a], 8);
    v[c] = v[c] + v[d];
    v[b] = rotr(v[b] ^ v[c], 7);
}
@compute @workgroup_size(64)
fn blake2s(@builtin(global_invocation_id) id: vec3<u32>) {
    for (var i = 0u; i < 4; i++) {
        let w = blocks[id.x * 4 + i];
        m[i * 4] = w.x; m[i * 4 + 1] = w.y; m[i * 4 + 2] = w.z; m[i * 4 + 3] = w.w;
    }
    var h: array<u32, 8> = IV;
    h[0] ^= 0x01010020u;
    for (var i = 0u; i < 8; i++) { v[i] = h[i]; v[i + 8] = IV[i]; }
    v[12] ^= 64u;
    v[14] = ~v[14];
    for (var r = 0u; r < 10; r++) {
        let s = SIGMA[r];
        G(0, 4, 8, 12, m[s[0]], m[s[1]]);
        G(1, 5, 9, 13, m[s[2]], m[s[3]]);
        G(2, 6, 10, 14, m[s[4]], m[s[5]]);
        G(3, 7, 11, 15, m[s[6]], m[s[7]]);
        G(0, 5, 10, 15, m[s[8]], m[s[9]]);
        G(1, 6, 11, 12, m[s[10]], m[s[11]]);
        G(2, 7, 8, 13, m[s[12]], m[s[13]]);
        G(3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (var i = 0u; i < 8; i++) { h[i] ^= v[i] ^ v[i + 8]; }
    hashes[id.x * 2] = vec4(h[0], h[1], h[2], h[3]);
    hashes[id.x * 2 + 1] = vec4(h[4], h[5], h[6], h[7]);
}
