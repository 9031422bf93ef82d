use std::io::{self, Read, Write};

use codec::{Decode, DecodeAll, Encode};
use touchstone_gpu::{AdapterSummary, GpuError, Progress, Report, SelfTest};
use touchstone_kir::Root;

/// Longest message, bytes: sixteen kernels of the largest size fit many times over.
pub(super) const MAX_MESSAGE: u32 = 16 << 20;

/// A buffer in a file.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BufferFile {
    /// Where.
    pub path: String,
    /// Length in bytes: a positive multiple of 4.
    pub len: u32,
}

/// One step of a [`Workload`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WorkloadStep {
    /// Encoded kernel.
    pub code: Vec<u8>,
    /// Buffers it reads: inputs from 0, then the outputs of the steps in order.
    pub reads: Vec<u8>,
    /// Number of invocations.
    pub invocations: u32,
    /// Parameters.
    pub params: Vec<u32>,
    /// Compare the output, which has a file then, with that of the plain emission, for so many milliseconds.
    pub compare_ms: Option<u32>,
}

/// Everything that a job computes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Workload {
    /// Input buffers.
    pub inputs: Vec<BufferFile>,
    /// Steps, in order.
    pub steps: Vec<WorkloadStep>,
    /// Files that are created with the output of each step; without one it stays on the device.
    pub outputs: Vec<Option<String>>,
}

/// What became of a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Done {
    /// Root of each step's output.
    pub roots: Vec<Root>,
    /// Milliseconds that each step took, its root and transfers included.
    pub times: Vec<u64>,
    /// Microseconds that the dispatches of each step took: without compiling, root and transfers.
    pub dispatches: Vec<u64>,
    /// The steps that were compared, and did not differ.
    pub compared: Vec<Compared>,
}

/// How far a workload has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StepProgress {
    /// The step that runs.
    pub step: u8,
    /// Parts per million of it that are done: 0 until its kernel is compiled and its first dispatch is over.
    pub ppm: u32,
}

/// How much of a step's output was compared with that of the plain emission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Compared {
    /// The step.
    pub step: u8,
    /// Invocations whose windows are the same by both emissions.
    pub same: u32,
    /// All invocations.
    pub all: u32,
    /// Milliseconds that it took.
    pub ms: u64,
}

impl Compared {
    /// The driver's compiler took longer than there was time.
    pub fn is_given_up(&self) -> bool {
        self.same == 0
    }
}

/// What the child is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) enum Request {
    /// Compute it.
    Run(Workload),
    /// Compile it and check the sizes of its buffers; no file is touched. Answered as a run, without roots and times.
    Prepare(Workload),
    /// Test the device: answered by progress and a report.
    SelfTest(SelfTest),
}

/// What the child says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) enum Message {
    /// The device is open.
    Ready(AdapterSummary),
    /// The device finished something.
    Alive,
    /// As `Alive`, while it runs a step.
    Running(StepProgress),
    /// The workload is done.
    Done(Done),
    /// The self-test goes on.
    Progress(Progress),
    /// The self-test is over.
    Tested(Report),
    /// The workload, or the opening of the device, failed.
    Failed(Failure),
}

/// Why a workload failed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// What sort of failure.
    pub kind: FailureKind,
    /// The error, for people.
    pub text: String,
}

/// What sort of failure it was, as far as it changes what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum FailureKind {
    /// There is no usable adapter.
    NoDevice,
    /// The device cannot hold the job.
    TooLarge,
    /// The device or its driver misbehaved: trying again may help.
    Device,
    /// The workload can never run here: it is not valid, or the driver refuses it.
    Unrunnable,
    /// The files of the buffers could not be read or written.
    Files,
    /// The device gives another output of this step by the plain emission: one of the two is wrong.
    Differs {
        /// Number of the step.
        step: u8,
    },
}

impl From<GpuError> for Failure {
    fn from(error: GpuError) -> Self {
        let kind = match &error {
            GpuError::NoAdapter
            | GpuError::NoSuchAdapter { .. }
            | GpuError::AmbiguousAdapter { .. }
            | GpuError::Unsuitable { .. } => FailureKind::NoDevice,
            GpuError::TooLarge { .. } | GpuError::TooManyParts { .. } | GpuError::OutOfMemory(_) => {
                FailureKind::TooLarge
            }
            GpuError::Timeout(_) | GpuError::CompilerTimeout(_) | GpuError::Lost(_) => FailureKind::Device,
            GpuError::Refused(_) | GpuError::InvalidInput(_) => FailureKind::Unrunnable,
            GpuError::Io(_) => FailureKind::Files,
        };
        Self { kind, text: error.to_string() }
    }
}

/// Writes one message: its length as a little-endian u32, then its SCALE encoding.
pub(super) fn write(sink: &mut impl Write, message: &impl Encode) -> io::Result<()> {
    sink.write_all(&frame(message))?;
    sink.flush()
}

/// A message with its length in front.
pub(super) fn frame(message: &impl Encode) -> Vec<u8> {
    let body = message.encode();
    let mut frame = (body.len() as u32).to_le_bytes().to_vec();
    frame.extend(body);
    frame
}

/// Reads one message; `None` at the end of the stream.
pub(super) fn read<T: Decode>(source: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0u8; 4];
    match source.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = checked_length(length)?;
    let mut body = vec![0; length];
    source.read_exact(&mut body)?;
    decode(&body).map(Some)
}

pub(super) fn checked_length(length: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_le_bytes(length);
    if length > MAX_MESSAGE {
        return Err(invalid(format!("a message of {length} bytes")));
    }
    Ok(length as usize)
}

pub(super) fn decode<T: Decode>(mut body: &[u8]) -> io::Result<T> {
    T::decode_all(&mut body).map_err(|error| invalid(error.to_string()))
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload() -> Workload {
        Workload {
            inputs: vec![BufferFile { path: "/tmp/a".into(), len: 16 }],
            steps: vec![WorkloadStep {
                code: vec![1, 2, 3],
                reads: vec![0],
                invocations: 4,
                params: vec![7],
                compare_ms: None,
            }],
            outputs: vec![Some("/tmp/b".into())],
        }
    }

    #[test]
    fn messages_survive_the_trip_and_the_stream_ends_cleanly() {
        let mut stream = frame(&workload());
        stream.extend(frame(&workload()));
        let mut source = stream.as_slice();
        assert_eq!(read(&mut source).unwrap(), Some(workload()));
        assert_eq!(read(&mut source).unwrap(), Some(workload()));
        assert_eq!(read::<Workload>(&mut source).unwrap(), None);
    }

    #[test]
    fn a_false_length_is_an_error_and_allocates_nothing() {
        let mut source: &[u8] = &[0xff; 64];
        let error = read::<Workload>(&mut source).unwrap_err();
        assert_eq!(error.to_string(), "a message of 4294967295 bytes");
    }

    #[test]
    fn trailing_bytes_inside_a_message_are_an_error() {
        let mut body = workload().encode();
        body.push(0);
        assert!(decode::<Workload>(&body).is_err());
    }
}
