//! KIR on wgpu: one device, its pipelines, its buffers.
//!
//! This crate does not guarantee that a device is right, or that it answers at all: a step's output is what the device
//! returns, and every wait has a limit. The interpreter decides what is right, and the worker's supervisor handles
//! hangs.

#![deny(unreachable_pub)]

mod adapter;
mod compile;
mod cut;
mod device;
mod error;
mod pipeline;
mod rewrite;
mod scope;
mod self_test;
mod shader;
mod step;
mod tile;
mod transfer;
mod tree;
mod tuned;

pub use adapter::{adapters, AdapterSummary, Class};
pub use device::Gpu;
pub use error::GpuError;
pub use self_test::{Failure, Progress, Report, SelfTest};
pub use step::{Emission, StepRun};
pub use transfer::DeviceBuffer;
pub use tree::{Nodes, Tree, TreeError};
