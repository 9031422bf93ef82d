// Edit distances, with one private row.
// invocations: 4
// params: c c
// input: 61 62 63 61 61 62 62 61 61 63 61 61 63 63 61 62 63 61 61 61 61 61 62 63 63 61 62 62 63 63 61 62 61 61 63 63 62 62 62 63 62 63 61 63 63 61 63 61
// input: 61 61 61 61 63 61 62 62 61 61 63 61 63 63 63 61 62 62 62 61 62 62 63 63 62 61 61 62 61 63 63 62 62 63 62 61 62 61 61 61 61 61 62 63 61 63 63 61
// gives: 4 7 8 7
const WINDOW: u32 = 1;
const MAX = 32u;
struct Params { m: u32, n: u32 }
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> distance: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let m = min(params.m, MAX); let n = min(params.n, MAX);
    var row: array<u32, MAX + 1>;
    for (var j = 0u; j <= n; j++) { row[j] = j; }
    for (var i = 1u; i <= m; i++) {
        var prev = row[0];
        row[0] = i;
        let c = a[id.x * m + i - 1u];
        for (var j = 1u; j <= n; j++) {
            let old = row[j];
            let cost = select(1u, 0u, c == b[id.x * n + j - 1u]);
            row[j] = min(min(row[j] + 1u, row[j - 1u] + 1u), prev + cost);
            prev = old;
        }
    }
    distance[id.x] = row[n];
}
