//! The provider daemon and the watcher.
//!
//! - [`executor`]: steps on a GPU, in a process of its own that may hang or crash.
//! - [`blobs`]: the bytes of jobs, and the endpoint that takes and serves them.
//! - [`agent`]: does what the chain says this provider owes.
//! - [`watch`]: checks what others committed, demands what they do not serve, and refutes what is wrong.

#![deny(unreachable_pub)]

pub mod agent;
pub mod blobs;
pub mod cli;
pub mod commands;
pub mod device_verdicts;
pub mod executor;
mod inputs;
pub mod kernel_verdicts;
mod kernels;
pub mod loaded_job;
pub mod metrics;
mod node_link;
mod retry;
pub mod rig;
pub mod settings;
pub mod speeds;
pub mod watch;

pub use inputs::InputError;
pub use kernels::KernelsError;
