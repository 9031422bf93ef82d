const D_WORDS = P0;
const K = P1;

@group(0) @binding(0) var<storage, read> points: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> centroids: array<vec4<u32>>;
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
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let d = D_WORDS / 4;
    let point = g * d;
    var nearest = 0u;
    var least = 0x7fffffff;
    // Four centroids at a time share what is read of the point.
    var at = 0u;
    for (var j = 0u; j < K; j += 4u) {
        var product0 = 0; var product1 = 0; var product2 = 0; var product3 = 0;
        var square0 = 0; var square1 = 0; var square2 = 0; var square3 = 0;
        for (var i = 0u; i < D_WORDS / 4; i++) {
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
        if (distance.y < least) & (j + 1 < K) {
            least = distance.y;
            nearest = j + 1;
        }
        if (distance.z < least) & (j + 2 < K) {
            least = distance.z;
            nearest = j + 2;
        }
        if (distance.w < least) & (j + 3 < K) {
            least = distance.w;
            nearest = j + 3;
        }
    }
    labels[g] = nearest;
}
