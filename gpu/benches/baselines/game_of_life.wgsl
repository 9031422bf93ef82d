const QUADS = P0;
const ROWS = P1;

@group(0) @binding(0) var<storage, read> cells: array<vec4<u32>>;
@group(0) @binding(9) var<storage, read_write> next: array<vec4<u32>>;

// A row's part: its cells, and those to the left and to the right of them, in their places.
struct Row {
    here: vec4<u32>,
    left: vec4<u32>,
    right: vec4<u32>,
}

fn row(start: u32, before: u32, at: u32, after: u32) -> Row {
    let here = cells[start + at];
    let from_left = vec4(cells[start + before].w, here.xyz);
    let from_right = vec4(here.yzw, cells[start + after].x);
    let one = vec4(1u);
    let last = vec4(31u);
    return Row(here, (here << one) | (from_left >> last), (here >> one) | (from_right << last));
}

// The twos of a + b + c, whose ones are a ^ b ^ c.
fn carry(a: vec4<u32>, b: vec4<u32>, c: vec4<u32>) -> vec4<u32> {
    return (a & b) | (c & (a ^ b));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let g = id.y * ROW + id.x;
    if g >= INVOCATIONS { return; }
    let y = g / QUADS;
    let at = g % QUADS;
    let before = select(at, QUADS, at == 0u) - 1u;
    let after = select(at + 1u, 0u, at + 1u == QUADS);
    let above = row((select(y, ROWS, y == 0u) - 1u) * QUADS, before, at, after);
    let same = row(y * QUADS, before, at, after);
    let below = row(select(y + 1u, 0u, y + 1u == ROWS) * QUADS, before, at, after);

    let above_ones = above.left ^ above.here ^ above.right;
    let below_ones = below.left ^ below.here ^ below.right;
    let same_ones = same.left ^ same.right;
    let ones = above_ones ^ below_ones ^ same_ones;

    // Four planes of twos: two or three neighbours live where exactly one of them is set.
    let p = carry(above.left, above.here, above.right);
    let q = carry(below.left, below.here, below.right);
    let r = same.left & same.right;
    let s = carry(above_ones, below_ones, same_ones);
    let one_two = (p ^ q ^ r ^ s) & ~((p & q) | (r & s));

    next[g] = one_two & (ones | same.here);
}
