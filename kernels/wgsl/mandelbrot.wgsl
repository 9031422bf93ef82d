// mandelbrot: the Mandelbrot set in fixed point
//
// output    pixels, RGBA, 8 bits each, red in the lowest byte, row-major: WINDOW = 1, invocation y·width + x computes
//           pixel (x, y), the point (x0 + x·step, y0 + y·step)
//
// Coordinates are i32 with 28 fractional bits (Q3.28): 1.0 is 1 << 28, the range −8 … 8. A product is
// mulhi_s(a, b) << 4, that is, rounded down to a multiple of 2⁻²⁴. The orbit z ← z² + c starts at 0; a point whose
// orbit has left the disc |z| ≤ 2 after i < max_iter steps gets colour i of the palette, modulo its length; others
// are black. Inside the disc nothing overflows if the picture lies within −4 … 4.
//
// The kernel reads no buffer. max_iter bounds the work of a pixel: some 25 fuel for each step.

const WINDOW: u32 = 1;

struct Params {
    width: u32,
    height: u32,   // rows from this one on are black
    x0: i32,       // real part of the left column
    y0: i32,       // imaginary part of the top row
    step: i32,     // between columns and between rows
    max_iter: u32, // at most 65,536
}

@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> pixels: array<u32>;

const TWO: i32 = 2i << 28u;
const FOUR: u32 = 4u << 28u;
const BLACK: u32 = 0xff000000u;
// From deep blue over white and gold to brown, alpha 255.
const PALETTE = array<u32, 16>(
    0xff0f1e42u, 0xff1a0719u, 0xff2f0109u, 0xff490404u, 0xff640700u, 0xff8a2c0cu, 0xffb15218u, 0xffd17d39u,
    0xffe5b586u, 0xfff8ecd3u, 0xffbfe9f1u, 0xff5fc9f8u, 0xff00aaffu, 0xff0080ccu, 0xff005799u, 0xff03346au,
);

fn product(a: i32, b: i32) -> i32 {
    return mulhi_s(a, b) << 4u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let cx = params.x0 + i32(id.x % params.width) * params.step;
    let cy = params.y0 + i32(id.x / params.width) * params.step;
    var x = 0i;
    var y = 0i;
    var colour = BLACK;
    if id.x / params.width >= params.height {
        pixels[id.x] = colour;
        return;
    }
    for (var i = 0u; i < min(65536u, params.max_iter); i++) {
        let xx = product(x, x);
        let yy = product(y, y);
        // The squares can be trusted only while both coordinates are small.
        if max(abs(x), abs(y)) > TWO || u32(xx) + u32(yy) > FOUR {
            colour = PALETTE[i & 15u];
            break;
        }
        y = (product(x, y) << 1u) + cy;
        x = xx - yy + cx;
    }
    pixels[id.x] = colour;
}
