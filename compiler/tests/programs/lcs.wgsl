// Longest common subsequences, with two private rows.
// invocations: 4
// input: 61 62 63 61 61 62 62 61 61 63 61 61 63 63 61 62 63 61 61 61 61 61 62 63 63 61 62 62 63 63 61 62 61 61 63 63 62 62 62 63 62 63 61 63 63 61 63 61
// input: 61 61 61 61 63 61 62 62 61 61 63 61 63 63 63 61 62 62 62 61 62 62 63 63 62 61 61 62 61 63 63 62 62 63 62 61 62 61 61 61 61 61 62 63 61 63 63 61
// gives: 9 7 6 7
const WINDOW: u32 = 1;
const N: u32 = 12u;
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(9) var<storage, read_write> length: array<u32>;
var<private> rows: array<array<u32, 13>, 2>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    for (var i = 0u; i < N; i++) {
        let cur = (i + 1u) & 1u; let prev = i & 1u;
        for (var j = 0u; j < N; j++) {
            if a[id.x * N + i] == b[id.x * N + j] { rows[cur][j + 1u] = rows[prev][j] + 1u; }
            else { rows[cur][j + 1u] = max(rows[prev][j + 1u], rows[cur][j]); }
        }
    }
    length[id.x] = rows[N & 1u][N];
}
