//! Re-executes invocations of a committed job on the CPU, finds a wrong word, and builds the proof that refutes it.
//!
//! A job's specification, its kernels and its buffers go in; nothing is fetched. A step is right or wrong *given the
//! buffers that it reads, as they were committed*: each step is checked by itself, and one wrong word is enough.
//! Buffers are in memory or in files; those in files are read through a small cache, so that memory stays bounded
//! however large a job is. An output that nobody serves may be there as far as answers to demands have shown it.

mod buffer;
mod error;

use std::{
    convert::Infallible,
    io,
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        Arc, Mutex, PoisonError,
    },
};

use rand::{seq::index, SeedableRng};
use touchstone_kir::{limits::MAX_FUEL, ChunkRange, Kernel, Opening, Recorder, Step as Prepared, CHUNK_WORDS};
use touchstone_primitives::{Claim, JobSpec, Proof, ProofLimits, Trace};

use self::buffer::{Reader, DEFAULT_CACHE};
pub use self::{
    buffer::{Buffer, FileBuffer},
    error::ReexecError,
};
use crate::types::{JobView, ResultView};

/// Words of an output that one thread computes before it writes them, or one invocation's if those are more.
const PIECE_WORDS: u32 = 16 << 10;

/// A committed word that re-execution does not confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongWord {
    /// The step.
    pub step: u8,
    /// Index of the word in the step's output.
    pub word: u32,
    /// What the provider committed.
    pub committed: u32,
    /// What the kernel gives.
    pub computed: u32,
}

/// Which invocations of a step are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Each of them.
    All,
    /// This many, drawn without repetition; all, if there are not more.
    Sample {
        /// How many.
        count: u32,
        /// Seed of the draw.
        seed: u64,
    },
}

impl Extent {
    /// How many of `invocations` that is.
    pub fn of(&self, invocations: u32) -> u32 {
        match self {
            Extent::All => invocations,
            Extent::Sample { count, .. } => invocations.min(*count),
        }
    }
}

/// A job with everything that is needed to execute it again.
///
/// Buffers are numbered as in the job: inputs from 0, behind them the outputs of the steps. One that is not at hand is
/// `None`, and only the steps that need it fail.
pub struct Reexecution<'a> {
    spec: &'a JobSpec,
    kernels: Vec<Kernel>,
    buffers: Vec<Option<Buffer<'a>>>,
    cache: usize,
    stop: Arc<AtomicBool>,
}

impl<'a> Reexecution<'a> {
    /// `kernels` are the encoded kernels of the steps, in order.
    pub fn new<K: AsRef<[u8]>, B: Into<Buffer<'a>> + Copy>(
        spec: &'a JobSpec,
        kernels: &[K],
        buffers: &[Option<B>],
    ) -> Result<Self, ReexecError> {
        let kernels = (0u8..)
            .zip(kernels)
            .map(|(step, code)| Kernel::decode(code.as_ref()).map_err(|error| ReexecError::Kernel { step, error }))
            .collect::<Result<Vec<_>, _>>()?;
        let buffers = buffers.iter().map(|buffer| buffer.map(Into::into)).collect();
        let this = Self { spec, kernels, buffers, cache: DEFAULT_CACHE, stop: Arc::default() };
        for (buffer, bytes) in this.buffers.iter().enumerate() {
            let expected = this.buffer_len(buffer)?;
            match bytes {
                Some(bytes) if bytes.len() != expected => {
                    return Err(ReexecError::WrongLength { buffer, expected, got: bytes.len() })
                }
                _ => {}
            }
        }
        Ok(this)
    }

    /// Spends at most this many bytes, but at least a few pages for each thread, on parts of files that are kept in
    /// memory [64 MiB].
    pub fn with_cache(self, bytes: usize) -> Self {
        Self { cache: bytes, ..self }
    }

    /// Checks end soon after this is set, with [`ReexecError::Stopped`].
    pub fn stopped_by(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// The kernel of a step.
    pub fn kernel(&self, step: u8) -> Result<&Kernel, ReexecError> {
        self.kernels
            .get(usize::from(step))
            .filter(|_| usize::from(step) < self.spec.steps.len())
            .ok_or(ReexecError::NoSuchStep { step, steps: self.spec.steps.len() })
    }

    /// The window of one invocation as the kernel gives it.
    pub fn invoke(&self, step: u8, invocation: u32) -> Result<Vec<u32>, ReexecError> {
        let ready = self.prepare(step)?;
        ready.invoke(&mut ready.reader(self.cache), invocation)
    }

    /// Executes invocations of a step on all cores and gives the first wrong word that is met, if any. `progress` is
    /// told how many invocations are done so far, from several threads.
    pub fn check(
        &self,
        step: u8,
        extent: Extent,
        progress: impl Fn(u64) + Sync,
    ) -> Result<Option<WrongWord>, ReexecError> {
        let ready = self.prepare(step)?;
        let (number, output) = self.output(step)?;
        let invocations = ready.invocations;
        let chosen: Option<Vec<u32>> = match extent {
            Extent::Sample { count, seed } if count < invocations => {
                let mut rng = rand::rngs::StdRng::seed_from_u64(seed);
                let drawn = index::sample(&mut rng, invocations as usize, count as usize);
                Some(drawn.into_iter().map(|invocation| invocation as u32).collect())
            }
            _ => None,
        };
        let readers = |threads: usize| {
            let cache = self.cache / threads;
            (ready.reader(cache), Reader::new(&[(number, output)], cache))
        };
        self.on_all_cores(extent.of(invocations).into(), readers, |(inputs, committed), turn| {
            let invocation = match &chosen {
                Some(chosen) => chosen.get(turn as usize).copied().unwrap_or_default(),
                None => turn as u32,
            };
            let found = ready.compare(invocation, inputs, committed)?;
            if found.is_none() {
                progress(turn.saturating_add(1));
            }
            Ok(found)
        })
    }

    /// Executes all invocations of a step on all cores. `write` is given the output in pieces, in no order and from
    /// several threads: where a piece begins, and its bytes.
    pub fn execute(&self, step: u8, write: impl Fn(u64, &[u8]) -> io::Result<()> + Sync) -> Result<(), ReexecError> {
        let ready = self.prepare(step)?;
        let window = u32::from(ready.kernel.window()).max(1);
        let at_once = (PIECE_WORDS / window).max(1);
        let readers = |threads: usize| ready.reader(self.cache / threads);
        let pieces = ready.invocations.div_ceil(at_once);
        let done = self.on_all_cores(pieces.into(), readers, |inputs, piece| {
            let first = (piece as u32).saturating_mul(at_once);
            let mut bytes = Vec::new();
            for invocation in first..first.saturating_add(at_once).min(ready.invocations) {
                bytes.extend(ready.invoke(inputs, invocation)?.into_iter().flat_map(u32::to_le_bytes));
            }
            let start = u64::from(first).saturating_mul(window.into()).saturating_mul(4);
            write(start, &bytes).map_err(|error| ReexecError::Write { step, error })?;
            Ok(None::<Infallible>)
        });
        done.map(|_| ())
    }

    /// Does `work` for each number below `total`, on all cores, until it finds something or fails. Each thread has a
    /// state of its own; `state` is told how many threads there are.
    fn on_all_cores<S, T: Send>(
        &self,
        total: u64,
        state: impl Fn(usize) -> S + Sync,
        work: impl Fn(&mut S, u64) -> Result<Option<T>, ReexecError> + Sync,
    ) -> Result<Option<T>, ReexecError> {
        let next = AtomicU64::new(0);
        let stop = AtomicBool::new(false);
        let verdict: Mutex<Result<Option<T>, ReexecError>> = Mutex::new(Ok(None));
        let most = usize::try_from(total).unwrap_or(usize::MAX);
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(most).max(1);
        let run = || {
            let mut state = state(threads);
            while !stop.load(Ordering::Relaxed) && !self.stop.load(Ordering::Relaxed) {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                if turn >= total {
                    return;
                }
                match work(&mut state, turn) {
                    Ok(None) => {}
                    found => {
                        stop.store(true, Ordering::Relaxed);
                        let mut verdict = verdict.lock().unwrap_or_else(PoisonError::into_inner);
                        // What was found says more than an error that another thread met.
                        if !matches!(*verdict, Ok(Some(_))) {
                            *verdict = found;
                        }
                        return;
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(run);
            }
            run();
        });
        match verdict.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Ok(None) if self.stop.load(Ordering::Relaxed) => Err(ReexecError::Stopped),
            verdict => verdict,
        }
    }

    /// What refutes one word, given the trace and the buffers as committed. Whether the word is wrong is not asked: see
    /// [`word`](Self::word).
    pub fn prove(&self, trace: &Trace, step: u8, word: u32) -> Result<(ProofLimits, Proof), ReexecError> {
        self.prove_with(step, word, |instances| Ok(trace.open(instances.iter().copied())?))
    }

    /// As [`prove`](Self::prove), with a trace that may not be known as a whole: `open_trace` opens the chunks that
    /// have the roots of some instances.
    pub fn prove_with(
        &self,
        step: u8,
        word: u32,
        open_trace: impl FnOnce(&[u32]) -> Result<Opening, ReexecError>,
    ) -> Result<(ProofLimits, Proof), ReexecError> {
        let ready = self.prepare(step)?;
        let (number, output) = self.output(step)?;
        let invocation = ready.invocation_of(word)?;
        let mut recorder = Recorder::new(ready.reader(self.cache));
        let ran = ready.prepared.run(invocation, &mut recorder, MAX_FUEL);
        recorder.inner_mut().failure()?;
        ran.map_err(|error| ReexecError::Trap { step, error })?;
        let reads = (0u8..)
            .zip(&ready.inputs)
            .map(|(index, (buffer, bytes))| match recorder.ranges(index) {
                // Hashing a whole buffer to open nothing of it would be a waste.
                ranges if ranges.is_empty() => Ok(Opening::default()),
                ranges => bytes.open_chunks(*buffer, &ranges),
            })
            .collect::<Result<Vec<_>, ReexecError>>()?;
        let output = output.open_chunks(number, &[ChunkRange { first: word / CHUNK_WORDS, count: 1 }])?;
        // The roots of the output and of each earlier output that is read. Each step has one instance.
        let inputs = self.spec.inputs.len();
        let read = ready.inputs.iter().filter_map(|(buffer, _)| u32::try_from(buffer.checked_sub(inputs)?).ok());
        let instances: Vec<u32> = read.chain([u32::from(step)]).collect();
        let trace = open_trace(&instances)?;
        let code_bytes = ready.kernel.module().encoded_len().try_into().unwrap_or(u32::MAX);
        Ok((ProofLimits { fuel: ready.fuel, code_bytes }, Proof { trace, output, reads }))
    }

    /// One word as committed and as the kernel gives it.
    pub fn word(&self, step: u8, word: u32) -> Result<WrongWord, ReexecError> {
        let ready = self.prepare(step)?;
        let no_such_word = ready.no_such_word(word);
        let window = ready.invoke(&mut ready.reader(self.cache), ready.invocation_of(word)?)?;
        let computed = window.get(word as usize % window.len().max(1)).copied();
        let mut output = Reader::new(&[self.output(step)?], self.cache);
        match (computed, output.committed(word)?) {
            (Some(computed), Some(committed)) => Ok(WrongWord { step, word, committed, computed }),
            _ => Err(no_such_word),
        }
    }

    fn prepare(&self, step: u8) -> Result<Ready<'_, 'a>, ReexecError> {
        let kernel = self.kernel(step)?;
        let spec = self
            .spec
            .steps
            .get(usize::from(step))
            .ok_or(ReexecError::NoSuchStep { step, steps: self.spec.steps.len() })?;
        let inputs = spec.reads.iter().map(|read| self.buffer(usize::from(*read))).collect::<Result<Vec<_>, _>>()?;
        let lengths: Vec<u32> =
            inputs.iter().map(|(_, bytes)| u32::try_from(bytes.len()).unwrap_or(u32::MAX)).collect();
        let cost = kernel.cost(&spec.params, &lengths).map_err(|error| ReexecError::Cost { step, error })?;
        let prepared = Prepared::new(kernel, &spec.params, &lengths)
            .map_err(|error| ReexecError::Trap { step, error: error.into() })?;
        Ok(Ready { step, kernel, prepared, inputs, fuel: cost.fuel, invocations: spec.invocations })
    }

    /// A buffer with its number.
    fn buffer(&self, buffer: usize) -> Result<(usize, Buffer<'a>), ReexecError> {
        let bytes = self.buffers.get(buffer).copied().flatten().ok_or(ReexecError::NoBuffer { buffer })?;
        Ok((buffer, bytes))
    }

    fn output(&self, step: u8) -> Result<(usize, Buffer<'a>), ReexecError> {
        self.buffer(self.spec.inputs.len().saturating_add(usize::from(step)))
    }

    /// Bytes of a buffer as the job defines it.
    fn buffer_len(&self, buffer: usize) -> Result<u64, ReexecError> {
        if let Some(input) = self.spec.inputs.get(buffer) {
            return Ok(input.buffer.len.into());
        }
        let step = buffer.saturating_sub(self.spec.inputs.len());
        let number = u8::try_from(step).unwrap_or(u8::MAX);
        let kernel = self.kernel(number)?;
        let spec = self.spec.steps.get(step);
        let invocations = spec.map_or(0, |spec| u64::from(spec.invocations));
        Ok(invocations.saturating_mul(u64::from(kernel.window())).saturating_mul(4))
    }
}

/// The claim that goes with a proof: it names the very commitment that was looked at.
pub fn claim(job: &JobView, result: &ResultView, step: u8, word: u32) -> Claim {
    // Each step has one instance.
    Claim { job: job.id, commitment: result.commitment, instance: step.into(), word }
}

/// A step that can be run.
struct Ready<'k, 'a> {
    step: u8,
    kernel: &'k Kernel,
    prepared: Prepared<'k>,
    /// What the step reads, with the numbers of the buffers in the job.
    inputs: Vec<(usize, Buffer<'a>)>,
    fuel: u64,
    invocations: u32,
}

impl<'a> Ready<'_, 'a> {
    fn reader(&self, cache: usize) -> Reader<'a> {
        Reader::new(&self.inputs, cache)
    }

    fn invoke(&self, inputs: &mut Reader<'_>, invocation: u32) -> Result<Vec<u32>, ReexecError> {
        let ran = self.prepared.run(invocation, inputs, MAX_FUEL);
        inputs.failure()?;
        ran.map(|outcome| outcome.words).map_err(|error| ReexecError::Trap { step: self.step, error })
    }

    /// The first word of an invocation's window that is wrong.
    fn compare(
        &self,
        invocation: u32,
        inputs: &mut Reader<'_>,
        output: &mut Reader<'_>,
    ) -> Result<Option<WrongWord>, ReexecError> {
        let window = self.invoke(inputs, invocation)?;
        let first = invocation.saturating_mul(u32::from(self.kernel.window()));
        for (word, computed) in (first..).zip(window) {
            match output.committed(word)? {
                Some(committed) if committed != computed => {
                    return Ok(Some(WrongWord { step: self.step, word, committed, computed }))
                }
                _ => {}
            }
        }
        Ok(None)
    }

    fn invocation_of(&self, word: u32) -> Result<u32, ReexecError> {
        let invocation = word / u32::from(self.kernel.window()).max(1);
        if invocation < self.invocations {
            Ok(invocation)
        } else {
            Err(self.no_such_word(word))
        }
    }

    fn no_such_word(&self, word: u32) -> ReexecError {
        let words = u64::from(self.invocations).saturating_mul(self.kernel.window().into());
        ReexecError::NoSuchWord { step: self.step, word, words }
    }
}
