const STRIDE = P0;
const BLOCKS = P1;
const TWICE = P2;

@group(0) @binding(0) var<storage, read> messages: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(9) var<storage, read_write> digests: array<vec4<u32>>;

// The first 32 bits of the fractional parts of the square roots of the first 8 primes …
const START = array<u32, 8>(
    0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u,
);
// … and of the cube roots of the first 64.
const K = array<u32, 64>(
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u, 0xab1c5ed5u,
    0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u,
    0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
    0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u, 0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u,
    0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u,
    0xa2bfe8a1u, 0xa81a664bu, 0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u,
    0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
    0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u,
);

struct State { a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32, h: u32 }

fn rotated(x: u32, right: u32) -> u32 {
    return (x >> right) | (x << (32u - right));
}

// Bytes in reverse: the words of a digest and of what it is computed from are big-endian.
fn swapped(x: u32) -> u32 {
    let halves = rotated(x, 16u);
    return ((halves >> 8u) & 0x00ff00ffu) | ((halves & 0x00ff00ffu) << 8u);
}

// A block of the message: bytes from a word on, and how many of its bits are the message's.
struct Block {
    start: u32,
    left: i32,
}

// Word `at` of a block: bytes of the message, the end marker behind its last one, zeros.
fn padded(block: Block, at: i32, bytes: u32) -> u32 {
    let marker = select(0u, 0x80u << (u32(block.left) & 31u), block.left >> 5u == at);
    let bits = clamp(block.left - 32 * at, 0, 32);
    return swapped(insertBits(marker, bytes, 0u, u32(bits)));
}

fn sigma0(x: u32) -> u32 { return rotated(x, 7u) ^ rotated(x, 18u) ^ (x >> 3u); }
fn sigma1(x: u32) -> u32 { return rotated(x, 17u) ^ rotated(x, 19u) ^ (x >> 10u); }

fn round(s: State, key: u32) -> State {
    let sum1 = rotated(s.e, 6u) ^ rotated(s.e, 11u) ^ rotated(s.e, 25u);
    let choice = s.g ^ (s.e & (s.f ^ s.g));
    let sum0 = rotated(s.a, 2u) ^ rotated(s.a, 13u) ^ rotated(s.a, 22u);
    let majority = s.b ^ ((s.a ^ s.b) & (s.b ^ s.c));
    let t = s.h + sum1 + choice + key;
    return State(t + sum0 + majority, s.a, s.b, s.c, s.d + t, s.e, s.f, s.g);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let start = g * STRIDE;
    let longest = min(STRIDE * 4u, 64u * (BLOCKS - TWICE) - 9u);
    let length = min(lengths[min(g, LEN1 - 1u)], longest);
    let own = (length + 72u) / 64u;

    var w: array<u32, 16>;
    var hash = START;
    for (var block = 0u; block < own + TWICE; block++) {
        if block < own {
            let left = i32(length * 8u) - i32(block * 512u);
            let part = Block(start + block * 16u, left);
            let four0 = messages[part.start / 4u + 0u];
            w[0] = padded(part, 0, four0.x);
            w[1] = padded(part, 1, four0.y);
            w[2] = padded(part, 2, four0.z);
            w[3] = padded(part, 3, four0.w);
            let four1 = messages[part.start / 4u + 1u];
            w[4] = padded(part, 4, four1.x);
            w[5] = padded(part, 5, four1.y);
            w[6] = padded(part, 6, four1.z);
            w[7] = padded(part, 7, four1.w);
            let four2 = messages[part.start / 4u + 2u];
            w[8] = padded(part, 8, four2.x);
            w[9] = padded(part, 9, four2.y);
            w[10] = padded(part, 10, four2.z);
            w[11] = padded(part, 11, four2.w);
            let four3 = messages[part.start / 4u + 3u];
            w[12] = padded(part, 12, four3.x);
            w[13] = padded(part, 13, four3.y);
            w[14] = padded(part, 14, four3.z);
            w[15] = padded(part, 15, four3.w);
            if left < 448 {
                w[15] = length * 8u;
            }
        } else {
            w = array<u32, 16>(hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7],
                0x80000000u, 0u, 0u, 0u, 0u, 0u, 0u, 256u);
            hash = START;
        }
        var s = State(hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]);
        s = round(s, K[0] + w[0]);
        s = round(s, K[1] + w[1]);
        s = round(s, K[2] + w[2]);
        s = round(s, K[3] + w[3]);
        s = round(s, K[4] + w[4]);
        s = round(s, K[5] + w[5]);
        s = round(s, K[6] + w[6]);
        s = round(s, K[7] + w[7]);
        s = round(s, K[8] + w[8]);
        s = round(s, K[9] + w[9]);
        s = round(s, K[10] + w[10]);
        s = round(s, K[11] + w[11]);
        s = round(s, K[12] + w[12]);
        s = round(s, K[13] + w[13]);
        s = round(s, K[14] + w[14]);
        s = round(s, K[15] + w[15]);
        w[0] += sigma0(w[1]) + w[9] + sigma1(w[14]); s = round(s, K[16] + w[0]);
        w[1] += sigma0(w[2]) + w[10] + sigma1(w[15]); s = round(s, K[17] + w[1]);
        w[2] += sigma0(w[3]) + w[11] + sigma1(w[0]); s = round(s, K[18] + w[2]);
        w[3] += sigma0(w[4]) + w[12] + sigma1(w[1]); s = round(s, K[19] + w[3]);
        w[4] += sigma0(w[5]) + w[13] + sigma1(w[2]); s = round(s, K[20] + w[4]);
        w[5] += sigma0(w[6]) + w[14] + sigma1(w[3]); s = round(s, K[21] + w[5]);
        w[6] += sigma0(w[7]) + w[15] + sigma1(w[4]); s = round(s, K[22] + w[6]);
        w[7] += sigma0(w[8]) + w[0] + sigma1(w[5]); s = round(s, K[23] + w[7]);
        w[8] += sigma0(w[9]) + w[1] + sigma1(w[6]); s = round(s, K[24] + w[8]);
        w[9] += sigma0(w[10]) + w[2] + sigma1(w[7]); s = round(s, K[25] + w[9]);
        w[10] += sigma0(w[11]) + w[3] + sigma1(w[8]); s = round(s, K[26] + w[10]);
        w[11] += sigma0(w[12]) + w[4] + sigma1(w[9]); s = round(s, K[27] + w[11]);
        w[12] += sigma0(w[13]) + w[5] + sigma1(w[10]); s = round(s, K[28] + w[12]);
        w[13] += sigma0(w[14]) + w[6] + sigma1(w[11]); s = round(s, K[29] + w[13]);
        w[14] += sigma0(w[15]) + w[7] + sigma1(w[12]); s = round(s, K[30] + w[14]);
        w[15] += sigma0(w[0]) + w[8] + sigma1(w[13]); s = round(s, K[31] + w[15]);
        w[0] += sigma0(w[1]) + w[9] + sigma1(w[14]); s = round(s, K[32] + w[0]);
        w[1] += sigma0(w[2]) + w[10] + sigma1(w[15]); s = round(s, K[33] + w[1]);
        w[2] += sigma0(w[3]) + w[11] + sigma1(w[0]); s = round(s, K[34] + w[2]);
        w[3] += sigma0(w[4]) + w[12] + sigma1(w[1]); s = round(s, K[35] + w[3]);
        w[4] += sigma0(w[5]) + w[13] + sigma1(w[2]); s = round(s, K[36] + w[4]);
        w[5] += sigma0(w[6]) + w[14] + sigma1(w[3]); s = round(s, K[37] + w[5]);
        w[6] += sigma0(w[7]) + w[15] + sigma1(w[4]); s = round(s, K[38] + w[6]);
        w[7] += sigma0(w[8]) + w[0] + sigma1(w[5]); s = round(s, K[39] + w[7]);
        w[8] += sigma0(w[9]) + w[1] + sigma1(w[6]); s = round(s, K[40] + w[8]);
        w[9] += sigma0(w[10]) + w[2] + sigma1(w[7]); s = round(s, K[41] + w[9]);
        w[10] += sigma0(w[11]) + w[3] + sigma1(w[8]); s = round(s, K[42] + w[10]);
        w[11] += sigma0(w[12]) + w[4] + sigma1(w[9]); s = round(s, K[43] + w[11]);
        w[12] += sigma0(w[13]) + w[5] + sigma1(w[10]); s = round(s, K[44] + w[12]);
        w[13] += sigma0(w[14]) + w[6] + sigma1(w[11]); s = round(s, K[45] + w[13]);
        w[14] += sigma0(w[15]) + w[7] + sigma1(w[12]); s = round(s, K[46] + w[14]);
        w[15] += sigma0(w[0]) + w[8] + sigma1(w[13]); s = round(s, K[47] + w[15]);
        w[0] += sigma0(w[1]) + w[9] + sigma1(w[14]); s = round(s, K[48] + w[0]);
        w[1] += sigma0(w[2]) + w[10] + sigma1(w[15]); s = round(s, K[49] + w[1]);
        w[2] += sigma0(w[3]) + w[11] + sigma1(w[0]); s = round(s, K[50] + w[2]);
        w[3] += sigma0(w[4]) + w[12] + sigma1(w[1]); s = round(s, K[51] + w[3]);
        w[4] += sigma0(w[5]) + w[13] + sigma1(w[2]); s = round(s, K[52] + w[4]);
        w[5] += sigma0(w[6]) + w[14] + sigma1(w[3]); s = round(s, K[53] + w[5]);
        w[6] += sigma0(w[7]) + w[15] + sigma1(w[4]); s = round(s, K[54] + w[6]);
        w[7] += sigma0(w[8]) + w[0] + sigma1(w[5]); s = round(s, K[55] + w[7]);
        w[8] += sigma0(w[9]) + w[1] + sigma1(w[6]); s = round(s, K[56] + w[8]);
        w[9] += sigma0(w[10]) + w[2] + sigma1(w[7]); s = round(s, K[57] + w[9]);
        w[10] += sigma0(w[11]) + w[3] + sigma1(w[8]); s = round(s, K[58] + w[10]);
        w[11] += sigma0(w[12]) + w[4] + sigma1(w[9]); s = round(s, K[59] + w[11]);
        w[12] += sigma0(w[13]) + w[5] + sigma1(w[10]); s = round(s, K[60] + w[12]);
        w[13] += sigma0(w[14]) + w[6] + sigma1(w[11]); s = round(s, K[61] + w[13]);
        w[14] += sigma0(w[15]) + w[7] + sigma1(w[12]); s = round(s, K[62] + w[14]);
        w[15] += sigma0(w[0]) + w[8] + sigma1(w[13]); s = round(s, K[63] + w[15]);
        hash[0] += s.a;
        hash[1] += s.b;
        hash[2] += s.c;
        hash[3] += s.d;
        hash[4] += s.e;
        hash[5] += s.f;
        hash[6] += s.g;
        hash[7] += s.h;
    }
    digests[g * 2u] = vec4(swapped(hash[0]), swapped(hash[1]), swapped(hash[2]), swapped(hash[3]));
    digests[g * 2u + 1u] = vec4(swapped(hash[4]), swapped(hash[5]), swapped(hash[6]), swapped(hash[7]));
}
