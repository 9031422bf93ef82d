//! Finds committed roots of data of the wrong length, and builds the proof that refutes them.
//!
//! A root fixes the length of its data. If that length differs from that of the trace, or of the output of an instance,
//! the data cannot be opened as that, and no word of it can be refuted. Its last chunk proves the length in one
//! transaction instead. What the provider states is not trusted: a length counts once the last chunk of data of that
//! length verifies.
//!
//! The trace comes first: without it the roots of the outputs are not known.

use touchstone_kir::{chunk_count, limits::MAX_BUFFER_BYTES, open, ChunkRange, Opening, Root};
use touchstone_primitives::{Buffer, JobId, Target, Trace};

use crate::{
    blobs::{self, BlobError, Endpoint},
    chain::Call,
    types::ResultView,
};

/// The most that is downloaded to find the length of data, bytes.
pub const MAX_WHOLE: usize = 256 << 20;

/// A committed root of data that is shorter or longer than the trace or the output, with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FalseLength {
    /// The trace, or the output of an instance.
    pub target: Target,
    /// Length that it should have, bytes.
    pub declared: u32,
    /// Length of the data that hashes to the committed root, bytes.
    pub committed: u32,
    /// The last chunk of that data.
    pub opening: Opening,
}

impl FalseLength {
    /// The transaction that refutes the result.
    pub fn call(self, job: JobId, result: &ResultView) -> Call {
        Call::RefuteLength {
            job,
            commitment: result.commitment,
            target: self.target,
            len: self.committed,
            opening: self.opening,
        }
    }
}

impl std::fmt::Display for FalseLength {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { target, declared, committed, .. } = self;
        match target.instance() {
            // Each step has one instance.
            Some(step) => {
                write!(f, "step {step}: data of {committed} bytes is committed, the output has {declared} bytes")
            }
            None => write!(f, "trace: data of {committed} bytes is committed, the trace has {declared} bytes"),
        }
    }
}

/// How much is done to find a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Ask the provider: one short request for each root.
    Ask,
    /// If the answer does not help, download everything that the provider serves under the root, up to [`MAX_WHOLE`]
    /// bytes.
    Download,
}

/// Whether the committed root of the trace is of data of the wrong length, as far as the provider's answers show. To be
/// asked if the trace cannot be fetched: one that was fetched has the right length. A failed request proves nothing:
/// the caller has met the same error.
pub async fn of_trace(endpoint: &Endpoint, trace: Buffer, effort: Effort) -> Option<FalseLength> {
    match shown(endpoint, &trace.root, trace.len, effort).await {
        Ok(found) => {
            let (committed, opening) = found?;
            Some(FalseLength { target: Target::Trace, declared: trace.len, committed, opening })
        }
        Err(error) => {
            tracing::debug!(%error, "the length of the trace is not known");
            None
        }
    }
}

/// The first of `steps` whose root in the trace is of data of the wrong length, as far as the provider's answers show.
/// `output_bytes` are the lengths that the outputs of all steps should have. A failed request proves nothing and is
/// skipped: the caller meets the same error when it fetches the data.
pub async fn of_outputs(
    endpoint: &Endpoint,
    trace: &Trace,
    output_bytes: &[u32],
    steps: &[u8],
    effort: Effort,
) -> Option<FalseLength> {
    for step in steps {
        // Each step has one instance.
        let instance = u32::from(*step);
        let (Some(root), Some(declared)) = (trace.root(instance), output_bytes.get(usize::from(*step))) else {
            continue;
        };
        match shown(endpoint, root, *declared, effort).await {
            Ok(Some((committed, opening))) => {
                // It has the instance, so it can be opened there.
                let target = Target::Output { instance, trace: trace.open([instance]).ok()? };
                return Some(FalseLength { target, declared: *declared, committed, opening });
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(step, %error, "the length of this output is not known"),
        }
    }
    None
}

/// Another length than `declared` with the opening that shows that `root` has it.
pub async fn shown(
    endpoint: &Endpoint,
    root: &Root,
    declared: u32,
    effort: Effort,
) -> Result<Option<(u32, Opening)>, BlobError> {
    let asked = stated(endpoint, root, declared).await;
    match (asked, effort) {
        (Ok(Some(found)), _) => Ok(Some(found)),
        (other, Effort::Ask) => other,
        (_, Effort::Download) => downloaded(endpoint, root, declared).await,
    }
}

/// As the endpoint states it.
async fn stated(endpoint: &Endpoint, root: &Root, declared: u32) -> Result<Option<(u32, Opening)>, BlobError> {
    let Some(len) = blobs::head(endpoint, root).await?.and_then(another(declared)) else {
        return Ok(None);
    };
    let opening = blobs::opening(endpoint, root, len, last_chunk(len)).await?;
    Ok(Some((len, opening)))
}

/// As the bytes themselves have it.
async fn downloaded(endpoint: &Endpoint, root: &Root, declared: u32) -> Result<Option<(u32, Opening)>, BlobError> {
    let Some(bytes) = blobs::fetch_any(endpoint, root, MAX_WHOLE).await? else {
        return Ok(None);
    };
    let Some(len) = another(declared)(bytes.len() as u64) else {
        return Ok(None);
    };
    Ok(open(&bytes, &[last_chunk(len)]).ok().map(|opening| (len, opening)))
}

/// A length that a buffer can have, other than `declared`.
fn another(declared: u32) -> impl Fn(u64) -> Option<u32> {
    move |len| u32::try_from(len).ok().filter(|len| *len != declared && (1..=MAX_BUFFER_BYTES).contains(len))
}

fn last_chunk(len: u32) -> ChunkRange {
    ChunkRange { first: chunk_count(len).saturating_sub(1), count: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_possible_length_that_is_not_the_declared_one_counts() {
        let other = another(1024);
        assert_eq!(other(1024), None);
        assert_eq!(other(0), None);
        assert_eq!(other(1023), Some(1023));
        assert_eq!(other(MAX_BUFFER_BYTES.into()), Some(MAX_BUFFER_BYTES));
        assert_eq!(other(u64::from(MAX_BUFFER_BYTES) + 1), None);
        assert_eq!(other(u64::from(u32::MAX) + 1025), None);
    }

    #[test]
    fn the_last_chunk_of_any_length_is_one_chunk_and_holds_its_last_byte() {
        for (len, first) in [(1, 0), (1024, 0), (1025, 1), (4096, 3), (MAX_BUFFER_BYTES, (MAX_BUFFER_BYTES >> 10) - 1)]
        {
            assert_eq!(last_chunk(len), ChunkRange { first, count: 1 }, "{len}");
        }
    }
}
