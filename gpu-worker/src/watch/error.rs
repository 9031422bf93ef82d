use std::{io, time::Duration};

use touchstone_client::{
    blobs::BlobError,
    chain::{ChainError, NotCurrent},
    reexec::ReexecError,
    trace::TraceError,
};

use super::budget::Refusal;
use crate::{blobs::StoreError, inputs::InputError, kernels::KernelsError};

/// Why a blob of a provider cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Nobody says where the data is.
    #[error("the provider has no usable endpoint")]
    NoEndpoint,
    /// The provider is too slow. Its time is limited, or there would be none left to demand what it does not serve.
    #[error("the provider took longer than {0:.0?} for what it has to serve of this result")]
    Slow(Duration),
    /// The provider does not serve it.
    #[error("{0}")]
    Blob(#[from] BlobError),
    /// There is no space.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FetchError {
    /// Whether it is the provider's doing, and not this machine's.
    fn is_withheld(&self) -> bool {
        match self {
            Self::NoEndpoint | Self::Slow(_) => true,
            Self::Blob(error) => is_withheld(error),
            Self::Store(_) => false,
        }
    }
}

fn is_withheld(error: &BlobError) -> bool {
    !matches!(error, BlobError::Write(_) | BlobError::Read(_))
}

/// Why nothing was found out.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The trace could not be asked for.
    #[error("the trace of the result cannot be had: {0}")]
    NoTrace(FetchError),
    /// The provider does not serve the trace.
    #[error("{0}")]
    Trace(#[from] TraceError),
    /// The provider does not serve an output.
    #[error("output of step {step}: {error}")]
    Output {
        /// The step.
        step: usize,
        /// Why.
        error: FetchError,
    },
    /// The provider does not serve an input, and nobody else does.
    #[error(
        "an input: {0}. If you have it, name it with --manifest, --input, --store or --mirror: a job cannot be \
        executed again without its inputs"
    )]
    InputWithheld(FetchError),
    /// The provider does not serve what is needed, and it is not demanded.
    #[error("{why}; it is not demanded: {reason}")]
    NotDemanded {
        /// What is not served.
        why: Box<CheckError>,
        /// Why it is not demanded.
        reason: Refusal,
    },
    /// An answer is not where it has to be.
    #[error(
        "{0} was answered, but the answer is in no block that this node has: name a node that keeps the bodies of all \
        blocks with --url"
    )]
    AnswerNotFound(String),
    /// The result cannot be challenged any more.
    #[error("the result cannot be challenged any more")]
    Over,
    /// An input cannot be had.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A kernel cannot be had.
    #[error(transparent)]
    Kernels(#[from] KernelsError),
    /// The chain cannot be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// There is no space.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Re-execution failed.
    #[error(transparent)]
    Reexec(#[from] ReexecError),
    /// It took too long.
    #[error("the check was given up after {0:.0?}: check it with more time (check_secs), on a GPU, or by --sample N")]
    TooSlow(Duration),
    /// Files failed.
    #[error("buffer bytes: {0}")]
    Io(#[from] io::Error),
    /// This program failed.
    #[error("{0}")]
    Internal(String),
}

impl CheckError {
    /// Whether the provider does not serve what can be demanded: its trace, or an output.
    pub fn is_withheld(&self) -> bool {
        match self {
            Self::NoTrace(error) | Self::Output { error, .. } => error.is_withheld(),
            Self::Trace(TraceError::NotServed(error)) => is_withheld(error),
            Self::NotDemanded { why, .. } => why.is_withheld(),
            _ => false,
        }
    }
}

/// The watcher cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The chain cannot be read, and waiting does not help.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The node should not be relied on, and the watcher was to look once.
    #[error("nothing was checked: {0}")]
    NotCurrent(#[from] NotCurrent),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_withholds_is_told_from_what_this_machine_lacks() {
        let away = || BlobError::Unreachable { endpoint: "http://x".into(), reason: "gone".into() };
        let full = || BlobError::Write(io::ErrorKind::StorageFull.into());
        for error in [
            CheckError::NoTrace(FetchError::NoEndpoint),
            CheckError::NoTrace(FetchError::Slow(Duration::from_secs(9))),
            CheckError::Trace(TraceError::NotServed(away())),
            CheckError::Output { step: 1, error: away().into() },
        ] {
            assert!(error.is_withheld(), "{error}");
            let still = CheckError::NotDemanded { why: Box::new(error), reason: Refusal::Disabled };
            assert!(still.is_withheld(), "{still}");
        }
        for error in [
            CheckError::Output { step: 1, error: full().into() },
            CheckError::Trace(TraceError::NotServed(full())),
            CheckError::Trace(TraceError::NoRoots { root: [1; 32], len: 5 }),
            CheckError::InputWithheld(away().into()),
            CheckError::TooSlow(Duration::from_secs(9)),
        ] {
            assert!(!error.is_withheld(), "{error}");
        }
    }
}
