//! How many packed dot products a device does when it does nothing else.

use std::fmt::Write;

use touchstone_gpu::{Gpu, StepRun};
use touchstone_kir::Kernel;

/// Each of 8 left operands meets each of 8 right ones, in 64 independent sums.
const EDGE: u32 = 8;
/// Rounds of one invocation. A round changes the left operands, or its products would be those of the round before.
const ROUNDS: u32 = 256;

/// A step of dot products whose operands and sums stay in registers.
pub struct Peak {
    kernel: Kernel,
    invocations: u32,
}

impl Peak {
    /// About as many operations as are to be compared.
    pub fn new(operations: f64) -> Self {
        let source = source();
        let compiled =
            touchstone_compiler::compile(&source).unwrap_or_else(|e| panic!("{}", e.render(&source, "peak")));
        let each = f64::from(8 * EDGE * EDGE * ROUNDS);
        Self { kernel: compiled.kernel, invocations: ((operations / each) as u32).next_multiple_of(256) }
    }

    /// Multiplications and additions of one run, eight to a dot product as in a matrix product of that size.
    pub fn operations(&self) -> f64 {
        f64::from(8 * EDGE * EDGE * ROUNDS) * f64::from(self.invocations)
    }

    pub fn run(&self, gpu: &mut Gpu) {
        let step = StepRun { kernel: &self.kernel, params: &[ROUNDS], reads: &[], invocations: self.invocations };
        gpu.run(&step, &mut || {}).expect("the step runs");
    }
}

fn source() -> String {
    let mut out = String::from(
        "const WINDOW: u32 = 1;\n\
         struct Params { rounds: u32 }\n\
         @group(0) @binding(8) var<uniform> params: Params;\n\
         @group(0) @binding(9) var<storage, read_write> out: array<u32>;\n\
         @compute @workgroup_size(64)\n\
         fn main(@builtin(global_invocation_id) id: vec3<u32>) {\n",
    );
    for i in 0..EDGE {
        let _ = writeln!(out, "var x{i} = id.x * {}u;\nlet y{i} = id.x * {}u + {i}u;", 2 * i + 3, 2 * i + 5);
    }
    let pairs = || (0..EDGE).flat_map(|i| (0..EDGE).map(move |j| (i, j)));
    for (i, j) in pairs() {
        let _ = writeln!(out, "var c{i}_{j} = 0i;");
    }
    out.push_str("for (var round = 0u; round < params.rounds; round++) {\n");
    for i in 0..EDGE {
        let _ = writeln!(out, "x{i} += 0x01030507u;");
    }
    for (i, j) in pairs() {
        let _ = writeln!(out, "c{i}_{j} += dot4I8Packed(x{i}, y{j});");
    }
    out.push_str("}\nvar sum = 0i;\n");
    for (i, j) in pairs() {
        let _ = writeln!(out, "sum ^= c{i}_{j};");
    }
    out.push_str("out[id.x] = u32(sum);\n}\n");
    out
}
