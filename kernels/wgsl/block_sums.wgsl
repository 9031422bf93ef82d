// block_sums: the sum of each block of 64 words
//
// input 0   values, u32 or i32
// output    sums, wrapping: WINDOW = 1, invocation g gives the sum of values 64g … 64g + 63
//
// Values after the end of the input count as 0. One sum reads 64 words: at most 2 chunks of 1,024 bytes.

const WINDOW: u32 = 1;
const BLOCK: u32 = 64;

@group(0) @binding(0) var<storage, read> values: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> sums: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let start = id.x * (BLOCK / 4u);
    bound_reads(0, id.x * BLOCK, BLOCK);
    var sum = vec4<u32>();
    for (var i = 0u; i < BLOCK / 4u; i++) {
        sum += values[start + i];
    }
    sums[id.x] = (sum.x + sum.y) + (sum.z + sum.w);
}
