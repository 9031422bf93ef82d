// XXH32 of whole words.
// invocations: 3
// params: 13 4d
// input: 445d656 73f7ba8e 3ba33db c10faa40 c16e2284 47fc816a 3fe31d03 44c5b476 1c07724e cc1b0c3e 9ff3078f 2f429ce5 582c18c9 4a5012dc 11cbc288 2adf559a 28dd37eb 4155d7ef 870266c4 f3b37f32 2b0b8c12 a81aa40a 45ddb87d a5f09e63 b62ac1fe 4b63e0ef 7467537a b3df44a4 526eb523 7f1a355e 79490eab 1d3b993f 60cea63 4fdf8e1a 62f5680c 57e54acc 6bc15385 cbd3f5e0 3023580c 4227de21 1bd7ce73 40e2a20a e65a8149 baeb41a5 8296f5ea fa0b8518 3586fca7 f72f2bb8 9b0bca16 6e80fa48 d12982e4 f9bddea5 55455e8 39b21c95 492c4f5 65b675cd 257e8454
// gives: c2741cb8 a7456871 5debe33b
const WINDOW: u32 = 1;
const PRIME32_1 = 2654435761u; const PRIME32_2 = 2246822519u; const PRIME32_3 = 3266489917u;
const PRIME32_4 = 668265263u; const PRIME32_5 = 374761393u;
struct Params { words: u32, seed: u32 }
@group(0) @binding(0) var<storage, read> data: array<u32>;
@group(0) @binding(8) var<uniform> p: Params;
@group(0) @binding(9) var<storage, read_write> out: array<u32>;
fn rotl(x: vec4<u32>, n: u32) -> vec4<u32> { return (x << vec4<u32>(n)) | (x >> vec4<u32>(32u - n)); }
fn rotl1(x: u32, n: u32) -> u32 { return (x << n) | (x >> (32u - n)); }
@compute @workgroup_size(128)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let base = id.x * p.words;
    var acc: u32;
    var i = 0u;
    if (p.words >= 4u) {
        var v = vec4<u32>(p.seed) + vec4<u32>(PRIME32_1 + PRIME32_2, PRIME32_2, 0u, 0u - PRIME32_1);
        for (; i + 4u <= p.words; i += 4u) {
            let k = vec4<u32>(data[base + i], data[base + i + 1u], data[base + i + 2u], data[base + i + 3u]);
            v = rotl(v + k * PRIME32_2, 13u) * PRIME32_1;
        }
        acc = rotl1(v.x, 1u) + rotl1(v.y, 7u) + rotl1(v.z, 12u) + rotl1(v.w, 18u);
    } else { acc = p.seed + PRIME32_5; }
    acc += p.words * 4u;
    while (i < p.words) {
        acc = rotl1(acc + data[base + i] * PRIME32_3, 17u) * PRIME32_4;
        i++;
    }
    acc = (acc ^ (acc >> 15u)) * PRIME32_2;
    acc = (acc ^ (acc >> 13u)) * PRIME32_3;
    out[id.x] = acc ^ (acc >> 16u);
}
