//! Runs a case on a device, the third implementation, and compares it with the judge.

use std::{ops::Range, time::Duration};

use touchstone_equality::Case;
use touchstone_gpu::{Emission, Gpu, StepRun};
use touchstone_kir::{Kernel, Op, Slices, Step};

/// Limit of scratch words times constructs for a kernel that a software device compiles in seconds. Above it,
/// lavapipe's compiler keeps every word across every construct and takes minutes.
const MOST_KEPT: usize = 2048;

/// Whether a software device compiles this kernel in seconds.
pub fn compiles_soon(case: &Case) -> bool {
    let Ok(kernel) = Kernel::decode(&case.kernel) else { return true };
    let module = kernel.module();
    let scratch: usize = module.segments.iter().map(|words| usize::from(*words)).sum();
    let constructs = module.code.iter().filter(|instr| matches!(instr.opcode(), Some(Op::If | Op::Block | Op::Loop)));
    scratch * constructs.count() <= MOST_KEPT
}

/// An open device.
pub struct Device(Gpu);

impl Device {
    /// The best adapter of this machine.
    pub fn open() -> Result<Device, String> {
        // The longest wait for a dispatch: these runs keep the machine busy.
        Gpu::open(None, Duration::from_secs(120)).map(Device).map_err(|error| error.to_string())
    }

    /// Compares an emission with the judge in every word of the case's invocations. An invalid case is not run.
    ///
    /// # Errors
    /// The first word in which they differ, or the device's refusal.
    pub fn check(&mut self, case: &Case, emission: Emission) -> Result<(), String> {
        let lengths = case.lengths();
        let Ok(kernel) = Kernel::decode(&case.kernel) else { return Ok(()) };
        let Ok(cost) = kernel.cost(&case.params, &lengths) else { return Ok(()) };
        let told = |error: &dyn std::fmt::Display| format!("{emission:?}: {error}");
        let buffers = case
            .inputs
            .iter()
            .map(|bytes| self.0.upload(bytes.len() as u32, &mut bytes.as_slice()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| told(&error))?;
        let reads: Vec<_> = buffers.iter().collect();
        let run = StepRun { kernel: &kernel, params: &case.params, reads: &reads, invocations: u32::MAX };
        let slices: Vec<&[u8]> = case.inputs.iter().map(Vec::as_slice).collect();
        let step = Step::new(&kernel, &case.params, &lengths).map_err(|error| told(&error))?;
        for range in ranges(&case.invocations) {
            let output = self.0.run_range(&run, emission, range.clone(), &mut || {}).map_err(|error| told(&error))?;
            let mut bytes = Vec::new();
            self.0.download(&output, &mut bytes).map_err(|error| told(&error))?;
            let window = 4 * usize::from(kernel.window());
            for (invocation, got) in range.clone().zip(bytes.chunks(window)) {
                let execution = step.run(invocation, &mut Slices(&slices), cost.fuel).map_err(|trap| told(&trap))?;
                let expected: Vec<u8> = execution.words.iter().flat_map(|word| word.to_le_bytes()).collect();
                if let Some(at) = got.iter().zip(&expected).position(|(got, expected)| got != expected) {
                    let word = |bytes: &[u8]| u32::from_le_bytes(std::array::from_fn(|byte| bytes[at / 4 * 4 + byte]));
                    return Err(format!(
                        "{emission:?}, invocation {invocation}, word {}: the device has {:#010x}, it should be \
                         {:#010x}",
                        at / 4,
                        word(got),
                        word(&expected)
                    ));
                }
            }
        }
        self.0.reclaim();
        Ok(())
    }
}

/// The invocations as runs of consecutive ones. The largest index cannot be dispatched, because the number of
/// invocations of a step must fit 32 bits.
fn ranges(invocations: &[u32]) -> Vec<Range<u32>> {
    let mut sorted: Vec<u32> = invocations.iter().copied().filter(|invocation| *invocation != u32::MAX).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut ranges: Vec<Range<u32>> = Vec::new();
    for invocation in sorted {
        match ranges.last_mut() {
            Some(range) if range.end == invocation => range.end += 1,
            _ => ranges.push(invocation..invocation + 1),
        }
    }
    ranges
}
