use alloc::{collections::BTreeSet, vec::Vec};

use touchstone_kir::{open, root, verify, ChunkRange, OpenError, Opened, Opening, OpeningError, Root, CHUNK};

use crate::Buffer;

/// Bytes of a root in a trace.
pub const ROOT_BYTES: u32 = 32;

/// Roots in one chunk of a trace.
pub const ROOTS_PER_CHUNK: u32 = CHUNK as u32 / ROOT_BYTES;

/// Most step instances of a job. Their trace has 32 MiB.
pub const MAX_INSTANCES: u32 = 1 << 20;

/// The trace of a job: the roots of the outputs of all step instances, in the order of execution. Its bytes, one root
/// after the other, are a buffer like any other. A provider commits its root.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace(Vec<Root>);

impl Trace {
    /// The trace of a job whose step instances have outputs with these roots.
    pub fn new(roots: Vec<Root>) -> Self {
        Self(roots)
    }

    /// The trace of a job whose step instances have these outputs.
    pub fn of<'a>(outputs: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self(outputs.into_iter().map(root).collect())
    }

    /// The trace with these bytes; `None` if they are not whole roots.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (roots, rest) = bytes.as_chunks();
        rest.is_empty().then(|| Self(roots.to_vec()))
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.concat()
    }

    /// Root and length of its bytes: what is committed.
    pub fn buffer(&self) -> Buffer {
        Buffer { root: root(&self.to_bytes()), len: Self::len_of(self.0.len() as u32) }
    }

    /// Length of the trace of a job with so many step instances, bytes. Saturating.
    pub const fn len_of(instances: u32) -> u32 {
        instances.saturating_mul(ROOT_BYTES)
    }

    /// The roots, in order.
    pub fn roots(&self) -> &[Root] {
        &self.0
    }

    /// The root of the output of one instance.
    pub fn root(&self, instance: u32) -> Option<&Root> {
        self.0.get(instance as usize)
    }

    /// Opens the chunks that hold the roots of these instances, each chunk once.
    ///
    /// # Errors
    /// A chunk that the trace does not have.
    pub fn open(&self, instances: impl IntoIterator<Item = u32>) -> Result<Opening, OpenError> {
        open(&self.to_bytes(), &chunks_of(instances))
    }
}

/// The outputs of all step instances, which are one after the other in `bytes` and have these lengths. `None` if
/// `bytes` is longer or shorter than that. Hashes nothing.
pub fn split_outputs(bytes: &[u8], lengths: impl IntoIterator<Item = u32>) -> Option<Vec<&[u8]>> {
    let mut rest = bytes;
    let mut outputs = Vec::new();
    for len in lengths {
        let (output, after) = rest.split_at_checked(len as usize)?;
        outputs.push(output);
        rest = after;
    }
    rest.is_empty().then_some(outputs)
}

/// The chunks of a trace that hold the roots of these instances.
pub fn chunks_of(instances: impl IntoIterator<Item = u32>) -> Vec<ChunkRange> {
    let chunks: BTreeSet<_> = instances.into_iter().map(|instance| instance / ROOTS_PER_CHUNK).collect();
    ChunkRange::cover(chunks)
}

/// The root of the output of one instance, out of opened chunks of a trace. `None` if its chunk is not opened, or the
/// trace has no such instance.
pub fn root_in(trace: &Opened, instance: u32) -> Option<Root> {
    let chunk = trace.chunk(instance / ROOTS_PER_CHUNK)?;
    chunk.as_chunks().0.get((instance % ROOTS_PER_CHUNK) as usize).copied()
}

/// Why an opening of a trace does not show the roots that are needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TraceDefect {
    /// It does not prove what it contains.
    Opening(OpeningError),
    /// It lacks a chunk with a root that is needed.
    MissingRoot,
    /// It has chunks without a root that is needed.
    SuperfluousRoots,
}

/// The opened chunks of a trace, if they are exactly those with the roots of these instances.
///
/// # Errors
/// Every [`TraceDefect`].
pub fn open_trace<'a>(
    opening: &'a Opening,
    trace: &Buffer,
    instances: impl IntoIterator<Item = u32>,
) -> Result<Opened<'a>, TraceDefect> {
    let opened = verify(opening, &trace.root, trace.len).map_err(TraceDefect::Opening)?;
    let needed = chunks_of(instances);
    if needed == opening.ranges {
        return Ok(opened);
    }
    let is_opened = |chunk: u32| opened.chunk(chunk).is_some();
    match needed.iter().all(|range| (range.first..range.first.saturating_add(range.count)).all(is_opened)) {
        true => Err(TraceDefect::SuperfluousRoots),
        false => Err(TraceDefect::MissingRoot),
    }
}

/// The root of one instance's output under a trace. `opening` is of exactly the chunk that holds it.
///
/// # Errors
/// Every [`TraceDefect`].
pub fn prove_root(opening: &Opening, trace: &Buffer, instance: u32) -> Result<Root, TraceDefect> {
    let opened = open_trace(opening, trace, [instance])?;
    root_in(&opened, instance).ok_or(TraceDefect::MissingRoot)
}
