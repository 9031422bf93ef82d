const POINTS = P0;
const D_WORDS = P1;
const RANGES = P2;
const RANGE = P3;
const RANGE_WORDS = P4;

@group(0) @binding(0) var<storage, read> points: array<u32>;
@group(0) @binding(1) var<storage, read> labels: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> sums: array<vec4<i32>>;

fn add(sums: ptr<function, vec4<i32>>, coordinates: u32) {
    (*sums).x += dot4I8Packed(coordinates, 0x00000001u);
    (*sums).y += dot4I8Packed(coordinates, 0x00000100u);
    (*sums).z += dot4I8Packed(coordinates, 0x00010000u);
    (*sums).w += dot4I8Packed(coordinates, 0x01000000u);
}

// To count is to add up a coordinate that is 1 in every point.
fn coordinates(at: u32, counts: bool) -> u32 {
    return select(points[at], 1u, counts);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let d = D_WORDS;
    let word = g % (d + 1);
    let block = g / (d + 1);
    let label = block / RANGES;
    let first = (block % RANGES) * RANGE;
    let counts = word == d;
    var at = first * d + word;
    var sum = vec4<i32>(0);
    for (var i = 0u; i < RANGE / 4; i++) {
        let four = labels[first / 4 + i];
        if four.x == label {
            add(&sum, coordinates(at, counts));
        }
        if four.y == label {
            add(&sum, coordinates(at + d, counts));
        }
        if four.z == label {
            add(&sum, coordinates(at + 2 * d, counts));
        }
        if four.w == label {
            add(&sum, coordinates(at + 3 * d, counts));
        }
        at += 4 * d;
    }
    // Behind the last point the labels read as 0, the coordinates as 0 too.
    let behind = first + RANGE - clamp(POINTS, first, first + RANGE);
    if counts & (label == 0) {
        sum.x -= i32(behind);
    }
    sums[g] = sum;
}
