//! Steps in a process of their own.
//!
//! A driver can hang or crash on correct kernels, so the device lives in a child process that speaks a small protocol
//! on its standard streams and exchanges buffers as files. The [`Executor`] starts it, listens for its signs of life,
//! and kills and replaces it when there are none: whatever a GPU does, the daemon lives on.

mod child;
mod compare;
mod preemptible_executor;
mod protocol;
mod roots;
mod supervisor;

pub use child::serve;
pub use preemptible_executor::{AtWork, PreemptibleExecutor};
pub use protocol::{BufferFile, Compared, Done, Failure, FailureKind, StepProgress, Workload, WorkloadStep};
pub use supervisor::{ExecuteError, Executor, ExecutorConfig};
