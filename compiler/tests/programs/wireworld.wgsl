// Wireworld.
// invocations: 80
// params: 10 8
// input: 0 0 0 2 1 3 3 2 2 3 1 3 0 3 3 1 3 3 3 3 3 2 3 3 3 2 0 0 2 3 2 3 3 3 1 3 1 1 1 0 1 2 1 1 3 3 2 3 3 3 1 3 3 3 3 2 3 2 2 3 1 3 3 3 3 3 3 1 3 2 3 3 3 2 3 3 3 2 3 3 3 3 3 3 3 1 2 3 1 3 2 3 2 2 3 3 3 3 3 3 3 3 3 2 3 1 3 3 2 3 3 0 2 3 0 1 3 0 0 3 3 0 2 3 1 3 0 3
// gives: 0 0 0 3 2 1 3 3 3 1 2 1 0 3 1 2 3 1 1 3 3 3 1 1 1 3 0 0 3 3 3 1 3 1 2 3 2 2 2 0 2 3 2 2 1 1 3 3 3 1 2 3 3 3 1 3 1 3 3 3 2 1 3 3 3 1 1 2 1 3 1 1 1 3 3 1 1 3 3 3 3 3 1 1 1 2 3 1 2 1 3 3 3 3 3 3 3 3 1 1 1 1 1 3 1 2 1 1 3 1 3 0 3 3 0 2 1 0 0 3 1 0 3 1 2 1 0 3
const WINDOW: u32 = 1;
const EMPTY = 0u; const HEAD = 1u; const TAIL = 2u; const COPPER = 3u;
struct Size { width: i32, height: i32 }
@group(0) @binding(0) var<storage, read> cells: array<u32>;
@group(0) @binding(8) var<uniform> size: Size;
@group(0) @binding(9) var<storage, read_write> next: array<u32>;
fn cell(p: vec2<i32>) -> u32 {
    if (any(p < vec2<i32>(0)) || any(p >= vec2<i32>(size.width, size.height))) { return EMPTY; }
    return cells[p.y * size.width + p.x];
}
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let at = vec2<i32>(i32(id.x) % size.width, i32(id.x) / size.width);
    var heads = 0u;
    for (var dy: i32 = -1; dy <= 1; dy++) {
        for (var dx: i32 = -1; dx <= 1; dx++) {
            if (dx == 0 && dy == 0) { continue; }
            heads += u32(cell(at + vec2(dx, dy)) == HEAD);
        }
    }
    switch cell(at) {
        case HEAD: { next[id.x] = TAIL; }
        case TAIL: { next[id.x] = COPPER; }
        case COPPER: { next[id.x] = select(COPPER, HEAD, heads == 1u || heads == 2u); }
        default: { next[id.x] = EMPTY; }
    }
}
