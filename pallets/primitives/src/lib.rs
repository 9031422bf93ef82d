//! What the pallets share.
//!
//! Without features: the types that travel (codec and scale-info only), for programs outside the chain.
//! With `frame`: the traits in which the pallets meet, and the runtime API. No pallet depends on another one.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, unreachable_pub)
)]

extern crate alloc;

mod amounts;
mod funds;
mod ids;
mod job;
#[cfg(feature = "frame")]
mod paging;
mod proof;
mod provider;
mod subject;
mod terms;
mod trace;
mod url;
pub mod views;

#[cfg(feature = "frame")]
mod api;
#[cfg(test)]
mod tests;
#[cfg(feature = "frame")]
mod traits;

pub use amounts::{AssetAmount, Balance, ListedAssets, Rate, MAX_LISTED_ASSETS};
pub use funds::{Collateral, Funds, Shortfall};
pub use ids::{CommitmentId, JobId};
pub use job::{
    AttemptEnd, Buffer, CarriedOutputs, CloseReason, InlineData, Input, JobSpec, Matching, PassReason, Source, Step,
    Totals, MAX_CARRIED_BYTES, MAX_INLINE_BYTES, MAX_INPUTS, MAX_PARAMS, MAX_READS, MAX_STEPS, MAX_URL_BYTES,
};
pub use proof::{opened_bytes, Claim, Proof, ProofLimits, Target};
pub use provider::{Ask, DeviceClass, DeviceId, DeviceSpec, MAX_DEVICES, MAX_ENDPOINT_BYTES, MAX_NAME_BYTES};
pub use subject::Subject;
pub use terms::Terms;
pub use touchstone_kir::{KernelHash, Root};
pub use trace::{
    chunks_of, open_trace, prove_root, root_in, split_outputs, Trace, TraceDefect, MAX_INSTANCES, ROOTS_PER_CHUNK,
    ROOT_BYTES,
};
pub use url::{check_endpoint, check_url, UrlDefect};

#[cfg(feature = "frame")]
pub use api::*;
#[cfg(feature = "frame")]
pub use paging::read_page;
#[cfg(feature = "frame")]
pub use traits::*;

/// Time on the dispute clock: blocks that closed with space for one more of the largest refutations.
///
/// Every deadline of a job is a tick: filling blocks delays the deadline instead of beating it.
pub type Tick = u32;
