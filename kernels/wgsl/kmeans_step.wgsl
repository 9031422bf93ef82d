// kmeans_step: for each point the nearest of k centroids; the first of three steps of an iteration of k-means, followed by
// kmeans_sums and kmeans_means
//
// input 0   points, int8, row-major: 4 coordinates to a word, the first in the lowest byte; d_words words per point, a
//           multiple of 4 (16 coordinates)
// input 1   centroids, laid out as the points, k of them
// output    labels, u32: WINDOW = 1, invocation g answers for point g with the index of the centroid at the smallest
//           Euclidean distance; of several, the first
//
// Distances are compared as |c|² − 2 p·c, which is |p − c|² less what is the same for all centroids; nothing wraps up to
// 2¹⁵ coordinates. One invocation reads its point and all centroids: at most 131,072 words of them.

const WINDOW: u32 = 1;

struct Params {
    d_words: u32,
    k: u32, // at least 1
}

@group(0) @binding(0) var<storage, read> points: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> centroids: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> labels: array<u32>;

// Adds p·c and |c|².
fn accumulate(product: ptr<function, i32>, square: ptr<function, i32>, p: vec4<u32>, c: vec4<u32>) {
    *product += dot4I8Packed(p.x, c.x);
    *product += dot4I8Packed(p.y, c.y);
    *product += dot4I8Packed(p.z, c.z);
    *product += dot4I8Packed(p.w, c.w);
    *square += dot4I8Packed(c.x, c.x);
    *square += dot4I8Packed(c.y, c.y);
    *square += dot4I8Packed(c.z, c.z);
    *square += dot4I8Packed(c.w, c.w);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let d = params.d_words / 4;
    let point = id.x * d;
    bound_reads(0, point * 4, params.d_words);
    bound_reads(1, 0u, 131072u);
    var nearest = 0u;
    var least = 0x7fffffff;
    // Four centroids at a time share what is read of the point.
    var at = 0u;
    for (var j = 0u; j < params.k; j += 4u) {
        var product0 = 0; var product1 = 0; var product2 = 0; var product3 = 0;
        var square0 = 0; var square1 = 0; var square2 = 0; var square3 = 0;
        for (var i = 0u; i < params.d_words / 4; i++) {
            let p = points[point + i];
            accumulate(&product0, &square0, p, centroids[at + i]);
            accumulate(&product1, &square1, p, centroids[at + d + i]);
            accumulate(&product2, &square2, p, centroids[at + 2 * d + i]);
            accumulate(&product3, &square3, p, centroids[at + 3 * d + i]);
        }
        at += 4 * d;
        let distance = vec4<i32>(square0, square1, square2, square3)
            - 2 * vec4<i32>(product0, product1, product2, product3);
        if distance.x < least {
            least = distance.x;
            nearest = j;
        }
        if (distance.y < least) & (j + 1 < params.k) {
            least = distance.y;
            nearest = j + 1;
        }
        if (distance.z < least) & (j + 2 < params.k) {
            least = distance.z;
            nearest = j + 2;
        }
        if (distance.w < least) & (j + 3 < params.k) {
            least = distance.w;
            nearest = j + 3;
        }
    }
    labels[id.x] = nearest;
}
