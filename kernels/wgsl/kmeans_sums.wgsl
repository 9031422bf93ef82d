// kmeans_sums: of each range of points the sums and the numbers of those with each label; the second of three steps of an
// iteration of k-means, between kmeans_step and kmeans_means
//
// input 0   points, int8, row-major: as kmeans_step reads them, but d_words may be any number
// input 1   labels, u32, one for each point: as kmeans_step gives them
// output    i32, WINDOW = 4: for each label, each range and each word of a point the sums of its four coordinates over
//           those points of the range that have the label; then, as if it were one more word, their number and three
//           zeros: invocation (label·ranges + r)·(d_words + 1) + w answers for word w of the points of range r
//
// Range r is the points r·range … r·range + range − 1, as far as there are any. One invocation reads the labels of its
// range, and of the points those with its label.

const WINDOW: u32 = 4;

struct Params {
    points: u32,      // how many there are
    d_words: u32,     // words in a point
    ranges: u32,
    range: u32,       // points in a range, a multiple of 4
    range_words: u32, // words in a range: range · d_words
}

@group(0) @binding(0) var<storage, read> points: array<u32>;
@group(0) @binding(1) var<storage, read> labels: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
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
    let d = params.d_words;
    let word = id.x % (d + 1);
    let block = id.x / (d + 1);
    let label = block / params.ranges;
    let first = (block % params.ranges) * params.range;
    let counts = word == d;
    bound_reads(0, first * d, params.range_words);
    var at = first * d + word;
    var sum = vec4<i32>(0);
    for (var i = 0u; i < params.range / 4; i++) {
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
    // After the last point the labels read as 0, the coordinates as 0 too.
    let behind = first + params.range - clamp(params.points, first, first + params.range);
    if counts & (label == 0) {
        sum.x -= i32(behind);
    }
    sums[id.x] = sum;
}
