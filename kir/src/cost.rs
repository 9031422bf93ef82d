//! The static cost of one invocation: an upper bound on fuel and chunks read, computed in one pass without executing
//! anything.

use alloc::vec::Vec;
use core::fmt;

use crate::{chunk_count, limits::*, Kernel, Op, CHUNK_WORDS};

/// Fuel of an invocation before its first instruction: setting it up and clearing its window.
pub(crate) fn base_fuel(window: u16) -> u64 {
    u64::from(window).saturating_add(16)
}

/// The most that one invocation can cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cost {
    /// Fuel.
    pub fuel: u64,
    /// Different chunks read of each input buffer.
    pub chunks: [u32; MAX_INPUTS],
}

impl Cost {
    /// Chunks of all buffers together: what a proof opens at most.
    pub fn total_chunks(&self) -> u32 {
        self.chunks.iter().fold(0, |sum, chunks| sum.saturating_add(*chunks))
    }
}

/// Arguments that a kernel cannot be applied to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadArguments {
    /// Not as many parameters as the kernel declares.
    WrongParams {
        /// Declared.
        expected: usize,
        /// Given.
        got: usize,
    },
    /// Not as many input buffers as the kernel declares.
    WrongInputs {
        /// Declared.
        expected: usize,
        /// Given.
        got: usize,
    },
    /// A length that no buffer can have. Lengths are positive multiples of 4 and at most [`MAX_BUFFER_BYTES`].
    WrongLength {
        /// Index of the input.
        input: usize,
        /// Its length.
        bytes: u32,
    },
}

impl BadArguments {
    /// Checks whether the kernel can be applied to these arguments.
    pub(crate) fn check(kernel: &Kernel, params: &[u32], input_bytes: &[u32]) -> Result<(), BadArguments> {
        let module = kernel.module();
        if params.len() != usize::from(module.params) {
            return Err(BadArguments::WrongParams { expected: module.params.into(), got: params.len() });
        }
        if input_bytes.len() != usize::from(module.inputs) {
            return Err(BadArguments::WrongInputs { expected: module.inputs.into(), got: input_bytes.len() });
        }
        for (input, &bytes) in input_bytes.iter().enumerate() {
            if bytes == 0 || bytes % 4 != 0 || bytes > MAX_BUFFER_BYTES {
                return Err(BadArguments::WrongLength { input, bytes });
            }
        }
        Ok(())
    }
}

impl fmt::Display for BadArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadArguments::WrongParams { expected, got } => {
                write!(f, "the kernel takes {expected} parameters, not {got}")
            }
            BadArguments::WrongInputs { expected, got } => {
                write!(f, "the kernel reads {expected} buffers, not {got}")
            }
            BadArguments::WrongLength { input, bytes } => {
                write!(f, "input {input} has {bytes} bytes, not a positive multiple of 4 up to 2 GiB")
            }
        }
    }
}

impl core::error::Error for BadArguments {}

/// Why a step is not admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CostError {
    /// The kernel cannot be applied to the arguments at all.
    BadArguments(BadArguments),
    /// One invocation may burn more than [`MAX_FUEL`].
    FuelOverLimit {
        /// The worst case.
        fuel: u64,
    },
    /// One invocation may read more than [`MAX_CHUNKS`]: a proof might not fit a block.
    ChunksOverLimit {
        /// The worst case.
        chunks: u32,
    },
}

impl From<BadArguments> for CostError {
    fn from(error: BadArguments) -> Self {
        CostError::BadArguments(error)
    }
}

impl fmt::Display for CostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CostError::BadArguments(error) => error.fmt(f),
            CostError::FuelOverLimit { fuel } => {
                write!(f, "{fuel} fuel are over the limit of {MAX_FUEL}")
            }
            CostError::ChunksOverLimit { chunks } => {
                write!(f, "{chunks} chunks read are over the limit of {MAX_CHUNKS}")
            }
        }
    }
}

impl core::error::Error for CostError {}

impl Kernel {
    /// The worst case of one invocation with these parameters and input lengths in bytes. Work is linear in the code.
    ///
    /// # Errors
    /// Arguments that do not fit the kernel; fuel or chunks over their limit.
    pub fn cost(&self, params: &[u32], input_bytes: &[u32]) -> Result<Cost, CostError> {
        BadArguments::check(self, params, input_bytes)?;
        let worst = self.tally(params);
        let mut cost = Cost { fuel: worst.fuel.saturating_add(base_fuel(self.window())), chunks: [0; MAX_INPUTS] };
        // However often it reads, an invocation cannot read more chunks than there are.
        for ((chunks, counted), bytes) in cost.chunks.iter_mut().zip(worst.chunks).zip(input_bytes) {
            let all = chunk_count(*bytes);
            *chunks = u32::try_from(counted).map_or(all, |counted| counted.min(all));
        }
        if cost.fuel > MAX_FUEL {
            return Err(CostError::FuelOverLimit { fuel: cost.fuel });
        }
        let chunks = cost.total_chunks();
        if chunks > MAX_CHUNKS {
            return Err(CostError::ChunksOverLimit { chunks });
        }
        Ok(cost)
    }

    fn tally(&self, params: &[u32]) -> Tally {
        let module = self.module();
        let bound = |index: u16| {
            let bound = module.bounds.get(usize::from(index));
            bound.map_or(0, |bound| bound.value(params))
        };
        let mut enclosing: Vec<Frame> = Vec::with_capacity(MAX_NESTING);
        let mut here = Tally::ZERO;
        // The code is valid, so constructs match and each pop below finds its frame.
        for instr in &module.code {
            let Some(op) = instr.opcode() else { continue };
            here.fuel = here.fuel.saturating_add(op.fuel().into());
            match op {
                Op::If | Op::Block | Op::Loop => {
                    enclosing.push(Frame { before: here, first_arm: Tally::ZERO });
                    here = Tally::ZERO;
                }
                Op::Else => {
                    if let Some(frame) = enclosing.last_mut() {
                        frame.first_arm = here;
                        here = Tally::ZERO;
                    }
                }
                Op::End => {
                    // The `end` itself runs after either arm.
                    if let Some(mut frame) = enclosing.pop() {
                        frame.first_arm.fuel = frame.first_arm.fuel.saturating_add(op.fuel().into());
                        here = here.larger(frame.first_arm).plus(frame.before);
                    }
                }
                Op::EndLoop => {
                    if let Some(frame) = enclosing.pop() {
                        here = here.times(bound(instr.high())).plus(frame.before);
                    }
                }
                Op::Load | Op::Load4 => here.read(instr.b, 1),
                Op::View => {
                    if let Some(view) = module.views.get(usize::from(instr.b)) {
                        // A range that starts inside a chunk can touch one chunk more than its length needs.
                        let chunks = bound(view.bound).div_ceil(CHUNK_WORDS).saturating_add(1);
                        here.read(view.buffer, chunks);
                    }
                }
                _ => {}
            }
        }
        here
    }
}

/// A construct that is open during the pass.
struct Frame {
    /// Everything before it, in the construct around it.
    before: Tally,
    /// The cost of the first arm of an `if` while the second is being counted.
    first_arm: Tally,
}

#[derive(Clone, Copy)]
struct Tally {
    fuel: u64,
    chunks: [u64; MAX_INPUTS],
}

impl Tally {
    const ZERO: Tally = Tally { fuel: 0, chunks: [0; MAX_INPUTS] };

    fn read(&mut self, buffer: u8, chunks: u32) {
        if let Some(count) = self.chunks.get_mut(usize::from(buffer)) {
            *count = count.saturating_add(chunks.into());
        }
    }

    fn larger(self, other: Tally) -> Tally {
        self.each(other, u64::max)
    }

    fn plus(self, other: Tally) -> Tally {
        self.each(other, u64::saturating_add)
    }

    fn times(self, count: u32) -> Tally {
        self.each(Tally::ZERO, |worst, _| worst.saturating_mul(count.into()))
    }

    fn each(mut self, other: Tally, f: impl Fn(u64, u64) -> u64) -> Tally {
        self.fuel = f(self.fuel, other.fuel);
        for (mine, theirs) in self.chunks.iter_mut().zip(other.chunks) {
            *mine = f(*mine, theirs);
        }
        self
    }
}
