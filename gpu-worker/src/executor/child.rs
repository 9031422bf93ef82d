use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use touchstone_gpu::{DeviceBuffer, Gpu, GpuError, StepRun};
use touchstone_kir::{Kernel, Op};

use super::{
    compare::{compare, Comparison},
    protocol::{self, Compared, Done, Failure, FailureKind, Message, Request, StepProgress, Workload, WorkloadStep},
    roots::{root, Bytes},
};

/// The child's whole life: opens the device, then does one request after the other until its standard input ends.
///
/// Standard output belongs to the protocol. An error means that the parent is gone or that the device cannot be used
/// any longer; the parent starts another child then.
pub fn serve(adapter: Option<&str>, patience: Duration, mistaken: Option<Op>) -> anyhow::Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = io::stdout().lock();
    let mut gpu = match Gpu::open(adapter, patience) {
        Ok(gpu) => gpu,
        Err(error) => {
            protocol::write(&mut output, &Message::Failed(error.into()))?;
            return Ok(());
        }
    };
    if let Some(operation) = mistaken {
        gpu.mistake(operation)?;
    }
    protocol::write(&mut output, &Message::Ready(gpu.summary().clone()))?;

    while let Some(request) = protocol::read::<Request>(&mut input)? {
        let outcome = match request {
            Request::Run(workload) => execute(&mut gpu, &workload, &mut output).map(Message::Done),
            Request::Prepare(workload) => {
                prepare(&mut gpu, &workload, &mut output).map(|()| Message::Done(Done::default())).map_err(Wrong::from)
            }
            Request::SelfTest(test) => {
                let mut progress = |progress| drop(protocol::write(&mut output, &Message::Progress(progress)));
                gpu.self_test(&test, &mut progress).map(Message::Tested).map_err(Wrong::from)
            }
        };
        gpu.reclaim();
        match outcome {
            Ok(message) => protocol::write(&mut output, &message)?,
            Err(wrong) => {
                let (failure, is_fatal) = match wrong {
                    Wrong::Gpu(error) => {
                        let is_fatal = error.is_fatal();
                        (error.into(), is_fatal)
                    }
                    Wrong::Differs(failure) => (failure, false),
                };
                tracing::warn!(error = %failure, "a workload failed");
                protocol::write(&mut output, &Message::Failed(failure))?;
                if is_fatal {
                    anyhow::bail!("the device cannot be used any longer");
                }
            }
        }
    }
    Ok(())
}

/// Why a workload has no result.
enum Wrong {
    Gpu(GpuError),
    Differs(Failure),
}

impl<E: Into<GpuError>> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self::Gpu(error.into())
    }
}

fn execute(gpu: &mut Gpu, workload: &Workload, signs: &mut impl Write) -> Result<Done, Wrong> {
    // If the parent is gone, the next read of standard input ends this process.
    let mut sign = |message: &Message| drop(protocol::write(signs, message));
    if workload.outputs.len() != workload.steps.len() {
        return Err(bad("as many outputs as steps are needed").into());
    }

    let mut buffers: Vec<DeviceBuffer> = Vec::new();
    for input in &workload.inputs {
        let file = File::open(&input.path)?;
        buffers.push(gpu.upload(input.len, &mut Lively(file, &mut || sign(&Message::Alive)))?);
    }

    let mut done = Done::default();
    let mut computed = Vec::new();
    for (number, (step, path)) in (0u8..).zip(workload.steps.iter().zip(&workload.outputs)) {
        let started = Instant::now();
        let kernel = Kernel::decode(&step.code).map_err(|error| bad(error.to_string()))?;
        let reads: Vec<&DeviceBuffer> = select(&step.reads, &buffers.iter().collect::<Vec<_>>())?;
        let run = StepRun { kernel: &kernel, params: &step.params, reads: &reads, invocations: step.invocations };
        let (output, dispatches) = watched(gpu, &run, |ppm| {
            sign(&Message::Running(StepProgress { step: number, ppm }));
        })?;
        let mut alive = || sign(&Message::Alive);
        let mut file = path.as_ref().map(|path| kept(gpu, &output, path, &mut alive)).transpose()?;
        let bytes = file.as_mut().map_or_else(|| Bytes::OnDevice(&output), Bytes::InFile);
        done.roots.push(root(gpu, &output, bytes, &mut alive)?);
        done.times.push(started.elapsed().as_millis() as u64);
        done.dispatches.push(dispatches.as_micros() as u64);
        computed.push((kernel, file));
        buffers.push(output);
    }
    // All the work comes first: a driver's compiler that is given up keeps the device busy.
    let mut alive = || sign(&Message::Alive);
    let buffers: Vec<_> = buffers.iter().collect();
    for (number, (step, (kernel, file))) in (0u8..).zip(workload.steps.iter().zip(&mut computed)) {
        let reads: Vec<&DeviceBuffer> = select(&step.reads, &buffers)?;
        let run = StepRun { kernel, params: &step.params, reads: &reads, invocations: step.invocations };
        if let Some(compared) = compared(gpu, number, step, &run, file.as_mut(), &mut alive)? {
            done.compared.push(compared);
            if compared.is_given_up() {
                break;
            }
        }
    }
    Ok(done)
}

/// Runs a step and tells how far it has got. Returns the output, and how long the dispatches took without compiling.
fn watched(
    gpu: &mut Gpu,
    run: &StepRun<'_>,
    mut progress: impl FnMut(u32),
) -> Result<(DeviceBuffer, Duration), GpuError> {
    let done = gpu.done();
    done.store(0, Ordering::Relaxed);
    // The last sign of life before anything is done comes between the compiler and the first dispatch.
    let mut dispatched = Instant::now();
    let output = gpu.run(run, &mut || {
        let ppm = done.load(Ordering::Relaxed);
        if ppm == 0 {
            dispatched = Instant::now();
        }
        progress(ppm);
    })?;
    Ok((output, dispatched.elapsed()))
}

/// Writes an output to its file, which can be read afterwards.
fn kept(gpu: &Gpu, output: &DeviceBuffer, path: &str, alive: &mut dyn FnMut()) -> Result<File, GpuError> {
    let mut sink = Lively(File::options().create(true).truncate(true).read(true).write(true).open(path)?, alive);
    gpu.download(output, &mut sink)?;
    Ok(sink.0)
}

/// A file that gives a sign of life with every piece: disks are slow, and buffers large.
struct Lively<'a>(File, &'a mut dyn FnMut());

impl Read for Lively<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        (self.1)();
        self.0.read(bytes)
    }
}

impl Write for Lively<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.1)();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Compares a step that is to be compared.
fn compared(
    gpu: &mut Gpu,
    number: u8,
    step: &WorkloadStep,
    run: &StepRun<'_>,
    file: Option<&mut File>,
    alive: &mut dyn FnMut(),
) -> Result<Option<Compared>, Wrong> {
    let Some(budget) = step.compare_ms else { return Ok(None) };
    let file = file.ok_or_else(|| bad("an output that stays on the device is not compared"))?;
    let started = Instant::now();
    let budget = Duration::from_millis(budget.into());
    match compare(gpu, run, file, budget, alive)? {
        Comparison::Same(same) => {
            let ms = started.elapsed().as_millis() as u64;
            Ok(Some(Compared { step: number, same, all: step.invocations, ms }))
        }
        Comparison::Differs { word, specialised, plain } => Err(Wrong::Differs(Failure {
            kind: FailureKind::Differs { step: number },
            text: format!(
                "step {number}, word {word}: the device computes {specialised:#010x}, and {plain:#010x} by the plain \
                emission"
            ),
        })),
    }
}

fn prepare(gpu: &mut Gpu, workload: &Workload, signs: &mut impl Write) -> Result<(), GpuError> {
    let mut lens: Vec<u32> = workload.inputs.iter().map(|input| input.len).collect();
    for step in &workload.steps {
        let kernel = Kernel::decode(&step.code).map_err(|error| bad(error.to_string()))?;
        let reads = select(&step.reads, &lens)?;
        lens.push(gpu.prepare(&kernel, &step.params, &reads, step.invocations)?);
        drop(protocol::write(signs, &Message::Alive));
    }
    Ok(())
}

/// What a step reads, of all that there is before it.
fn select<T: Copy>(reads: &[u8], all: &[T]) -> Result<Vec<T>, GpuError> {
    reads
        .iter()
        .map(|&index| all.get(usize::from(index)).copied())
        .collect::<Option<_>>()
        .ok_or_else(|| bad("a step reads a buffer that does not exist yet"))
}

fn bad(text: impl Into<String>) -> GpuError {
    GpuError::InvalidInput(text.into())
}

/// The failure of a child that could not say anything.
pub(super) fn silent(text: impl Into<String>) -> Failure {
    Failure { kind: FailureKind::Device, text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_long_in_the_reading_or_writing_gives_signs_of_life() {
        let mut signs = 0;
        let mut sign = || signs += 1;
        let mut file = Lively(tempfile::tempfile().unwrap(), &mut sign);
        for piece in [[1; 4], [2; 4], [3; 4]] {
            file.write_all(&piece).unwrap();
        }
        io::Seek::rewind(&mut file.0).unwrap();
        let mut piece = [0; 4];
        for expected in [[1; 4], [2; 4], [3; 4]] {
            file.read_exact(&mut piece).unwrap();
            assert_eq!(piece, expected);
        }
        assert_eq!(signs, 6);
    }
}
