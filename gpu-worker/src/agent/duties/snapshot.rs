use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use futures::future::try_join_all;
use touchstone_client::{
    chain::{all_pages, At, ChainError},
    AccountId, DemandView, JobView,
};
use touchstone_kir::Root;
use touchstone_primitives::{
    views::{DeviceView, Stage, MAX_DEMANDS},
    Buffer, CommitmentId, JobId, Trace,
};

use super::{demands::Asked, Assignment, Duty, Snapshot};
use crate::{
    agent::Computed,
    blobs::{hex_root, BlobStore, Expected, ExpectedBlob},
};

/// Reads that are on their way at the same time.
const SIDE_BY_SIDE: usize = 64;

/// Everything that the agent reads of the chain at one block.
pub(super) struct Observed {
    pub(super) snapshot: Snapshot,
    pub(super) jobs: BTreeMap<JobId, JobView>,
    /// The devices that are registered.
    pub(super) devices: Vec<DeviceView>,
    /// The demands for data of these results that wait for an answer.
    pub(super) asked: Vec<Asked>,
    /// Blobs of the results that were committed for the jobs whose windows run; `None` if they are not all known.
    committed: Option<Vec<Root>>,
}

/// Blobs that have to be served.
pub(super) enum Needed {
    /// These.
    These(HashSet<Root>),
    /// It is not known which: nothing may be removed.
    Unknown,
}

impl Needed {
    /// Whether a blob may be one of them.
    pub(super) fn contains(&self, root: &Root) -> bool {
        match self {
            Self::These(roots) => roots.contains(root),
            Self::Unknown => true,
        }
    }

    /// These as well.
    pub(super) fn extend<'a>(&mut self, more: impl Iterator<Item = &'a Root>) {
        if let Self::These(roots) = self {
            roots.extend(more);
        }
    }
}

/// The blobs of the results that were committed. The chain has the root of each trace; the roots of the outputs are in
/// the trace, which is in the store. Neither changes: each is read once.
#[derive(Default)]
pub(super) struct CommittedRoots {
    traces: HashMap<CommitmentId, Buffer>,
    /// The outputs and the trace, where the trace was read.
    blobs: HashMap<CommitmentId, Vec<Root>>,
    /// It was said that the trace cannot be read.
    reported: HashSet<CommitmentId>,
}

impl CommittedRoots {
    /// The traces of these jobs' commitments, from the chain. Others are forgotten.
    async fn read(&mut self, at: &At, jobs: &[JobView]) -> Result<(), ChainError> {
        let committed: HashMap<CommitmentId, JobId> =
            jobs.iter().filter_map(|job| Some((commitment(job)?, job.id))).collect();
        self.traces.retain(|commitment, _| committed.contains_key(commitment));
        self.blobs.retain(|commitment, _| committed.contains_key(commitment));
        self.reported.retain(|commitment| committed.contains_key(commitment));
        let unknown = committed.iter().filter(|(commitment, _)| !self.traces.contains_key(commitment));
        let results = try_join_all(unknown.map(|(_, job)| at.result(*job))).await?;
        self.traces.extend(results.into_iter().flatten().map(|result| (result.commitment, result.trace)));
        Ok(())
    }

    /// The blobs of all commitments; `None` if a trace is missing in the store, or damaged.
    async fn blobs(&mut self, store: &Arc<BlobStore>) -> Option<Vec<Root>> {
        let unread: Vec<(CommitmentId, Buffer)> = self
            .traces
            .iter()
            .filter(|(commitment, _)| !self.blobs.contains_key(commitment))
            .map(|(commitment, trace)| (*commitment, *trace))
            .collect();
        for (commitment, trace) in unread {
            let store = store.clone();
            let read = tokio::task::spawn_blocking(move || read_trace(&store, &trace)).await;
            match read.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(trace) => {
                    self.blobs.insert(commitment, Computed::new(&trace).blobs);
                }
                Err(reason) => {
                    if self.reported.insert(commitment) {
                        tracing::error!(
                            %commitment, root = %hex_root(&trace.root), reason,
                            "THE TRACE OF A COMMITTED RESULT CANNOT BE READ, so it is not known which outputs \
                            belong to it: no blob is removed until the result's window ends. To serve it and to free \
                            space earlier, put a copy of its file, which is called by its root, into the folder of \
                            blobs, and start the worker again"
                        );
                    }
                }
            }
        }
        (self.blobs.len() == self.traces.len()).then(|| self.blobs.values().flatten().copied().collect())
    }
}

/// The trace with this root and length, from its blob in the store; or why it cannot be had. Blocks.
pub(super) fn read_trace(store: &BlobStore, trace: &Buffer) -> Result<Trace, String> {
    let stored = store.get(&trace.root).map_err(|error| error.to_string())?;
    let stored = stored.ok_or("its blob is missing, or was set aside because it was damaged")?;
    let bytes = std::fs::read(&stored.path).map_err(|error| format!("{}: {error}", stored.path.display()))?;
    let read = Trace::from_bytes(&bytes).filter(|read| read.buffer() == *trace);
    read.ok_or_else(|| format!("{} has other bytes than what was committed", stored.path.display()))
}

impl Observed {
    /// Reads clock, provider and duties at one block, side by side.
    pub(super) async fn read(
        at: &At,
        account: &AccountId,
        known: &mut CommittedRoots,
        store: &Arc<BlobStore>,
    ) -> Result<Self, ChainError> {
        let (clock, provider, jobs) =
            tokio::try_join!(at.clock(), at.provider(account), all_pages(|after| at.duties(account, after)))?;
        let ((), open) = tokio::try_join!(known.read(at, &jobs), open_demands(at, &jobs))?;
        let asked = open.iter().filter_map(|(commitment, demand)| asked(*commitment, demand, known)).collect();
        let committed = known.blobs(store).await;
        let duties = jobs.iter().filter_map(duty).collect();
        Ok(Self {
            snapshot: Snapshot { clock, duties },
            jobs: jobs.into_iter().map(|job| (job.id, job)).collect(),
            devices: provider.map(|provider| provider.devices).unwrap_or_default(),
            asked,
            committed,
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

    /// All blobs that have to be served: the inputs of every job that is held, and outputs and trace of the result that
    /// was committed for it.
    pub(super) fn needed(&self) -> Needed {
        let Some(committed) = &self.committed else {
            return Needed::Unknown;
        };
        let inputs = self.jobs.values().flat_map(|job| job.spec.inputs.iter().map(|input| input.buffer.root));
        Needed::These(inputs.chain(committed.iter().copied()).collect())
    }
}

/// The result of a job that is committed.
fn commitment(job: &JobView) -> Option<CommitmentId> {
    match job.stage {
        Stage::Committed { commitment, .. } => Some(commitment),
        _ => None,
    }
}

/// The demands for data of the results of these jobs that wait for an answer, read side by side.
async fn open_demands(at: &At, jobs: &[JobView]) -> Result<Vec<(CommitmentId, DemandView)>, ChainError> {
    let committed: Vec<CommitmentId> = jobs.iter().filter_map(commitment).collect();
    let mut open = Vec::new();
    for some in committed.chunks(SIDE_BY_SIDE) {
        let read = try_join_all(some.iter().map(|commitment| at.demands(*commitment, MAX_DEMANDS))).await?;
        for (commitment, demands) in some.iter().zip(read) {
            open.extend(demands.into_iter().filter(|demand| !demand.answered).map(|demand| (*commitment, demand)));
        }
    }
    Ok(open)
}

/// A demand that waits for an answer, with the trace of its result.
fn asked(commitment: CommitmentId, demand: &DemandView, known: &CommittedRoots) -> Option<Asked> {
    let trace = *known.traces.get(&commitment)?;
    Some(Asked { job: demand.job, commitment, trace, subject: demand.subject(), deadline: demand.deadline })
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

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;
    use crate::blobs::put;

    const COMMITMENT: CommitmentId = CommitmentId([1; 32]);

    /// What a process knows of the chain that has just started.
    fn started(trace: &Trace) -> CommittedRoots {
        CommittedRoots { traces: HashMap::from([(COMMITMENT, trace.buffer())]), ..CommittedRoots::default() }
    }

    /// Removes what nobody needs, and gives how many blobs that were.
    async fn dropped(store: &Arc<BlobStore>, known: &mut CommittedRoots) -> usize {
        let committed = known.blobs(store).await;
        let observed = Observed {
            snapshot: Snapshot::default(),
            jobs: BTreeMap::new(),
            devices: Vec::new(),
            asked: Vec::new(),
            committed,
        };
        let needed = observed.needed();
        std::thread::sleep(Duration::from_millis(2));
        store.retain(|root| needed.contains(root), Duration::ZERO)
    }

    #[tokio::test]
    async fn outputs_and_trace_of_a_committed_result_stay_and_the_rest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(BlobStore::open(folder.path(), 1 << 20).unwrap());
        let [first, second, other] = [1, 2, 3].map(|byte| put(&store, &[byte; 8]).unwrap());
        let trace = Trace::new(vec![first, second]);
        let file = put(&store, &trace.to_bytes()).unwrap();
        let mut known = started(&trace);
        assert_eq!(dropped(&store, &mut known).await, 1);
        assert!([first, second, file].iter().all(|root| store.contains(root)));
        assert!(!store.contains(&other));
        assert!(known.reported.is_empty());
    }

    #[tokio::test]
    async fn a_store_without_the_trace_of_a_committed_result_removes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(BlobStore::open(folder.path(), 1 << 20).unwrap());
        let (output, other) = (put(&store, &[1; 8]).unwrap(), put(&store, &[2; 8]).unwrap());
        let trace = Trace::new(vec![output]);
        let mut known = started(&trace);
        for _ in 0..2 {
            assert_eq!(dropped(&store, &mut known).await, 0);
            assert!(store.contains(&output) && store.contains(&other));
            assert!(known.reported.contains(&COMMITMENT));
        }
        // It comes back, and what belongs to it is known again.
        put(&store, &trace.to_bytes()).unwrap();
        assert_eq!(dropped(&store, &mut known).await, 1);
        assert!(store.contains(&output) && !store.contains(&other));
    }

    #[tokio::test]
    async fn a_store_whose_trace_is_damaged_removes_nothing_and_sets_it_aside() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(BlobStore::open(folder.path(), 1 << 20).unwrap());
        let (output, other) = (put(&store, &[1; 8]).unwrap(), put(&store, &[2; 8]).unwrap());
        let trace = Trace::new(vec![output]);
        let file = put(&store, &trace.to_bytes()).unwrap();
        fs::write(store.get(&file).unwrap().unwrap().path, Trace::new(vec![other]).to_bytes()).unwrap();
        assert_eq!(dropped(&store, &mut started(&trace)).await, 0);
        assert!(store.contains(&output) && store.contains(&other));
        assert!(!store.contains(&file));
    }

    #[tokio::test]
    async fn what_a_trace_has_is_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(BlobStore::open(folder.path(), 1 << 20).unwrap());
        let output = put(&store, &[1; 8]).unwrap();
        let trace = Trace::new(vec![output]);
        let file = put(&store, &trace.to_bytes()).unwrap();
        let mut known = started(&trace);
        let blobs = known.blobs(&store).await;
        assert_eq!(blobs, Some(vec![output, file]));
        fs::remove_file(store.get(&file).unwrap().unwrap().path).unwrap();
        assert_eq!(known.blobs(&store).await, blobs);
    }
}
