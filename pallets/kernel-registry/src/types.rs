//! What is stored of a kernel.

use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Length of the longest kernel, bytes.
pub const MAX_CODE_BYTES: u32 = touchstone_kir::limits::MAX_CODE_BYTES as u32;

/// An encoded kernel.
pub type Code = BoundedVec<u8, ConstU32<MAX_CODE_BYTES>>;

/// What is known of a kernel beside its bytes.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Record<AccountId, Ticket> {
    /// Who uploaded it and may remove it.
    pub owner: AccountId,
    /// The owner's deposit.
    pub ticket: Ticket,
    /// Length of the encoded kernel, bytes.
    pub code_bytes: u32,
    /// Open jobs that refer to it, counted once for each step.
    pub references: u32,
}
