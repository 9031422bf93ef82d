const P: u32 = 998244353;
const INVERSE: u32 = 2309898375; // ⌊2⁶¹ / p⌋

@group(0) @binding(0) var<storage, read> left: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> right: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> products: array<vec4<u32>>;

fn high(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
    return vec4(mulhi_u(a.x, b.x), mulhi_u(a.y, b.y), mulhi_u(a.z, b.z), mulhi_u(a.w, b.w));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let a = left[g];
    let b = right[g];
    let low = a * b;
    let upper = (high(a, b) << vec4(3u)) | (low >> vec4(29u)); // ⌊a·b / 2²⁹⌋
    let rest = low - high(upper, vec4(INVERSE)) * P;
    products[g] = min(rest, rest - P);
}
