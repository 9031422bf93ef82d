//! The traits in which the pallets meet. Each fact has one owner; the others ask it here.

use alloc::vec::Vec;
use frame_support::pallet_prelude::*;
use touchstone_kir::Kernel;

use crate::{
    views::{BidView, Candidate, EscrowView, Obstacle, ResultView},
    Balance, Buffer, CommitmentId, DeviceClass, DeviceId, JobId, KernelHash, Terms, Tick,
};

/// The dispute clock. Implemented by disputes.
pub trait Clock {
    /// The current tick: it changes only between blocks.
    fn now() -> Tick;
}

/// Uploaded kernels. Implemented by kernel-registry.
pub trait Kernels {
    /// The kernel with this hash. Work is linear in the largest kernel.
    fn load(hash: &KernelHash) -> Option<Kernel>;

    /// An open job refers to the kernel: it cannot be removed. Fails if there is none.
    fn acquire(hash: &KernelHash) -> DispatchResult;

    /// Undoes one [`Kernels::acquire`].
    fn release(hash: &KernelHash) -> DispatchResult;

    /// How many [`Kernels::acquire`] stand: 0 if there is no such kernel.
    fn references(hash: &KernelHash) -> u32;
}

/// What a job needs from a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Class of device, or any.
    pub class: Option<DeviceClass>,
    /// Work that is priced.
    pub work: u64,
    /// Fuel of all steps: the verification fee follows from it.
    pub fuel: u64,
    /// Memory, bytes.
    pub memory: u64,
    /// Highest price.
    pub ceiling: Balance,
    /// The buyer's own least collateral.
    pub min_collateral: Balance,
    /// The conditions of the job: they fix the collateral.
    pub terms: Terms,
}

impl Need {
    /// What the device's owner puts at risk at this price.
    pub fn collateral(&self, price: Balance) -> Balance {
        self.terms.collateral(price, self.fuel, self.min_collateral)
    }
}

/// How an engagement ended, for the provider's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Outcome {
    /// A better bid replaced its bid, or the job went away before it was assigned.
    #[codec(index = 0)]
    Released,
    /// It passed in time: the device's ask is set anew, and counts only after the delay of a new one.
    #[codec(index = 1)]
    Passed,
    /// Its result stood.
    #[codec(index = 2)]
    Settled,
    /// It missed the deadline: the device's ask is paused.
    #[codec(index = 3)]
    Missed,
    /// Its result was refuted: all its asks are paused; repeated within the trailing period, a share of the stake burns.
    #[codec(index = 4)]
    Refuted,
}

/// Providers, their devices, slots and stake. Implemented by provider-registry.
///
/// For each engagement exactly one `engage` is followed by at most one `delivered` and exactly one `disengage`, whose
/// outcome is [`Outcome::Settled`] or [`Outcome::Refuted`] if and only if there was a `delivered`. The collateral leaves the stake in
/// `engage` (the caller puts it into escrow in the same transaction) and what escrow gave back returns in `disengage`.
pub trait Providers<AccountId> {
    /// The lowest live ask that fits, ties broken by age of the ask. Looks at no more than a bounded number of asks.
    fn cheapest(need: &Need, excluded: &[AccountId]) -> Option<BidView<AccountId>>;

    /// What `cheapest` and a bid look at, cheapest first, at most `limit` devices, with all obstacles. For reads only.
    fn survey(need: &Need, excluded: &[AccountId], limit: u32) -> Vec<Candidate<AccountId>>;

    /// What speaks against this device doing the job at this price, if anything. A bid names its own price, so the
    /// ask's price is not looked at here: the device must have an ask, a free slot, class, memory and stake.
    fn obstacle(provider: &AccountId, device: DeviceId, need: &Need, price: Balance) -> Option<Obstacle>;

    /// Takes a slot of the device and `collateral` out of the free stake; afterwards the account holds that much less
    /// in stake and that much more in its free balance, for escrow to hold.
    fn engage(provider: &AccountId, device: DeviceId, collateral: Balance) -> DispatchResult;

    /// The work of an engagement is done and its result is committed: the slot is free for other work, the result stands
    /// with its collateral until `disengage`.
    fn delivered(provider: &AccountId, device: DeviceId) -> DispatchResult;

    /// Ends the engagement, frees the slot if it is still taken, and takes `returned` (free balance of the provider again) back into the stake.
    fn disengage(provider: &AccountId, device: DeviceId, returned: Balance, outcome: Outcome) -> DispatchResult;

    /// Where blobs are put and served.
    fn endpoint(provider: &AccountId) -> Option<Vec<u8>>;
}

/// Every coin that is held for a job. Implemented by escrow.
///
/// Payment is held on the buyer in the job's asset, collateral on the provider in the native coin.
pub trait Escrow<AccountId> {
    /// Fails if jobs cannot be paid in this asset.
    fn ensure_listed(asset: Option<u32>) -> DispatchResult;

    /// Holds `amount` (ceiling, largest fee, pass fees) on the buyer. The asset must be listed.
    fn open(job: &JobId, buyer: &AccountId, asset: Option<u32>, amount: Balance) -> DispatchResult;

    /// Holds `amount` on the provider for this job. At most one collateral at a time.
    fn lock_collateral(job: &JobId, provider: &AccountId, amount: Balance) -> DispatchResult;

    /// Pays `price` to the provider and `fee` to the verification pool out of the buyer's hold.
    fn pay(job: &JobId, provider: &AccountId, price: Balance, fee: Balance) -> DispatchResult;

    /// Burns `fee` from the payment and from the collateral.
    fn burn_pass_fee(job: &JobId, fee: Balance) -> DispatchResult;

    /// Ends the collateral hold; returns what the provider has free again.
    fn free_collateral(job: &JobId) -> Result<Balance, DispatchError>;

    /// Takes the collateral: up to `bounty` to the refuter (if there is one), up to `refund` to the buyer, the rest burns.
    fn forfeit_collateral(job: &JobId, refund: Balance, bounty: Option<(&AccountId, Balance)>) -> DispatchResult;

    /// Gives the buyer what is still held and ends the record. There must be no collateral.
    fn close(job: &JobId) -> DispatchResult;

    /// What is held.
    fn view(job: &JobId) -> Option<EscrowView<AccountId>>;
}

/// The assignment that a commitment answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment<AccountId> {
    /// Number of the assignment.
    pub attempt: u32,
    /// Who is assigned.
    pub provider: AccountId,
    /// Last tick for the commitment.
    pub commit_by: Tick,
    /// Number of steps: the number of roots to commit.
    pub steps: u32,
}

/// A buffer that a step reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// An input of the job.
    Input(Buffer),
    /// The output of an earlier step, whose root is in the commitment.
    Output {
        /// The step.
        step: u8,
        /// Its length, bytes.
        len: u32,
    },
}

/// Everything about one step that the judge needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepContext {
    /// Kernel.
    pub kernel: KernelHash,
    /// Parameters.
    pub params: Vec<u32>,
    /// Buffers, in the order in which the kernel numbers them.
    pub reads: Vec<Read>,
    /// Number of invocations.
    pub invocations: u32,
    /// Length of the output, bytes.
    pub output_len: u32,
    /// Static fuel of one invocation, computed at submission.
    pub fuel: u64,
    /// Length of the encoded kernel, bytes: with the fuel it lets the judge refuse before it reads the kernel.
    pub code_bytes: u32,
}

/// The jobs. Implemented by reverse-auction.
pub trait Jobs<AccountId> {
    /// The assignment that waits for a commitment, if the job is in that state.
    fn assignment(job: &JobId) -> Option<Assignment<AccountId>>;

    /// One step of a job.
    fn step(job: &JobId, step: u8) -> Option<StepContext>;

    /// The assignment was answered: the window starts. Returns its last tick.
    fn committed(job: &JobId, commitment: CommitmentId) -> Result<Tick, DispatchError>;

    /// The last tick of the window, if a commitment stands.
    fn window_end(job: &JobId) -> Option<Tick>;

    /// The buyer accepts: the price is paid, nothing else changes. `who` must be the buyer.
    fn accepted(job: &JobId, who: &AccountId) -> DispatchResult;

    /// The result is wrong: collateral is forfeited, `refuter` gets the bounty, the job goes to auction again or closes.
    fn refuted(job: &JobId, refuter: &AccountId) -> DispatchResult;
}

/// Committed results. Implemented by disputes.
pub trait Results<AccountId> {
    /// The result stood: it can be read until it is forgotten, and challenged no more.
    fn settled(job: &JobId);

    /// The job has no use for its result any more (refuted, or its record is removed).
    fn forget(job: &JobId);

    /// The committed result.
    fn view(job: &JobId) -> Option<ResultView<AccountId>>;
}
