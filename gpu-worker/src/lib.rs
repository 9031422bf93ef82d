//! The provider daemon and the watcher.
//!
//! - [`executor`]: steps on a GPU, in a process of its own that may hang or crash.
//! - [`blobs`]: the bytes of jobs, and the endpoint that takes and serves them.
//! - [`agent`]: does what the chain says this provider owes.
//! - [`watch`]: checks what others committed, and refutes what is wrong.

pub mod agent;
pub mod blobs;
pub mod cli;
pub mod commands;
pub mod executor;
mod gather;
mod kernels;
pub mod metrics;
pub mod program;
mod retry;
pub mod settings;
mod sight;
pub mod tested;
pub mod watch;
