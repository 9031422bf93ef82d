use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use touchstone_kir::Opening;

use crate::{CommitmentId, JobId};

/// A buffer under a commitment.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum Target {
    /// The trace.
    #[codec(index = 0)]
    Trace,
    /// The output of one step instance.
    #[codec(index = 1)]
    Output {
        /// The instance.
        instance: u32,
        /// Opens the chunk of the trace that holds the output's root (that chunk alone).
        trace: Opening,
    },
}

impl Target {
    /// The instance, if the target is an output.
    pub fn instance(&self) -> Option<u32> {
        match self {
            Self::Trace => None,
            Self::Output { instance, .. } => Some(*instance),
        }
    }

    /// Bytes that have to be hashed to show the target's root.
    pub fn opened_bytes(&self) -> u32 {
        match self {
            Self::Trace => 0,
            Self::Output { trace, .. } => opened_bytes(trace),
        }
    }
}

/// The one word that a refutation disputes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Claim {
    /// The job.
    pub job: JobId,
    /// The commitment that the challenger saw. It names the attempt and the provider too, so that a fork or another
    /// attempt cannot redirect the call.
    pub commitment: CommitmentId,
    /// The step instance, counted from 0 in the order of execution.
    pub instance: u32,
    /// Index of the word in the instance's output; word / window is the invocation that is re-executed.
    pub word: u32,
}

/// What the challenger declares, so that the call is charged before anything is read. Declaring too little is an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ProofLimits {
    /// Static fuel of one invocation of the instance.
    pub fuel: u64,
    /// Length of the encoded kernel, bytes.
    pub code_bytes: u32,
}

/// Everything the chain needs to re-execute the one invocation.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Proof {
    /// Opens the chunks of the trace that hold the roots of the output and of each earlier output that the instance
    /// reads (those chunks alone, each of them once).
    pub trace: Opening,
    /// Opens the chunk of the output that holds the disputed word (that chunk alone).
    pub output: Opening,
    /// Opens, for each buffer that the instance reads and in that order, the chunks that the invocation reads.
    pub reads: Vec<Opening>,
}

impl Proof {
    /// Bytes of chunks and sibling hashes that have to be hashed: the unit of the judge's weight.
    pub fn opened_bytes(&self) -> u32 {
        [&self.trace, &self.output]
            .into_iter()
            .chain(&self.reads)
            .fold(0u32, |sum, opening| sum.saturating_add(opened_bytes(opening)))
    }
}

/// Bytes of one opening that have to be hashed. A sibling or a range counts as the 64 bytes of a hash's block.
pub fn opened_bytes(opening: &Opening) -> u32 {
    let siblings = (opening.siblings.len() as u32).saturating_mul(64);
    let ranges = (opening.ranges.len() as u32).saturating_mul(64);
    (opening.data.len() as u32).saturating_add(siblings).saturating_add(ranges)
}
