//! The jobs that the chain has assigned to this provider.

mod plan;
mod run;
mod snapshot;

pub use plan::{Action, Assignment, Duty, Plan, Snapshot};
pub use run::{run, AgentConfig};
