// pack_i8: four i32 words become one word of int8
//
// input 0   values, i32, four to an output word; of each the lowest byte counts (matmul_i8 gives −128 … 127)
// output    packed int8, the first value in the lowest byte: WINDOW = 1, invocation g packs values 4g … 4g + 3
//
// Values beyond the end of the input count as 0.

const WINDOW: u32 = 1;

@group(0) @binding(0) var<storage, read> values: array<vec4<i32>>;
@group(0) @binding(9) var<storage, read_write> packed: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    packed[id.x] = pack4xI8(values[id.x]);
}
