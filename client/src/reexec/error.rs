//! Why a re-execution says nothing.

use std::io;

use touchstone_kir::{CostError, KirError, OpenError, Trap};

/// Why nothing can be said about a step.
#[derive(Debug, thiserror::Error)]
pub enum ReexecError {
    /// A kernel of the chain is not one for this program.
    #[error("the kernel of step {step} is not understood ({error}): update this program")]
    Kernel {
        /// The step.
        step: u8,
        /// Its defect.
        error: KirError,
    },
    /// There is no such step.
    #[error("the job has no step {step}: its steps are numbered from 0 to {}", .steps.saturating_sub(1))]
    NoSuchStep {
        /// The step.
        step: u8,
        /// How many there are.
        steps: usize,
    },
    /// The output has no such word.
    #[error("the output of step {step} has no word {word}: its words are numbered from 0 to \
        {}", .words.saturating_sub(1))]
    NoSuchWord {
        /// The step.
        step: u8,
        /// The word.
        word: u32,
        /// How many there are.
        words: u64,
    },
    /// A buffer is not at hand.
    #[error("buffer {buffer} of the job is needed and not at hand: fetch it first")]
    NoBuffer {
        /// Index among the inputs and, behind them, the outputs.
        buffer: usize,
    },
    /// A buffer is not as long as the job says.
    #[error("buffer {buffer} has {got} bytes where the job says {expected}")]
    WrongLength {
        /// Index among the inputs and, behind them, the outputs.
        buffer: usize,
        /// What the job says.
        expected: u64,
        /// What is at hand.
        got: u64,
    },
    /// The file of a buffer cannot be read.
    #[error("buffer {buffer} cannot be read: {error}")]
    Read {
        /// Index among the inputs and, behind them, the outputs.
        buffer: usize,
        /// Why.
        error: io::Error,
    },
    /// A part of a buffer that nobody serves is needed.
    #[error("buffer {buffer} is needed, and answers have not shown this part of it")]
    NotShown {
        /// Index among the inputs and, behind them, the outputs.
        buffer: usize,
    },
    /// The roots that a proof needs are in a part of the trace that is not known.
    #[error("the part of the trace with the roots that the proof needs is not known")]
    NoRoots,
    /// The output cannot be written.
    #[error("the output of step {step} cannot be written: {error}")]
    Write {
        /// The step.
        step: u8,
        /// Why.
        error: io::Error,
    },
    /// The step could not have been admitted.
    #[error("step {step} cannot be executed: {error}")]
    Cost {
        /// The step.
        step: u8,
        /// Why.
        error: CostError,
    },
    /// The interpreter stopped.
    #[error("step {step} cannot be executed: {error}")]
    Trap {
        /// The step.
        step: u8,
        /// Why.
        error: Trap,
    },
    /// It was told to stop.
    #[error("the execution was stopped before its end")]
    Stopped,
    /// A chunk cannot be opened.
    #[error("the proof cannot be built: {0}")]
    Open(#[from] OpenError),
}
