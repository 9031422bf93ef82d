//! Loops that a driver leaves before their end.
//!
//! llvmpipe, which lavapipe runs on, leaves all loops of an invocation after 65,535 turns of them together
//! (`LP_MAX_TGSI_LOOP_ITERATIONS` in Mesa's gallivm), and goes on behind them with whatever was computed so far. The
//! source that is emitted for such a driver tells when that happened, and the interpreter computes the windows of the
//! invocations in that dispatch: slowly, and right.

use std::{num::NonZeroUsize, ops::Range, thread};

use touchstone_kir::{interpret, Slices};

use crate::{DeviceBuffer, Gpu, GpuError, StepRun};

/// Worst-case fuel that the interpreter spends between two signs of life, on each processor: about a second.
const PIECE_FUEL: u64 = 1 << 26;

/// The word in which a dispatch tells that a loop was cut, and the step's inputs once they were needed.
pub(crate) struct Cut {
    pub(crate) word: DeviceBuffer,
    inputs: Option<Vec<Vec<u8>>>,
}

impl Gpu {
    pub(crate) fn watch_loops(&self) -> Result<Cut, GpuError> {
        Ok(Cut { word: self.allocate(4)?, inputs: None })
    }

    /// After a dispatch of these invocations: if a loop was cut, replaces their windows in the output, whose first one
    /// is that of the invocation `start`, by what the interpreter computes.
    pub(crate) fn repair(
        &self,
        cut: &mut Cut,
        step: &StepRun<'_>,
        invocations: Range<u32>,
        output: &DeviceBuffer,
        start: u32,
        alive: &mut dyn FnMut(),
    ) -> Result<(), GpuError> {
        let mut told = Vec::with_capacity(4);
        self.download(&cut.word, &mut told)?;
        if told == [0; 4] {
            return Ok(());
        }
        tracing::debug!(?invocations, "the driver left a loop before its end: these are interpreted");
        self.write(&cut.word, 0, &[0; 4])?;
        let inputs = match cut.inputs.take() {
            Some(inputs) => inputs,
            None => self.on_host(step.reads)?,
        };
        let interpreted = self.interpreted(step, &inputs, invocations, output, start, alive);
        cut.inputs = Some(inputs);
        interpreted
    }

    fn on_host(&self, buffers: &[&DeviceBuffer]) -> Result<Vec<Vec<u8>>, GpuError> {
        let download = |buffer: &&DeviceBuffer| {
            let mut bytes = Vec::with_capacity(buffer.len() as usize);
            self.download(buffer, &mut bytes)?;
            Ok(bytes)
        };
        buffers.iter().map(download).collect()
    }

    fn interpreted(
        &self,
        step: &StepRun<'_>,
        inputs: &[Vec<u8>],
        invocations: Range<u32>,
        output: &DeviceBuffer,
        start: u32,
        alive: &mut dyn FnMut(),
    ) -> Result<(), GpuError> {
        let lens: Vec<u32> = step.reads.iter().map(|read| read.len()).collect();
        let fuel =
            step.kernel.cost(step.params, &lens).map_err(|error| GpuError::InvalidInput(error.to_string()))?.fuel;
        let slices: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let windows = |invocations: Range<u32>| -> Result<Vec<u8>, GpuError> {
            let mut bytes = Vec::new();
            for invocation in invocations {
                let words = interpret(step.kernel, step.params, &lens, invocation, &mut Slices(&slices), fuel)
                    .map_err(|trap| GpuError::InvalidInput(trap.to_string()))?;
                bytes.extend(words.into_iter().flat_map(u32::to_le_bytes));
            }
            Ok(bytes)
        };
        let window_bytes = 4 * u64::from(step.kernel.window());
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get) as u32;
        let each = (PIECE_FUEL / fuel.max(1)).clamp(1, u32::MAX.into()) as u32;
        let mut first = invocations.start;
        while first < invocations.end {
            let pieces: Vec<Range<u32>> = (0..threads)
                .map(|thread| {
                    let from = first.saturating_add(thread.saturating_mul(each)).min(invocations.end);
                    from..from.saturating_add(each).min(invocations.end)
                })
                .collect();
            let end = pieces.last().map_or(invocations.end, |piece| piece.end);
            let made: Vec<_> = thread::scope(|scope| {
                let workers: Vec<_> = pieces.into_iter().map(|piece| scope.spawn(|| windows(piece))).collect();
                workers.into_iter().map(|worker| worker.join()).collect()
            });
            let mut bytes = Vec::new();
            for piece in made {
                bytes.extend(piece.map_err(|_| GpuError::InvalidInput("the interpreter failed".into()))??);
            }
            self.write(output, u64::from(first - start) * window_bytes, &bytes)?;
            alive();
            first = end;
        }
        Ok(())
    }

    /// Copies bytes, a multiple of 4, into a buffer.
    fn write(&self, buffer: &DeviceBuffer, offset: u64, bytes: &[u8]) -> Result<(), GpuError> {
        let submission = self.scoped(|| {
            self.queue.write_buffer(&buffer.buffer, offset, bytes);
            self.queue.submit([])
        })?;
        self.wait(submission)
    }
}
