//! One check of a result: fetch what its provider serves, execute again, compare.

use std::{path::PathBuf, sync::Arc};

use touchstone_client::{
    demanding::KnownTrace,
    lengths::{Effort, FalseLength},
    reexec::{Extent, FileBuffer},
    sources::Sources,
    trace,
};
use touchstone_kir::Root;
use touchstone_primitives::{Source, Trace};

use super::{
    case::{Case, Record},
    conclusion::{Conclusion, Refutation},
    differing,
    error::{CheckError, FetchError},
    execution::{blocking, number, refutation, DeviceError, Executions, OutputBytes, Thoroughness},
    memory::Memory,
    provider::{Blob, Provider, Sink},
};
use crate::{executor::PreemptibleExecutor, inputs::Inputs, kernels::Kernels};

/// Words in which device and provider differ that are asked of the interpreter before the device is blamed.
pub(super) const CONFIRMED: usize = 4096;

/// Checks results. Their buffers are in files of the store, and never as a whole in memory.
pub(super) struct Checker {
    pub(super) inputs: Arc<Inputs>,
    pub(super) executions: Arc<Executions>,
    kernels: Kernels,
    sources: Sources,
}

enum Comparison {
    Equal,
    Wrong(Box<Refutation>),
    DeviceFault,
}

impl Checker {
    /// `sources` have inputs, or traces, that providers may withhold.
    pub(super) fn new(inputs: Arc<Inputs>, executions: Arc<Executions>, sources: Sources) -> Self {
        Self { inputs, executions, kernels: Kernels::default(), sources }
    }

    /// Fetches the trace and asks for the lengths of the outputs, then fetches what is needed, verified against the
    /// committed roots, and executes again. Outputs that came with the commitment are read from the chain, whatever the
    /// provider serves. `read` is called with the trace before any output is fetched.
    pub(super) async fn check(
        &self,
        record: &Record,
        memory: &mut Memory,
        provider: &Provider,
        read: &(dyn Fn(&Trace) + Sync),
    ) -> Result<Conclusion, CheckError> {
        let carried = self.inputs.carried(&record.job, &record.result).await?;
        if let Some(carried) = &carried {
            let trace = memory.trace.insert(carried.trace().clone());
            read(trace);
            // From here on they are held, and not asked for.
            self.inputs.keep_outputs(carried).await?;
            let trace = trace.clone();
            return self.execute(record, memory, provider, &trace).await;
        }
        let trace = match &memory.trace {
            Some(trace) => trace.clone(),
            None => match self.trace(record, provider).await {
                Ok(trace) => memory.trace.insert(trace).clone(),
                Err(error) => return self.without_trace(record, memory, provider, error).await,
            },
        };
        read(&trace);
        if let Some(found) = provider.false_length(&record.job, &trace, Effort::Ask).await {
            return Ok(wrong_length(found));
        }
        match self.execute(record, memory, provider, &trace).await {
            // What cannot be opened as an output may be data of another length.
            Err(error @ (CheckError::Output { .. } | CheckError::InputWithheld(_))) => {
                let found = provider.false_length(&record.job, &trace, Effort::Download).await;
                found.map(wrong_length).ok_or(error)
            }
            other => other,
        }
    }

    /// The job with its kernels and inputs, ready to be executed.
    pub(super) async fn case(&self, record: &Record, provider: &Provider) -> Result<Case, CheckError> {
        let loaded = self.kernels.load(&self.inputs.chain, &record.job.spec).await?;
        let inputs = self.inputs(record, provider).await?;
        Ok(Case { record: record.clone(), loaded, inputs })
    }

    /// The trace, from the provider or from the watcher's own sources.
    async fn trace(&self, record: &Record, provider: &Provider) -> Result<Trace, CheckError> {
        let committed = record.result.trace;
        match provider.trace(committed).await {
            Err(error) if error.is_withheld() => trace::elsewhere(&self.sources, committed).await.ok_or(error),
            other => other,
        }
    }

    /// What can be found out if the trace cannot be fetched, the cheapest first: the provider states another length of
    /// it; the device comes to the same trace; what the provider serves, read to its end, has another length. Reading
    /// comes last, since a provider can make it slow.
    async fn without_trace(
        &self,
        record: &Record,
        memory: &mut Memory,
        provider: &Provider,
        error: CheckError,
    ) -> Result<Conclusion, CheckError> {
        let committed = record.result.trace;
        if let Some(found) = provider.false_length_of_trace(committed, Effort::Ask).await {
            return Ok(wrong_length(found));
        }
        match self.has_own_trace(record, memory, provider).await {
            Ok(true) => return Ok(Conclusion::Right),
            Ok(false) => {}
            // That the trace is missing is what the caller has to know.
            Err(error) => {
                tracing::warn!(job = %record.job.id, %error, "a result without a trace cannot be executed again");
            }
        }
        let found = provider.false_length_of_trace(committed, Effort::Download).await;
        found.map(wrong_length).ok_or(error)
    }

    /// Whether the device comes to the committed trace by itself. Then the result is right, whatever the provider
    /// serves.
    async fn has_own_trace(
        &self,
        record: &Record,
        memory: &mut Memory,
        provider: &Provider,
    ) -> Result<bool, CheckError> {
        // The CPU takes its time: it executes when it comes to a demand.
        let Thoroughness::Device(executor) = &self.executions.thoroughness else { return Ok(false) };
        let case = self.case(record, provider).await?;
        if memory.own.is_none() {
            match self.executions.on_device(&case, executor).await {
                Ok(own) => memory.own = Some(own),
                Err(error) => {
                    tracing::warn!(job = %record.job.id, %error, "the device failed");
                    return Ok(false);
                }
            }
        }
        if memory.own.as_ref().is_some_and(|own| own.trace.buffer() == record.result.trace) {
            return Ok(true);
        }
        tracing::error!(
            job = %record.job.id, provider = %record.result.provider,
            "THIS RESULT IS PROBABLY WRONG: this machine comes to another trace, and the provider does not serve its \
            own. The buyer should not accept it"
        );
        Ok(false)
    }

    async fn execute(
        &self,
        record: &Record,
        memory: &mut Memory,
        provider: &Provider,
        trace: &Trace,
    ) -> Result<Conclusion, CheckError> {
        let job = &record.job;
        let case = self.case(record, provider).await?;
        match &self.executions.thoroughness {
            Thoroughness::Device(executor) => {
                match self.on_device(&case, memory, provider, trace, executor).await {
                    Ok(Comparison::Equal) => return Ok(Conclusion::Right),
                    Ok(Comparison::Wrong(refutation)) => return Ok(Conclusion::Wrong(refutation)),
                    Ok(Comparison::DeviceFault) => {
                        tracing::error!(
                            job = %job.id,
                            "THIS DEVICE IS FAULTY: the interpreter confirms the provider; checking on the CPU"
                        );
                        memory.own = None;
                    }
                    Err(DeviceError::Check(error)) => return Err(error),
                    Err(DeviceError::Execute(error)) => {
                        tracing::warn!(job = %job.id, %error, "the device failed; checking on the CPU");
                    }
                }
                self.on_cpu(&case, memory, provider, trace, |_| Extent::All).await
            }
            Thoroughness::Cpu => self.on_cpu(&case, memory, provider, trace, |_| Extent::All).await,
            Thoroughness::Sample(count) => {
                let extent = |seed| Extent::Sample { count: *count, seed };
                self.on_cpu(&case, memory, provider, trace, extent).await
            }
        }
    }

    /// Every input, in a file: from the chain, from the watcher's own sources, from the provider, or from where the
    /// buyer put it.
    async fn inputs(&self, record: &Record, provider: &Provider) -> Result<Vec<PathBuf>, CheckError> {
        let (job, store) = (&record.job, &self.executions.store);
        self.inputs.take_inline(job.id, job).await?;
        let mut files = Vec::new();
        for input in &job.spec.inputs {
            let buffer = input.buffer;
            if self.inputs.held(&buffer.root).await?.is_none() {
                let begin = || store.begin_input(&buffer.root, buffer.len).map(Sink);
                if let Some(sink) = self.sources.bring(&buffer, begin).await? {
                    store.finish(sink.0, &buffer.root)?;
                }
            }
            if self.inputs.held(&buffer.root).await?.is_none() {
                let served = self.fetch(provider, Blob::Input, &buffer.root, buffer.len).await;
                match (served, &input.source) {
                    (Ok(()), _) => {}
                    (Err(error), Source::Url(url)) => {
                        tracing::warn!(job = %job.id, %error, "the provider does not serve an input; asking its \
                            source");
                        let url = String::from_utf8_lossy(url);
                        self.inputs.pull(&url, &buffer.root, buffer.len).await?;
                    }
                    (Err(error), _) => return Err(CheckError::InputWithheld(error)),
                }
            }
            files.push(self.inputs.checked(buffer.root, buffer.len).await?.path);
        }
        Ok(files)
    }

    /// The output of a step as the provider serves it, in a file.
    async fn served(
        &self,
        case: &Case,
        provider: &Provider,
        trace: &Trace,
        step: usize,
    ) -> Result<PathBuf, CheckError> {
        // Each step has one instance.
        let root = trace.roots().get(step);
        let root = root.ok_or_else(|| CheckError::Internal("a trace without a root".into()))?;
        let len = case.loaded.output_len(step);
        if self.inputs.held(root).await?.is_none() {
            let fetched = self.fetch(provider, Blob::Output, root, len).await;
            fetched.map_err(|error| CheckError::Output { step, error })?;
        }
        Ok(self.inputs.checked(*root, len).await?.path)
    }

    /// A blob of the provider into the store.
    async fn fetch(&self, provider: &Provider, blob: Blob, root: &Root, len: u32) -> Result<(), FetchError> {
        let store = &self.executions.store;
        let mut sink = Sink(store.begin_input(root, len)?);
        provider.fetch(blob, root, len, &mut sink).await?;
        store.finish(sink.0, root)?;
        Ok(())
    }

    /// Executes everything again and compares roots. Nothing leaves the device unless a root differs.
    async fn on_device(
        &self,
        case: &Case,
        memory: &mut Memory,
        provider: &Provider,
        trace: &Trace,
        executor: &PreemptibleExecutor,
    ) -> Result<Comparison, DeviceError> {
        if memory.own.is_none() {
            memory.own = Some(self.executions.on_device(case, executor).await?);
        }
        let own = memory.own.as_mut().ok_or_else(|| CheckError::Internal("what was computed is gone".into()))?;
        if own.trace == *trace {
            return Ok(Comparison::Equal);
        }
        let mut pairs = own.trace.roots().iter().zip(trace.roots());
        let step = pairs.position(|(own, committed)| own != committed);
        let step = step.ok_or_else(|| CheckError::Internal("the device has another number of outputs".into()))?;

        // Looks in the first output that is another one here for a word that the interpreter confirms. What that step
        // reads has the committed roots.
        let theirs = self.served(case, provider, trace, step).await?;
        self.executions.keep_outputs(case, own, step).await?;
        let mut outputs: Vec<Option<OutputBytes>> =
            (0..step).map(|output| own.output(output).map(|path| OutputBytes::File(path.into()))).collect();
        let mine = own.output(step).map(PathBuf::from).unwrap_or_default();
        let other = theirs.clone();
        let suspects = blocking(move || -> Result<Vec<u32>, CheckError> {
            Ok(differing::in_files(&FileBuffer::open(&mine)?, &FileBuffer::open(&other)?, CONFIRMED)?)
        })
        .await??;
        outputs.push(Some(OutputBytes::File(theirs)));
        let known = KnownTrace::Whole(trace.clone());
        Ok(match self.executions.prove(case, outputs, known, step, suspects).await? {
            Some(refutation) => Comparison::Wrong(refutation),
            None => Comparison::DeviceFault,
        })
    }

    /// Executes invocations of every step on the CPU, against the provider's outputs. One step after the other: what is
    /// wrong in an output that is served is found although a later one is not.
    async fn on_cpu(
        &self,
        case: &Case,
        memory: &mut Memory,
        provider: &Provider,
        trace: &Trace,
        extent: impl Fn(u64) -> Extent,
    ) -> Result<Conclusion, CheckError> {
        let mut files: Vec<PathBuf> = Vec::new();
        let extent = extent(rand::random());
        for step in 0..case.loaded.steps.len() {
            files.push(self.served(case, provider, trace, step).await?);
            if step < memory.agreed {
                continue;
            }
            let outputs = files.iter().map(|file| Some(OutputBytes::File(file.clone()))).collect();
            let (step, record) = (number(step)?, case.record.clone());
            let known = KnownTrace::Whole(trace.clone());
            let found = self.executions.with_buffers(case, outputs, move |reexecution| {
                let wrong = reexecution.check(step, extent, |_| {})?;
                wrong.map(|wrong| refutation(reexecution, &record, &known, wrong)).transpose()
            });
            if let Some(refutation) = found.await? {
                return Ok(Conclusion::Wrong(refutation));
            }
            memory.agreed = memory.agreed.saturating_add(1);
        }
        Ok(Conclusion::Right)
    }
}

fn wrong_length(found: FalseLength) -> Conclusion {
    Conclusion::Wrong(Box::new(Refutation::Length(found)))
}
