//! `kernels/wgsl/matmul_i8.wgsl` in tiles: one workgroup computes a rectangle of C, one thread a smaller rectangle in
//! registers.
//!
//! A thread that computes h × w elements loads h + w vectors of four words for 4·h·w packed dot products, where the
//! kernel loads two for four. On a GPU the workgroup shares what its threads load through workgroup memory (a tile of A
//! and one of B at a time), as in Volkov and Demmel, "Benchmarking GPUs to tune dense linear algebra" (2008). A
//! software adapter has no memory closer than its cache, so there each thread loads its own data.

use std::fmt::Write;

use super::task::Task;
use crate::{shader::Shader, Class};

/// The kernel that this implements.
pub(super) const KIR: &[u8] = touchstone_kernels::MATMUL_I8.kir;

/// How the work is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    /// Threads of a workgroup along a row of C, and along a column.
    threads: [u32; 2],
    /// Elements of one thread along a row of C, and along a column.
    each: [u32; 2],
    /// Vectors of four words of each row that are in workgroup memory at a time; 0: none, each thread loads its own.
    slab: u32,
}

impl Shape {
    /// Columns and rows of a workgroup's rectangle.
    fn tile(self) -> [u32; 2] {
        [self.threads[0] * self.each[0], self.threads[1] * self.each[1]]
    }

    fn group(self) -> u32 {
        self.threads[0] * self.threads[1]
    }

    /// Tiles along a row of C, and along a column.
    fn tiles(self, columns: u32, rows: u32) -> [u32; 2] {
        [columns.div_ceil(self.tile()[0]), rows.div_ceil(self.tile()[1])]
    }

    /// The shape for a product of this size.
    fn choose(class: Class, columns: u32, rows: u32) -> Self {
        match class {
            Class::Cpu => {
                // Eight threads are one vector of the host. Up to eight by eight elements each, evenly shared out.
                let each = [columns.div_ceil(8), rows].map(|all| all.div_ceil(all.div_ceil(8).max(1)).max(1));
                Self { threads: [8, 1], each, slab: 0 }
            }
            Class::Discrete | Class::Integrated => {
                let large = Self { threads: [16, 16], each: [8, 8], slab: 4 };
                let [across, down] = large.tiles(columns, rows);
                match u64::from(across) * u64::from(down) >= ENOUGH_TILES {
                    true => large,
                    false => Self { each: [4, 4], ..large },
                }
            }
        }
    }
}

/// Large tiles are worth it when there are enough of them to occupy a large GPU.
const ENOUGH_TILES: u64 = 256;

/// A product that the tiles cover, with every read inside its buffer.
struct Product {
    columns: u32,
    rows: u32,
    /// Vectors of four words in a row of A and of Bᵀ.
    depth: u32,
    invocations: u32,
    finish: Finish,
}

/// How an accumulator becomes an element of the result.
enum Finish {
    Raw,
    Requantise { multiplier: u32, shift: u32, relu: bool },
}

impl Product {
    /// The arguments as a product; `None` if the kernel computes something else for them: a depth that is not a
    /// multiple of 16, reads beyond a buffer (which give 0), no columns.
    fn new(task: &Task<'_>) -> Option<Self> {
        let &[columns, k_words, multiplier, shift, relu, raw] = task.params else { return None };
        let &[a, b, bias] = task.lens else { return None };
        if columns == 0 || k_words == 0 || k_words % 4 != 0 {
            return None;
        }
        let rows = task.invocations.div_ceil(columns);
        let holds = |len: u32, rows: u32, words: u32| u64::from(rows) * u64::from(words) <= u64::from(len / 4);
        if !holds(a, rows, k_words) || !holds(b, columns, k_words) || !holds(bias, columns, 1) {
            return None;
        }
        let finish = match raw {
            0 => Finish::Requantise { multiplier, shift, relu: relu != 0 },
            _ => Finish::Raw,
        };
        Some(Self { columns, rows, depth: k_words / 4, invocations: task.invocations, finish })
    }
}

/// The shader, if the arguments are a product that fills most of its tiles.
pub(super) fn shader(task: &Task<'_>) -> Option<Shader> {
    let product = Product::new(task)?;
    let shape = Shape::choose(task.class, product.columns, product.rows);
    let [width, height] = shape.tile();
    let tiles = shape.tiles(product.columns, product.rows);
    let computed = u64::from(tiles[0]) * u64::from(tiles[1]) * u64::from(width) * u64::from(height);
    if computed > 2 * u64::from(product.columns) * u64::from(product.rows) {
        return None;
    }
    Some(Shader {
        source: source(&product, shape),
        items: tiles[0].checked_mul(tiles[1])?,
        group: 1,
        fuel: task.fuel.saturating_mul((width * height).into()),
        word: 0,
    })
}

fn source(product: &Product, shape: Shape) -> String {
    let mut out = String::from(
        "@group(0) @binding(0) var<storage, read> a: array<vec4<u32>>;\n\
         @group(0) @binding(1) var<storage, read> b: array<vec4<u32>>;\n\
         @group(0) @binding(2) var<storage, read> bias: array<i32>;\n\
         @group(0) @binding(8) var<uniform> dispatch: vec4<u32>;\n\
         @group(0) @binding(9) var<storage, read_write> c: array<i32>;\n",
    );
    let [width, height] = shape.tile();
    let [across, _] = shape.tiles(product.columns, product.rows);
    let [tx, ty] = shape.threads;
    if shape.slab > 0 {
        let _ = write!(
            out,
            "var<workgroup> slab_a: array<vec4<u32>, {}>;\nvar<workgroup> slab_b: array<vec4<u32>, {}>;\n",
            shape.slab * stride(height),
            shape.slab * stride(width),
        );
    }
    finish(&mut out, &product.finish);
    let _ = write!(
        out,
        "@compute @workgroup_size({tx}, {ty})\n\
         fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) thread: vec3<u32>,\n        \
         @builtin(local_invocation_index) local: u32) {{\n\
         let place = group.y * dispatch.z + group.x;\n\
         if place >= dispatch.y {{ return; }}\n\
         let tile = dispatch.x + place;\n\
         let first_column = (tile % {across}u) * {width}u;\n\
         let first_row = (tile / {across}u) * {height}u;\n"
    );
    // Neighbouring threads have neighbouring columns.
    for j in 0..shape.each[0] {
        let _ = writeln!(out, "let column{j} = first_column + thread.x + {}u;", j * tx);
    }
    for i in 0..shape.each[1] {
        let _ = writeln!(out, "let row{i} = first_row + thread.y + {}u;", i * ty);
    }
    for (i, j) in elements(shape) {
        let _ = writeln!(out, "var c{i}_{j} = 0i;");
    }
    match shape.slab {
        0 => direct(&mut out, product, shape),
        _ => shared(&mut out, product, shape),
    }
    for (i, j) in elements(shape) {
        let _ = writeln!(
            out,
            "if row{i} < {}u && column{j} < {}u && row{i} * {}u + column{j} < {}u {{\n  \
             c[row{i} * {}u + column{j}] = finish(c{i}_{j} + bias[column{j}]);\n}}",
            product.rows, product.columns, product.columns, product.invocations, product.columns
        );
    }
    out.push_str("}\n");
    out
}

/// A thread's elements: row and column within it.
fn elements(shape: Shape) -> impl Iterator<Item = (u32, u32)> {
    (0..shape.each[1]).flat_map(move |i| (0..shape.each[0]).map(move |j| (i, j)))
}

/// Every thread loads its rows and columns itself. Those outside of C load the last ones, and are not stored.
fn direct(out: &mut String, product: &Product, shape: Shape) {
    let depth = product.depth;
    for i in 0..shape.each[1] {
        let _ = writeln!(out, "var at_a{i} = min(row{i}, {}u) * {depth}u;", product.rows - 1);
    }
    for j in 0..shape.each[0] {
        let _ = writeln!(out, "var at_b{j} = min(column{j}, {}u) * {depth}u;", product.columns - 1);
    }
    let _ = writeln!(out, "for (var k = 0u; k < {depth}u; k++) {{");
    for i in 0..shape.each[1] {
        let _ = writeln!(out, "  let x{i} = a[at_a{i} + k];");
    }
    for j in 0..shape.each[0] {
        let _ = writeln!(out, "  let y{j} = b[at_b{j} + k];");
    }
    dots(out, shape);
    out.push_str("}\n");
}

/// The workgroup copies a tile of A and of B into its memory, then every thread multiplies its part of them.
fn shared(out: &mut String, product: &Product, shape: Shape) {
    let Shape { slab, .. } = shape;
    let [width, height] = shape.tile();
    let depth = product.depth;
    let _ = writeln!(out, "for (var k0 = 0u; k0 < {depth}u; k0 += {slab}u) {{");
    copy_slab(out, "a", "first_row", height, product.rows, depth, shape);
    copy_slab(out, "b", "first_column", width, product.columns, depth, shape);
    out.push_str("workgroupBarrier();\n");
    let _ = writeln!(out, "for (var k = 0u; k < {slab}u; k++) {{");
    for i in 0..shape.each[1] {
        let _ = writeln!(out, "  let x{i} = slab_a[k * {}u + thread.y + {}u];", stride(height), i * shape.threads[1]);
    }
    for j in 0..shape.each[0] {
        let _ = writeln!(out, "  let y{j} = slab_b[k * {}u + thread.x + {}u];", stride(width), j * shape.threads[0]);
    }
    dots(out, shape);
    out.push_str("}\nworkgroupBarrier();\n}\n");
}

/// Vectors from one k to the next in workgroup memory: two more than there are rows, so that the threads that copy four
/// vectors of one row, and two rows side by side, write to different banks.
fn stride(rows: u32) -> u32 {
    rows + 2
}

/// Copies `slab` vectors of each of `rows` rows from `first` on, padded with zeros after the end of a row.
fn copy_slab(out: &mut String, name: &str, first: &str, rows: u32, all: u32, depth: u32, shape: Shape) {
    let Shape { slab, .. } = shape;
    let _ = write!(
        out,
        "for (var at = local; at < {}u; at += {}u) {{\n  \
         let k = at % {slab}u;\n  \
         let row = at / {slab}u;\n  \
         var vector = vec4<u32>();\n  \
         if k0 + k < {depth}u {{ vector = {name}[min({first} + row, {}u) * {depth}u + k0 + k]; }}\n  \
         slab_{name}[k * {}u + row] = vector;\n}}\n",
        rows * slab,
        shape.group(),
        all - 1,
        stride(rows),
    );
}

/// All products of the vectors `x0` … and `y0` …, four values at a time.
fn dots(out: &mut String, shape: Shape) {
    for word in ["x", "y", "z", "w"] {
        for (i, j) in elements(shape) {
            let _ = writeln!(out, "  c{i}_{j} += dot4I8Packed(x{i}.{word}, y{j}.{word});");
        }
    }
}

/// The function that makes an element of an accumulator, with the kernel's parameters as constants.
fn finish(out: &mut String, finish: &Finish) {
    let &Finish::Requantise { multiplier, shift, relu } = finish else {
        out.push_str("fn finish(sum: i32) -> i32 { return sum; }\n");
        return;
    };
    // Same as in the kernel: shifts are modulo 32, and only a shift of 0 itself does not round.
    let half = if shift == 0 { 0 } else { 1u32.wrapping_shl(shift.wrapping_sub(1)) };
    let (low, high) = (multiplier & 0xffff, ((multiplier as i32) >> 16) as u32);
    let smallest = if relu { 0 } else { -128 };
    // The high word of the product from halves: H. S. Warren, Hacker's Delight, section 8-2.
    let _ = write!(
        out,
        "fn finish(sum: i32) -> i32 {{\n  \
         let low = sum & 0xffff;\n  \
         let high = sum >> 16u;\n  \
         let lowest = i32((u32(low) * {low}u) >> 16u);\n  \
         let middle = high * {low}i + lowest;\n  \
         let carried = low * bitcast<i32>({high}u) + (middle & 0xffff);\n  \
         let product = high * bitcast<i32>({high}u) + (middle >> 16u) + (carried >> 16u);\n  \
         return clamp((product + bitcast<i32>({half}u)) >> {}u, {smallest}, 127);\n}}\n",
        shift % 32,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task<'a>(params: &'a [u32], lens: &'a [u32], invocations: u32, class: Class) -> Task<'a> {
        Task { params, lens, invocations, fuel: 100, class }
    }

    #[test]
    fn what_is_not_a_plain_product_is_left_to_the_emitted_source() {
        let lens = [64 * 64, 64 * 64, 64 * 4];
        let takes =
            |params: &[u32], lens: &[u32], invocations| shader(&task(params, lens, invocations, Class::Cpu)).is_some();
        assert!(takes(&[64, 16, 1, 0, 0, 0], &lens, 64 * 64));
        assert!(!takes(&[0, 16, 1, 0, 0, 0], &lens, 64), "no columns");
        assert!(!takes(&[64, 0, 1, 0, 0, 0], &lens, 64), "no depth");
        assert!(!takes(&[64, 14, 1, 0, 0, 0], &lens, 64), "rows that do not start at a vector");
        assert!(!takes(&[64, 16, 1, 0, 0, 0], &lens, 64 * 64 + 1), "a row beyond A");
        assert!(!takes(&[64, 16, 1, 0, 0, 0], &[64 * 64, 64 * 64 - 4, 256], 64), "a column beyond B");
        assert!(!takes(&[64, 16, 1, 0, 0, 0], &[64 * 64, 64 * 64, 252], 64), "a column without bias");
        assert!(!takes(&[0x4000_0000, 16, 1, 0, 0, 0], &lens, 64), "sizes whose product overflows");
    }

    #[test]
    fn a_product_that_would_leave_most_of_its_tile_empty_is_not_taken() {
        let lens = [16 * 4, 3 * 16 * 4, 12];
        assert!(shader(&task(&[3, 16, 1, 0, 0, 1], &lens, 3, Class::Cpu)).is_none());
        assert!(shader(&task(&[3, 16, 1, 0, 0, 1], &lens, 3, Class::Discrete)).is_none());
    }

    #[test]
    fn tiles_count_what_they_cover() {
        let lens = [100 * 64, 130 * 64, 130 * 4];
        let shader = shader(&task(&[130, 16, 1, 0, 0, 1], &lens, 130 * 99 + 1, Class::Cpu)).unwrap();
        assert_eq!((shader.items, shader.group, shader.fuel), (3 * 13, 1, 100 * 48 * 8));
    }
}
