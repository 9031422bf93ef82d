// kmeans_means: the new centroids; the last of three steps of an iteration of k-means, after kmeans_sums
//
// input 0   sums, i32: the output of kmeans_sums
// input 1   centroids, int8, row-major, as kmeans_step read them
// output    centroids, laid out in the same way: WINDOW = 1, invocation label·d_words + w computes word w of a centroid
//
// Each coordinate is the mean of those of the points with this label, rounded to the nearest, halves away from 0. A
// label that no point has keeps its centroid.
//
// One invocation reads what kmeans_sums says of its label.

const WINDOW: u32 = 1;

struct Params {
    d_words: u32,    // words in a point
    ranges: u32,
    sums_words: u32, // words of the sums of one label: ranges · (d_words + 1) · 4
}

@group(0) @binding(0) var<storage, read> sums: array<vec4<i32>>;
@group(0) @binding(1) var<storage, read> centroids: array<u32>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> means: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let record = params.d_words + 1;
    let label = id.x / params.d_words;
    let word = id.x % params.d_words;
    let block = label * params.ranges * record;
    bound_reads(0, block * 4, params.sums_words);
    var sum = vec4<i32>(0);
    var count = 0;
    var at = block;
    for (var range = 0u; range < params.ranges; range++) {
        sum += sums[at + word];
        count += sums[at + params.d_words].x;
        at += record;
    }
    if count == 0 {
        means[id.x] = centroids[id.x];
        return;
    }
    let half = vec4<i32>(count / 2);
    means[id.x] = pack4xI8((sum + select(half, -half, sum < vec4<i32>(0))) / count);
}
