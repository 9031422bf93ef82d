// Hilbert curve.
// invocations: 40
// params: 8 8
// gives: 0 3 4 5 3a 3b 3c 3f 1 2 7 6 39 38 3d 3e e d 8 9 36 37 32 31 f c b a 35 34 33 30 10 11 1e 1f 20 21 2e 2f 13 12 1d 1c 23 22 2d 2c 14 17 18 1b 24 27 28 2b 15 16 19 1a 25 26 29 2a
const WINDOW: u32 = 1;
struct P { n: u32, width: u32 }
@group(0) @binding(8) var<uniform> p: P;
@group(0) @binding(9) var<storage, read_write> out: array<u32>;
fn rot(n: u32, x: ptr<function, u32>, y: ptr<function, u32>, rx: u32, ry: u32) {
    if (ry == 0u) {
        if (rx == 1u) { *x = n - 1u - *x; *y = n - 1u - *y; }
        let t = *x; *x = *y; *y = t;
    }
}
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var x = id.x % p.width; var y = id.x / p.width;
    var d = 0u;
    for (var s = p.n / 2u; s > 0u; s /= 2u) {
        let rx = u32((x & s) > 0u);
        let ry = u32((y & s) > 0u);
        d += s * s * ((3u * rx) ^ ry);
        rot(p.n, &x, &y, rx, ry);
    }
    out[id.x] = d;
}
