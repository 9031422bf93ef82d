// chacha20: encrypts or decrypts with ChaCha20 (RFC 8439, section 2.4)
//
// input 0   data, bytes in order, four per word
// output    data xor key stream: WINDOW = 16, invocation g gives block g, 64 bytes
//
// Block g has block counter counter + g (wrapping). The words of key and nonce are little-endian, as in the RFC. After
// the end of the data its bytes count as 0: the rest of the last block is key stream.
//
// Parameters are public: this hides nothing from those who see the job. One block reads 16 words: at most 2 chunks of
// 1,024 bytes.

const WINDOW: u32 = 16;

struct Params {
    key_low: vec4<u32>,  // bytes 0 … 15 of the key
    key_high: vec4<u32>, // bytes 16 … 31
    counter: u32,        // of the first block
    nonce0: u32,         // bytes 0 … 3 of the nonce
    nonce1: u32,
    nonce2: u32,
}

@group(0) @binding(0) var<storage, read> data: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> out: array<vec4<u32>>;

fn rotated(x: vec4<u32>, by: u32) -> vec4<u32> {
    return (x << vec4(by)) | (x >> vec4(32u - by));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let block = id.x * 4u;
    bound_reads(0, id.x * WINDOW, WINDOW);
    // "expand 32-byte k"
    let row0 = vec4(0x61707865u, 0x3320646eu, 0x79622d32u, 0x6b206574u);
    let row3 = vec4(params.counter + id.x, params.nonce0, params.nonce1, params.nonce2);
    var a = row0;
    var b = params.key_low;
    var c = params.key_high;
    var d = row3;
    for (var i = 0u; i < 10u; i++) {
        // Columns …
        a += b; d = rotated(d ^ a, 16u);
        c += d; b = rotated(b ^ c, 12u);
        a += b; d = rotated(d ^ a, 8u);
        c += d; b = rotated(b ^ c, 7u);
        // … and diagonals.
        b = b.yzwx; c = c.zwxy; d = d.wxyz;
        a += b; d = rotated(d ^ a, 16u);
        c += d; b = rotated(b ^ c, 12u);
        a += b; d = rotated(d ^ a, 8u);
        c += d; b = rotated(b ^ c, 7u);
        b = b.wxyz; c = c.zwxy; d = d.yzwx;
    }
    out[block] = (a + row0) ^ data[block];
    out[block + 1u] = (b + params.key_low) ^ data[block + 1u];
    out[block + 2u] = (c + params.key_high) ^ data[block + 2u];
    out[block + 3u] = (d + row3) ^ data[block + 3u];
}
