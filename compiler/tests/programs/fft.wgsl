// One stage of an FFT in Q15.
// invocations: 10
// params: 4
// input: c77511da 47ddf6b9 45442dd4 ca70389b c4172c21 d061d21 def72fdb 3d76fdd8 d76116e9 1c91ed2b c2fcd9e9 c7ed2f01 bb7e4a97 d2c6f448 fdbf3e4e 15dd1f5a
// gives: c5c61efd 1e3d0a43 ab40665 d04032cb 1aff2dc 29a0ec75 3a8f276e fa2f05cf c97030bf 270e273 c257ebd4 d1261425 df1e629 1a210ab7 a5ee15 f6c71adb
const WINDOW: u32 = 1;
const N = 16u;
const TWIDDLE = array<vec2<i32>, N / 2>(vec2<i32>(32767, 0),vec2<i32>(30273, -12539),vec2<i32>(23170, -23170),vec2<i32>(12539, -30273),vec2<i32>(0, -32767),vec2<i32>(-12539, -30273),vec2<i32>(-23170, -23170),vec2<i32>(-30273, -12539));
struct Params { half: u32 }
@group(0) @binding(0) var<storage, read> data: array<u32>; // re | im << 16
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> out: array<u32>;
fn unpack(w: u32) -> vec2<i32> { return vec2<i32>(extractBits(bitcast<i32>(w), 0u, 16u), bitcast<i32>(w) >> 16u); }
fn pack(z: vec2<i32>) -> u32 { return insertBits(bitcast<u32>(z.x) & 0xffffu, bitcast<u32>(z.y), 16u, 16u); }
fn cmul(a: vec2<i32>, b: vec2<i32>) -> vec2<i32> {
    return (vec2<i32>(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x) + (1 << 14)) >> vec2<u32>(15);
}
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let i = id.x;
    let half = params.half;
    let k = i & (half - 1u);
    let top = (i & half) == 0u;
    let lo = select(i - half, i, top);
    let a = unpack(data[lo]);
    let t = cmul(unpack(data[lo + half]), TWIDDLE[k * (N / (2u * half))]);
    out[i] = pack(select(a - t, a + t, top) >> vec2(1u));
}
