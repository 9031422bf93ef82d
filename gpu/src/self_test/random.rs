//! Random kernels on the device and in the interpreter.

use touchstone_generate::{generate, Generated};
use touchstone_kir::{Kernel, Op};

use super::{
    reduce::reduced,
    report::{Failure, Report},
    run::{interpreted, EMISSIONS},
};
use crate::{Emission, Gpu, GpuError};

/// Sizes of the kernels in instructions, used in turn: many small ones run in little time, and large ones reach what
/// small ones cannot.
const SIZES: [usize; 4] = [8, 24, 64, 128];

impl Gpu {
    /// Returns whether the device can go on. Calls `alive` before each smaller kernel that is tried, if this one
    /// differs.
    pub(super) fn test_random(
        &mut self,
        seed: u64,
        report: &mut Report,
        alive: &mut dyn FnMut(&Report),
    ) -> Result<bool, GpuError> {
        let size = SIZES[(seed % SIZES.len() as u64) as usize];
        let refused =
            |why: String| GpuError::InvalidInput(format!("random kernel {seed} of {size} instructions: {why}"));
        let Generated { kernel, params, inputs, invocations } =
            generate(seed, size).map_err(|error| refused(error.to_string()))?;
        let expected = interpreted(&kernel, &params, &inputs, invocations);
        let expected = expected.ok_or_else(|| refused("it is not an admitted step".into()))?;
        for emission in EMISSIONS {
            let (operation, detail, fatal) = match self.words_of(emission, &kernel, &params, &inputs, 0..invocations) {
                Ok(got) => {
                    let Some(at) = got.iter().zip(&expected).position(|(got, right)| got != right) else { continue };
                    let detail = format!(
                        "random kernel {seed} of {size} instructions, word {at} of its output: {:#010x} instead of \
                         {:#010x}",
                        got[at], expected[at]
                    );
                    let small = reduced(&kernel, |smaller| {
                        alive(report);
                        self.is_wrong(emission, smaller, &params, &inputs, invocations)
                    });
                    (names(&small), format!("{detail}; {} instructions remain", small.len()), false)
                }
                Err(error) => {
                    (format!("random kernel {seed}"), format!("{size} instructions: {error}"), error.is_fatal())
                }
            };
            report.fail(Failure { operation, by: emission.name().into(), detail });
            if fatal {
                return Ok(false);
            }
        }
        report.kernels += 1;
        Ok(true)
    }

    fn is_wrong(
        &mut self,
        emission: Emission,
        kernel: &Kernel,
        params: &[u32],
        inputs: &[Vec<u8>],
        invocations: u32,
    ) -> bool {
        let Some(expected) = interpreted(kernel, params, inputs, invocations) else { return false };
        self.words_of(emission, kernel, params, inputs, 0..invocations).is_ok_and(|got| got != expected)
    }
}

/// Each operation once, without those that only store a result.
fn names(operations: &[Op]) -> String {
    let mut told: Vec<&str> = Vec::new();
    let plain = |op: &Op| matches!(op, Op::Const | Op::Ostore | Op::Mov);
    let all_plain = operations.iter().all(plain);
    for op in operations.iter().filter(|op| all_plain || !plain(op)) {
        if !told.contains(&op.name()) {
            told.push(op.name());
        }
    }
    told.join(" or ")
}
