use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::fmt;
use scale_info::TypeInfo;

use crate::{Buffer, JobSpec};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, DecodeWithMemTracking,
            MaxEncodedLen, TypeInfo,
        )]
        pub struct $name(pub [u8; 32]);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("0x")?;
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    };
}

id! {
    /// A job: the prefix of its buyer, then the rest of BLAKE3 of (genesis hash, buyer, salt, specification). Never a
    /// counter, so that a fork cannot redirect it.
    JobId
}
id! {
    /// A commitment: BLAKE3 of (job, attempt, provider, trace), so that a challenge names exactly the result that it
    /// disputes.
    CommitmentId
}

impl JobId {
    /// The id of the job that `buyer` submits with `salt` on the chain that starts with `genesis`.
    pub fn new<AccountId: Encode>(genesis: &[u8; 32], buyer: &AccountId, salt: &[u8; 32], spec: &JobSpec) -> Self {
        let mut id = touchstone_kir::root(&(genesis, buyer, salt, spec).encode());
        id.iter_mut().zip(Self::prefix_of(buyer)).for_each(|(byte, of_buyer)| *byte = of_buyer);
        Self(id)
    }

    /// How the ids of all jobs of `buyer` begin: the first bytes of BLAKE3 of the account. Jobs are stored in the order
    /// of their ids, so this is the index of jobs by buyer. Another account may have the same prefix.
    pub fn prefix_of<AccountId: Encode>(buyer: &AccountId) -> [u8; 8] {
        let hash = touchstone_kir::root(&buyer.encode());
        let mut prefix = [0; 8];
        prefix.iter_mut().zip(hash).for_each(|(byte, of_hash)| *byte = of_hash);
        prefix
    }
}

impl CommitmentId {
    /// The id of the commitment with which `provider` answers attempt `attempt` of `job`.
    pub fn new<AccountId: Encode>(job: &JobId, attempt: u32, provider: &AccountId, trace: &Buffer) -> Self {
        Self(touchstone_kir::root(&(job, attempt, provider, trace).encode()))
    }
}
