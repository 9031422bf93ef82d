// Julia set in fixed point.
// invocations: 40
// params: 8 0 fffff4cd 452 32
// gives: 0 1 1 1 1 1 1 1 1 1 1 1 2 2 2 1 1 2 2 3 32 4 3 2 2 2 5 6 32 32 9 32 3 32 32 32 32 32 32 32 2 32 9 32 32 6 5 2 1 2 3 4 32 3 2 2 1 1 2 2 2 1 1 1
const WINDOW: u32 = 1;
const FRAC = 12u;
struct Params { width: u32, c: vec2<i32>, max_iterations: u32 }
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> image: array<u32>;
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let px = vec2<i32>(vec2<u32>(id.x % params.width, id.x / params.width));
    var z = ((px << vec2<u32>(FRAC)) / i32(params.width)) * 3 - vec2<i32>(3 << (FRAC - 1u));
    var i = 0u;
    loop {
        if i >= params.max_iterations { break; }
        let sq = (z * z) >> vec2(FRAC);
        if sq.x + sq.y > (4 << FRAC) { break; }
        z = vec2<i32>(sq.x - sq.y, (z.x * z.y) >> (FRAC - 1u)) + params.c;
        continuing { i++; }
    }
    image[id.x] = i;
}
