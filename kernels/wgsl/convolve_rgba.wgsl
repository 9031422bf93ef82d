// convolve_rgba: a 3×3 filter over an image
//
// input 0   pixels, RGBA, 8 bits each, red in the lowest byte, row-major, width words per row
// output    the filtered image, the same layout: WINDOW = 1, invocation y·width + x computes pixel (x, y)
//
// Each of red, green and blue becomes clamp((Σ c·value + bias) >> shift, 0, 255), the shift arithmetic, the sum
// wrapping i32; alpha is kept. The coefficients are row-major, c4 the pixel itself. Beyond the edges, the nearest
// pixel counts. An image has at least one pixel: width and height are at least 1.
//
// One pixel reads three rows of three neighbours: at most 6 chunks of 1,024 bytes.

const WINDOW: u32 = 1;

struct Params {
    width: u32,
    height: u32,
    shift: u32, // 0 … 31
    bias: i32,  // before the shift: add half of 1 << shift to round to nearest
    c0: i32, c1: i32, c2: i32,
    c3: i32, c4: i32, c5: i32,
    c6: i32, c7: i32, c8: i32,
}

@group(0) @binding(0) var<storage, read> pixels: array<u32>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> filtered: array<u32>;

fn colours(pixel: u32) -> vec3<i32> {
    return vec3<i32>(unpack4xU8(pixel).xyz);
}

// The row's part of the sum.
fn row(x: u32, y: u32, left: i32, middle: i32, right: i32) -> vec3<i32> {
    let first = max(x, 1u) - 1u;
    let start = y * params.width;
    bound_reads(0, start + first, 3u);
    let before = colours(pixels[start + first]);
    let here = colours(pixels[start + x]);
    let after = colours(pixels[start + min(x + 1u, params.width - 1u)]);
    return before * left + here * middle + after * right;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = id.x % params.width;
    let y = id.x / params.width;
    let above = max(y, 1u) - 1u;
    let below = min(y + 1u, params.height - 1u);
    var sum = vec3<i32>(params.bias);
    sum += row(x, above, params.c0, params.c1, params.c2);
    sum += row(x, y, params.c3, params.c4, params.c5);
    sum += row(x, below, params.c6, params.c7, params.c8);
    let colour = clamp(sum >> vec3<u32>(params.shift), vec3<i32>(0), vec3<i32>(255));
    bound_reads(0, id.x, 1u);
    let alpha = pixels[id.x] & 0xff000000u;
    filtered[id.x] = alpha | u32(colour.x) | (u32(colour.y) << 8u) | (u32(colour.z) << 16u);
}
