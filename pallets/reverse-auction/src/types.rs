//! The record of a job and its lifecycle: what is stored, and which state follows which. Nothing here touches storage.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use touchstone_primitives::{
    views::{self, AttemptView, BidView, ResultView},
    AttemptEnd, Balance, Buffer, CloseReason, CommitmentId, DeviceId, Funds, JobId, JobSpec, Terms, Tick, Totals,
    MAX_STEPS,
};

/// Most assignments of one job that end without a result: [`Terms::max_attempts`] and [`Terms::max_passes`] together
/// are at most this.
pub const MAX_ENDED: u32 = 16;

/// An offer with a slot and collateral behind it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Deal<AccountId> {
    /// Who offers it.
    pub provider: AccountId,
    /// Its device.
    pub device: DeviceId,
    /// Its price, in the native coin.
    pub price: Balance,
    /// What it loses if it fails, in the native coin.
    pub collateral: Balance,
}

impl<AccountId> From<BidView<AccountId>> for Deal<AccountId> {
    fn from(bid: BidView<AccountId>) -> Self {
        Self { provider: bid.provider, device: bid.device, price: bid.price, collateral: bid.collateral }
    }
}

impl<AccountId> From<Deal<AccountId>> for BidView<AccountId> {
    fn from(deal: Deal<AccountId>) -> Self {
        Self { provider: deal.provider, device: deal.device, price: deal.price, collateral: deal.collateral }
    }
}

/// An auction is running.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct OpenAuction<AccountId> {
    /// Last tick for bids.
    pub closes: Tick,
    /// The best bid, engaged.
    pub best: Option<Deal<AccountId>>,
}

impl<AccountId> OpenAuction<AccountId> {
    /// An auction of `ticks` ticks without bids.
    pub fn new(now: Tick, ticks: Tick) -> Self {
        Self { closes: now.saturating_add(ticks), best: None }
    }

    /// The auction with `deal` as its best bid.
    pub fn outbid(self, deal: Deal<AccountId>) -> Self {
        Self { closes: self.closes, best: Some(deal) }
    }
}

/// A provider is at work.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Assigned<AccountId> {
    /// Who, on what, for how much.
    pub deal: Deal<AccountId>,
    /// Last tick for passing.
    pub pass_by: Tick,
    /// Last tick for the commitment.
    pub commit_by: Tick,
}

impl<AccountId> Assigned<AccountId> {
    /// An assignment that starts now.
    pub fn new(deal: Deal<AccountId>, now: Tick, deadline: Tick, terms: &Terms) -> Self {
        let commit_by = now.saturating_add(deadline);
        Self { deal, pass_by: now.saturating_add(terms.accept_window).min(commit_by), commit_by }
    }

    /// The assignment with its committed result; the window of `window` ticks starts now.
    pub fn commit(self, result: CommittedResult<AccountId>, now: Tick, window: Tick) -> Committed<AccountId> {
        Committed {
            deal: self.deal,
            result,
            window_end: now.saturating_add(window),
            payment: Payment::Open,
            demands: OpenDemands::default(),
        }
    }
}

/// What a provider committed for a job.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct CommittedResult<AccountId> {
    /// The assignment that it answers.
    pub attempt: u32,
    /// Who committed it.
    pub provider: AccountId,
    /// Its id, which follows from the other fields and the job.
    pub commitment: CommitmentId,
    /// Root and length of its trace.
    pub trace: Buffer,
}

impl<AccountId: Encode> CommittedResult<AccountId> {
    /// The result with which `provider` answers this attempt of `job`.
    pub fn new(job: &JobId, attempt: u32, provider: AccountId, trace: Buffer) -> Self {
        let commitment = CommitmentId::new(job, attempt, &provider, &trace);
        Self { attempt, provider, commitment, trace }
    }
}

impl<AccountId> CommittedResult<AccountId> {
    /// The result for people and programs; `carried` says whether the chain has its outputs.
    pub fn view(self, carried: bool) -> ResultView<AccountId> {
        let Self { attempt, provider, commitment, trace } = self;
        ResultView { attempt, commitment, provider, trace, carried }
    }
}

/// Whether a committed result has been paid for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Payment {
    /// The buyer has not accepted it.
    #[codec(index = 0)]
    Open,
    /// The buyer accepted it at this tick. The agenda pays at the next one.
    #[codec(index = 1)]
    Accepted(Tick),
    /// Price and fee are paid.
    #[codec(index = 2)]
    Paid,
}

/// A result is committed and can be challenged.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Committed<AccountId> {
    /// As assigned.
    pub deal: Deal<AccountId>,
    /// The result.
    pub result: CommittedResult<AccountId>,
    /// Last tick for challenges.
    pub window_end: Tick,
    /// Whether it has been paid for.
    pub payment: Payment,
    /// Demands for its data.
    pub demands: OpenDemands,
}

/// What demands mean for the settlement of a result.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct OpenDemands {
    /// How many wait for an answer. The result is not settled meanwhile.
    pub open: u32,
    /// The last tick at which what answers have shown can be challenged, or one that is still open can be answered; 0
    /// before the first demand.
    pub until: Tick,
}

impl<AccountId> Committed<AccountId> {
    /// The same, accepted now.
    pub fn accept(self, now: Tick) -> Self {
        Self { payment: Payment::Accepted(now), ..self }
    }

    /// The same with the price paid.
    pub fn pay(self) -> Self {
        Self { payment: Payment::Paid, ..self }
    }

    /// Whether the buyer has accepted.
    pub fn is_accepted(&self) -> bool {
        self.payment != Payment::Open
    }

    /// Whether the price is paid.
    pub fn is_paid(&self) -> bool {
        self.payment == Payment::Paid
    }

    /// The last tick at which it can be challenged, as far as is known now.
    pub fn last_tick(&self) -> Tick {
        self.window_end.max(self.demands.until)
    }

    /// Whether it can be challenged at `now`.
    pub fn is_challengeable(&self, now: Tick) -> bool {
        now <= self.last_tick() || self.demands.open > 0
    }

    fn awaits_payment(&self) -> bool {
        self.is_accepted() && !self.is_paid()
    }

    /// The first tick at which something is due: the payment, or the end of the window.
    fn due_at(&self) -> Tick {
        let over = self.last_tick().saturating_add(1);
        match self.payment {
            Payment::Accepted(at) => at.saturating_add(1).min(over),
            Payment::Open | Payment::Paid => over,
        }
    }
}

/// The job is over.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Closed<AccountId> {
    /// Why.
    pub reason: CloseReason,
    /// When.
    pub at: Tick,
    /// The result, if it was settled. It stays readable until the record is removed.
    pub result: Option<CommittedResult<AccountId>>,
}

/// Where a job stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Stage<AccountId> {
    /// An auction is running.
    #[codec(index = 0)]
    Open(OpenAuction<AccountId>),
    /// A provider is at work.
    #[codec(index = 1)]
    Assigned(Assigned<AccountId>),
    /// A result is committed and can be challenged.
    #[codec(index = 2)]
    Committed(Committed<AccountId>),
    /// The job is over; the record is kept for a while.
    #[codec(index = 3)]
    Closed(Closed<AccountId>),
}

/// What the passing of time makes of a stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Due<AccountId> {
    /// The auction closed without a bid.
    Unsold,
    /// The auction closed: the best bid takes the job.
    Sold(Deal<AccountId>),
    /// The commitment is overdue.
    Missed(Deal<AccountId>),
    /// The result was accepted: the price has to be paid.
    Accepted(Committed<AccountId>),
    /// The window is over and the result stood.
    Stood(Committed<AccountId>),
    /// The record has been kept long enough.
    Expired,
}

impl<AccountId: Clone> Stage<AccountId> {
    /// The first tick at which something is due. Always later than the tick at which the stage began.
    pub fn due_at(&self, terms: &Terms) -> Tick {
        match self {
            Self::Open(open) => open.closes.saturating_add(1),
            Self::Assigned(assigned) => assigned.commit_by.saturating_add(1),
            Self::Committed(committed) => committed.due_at(),
            Self::Closed(closed) => closed.at.saturating_add(terms.retention.max(1)),
        }
    }

    /// What is due at `now`, if anything.
    pub fn due(&self, terms: &Terms, now: Tick) -> Option<Due<AccountId>> {
        if now < self.due_at(terms) {
            return None;
        }
        Some(match self.clone() {
            Self::Open(OpenAuction { best: None, .. }) => Due::Unsold,
            Self::Open(OpenAuction { best: Some(deal), .. }) => Due::Sold(deal),
            Self::Assigned(assigned) => Due::Missed(assigned.deal),
            Self::Committed(committed) if committed.awaits_payment() && committed.is_challengeable(now) => {
                Due::Accepted(committed)
            }
            // A demand waits for its answer. Its deadline is over, and the refutation is on its way.
            Self::Committed(committed) if committed.demands.open > 0 => return None,
            Self::Committed(committed) => Due::Stood(committed),
            Self::Closed(_) => Due::Expired,
        })
    }

    /// The offer with a slot and collateral behind it, if the stage has one.
    pub fn deal(&self) -> Option<&Deal<AccountId>> {
        match self {
            Self::Open(open) => open.best.as_ref(),
            Self::Assigned(assigned) => Some(&assigned.deal),
            Self::Committed(committed) => Some(&committed.deal),
            Self::Closed(_) => None,
        }
    }

    /// The committed result: one that can be challenged, or one that was settled.
    pub fn result(&self) -> Option<&CommittedResult<AccountId>> {
        match self {
            Self::Committed(committed) => Some(&committed.result),
            Self::Closed(closed) => closed.result.as_ref(),
            Self::Open(_) | Self::Assigned(_) => None,
        }
    }

    /// Who works on the job or is liable for its result.
    pub fn on_duty(&self) -> Option<&AccountId> {
        match self {
            Self::Assigned(assigned) => Some(&assigned.deal.provider),
            Self::Committed(committed) => Some(&committed.deal.provider),
            Self::Open(_) | Self::Closed(_) => None,
        }
    }
}

impl<AccountId> Stage<AccountId> {
    /// The stage of a job with a dispute window of so many ticks, for people and programs.
    pub fn view(self, window: Tick) -> views::Stage<AccountId> {
        match self {
            Self::Open(OpenAuction { closes, best }) => views::Stage::Open { closes, best: best.map(Into::into) },
            Self::Assigned(Assigned { deal, pass_by, commit_by }) => {
                views::Stage::Assigned { deal: deal.into(), pass_by, commit_by }
            }
            Self::Committed(committed) => {
                let (accepted, window_end) = (committed.is_accepted(), committed.last_tick());
                // Demands put off the last tick for challenges, and not the end of the window.
                let committed_at = committed.window_end.saturating_sub(window);
                let Committed { deal, result, .. } = committed;
                let (deal, commitment) = (deal.into(), result.commitment);
                views::Stage::Committed { deal, commitment, committed_at, window_end, accepted }
            }
            Self::Closed(Closed { reason, at, .. }) => views::Stage::Closed { reason, at },
        }
    }
}

/// What the chain computed about one step at submission, so that the judge knows its cost before it reads the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct StepFacts {
    /// Length of the output, bytes.
    pub output_bytes: u32,
    /// Static fuel of one invocation.
    pub fuel: u64,
    /// Length of the encoded kernel, bytes.
    pub code_bytes: u32,
}

/// What the chain computed about a specification.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Appraisal {
    /// All steps together.
    pub totals: Totals,
    /// Each step.
    pub steps: BoundedVec<StepFacts, ConstU32<MAX_STEPS>>,
}

/// What is stored for a job: the job and its stage. A transition takes the two apart and stores them again with the new
/// stage, so that no record has a stage that its job is not in.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Record<AccountId, Ticket> {
    /// The job.
    pub job: Job<AccountId, Ticket>,
    /// Its stage.
    pub stage: Stage<AccountId>,
    /// The tick at which the agenda has the job. That may be before something is due: an entry moves when it is served.
    /// A job without an entry is parked: what was due failed.
    pub agenda: Option<Tick>,
}

/// A job, whatever its stage.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Job<AccountId, Ticket> {
    /// Who pays.
    pub buyer: AccountId,
    /// What the buyer ordered.
    pub spec: JobSpec,
    /// The conditions at submission.
    pub terms: Terms,
    /// What it amounts to.
    pub appraisal: Appraisal,
    /// The buyer's deposit for this record, its inline inputs and its result.
    pub ticket: Ticket,
    /// What is held for the job until it is closed.
    pub funds: Option<Funds<AccountId>>,
    /// The provider's deposit for outputs that came with the committed result, until that is settled or refuted.
    pub carried: Option<Ticket>,
    /// Number of the current or last assignment, from 1; 0 before the first.
    pub attempt: u32,
    /// The assignments that ended without a result, oldest first: passed, missed or refuted.
    pub history: BoundedVec<AttemptView<AccountId>, ConstU32<MAX_ENDED>>,
}

impl<AccountId, Ticket> Job<AccountId, Ticket> {
    /// Verification fee at `price`.
    pub fn fee(&self, price: Balance) -> Balance {
        self.terms.fee(price, self.appraisal.totals.fuel)
    }

    /// Assignments that were passed.
    pub fn passes(&self) -> u32 {
        self.history.iter().filter(|ended| matches!(ended.end, AttemptEnd::Passed(_))).count() as u32
    }

    /// Assignments that failed: missed or refuted.
    pub fn failures(&self) -> u32 {
        (self.history.len() as u32).saturating_sub(self.passes())
    }

    /// Whether the job closes now that an assignment has ended. Passes and failures are counted apart, so that passing,
    /// which costs little, does not use up the attempts.
    pub fn is_exhausted(&self) -> bool {
        self.failures() >= self.terms.max_attempts || self.passes() >= self.terms.max_passes
    }

    /// Whether this provider was assigned before and passed or failed: it is not assigned again.
    pub fn excludes(&self, provider: &AccountId) -> bool
    where
        AccountId: PartialEq,
    {
        self.history.iter().any(|ended| ended.provider == *provider)
    }

    /// What the buyer's hold has to cover while the price is not paid: what it was at submission less the pass fees
    /// that have burned.
    pub fn obligation(&self) -> Balance {
        let burned = self.terms.pass_fee.saturating_mul(self.passes().into());
        obligation(&self.terms, self.spec.ceiling, self.appraisal.totals.fuel).saturating_sub(burned)
    }

    /// Step instances, counted in the order of execution: one for each step.
    pub fn instances(&self) -> u32 {
        self.spec.steps.len() as u32
    }

    /// Length of the dispute window, ticks.
    pub fn window(&self) -> Tick {
        self.terms.window(self.spec.deadline, self.appraisal.totals.input_bytes)
    }
}

/// What the buyer's hold has to cover: the highest price, the fee at that price, and as many pass fees as may
/// burn. Saturating.
pub fn obligation(terms: &Terms, ceiling: Balance, fuel: u64) -> Balance {
    ceiling
        .saturating_add(terms.fee(ceiling, fuel))
        .saturating_add(terms.pass_fee.saturating_mul(terms.max_passes.into()))
}
