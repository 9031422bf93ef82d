// RC4: 64 bytes of key stream from four bytes of key.
// invocations: 2
// input: db87872d 53e6d093
// gives: fe49cad6 799586ef 2f5dc8d2 9e4473c4 7d2e198b f97f1d5e 72aede3d 7d1fb6c e6af537e 39ad6e7 3347182 a42882f4 c464fd5a 7465fbe6 531f74c2 15fe7577 fc3f7cf9 98638df6 e69c725f d6938292 bc747e65 af2b6739 1094d2eb af2bc9f2 b622c81 5dc212fa 2d7e62ff df6567f3 7d12a7e6 ca843927 324e4401 6c721173
const WINDOW: u32 = 16;
@group(0) @binding(0) var<storage, read> keys: array<u32>;
@group(0) @binding(9) var<storage, read_write> stream: array<u32>;
var<private> S: array<u32, 256>;
fn swap(i: u32, j: u32) { let t = S[i]; S[i] = S[j]; S[j] = t; }
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let key = keys[id.x];
    for (var i = 0u; i < 256u; i++) { S[i] = i; }
    var j = 0u;
    for (var i = 0u; i < 256u; i++) { j = (j + S[i] + ((key >> ((i & 3u) * 8u)) & 0xffu)) & 0xffu; swap(i, j); }
    var i = 0u; j = 0u;
    for (var n = 0u; n < 64u; n++) {
        i = (i + 1u) & 0xffu; j = (j + S[i]) & 0xffu; swap(i, j);
        let k = S[(S[i] + S[j]) & 0xffu];
        stream[id.x * 16u + (n >> 2u)] |= k << ((n & 3u) << 3u);
    }
}
