use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{Balance, DeviceClass, KernelHash, Root, Tick};

/// Input buffers of a job.
pub const MAX_INPUTS: u32 = 16;
/// Steps of a job.
pub const MAX_STEPS: u32 = 16;
/// Buffers that one step reads.
pub const MAX_READS: u32 = touchstone_kir::limits::MAX_INPUTS as u32;
/// Parameters of one step, words.
pub const MAX_PARAMS: u32 = touchstone_kir::limits::MAX_PARAMS as u32;
/// All inline inputs of a job together, bytes.
pub const MAX_INLINE_BYTES: u32 = 64 * 1024;
/// All outputs of a job together, if they come with the commitment, bytes.
pub const MAX_CARRIED_BYTES: u32 = 64 * 1024;
/// Length of a URL, bytes.
pub const MAX_URL_BYTES: u32 = 256;

/// The bytes of the inputs marked [`Source::Inline`], in the order of the inputs.
pub type InlineData = BoundedVec<BoundedVec<u8, ConstU32<MAX_INLINE_BYTES>>, ConstU32<MAX_INPUTS>>;

/// The outputs of all step instances, one after the other in the order of execution, as they may come with a
/// commitment. The job says how long each of them is.
pub type CarriedOutputs = BoundedVec<u8, ConstU32<MAX_CARRIED_BYTES>>;

/// Immutable bytes, named by content.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Buffer {
    /// BLAKE3 of the bytes.
    pub root: Root,
    /// Length in bytes: a positive multiple of 4, at most 2 GiB. It fixes range and tree shape.
    pub len: u32,
}

/// How the provider gets an input.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Source {
    /// With the submission: the chain keeps the bytes while the job is open.
    #[codec(index = 0)]
    Inline,
    /// By PUT to the assigned provider's endpoint.
    #[codec(index = 1)]
    Put,
    /// By GET from this URL.
    #[codec(index = 2)]
    Url(BoundedVec<u8, ConstU32<MAX_URL_BYTES>>),
}

/// An input buffer of a job.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Input {
    /// What the bytes are.
    pub buffer: Buffer,
    /// Where they come from.
    pub source: Source,
}

/// One dispatch of one kernel. It defines exactly one new buffer of `invocations × window × 4` bytes.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Step {
    /// The kernel, by hash.
    pub kernel: KernelHash,
    /// The buffers it reads: inputs are numbered from 0, then the outputs of the steps in order.
    pub reads: BoundedVec<u8, ConstU32<MAX_READS>>,
    /// Number of invocations, at least 1.
    pub invocations: u32,
    /// Parameters.
    pub params: BoundedVec<u32, ConstU32<MAX_PARAMS>>,
}

/// How a provider is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Matching {
    /// The lowest live ask that fits takes the job in the block that submits it; without one the job becomes an open
    /// auction of the chain's default length.
    #[codec(index = 0)]
    Instant,
    /// Bids descend until the auction closes, this many ticks after submission.
    #[codec(index = 1)]
    Open {
        /// Length of the auction.
        ticks: Tick,
    },
}

/// The whole specification of a job.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct JobSpec {
    /// Input buffers.
    pub inputs: BoundedVec<Input, ConstU32<MAX_INPUTS>>,
    /// Steps, in order; the output of the last one is the result.
    pub steps: BoundedVec<Step, ConstU32<MAX_STEPS>>,
    /// How a provider is found.
    pub matching: Matching,
    /// The class of device that is wanted, or any.
    pub class: Option<DeviceClass>,
    /// The asset that pays: `None` is the native coin. Prices are amounts of the native coin all the same; they are
    /// paid in the asset at its rate at submission.
    pub asset: Option<u32>,
    /// The highest price the buyer pays, without the verification fee, in the native coin.
    pub ceiling: Balance,
    /// Ticks from assignment to commitment.
    pub deadline: Tick,
    /// The least collateral the provider puts at risk, in the native coin; the chain's own minimum applies as well.
    pub min_collateral: Balance,
}

/// What a job amounts to, computed by the chain from its specification.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Totals {
    /// Worst-case fuel of all invocations of all steps.
    pub fuel: u64,
    /// Bytes of all inputs.
    pub input_bytes: u64,
    /// Bytes of all step outputs.
    pub output_bytes: u64,
    /// Bytes a device holds at once: all buffers (no buffer is dropped before the last step).
    pub memory: u64,
    /// The unit of price: fuel, with data counted at the chain's rate.
    pub work: u64,
    /// Bytes of the kernels of all steps. `submit` declares it.
    pub code_bytes: u32,
}

/// Why a job ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum CloseReason {
    /// The result was not refuted, and was paid.
    #[codec(index = 0)]
    Settled,
    /// The auction closed without a bid.
    #[codec(index = 1)]
    NoBids,
    /// As many attempts failed, or were passed, as the chain allows.
    #[codec(index = 2)]
    AttemptsExhausted,
    /// The result was refuted after the buyer had accepted it; the buyer was repaid from the collateral.
    #[codec(index = 3)]
    RefutedAfterAcceptance,
    /// The buyer cancelled the job before it was assigned.
    #[codec(index = 4)]
    Cancelled,
}

/// Why a provider gave an assignment back, for the buyer who has to mend it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum PassReason {
    /// An input did not arrive in time, or what arrived was something else.
    #[codec(index = 0)]
    InputsMissing,
    /// The server of an input's URL refused it.
    #[codec(index = 1)]
    UrlRefused {
        /// The HTTP status; 0 if there was no answer.
        status: u16,
    },
    /// The job does not fit the device.
    #[codec(index = 2)]
    DoesNotFit,
    /// The device failed.
    #[codec(index = 3)]
    DeviceFault,
    /// The device cannot finish by the deadline.
    #[codec(index = 4)]
    TooSlow,
    /// Another reason.
    #[codec(index = 5)]
    Other,
}

/// How an assignment ended that brought no result that stood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum AttemptEnd {
    /// The provider gave it back in time.
    #[codec(index = 0)]
    Passed(PassReason),
    /// No commitment came by the deadline.
    #[codec(index = 1)]
    Missed,
    /// The committed result was refuted.
    #[codec(index = 2)]
    Refuted,
}
