// layer_norm_rows: mean and deviation of each row; the first of two steps, layer_norm the second
//
// input 0   values x, i32, row-major, n words per row, n a multiple of 4; the sum of a row fits i32, and no value is
//           2³⁰ or farther from the mean
// output    WINDOW = 3: invocation g answers for row g with mean (i32), exponent (u32) and factor (u32)
//
// After I-BERT (Kim et al. 2021, section 3.6), its shift found for each row instead of set beforehand. With s the sum of
// the row and / rounding towards 0,
//     mean     = (s + n/2) / n, or (s − n/2) / n for s < 0: the nearest integer, halves away from 0
//     exponent = max(clz(spread), 1) − 1 for the largest spread |x − mean|: shifted left by so much, it has 31 bits
//     headroom = 16 − (33 − clz(n − 1)) / 2: the squares of n numbers of so many bits add up to less than 2³²
//     root     = max(1, ⌊√ Σ q²⌋) for q = ((x − mean) << exponent) >> (31 − headroom), an arithmetic shift
//     factor   = (2³¹ / root) << (headroom − 2)
// so that mulhi_s((x − mean) << exponent, factor) is (x − mean) / √Σ(x − mean)² with 28 fractional bits, nearly.
//
// One invocation reads its row.

const WINDOW: u32 = 3;

struct Params {
    n: u32, // 4 … 65,536
}

@group(0) @binding(0) var<storage, read> values: array<vec4<i32>>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> rows: array<u32>;

// ⌊√x⌋ by Newton's method, from the power of two above (I-BERT, algorithm 4). 2³² needs 6 steps, the last to see that
// there is nothing left to do.
fn square_root(x: u32) -> u32 {
    var root = 1u << ((33 - countLeadingZeros(x)) / 2);
    loop {
        loop_bound(6);
        let next = (root + x / root) / 2;
        if next >= root {
            break;
        }
        root = next;
    }
    return root;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x * (params.n / 4);
    var sums = vec4<i32>(0);
    var lowest = vec4<i32>(0x7fffffff);
    var highest = vec4<i32>(-0x80000000);
    for (var i = 0u; i < params.n / 4; i++) {
        let four = values[row + i];
        sums += four;
        lowest = min(lowest, four);
        highest = max(highest, four);
    }
    let sum = sums.x + sums.y + sums.z + sums.w;
    let n = i32(params.n);
    let mean = (sum + select(n / 2, -(n / 2), sum < 0)) / n;
    let low = mean - min(min(lowest.x, lowest.y), min(lowest.z, lowest.w));
    let high = max(max(highest.x, highest.y), max(highest.z, highest.w)) - mean;
    let exponent = max(countLeadingZeros(u32(max(low, high))), 1u) - 1;

    let headroom = 16 - (33 - countLeadingZeros(params.n - 1)) / 2;
    var squares = 0u;
    for (var i = 0u; i < params.n / 4; i++) {
        let q = ((values[row + i] - mean) << vec4<u32>(exponent)) >> vec4<u32>(31 - headroom);
        squares += u32(q.x * q.x + q.y * q.y + q.z * q.z + q.w * q.w);
    }
    rows[id.x * 3] = u32(mean);
    rows[id.x * 3 + 1] = exponent;
    rows[id.x * 3 + 2] = (0x80000000u / max(square_root(squares), 1u)) << (headroom - 2);
}
