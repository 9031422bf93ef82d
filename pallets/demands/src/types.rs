//! What is stored for a demand. Nothing here touches storage.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use touchstone_primitives::{Balance, JobId, Terms, Tick};

/// The bond of a demand doubles with each so many demands of the commitment that wait for an answer. So nobody can keep
/// a challenger out by filling a fixed number of places, and how many answers can be due at the same time grows only
/// with the logarithm of the coins behind the demands: a provider is able to give them.
pub const DOUBLES_EVERY: u32 = 64;

/// Siblings of the longest path: a buffer has 2^21 chunks.
pub const MAX_PATH: u32 = 21;

/// Answers that a demand past the window names, at most: six demands follow from each other.
pub const MAX_SHOWN: u32 = 5;

/// What a demand holds while `open` others of the commitment wait for an answer, under the terms of the job. Never less
/// than the price of an answer. Saturating.
pub fn bond_of(terms: &Terms, open: u32) -> Balance {
    let least = terms.demand_bond.max(terms.answer_price);
    least.saturating_mul(Balance::saturating_pow(2, open / DOUBLES_EVERY))
}

/// A demand for one node.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Demand<AccountId> {
    /// The job.
    pub job: JobId,
    /// Length of the buffer, bytes.
    pub len: u32,
    /// The value of the node: what an answer hashes to.
    pub value: [u8; 32],
    /// Whose result it is: an answer is paid to this account, no matter who gives it.
    pub provider: AccountId,
    /// Who demanded it.
    pub demander: AccountId,
    /// What an answer is paid, out of what is held on the demander.
    pub price: Balance,
    /// Where it stands.
    pub stage: Stage,
}

/// Where a demand stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Stage {
    /// It waits for an answer. The bond is held on the demander.
    #[codec(index = 0)]
    Asked {
        /// The bond.
        bond: Balance,
        /// Last tick for the answer.
        deadline: Tick,
    },
    /// It was answered. The price is held on the demander until the result stands or falls.
    #[codec(index = 1)]
    Answered {
        /// Last tick at which what it shows can be demanded, whenever the window ends.
        until: Tick,
    },
}

impl<AccountId> Demand<AccountId> {
    /// Whether it waits for an answer.
    pub fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Asked { .. })
    }

    /// What is held on the demander.
    pub fn held(&self) -> Balance {
        match self.stage {
            Stage::Asked { bond, .. } => bond,
            Stage::Answered { .. } => self.price,
        }
    }
}
