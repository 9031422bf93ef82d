use std::collections::{BTreeMap, HashSet};

use touchstone_client::{
    chain::{At, ChainError},
    AccountId, JobView,
};
use touchstone_kir::Root;
use touchstone_primitives::{views::Stage, JobId};

use super::{Assignment, Duty, Snapshot};
use crate::blobs::{Expected, ExpectedBlob};

/// Everything that the agent reads of the chain at one block.
pub(super) struct Observed {
    pub(super) snapshot: Snapshot,
    pub(super) jobs: BTreeMap<JobId, JobView>,
    /// Roots that were committed for the jobs whose windows run.
    roots: Vec<Root>,
}

impl Observed {
    pub(super) async fn read(at: &At, provider: &AccountId) -> Result<Self, ChainError> {
        let mut observed = Self {
            snapshot: Snapshot { clock: at.clock().await?, duties: Vec::new() },
            jobs: BTreeMap::new(),
            roots: Vec::new(),
        };
        for duty in at.duties(provider).await? {
            // Duties and jobs are read at one block, so a duty has its job.
            let Some(job) = at.job(duty.job).await? else {
                continue;
            };
            let (pass_by, commit_by) = match &job.stage {
                Stage::Assigned { pass_by, commit_by, .. } => (*pass_by, *commit_by),
                _ => (0, 0),
            };
            if let Stage::Committed { .. } = job.stage {
                if let Some(result) = at.result(duty.job).await? {
                    observed.roots.extend(result.roots);
                }
            }
            observed.snapshot.duties.push(Duty {
                assignment: Assignment { job: duty.job, attempt: duty.attempt },
                pending: duty.pending,
                pass_by,
                commit_by,
            });
            observed.jobs.insert(duty.job, job);
        }
        Ok(observed)
    }

    /// The inputs that buyers may put.
    pub(super) fn expected(&self) -> Expected {
        let mut expected = Expected::new();
        for (id, job) in &self.jobs {
            if !matches!(job.stage, Stage::Assigned { .. }) {
                continue;
            }
            for input in &job.spec.inputs {
                let blobs = expected.entry(input.buffer.root).or_default();
                // One root has one length; whoever states another must not get in the way of those who do not.
                let at = match blobs.iter().position(|blob| blob.len == input.buffer.len) {
                    Some(at) => at,
                    None => {
                        blobs.push(ExpectedBlob { len: input.buffer.len, jobs: Vec::new() });
                        blobs.len() - 1
                    }
                };
                if !blobs[at].jobs.contains(id) {
                    blobs[at].jobs.push(*id);
                }
            }
        }
        expected
    }

    /// All blobs that have to be served: the inputs of every job that is held, and what was committed for it.
    pub(super) fn needed(&self) -> HashSet<Root> {
        self.jobs
            .values()
            .flat_map(|job| job.spec.inputs.iter().map(|input| input.buffer.root))
            .chain(self.roots.iter().copied())
            .collect()
    }
}
