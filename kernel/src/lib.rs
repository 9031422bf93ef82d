//! KIR, Touchstone's kernel language, and the BLAKE3 commitments over the buffers that kernels read and write.
//!
//! A kernel is a pure function from an invocation index, read-only buffers and parameters to a fixed window of
//! output words. This crate holds all of it that the chain needs to judge a result by itself: the [encoding](Module),
//! the one-pass [validator](Kernel::decode) with its [static bounds](Kernel::cost), the [interpreter](interpret) and
//! the [openings](verify) of committed buffers. `docs/kernel-language.md` is the specification.
//!
//! Everything here is consensus: no panic, no recursion, no float, and no work that is not bounded by the size of
//! the input or by [`limits`].

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod alu;
mod cost;
mod error;
#[cfg(feature = "std")]
#[doc(hidden)]
pub mod generate;
mod interpret;
mod isa;
pub mod limits;
mod module;
mod outboard;
mod reader;
mod tree;
mod validate;

pub use cost::{BadArguments, Cost, CostError};
pub use error::{Field, KirError};
pub use interpret::{interpret, Outcome, Step, Trap};
pub use isa::{Bound, Instr, Op, ViewDecl, IMMEDIATE};
pub use module::{Module, HEADER_BYTES, MAGIC};
pub use outboard::{open, OpenError, Outboard};
pub use reader::{Missing, OpenedInputs, ReadWord, Recorder, Slices};
pub use tree::{
    chunk_count, root, verify, ChunkRange, Opened, Opening, OpeningError, RangeError, Root, CHUNK, CHUNK_WORDS,
};
pub use validate::{Kernel, KernelHash};

/// The version of KIR that this crate implements. The meaning of a version never changes.
pub const VERSION: u16 = 1;
