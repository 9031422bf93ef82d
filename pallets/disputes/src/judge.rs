//! The judge: one word, one invocation. A function of its arguments alone, free of storage.

use alloc::vec::Vec;

use touchstone_kir::{
    chunk_count, interpret, limits::MAX_CHUNKS, verify, Kernel, Opened, OpenedInputs, Opening, OpeningError, Root, Trap,
};
use touchstone_primitives::{open_trace, root_in, Buffer, InstanceContext, Proof, Read, TraceDefect};

/// A word in dispute.
#[derive(Clone, Copy, Debug)]
pub struct Dispute<'a> {
    /// The kernel of the instance.
    pub kernel: &'a Kernel,
    /// The instance.
    pub context: &'a InstanceContext,
    /// Its index.
    pub instance: u32,
    /// The committed trace.
    pub trace: Buffer,
    /// Index of the word in the instance's output.
    pub word: u32,
}

/// The word as committed and as it should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// As committed.
    pub committed: u32,
    /// As computed.
    pub computed: u32,
}

/// Why there is no verdict. None of these says anything about the result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defect {
    /// The output has no such word.
    WordOutOfRange,
    /// A chunk that is needed is not opened.
    MissingOpening,
    /// More is opened than is needed.
    SuperfluousOpening,
    /// The last chunk, which shows the length, is not opened.
    LastChunkNotOpened,
    /// An opening of an input or an output does not prove what it contains.
    Opening(OpeningError),
    /// The opening of the trace does not show the roots that are needed.
    Trace(TraceDefect),
    /// The instance does not fit its kernel.
    Unjudgeable,
}

impl From<TraceDefect> for Defect {
    fn from(defect: TraceDefect) -> Self {
        Self::Trace(defect)
    }
}

impl From<OpeningError> for Defect {
    fn from(error: OpeningError) -> Self {
        Self::Opening(error)
    }
}

/// Executes the one invocation that wrote the word, on what `proof` opens of the committed buffers.
///
/// Work is at most proportional to `context.fuel` plus the bytes and hashes in `proof`.
///
/// # Errors
/// Every [`Defect`] of the proof. A chunk that is read and not opened is an error, never zeros.
pub fn judge(dispute: &Dispute, proof: &Proof) -> Result<Verdict, Defect> {
    let Dispute { kernel, context, instance, trace, word } = *dispute;
    if word >= context.output_len / 4 {
        return Err(Defect::WordOutOfRange);
    }
    let earlier = context.reads.iter().filter_map(|read| match read {
        Read::Output { instance, .. } => Some(*instance),
        Read::Input(_) => None,
    });
    let roots = open_trace(&proof.trace, &trace, core::iter::once(instance).chain(earlier))?;
    let root_of = |instance: u32| root_in(&roots, instance).ok_or(Defect::Trace(TraceDefect::MissingRoot));
    let committed = open_word(&proof.output, &root_of(instance)?, context.output_len, word)?;

    match proof.reads.len().cmp(&context.reads.len()) {
        core::cmp::Ordering::Less => return Err(Defect::MissingOpening),
        core::cmp::Ordering::Greater => return Err(Defect::SuperfluousOpening),
        core::cmp::Ordering::Equal => {}
    }
    let mut lengths = Vec::with_capacity(context.reads.len());
    let mut opened: Vec<Opened> = Vec::with_capacity(context.reads.len());
    for (read, opening) in context.reads.iter().zip(&proof.reads) {
        let (root, len) = match read {
            Read::Input(buffer) => (buffer.root, buffer.len),
            Read::Output { instance, len } => (root_of(*instance)?, *len),
        };
        lengths.push(len);
        opened.push(verify(opening, &root, len)?);
    }
    if proof.reads.iter().fold(0, |sum: u64, opening| sum.saturating_add(chunks(opening))) > u64::from(MAX_CHUNKS) {
        return Err(Defect::SuperfluousOpening);
    }

    let window = u32::from(kernel.window());
    let invocation = word.checked_div(window).ok_or(Defect::Unjudgeable)?;
    let index = word.checked_rem(window).ok_or(Defect::Unjudgeable)?;
    let mut inputs = OpenedInputs::new(opened);
    let words = interpret(kernel, &context.params, &lengths, invocation, &mut inputs, context.fuel).map_err(
        |trap| match trap {
            Trap::Missing(_) => Defect::MissingOpening,
            Trap::OutOfFuel | Trap::Malformed(_) => Defect::Unjudgeable,
        },
    )?;
    let computed = *words.get(index as usize).ok_or(Defect::Unjudgeable)?;
    Ok(Verdict { committed, computed })
}

/// Checks that `root` commits to `len` bytes: `opening` is of exactly the last chunk of a buffer of that length. Its
/// place in the tree and the bytes in it are part of what is hashed, so that no root has two lengths.
///
/// # Errors
/// Every [`Defect`] of the opening.
pub fn prove_length(opening: &Opening, root: &Root, len: u32) -> Result<(), Defect> {
    let opened = verify(opening, root, len)?;
    let last = chunk_count(len).checked_sub(1).ok_or(Defect::Unjudgeable)?;
    opened.chunk(last).ok_or(Defect::LastChunkNotOpened)?;
    match chunks(opening) {
        1 => Ok(()),
        _ => Err(Defect::SuperfluousOpening),
    }
}

/// The word of the output, out of an opening of exactly the chunk that holds it.
fn open_word(opening: &Opening, root: &Root, len: u32, word: u32) -> Result<u32, Defect> {
    let opened = verify(opening, root, len)?;
    let committed = opened.word(word).ok_or(Defect::MissingOpening)?;
    match chunks(opening) {
        1 => Ok(committed),
        _ => Err(Defect::SuperfluousOpening),
    }
}

fn chunks(opening: &Opening) -> u64 {
    opening.ranges.iter().fold(0, |sum, range| sum.saturating_add(range.count.into()))
}
