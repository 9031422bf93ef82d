//! Constants of the chain.

use frame_support::weights::constants::WEIGHT_REF_TIME_PER_SECOND;
use frame_support::weights::Weight;
use sp_runtime::Perbill;

use crate::{Balance, BlockNumber};

/// One coin. The symbol is TSN, with 12 decimals.
pub const TSN: Balance = 1_000_000_000_000;
/// A thousandth of a coin.
pub const MILLI: Balance = TSN / 1_000;
/// A millionth of a coin.
pub const MICRO: Balance = TSN / 1_000_000;

/// Minimum balance of an account.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLI;

/// Length of a slot, milliseconds. Changing it stops a running chain.
pub const SLOT_DURATION: u64 = 3_000;

/// Blocks in a minute, an hour and a day, if every slot has a block.
pub const MINUTES: BlockNumber = (60_000 / SLOT_DURATION) as BlockNumber;
/// See [`MINUTES`].
pub const HOURS: BlockNumber = MINUTES * 60;
/// See [`MINUTES`].
pub const DAYS: BlockNumber = HOURS * 24;

/// Length of an epoch (and session), slots: ten minutes. Changing it stops a running chain.
pub const EPOCH_DURATION: u64 = 200;

/// One slot in this many has a primary author; secondary authors fill the others.
pub const PRIMARY_PROBABILITY: (u64, u64) = (1, 4);

/// Sessions for which an equivocation can still be reported: a week.
pub const REPORT_LONGEVITY: u32 = (7 * DAYS as u64 / EPOCH_DURATION) as u32;

/// Weight limit of a block: one of the slot's three seconds. A solo chain has no limit on storage proofs.
pub const MAX_BLOCK_WEIGHT: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND, u64::MAX);

/// Length of one block, bytes.
pub const MAX_BLOCK_LENGTH: u32 = 5 * 1024 * 1024;

/// The share of a block that ordinary transactions can fill. The rest is reserved for operational ones, mainly
/// disputes.
pub const NORMAL_RATIO: Perbill = Perbill::from_percent(75);

/// Deposit for storing `items` records of `bytes` bytes in total.
pub const fn deposit(items: u32, bytes: u32) -> Balance {
    items as Balance * 10 * MILLI + bytes as Balance * 10 * MICRO
}
