//! The jobs that the chain has assigned to this provider.

mod answer;
mod commit;
mod demands;
mod plan;
mod run;
mod snapshot;

pub use plan::{Action, Assignment, Duty, Obstacle, Plan, Snapshot, Start, TICK};
pub use run::{run, AgentConfig};
