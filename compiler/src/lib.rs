//! WGSL to KIR, and KIR to WGSL.
//!
//! [`compile`] turns a kernel that somebody wrote in WGSL into KIR, the form that the chain stores, hashes and judges.
//! [`emit`] turns KIR into WGSL for one dispatch: the only road to the GPU. [`emit_plain`] does the same in as
//! different a way as can be, so that a device can be held to itself. None of them is trusted: what counts is the KIR,
//! and a wrong emission costs only the worker that ran it.
//!
//! ```
//! let source = "
//!     const WINDOW: u32 = 1;
//!     @group(0) @binding(0) var<storage, read> numbers: array<u32>;
//!     @group(0) @binding(9) var<storage, read_write> doubled: array<u32>;
//!     @compute @workgroup_size(64)
//!     fn main(@builtin(global_invocation_id) id: vec3<u32>) {
//!         doubled[id.x] = 2u * numbers[id.x];
//!     }";
//! let compiled = touchstone_compiler::compile(source).map_err(|e| e.render(source, "double.wgsl"))?;
//! let emitted = touchstone_compiler::emit(&compiled.kernel, &[], &[4096]);
//! assert_eq!(emitted.workgroup_size, 64);
//! # Ok::<(), String>(())
//! ```
//!
//! The road through the compiler: `frontend` lowers naga's IR to `ir`, KIR with any number of virtual registers;
//! `optimise` shortens that; `allocate` maps it to at most 256 registers; `assemble` fills in jump targets.

mod allocate;
mod assemble;
mod bindings;
mod child;
mod diagnostic;
mod emit;
mod frontend;
mod interval;
pub(crate) mod ir;
mod optimise;
mod plain;
mod range;
mod share;
mod spill;
#[cfg(test)]
mod testing;

pub use bindings::{Part, Target, GRID_ROW};
pub use child::{compile_apart, serve, trust_sources, Limits};
/// Terminal colours, for [`CompileError::render_to`].
pub use codespan_reporting::term::termcolor;
pub use diagnostic::CompileError;
pub use emit::{emit, emit_for, Emitted};
pub use frontend::{compile, MAX_SOURCE_BYTES};
pub use plain::emit_plain;
use touchstone_kir::Kernel;

/// A kernel, and what became of its source.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The valid kernel.
    pub kernel: Kernel,
    /// How large it is.
    pub statistics: Statistics,
}

/// The size of a compiled kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Statistics {
    /// Registers in use, of 256.
    pub registers: u16,
    /// Instructions, of 4,096.
    pub instructions: usize,
    /// Constant words, of 4,096.
    pub constants: usize,
    /// Scratch words, of 1,024.
    pub scratch_words: usize,
    /// Bytes of the encoded kernel.
    pub bytes: usize,
}

impl Statistics {
    /// Of a kernel, however it was made.
    pub fn of(kernel: &Kernel) -> Self {
        let module = kernel.module();
        Statistics {
            registers: module.registers,
            instructions: module.code.len(),
            constants: module.constants.len(),
            scratch_words: module.segments.iter().map(|&words| usize::from(words)).sum(),
            bytes: module.encoded_len(),
        }
    }
}
