const KEY_LOW = vec4<u32>(P0, P1, P2, P3);
const KEY_HIGH = vec4<u32>(P4, P5, P6, P7);
const COUNTER = P8;
const NONCE0 = P9;
const NONCE1 = P10;
const NONCE2 = P11;

@group(0) @binding(0) var<storage, read> data: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> out: array<vec4<u32>>;

fn rotated(x: vec4<u32>, by: u32) -> vec4<u32> {
    return (x << vec4(by)) | (x >> vec4(32u - by));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let block = g * 4u;
    // "expand 32-byte k"
    let row0 = vec4(0x61707865u, 0x3320646eu, 0x79622d32u, 0x6b206574u);
    let row3 = vec4(COUNTER + g, NONCE0, NONCE1, NONCE2);
    var a = row0;
    var b = KEY_LOW;
    var c = KEY_HIGH;
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
    out[block + 1u] = (b + KEY_LOW) ^ data[block + 1u];
    out[block + 2u] = (c + KEY_HIGH) ^ data[block + 2u];
    out[block + 3u] = (d + row3) ^ data[block + 3u];
}
