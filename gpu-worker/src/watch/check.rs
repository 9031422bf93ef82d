use std::{
    io,
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    time::Duration,
};

use rand::Rng;
use touchstone_client::{
    blobs::{self, BlobError, Endpoint},
    chain::Call,
    lengths::{self, Effort, FalseLength},
    reexec::{claim, Extent, FileBuffer, ReexecError, Reexecution, WrongWord},
    sources::Sources,
    trace::{self, TraceError},
    JobView, ResultView,
};
use touchstone_kir::Root;
use touchstone_primitives::{Claim, Proof, ProofLimits, Source, Trace};

use crate::{
    blobs::{BlobStore, Incoming, StoreError},
    executor::{ExecuteError, PreemptibleExecutor},
    inputs::{InputError, Inputs},
    kernels::{Kernels, KernelsError},
    loaded_job::LoadedJob,
};

/// Words in which device and provider differ that are asked of the interpreter before the device is blamed.
const CONFIRMED: usize = 4096;

/// Bytes of two outputs that are compared at once.
const PIECE: usize = 1 << 20;

/// What is executed again.
#[derive(Clone)]
pub enum Thoroughness {
    /// Everything, on a device; on the CPU if it fails.
    Device(Arc<PreemptibleExecutor>),
    /// Everything, on the CPU.
    Cpu,
    /// So many invocations of every step, on the CPU.
    Sample(u32),
}

/// What was found.
pub enum Conclusion {
    /// Everything that was executed again agrees.
    Right,
    /// The result is wrong, and this proves it.
    Wrong(Box<Refutation>),
}

/// What refutes a result.
pub enum Refutation {
    /// One word is wrong.
    Word {
        /// What is disputed.
        claim: Claim,
        /// What the judge may spend.
        limits: ProofLimits,
        /// What it looks at.
        proof: Proof,
        /// The word, for people.
        wrong: WrongWord,
    },
    /// A root is of data of another length than the trace or the output.
    Length(FalseLength),
}

impl Refutation {
    /// The transaction.
    pub fn call(self, job: &JobView, result: &ResultView) -> Call {
        match self {
            Self::Word { claim, limits, proof, .. } => Call::Refute { claim, limits, proof },
            Self::Length(length) => length.call(job.id, result),
        }
    }
}

/// Why nothing was found out.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Nobody says where the data is.
    #[error("the provider has no endpoint")]
    NoEndpoint,
    /// The provider does not serve the trace.
    #[error("{0}")]
    Trace(#[from] TraceError),
    /// The provider does not serve what it has to.
    #[error("{0}")]
    Blob(#[from] BlobError),
    /// An input cannot be had.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A kernel cannot be had.
    #[error(transparent)]
    Kernels(#[from] KernelsError),
    /// There is no space.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Re-execution failed.
    #[error(transparent)]
    Reexec(#[from] ReexecError),
    /// It took too long.
    #[error("the check was given up after {0:.0?}: check it with more time (check_secs), on a GPU, or by --sample N")]
    TooSlow(Duration),
    /// Files failed.
    #[error("buffer bytes: {0}")]
    Io(#[from] io::Error),
    /// This program failed.
    #[error("{0}")]
    Internal(String),
}

/// What one check may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of its buffers that are in memory.
    pub memory: usize,
}

/// Checks results. Their buffers are in files of the store, and never as a whole in memory.
pub struct Checker {
    inputs: Inputs,
    store: Arc<BlobStore>,
    kernels: Kernels,
    thoroughness: Thoroughness,
    limits: Limits,
    sources: Sources,
}

/// A result with its job and its trace.
#[derive(Clone, Copy)]
struct Committed<'a> {
    job: &'a JobView,
    result: &'a ResultView,
    trace: &'a Trace,
}

/// One result and what is known of its buffers.
struct Case<'a> {
    committed: Committed<'a>,
    loaded: LoadedJob,
    endpoint: Endpoint,
    /// Files of the inputs.
    inputs: Vec<PathBuf>,
}

impl Checker {
    /// `sources` have inputs, or traces, that providers may withhold.
    pub(crate) fn new(inputs: Inputs, thoroughness: Thoroughness, limits: Limits, sources: Sources) -> Self {
        Self { store: inputs.store.clone(), inputs, kernels: Kernels::default(), thoroughness, limits, sources }
    }

    /// Fetches the trace and asks for the lengths of the outputs, then fetches what is needed, verified against the
    /// committed roots, and executes again. `read` is called with the trace before any output is fetched.
    pub async fn check(
        &self,
        job: &JobView,
        result: &ResultView,
        read: &(dyn Fn(&Trace) + Sync),
    ) -> Result<Conclusion, CheckError> {
        let endpoint = job.endpoint.as_deref().ok_or(CheckError::NoEndpoint)?;
        let endpoint = Endpoint::new(self.inputs.puller.http(), &String::from_utf8_lossy(endpoint))?;
        let trace = match trace::find(&endpoint, &self.sources, result.trace).await {
            Ok(trace) => trace,
            Err(error) => return self.without_trace(job, result, &endpoint, error).await,
        };
        read(&trace);
        let committed = Committed { job, result, trace: &trace };
        if let Some(wrong) = false_length(&endpoint, committed, Effort::Ask).await {
            return Ok(wrong);
        }
        match self.execute(committed, endpoint.clone()).await {
            // What cannot be opened as an output may be data of another length.
            Err(error @ CheckError::Blob(_)) => false_length(&endpoint, committed, Effort::Download).await.ok_or(error),
            other => other,
        }
    }

    /// What can be found out if the trace cannot be fetched, the cheapest first: the provider states another length of
    /// it; the device comes to the same trace; what the provider serves, read to its end, has another length. Reading
    /// comes last, since a provider can make it slow.
    async fn without_trace(
        &self,
        job: &JobView,
        result: &ResultView,
        endpoint: &Endpoint,
        error: TraceError,
    ) -> Result<Conclusion, CheckError> {
        if let Some(found) = lengths::of_trace(endpoint, result.trace, Effort::Ask).await {
            return Ok(wrong_length(found));
        }
        match self.has_own_trace(job, result, endpoint).await {
            Ok(true) => return Ok(Conclusion::Right),
            Ok(false) => {}
            // That the trace is missing is what the caller has to know.
            Err(error) => tracing::warn!(job = %job.id, %error, "a result without a trace cannot be executed again"),
        }
        let found = lengths::of_trace(endpoint, result.trace, Effort::Download).await;
        found.map(wrong_length).ok_or(CheckError::Trace(error))
    }

    /// Whether the device comes to the committed trace by itself. Then the result is right, whatever the provider
    /// serves.
    async fn has_own_trace(&self, job: &JobView, result: &ResultView, endpoint: &Endpoint) -> Result<bool, CheckError> {
        let Thoroughness::Device(executor) = &self.thoroughness else { return Ok(false) };
        let loaded = self.kernels.load(&self.inputs.chain, &job.spec).await?;
        let inputs = self.inputs(job, endpoint).await?;
        match run(job, &loaded, &inputs, executor, &[]).await.map(Trace::new) {
            Ok(own) if own.buffer() == result.trace => Ok(true),
            Ok(_) => {
                tracing::error!(
                    job = %job.id, provider = %result.provider,
                    "THIS RESULT IS PROBABLY WRONG: the device comes to another trace. It cannot be refuted while its \
                    provider does not serve the trace. The buyer should not accept it"
                );
                Ok(false)
            }
            Err(error) => {
                tracing::warn!(job = %job.id, %error, "the device failed, and without the trace the CPU has nothing to \
                    compare with");
                Ok(false)
            }
        }
    }

    async fn execute(&self, committed: Committed<'_>, endpoint: Endpoint) -> Result<Conclusion, CheckError> {
        let job = committed.job;
        let loaded = self.kernels.load(&self.inputs.chain, &job.spec).await?;
        let inputs = self.inputs(job, &endpoint).await?;
        let case = Case { committed, loaded, endpoint, inputs };
        match &self.thoroughness {
            Thoroughness::Device(executor) => {
                match self.on_device(&case, executor).await {
                    Ok(Comparison::Equal) => return Ok(Conclusion::Right),
                    Ok(Comparison::Wrong(refutation)) => return Ok(Conclusion::Wrong(refutation)),
                    Ok(Comparison::DeviceFault) => tracing::error!(
                        job = %job.id,
                        "THIS DEVICE IS FAULTY: the interpreter confirms the provider; checking on the CPU"
                    ),
                    Err(DeviceError::Check(error)) => return Err(error),
                    Err(DeviceError::Execute(error)) => {
                        tracing::warn!(job = %job.id, %error, "the device failed; checking on the CPU");
                    }
                }
                self.on_cpu(&case, |_| Extent::All).await
            }
            Thoroughness::Cpu => self.on_cpu(&case, |_| Extent::All).await,
            Thoroughness::Sample(count) => self.on_cpu(&case, |seed| Extent::Sample { count: *count, seed }).await,
        }
    }

    /// Every input, in a file: from the chain, from the watcher's own sources, from the provider, or from where the
    /// buyer put it.
    async fn inputs(&self, job: &JobView, endpoint: &Endpoint) -> Result<Vec<PathBuf>, CheckError> {
        self.inputs.take_inline(job.id, job).await?;
        let mut files = Vec::new();
        for input in &job.spec.inputs {
            let buffer = input.buffer;
            if self.inputs.held(&buffer.root).await?.is_none() {
                let begin = || self.store.begin_input(&buffer.root, buffer.len).map(Sink);
                if let Some(sink) = self.sources.bring(&buffer, begin).await? {
                    self.store.finish(sink.0, &buffer.root)?;
                }
            }
            if self.inputs.held(&buffer.root).await?.is_none() {
                let served = self.fetch(endpoint, &buffer.root, buffer.len).await;
                match (served, &input.source) {
                    (Ok(()), _) => {}
                    (Err(error), Source::Url(url)) => {
                        tracing::warn!(job = %job.id, %error, "the provider does not serve an input; asking its \
                            source");
                        let url = String::from_utf8_lossy(url);
                        self.inputs.pull(&url, &buffer.root, buffer.len).await?;
                    }
                    (Err(error), _) => return Err(error),
                }
            }
            files.push(self.inputs.checked(buffer.root, buffer.len).await?.path);
        }
        Ok(files)
    }

    /// The output of a step as the provider serves it, in a file.
    async fn served(&self, case: &Case<'_>, step: usize) -> Result<PathBuf, CheckError> {
        // Each step has one instance.
        let root = case.committed.trace.roots().get(step);
        let root = root.ok_or_else(|| CheckError::Internal("a trace without a root".into()))?;
        let len = case.loaded.output_len(step);
        if self.inputs.held(root).await?.is_none() {
            self.fetch(&case.endpoint, root, len).await?;
        }
        Ok(self.inputs.checked(*root, len).await?.path)
    }

    /// A blob of the provider, verified range by range, into the store.
    async fn fetch(&self, endpoint: &Endpoint, root: &Root, len: u32) -> Result<(), CheckError> {
        let mut sink = Sink(self.store.begin_input(root, len)?);
        blobs::fetch_to(endpoint, root, len, &mut sink, |_| {}).await?;
        self.store.finish(sink.0, root)?;
        Ok(())
    }

    /// Executes everything again and compares roots. Nothing leaves the device unless a root differs.
    async fn on_device(&self, case: &Case<'_>, executor: &PreemptibleExecutor) -> Result<Comparison, DeviceError> {
        let ours = Trace::new(run(case.committed.job, &case.loaded, &case.inputs, executor, &[]).await?);
        let committed = case.committed.trace;
        if ours == *committed {
            return Ok(Comparison::Equal);
        }
        let step = ours.roots().iter().zip(committed.roots()).position(|(ours, committed)| ours != committed);
        let step = step.ok_or_else(|| CheckError::Internal("the device has another number of outputs".into()))?;
        self.compare(case, step, executor).await
    }

    /// Looks in a step whose output is another one here for a word that the interpreter confirms. What that step reads
    /// has the committed roots.
    async fn compare(
        &self,
        case: &Case<'_>,
        step: usize,
        executor: &PreemptibleExecutor,
    ) -> Result<Comparison, DeviceError> {
        let reads = case.loaded.steps.get(step).map(|step| step.reads.as_slice()).unwrap_or_default();
        let is_wanted =
            |output: usize| output == step || reads.iter().any(|&read| usize::from(read) == case.inputs.len() + output);
        let begin = |output| match is_wanted(output) {
            true => self.store.begin(case.loaded.output_len(output)).map(Some),
            false => Ok(None),
        };
        let kept: Vec<Option<Incoming>> = (0..=step).map(begin).collect::<Result<_, _>>().map_err(CheckError::from)?;
        let mut paths: Vec<Option<PathBuf>> =
            kept.iter().map(|kept| kept.as_ref().map(|kept| kept.path().to_path_buf())).collect();
        run(case.committed.job, &case.loaded, &case.inputs, executor, &paths).await?;
        let ours = paths.pop().flatten().unwrap_or_default();
        let theirs = self.served(case, step).await?;
        let (mine, other) = (ours, theirs.clone());
        let suspects = blocking(move || {
            differing(&FileBuffer::open(&mine)?, &FileBuffer::open(&other)?, CONFIRMED).map_err(CheckError::from)
        })
        .await??;
        paths.push(Some(theirs));
        let found = self.prove(case, paths, step, suspects).await?;
        // The files are there until here.
        drop(kept);
        Ok(match found {
            Some(refutation) => Comparison::Wrong(refutation),
            None => Comparison::DeviceFault,
        })
    }

    /// The proof for the first of these words that the interpreter finds wrong too.
    async fn prove(
        &self,
        case: &Case<'_>,
        outputs: Vec<Option<PathBuf>>,
        step: usize,
        suspects: Vec<u32>,
    ) -> Result<Option<Box<Refutation>>, CheckError> {
        let step = u8::try_from(step).map_err(|_| CheckError::Internal("too many steps".into()))?;
        self.with_buffers(case, outputs, move |reexecution, committed| {
            for word in suspects {
                let found = reexecution.word(step, word)?;
                if found.committed != found.computed {
                    return refutation(reexecution, committed, found).map(Some);
                }
            }
            Ok(None)
        })
        .await
    }

    /// Executes invocations of every step on the CPU, against the provider's outputs.
    async fn on_cpu(&self, case: &Case<'_>, extent: impl Fn(u64) -> Extent) -> Result<Conclusion, CheckError> {
        let mut outputs = Vec::new();
        for step in 0..case.loaded.steps.len() {
            outputs.push(Some(self.served(case, step).await?));
        }
        let extent = extent(rand::thread_rng().gen());
        let steps = case.loaded.steps.len();
        self.with_buffers(case, outputs, move |reexecution, committed| {
            for step in (0u8..).take(steps) {
                if let Some(wrong) = reexecution.check(step, extent, |_| {})? {
                    return refutation(reexecution, committed, wrong).map(Conclusion::Wrong);
                }
            }
            Ok(Conclusion::Right)
        })
        .await
    }

    /// Runs `work` off the asynchronous threads, over the files of all buffers. It is stopped when this is dropped.
    async fn with_buffers<T: Send + 'static>(
        &self,
        case: &Case<'_>,
        mut outputs: Vec<Option<PathBuf>>,
        work: impl FnOnce(&Reexecution<'_>, Committed<'_>) -> Result<T, CheckError> + Send + 'static,
    ) -> Result<T, CheckError> {
        outputs.resize_with(case.loaded.steps.len(), || None);
        let Committed { job, result, trace } = case.committed;
        let (job, result, trace) = (job.clone(), result.clone(), trace.clone());
        let (inputs, codes, memory) = (case.inputs.clone(), case.loaded.codes(), self.limits.memory);
        let stop = StopWhenDropped::default();
        let stopped = stop.0.clone();
        let done = blocking(move || {
            let open = |path: Option<PathBuf>| path.map(|path| FileBuffer::open(&path)).transpose();
            let files = inputs.into_iter().map(Some).chain(outputs).map(open).collect::<io::Result<Vec<_>>>()?;
            let buffers: Vec<Option<&FileBuffer>> = files.iter().map(Option::as_ref).collect();
            let reexecution = Reexecution::new(&job.spec, &codes, &buffers)?.with_cache(memory).stopped_by(stopped);
            work(&reexecution, Committed { job: &job, result: &result, trace: &trace })
        })
        .await?;
        drop(stop);
        done
    }
}

/// Stops the work on other threads of a check that is given up.
#[derive(Default)]
struct StopWhenDropped(Arc<AtomicBool>);

impl Drop for StopWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

enum Comparison {
    Equal,
    Wrong(Box<Refutation>),
    DeviceFault,
}

/// A failure of the device is not a failure of the check: the CPU takes over.
enum DeviceError {
    Execute(ExecuteError),
    Check(CheckError),
}

impl From<ExecuteError> for DeviceError {
    fn from(error: ExecuteError) -> Self {
        Self::Execute(error)
    }
}

impl From<CheckError> for DeviceError {
    fn from(error: CheckError) -> Self {
        Self::Check(error)
    }
}

/// Executes everything again, once more if the device fails, and reads these outputs back.
async fn run(
    job: &JobView,
    loaded: &LoadedJob,
    inputs: &[PathBuf],
    executor: &PreemptibleExecutor,
    outputs: &[Option<PathBuf>],
) -> Result<Vec<Root>, ExecuteError> {
    let workload = loaded.workload(inputs, outputs);
    let mut executor = executor.for_work(loaded.bytes()).await;
    match executor.run(&workload).await {
        Err(error) if error.is_transient() => {
            tracing::warn!(job = %job.id, %error, "trying again");
            executor.run(&workload).await
        }
        other => other,
    }
    .map(|done| done.roots)
}

async fn false_length(endpoint: &Endpoint, committed: Committed<'_>, effort: Effort) -> Option<Conclusion> {
    let Committed { job, trace, .. } = committed;
    let steps: Vec<u8> = (0u8..).take(job.spec.steps.len()).collect();
    lengths::of_outputs(endpoint, trace, &job.output_bytes, &steps, effort).await.map(wrong_length)
}

fn wrong_length(found: FalseLength) -> Conclusion {
    Conclusion::Wrong(Box::new(Refutation::Length(found)))
}

fn refutation(
    reexecution: &Reexecution<'_>,
    committed: Committed<'_>,
    wrong: WrongWord,
) -> Result<Box<Refutation>, CheckError> {
    let Committed { job, result, trace } = committed;
    let (limits, proof) = reexecution.prove(trace, wrong.step, wrong.word)?;
    Ok(Box::new(Refutation::Word { claim: claim(job, result, wrong.step, wrong.word), limits, proof, wrong }))
}

/// Indices of the first words, at most `most`, in which two buffers of one length differ.
fn differing(ours: &FileBuffer, theirs: &FileBuffer, most: usize) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    let len = ours.len().min(theirs.len());
    let (mut mine, mut other) = (vec![0; PIECE], vec![0; PIECE]);
    for start in (0..len).step_by(PIECE) {
        let piece = (len - start).min(PIECE as u64) as usize;
        let (Some(mine), Some(other)) = (mine.get_mut(..piece), other.get_mut(..piece)) else { break };
        ours.read_exact_at(start, mine)?;
        theirs.read_exact_at(start, other)?;
        if mine == other {
            continue;
        }
        let words = (start / 4..).zip(mine.chunks(4).zip(other.chunks(4)));
        found.extend(words.filter(|(_, (mine, other))| mine != other).map(|(word, _)| word as u32));
        if found.len() >= most {
            found.truncate(most);
            break;
        }
    }
    Ok(found)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CheckError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| CheckError::Internal(error.to_string()))
}

/// A blob on its way in, as the download wants it.
struct Sink(Incoming);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::NamedTempFile, FileBuffer) {
        let named = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(named.path(), bytes).unwrap();
        let file = FileBuffer::open(named.path()).unwrap();
        (named, file)
    }

    #[test]
    fn differing_words_are_found_in_order_across_pieces() {
        let ours = vec![0u8; PIECE + 16];
        let mut theirs = ours.clone();
        theirs[PIECE + 15] = 1;
        theirs[PIECE - 1] = 1;
        theirs[4] = 1;
        let ((_a, ours), (_b, theirs)) = (file(&ours), file(&theirs));
        let words = PIECE as u32 / 4;
        assert_eq!(differing(&ours, &theirs, 9).unwrap(), [1, words - 1, words + 3]);
        assert_eq!(differing(&ours, &theirs, 2).unwrap(), [1, words - 1]);
        assert_eq!(differing(&ours, &ours, 9).unwrap(), [0u32; 0]);
    }
}
