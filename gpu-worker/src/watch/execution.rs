//! Executions of jobs on this machine, on a device or the CPU, and proofs out of their buffers.

use std::{
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc, Mutex, PoisonError,
    },
};

use touchstone_client::{
    demanding::KnownTrace,
    reexec::{claim, Buffer, FileBuffer, ReexecError, Reexecution, WrongWord},
    shown::Shown,
};
use touchstone_kir::{Outboard, Root};
use touchstone_primitives::Trace;

use super::{
    case::{Case, Record},
    conclusion::Refutation,
    error::CheckError,
};
use crate::{
    blobs::{BlobStore, Incoming},
    executor::{ExecuteError, PreemptibleExecutor},
};

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

/// What this machine has computed of a job.
pub(super) struct Own {
    /// The roots of its outputs.
    pub(super) trace: Trace,
    /// What has computed them.
    pub(super) maker: Maker,
    /// Outputs that are kept, by step.
    outputs: Vec<Option<Incoming>>,
}

/// What computes outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// A device, which may be wrong.
    Device,
    /// The interpreter, which says what is right.
    Cpu,
}

impl Own {
    /// The file of an output that is kept.
    pub(super) fn output(&self, step: usize) -> Option<&Path> {
        Some(self.outputs.get(step)?.as_ref()?.path())
    }

    /// Gives the space of the outputs back. They can be computed again.
    pub(super) fn drop_outputs(&mut self) {
        self.outputs.clear();
    }
}

/// The bytes of an output.
pub(super) enum OutputBytes {
    /// All of them, in a file.
    File(PathBuf),
    /// What answers to demands have shown.
    Shown(Shown),
}

/// An output that is open.
enum Opened {
    File(FileBuffer),
    Shown(Shown),
}

impl Opened {
    fn open(bytes: OutputBytes) -> io::Result<Self> {
        match bytes {
            OutputBytes::File(path) => FileBuffer::open(&path).map(Self::File),
            OutputBytes::Shown(shown) => Ok(Self::Shown(shown)),
        }
    }

    fn buffer(&self) -> Buffer<'_> {
        match self {
            Self::File(file) => file.into(),
            Self::Shown(shown) => shown.into(),
        }
    }
}

/// A failure of the device is not a failure of the check: the CPU takes over.
pub(super) enum DeviceError {
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

/// Executes jobs.
pub(super) struct Executions {
    pub(super) store: Arc<BlobStore>,
    pub(super) thoroughness: Thoroughness,
    /// Bytes of the buffers of one check that are in memory.
    pub(super) memory: usize,
}

impl Executions {
    /// The trace as this machine computes it, once: it stays in `own`.
    pub(super) async fn trace<'own>(
        &self,
        case: &Case,
        own: &'own mut Option<Own>,
    ) -> Result<&'own mut Own, CheckError> {
        if own.is_none() {
            *own = Some(match &self.thoroughness {
                Thoroughness::Device(executor) => match self.on_device(case, executor).await {
                    Ok(made) => made,
                    Err(error) => {
                        tracing::warn!(job = %case.record.job.id, %error, "the device failed; computing on the CPU");
                        self.on_cpu(case).await?
                    }
                },
                Thoroughness::Cpu | Thoroughness::Sample(_) => self.on_cpu(case).await?,
            });
        }
        own.as_mut().ok_or_else(|| CheckError::Internal("what was computed is gone".into()))
    }

    /// The trace as a device computes it. No output leaves the device.
    pub(super) async fn on_device(&self, case: &Case, executor: &PreemptibleExecutor) -> Result<Own, ExecuteError> {
        let trace = Trace::new(run(case, executor, &[]).await?);
        Ok(Own { trace, maker: Maker::Device, outputs: Vec::new() })
    }

    /// Trace and outputs as the interpreter computes them.
    pub(super) async fn on_cpu(&self, case: &Case) -> Result<Own, CheckError> {
        let mut own = Own { trace: Trace::default(), maker: Maker::Cpu, outputs: Vec::new() };
        let mut roots = Vec::new();
        for step in 0..case.loaded.steps.len() {
            let output = self.store.begin(case.loaded.output_len(step))?;
            let path = output.path().to_path_buf();
            let number = number(step)?;
            let earlier = (0..step).map(|step| own.output(step).map(|path| OutputBytes::File(path.into()))).collect();
            let write = path.clone();
            self.with_buffers(case, earlier, move |reexecution| {
                let file = Mutex::new(std::fs::OpenOptions::new().write(true).open(&write)?);
                let written = reexecution.execute(number, |start, bytes| {
                    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                    file.seek(SeekFrom::Start(start))?;
                    file.write_all(bytes)
                });
                Ok(written?)
            })
            .await?;
            roots.push(blocking(move || tree_of(&path)).await??.root());
            own.outputs.push(Some(output));
        }
        own.trace = Trace::new(roots);
        Ok(own)
    }

    /// Makes sure that the output of a step is kept, and those that it reads.
    pub(super) async fn keep_outputs(&self, case: &Case, own: &mut Own, step: usize) -> Result<(), DeviceError> {
        let is_wanted = |output: usize| output == step || case.outputs_read(step).any(|read| read == output);
        if (0..=step).filter(|output| is_wanted(*output)).all(|output| own.output(output).is_some()) {
            return Ok(());
        }
        own.drop_outputs();
        match (own.maker, &self.thoroughness) {
            (Maker::Device, Thoroughness::Device(executor)) => {
                let begin = |output| match is_wanted(output) {
                    true => self.store.begin(case.loaded.output_len(output)).map(Some),
                    false => Ok(None),
                };
                let outputs: Vec<Option<Incoming>> =
                    (0..=step).map(begin).collect::<Result<_, _>>().map_err(CheckError::from)?;
                let paths: Vec<Option<PathBuf>> =
                    outputs.iter().map(|output| output.as_ref().map(|output| output.path().to_path_buf())).collect();
                run(case, executor, &paths).await?;
                own.outputs = outputs;
            }
            _ => *own = self.on_cpu(case).await?,
        }
        Ok(())
    }

    /// The hash tree of an output that is kept.
    pub(super) async fn tree(&self, own: &Own, step: usize) -> Result<Outboard, CheckError> {
        let path = own.output(step).ok_or_else(|| CheckError::Internal(format!("output {step} is not kept")))?;
        let path = path.to_path_buf();
        blocking(move || tree_of(&path)).await?
    }

    /// The proof for the first of these words of a step's output that the interpreter finds wrong too. `outputs` are
    /// the committed ones, as far as they are at hand.
    pub(super) async fn prove(
        &self,
        case: &Case,
        outputs: Vec<Option<OutputBytes>>,
        trace: KnownTrace,
        step: usize,
        suspects: Vec<u32>,
    ) -> Result<Option<Box<Refutation>>, CheckError> {
        let step = number(step)?;
        let record = case.record.clone();
        self.with_buffers(case, outputs, move |reexecution| {
            for word in suspects {
                let found = reexecution.word(step, word)?;
                if found.committed != found.computed {
                    return refutation(reexecution, &record, &trace, found).map(Some);
                }
            }
            Ok(None)
        })
        .await
    }

    /// Runs `work` off the asynchronous threads, over the buffers that are at hand. It is stopped when this is dropped.
    pub(super) async fn with_buffers<T: Send + 'static>(
        &self,
        case: &Case,
        mut outputs: Vec<Option<OutputBytes>>,
        work: impl FnOnce(&Reexecution<'_>) -> Result<T, CheckError> + Send + 'static,
    ) -> Result<T, CheckError> {
        outputs.resize_with(case.loaded.steps.len(), || None);
        let (record, inputs, codes, memory) =
            (case.record.clone(), case.inputs.clone(), case.loaded.codes(), self.memory);
        let stop = StopWhenDropped::default();
        let stopped = stop.0.clone();
        let done = blocking(move || -> Result<T, CheckError> {
            let inputs = inputs.into_iter().map(|path| Some(OutputBytes::File(path)));
            let open = |bytes: Option<OutputBytes>| bytes.map(Opened::open).transpose();
            let opened = inputs.chain(outputs).map(open).collect::<io::Result<Vec<_>>>()?;
            let buffers: Vec<Option<Buffer<'_>>> =
                opened.iter().map(|opened| opened.as_ref().map(Opened::buffer)).collect();
            let reexecution =
                Reexecution::new(&record.job.spec, &codes, &buffers)?.with_cache(memory).stopped_by(stopped);
            work(&reexecution)
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

/// Executes everything on a device, once more if the device fails, and reads these outputs back.
async fn run(
    case: &Case,
    executor: &PreemptibleExecutor,
    outputs: &[Option<PathBuf>],
) -> Result<Vec<Root>, ExecuteError> {
    let workload = case.loaded.workload(&case.inputs, outputs);
    let mut executor = executor.for_work(case.loaded.bytes()).await;
    match executor.run(&workload).await {
        Err(error) if error.is_transient() => {
            tracing::warn!(job = %case.record.job.id, %error, "trying again");
            executor.run(&workload).await
        }
        other => other,
    }
    .map(|done| done.roots)
}

/// The hash tree of a file. Blocks.
fn tree_of(path: &Path) -> Result<Outboard, CheckError> {
    Ok(FileBuffer::open(path)?.outboard()?.map_err(ReexecError::from)?)
}

/// What refutes a result by this word.
pub(super) fn refutation(
    reexecution: &Reexecution<'_>,
    record: &Record,
    trace: &KnownTrace,
    wrong: WrongWord,
) -> Result<Box<Refutation>, CheckError> {
    let open = |instances: &[u32]| trace.open(instances.iter().copied()).ok_or(ReexecError::NoRoots);
    let (limits, proof) = reexecution.prove_with(wrong.step, wrong.word, open)?;
    let claim = claim(&record.job, &record.result, wrong.step, wrong.word);
    Ok(Box::new(Refutation::Word { claim, limits, proof, wrong }))
}

/// A step as the chain numbers it.
pub(super) fn number(step: usize) -> Result<u8, CheckError> {
    u8::try_from(step).map_err(|_| CheckError::Internal("too many steps".into()))
}

pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CheckError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| CheckError::Internal(error.to_string()))
}
