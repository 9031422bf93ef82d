//! KIR, Touchstone's kernel language, and the BLAKE3 commitments over the buffers that kernels read and write.
//!
//! A kernel is a pure function from an invocation index, read-only buffers and parameters to a fixed window of output
//! words. This crate has everything that the chain needs to judge a result: the [encoding](Module), the one-pass
//! [validator](Kernel::decode) with its [static bounds](Kernel::cost), the [interpreter](interpret) and the
//! [openings](verify) of committed buffers. `docs/kernel-language.md` is the specification.
//!
//! ```
//! use touchstone_kir::{interpret, Instr, Kernel, Module, Op, Slices};
//!
//! // Each invocation writes the square of one input word.
//! let square = Module {
//!     window: 1,
//!     registers: 2,
//!     inputs: 1,
//!     code: vec![
//!         Instr::new(Op::Gid, 0, 0, 0, 0),
//!         Instr::new(Op::Load, 0, 0, 0, 0),
//!         Instr::new(Op::Mul, 0, 0, 0, 0),
//!         Instr::new(Op::Ostore, 0, 1, 0, 0),
//!     ],
//!     ..Module::default()
//! };
//! let kernel = Kernel::from_module(square)?;
//! assert_eq!(Kernel::decode(&kernel.encode())?.hash(), kernel.hash());
//!
//! let input = [3u32, 5, 7].map(u32::to_le_bytes).concat();
//! let cost = kernel.cost(&[], &[12])?;
//! assert_eq!((cost.fuel, cost.total_chunks()), (16 + 1 + 7, 1));
//! let mut reader = Slices(&[&input]);
//! assert_eq!(interpret(&kernel, &[], &[12], 2, &mut reader, cost.fuel)?, [49]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything here is consensus: no panic, no recursion, no float, and no work that is not bounded by the size of
//! the input or by [`limits`].

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, unreachable_pub)]

extern crate alloc;

pub mod alu;
mod cost;
mod error;
mod interpret;
mod isa;
pub mod limits;
mod module;
mod nodes;
mod outboard;
mod reader;
mod tree;
mod validate;

pub use cost::{BadArguments, Cost, CostError};
pub use error::{Field, KirError};
pub use interpret::{interpret, Execution, Step, Trap};
pub use isa::{Bound, Instr, Op, ViewDecl, IMMEDIATE};
pub use limits::HEADER_BYTES;
pub use module::{Module, MAGIC};
pub use nodes::{revealed_bytes, verify_path, verify_reveal, Node, NodeError, Reveal, BYTES_LEVEL, REVEALED_LEVELS};
pub use outboard::{leaf, open, open_from, parent, subtree, OpenError, Outboard};
pub use reader::{Missing, OpenedInputs, ReadWord, Recorder, Slices};
pub use tree::{
    chunk_count, root, verify, ChunkRange, Opened, Opening, OpeningError, RangeError, Root, CHUNK, CHUNK_WORDS,
};
pub use validate::{Kernel, KernelHash};

/// The version of KIR that this crate implements. The meaning of a version never changes.
pub const VERSION: u16 = 1;
