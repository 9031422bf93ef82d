// Median of 3 x 3 pixels.
// invocations: 48
// params: c 6
// input: 3ceb3ffd 97b75092 8b529b4a 21636369 5eb561a4 ea7b5bf5 9a9a80fd 795b929e a02f34a6 94b2b8fd 10c67fd9 9b08923d 35efa25 e8a8529f d6645fa9 781f9c58 42650644 8d0038ec 3bfd1d33 31162427 fee29476 b7970386 78633074 8a7d43b5 d6225675 8cb4a0d7 79f248b0 65aa9c82 a399f82a dc6bf1e1 268ecc45 3b5f3d86 a2863a7f 26d0b944 de383784 ed038db4 85ef3430 63d2e490 bdc2ae99 3e0a813 abe19f58 c6f8da3e 10645d51 28ce6f24 c21b6092 f51e8722 97524d6a af438d2 4d1fe09f c7b317d9 7f062ce d2d58443 dd933160 44f9794c 79061596 98418117 b804d820 eb8f624f e0f9e038 633a50ee b6d13089 c9c18070 ebcd1f5e 6d4b9adb 651c5253 ba6676b3 cd085b71 93b05a04 71d2af72 f6ced90a ef829c88 2257989f
// gives: 8b 7a 72 79 79 7e 8c 8f 8f 93 6b 68 8b 7a 79 7a 7e 8c 8c 57 57 57 6b 6b 72 7a 81 81 91 91 63 5a 5c 57 5c 6b 63 92 92 91 91 91 63 5a 61 61 7b 7d 63 82 82 81 81 5a 5a 5a 63 88 7d 7d 63 63 82 4c 79 58 58 58 88 99 93 92
const WINDOW: u32 = 1;
struct Image { width: u32, height: u32 }
@group(0) @binding(0) var<storage, read> image: array<u32>;
@group(0) @binding(8) var<uniform> size: Image;
@group(0) @binding(9) var<storage, read_write> result: array<u32>;

fn s2(a: ptr<function, u32>, b: ptr<function, u32>) { let t = *a; *a = min(*a, *b); *b = max(t, *b); }
fn mn3(a: ptr<function, u32>, b: ptr<function, u32>, c: ptr<function, u32>) { s2(a, b); s2(a, c); }
fn mx3(a: ptr<function, u32>, b: ptr<function, u32>, c: ptr<function, u32>) { s2(b, c); s2(a, c); }
fn mnmx3(a: ptr<function, u32>, b: ptr<function, u32>, c: ptr<function, u32>) { mx3(a, b, c); s2(a, b); }
@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) global_id: vec3<u32>) {
    let x = i32(global_id.x % size.width);
    let y = i32(global_id.x / size.width);

    var v: array<u32, 9>;
    var n = 0;
    for (var dy = -1; dy < 2; dy += 1) { for (var dx = -1; dx < 2; dx += 1) {
        let sx = clamp(x + dx, 0, i32(size.width - 1u));
        let sy = clamp(y + dy, 0, i32(size.height - 1u));
        let c = image[sy * i32(size.width) + sx];
        v[n] = ((c & 0xff) * 77 + ((c >> 8) & 0xff) * 150 + ((c >> 16) & 0xff) * 29) >> 8;
        n++;
    } }
    for (var i = 0; i < 8; i++) { for (var j = 0; j < 8 - i; j++) { s2(&v[j], &v[j + 1]); } }
    result[global_id.x] = v[4];
}
