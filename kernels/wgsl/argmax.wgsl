// argmax: the index of the largest value of a row; of several, the first
//
// input 0   scores, i32, row-major, n words per row
// output    indices, u32: WINDOW = 1, invocation g answers for row g
//
// A row beyond the end of the input counts as zeros, whose first is 0.

const WINDOW: u32 = 1;

struct Params {
    n: u32, // words in a row, at least 1
}

@group(0) @binding(0) var<storage, read> scores: array<i32>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> indices: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x * params.n;
    bound_reads(0, row, params.n);
    var best = scores[row];
    var index = 0u;
    for (var i = 0u; i < params.n; i++) {
        let score = scores[row + i];
        if score > best {
            best = score;
            index = i;
        }
    }
    indices[id.x] = index;
}
