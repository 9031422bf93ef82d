// matmul_i8: C[m][n] = requant(Σ_k A[m][k]·B[k][n] + bias[n])
//
// input 0   A, row-major, int8: 4 values to a word, the first in the lowest byte; k_words words per row (K = 4·k_words,
//           K a multiple of 16)
// input 1   Bᵀ, row-major, int8: row n holds column n of B, laid out as a row of A
// input 2   bias, i32, one word for each column n
// output    C, row-major, i32, one word for each element: WINDOW = 1, invocation m·n_columns + n computes C[m][n]
//
// Requantisation, in fixed point: with the scale multiplier / 2^(32 + shift),
//     q = (mulhi_s(acc, multiplier) + half) >> shift,   half = shift == 0 ? 0 : 1 << (shift - 1)
// an arithmetic shift: products are first rounded down to a multiple of 2³², then to the nearest, halves upwards.
// Then, with relu, at least 0; then clamped to −128 … 127. With raw, the accumulator itself (wrapping i32).
//
// One element reads one row of A, one row of Bᵀ and one word of bias: at K = 4096, 5 + 5 + 1 chunks of 1,024 bytes.

const WINDOW: u32 = 1;

struct Params {
    n: u32,          // columns of C
    k_words: u32,    // words in a row of A and of Bᵀ: K / 4
    multiplier: i32,
    shift: u32,      // 0 … 31
    relu: u32,       // not 0: negative results become 0
    raw: u32,        // not 0: no requantisation
}

@group(0) @binding(0) var<storage, read> a: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> bias: array<i32>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> c: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x / params.n;
    let column = id.x % params.n;
    let a_row = row * params.k_words;
    let b_row = column * params.k_words;
    bound_reads(0, a_row, params.k_words);
    bound_reads(1, b_row, params.k_words);
    var at_a = a_row / 4;
    var at_b = b_row / 4;
    var acc = bias[column];
    for (var i = 0u; i < params.k_words / 4; i++) {
        let x = a[at_a];
        let y = b[at_b];
        acc += dot4I8Packed(x.x, y.x);
        acc += dot4I8Packed(x.y, y.y);
        acc += dot4I8Packed(x.z, y.z);
        acc += dot4I8Packed(x.w, y.w);
        at_a++;
        at_b++;
    }
    if params.raw != 0 {
        c[id.x] = acc;
        return;
    }
    let half = select(1i << (params.shift - 1), 0, params.shift == 0);
    var q = (mulhi_s(acc, params.multiplier) + half) >> params.shift;
    if params.relu != 0 {
        q = max(q, 0);
    }
    c[id.x] = clamp(q, -128, 127);
}
