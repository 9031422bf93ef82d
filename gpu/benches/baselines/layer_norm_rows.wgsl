const N = P0;

@group(0) @binding(0) var<storage, read> values: array<vec4<i32>>;
@group(0) @binding(9) var<storage, read_write> rows: array<u32>;

// ⌊√x⌋ by Newton's method, from the power of two above (I-BERT, algorithm 4). 2³² needs 6 steps, the last to see that
// there is nothing left to do.
fn square_root(x: u32) -> u32 {
    var root = 1u << ((33 - countLeadingZeros(x)) / 2);
    loop {
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
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let row = g * (N / 4);
    var sums = vec4<i32>(0);
    var lowest = vec4<i32>(0x7fffffff);
    var highest = vec4<i32>(-0x80000000);
    for (var i = 0u; i < N / 4; i++) {
        let four = values[row + i];
        sums += four;
        lowest = min(lowest, four);
        highest = max(highest, four);
    }
    let sum = sums.x + sums.y + sums.z + sums.w;
    let n = i32(N);
    let mean = (sum + select(n / 2, -(n / 2), sum < 0)) / n;
    let low = mean - min(min(lowest.x, lowest.y), min(lowest.z, lowest.w));
    let high = max(max(highest.x, highest.y), max(highest.z, highest.w)) - mean;
    let exponent = max(countLeadingZeros(u32(max(low, high))), 1u) - 1;

    let headroom = 16 - (33 - countLeadingZeros(N - 1)) / 2;
    var squares = 0u;
    for (var i = 0u; i < N / 4; i++) {
        let q = ((values[row + i] - mean) << vec4<u32>(exponent)) >> vec4<u32>(31 - headroom);
        squares += u32(q.x * q.x + q.y * q.y + q.z * q.z + q.w * q.w);
    }
    rows[g * 3] = u32(mean);
    rows[g * 3 + 1] = exponent;
    rows[g * 3 + 2] = (0x80000000u / max(square_root(squares), 1u)) << (headroom - 2);
}
