// prefix_sum_step: inclusive prefix sums of a block of 64 words, on top of the sum of all blocks before it
//
// input 0   values, u32 or i32
// input 1   prefix sums of the sums of blocks (block_sums): word g is the sum of values 0 … 64g + 63; a single block
//           reads none of it, any buffer will do
// output    prefix sums, wrapping: WINDOW = 64, word i is the sum of values 0 … i
//
// Values after the end of the input count as 0: the sums go on unchanged to the end of the last block.
//
// All prefix sums of n words (Blelloch 1990, section 1.4): block_sums of the values, block_sums of these sums, and so on
// until one block is left; then this kernel over the last sums, over the ones before them with that result as input 1,
// and so on down to the values. One block reads 64 words and one: at most 3 chunks of 1,024 bytes.

const WINDOW: u32 = 64;

@group(0) @binding(0) var<storage, read> values: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> before: array<u32>;
@group(0) @binding(9) var<storage, read_write> prefix: array<vec4<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let start = id.x * (WINDOW / 4u);
    bound_reads(0, id.x * WINDOW, WINDOW);
    var sum = 0u;
    if id.x != 0u {
        sum = before[id.x - 1u];
    }
    for (var i = 0u; i < WINDOW / 4u; i++) {
        var four = values[start + i];
        four.x += sum;
        four.y += four.x;
        four.z += four.y;
        four.w += four.z;
        prefix[start + i] = four;
        sum = four.w;
    }
}
