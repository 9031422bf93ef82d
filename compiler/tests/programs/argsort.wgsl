// Insertion sort of structures.
// invocations: 3
// input: b e 12 a 0 0 a a d c f 2 6 12 f c 4 11 a 3 8 2 d 3 e 10 8 3 10 b b e 9 8 3 a 12 11 10 3 f 10 b 1 9 12 5 4
// gives: 4 5 b c 3 6 7 0 9 f 8 1 a e 2 d 5 3 7 b 0 4 a 2 d e 6 8 f 9 c 1 b 2 7 f e 1 0 c 3 a 8 6 9 5 4 d
const N: u32 = 16u;
const WINDOW: u32 = 16u;
@group(0) @binding(0) var<storage, read> keys: array<i32>;
@group(0) @binding(9) var<storage, read_write> order: array<u32>;
struct KV { key: i32, index: u32 }
fn less(a: KV, b: KV) -> bool { return a.key < b.key || (a.key == b.key && a.index < b.index); }
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    var items: array<KV, N>;
    let base = id.x * N;
    for (var i = 0u; i < N; i++) { items[i] = KV(keys[base + i], i); }
    // insertion sort
    for (var i = 1u; i < N; i++) {
        let x = items[i];
        var j = i;
        while j > 0u && less(x, items[j - 1u]) {
            items[j] = items[j - 1u];
            j--;
        }
        items[j] = x;
    }
    for (var i = 0u; i < N; i++) { order[base + i] = items[i].index; }
}
