//! KIR on wgpu: one device, its pipelines, its buffers.
//!
//! Nothing here is trusted to be right or even to answer: a step's output is what the device says it is, and every wait
//! is bounded. What is right is the interpreter's business, what to do about a hang the supervisor's.

mod adapter;
mod device;
mod error;
mod pipelines;
mod program;
mod rewrite;
mod self_test;
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
