@group(0) @binding(9) var<storage, read_write> pixels: array<u32>;

const WIDTH = P0;
const HEIGHT = P1;
const STEP = i32(P4);
const ITERATIONS = min(P5, 65536u);
const TWO = 2i << 28u;
const FOUR = 4u << 28u;

var<private> PALETTE = array<u32, 16>(
    0xff0f1e42u, 0xff1a0719u, 0xff2f0109u, 0xff490404u, 0xff640700u, 0xff8a2c0cu, 0xffb15218u, 0xffd17d39u,
    0xffe5b586u, 0xfff8ecd3u, 0xffbfe9f1u, 0xff5fc9f8u, 0xff00aaffu, 0xff0080ccu, 0xff005799u, 0xff03346au,
);

fn product(a: i32, b: i32) -> i32 {
    return mulhi_s(a, b) << 4u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let row = g / WIDTH;
    var colour = 0xff000000u;
    if row < HEIGHT {
        let cx = i32(P2) + i32(g % WIDTH) * STEP;
        let cy = i32(P3) + i32(row) * STEP;
        var x = 0i;
        var y = 0i;
        var i = 0u;
        for (; i < ITERATIONS; i++) {
            let xx = product(x, x);
            let yy = product(y, y);
            if max(abs(x), abs(y)) > TWO || u32(xx) + u32(yy) > FOUR { break; }
            y = (product(x, y) << 1u) + cy;
            x = xx - yy + cx;
        }
        if i < ITERATIONS { colour = PALETTE[i & 15u]; }
    }
    pixels[g] = colour;
}
