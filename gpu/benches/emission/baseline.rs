//! Hand-written sources, and the constants that they are given.

use std::fmt::Write;

use touchstone_kernels::Arguments;

/// Invocations of a workgroup in every baseline.
pub const WORKGROUP_SIZE: u32 = 64;

/// High words of products: one instruction where there are 64-bit integers, 16-bit halves elsewhere.
const MULHI_INT64: &str = "
fn mulhi_u(a: u32, b: u32) -> u32 { return u32((u64(a) * u64(b)) >> 32u); }
fn mulhi_s(a: i32, b: i32) -> i32 { return i32((i64(a) * i64(b)) >> 32u); }
";
const MULHI: &str = "
fn mulhi_u(a: u32, b: u32) -> u32 {
    let al = a & 0xffffu; let ah = a >> 16u;
    let bl = b & 0xffffu; let bh = b >> 16u;
    let m = ah * bl + ((al * bl) >> 16u);
    let n = al * bh + (m & 0xffffu);
    return ah * bh + (m >> 16u) + (n >> 16u);
}
fn mulhi_s(a: i32, b: i32) -> i32 {
    let u = mulhi_u(bitcast<u32>(a), bitcast<u32>(b));
    return bitcast<i32>(u) - (select(0, b, a < 0) + select(0, a, b < 0));
}
";

/// The baseline of a kernel for these arguments. In front of it stand
/// `INVOCATIONS`; `ROW`, the invocations of a row of the grid; `P0` … the parameters; `LEN0` … the lengths of the
/// inputs, words.
pub fn source(name: &str, work: &Arguments, row: u32, int64: bool) -> Result<String, String> {
    let path = format!("{}/benches/baselines/{name}.wgsl", env!("CARGO_MANIFEST_DIR"));
    let body = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let mut constants = format!("const INVOCATIONS = {}u;\nconst ROW = {row}u;\n", work.invocations);
    for (at, param) in work.params.iter().enumerate() {
        let _ = writeln!(constants, "const P{at} = {param}u;");
    }
    for (at, input) in work.inputs.iter().enumerate() {
        let _ = writeln!(constants, "const LEN{at} = {}u;", input.len() / 4);
    }
    let mulhi = match (body.contains("mulhi_"), int64) {
        (false, _) => "",
        (true, true) => MULHI_INT64,
        (true, false) => MULHI,
    };
    Ok(constants + mulhi + &body)
}
