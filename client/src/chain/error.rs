//! What can go wrong between this program and the chain, and what to do about it.

use std::fmt;

/// A read of the chain failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChainError {
    /// Nothing answers at the address, or the connection was cut and could not be made again.
    #[error(
        "no node answers at {url} ({reason}): start one with `touchstone-node --dev`, or name another with --url \
        or TOUCHSTONE_URL"
    )]
    Unreachable {
        /// Address.
        url: String,
        /// What the transport says.
        reason: String,
    },
    /// The node answered with an error.
    #[error("the node refused {method}: {message}")]
    Refused {
        /// The method of the RPC.
        method: String,
        /// Code of the JSON-RPC error.
        code: i32,
        /// Message and data of the JSON-RPC error.
        message: String,
    },
    /// The node answered what this program does not understand.
    #[error(
        "the answer of {what} cannot be read ({reason}): node and client are of different versions; update the \
        older one"
    )]
    Undecodable {
        /// What was asked.
        what: String,
        /// What does not fit.
        reason: String,
    },
    /// The chain lacks something that every Touchstone chain has.
    #[error("the chain has no {missing}: it is not a Touchstone chain, or is of another version; check --url")]
    WrongChain {
        /// What it lacks.
        missing: String,
    },
    /// The node now serves another chain than when the connection was made.
    #[error(
        "the node at {url} now serves another chain (another genesis block): what was known of jobs and accounts \
        does not hold there; start again"
    )]
    AnotherGenesis {
        /// Address.
        url: String,
    },
}

impl ChainError {
    /// Whether trying again later can help without anybody changing anything but the node's availability.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// Whether the node no longer has the state that was asked for: nodes keep that of the last blocks alone.
    pub(super) fn is_state_pruned(&self) -> bool {
        // `sp_blockchain::Error::UnknownBlock`, of which the RPC passes on the text.
        matches!(self, Self::Refused { message, .. } if message.contains("State already discarded"))
    }

    pub(super) fn undecodable(what: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self::Undecodable { what: what.into(), reason: reason.to_string() }
    }
}

/// A transaction failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TxError {
    /// The chain cannot be reached or read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The transaction could not be encoded for this chain's runtime.
    #[error(
        "the call {call} does not fit the chain's metadata ({reason}): node and client are of different versions; \
        update the older one"
    )]
    Unencodable {
        /// Pallet and call.
        call: String,
        /// What does not fit.
        reason: String,
    },
    /// The node did not take the transaction into its pool.
    #[error("the node did not take {call}: {reason}{}", in_brackets(.remedy))]
    Rejected {
        /// Pallet and call.
        call: String,
        /// The node's reason.
        reason: String,
        /// What to do.
        remedy: Option<&'static str>,
    },
    /// The transaction is in a block and the call failed. Nothing but the fee was taken.
    #[error("{call} failed: {error}")]
    Failed {
        /// Pallet and call.
        call: String,
        /// Why.
        error: Box<DispatchError>,
        /// The block.
        block: [u8; 32],
    },
    /// The transaction is in a block whose state the node no longer has, and nothing else says what became of it.
    #[error(
        "{call} is in block {number}, but the node no longer has the state that says whether it succeeded: look at \
        what it was to change before you repeat it"
    )]
    OutcomeUnknown {
        /// Pallet and call.
        call: String,
        /// Number of the block.
        number: u64,
    },
    /// The transaction did not get into a block in time.
    #[error(
        "{call} is in no block after {attempts} submissions ({reason}): check that the chain produces blocks, then \
        repeat the command"
    )]
    NotIncluded {
        /// Pallet and call.
        call: String,
        /// How often it was submitted.
        attempts: u32,
        /// The last obstacle.
        reason: String,
    },
}

impl TxError {
    /// Whether it is certain that the call has changed nothing on the chain and will not: it was never sent, the node
    /// did not take it, or it failed in its block.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Unencodable { .. } | Self::Rejected { .. } | Self::Failed { .. })
    }

    /// The name of the dispatch error as in the metadata, for example `NotDue`.
    pub fn dispatch_error(&self) -> Option<&DispatchError> {
        match self {
            Self::Failed { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// The error with which a call failed, decoded through the chain's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchError {
    /// The pallet, for errors of pallets.
    pub pallet: Option<String>,
    /// The error's name.
    pub name: String,
    /// Its documentation in the metadata, or a description.
    pub docs: String,
}

impl DispatchError {
    /// Whether it is this error of this pallet.
    pub fn is(&self, pallet: &str, name: &str) -> bool {
        self.pallet.as_deref() == Some(pallet) && self.name == name
    }

    /// What a person can do about it, where it is known.
    pub fn remedy(&self) -> Option<&'static str> {
        super::remedies::remedy(self.pallet.as_deref(), &self.name)
    }
}

impl fmt::Display for DispatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(pallet) = &self.pallet {
            write!(f, "{pallet}.")?;
        }
        write!(f, "{}", self.name)?;
        if !self.docs.is_empty() {
            write!(f, ": {}", self.docs)?;
        }
        f.write_str(&in_brackets(&self.remedy()))
    }
}

fn in_brackets(text: &Option<&'static str>) -> String {
    text.map(|text| format!(" ({text})")).unwrap_or_default()
}
