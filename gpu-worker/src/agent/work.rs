use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use touchstone_client::{chain::Chain, JobView};
use touchstone_kir::Root;
use touchstone_primitives::{views::DeviceView, Buffer, DeviceId, JobId, Source, Trace};

use super::{check_sample, compare, unable::Unable, Computed, Fault, Mismatch};
use crate::{
    blobs::{hex_root, BlobStore, Incoming, Puller, StoreError},
    executor::{Done, ExecuteError},
    inputs::{InputError, Inputs},
    kernel_verdicts::KernelVerdict,
    kernels::{Kernels, KernelsError},
    loaded_job::LoadedJob,
    metrics::Metrics,
    rig::{Device, Queued, Rig},
    speeds::Forecast,
};

/// Tries of one job on the device, when a failure may be the device's.
const TRIES: u32 = 3;

/// Pause between two tries when the store is full.
const FULL_PAUSE: Duration = Duration::from_secs(1);

/// Between the last dispatch and the commitment: a block, and the check of a sample.
const AFTERWARDS: Duration = Duration::from_secs(4);

/// How often it is told when a job will be done.
const FORETELL_EVERY: Duration = Duration::from_secs(1);

/// Whether a job can be done here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Examined {
    /// As far as can be known. The device needs at least this long.
    Fit(Duration),
    /// Never.
    Unfit,
    /// It could not be found out now.
    Unknown,
}

/// When a job is due.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// The commitment has to be sent before.
    pub at: Instant,
    /// It can still be passed, so a job that would be late is not started.
    pub may_pass: bool,
}

/// Who is told how a job goes.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// All inputs are there.
    pub gathered: &'a (dyn Fn() + Sync),
    /// One of them is missing again: its file was found wrong. Or there is space for them now, which there was not.
    pub awaited: &'a (dyn Fn() + Sync),
    /// The store has no space for its blobs: it is waited for.
    pub no_space: &'a (dyn Fn() + Sync),
    /// It will be done at this time.
    pub foretold: &'a (dyn Fn(Instant) + Sync),
}

/// Does assignments: gathers, computes, checks, and keeps what has to be served.
pub struct Worker {
    inputs: Arc<Inputs>,
    store: Arc<BlobStore>,
    kernels: Kernels,
    rig: Rig,
    /// Which device does the work of which device of the chain.
    numbers: RwLock<Numbers>,
    checks: Checks,
    metrics: Arc<Metrics>,
}

/// The devices of the chain that this provider has registered.
#[derive(Default)]
struct Numbers {
    /// Those that are driven here, with the memory that jobs may take on them, bytes.
    here: BTreeMap<DeviceId, (Arc<Device>, u64)>,
    /// Those that take work, and are not.
    elsewhere: BTreeSet<DeviceId>,
}

/// What happens to a result before it leaves.
#[derive(Clone, Copy, Debug)]
pub struct Checks {
    /// Invocations of every step that are computed again on the CPU.
    pub samples: u32,
    /// Memory that this takes, bytes.
    pub memory: usize,
    /// A fault that is put in afterwards, for tests.
    pub fault: Option<Fault>,
}

impl Worker {
    /// `rig` is what this machine computes on.
    pub fn new(
        chain: Chain,
        store: Arc<BlobStore>,
        puller: Puller,
        rig: Rig,
        checks: Checks,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            inputs: Arc::new(Inputs { chain, store: store.clone(), puller, metrics: metrics.clone() }),
            store,
            kernels: Kernels::default(),
            rig,
            numbers: RwLock::default(),
            checks,
            metrics,
        }
    }

    /// Takes note of the registered devices: the work of each goes to the device of the same name, and uses no more
    /// memory than both the chain and the settings allow.
    pub fn registered(&self, devices: &[DeviceView]) {
        let here = self.rig.numbers(devices);
        let takes_work = devices.iter().filter(|device| device.ask.is_some() && !here.contains_key(&device.id));
        let elsewhere: BTreeSet<DeviceId> = takes_work.map(|device| device.id).collect();
        let mut known = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        let mut driven = BTreeMap::new();
        for registered in devices {
            let Some(device) = here.get(&registered.id) else { continue };
            let memory = device.memory(registered.spec.memory);
            let before = known.here.get(&registered.id).filter(|(before, _)| before.name == device.name);
            if before.is_none() {
                tracing::info!(device = registered.id, name = device.name, "this device of the chain is driven here");
            }
            if before.is_none_or(|(_, before)| *before != memory) {
                warn_of_other_memory(device, registered);
            }
            driven.insert(registered.id, (device.clone(), memory));
        }
        for device in devices.iter().filter(|device| elsewhere.contains(&device.id)) {
            if !known.elsewhere.contains(&device.id) {
                tracing::warn!(
                    device = device.id,
                    name = %String::from_utf8_lossy(&device.spec.name),
                    "this device of the chain takes work, and none of this machine is called so: its jobs are passed. \
                     List it under [[devices]], or take its ask back"
                );
            }
        }
        for device in self.rig.devices() {
            // A device that was replaced has two numbers until its last results are settled.
            let memory =
                driven.values().filter(|(known, _)| known.name == device.name).map(|(_, memory)| *memory).max();
            if let Some(memory) = memory {
                device.executor.limit_memory(memory);
            }
        }
        *known = Numbers { here: driven, elsewhere };
    }

    /// What does the work of a device of the chain.
    pub fn device(&self, number: DeviceId) -> Option<Arc<Device>> {
        self.driven(number).map(|(device, _)| device)
    }

    /// The memory that jobs may take on a device of the chain, bytes.
    pub fn memory(&self, number: DeviceId) -> Option<u64> {
        self.driven(number).map(|(_, memory)| memory)
    }

    fn driven(&self, number: DeviceId) -> Option<(Arc<Device>, u64)> {
        self.numbers.read().unwrap_or_else(PoisonError::into_inner).here.get(&number).cloned()
    }

    /// The result of a job, whose outputs and trace the store then holds, if possible before the job is due.
    pub async fn work(
        &self,
        job: &JobView,
        number: DeviceId,
        due: Due,
        report: Report<'_>,
    ) -> Result<Computed, Unable> {
        let (device, memory) = self.driven(number).ok_or(Unable::NoDevice { number })?;
        let loaded = self.kernels.load(&self.inputs.chain, &job.spec).await?;
        suits(&device, &loaded)?;
        let takes = device.speeds.estimate(&loaded.costs(), loaded.bytes());
        // A job that cannot be passed any longer is tried: it may do, and otherwise the collateral is lost.
        if due.may_pass {
            in_memory(memory, &loaded)?;
            in_time(&device, takes, due.at)?;
        }
        let (inputs, outputs) = blobs_of(job, &loaded);
        reserve(&self.store, &job.id, &inputs, &outputs, report).await?;
        self.inputs.gather(job.id, job).await?;
        (report.gathered)();
        tracing::info!(job = %job.id, attempt = job.attempt, "inputs are complete");

        let queued = device.enqueue(job.id, takes);
        let mut tries = 1;
        let outcome = loop {
            match self.compute(&device, job, &loaded, due.at, &queued, report).await {
                Err(error) if tries < TRIES && is_worth_another_try(&error) => {
                    tracing::warn!(job = %job.id, %error, tries, "trying again");
                    tries += 1;
                }
                // Space may be free before the deadline. As long as nothing shows that there is, it is passed at the
                // last moment for that.
                Err(Unable::Store(error)) if error.is_full() => {
                    tracing::error!(job = %job.id, %error, "no space for the outputs: trying again");
                    (report.no_space)();
                    tokio::time::sleep(FULL_PAUSE).await;
                }
                other => break other,
            }
            if let Err(error) = self.gather_again(job, report).await {
                break Err(error.into());
            }
        };
        drop(queued);
        if outcome.is_ok() {
            compare::later(&self.inputs, &device, job, &loaded);
        }
        outcome
    }

    /// Gets inputs again whose files were wrong and have been set aside. It waits for the buyer to put those that were
    /// put, as at first: the endpoint answers that they are missing, and accepts them.
    async fn gather_again(&self, job: &JobView, report: Report<'_>) -> Result<(), InputError> {
        if !self.inputs.lacks_any(job).await? {
            return Ok(());
        }
        tracing::warn!(job = %job.id, "an input was lost: it is fetched or waited for again");
        (report.awaited)();
        self.inputs.gather(job.id, job).await?;
        (report.gathered)();
        Ok(())
    }

    /// Whether a device can do a job, as far as that shows before its inputs are here: its kernels are understood and
    /// compiled by the device, its buffers fit, and its URLs are ones that are fetched from.
    pub async fn examine(&self, job: &JobView, number: DeviceId) -> Examined {
        match self.try_examine(job, number).await {
            Ok(Some(takes)) => Examined::Fit(takes),
            Ok(None) => Examined::Unknown,
            Err(error) if is_passing(&error) => {
                tracing::debug!(job = %job.id, device = number, %error, "this job could not be examined");
                Examined::Unknown
            }
            Err(error) => {
                tracing::info!(job = %job.id, device = number, %error, "this device cannot do this job: it does not \
                    bid");
                Examined::Unfit
            }
        }
    }

    /// `None` while the device is busy: assigned jobs come first.
    async fn try_examine(&self, job: &JobView, number: DeviceId) -> Result<Option<Duration>, Unable> {
        let (device, memory) = self.driven(number).ok_or(Unable::NoDevice { number })?;
        let loaded = self.kernels.load(&self.inputs.chain, &job.spec).await?;
        suits(&device, &loaded)?;
        in_memory(memory, &loaded)?;
        let (inputs, outputs) = blobs_of(job, &loaded);
        self.store.could_reserve(&inputs, &outputs)?;
        for input in &job.spec.inputs {
            if let Source::Url(url) = &input.source {
                let url = String::from_utf8_lossy(url).into_owned();
                let permitted = self.inputs.puller.permits(&url).await;
                permitted.map_err(|error| InputError::Pull { url, error: error.into() })?;
            }
        }
        let _turn = device.examining.lock().await;
        let workload = loaded.workload(&vec![PathBuf::new(); loaded.inputs], &[]);
        let compiled = device.executor.examine(&workload).await.transpose()?;
        Ok(compiled.map(|()| device.speeds.estimate(&loaded.costs(), loaded.bytes())))
    }

    async fn compute(
        &self,
        device: &Device,
        job: &JobView,
        loaded: &LoadedJob,
        deadline: Instant,
        queued: &Queued<'_>,
        report: Report<'_>,
    ) -> Result<Computed, Unable> {
        let mut files = self.inputs.files(job).await?;
        let outputs: Vec<Incoming> = (0..loaded.steps.len())
            .map(|step| self.store.begin_output(&job.id, loaded.output_len(step)))
            .collect::<Result<_, _>>()?;
        let trace = self.store.begin_output(&job.id, loaded.trace_len())?;
        let wanted: Vec<_> = outputs.iter().map(|output| Some(output.path().to_path_buf())).collect();

        let started = Instant::now();
        let Done { roots, times, .. } = {
            let mut executor = device.executor.for_work(loaded.bytes()).await;
            let before = executor.started();
            let mut workload = loaded.workload(&files, &wanted);
            compare::add_new_kernels(&mut workload, loaded, device, deadline);
            let mut forecast = Forecast::new(&device.speeds, loaded.costs());
            let mut told: Option<Instant> = None;
            let result = executor
                .run_watched(&workload, |progress| {
                    let now = Instant::now();
                    let Some(left) = forecast.progress(progress.step.into(), progress.ppm, now) else { return };
                    if told.is_some_and(|told| now.saturating_duration_since(told) < FORETELL_EVERY) {
                        return;
                    }
                    told = Some(now);
                    let finish = now.checked_add(left.saturating_add(AFTERWARDS));
                    queued.expect(finish);
                    if let Some(finish) = finish {
                        (report.foretold)(finish);
                    }
                })
                .await;
            self.metrics.executors.inc_by(executor.started().saturating_sub(before));
            compare::note(&self.metrics, device, job, loaded, &workload, &result);
            if let (Ok(done), true) = (&result, executor.is_alone()) {
                learn(device, loaded, done);
            }
            result?
        };
        for input in &job.spec.inputs {
            // Nobody touched the file while the device read it.
            let root = &input.buffer.root;
            self.store.known(root).ok_or_else(|| InputError::Vanished(hex_root(root)))?;
        }
        self.metrics.device_ms.inc_by(times.iter().sum());
        tracing::info!(
            job = %job.id, device = device.name, steps = ?times, total = ?started.elapsed(),
            "computed (milliseconds for each step)"
        );

        let store = self.store.clone();
        let (spec, loaded, checks) = (job.spec.clone(), loaded.clone(), self.checks);
        files.extend(wanted.into_iter().flatten());
        tokio::task::spawn_blocking(move || {
            check_sample(&spec, &loaded, &files, checks.samples, checks.memory, &mut rand::thread_rng())?;
            let computed = keep(&store, outputs, roots, trace, checks.fault)?;
            // Hashed in the background, so that the first opening finds its tree.
            let kept = computed.blobs.clone();
            tokio::task::spawn_blocking(move || hash_blobs(&store, &kept));
            Ok(computed)
        })
        .await
        .map_err(|error| Unable::Internal(error.to_string()))?
    }
}

/// Says that the settings give a device another memory than the chain has, and what to do about it.
fn warn_of_other_memory(device: &Device, registered: &DeviceView) {
    let Some(own) = device.own_memory.filter(|own| *own != registered.spec.memory) else { return };
    tracing::warn!(
        device = registered.id,
        name = device.name,
        registered_mib = registered.spec.memory >> 20,
        memory_mib = own >> 20,
        "the settings give this device another memory than the chain has: the smaller one counts, and larger jobs are \
         passed. `gpu-worker register` brings the one of the settings to the chain; or correct memory_mib"
    );
}

/// What a job needs of the store: its inputs, and the lengths of its outputs and of its trace.
fn blobs_of(job: &JobView, loaded: &LoadedJob) -> (Vec<Buffer>, Vec<u32>) {
    let inputs = job.spec.inputs.iter().map(|input| input.buffer).collect();
    let outputs = (0..loaded.steps.len()).map(|step| loaded.output_len(step));
    (inputs, outputs.chain([loaded.trace_len()]).collect())
}

/// Reserves space for the blobs of a job. A store that is full is waited for: the plan knows when it is too late. A job
/// that is larger than the whole store fails at once.
async fn reserve(
    store: &BlobStore,
    job: &JobId,
    inputs: &[Buffer],
    outputs: &[u32],
    report: Report<'_>,
) -> Result<(), StoreError> {
    let mut is_full = false;
    loop {
        match store.reserve(job, inputs, outputs) {
            Err(error) if error.is_full() => {
                tracing::error!(%job, %error, "no space for this job: trying again");
                if !std::mem::replace(&mut is_full, true) {
                    (report.no_space)();
                }
                tokio::time::sleep(FULL_PAUSE).await;
            }
            reserved => {
                if is_full && reserved.is_ok() {
                    (report.awaited)();
                }
                return reserved;
            }
        }
    }
}

/// Whether a device can hold the job's buffers, and is not known to get one of its kernels wrong.
fn suits(device: &Device, loaded: &LoadedJob) -> Result<(), Unable> {
    let (bytes, limit) = (loaded.largest(), device.adapter.max_buffer_bytes);
    if u64::from(bytes) > limit {
        return Err(Unable::TooLarge { bytes, limit });
    }
    let mut kernels = loaded.steps.iter().map(|step| step.kernel.hash());
    match kernels.find(|kernel| device.kernels.verdict(kernel) == Some(KernelVerdict::Differs)) {
        Some(kernel) => Err(Unable::Differs { kernel, reason: "its emissions differed before".into() }),
        None => Ok(()),
    }
}

/// Whether the job's buffers fit the memory that the device offers.
fn in_memory(limit: u64, loaded: &LoadedJob) -> Result<(), Unable> {
    match loaded.bytes() {
        bytes if bytes > limit => Err(Unable::TooMuch { bytes, limit }),
        _ => Ok(()),
    }
}

/// Whether a job that takes this long can be done by its deadline, after the jobs before it.
fn in_time(device: &Device, takes: Duration, deadline: Instant) -> Result<(), Unable> {
    let left = deadline.saturating_duration_since(Instant::now()).saturating_sub(AFTERWARDS);
    // Nothing is known about a job that was never measured, and it may run beside the others.
    if takes.is_zero() || takes.saturating_add(device.backlog()) <= left {
        return Ok(());
    }
    Err(Unable::TooSlow { takes, backlog: device.backlog(), left })
}

/// Remembers how fast the device was.
fn learn(device: &Device, loaded: &LoadedJob, done: &Done) {
    for (step, micros) in loaded.costs().into_iter().zip(&done.dispatches) {
        if let Err(error) = device.speeds.measured(step, Duration::from_micros(*micros)) {
            tracing::warn!(%error, "a measured speed cannot be kept: it holds until the next start");
        }
    }
}

/// Puts the outputs into the store under their roots, and then the trace, into the file that was begun for it. After a
/// fault for tests the outputs have other roots, and the trace has those. Blocks. All of it survives a loss of power.
fn keep(
    store: &BlobStore,
    outputs: Vec<Incoming>,
    roots: Vec<Root>,
    mut file: Incoming,
    fault: Option<Fault>,
) -> Result<Computed, Unable> {
    let trace = Trace::new(keep_outputs(store, outputs, roots, fault)?);
    let computed = Computed::new(&trace);
    file.write(&trace.to_bytes())?;
    store.finish(file, &computed.trace.root)?;
    Ok(computed)
}

/// Gives the roots under which the store holds the outputs then.
fn keep_outputs(
    store: &BlobStore,
    mut outputs: Vec<Incoming>,
    roots: Vec<Root>,
    fault: Option<Fault>,
) -> Result<Vec<Root>, StoreError> {
    if let Some(fault) = fault {
        if fault.apply(store, &mut outputs)? {
            tracing::warn!(?fault, "TESTING: the result was corrupted");
            return outputs.into_iter().map(|output| store.adopt(output)).collect();
        }
    }
    for (output, root) in outputs.into_iter().zip(&roots) {
        store.adopt_as(output, root)?;
    }
    Ok(roots)
}

/// Hashes what was computed. Blocks.
fn hash_blobs(store: &BlobStore, roots: &[Root]) {
    for root in roots {
        if let Err(error) = store.get(root) {
            tracing::error!(root = %hex_root(root), %error, "a blob of a result cannot be read");
        }
    }
}

/// Whether an examination may have another result later. A kernel that hangs or kills the device is not tried again.
fn is_passing(error: &Unable) -> bool {
    match error {
        Unable::Execute(ExecuteError::Start(_)) | Unable::Kernels(KernelsError::Chain(_)) => true,
        Unable::Input(InputError::Pull { error, .. }) => error.is_transient(),
        _ => false,
    }
}

fn is_worth_another_try(error: &Unable) -> bool {
    match error {
        Unable::Execute(error) => error.is_transient(),
        Unable::Mismatch(Mismatch::Word(_)) | Unable::Input(InputError::Vanished(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use touchstone_primitives::PassReason;

    use super::*;
    use crate::agent::{CorruptWord, FalseLength};

    const JOB: JobId = JobId([1; 32]);
    const OTHER: JobId = JobId([2; 32]);

    /// What was reported while `work` ran.
    async fn reported<T>(work: impl AsyncFnOnce(Report<'_>) -> T) -> (T, Vec<&'static str>) {
        let events = Mutex::new(Vec::new());
        let note = |event| events.lock().unwrap().push(event);
        let report = Report {
            gathered: &|| note("gathered"),
            awaited: &|| note("awaited"),
            no_space: &|| note("no space"),
            foretold: &|_| note("foretold"),
        };
        let done = work(report).await;
        (done, events.into_inner().unwrap())
    }

    /// Two outputs that wait for their names, with their roots, and a file for their trace.
    fn computed(store: &BlobStore) -> (Vec<Incoming>, Vec<Root>, Incoming) {
        let bytes = [[7u8; 8], [9; 8]];
        let outputs = bytes.map(|bytes| {
            let output = store.begin_output(&JOB, 8).unwrap();
            std::fs::write(output.path(), bytes).unwrap();
            output
        });
        let roots = bytes.map(|bytes| touchstone_kir::root(&bytes));
        (outputs.into(), roots.to_vec(), store.begin_output(&JOB, Trace::len_of(2)).unwrap())
    }

    fn trace_in(store: &BlobStore, computed: &Computed) -> Trace {
        let stored = store.get(&computed.trace.root).unwrap().unwrap();
        assert_eq!(stored.len, computed.trace.len);
        Trace::from_bytes(&std::fs::read(stored.path).unwrap()).unwrap()
    }

    #[test]
    fn outputs_and_trace_of_a_result_are_in_the_store_and_take_what_was_reserved() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::open(folder.path(), 80).unwrap();
        store.reserve(&JOB, &[], &[8, 8, Trace::len_of(2)]).unwrap();
        let (outputs, roots, file) = computed(&store);
        let kept = keep(&store, outputs, roots.clone(), file, None).unwrap();
        assert_eq!(trace_in(&store, &kept), Trace::new(roots.clone()));
        assert_eq!(kept.blobs, [roots, vec![kept.trace.root]].concat());
        assert!(kept.blobs.iter().all(|root| store.get(root).unwrap().is_some()));
        assert_eq!(store.usage(), (80, 80));
    }

    #[test]
    fn the_trace_of_a_result_with_a_fault_has_the_roots_of_the_wrong_outputs() {
        let (word, length) = (CorruptWord { step: 1, word: 0 }, FalseLength { step: 1, bytes: 4 });
        let corrupted: [&[u8]; 2] = [&[8, 9, 9, 9, 9, 9, 9, 9], &[9; 4]];
        for (fault, wrong) in [Fault::Word(word), Fault::Length(length)].into_iter().zip(corrupted) {
            let folder = tempfile::tempdir().unwrap();
            let store = BlobStore::open(folder.path(), 1 << 20).unwrap();
            let (outputs, roots, file) = computed(&store);
            let kept = keep(&store, outputs, roots.clone(), file, Some(fault)).unwrap();
            let expected = Trace::new(vec![roots[0], touchstone_kir::root(wrong)]);
            assert_eq!((trace_in(&store, &kept), kept.trace), (expected.clone(), expected.buffer()));
            assert!(kept.blobs.iter().all(|root| store.get(root).unwrap().is_some()));
        }
    }

    #[tokio::test]
    async fn a_job_that_is_larger_than_the_whole_store_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::open(folder.path(), 64 << 20).unwrap();
        let (done, events) = reported(async |report| reserve(&store, &JOB, &[], &[100 << 20], report).await).await;
        assert!(matches!(&done, Err(StoreError::LargerThanQuota { .. })), "{done:?}");
        assert_eq!(Unable::from(done.unwrap_err()).reason(), PassReason::DoesNotFit);
        assert_eq!(events, [""; 0]);
    }

    #[tokio::test]
    async fn a_job_that_waits_for_space_says_so_once_and_says_when_there_is_some() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::open(folder.path(), 100).unwrap();
        store.reserve(&OTHER, &[], &[60]).unwrap();
        let (done, events) = reported(async |report| {
            let freed = async {
                tokio::time::sleep(FULL_PAUSE * 3 / 2).await;
                store.release_except(|job| *job == JOB);
            };
            tokio::join!(reserve(&store, &JOB, &[], &[60], report), freed).0
        })
        .await;
        done.unwrap();
        assert_eq!(events, ["no space", "awaited"]);
        assert_eq!(store.usage(), (60, 100));
        let (done, events) = reported(async |report| reserve(&store, &OTHER, &[], &[40], report).await).await;
        done.unwrap();
        assert_eq!(events, [""; 0], "there was space at once");
    }
}
