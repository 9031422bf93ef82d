// sha256: SHA-256 of many messages (FIPS 180-4), or SHA-256 of their SHA-256
//
// input 0   messages, bytes in order, four per word: one record of stride words for each, of which a message takes the
//           first bytes
// input 1   lengths of the messages in bytes, u32; after the last one it goes on counting, so that one word is enough
//           for messages of equal length
// output    digests, bytes in order: WINDOW = 8, invocation g gives the digest of message g
//
// Of a message longer than its record or than blocks allows, 64·(blocks − twice) − 9 bytes, the first bytes count.
// With twice the result is SHA-256(SHA-256(message)), as in Bitcoin's block headers, transactions and Merkle trees.
//
// One invocation reads one record and its length: at 64 bytes at most 3 chunks of 1,024 bytes. Each of its blocks costs
// the same, needed or not: some 3,600 fuel.

const WINDOW: u32 = 8;

struct Params {
    stride: u32, // words from message to message, a multiple of 4
    blocks: u32, // 1 + (length + 8) / 64 of the longest message, and one more with twice: 1 … 1,024
    twice: u32,  // 0 or 1
}

@group(0) @binding(0) var<storage, read> messages: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(8) var<uniform> params: Params;
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

// A block of the message: bytes from a word on, and how many of its bits are the message's.
struct Block {
    start: u32,
    left: i32,
}

// Word `at` of a block: bytes of the message, the end marker after its last one, zeros.
fn padded(block: Block, at: i32, bytes: u32) -> u32 {
    let marker = select(0u, 0x80u << (u32(block.left) & 31u), block.left >> 5u == at);
    let bits = clamp(block.left - 32 * at, 0, 32);
    return swapped(insertBits(marker, bytes, 0u, u32(bits)));
}

fn load(w: ptr<function, array<u32, 16>>, block: Block, at: u32) {
    let four = messages[(block.start + at) / 4u];
    (*w)[at] = padded(block, i32(at), four.x);
    (*w)[at + 1u] = padded(block, i32(at) + 1, four.y);
    (*w)[at + 2u] = padded(block, i32(at) + 2, four.z);
    (*w)[at + 3u] = padded(block, i32(at) + 3, four.w);
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
    let start = id.x * params.stride;
    bound_reads(0, start, params.blocks * 16u);
    let longest = min(params.stride * 4u, 64u * (params.blocks - params.twice) - 9u);
    let length = min(lengths[min(id.x, arrayLength(&lengths) - 1u)], longest);
    let own = (length + 72u) / 64u;

    var w: array<u32, 16>;
    var hash = START;
    for (var block = 0u; block < own + params.twice; block++) {
        loop_bound(params.blocks);
        if block < own {
            let left = i32(length * 8u) - i32(block * 512u);
            let part = Block(start + block * 16u, left);
            load(&w, part, 0u);
            load(&w, part, 4u);
            load(&w, part, 8u);
            load(&w, part, 12u);
            if left < 448 {
                w[15] = length * 8u;
            }
        } else {
            w = array<u32, 16>(hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7],
                0x80000000u, 0u, 0u, 0u, 0u, 0u, 0u, 256u);
            hash = START;
        }
        var s = State(hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]);
        for (var i = 0u; i < 64u; i++) {
            if i >= 16u {
                let w1 = w[(i + 1u) % 16u];
                let w14 = w[(i + 14u) % 16u];
                let sigma0 = rotated(w1, 7u) ^ rotated(w1, 18u) ^ (w1 >> 3u);
                let sigma1 = rotated(w14, 17u) ^ rotated(w14, 19u) ^ (w14 >> 10u);
                w[i % 16u] += sigma0 + w[(i + 9u) % 16u] + sigma1;
            }
            s = round(s, K[i] + w[i % 16u]);
        }
        let t = array<u32, 8>(s.a, s.b, s.c, s.d, s.e, s.f, s.g, s.h);
        for (var i = 0u; i < 8u; i++) {
            hash[i] += t[i];
        }
    }
    for (var i = 0u; i < WINDOW; i++) {
        digests[id.x * WINDOW + i] = swapped(hash[i]);
    }
}
