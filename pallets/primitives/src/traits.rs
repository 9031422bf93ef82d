//! The traits in which the pallets meet. Each fact has one owner; the others ask it here.

use alloc::vec::Vec;
use frame_support::pallet_prelude::*;
use touchstone_kir::Kernel;

use crate::{
    views::{BidView, Candidate, Obstacle},
    Balance, Buffer, CommitmentId, DeviceClass, DeviceId, Funds, JobId, KernelHash, Rate, Terms, Tick,
};

/// The dispute clock. Implemented by dispute-clock.
pub trait Clock {
    /// The current tick: it changes only between blocks.
    fn now() -> Tick;
}

/// Uploaded kernels. Implemented by kernel-registry.
pub trait Kernels {
    /// The kernel with this hash. Work is linear in the largest kernel.
    fn load(hash: &KernelHash) -> Option<Kernel>;

    /// Length of the encoded kernel with this hash, bytes. It is known without reading the kernel.
    fn code_bytes(hash: &KernelHash) -> Option<u32>;

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
pub enum EngagementEnd {
    /// A better bid replaced the provider's bid, or the job closed before it was assigned.
    #[codec(index = 0)]
    Released,
    /// The provider passed in time. The device's ask is set again and counts only after the delay of a new one.
    #[codec(index = 1)]
    Passed,
    /// The result was settled.
    #[codec(index = 2)]
    Settled,
    /// The provider missed the deadline. The device's ask is paused.
    #[codec(index = 3)]
    Missed,
    /// The result was refuted. All asks of the provider are paused; a repeat within the fault period burns a share of
    /// the stake.
    #[codec(index = 4)]
    Refuted,
}

/// What a search for the lowest ask found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<AccountId> {
    /// The lowest live ask that fits.
    pub best: Option<BidView<AccountId>>,
    /// Weight of the search, by what it looked at, beyond that of a search that takes the first ask it sees. The caller
    /// counts that one.
    pub weight: Weight,
}

/// Providers, their devices, slots and stake. Implemented by provider-registry.
///
/// Each `engage` is followed by at most one `delivered` and exactly one `disengage`. The end is
/// [`EngagementEnd::Settled`] or [`EngagementEnd::Refuted`] if and only if there was a `delivered`.
///
/// These methods keep the record of the stake; [`Escrow`] moves the coins. The caller pairs `engage` with
/// [`Escrow::lock_collateral`] and `disengage` with [`Escrow::free_collateral`] or [`Escrow::forfeit_collateral`], with
/// the same amounts and in one storage layer.
pub trait Providers<AccountId> {
    /// The lowest live ask that fits; the oldest among equals. Looks at a bounded number of asks.
    fn cheapest(need: &Need, excluded: &[AccountId]) -> Found<AccountId>;

    /// The most that [`Providers::cheapest`] and [`Providers::engage`] return as weight together.
    fn match_weight() -> Weight;

    /// What it adds to the weight of an ask that leaves the index that every shelf has asks. [`Providers::disengage`]
    /// takes one out after a pass or a missed deadline: a caller adds this to what was measured on a short index.
    fn withdrawal_weight() -> Weight;

    /// The devices that `cheapest` and a bid consider, cheapest first, at most `limit`, with all obstacles. For reads
    /// only.
    fn survey(need: &Need, excluded: &[AccountId], limit: u32) -> Vec<Candidate<AccountId>>;

    /// Why this device cannot do the job at this price, if it cannot. A bid names its own price, so the ask's price
    /// does not count here: the device must have an ask, a free slot, class, memory and stake.
    fn obstacle(provider: &AccountId, device: DeviceId, need: &Need, price: Balance) -> Option<Obstacle>;

    /// Takes a slot of the device and subtracts `collateral` from the recorded stake. Returns what it weighed beyond
    /// the engagement of an ask that takes its last job, which the caller counts.
    fn engage(provider: &AccountId, device: DeviceId, collateral: Balance) -> Result<Weight, DispatchError>;

    /// The work is done and its result is committed: the slot is free for other work. The collateral stays at risk
    /// until `disengage`.
    fn delivered(provider: &AccountId, device: DeviceId) -> DispatchResult;

    /// Ends the engagement, frees the slot if it is still taken, and adds `returned` to the recorded stake.
    fn disengage(provider: &AccountId, device: DeviceId, returned: Balance, end: EngagementEnd) -> DispatchResult;

    /// Where blobs are put and served.
    fn endpoint(provider: &AccountId) -> Option<Vec<u8>>;
}

/// The funds of one job, and what they are for.
pub struct JobFunds<'a, AccountId> {
    /// The job.
    pub job: JobId,
    /// Who pays.
    pub buyer: &'a AccountId,
    /// The asset that pays: `None` is the native coin.
    pub asset: Option<u32>,
    /// What is held for it.
    pub funds: &'a mut Funds<AccountId>,
}

/// Moves every coin that is held for a job. Implemented by escrow.
///
/// What is held is written in the job's record, which the caller lends and stores: a method that fails leaves funds and
/// coins as they were.
///
/// Payment is held on the buyer in the job's asset, collateral on the provider in the native coin. All amounts are
/// native; those of the payment are converted here, and only here, by the rate that the asset had when the job was
/// submitted.
pub trait Escrow<AccountId> {
    /// The rate at which a job opened now would be paid in this asset. Fails if the asset is not listed.
    fn rate(asset: Option<u32>) -> Result<Rate, DispatchError>;

    /// Holds what `amount` (ceiling, largest fee, pass fees) is worth on the buyer. The asset must be listed.
    fn open(buyer: &AccountId, asset: Option<u32>, amount: Balance) -> Result<Funds<AccountId>, DispatchError>;

    /// Moves `amount` from the provider's stake hold into the collateral of this job, in one step. A job has at most
    /// one collateral.
    fn lock_collateral(job: JobFunds<'_, AccountId>, provider: &AccountId, amount: Balance) -> DispatchResult;

    /// Pays `price` to the provider and `fee` to the verification pool out of the buyer's hold.
    fn pay(job: JobFunds<'_, AccountId>, provider: &AccountId, price: Balance, fee: Balance) -> DispatchResult;

    /// Burns `fee` from the collateral, and what it is worth from the payment.
    fn burn_pass_fee(job: JobFunds<'_, AccountId>, fee: Balance) -> DispatchResult;

    /// Moves the collateral back into the provider's stake hold, in one step. Returns its amount.
    fn free_collateral(job: JobFunds<'_, AccountId>) -> Result<Balance, DispatchError>;

    /// Takes the collateral: up to `bounty` to the refuter (if there is one), up to `refund` to the buyer, the rest
    /// burns. The refund is native coin, also for a payment that was made in another asset.
    fn forfeit_collateral(
        job: JobFunds<'_, AccountId>,
        refund: Balance,
        bounty: Option<(&AccountId, Balance)>,
    ) -> DispatchResult;

    /// Returns what is still held to the buyer. The job must have no collateral.
    fn close(job: JobFunds<'_, AccountId>) -> DispatchResult;

    /// Checks that what is held on the accounts of the chain is what `jobs` say: buyer, asset and funds of each that is
    /// not closed. For `try_state`: it goes through all accounts.
    fn check(jobs: impl Iterator<Item = (AccountId, Option<u32>, Funds<AccountId>)>) -> Result<(), DispatchError>;
}

/// A buffer that a step instance reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// An input of the job.
    Input(Buffer),
    /// The output of an earlier instance, whose root is in the trace.
    Output {
        /// The instance.
        instance: u32,
        /// Its length, bytes.
        len: u32,
    },
}

/// Everything about one step instance that the judge needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceContext {
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

/// Why a commitment cannot be challenged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChallengeable {
    /// The job has no result with this commitment now.
    Unknown,
    /// The time for challenges is over.
    WindowOver,
}

/// A committed result that can be challenged, with the facts of its job that the judge needs.
pub trait ChallengedResult<AccountId> {
    /// The attempt for which it was committed.
    fn attempt(&self) -> u32;

    /// The provider that committed it.
    fn provider(&self) -> &AccountId;

    /// Root and length of the committed trace.
    fn trace(&self) -> Buffer;

    /// One step instance of the job, counted in the order of execution.
    fn instance(&self, instance: u32) -> Option<InstanceContext>;

    /// The conditions of the job.
    fn terms(&self) -> &Terms;

    /// Whether the chain has all outputs, because they came with the commitment. Then nothing has to be served.
    fn are_outputs_on_chain(&self) -> bool;

    /// Whether the window is over. While demands are open, and until what answers have shown was open to challenge for
    /// long enough, the result can be challenged all the same.
    fn is_window_over(&self) -> bool;

    /// Demands that wait for an answer.
    fn open_demands(&self) -> u32;

    /// A demand was made that waits for an answer up to and including `deadline`. The result is not settled while it
    /// waits.
    fn demanded(self, deadline: Tick) -> DispatchResult;

    /// A demand was answered. What the answer shows can be challenged up to and including `until`: the result is not
    /// settled before that.
    fn answered(self, until: Tick) -> DispatchResult;

    /// The result is wrong: the collateral is forfeited, `refuter` gets the bounty, and the job gets another attempt or
    /// closes.
    fn refute(self, refuter: &AccountId) -> DispatchResult;
}

/// What became of a committed result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It can still be challenged, or waits for its settlement.
    Undecided {
        /// The last tick at which it can be challenged, as far as is known now. It may be in the past.
        until: Tick,
    },
    /// It was settled.
    Stood,
    /// It was refuted, or nothing is known of it any more. A result that was settled stays known for a while after its
    /// last tick, one that was refuted may be gone long before that.
    Refuted,
}

/// The jobs and their committed results. Implemented by reverse-auction.
pub trait Jobs<AccountId> {
    /// A challenged result. It carries the decoded job, so that a refutation reads the job from storage once.
    type Challenged: ChallengedResult<AccountId>;

    /// The most that follows a refutation weighs: outputs leave the chain, and another provider is searched for.
    fn retry_weight() -> Weight;

    /// The result with this commitment, if it can be challenged now.
    fn challenged(job: &JobId, commitment: &CommitmentId) -> Result<Self::Challenged, NotChallengeable>;

    /// What became of the result with this commitment, which the job had at some time.
    fn fate(job: &JobId, commitment: &CommitmentId) -> Fate;
}
