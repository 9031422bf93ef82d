// ntt: one step of a number-theoretic transform modulo p = 998244353 = 119·2²³ + 1
//
// input 0   values, u32 below p, n words, n a power of two from 16 to 2²³
// input 1   twiddle factors, rows of 8 words: row t holds w⁰, wᵗ, w²ᵗ, w³ᵗ mod p and after them their quotients;
//           the quotient of f is ⌊f·2³² / p⌋; n/4 rows, w a primitive n-th root of unity
// output    values after the step, below p: WINDOW = 4, invocation g gives words 4g … 4g + 3; n / 4 invocations
//
// The transform X(k) = Σ_i w^(i·k)·x(i) mod p takes one step for each two bits of n: log_m = 0, 2, 4 … with
// radix_bits = 2, and where log2 n is odd a last one with radix_bits = 1 and log_m = log2 n − 1. Order is natural before
// and after (Stockham's form). The inverse takes 1/w in place of w, also in root4, and for its last step a table of
// one row, 1/n, 1/n, 1/n, 1/n and their quotients.
//
// A step with m = 2^log_m and radix r = 2^radix_bits computes, for j < n/(r·m), k < m and e < r,
//     y(k + m·(r·j + e)) = w^(e·j·m) · Σ_v w^(e·v·n/r) · x(k + m·j + v·n/r)      v = 0 … r − 1
//
// Products are taken with quotients (Shoup): f·x − ⌊quotient·x / 2³²⌋·p is below 2p for every u32 x. One invocation
// reads four quads of values and one row of factors: at most 6 chunks of 1,024 bytes.

const WINDOW: u32 = 4;
const P: u32 = 998244353;

struct Params {
    log_m: u32,
    radix_bits: u32,     // 2, or 1 in the last step
    root4: u32,          // w^(n/4), a square root of −1
    root4_quotient: u32,
}

@group(0) @binding(0) var<storage, read> values: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> factors: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> transformed: array<vec4<u32>>;

// factor·x mod p, below 2p.
fn product(x: vec4<u32>, factor: vec4<u32>, quotient: vec4<u32>) -> vec4<u32> {
    let q = vec4(mulhi(x.x, quotient.x), mulhi(x.y, quotient.y), mulhi(x.z, quotient.z), mulhi(x.w, quotient.w));
    return x * factor - q * P;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    // In the first step the four words are the sums e = 0 … 3 over the same four values; later the same sum for
    // neighbouring k.
    let is_first = params.log_m == 0u;
    let k_bits = select(params.log_m - 2u, 0u, is_first);
    let j = id.x >> select(k_bits + params.radix_bits, 0u, is_first);
    let k = id.x & ((1u << k_bits) - 1u);
    let e = (id.x >> k_bits) & ((1u << params.radix_bits) - 1u);

    let quarter = arrayLength(&values) / 4u;
    let at = select(k + (j << k_bits), j / 4u, is_first);
    var a = values[at];
    var b = values[at + quarter];
    var c = values[at + 2u * quarter];
    var d = values[at + 3u * quarter];
    let row = (j << params.log_m) * 2u;
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
    if params.radix_bits == 1u {
        b = vec4(0u);
        d = vec4(0u);
    }

    // Even sums: (a + c) ± (b + d). Odd ones: (a − c) ± root4·(b − d).
    let is_odd = (sum & vec4(1u)) != vec4(0u);
    let is_upper = (sum & vec4(2u)) != vec4(0u);
    let ac = a + select(c, P - c, is_odd);
    let bd = b + select(d, P - d, is_odd);
    let turned = select(bd, product(bd, vec4(params.root4), vec4(params.root4_quotient)), is_odd);
    let total = product(ac + select(turned, 2u * P - turned, is_upper), factor, quotient);
    transformed[id.x] = min(total, total - P);
}
