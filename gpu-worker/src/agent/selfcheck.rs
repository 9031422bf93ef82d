use std::{io, path::PathBuf};

use rand::Rng;
use touchstone_client::reexec::{Extent, FileBuffer, ReexecError, Reexecution, WrongWord};
use touchstone_primitives::JobSpec;

use crate::loaded_job::LoadedJob;

/// Worst-case fuel that the samples of one step may burn: about a second on one core.
const FUEL: u64 = 1 << 28;

/// Why a result is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum Mismatch {
    /// The device computed another word than the interpreter.
    #[error(
        "step {}, word {}: the device computed {:#010x}, the interpreter {:#010x}",
        .0.step, .0.word, .0.committed, .0.computed
    )]
    Word(WrongWord),
    /// The check itself failed.
    #[error(transparent)]
    Reexec(#[from] ReexecError),
    /// The files cannot be read.
    #[error("buffer bytes: {0}")]
    Io(#[from] io::Error),
}

/// Re-executes random invocations of every step on the CPU: `samples`, or as many as about a second on one core allows,
/// at least one. Blocks. The buffers stay in their files, of which at most `memory` bytes are kept in memory.
///
/// `files` names a file for every buffer: inputs, then outputs.
pub fn check_sample(
    spec: &JobSpec,
    job: &LoadedJob,
    files: &[PathBuf],
    samples: u32,
    memory: usize,
    random: &mut impl Rng,
) -> Result<(), Mismatch> {
    if samples == 0 {
        return Ok(());
    }
    let files = files.iter().map(|path| FileBuffer::open(path)).collect::<io::Result<Vec<_>>>()?;
    let buffers: Vec<Option<&FileBuffer>> = files.iter().map(Some).collect();
    let reexecution = Reexecution::new(spec, &job.codes(), &buffers)?.with_cache(memory);
    for (index, step) in (0u8..).zip(&job.steps) {
        let affordable = (FUEL / job.fuel(step).max(1)).clamp(1, u32::MAX.into()) as u32;
        let extent = Extent::Sample { count: samples.min(affordable), seed: random.gen() };
        if let Some(wrong) = reexecution.check(index, extent, |_| {})? {
            return Err(Mismatch::Word(wrong));
        }
    }
    Ok(())
}
