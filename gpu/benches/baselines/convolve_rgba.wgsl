@group(0) @binding(0) var<storage, read> pixels: array<u32>;
@group(0) @binding(9) var<storage, read_write> filtered: array<u32>;

const WIDTH = P0;
const HEIGHT = P1;
const SHIFT = P2;
const BIAS = i32(P3);

fn colours(pixel: u32) -> vec3<i32> {
    return vec3<i32>(unpack4xU8(pixel).xyz);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let x = g % WIDTH;
    let y = g / WIDTH;
    let left = max(x, 1u) - 1u;
    let right = min(x + 1u, WIDTH - 1u);
    let above = (max(y, 1u) - 1u) * WIDTH;
    let here = y * WIDTH;
    let below = min(y + 1u, HEIGHT - 1u) * WIDTH;
    let pixel = pixels[here + x];
    var sum = vec3<i32>(BIAS);
    sum += colours(pixels[above + left]) * i32(P4);
    sum += colours(pixels[above + x]) * i32(P5);
    sum += colours(pixels[above + right]) * i32(P6);
    sum += colours(pixels[here + left]) * i32(P7);
    sum += colours(pixel) * i32(P8);
    sum += colours(pixels[here + right]) * i32(P9);
    sum += colours(pixels[below + left]) * i32(P10);
    sum += colours(pixels[below + x]) * i32(P11);
    sum += colours(pixels[below + right]) * i32(P12);
    let colour = vec3<u32>(clamp(sum >> vec3<u32>(SHIFT), vec3<i32>(0), vec3<i32>(255)));
    filtered[g] = (pixel & 0xff000000u) | colour.x | (colour.y << 8u) | (colour.z << 16u);
}
