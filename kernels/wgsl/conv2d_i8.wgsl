// conv2d_i8: an int8 convolution over an image of many channels, with bias, requantised
//
// input 0   image, int8, NHWC: pixels row-major, the channels of a pixel together, 4 per word, the first in the lowest
//           byte; c_words words per pixel, a multiple of 4 (16 channels)
// input 1   weights, int8: filter after filter, each row-major over its window, and as many words per place as a pixel has;
//           4·out_words filters
// input 2   bias, i32, one word per filter
// output    the image of the results, NHWC, int8: WINDOW = 1, invocation (y·out_width + x)·out_words + w computes the
//           four channels 4w … 4w + 3 of pixel (x, y)
//
// The sum of channel f at (x, y) starts at bias[f]; to it come, wrapping in i32, the products of image and filter f over
// all places (kx, ky) of the window and all channels, where place (kx, ky) lies over pixel
//     (x·stride + kx − padding, y·stride + ky − padding).
// Pixels outside the image are 0. The sum is requantised exactly as matmul_i8 does it:
//     q = (mulhi_s(sum, multiplier) + half) >> shift,   half = shift == 0 ? 0 : 1 << (shift - 1)
// then, with relu, at least 0; then clamped to −128 … 127.
//
// One word reads, of each of kernel_height rows, a run of row_words words of the image and of four filters.

const WINDOW: u32 = 1;

struct Params {
    width: u32,         // pixels in a row of the image
    height: u32,        // rows of the image
    c_words: u32,       // words in a pixel: channels / 4, a multiple of 4
    out_width: u32,     // pixels in a row of the result
    out_words: u32,     // words in a pixel of the result: filters / 4
    kernel_height: u32, // rows of the window
    row_words: u32,     // words in a row of the window: its width · c_words
    stride: u32,
    padding: u32,       // pixels of zeros on the left and above; on the right and below, as many as are needed
    multiplier: i32,
    shift: u32,         // 0 … 31
    relu: u32,          // not 0: negative results become 0
}

@group(0) @binding(0) var<storage, read> image: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4<i32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> result: array<u32>;

fn accumulate(sum: ptr<function, i32>, a: vec4<u32>, b: vec4<u32>) {
    *sum += dot4I8Packed(a.x, b.x);
    *sum += dot4I8Packed(a.y, b.y);
    *sum += dot4I8Packed(a.z, b.z);
    *sum += dot4I8Packed(a.w, b.w);
}

fn requantised(sum: i32) -> i32 {
    let half = select(1i << (params.shift - 1), 0, params.shift == 0);
    var q = (mulhi_s(sum, params.multiplier) + half) >> params.shift;
    if params.relu != 0 {
        q = max(q, 0);
    }
    return clamp(q, -128, 127);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let pixel = id.x / params.out_words;
    let group = id.x % params.out_words;
    let left = (pixel % params.out_width) * params.stride - params.padding; // below 0 it wraps
    let top = (pixel / params.out_width) * params.stride - params.padding;

    // In vectors of four words from here on. The window's row lies over pixels left … left + row / c - 1: what is
    // outside the image is not visited.
    let c = params.c_words / 4;
    let row = params.row_words / 4;
    let window_start = i32(left * c);
    let first = u32(clamp(-window_start, 0, i32(row)));
    let last = u32(clamp(i32(params.width * c) - window_start, 0, i32(row)));
    let filter_size = params.kernel_height * row;

    let start = bias[group];
    var sum0 = start.x;
    var sum1 = start.y;
    var sum2 = start.z;
    var sum3 = start.w;
    var at_weights = group * 4 * filter_size;
    for (var ky = 0u; ky < params.kernel_height; ky++) {
        let y = top + ky;
        if y < params.height {
            let at_image = y * params.width * c + left * c;
            for (var i = first; i < last; i++) {
                loop_bound(params.row_words / 4);
                let pixels = image[at_image + i];
                let at = at_weights + i;
                accumulate(&sum0, pixels, weights[at]);
                accumulate(&sum1, pixels, weights[at + filter_size]);
                accumulate(&sum2, pixels, weights[at + 2 * filter_size]);
                accumulate(&sum3, pixels, weights[at + 3 * filter_size]);
            }
        }
        at_weights += row;
    }
    result[id.x] = pack4xI8(vec4<i32>(
        requantised(sum0), requantised(sum1), requantised(sum2), requantised(sum3),
    ));
}
