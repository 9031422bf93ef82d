// Elementary automaton, 32 cells a word.
// invocations: 6
// input: 22f1a831 da9c025a 440e2b4f 3ead4efe d322a735 35e1f291
// gives: 6793f873 7fb406fe cc1a7fd8 63ffdb82 7767ed7f 7f2317b3
const WINDOW: u32 = 1;
override RULE: u32 = 110u;
@group(0) @binding(0) var<storage, read> row: array<u32>;
@group(0) @binding(9) var<storage, read_write> next: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let n = arrayLength(&row);
    let i = id.x;
    let w = row[i];
    let l = row[(i + 1u) % n];
    let r = row[(i + n - 1u) % n];
    let left = (w >> 1u) | (l << 31u);
    let right = (w << 1u) | (r >> 31u);
    var result = 0u;
    for (var k = 0u; k < 8u; k++) {
        if ((RULE >> k) & 1u) == 1u {
            let a = select(~left, left, (k & 4u) != 0u);
            let b = select(~w, w, (k & 2u) != 0u);
            let c = select(~right, right, (k & 1u) != 0u);
            result |= a & b & c;
        }
    }
    next[i] = result;
}
