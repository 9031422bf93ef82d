//! Why a transfer fails.

use touchstone_kir::{OpenError, OpeningError, Root};

use crate::http::{self, PrivateAddress};

/// A transfer failed.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The endpoint is not a usable address.
    #[error("{endpoint} is not an endpoint ({reason}): a provider registers an http:// or https:// URL")]
    BadEndpoint {
        /// As registered.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The endpoint is on this machine or its network, and such addresses are not fetched from.
    #[error("the provider at {endpoint} cannot be used: {address}")]
    Private {
        /// The endpoint.
        endpoint: String,
        /// The address.
        address: PrivateAddress,
    },
    /// Nothing answers, or the answer breaks off.
    #[error(
        "the provider at {endpoint} does not answer ({reason}): try again later; what it has committed stays open \
        to challenge until its window ends"
    )]
    Unreachable {
        /// The endpoint.
        endpoint: String,
        /// What the transport says.
        reason: String,
    },
    /// The endpoint has no such blob.
    #[error("the provider at {endpoint} has no blob {}: inputs, outputs and traces are served until the job's \
        window ends", hex::encode(.root))]
    NotFound {
        /// The endpoint.
        endpoint: String,
        /// The root.
        root: Root,
    },
    /// The endpoint refuses.
    #[error("the provider at {endpoint} answers {status}: {text}")]
    Refused {
        /// The endpoint.
        endpoint: String,
        /// Status of HTTP.
        status: u16,
        /// Its text.
        text: String,
    },
    /// The data does not belong to the root: it was damaged on the way, or the provider lies. None of it is kept.
    #[error("the provider at {endpoint} serves data that does not belong to blob {} ({error}): do not use \
        it", hex::encode(.root))]
    Forged {
        /// The endpoint.
        endpoint: String,
        /// The root.
        root: Root,
        /// Why it is refused.
        error: Forgery,
    },
    /// The bytes to be uploaded are not those of the root.
    #[error("these {len} bytes hash to another root than {}: the file has changed since the job was \
        described", hex::encode(.root))]
    WrongBytes {
        /// The root.
        root: Root,
        /// How many bytes there are.
        len: u64,
    },
    /// The data cannot be written.
    #[error("the download cannot be kept: {0}")]
    Write(std::io::Error),
    /// What is uploaded cannot be read.
    #[error("the upload cannot be read: {0}")]
    Read(PieceError),
}

/// Why a piece of an upload cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PieceError {
    /// The file cannot be read, or is shorter than it was.
    #[error("{0}")]
    File(std::io::Error),
    /// The piece is not in the tree.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Why data is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forgery {
    /// It does not decode.
    #[error("it is not an opening in SCALE")]
    Undecodable,
    /// It is longer than the opening of these chunks can be.
    #[error("it is longer than such an opening can be")]
    TooLong,
    /// The whole file has other bytes.
    #[error("its bytes hash to another root, or are fewer")]
    OtherBytes,
    /// It opens other chunks than those asked for.
    #[error("it opens other chunks than those asked for")]
    OtherChunks,
    /// It does not verify.
    #[error("{0}")]
    Opening(OpeningError),
}

/// Not as the source of the error: the text has it already.
impl From<std::io::Error> for BlobError {
    fn from(error: std::io::Error) -> Self {
        Self::Write(error)
    }
}

impl BlobError {
    /// Whether the same transfer may succeed a little later: the provider is away or busy, or does not know the job
    /// yet.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => http::is_transient(*status),
            _ => false,
        }
    }
}
