// Queens on a board of 6, by the first column, with an explicit stack.
// invocations: 6
// params: 6
// gives: 0 1 1 1 1 0
const WINDOW: u32 = 1;
const MAXN = 16;
struct P { n: u32 }
@group(0) @binding(8) var<uniform> p: P;
@group(0) @binding(9) var<storage, read_write> solutions: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var cols: array<u32, MAXN>; var d1: array<u32, MAXN>; var d2: array<u32, MAXN>; var free: array<u32, MAXN>;
    let all = (1u << p.n) - 1u;
    let b = 1u << id.x;
    var row = 1i;
    cols[1] = b; d1[1] = b << 1u; d2[1] = b >> 1u;
    free[1] = all & ~(cols[1] | d1[1] | d2[1]);
    var count = 0u;
    while (row >= 1) {
        loop_bound(10000u);
        if (free[row] == 0u) { row -= 1; continue; }
        let bit = free[row] & (~free[row] + 1u);
        free[row] ^= bit;
        if (u32(row) == p.n - 1u) { count += 1u; continue; }
        let c = cols[row] | bit; let e = (d1[row] | bit) << 1u; let f = (d2[row] | bit) >> 1u;
        row++;
        cols[row] = c; d1[row] = e; d2[row] = f;
        free[row] = all & ~(c | e | f);
    }
    solutions[id.x] = count;
}
