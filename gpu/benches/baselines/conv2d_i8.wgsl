const WIDTH = P0;
const HEIGHT = P1;
const C_WORDS = P2;
const OUT_WIDTH = P3;
const OUT_WORDS = P4;
const KERNEL_HEIGHT = P5;
const ROW_WORDS = P6;
const STRIDE = P7;
const PADDING = P8;
const MULTIPLIER = i32(P9);
const SHIFT = P10;
const RELU = P11;

@group(0) @binding(0) var<storage, read> image: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4<i32>>;
@group(0) @binding(9) var<storage, read_write> result: array<u32>;

fn accumulate(sum: ptr<function, i32>, a: vec4<u32>, b: vec4<u32>) {
    *sum += dot4I8Packed(a.x, b.x);
    *sum += dot4I8Packed(a.y, b.y);
    *sum += dot4I8Packed(a.z, b.z);
    *sum += dot4I8Packed(a.w, b.w);
}

fn requantised(sum: i32) -> i32 {
    let half = (1i << SHIFT) >> 1u;
    var q = (mulhi_s(sum, MULTIPLIER) + half) >> SHIFT;
    if RELU != 0 {
        q = max(q, 0);
    }
    return clamp(q, -128, 127);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let pixel = g / OUT_WORDS;
    let group = g % OUT_WORDS;
    let left = (pixel % OUT_WIDTH) * STRIDE - PADDING; // below 0 it wraps
    let top = (pixel / OUT_WIDTH) * STRIDE - PADDING;

    // In vectors of four words from here on. The window's row lies over pixels left … left + row / c - 1: what is
    // outside the image is not visited.
    let c = C_WORDS / 4;
    let row = ROW_WORDS / 4;
    let window_start = i32(left * c);
    let first = u32(clamp(-window_start, 0, i32(row)));
    let last = u32(clamp(i32(WIDTH * c) - window_start, 0, i32(row)));
    let filter_size = KERNEL_HEIGHT * row;

    let start = bias[group];
    var sum0 = start.x;
    var sum1 = start.y;
    var sum2 = start.z;
    var sum3 = start.w;
    var at_weights = group * 4 * filter_size;
    for (var ky = 0u; ky < KERNEL_HEIGHT; ky++) {
        let y = top + ky;
        if y < HEIGHT {
            let at_image = y * WIDTH * c + left * c;
            for (var i = first; i < last; i++) {
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
    result[g] = pack4xI8(vec4<i32>(
        requantised(sum0), requantised(sum1), requantised(sum2), requantised(sum3),
    ));
}
