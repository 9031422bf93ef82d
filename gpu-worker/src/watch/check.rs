use std::{fs, io, path::PathBuf, sync::Arc};

use rand::Rng;
use tokio::sync::Mutex;
use touchstone_client::{
    blobs::{self, BlobError},
    chain::Call,
    lengths::{self, Effort, FalseLength},
    reexec::{claim, Extent, ReexecError, Reexecution, WrongWord},
    JobView, ResultView,
};
use touchstone_kir::Root;
use touchstone_primitives::{Claim, Proof, ProofLimits, Source};

use crate::{
    blobs::{hex_root, BlobStore, Incoming, PullError, StoreError},
    executor::{ExecuteError, Executor},
    inputs::{InputError, Inputs},
    kernels::{Kernels, KernelsError},
    loaded_job::LoadedJob,
};

/// Words in which device and provider differ that are asked of the interpreter before the device is blamed.
const CONFIRMED: usize = 4096;

/// What is executed again.
#[derive(Clone)]
pub enum Thoroughness {
    /// Everything, on a device; on the CPU if it fails.
    Device(Arc<Mutex<Executor>>),
    /// Everything, on the CPU.
    Cpu,
    /// So many invocations of every step, on the CPU.
    Sample(u32),
}

/// What was found.
pub enum Verdict {
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
    /// A root is of data of another length than the step's output.
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
    /// The provider's address is one that is not fetched from.
    #[error("the provider's endpoint: {0}")]
    Endpoint(#[from] PullError),
    /// The provider does not serve what it has to.
    #[error("{0}")]
    Blob(#[from] BlobError),
    /// An input cannot be had.
    #[error(transparent)]
    Gather(#[from] InputError),
    /// A kernel cannot be had.
    #[error(transparent)]
    Kernels(#[from] KernelsError),
    /// There is no room.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Re-execution failed.
    #[error(transparent)]
    Reexec(#[from] ReexecError),
    /// Files failed.
    #[error("buffer bytes: {0}")]
    Io(#[from] io::Error),
    /// This program failed.
    #[error("{0}")]
    Internal(String),
}

/// Checks results.
pub struct Checker {
    inputs: Inputs,
    store: Arc<dyn BlobStore>,
    kernels: Kernels,
    thoroughness: Thoroughness,
}

/// One result and what is known of its buffers.
struct Case<'a> {
    job: &'a JobView,
    result: &'a ResultView,
    loaded: LoadedJob,
    endpoint: String,
    /// Files of the inputs.
    inputs: Vec<PathBuf>,
}

impl Checker {
    pub(crate) fn new(inputs: Inputs, thoroughness: Thoroughness) -> Self {
        Self { store: inputs.store.clone(), inputs, kernels: Kernels::default(), thoroughness }
    }

    /// Asks for the lengths of the outputs, then fetches what is needed, verified against the committed roots, and
    /// executes again.
    pub async fn check(&self, job: &JobView, result: &ResultView) -> Result<Verdict, CheckError> {
        let endpoint = job.endpoint.as_deref().ok_or(CheckError::NoEndpoint)?;
        let endpoint = String::from_utf8_lossy(endpoint).into_owned();
        self.inputs.puller.permits(&endpoint).await?;
        if let Some(wrong) = false_length(&endpoint, job, result, Effort::Ask).await {
            return Ok(wrong);
        }
        match self.execute(job, result, endpoint.clone()).await {
            // What cannot be opened as an output may be data of another length.
            Err(error @ CheckError::Blob(_)) => {
                false_length(&endpoint, job, result, Effort::Download).await.ok_or(error)
            }
            other => other,
        }
    }

    async fn execute(&self, job: &JobView, result: &ResultView, endpoint: String) -> Result<Verdict, CheckError> {
        let loaded = self.kernels.load(&self.inputs.chain, &job.spec).await?;
        let inputs = self.inputs(job, &endpoint).await?;
        let case = Case { job, result, loaded, endpoint, inputs };
        match &self.thoroughness {
            Thoroughness::Device(executor) => {
                match self.on_device(&case, executor).await {
                    Ok(Comparison::Equal) => return Ok(Verdict::Right),
                    Ok(Comparison::Wrong(refutation)) => return Ok(Verdict::Wrong(refutation)),
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

    /// Every input, in a file: from the chain, from the provider, or from where the buyer put it.
    async fn inputs(&self, job: &JobView, endpoint: &str) -> Result<Vec<PathBuf>, CheckError> {
        self.inputs.take_inline(job.id, job).await?;
        let mut files = Vec::new();
        for input in &job.spec.inputs {
            let buffer = input.buffer;
            if !self.inputs.holds(&buffer.root) {
                let served = self.fetch(endpoint, &buffer.root, buffer.len).await;
                match (served, &input.source) {
                    (Ok(()), _) => {}
                    (Err(error), Source::Url(url)) => {
                        tracing::warn!(job = %job.id, %error, "the provider does not serve an input; asking its source");
                        let url = String::from_utf8_lossy(url);
                        self.inputs.pull(&url, &buffer.root, buffer.len).await?;
                    }
                    (Err(error), _) => return Err(error),
                }
            }
            self.inputs.check_length(buffer.root, buffer.len)?;
            let stored = self.store.get(&buffer.root);
            let stored = stored.ok_or_else(|| InputError::Vanished(hex_root(&buffer.root)))?;
            files.push(stored.path);
        }
        Ok(files)
    }

    /// A blob of the provider, verified range by range, into the store.
    async fn fetch(&self, endpoint: &str, root: &Root, len: u32) -> Result<(), CheckError> {
        let mut sink = Sink(self.store.begin(len)?);
        blobs::fetch_to(endpoint, root, len, &mut sink, |_| {}).await?;
        self.store.finish(sink.0, root)?;
        Ok(())
    }

    /// Executes everything again, and compares roots: nothing leaves the device unless one is another.
    async fn on_device(&self, case: &Case<'_>, executor: &Mutex<Executor>) -> Result<Comparison, DeviceError> {
        let roots = self.run(case, executor, &[]).await?;
        match roots.iter().zip(&case.result.roots).position(|(ours, committed)| ours != committed) {
            None => Ok(Comparison::Equal),
            Some(step) => self.compare(case, step, executor).await,
        }
    }

    /// Executes everything again, once more if the device fails, and reads these outputs back.
    async fn run(
        &self,
        case: &Case<'_>,
        executor: &Mutex<Executor>,
        outputs: &[Option<PathBuf>],
    ) -> Result<Vec<Root>, ExecuteError> {
        let program = case.loaded.program(&case.inputs, outputs);
        let mut executor = executor.lock().await;
        match executor.run(&program).await {
            Err(error) if error.is_transient() => {
                tracing::warn!(job = %case.job.id, %error, "trying again");
                executor.run(&program).await
            }
            other => other,
        }
        .map(|done| done.roots)
    }

    /// Looks in a step whose output is another one here for a word that the interpreter confirms. What that step reads has
    /// the committed roots.
    async fn compare(
        &self,
        case: &Case<'_>,
        step: usize,
        executor: &Mutex<Executor>,
    ) -> Result<Comparison, DeviceError> {
        let reads = &case.loaded.steps[step].reads;
        let is_wanted =
            |output: usize| output == step || reads.iter().any(|&read| usize::from(read) == case.inputs.len() + output);
        let room = |output| match is_wanted(output) {
            true => self.store.begin(case.loaded.output_len(output)).map(Some),
            false => Ok(None),
        };
        let kept: Vec<Option<Incoming>> = (0..=step).map(room).collect::<Result<_, _>>().map_err(CheckError::from)?;
        let paths: Vec<_> = kept.iter().map(|kept| kept.as_ref().map(|kept| kept.path().to_path_buf())).collect();
        self.run(case, executor, &paths).await?;
        let mut outputs = blocking(move || {
            let read = |path: Option<PathBuf>| path.map(fs::read).transpose();
            paths.into_iter().map(read).collect::<io::Result<Vec<_>>>().map_err(CheckError::from)
        })
        .await??;
        let ours = outputs.pop().flatten().unwrap_or_default();
        let theirs = blobs::fetch(&case.endpoint, &case.result.roots[step], ours.len() as u32, |_| {}).await;
        let theirs = theirs.map_err(CheckError::from)?;
        let suspects: Vec<u32> = differing(&ours, &theirs).take(CONFIRMED).collect();
        outputs.push(Some(theirs));
        Ok(match self.prove(case, outputs, step, suspects).await? {
            Some(refutation) => Comparison::Wrong(refutation),
            None => Comparison::DeviceFault,
        })
    }

    /// The proof for the first of these words that the interpreter finds wrong too.
    async fn prove(
        &self,
        case: &Case<'_>,
        outputs: Vec<Option<Vec<u8>>>,
        step: usize,
        suspects: Vec<u32>,
    ) -> Result<Option<Box<Refutation>>, CheckError> {
        let step = u8::try_from(step).map_err(|_| CheckError::Internal("too many steps".into()))?;
        self.with_buffers(case, outputs, move |reexecution, job, result| {
            for word in suspects {
                let found = reexecution.word(step, word)?;
                if found.committed != found.computed {
                    return refutation(reexecution, job, result, found).map(Some);
                }
            }
            Ok(None)
        })
        .await
    }

    /// Executes invocations of every step on the CPU, against the provider's outputs.
    async fn on_cpu(&self, case: &Case<'_>, extent: impl Fn(u64) -> Extent) -> Result<Verdict, CheckError> {
        let mut outputs = Vec::new();
        for (step, root) in case.result.roots.iter().enumerate() {
            let len = case.loaded.output_len(step);
            outputs.push(Some(blobs::fetch(&case.endpoint, root, len, |_| {}).await?));
        }
        let extent = extent(rand::thread_rng().gen());
        let steps = case.loaded.steps.len();
        self.with_buffers(case, outputs, move |reexecution, job, result| {
            for step in (0u8..).take(steps) {
                if let Some(wrong) = reexecution.check(step, extent, |_| {})? {
                    return refutation(reexecution, job, result, wrong).map(Verdict::Wrong);
                }
            }
            Ok(Verdict::Right)
        })
        .await
    }

    /// Runs `work` off the asynchronous threads, with all buffers in memory.
    async fn with_buffers<T: Send + 'static>(
        &self,
        case: &Case<'_>,
        mut outputs: Vec<Option<Vec<u8>>>,
        work: impl FnOnce(&Reexecution<'_>, &JobView, &ResultView) -> Result<T, CheckError> + Send + 'static,
    ) -> Result<T, CheckError> {
        outputs.resize_with(case.loaded.steps.len(), || None);
        let (job, result) = (case.job.clone(), case.result.clone());
        let (inputs, codes) = (case.inputs.clone(), case.loaded.codes());
        blocking(move || {
            let inputs = inputs.iter().map(|path| fs::read(path).map(Some)).collect::<io::Result<Vec<_>>>()?;
            let buffers: Vec<Option<&[u8]>> = inputs.iter().chain(&outputs).map(Option::as_deref).collect();
            let reexecution = Reexecution::new(&job.spec, &codes, &buffers)?;
            work(&reexecution, &job, &result)
        })
        .await?
    }
}

enum Comparison {
    Equal,
    Wrong(Box<Refutation>),
    DeviceFault,
}

/// A failure of the device is no failure of the check: the CPU takes over.
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

async fn false_length(endpoint: &str, job: &JobView, result: &ResultView, effort: Effort) -> Option<Verdict> {
    let steps: Vec<u8> = (0u8..).take(result.roots.len()).collect();
    let found = lengths::find(endpoint, job, result, &steps, effort).await?;
    Some(Verdict::Wrong(Box::new(Refutation::Length(found))))
}

fn refutation(
    reexecution: &Reexecution<'_>,
    job: &JobView,
    result: &ResultView,
    wrong: WrongWord,
) -> Result<Box<Refutation>, CheckError> {
    let (limits, proof) = reexecution.prove(wrong.step, wrong.word)?;
    Ok(Box::new(Refutation::Word { claim: claim(job, result, wrong.step, wrong.word), limits, proof, wrong }))
}

/// Indices of the words in which two buffers of one length differ.
fn differing<'a>(ours: &'a [u8], theirs: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
    (0u32..)
        .zip(ours.chunks(4).zip(theirs.chunks(4)))
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|(word, _)| word)
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

    #[test]
    fn differing_words_are_found_in_order() {
        let ours = [0u8; 16];
        let mut theirs = ours;
        theirs[15] = 1;
        theirs[4] = 1;
        assert_eq!(differing(&ours, &theirs).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(differing(&ours, &ours).count(), 0);
    }
}
