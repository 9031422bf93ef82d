use std::collections::{BTreeMap, HashMap, HashSet};

use futures::future::try_join_all;
use touchstone_client::{
    chain::{all_pages, At, ChainError},
    AccountId, JobView,
};
use touchstone_kir::Root;
use touchstone_primitives::{
    views::{DeviceView, Stage},
    CommitmentId, JobId,
};

use super::{Assignment, Duty, Snapshot};
use crate::blobs::{Expected, ExpectedBlob};

/// Everything that the agent reads of the chain at one block.
pub(super) struct Observed {
    pub(super) snapshot: Snapshot,
    pub(super) jobs: BTreeMap<JobId, JobView>,
    /// The devices that are registered.
    pub(super) devices: Vec<DeviceView>,
    /// Roots that were committed for the jobs whose windows run.
    roots: Vec<Root>,
}

/// Roots of commitments, which never change: each is read once.
#[derive(Default)]
pub(super) struct CommittedRoots(HashMap<CommitmentId, Vec<Root>>);

impl CommittedRoots {
    /// The roots of these commitments. Others are forgotten.
    async fn read(&mut self, at: &At, jobs: &[JobView]) -> Result<Vec<Root>, ChainError> {
        let committed: HashMap<CommitmentId, JobId> = jobs
            .iter()
            .filter_map(|job| match job.stage {
                Stage::Committed { commitment, .. } => Some((commitment, job.id)),
                _ => None,
            })
            .collect();
        self.0.retain(|commitment, _| committed.contains_key(commitment));
        let unknown = committed.iter().filter(|(commitment, _)| !self.0.contains_key(commitment));
        let results = try_join_all(unknown.map(|(_, job)| at.result(*job))).await?;
        self.0.extend(results.into_iter().flatten().map(|result| (result.commitment, result.roots)));
        Ok(self.0.values().flatten().copied().collect())
    }
}

impl Observed {
    /// Reads clock, provider and duties at one block, side by side.
    pub(super) async fn read(at: &At, account: &AccountId, known: &mut CommittedRoots) -> Result<Self, ChainError> {
        let (clock, provider, jobs) =
            tokio::try_join!(at.clock(), at.provider(account), all_pages(|after| at.duties(account, after)))?;
        let roots = known.read(at, &jobs).await?;
        let duties = jobs.iter().filter_map(duty).collect();
        Ok(Self {
            snapshot: Snapshot { clock, duties },
            jobs: jobs.into_iter().map(|job| (job.id, job)).collect(),
            devices: provider.map(|provider| provider.devices).unwrap_or_default(),
            roots,
        })
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
                // One root has one length: a job that states another must not get in the way of the others.
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

/// What is to be done for a job that is held.
fn duty(job: &JobView) -> Option<Duty> {
    let (deal, pending, pass_by, commit_by) = match &job.stage {
        Stage::Assigned { deal, pass_by, commit_by } => (deal, true, *pass_by, *commit_by),
        Stage::Committed { deal, .. } => (deal, false, 0, 0),
        Stage::Open { .. } | Stage::Closed { .. } => return None,
    };
    let assignment = Assignment { job: job.id, attempt: job.attempt };
    Some(Duty { assignment, device: deal.device, pending, pass_by, commit_by })
}
