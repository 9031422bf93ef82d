const STRIDE = P0;
const BLOCKS = P1;
const TWICE = P2;

const WINDOW = 8u;

@group(0) @binding(0) var<storage, read> messages: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(9) var<storage, read_write> digests: array<u32>;

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

// The words of a block of the message: its bytes, the end marker, zeros and, in its last block, the length in bits.
fn load(w: ptr<function, array<u32, 16>>, start: u32, length: u32, block: u32) {
    let left = i32(length * 8u) - i32(block * 512u); // bits of the message from this block on
    let marked = left >> 5u;                         // the word with the end marker
    let marker = 0x80u << (u32(left) & 31u);
    for (var i = 0u; i < 16u; i += 4u) {
        let four = messages[(start + block * 16u + i) / 4u];
        for (var lane = 0u; lane < 4u; lane++) {
            let at = i32(i + lane);
            let bits = clamp(left - 32 * at, 0, 32);
            (*w)[i + lane] = swapped(insertBits(select(0u, marker, marked == at), four[lane], 0u, u32(bits)));
        }
    }
    if left < 448 {
        (*w)[15] = length * 8u;
    }
}

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
            load(&w, start, length, block);
        } else {
            w = array<u32, 16>(hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7],
                0x80000000u, 0u, 0u, 0u, 0u, 0u, 0u, 256u);
            hash = START;
        }
        var s = State(hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]);
        for (var i = 0u; i < 16u; i++) {
            s = round(s, K[i] + w[i]);
        }
        for (var t = 16u; t < 64u; t += 16u) {
            for (var i = 0u; i < 16u; i++) {
                let w1 = w[(i + 1u) % 16u];
                let w14 = w[(i + 14u) % 16u];
                let sigma0 = rotated(w1, 7u) ^ rotated(w1, 18u) ^ (w1 >> 3u);
                let sigma1 = rotated(w14, 17u) ^ rotated(w14, 19u) ^ (w14 >> 10u);
                w[i] += sigma0 + w[(i + 9u) % 16u] + sigma1;
                s = round(s, K[t + i] + w[i]);
            }
        }
        let t = array<u32, 8>(s.a, s.b, s.c, s.d, s.e, s.f, s.g, s.h);
        for (var i = 0u; i < 8u; i++) {
            hash[i] += t[i];
        }
    }
    for (var i = 0u; i < WINDOW; i++) {
        digests[g * WINDOW + i] = swapped(hash[i]);
    }
}
