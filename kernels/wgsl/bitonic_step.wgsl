// bitonic_step: one step of a bitonic sort (Batcher 1968): each word is compared with one other
//
// input 0   keys, u32, n words, n a multiple of 4 and not necessarily a power of two
// output    keys after the step: WINDOW = 4, invocation g gives words 4g … 4g + 3; n / 4 invocations
//
// Word i is compared with word i ^ mask: the smaller one becomes the word with the smaller index. A word whose partner
// is after the end stays.
//
// The sort, upwards: for each k = 2, 4, 8 … while k < 2n a step with mask = k - 1, which compares the ends of each two
// sorted runs of k / 2 words inwards, then steps with mask = k/4, k/8 … 1. All comparisons go the same way, so that
// missing words after the end act as largest.
//
// Four words are compared with four words: 2 loads, at most 2 chunks of 1,024 bytes.

const WINDOW: u32 = 4;

struct Params {
    mask: u32, // 2^a − 1 or 2^a, at least 1
}

@group(0) @binding(0) var<storage, read> keys: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> sorted: array<vec4<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let own = keys[id.x];
    let partner = id.x ^ (params.mask >> 2u);
    var other = keys[partner];
    // Inside the four, the lowest two bits of the mask.
    if (params.mask & 1u) != 0u {
        other = other.yxwz;
    }
    if (params.mask & 2u) != 0u {
        other = other.zwxy;
    }
    if partner >= arrayLength(&keys) {
        other = vec4(0xffffffffu);
    }
    let at = vec4(id.x * 4u) | vec4(0u, 1u, 2u, 3u);
    sorted[id.x] = select(max(own, other), min(own, other), at < (at ^ vec4(params.mask)));
}
