// Bitonic sort in a private array.
// invocations: 3
// input: b e 12 a 0 0 a a d c f 2 6 12 f c 4 11 a 3 8 2 d 3 e 10 8 3 10 b b e 9 8 3 a 12 11 10 3 f 10 b 1 9 12 5 4
// gives: 0 0 2 6 a a a b c c d e f f 12 12 2 3 3 3 4 8 8 a b b d e e 10 10 11 1 3 3 4 5 8 9 9 a b f 10 10 11 12 12
const WINDOW: u32 = 16;
@group(0) @binding(0) var<storage, read> keys: array<u32>;
@group(0) @binding(9) var<storage, read_write> sorted: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var a: array<u32, 16>;
    for (var i = 0u; i < 16u; i++) { a[i] = keys[id.x * 16u + i]; }
    for (var k = 2u; k <= 16u; k <<= 1u) {
        for (var j = k >> 1u; j > 0u; j >>= 1u) {
            for (var i = 0u; i < 16u; i++) {
                let l = i ^ j;
                if (l > i) {
                    let up = (i & k) == 0u;
                    if ((a[i] > a[l]) == up) { let t = a[i]; a[i] = a[l]; a[l] = t; }
                }
            }
        }
    }
    for (var i = 0u; i < 16u; i++) { sorted[id.x * 16u + i] = a[i]; }
}
