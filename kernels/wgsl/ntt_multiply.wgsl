// ntt_multiply: products modulo p = 998244353, word by word
//
// input 0   values, u32 below p
// input 1   values, u32 below p, as many
// output    their products mod p: WINDOW = 4, invocation g gives words 4g … 4g + 3
//
// Between two transforms (ntt) and an inverse one this makes a cyclic convolution, a product of polynomials.
//
// The quotient is estimated from the upper bits (Barrett); it is at most 1 too small. One invocation reads 2 quads: at
// most 2 chunks of 1,024 bytes.

const WINDOW: u32 = 4;
const P: u32 = 998244353;
const INVERSE: u32 = 2309898375; // ⌊2⁶¹ / p⌋

@group(0) @binding(0) var<storage, read> left: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> right: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> products: array<vec4<u32>>;

fn high(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
    return vec4(mulhi(a.x, b.x), mulhi(a.y, b.y), mulhi(a.z, b.z), mulhi(a.w, b.w));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let a = left[id.x];
    let b = right[id.x];
    let low = a * b;
    let upper = (high(a, b) << vec4(3u)) | (low >> vec4(29u)); // ⌊a·b / 2²⁹⌋
    let rest = low - high(upper, vec4(INVERSE)) * P;
    products[id.x] = min(rest, rest - P);
}
