use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    time::{Duration, Instant},
};

use touchstone_gpu::{DeviceBuffer, Gpu, GpuError, StepRun};
use touchstone_kernel::Kernel;

use super::protocol::{self, Failure, FailureKind, Message, Program, Request};

/// The child's whole life: opens the device, then does one request after the other until its standard input ends.
///
/// Standard output belongs to the protocol. An error means that the parent is gone or that the device cannot be used
/// any longer; the parent starts another child then.
pub fn serve(adapter: Option<&str>, patience: Duration) -> anyhow::Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = io::stdout().lock();
    let mut gpu = match Gpu::open(adapter, patience) {
        Ok(gpu) => gpu,
        Err(error) => {
            protocol::write(&mut output, &Message::Failed(error.into()))?;
            return Ok(());
        }
    };
    protocol::write(&mut output, &Message::Ready(gpu.summary().clone()))?;

    while let Some(request) = protocol::read::<Request>(&mut input)? {
        let outcome = match request {
            Request::Run(program) => execute(&mut gpu, &program, &mut output),
            Request::Prepare(program) => prepare(&mut gpu, &program, &mut output).map(|()| Vec::new()),
        };
        gpu.reclaim();
        match outcome {
            Ok(times) => protocol::write(&mut output, &Message::Done(times))?,
            Err(error) => {
                let fatal = error.is_fatal();
                tracing::warn!(%error, "program failed");
                protocol::write(&mut output, &Message::Failed(error.into()))?;
                if fatal {
                    anyhow::bail!("the device cannot be used any longer");
                }
            }
        }
    }
    Ok(())
}

fn execute(gpu: &mut Gpu, program: &Program, signs: &mut impl Write) -> Result<Vec<u64>, GpuError> {
    // If the parent is gone, the next read of standard input ends this process.
    let mut alive = || drop(protocol::write(signs, &Message::Alive));
    if program.outputs.len() != program.steps.len() {
        return Err(bad("as many outputs as steps are needed"));
    }

    let mut buffers: Vec<DeviceBuffer> = Vec::new();
    for input in &program.inputs {
        let mut file = File::open(&input.path)?;
        buffers.push(gpu.upload(input.len, &mut file)?);
        alive();
    }

    let mut times = Vec::new();
    for (step, path) in program.steps.iter().zip(&program.outputs) {
        let started = Instant::now();
        let kernel = Kernel::decode(&step.code).map_err(|error| bad(error.to_string()))?;
        let reads: Vec<&DeviceBuffer> = select(&step.reads, &buffers.iter().collect::<Vec<_>>())?;
        let run = StepRun { kernel: &kernel, params: &step.params, reads: &reads, invocations: step.invocations };
        let output = gpu.run(&run, &mut alive)?;
        let mut file = BufWriter::new(File::create(path)?);
        gpu.download(&output, &mut file)?;
        file.flush()?;
        alive();
        buffers.push(output);
        times.push(started.elapsed().as_millis() as u64);
    }
    Ok(times)
}

fn prepare(gpu: &mut Gpu, program: &Program, signs: &mut impl Write) -> Result<(), GpuError> {
    let mut lens: Vec<u32> = program.inputs.iter().map(|input| input.len).collect();
    for step in &program.steps {
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
    GpuError::BadProgram(text.into())
}

/// The failure of a child that could not say anything.
pub(super) fn silent(text: impl Into<String>) -> Failure {
    Failure { kind: FailureKind::Device, text: text.into() }
}
