//! What the runtime API answers: whole records for people and programs, assembled from the pallets that own the facts.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use touchstone_kir::Node;

use crate::{
    Ask, AssetAmount, AttemptEnd, Balance, Buffer, CloseReason, Collateral, CommitmentId, DeviceId, DeviceSpec, Funds,
    JobId, JobSpec, KernelHash, Rate, Subject, Terms, Tick, Totals,
};

/// Most entries that one read of a list looks at, whatever its caller asks for.
pub const MAX_PAGE: u32 = 64;

/// Most demands of one result that one read returns, whatever its caller asks for.
pub const MAX_DEMANDS: u32 = 256;

/// Where the next page of a list begins. Pass it back as it is.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Cursor(pub Vec<u8>);

/// Part of a list. It may be empty although the list goes on: the number of entries that one read looks at is bounded,
/// and some of them may not belong to what was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Page<Item> {
    /// The entries.
    pub items: Vec<Item>,
    /// Where the next page begins; `None` at the end of the list.
    pub next: Option<Cursor>,
}

/// The stage of a job.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Stage<AccountId> {
    /// An auction is running.
    Open {
        /// Bids are taken up to and including this tick.
        closes: Tick,
        /// The best bid so far.
        best: Option<BidView<AccountId>>,
    },
    /// A provider is assigned.
    Assigned {
        /// Who, on which device, at what price, with what collateral.
        deal: BidView<AccountId>,
        /// The provider may pass up to and including this tick.
        pass_by: Tick,
        /// The commitment is due up to and including this tick.
        commit_by: Tick,
    },
    /// A result is committed and can be challenged.
    Committed {
        /// As assigned.
        deal: BidView<AccountId>,
        /// The commitment.
        commitment: CommitmentId,
        /// When it was committed.
        committed_at: Tick,
        /// Challenges are taken up to and including this tick, as far as is known now: demands put it off.
        window_end: Tick,
        /// The buyer has accepted. The price is paid at the next tick.
        accepted: bool,
    },
    /// The job is over.
    Closed {
        /// Why.
        reason: CloseReason,
        /// When.
        at: Tick,
    },
}

/// A provider's offer for a job.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct BidView<AccountId> {
    /// Provider.
    pub provider: AccountId,
    /// Its device.
    pub device: DeviceId,
    /// Price.
    pub price: Balance,
    /// Collateral at risk.
    pub collateral: Balance,
}

/// An assignment that has ended without a result that stood.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct AttemptView<AccountId> {
    /// Its number, from 1.
    pub attempt: u32,
    /// Who was assigned.
    pub provider: AccountId,
    /// On which device.
    pub device: DeviceId,
    /// How it ended.
    pub end: AttemptEnd,
    /// When.
    pub at: Tick,
}

/// A job.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct JobView<AccountId> {
    /// Its id.
    pub id: JobId,
    /// Who pays.
    pub buyer: AccountId,
    /// What the buyer ordered.
    pub spec: JobSpec,
    /// The conditions copied at submission.
    pub terms: Terms,
    /// What it amounts to.
    pub totals: Totals,
    /// Number of the current or last assignment, from 1; 0 before the first.
    pub attempt: u32,
    /// Its stage.
    pub stage: Stage<AccountId>,
    /// The assignments that ended without a result that stood, oldest first. Their providers get no second chance.
    pub history: Vec<AttemptView<AccountId>>,
    /// Endpoint of the assigned provider, if there is one.
    pub endpoint: Option<Vec<u8>>,
    /// Output bytes of each step.
    pub output_bytes: Vec<u32>,
}

/// A committed result.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ResultView<AccountId> {
    /// Which assignment it answers.
    pub attempt: u32,
    /// Its id.
    pub commitment: CommitmentId,
    /// Who committed it.
    pub provider: AccountId,
    /// Root and length of its trace.
    pub trace: Buffer,
    /// The chain has its outputs, which came with the commitment: the runtime API `outputs` gives them, until the
    /// result is settled or refuted.
    pub carried: bool,
}

/// A demand for a node of the trace or of an output.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DemandView<AccountId> {
    /// The job.
    pub job: JobId,
    /// The step instance whose output it is; `None` if it is the trace.
    pub instance: Option<u32>,
    /// The node.
    pub node: Node,
    /// Length of the buffer, bytes.
    pub len: u32,
    /// Who demanded it.
    pub demander: AccountId,
    /// Last tick for the answer; once it is answered, the last tick at which what it shows can be demanded.
    pub deadline: Tick,
    /// Whether it was answered.
    pub answered: bool,
}

impl<AccountId> DemandView<AccountId> {
    /// What was demanded.
    pub fn subject(&self) -> Subject {
        Subject { instance: self.instance, node: self.node }
    }
}

/// A job whose result can be challenged now.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Challengeable<AccountId> {
    /// The job.
    pub job: JobView<AccountId>,
    /// The result.
    pub result: ResultView<AccountId>,
}

/// A provider.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct ProviderView<AccountId> {
    /// Account.
    pub account: AccountId,
    /// Stake that is not at risk in a job.
    pub free_stake: Balance,
    /// Where blobs are put and served.
    pub endpoint: Vec<u8>,
    /// Jobs that are assigned or inside their window, and best bids.
    pub open_jobs: u32,
    /// Jobs that were settled.
    pub settled: u32,
    /// Results that were refuted.
    pub refuted: u32,
    /// Deadlines that were missed.
    pub missed: u32,
    /// Devices.
    pub devices: Vec<DeviceView>,
}

/// A device.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct DeviceView {
    /// Number.
    pub id: DeviceId,
    /// Description.
    pub spec: DeviceSpec,
    /// What it works for, if it takes work.
    pub ask: Option<Ask>,
    /// The ask counts from this tick on.
    pub active_from: Tick,
    /// The ask's part of the provider's free stake: what its jobs can put at risk.
    pub stake: Balance,
    /// Slots in use.
    pub busy: u8,
}

/// Money held for a job.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct EscrowView<AccountId> {
    /// Buyer.
    pub buyer: AccountId,
    /// Asset that pays: `None` is the native coin.
    pub asset: Option<u32>,
    /// The asset's rate when the job was submitted.
    pub rate: Rate,
    /// Held on the buyer for price, fee and pass fees, as an amount of the native coin.
    pub payment: Balance,
    /// Held on a provider, in the native coin.
    pub collateral: Option<(AccountId, Balance)>,
}

impl<AccountId> EscrowView<AccountId> {
    /// What is held for a job of this buyer, paid in this asset.
    pub fn new(buyer: AccountId, asset: Option<u32>, funds: Funds<AccountId>) -> Self {
        let Funds { rate, payment, collateral } = funds;
        let collateral = collateral.map(|Collateral { provider, amount }| (provider, amount));
        Self { buyer, asset, rate, payment, collateral }
    }

    /// What is held on the buyer, in the asset that pays.
    pub fn held(&self) -> AssetAmount {
        self.rate.in_asset(self.payment)
    }
}

/// What a job would cost, before paying.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Quote<AccountId> {
    /// What the job amounts to.
    pub totals: Totals,
    /// Length of the dispute window, ticks.
    pub window: Tick,
    /// Held at submission: ceiling, largest fee and pass fees, as an amount of the native coin.
    pub held: Balance,
    /// The same in the asset that pays.
    pub held_in_asset: AssetAmount,
    /// Deposit for the record, returned when it is removed.
    pub deposit: Balance,
    /// The provider that would take it now, at its price.
    pub best: Option<BidView<AccountId>>,
    /// Verification fee at that price.
    pub fee: Balance,
    /// The devices considered, cheapest first, with their obstacles.
    pub candidates: Vec<Candidate<AccountId>>,
}

/// A device that was considered for a job.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct Candidate<AccountId> {
    /// Provider.
    pub provider: AccountId,
    /// Device.
    pub device: DeviceId,
    /// What it would charge.
    pub price: Balance,
    /// Why it would not take the job; empty if it would.
    pub obstacles: Vec<Obstacle>,
}

/// Why a device would not take a job.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Obstacle {
    /// It has no ask, or the ask is paused after a fault.
    #[codec(index = 0)]
    NoAsk,
    /// Its ask counts only later.
    #[codec(index = 1)]
    NotYetActive,
    /// All its slots are taken.
    #[codec(index = 2)]
    NoFreeSlot,
    /// Another class was asked for.
    #[codec(index = 3)]
    WrongClass,
    /// Too little memory.
    #[codec(index = 4)]
    TooLittleMemory,
    /// Its price is above the ceiling.
    #[codec(index = 5)]
    AboveCeiling,
    /// The price is below its minimum.
    #[codec(index = 6)]
    BelowMinimum,
    /// Its free stake does not cover the collateral.
    #[codec(index = 7)]
    TooLittleStake,
    /// It failed or passed this job before.
    #[codec(index = 8)]
    Excluded,
}

/// An uploaded kernel.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub struct KernelView<AccountId> {
    /// Hash.
    pub hash: KernelHash,
    /// Who paid the deposit.
    pub owner: AccountId,
    /// Encoded kernel.
    pub code: Vec<u8>,
    /// Open jobs that refer to it.
    pub references: u32,
}
