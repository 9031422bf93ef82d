const LOG_M = P0;
const RADIX_BITS = P1;
const ROOT4 = P2;
const ROOT4_QUOTIENT = P3;

const P: u32 = 998244353;

@group(0) @binding(0) var<storage, read> values: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> factors: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> transformed: array<vec4<u32>>;

// factor·x mod p, below 2p.
fn product(x: vec4<u32>, factor: vec4<u32>, quotient: vec4<u32>) -> vec4<u32> {
    let q = vec4(mulhi_u(x.x, quotient.x), mulhi_u(x.y, quotient.y), mulhi_u(x.z, quotient.z), mulhi_u(x.w, quotient.w));
    return x * factor - q * P;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    // In the first step the four words are the sums e = 0 … 3 over the same four values; later the same sum for
    // neighbouring k.
    let is_first = LOG_M == 0u;
    let k_bits = select(LOG_M - 2u, 0u, is_first);
    let j = g >> select(k_bits + RADIX_BITS, 0u, is_first);
    let k = g & ((1u << k_bits) - 1u);
    let e = (g >> k_bits) & ((1u << RADIX_BITS) - 1u);

    let quarter = (LEN0 / 4u) / 4u;
    let at = select(k + (j << k_bits), j / 4u, is_first);
    var a = values[at];
    var b = values[at + quarter];
    var c = values[at + 2u * quarter];
    var d = values[at + 3u * quarter];
    let row = (j << LOG_M) * 2u;
    var factor = factors[row];
    var quotient = factors[row + 1u];
    var sum = vec4(0u, 1u, 2u, 3u);
    if is_first {
        let lane = j % 4u;
        a = vec4(a[lane]);
        b = vec4(b[lane]);
        c = vec4(c[lane]);
        d = vec4(d[lane]);
    } else {
        factor = vec4(factor[e]);
        quotient = vec4(quotient[e]);
        sum = vec4(e);
    }
    if RADIX_BITS == 1u {
        b = vec4(0u);
        d = vec4(0u);
    }

    // Even sums: (a + c) ± (b + d). Odd ones: (a − c) ± root4·(b − d).
    let is_odd = (sum & vec4(1u)) != vec4(0u);
    let is_upper = (sum & vec4(2u)) != vec4(0u);
    let ac = a + select(c, P - c, is_odd);
    let bd = b + select(d, P - d, is_odd);
    let turned = select(bd, product(bd, vec4(ROOT4), vec4(ROOT4_QUOTIENT)), is_odd);
    let total = product(ac + select(turned, 2u * P - turned, is_upper), factor, quotient);
    transformed[g] = min(total, total - P);
}
