//! WGSL to KIR, and KIR to WGSL.
//!
//! [`compile`] turns a kernel written in WGSL into KIR, the form that the chain stores, hashes and judges. [`emit`]
//! turns KIR into WGSL for one dispatch on a GPU. [`emit_plain`] does the same in a different way, so that a device can
//! be tested against itself. The chain trusts none of them: only the KIR counts, and a wrong emission harms only the
//! worker that ran it.
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
//! The stages of compilation: `frontend` lowers naga's IR to `ir`, which is KIR with any number of virtual registers;
//! `optimise` makes that cheaper; `share` packs private arrays into segments of scratch; `allocate` maps virtual
//! registers to at most 256; `assemble` fills in jump targets.

#![deny(unreachable_pub)]

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

/// A compiled kernel, and its size.
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
    /// The size of any kernel.
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
