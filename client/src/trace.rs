//! The trace of a result, fetched and verified: the roots of the outputs of all step instances, in the order of
//! execution.
//!
//! The chain holds root and length of a trace. Its bytes are a blob, which the provider serves like the outputs. They
//! count once they hash to that root.

use std::convert::Infallible;

use touchstone_kir::Root;
use touchstone_primitives::{Buffer, Trace, ROOT_BYTES};

use crate::{
    blobs::{self, BlobError, Endpoint},
    sources::Sources,
};

/// Why the trace of a result is not known. Not with the error of the transfer as its source: the text has it already.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The provider does not serve it.
    #[error("the provider does not serve the trace of its result, which has the roots of the outputs: {0}")]
    NotServed(BlobError),
    /// No trace has this length.
    #[error(
        "the trace {} has {len} bytes, which are not whole roots of 32 bytes each: node and client are of different \
        versions; update the older one", hex::encode(.root)
    )]
    NoRoots {
        /// Its root.
        root: Root,
        /// Its length, bytes.
        len: u32,
    },
}

/// Fetches the trace with this root and length from the provider's endpoint.
///
/// # Errors
/// The provider does not serve it, or serves something else; no trace has this length.
pub async fn fetch(endpoint: &Endpoint, trace: Buffer) -> Result<Trace, TraceError> {
    let Buffer { root, len } = trace;
    // Without bytes nothing would be verified.
    if len == 0 || !len.is_multiple_of(ROOT_BYTES) {
        return Err(TraceError::NoRoots { root, len });
    }
    let bytes = blobs::fetch(endpoint, &root, len, |_| {}).await.map_err(TraceError::NotServed)?;
    roots_in(&bytes, trace)
}

/// As [`fetch`]; if the provider does not serve the trace, it may come from one of these sources.
///
/// # Errors
/// As [`fetch`]: what sources lack is no error of its own.
pub async fn find(endpoint: &Endpoint, sources: &Sources, trace: Buffer) -> Result<Trace, TraceError> {
    match fetch(endpoint, trace).await {
        Err(error @ TraceError::NotServed(_)) => elsewhere(sources, trace).await.ok_or(error),
        other => other,
    }
}

/// The trace with this root and length from the first of these sources that has it.
pub async fn elsewhere(sources: &Sources, trace: Buffer) -> Option<Trace> {
    let Ok(brought) = sources.bring(&trace, || Ok::<_, Infallible>(Vec::new())).await;
    roots_in(&brought?, trace).ok()
}

/// The trace with these bytes, which hash to its root.
fn roots_in(bytes: &[u8], trace: Buffer) -> Result<Trace, TraceError> {
    let Buffer { root, len } = trace;
    Trace::from_bytes(bytes).ok_or(TraceError::NoRoots { root, len })
}
