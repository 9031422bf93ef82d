// game_of_life: one generation of Conway's Game of Life on a torus
//
// input 0   cells, one bit each, 32 per word, row-major, rows × 4·quads words: cell x of a row is bit x mod 32 of its
//           word x / 32; 1 lives
// output    the next generation, the same layout: WINDOW = 4, invocation g gives words 4g … 4g + 3
//
// A cell lives in the next generation if three of its eight neighbours live, or two and itself (B3/S23). The first
// column is next to the last, the first row next to the last. Rows after the last one are neither: give rows · quads
// invocations.
//
// Sums of neighbours are computed for 128 cells at once, in bit planes: planes of the ones and of the twos, added by
// exclusive or and majority. One invocation reads 9 quads of words: at most 9 chunks of 1,024 bytes.

const WINDOW: u32 = 4;

struct Params {
    quads: u32, // in a row, of 128 cells each, at least 1
    rows: u32,  // at least 1
}

@group(0) @binding(0) var<storage, read> cells: array<vec4<u32>>;
@group(0) @binding(8) var<uniform> params: Params;
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
    let y = id.x / params.quads;
    let at = id.x % params.quads;
    let before = select(at, params.quads, at == 0u) - 1u;
    let after = select(at + 1u, 0u, at + 1u == params.quads);
    let above = row((select(y, params.rows, y == 0u) - 1u) * params.quads, before, at, after);
    let same = row(y * params.quads, before, at, after);
    let below = row(select(y + 1u, 0u, y + 1u == params.rows) * params.quads, before, at, after);

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

    next[id.x] = one_two & (ones | same.here);
}
