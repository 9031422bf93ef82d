//! The buffers of a committed job, brought here and verified.

use std::io::Write;

use anyhow::Context as _;
use indicatif::ProgressBar;
use touchstone_client::{
    blobs::{self, BlobError, Endpoint},
    carried::Carried,
    chain::At,
    http::Http,
    lengths::{self, Effort, FalseLength},
    reexec::{Extent, ReexecError, Reexecution, WrongWord},
    sources::Sources,
    trace::{self, TraceError},
    JobView, ResultView,
};
use touchstone_primitives::{Buffer, JobId, Proof, ProofLimits, Trace};

use super::{
    output::{bytes_bar, count_bar, hex, plain},
    scratch::{self, Held, Incoming, Scratch},
    stages,
};

/// A committed job with what belongs to it.
pub(super) struct Committed {
    pub(super) job: JobView,
    pub(super) result: ResultView,
    /// Its outputs, if the chain has them.
    carried: Option<Carried>,
    /// Where the provider serves the data, as registered.
    endpoint: String,
    http: Http,
    /// Where inputs and the trace may come from besides the provider.
    pub(super) sources: Sources,
}

/// The committed job, or an error that says what to do. Its data is fetched with `http`.
pub(super) async fn committed(http: &Http, at: &At, id: JobId) -> anyhow::Result<Committed> {
    let job = stages::job(at, id).await?;
    let result = at
        .result(id)
        .await?
        .with_context(|| format!("the job {id} has no committed result yet: follow it with `touchstone watch`"))?;
    with_result(http, at, job, result).await
}

/// A job with its committed result. Its data is fetched with `http`.
pub(super) async fn with_result(http: &Http, at: &At, job: JobView, result: ResultView) -> anyhow::Result<Committed> {
    let endpoint = match &job.endpoint {
        Some(endpoint) => plain(endpoint),
        // A closed job names no endpoint; its provider may still serve the data for a while.
        None => plain(&at.provider(&result.provider).await?.map(|provider| provider.endpoint).unwrap_or_default()),
    };
    let carried = at.outputs(&job, &result).await?;
    Ok(Committed { job, result, carried, endpoint, http: http.clone(), sources: Sources::default() })
}

/// What can be judged of a committed job.
pub(super) enum Evidence {
    /// A committed root is of data of another length than the trace, or than the output of a step.
    FalseLength(FalseLength),
    /// Everything that was asked for is here.
    Buffers(Brought),
}

impl Committed {
    /// Where the provider serves the data.
    pub(super) fn endpoint(&self) -> Result<Endpoint, BlobError> {
        Endpoint::new(&self.http, &self.endpoint)
    }

    /// The same, with more places where its inputs and its trace may come from.
    pub(super) fn with_sources(self, sources: Sources) -> Self {
        Self { sources, ..self }
    }

    /// The trace, from the chain if that has the outputs, or else from the provider or from the sources.
    pub(super) async fn trace(&self) -> Result<Trace, TraceError> {
        if let Some(carried) = &self.carried {
            return Ok(carried.trace().clone());
        }
        let endpoint = self.endpoint().map_err(TraceError::NotServed)?;
        trace::find(&endpoint, &self.sources, self.result.trace).await
    }

    /// An error if the job has no such step.
    pub(super) fn check_step(&self, step: u8) -> Result<(), ReexecError> {
        let steps = self.job.spec.steps.len();
        match usize::from(step) < steps {
            true => Ok(()),
            false => Err(ReexecError::NoSuchStep { step, steps }),
        }
    }

    /// Output of a step as committed.
    pub(super) fn output(&self, trace: &Trace, step: u8) -> Result<Buffer, ReexecError> {
        // Each step has one instance.
        let root = trace.root(step.into());
        let len = self.job.output_bytes.get(usize::from(step));
        match (root, len) {
            (Some(root), Some(len)) => Ok(Buffer { root: *root, len: *len }),
            _ => Err(ReexecError::NoSuchStep { step, steps: self.job.spec.steps.len() }),
        }
    }

    /// What can be judged of these steps: a committed root of data of a false length, or else their buffers.
    pub(super) async fn evidence(&self, at: &At, steps: &[u8]) -> anyhow::Result<Evidence> {
        steps.iter().try_for_each(|step| self.check_step(*step))?;
        if let Some(carried) = &self.carried {
            // The chain has compared all lengths.
            return Ok(Evidence::Buffers(self.bring(at, carried.trace(), steps).await?));
        }
        let endpoint = self.endpoint()?;
        let trace = match self.trace().await {
            Ok(trace) => trace,
            // What cannot be fetched as a trace may be data of another length.
            Err(error) => {
                let found = lengths::of_trace(&endpoint, self.result.trace, Effort::Download).await;
                return Ok(Evidence::FalseLength(found.ok_or(error)?));
            }
        };
        let false_length = |effort| lengths::of_outputs(&endpoint, &trace, &self.job.output_bytes, steps, effort);
        if let Some(found) = false_length(Effort::Ask).await {
            return Ok(Evidence::FalseLength(found));
        }
        match self.bring(at, &trace, steps).await {
            Ok(brought) => Ok(Evidence::Buffers(brought)),
            // What cannot be opened as an output may be data of another length.
            Err(error) => false_length(Effort::Download).await.map(Evidence::FalseLength).ok_or(error),
        }
    }

    /// Writes one buffer into `sink`: an output that the chain has, or what the provider serves.
    pub(super) async fn write_to(
        &self,
        name: &str,
        buffer: Buffer,
        sink: &mut (impl Write + Send),
    ) -> Result<(), BlobError> {
        if let Some(bytes) = self.carried.as_ref().and_then(|carried| carried.find(&buffer.root)) {
            sink.write_all(bytes)?;
            return Ok(sink.flush()?);
        }
        let endpoint = self.endpoint()?;
        let bar = bytes_bar(name, buffer.len.into());
        let progress = |done| bar.set_position(done);
        let fetched = blobs::fetch_to(&endpoint, &buffer.root, buffer.len, sink, progress).await;
        bar.finish_and_clear();
        fetched
    }

    /// Brings one buffer of the chain or of the provider.
    async fn fetch(&self, name: &str, buffer: Buffer, scratch: &mut Scratch) -> anyhow::Result<Held> {
        let mut incoming = scratch.begin(buffer.len)?;
        self.write_to(name, buffer, &mut incoming).await?;
        Ok(scratch.keep(incoming)?)
    }

    /// Downloads everything that these steps read and write, and makes them ready to be executed again.
    async fn bring(&self, at: &At, trace: &Trace, steps: &[u8]) -> anyhow::Result<Brought> {
        let inputs = self.job.spec.inputs.len();
        let mut scratch = Scratch::new(scratch::MEMORY);
        let mut buffers: Vec<Option<Held>> = Vec::new();
        buffers.resize_with(inputs + self.job.spec.steps.len(), || None);
        for step in steps {
            let spec = self
                .job
                .spec
                .steps
                .get(usize::from(*step))
                .ok_or(ReexecError::NoSuchStep { step: *step, steps: self.job.spec.steps.len() })?;
            for buffer in spec.reads.iter().map(|read| usize::from(*read)).chain([inputs + usize::from(*step)]) {
                let Some(slot @ None) = buffers.get_mut(buffer) else { continue };
                *slot = Some(self.buffer(at, trace, buffer, &mut scratch).await?);
            }
        }
        let mut kernels = Vec::new();
        for step in &self.job.spec.steps {
            let view = at.kernel(step.kernel).await?.context("a kernel of the job is not on the chain any more")?;
            kernels.push(view.code);
        }
        Ok(Brought { spec: self.job.spec.clone(), kernels, buffers, trace: trace.clone() })
    }

    async fn buffer(&self, at: &At, trace: &Trace, index: usize, scratch: &mut Scratch) -> anyhow::Result<Held> {
        let Some(input) = self.job.spec.inputs.get(index) else {
            let step = index.saturating_sub(self.job.spec.inputs.len()) as u8;
            return self.fetch(&format!("output {step}"), self.output(trace, step)?, scratch).await;
        };
        if input.source == touchstone_primitives::Source::Inline {
            let inline = at.inline_inputs(self.job.id).await?;
            let bytes = inline.into_iter().find(|(number, _)| usize::from(*number) == index).map(|(_, bytes)| bytes);
            if let Some(bytes) = bytes.filter(|bytes| touchstone_kir::root(bytes) == input.buffer.root) {
                return Ok(scratch.keep(Incoming::Memory(bytes))?);
            }
        }
        let brought = self.sources.bring(&input.buffer, || scratch.begin(input.buffer.len)).await?;
        if let Some(incoming) = brought {
            return Ok(scratch.keep(incoming)?);
        }
        self.fetch(&format!("input {index}"), input.buffer, scratch).await.with_context(|| {
            format!(
                "input {index} of the job cannot be had; if you have it, name it with --manifest job.toml or --input \
                 NAME=FILE ({}, {} bytes)",
                hex(&input.buffer.root),
                input.buffer.len
            )
        })
    }
}

/// A job's kernels and buffers, and the trace of its result, on this machine.
pub(super) struct Brought {
    spec: touchstone_primitives::JobSpec,
    kernels: Vec<Vec<u8>>,
    buffers: Vec<Option<Held>>,
    trace: Trace,
}

impl Brought {
    /// Ready to be executed again.
    pub(super) fn reexecution(&self) -> Result<Reexecution<'_>, ReexecError> {
        let buffers: Vec<_> = self.buffers.iter().map(|held| held.as_ref().map(Held::buffer)).collect();
        Ok(Reexecution::new(&self.spec, &self.kernels, &buffers)?.with_cache(scratch::MEMORY))
    }

    /// What refutes one word.
    pub(super) fn prove(&self, step: u8, word: u32) -> Result<(ProofLimits, Proof), ReexecError> {
        self.reexecution()?.prove(&self.trace, step, word)
    }

    /// Executes invocations of these steps again until a wrong word is met. Gives the number executed.
    pub(super) fn check(&self, steps: &[u8], extent: Extent) -> Result<(u64, Option<WrongWord>), ReexecError> {
        let reexecution = self.reexecution()?;
        let mut done = 0u64;
        for step in steps {
            let invocations = self.spec.steps.get(usize::from(*step)).map_or(0, |step| step.invocations);
            let total = extent.of(invocations).into();
            let bar = count_bar(&format!("step {step}"), total);
            let found = reexecution.check(*step, extent, |position| tick(&bar, position))?;
            bar.finish_and_clear();
            done = done.saturating_add(total);
            if found.is_some() {
                return Ok((done, found));
            }
        }
        Ok((done, None))
    }
}

/// Drawing is slower than executing, so the bar does not move at every invocation.
fn tick(bar: &ProgressBar, position: u64) {
    if position.is_multiple_of(64) {
        bar.set_position(position);
    }
}
