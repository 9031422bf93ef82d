// 0/1 knapsack.
// invocations: 4
// params: a 28
// input: 4 f c 1d 2 11 2 26 4 28 a 2e 6 11 b 1c 5 22 1 a 1 19 7 b 2 21 c 6 4 7 2 2 3 31 4 7 4 2 9 2b 8 1e 5 23 b 19 4 2c 4 2f 7 1c 9 2 a 26 1 1b 9 26 3 7 b 1f 6 2 9 8 a 18 5 2d 6 14 1 2c 7 7 2 14
// gives: e5 b3 101 bf
const WINDOW: u32 = 1;
struct Item { weight: u32, value: u32, }
struct Params { item_count: u32, capacity: u32, }
@group(0) @binding(0) var<storage, read> items: array<Item>;
@group(0) @binding(8) var<uniform> params: Params;
@group(0) @binding(9) var<storage, read_write> best: array<u32>;
const CAP: u32 = 64u;
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
    var dp: array<u32, CAP + 1u>;
    let capacity = min(params.capacity, CAP);
    for (var i: u32 = 0u; i < params.item_count; i += 1u) {
        let item = items[gid.x * params.item_count + i];
        for (var c: u32 = capacity; c >= item.weight; c -= 1u) {
            loop_bound(CAP + 1u);
            dp[c] = max(dp[c], dp[c - item.weight] + item.value);
        }
    }
    best[gid.x] = dp[capacity];
}
