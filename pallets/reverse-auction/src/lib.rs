#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, unreachable_pub)
)]

extern crate alloc;

mod advance;
mod appraise;
#[cfg(feature = "runtime-benchmarks")]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
pub mod benchmarking;
mod calls;
mod carried;
mod jobs;
#[cfg(test)]
mod mock;
mod reads;
mod store;
#[cfg(test)]
mod tests;
mod tick;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
pub mod weights;

pub use jobs::Challenged;
pub use pallet::*;
pub use store::{JobOf, RecordOf};
pub use types::{
    obligation, Appraisal, Assigned, Closed, Committed, CommittedResult, Deal, Due, Job, OpenAuction, OpenDemands,
    Payment, Record, Stage, StepFacts, MAX_ENDED,
};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use alloc::vec::Vec;

    use frame_support::{
        pallet_prelude::*,
        traits::{Consideration, Footprint},
        weights::WeightMeter,
    };
    use frame_system::pallet_prelude::*;
    use sp_runtime::traits::Convert;
    use touchstone_primitives::{
        views::{self, Cursor, EscrowView, JobView, Page, Quote, ResultView},
        AssetAmount, Balance, Buffer, CarriedOutputs, Clock, CloseReason, CommitmentId, DeviceId, Escrow, InlineData,
        JobId, JobSpec, Kernels, PassReason, Providers, QuoteError, Terms, Tick, Totals,
    };

    use super::{store::RecordOf, WeightInfo};

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// The kernels that jobs name.
        type Kernels: Kernels;
        /// The providers.
        type Providers: Providers<Self::AccountId>;
        /// Moves everything that is held for a job.
        type Escrow: Escrow<Self::AccountId>;
        /// The clock on which all deadlines run.
        type Clock: Clock;
        /// The conditions that a job copies when it is submitted. `max_attempts` and `max_passes` are at
        /// least 1 and together at most [`MAX_ENDED`](super::MAX_ENDED); others are taken as the nearest such.
        type Terms: Get<Terms>;
        /// The deposit for what a job occupies in storage: the buyer's for its record and inline inputs, the provider's
        /// for outputs that came with a commitment.
        type Consideration: Consideration<Self::AccountId, Footprint>;
        /// What a deposit amounts to, for quotes: the price function of [`Consideration`](Config::Consideration).
        type DepositPrice: Convert<Footprint, Balance>;
        /// Weight that the agenda may take in each block before transactions do; the rest it gets from what they leave.
        #[pallet::constant]
        type AgendaShare: Get<Weight>;
        /// Measured weights.
        type WeightInfo: WeightInfo;
        /// Prepares the state for the benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: super::benchmarking::BenchmarkHelper<Self::AccountId>;
    }

    /// Why the chain holds coin of an account.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// The deposit for what a job occupies in storage.
        #[codec(index = 0)]
        Job,
    }

    /// Every job, until its record is pruned. Ids are hashes, so the key needs no hasher.
    #[pallet::storage]
    pub type Jobs<T: Config> = StorageMap<_, Identity, JobId, RecordOf<T>>;

    /// The inline inputs of jobs that have any. They are not in the record, which every transition reads and writes
    /// whole.
    #[pallet::storage]
    pub type Inline<T: Config> = StorageMap<_, Identity, JobId, InlineData>;

    /// The outputs that came with the commitment of a job's result, until that is settled or refuted. The record has
    /// the deposit for them.
    #[pallet::storage]
    pub type Outputs<T: Config> = StorageMap<_, Identity, JobId, CarriedOutputs>;

    /// What is due when: each job that is not parked is here once, no later than its stage is due. A transition that
    /// makes a later tick due leaves the entry where it is; it moves when it is served. The record says where it is.
    #[pallet::storage]
    pub type Agenda<T: Config> = StorageDoubleMap<_, Twox64Concat, Tick, Identity, JobId, ()>;

    /// Every tick before this one has been served.
    #[pallet::storage]
    pub type AgendaCursor<T: Config> = StorageValue<_, Tick, ValueQuery>;

    /// Jobs by the provider that works on them or is liable for their result. Watchers go through all of them.
    #[pallet::storage]
    pub type Duties<T: Config> = StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Identity, JobId, ()>;

    /// The jobs in [`Stage::Open`](super::Stage::Open), which bidders go through.
    #[pallet::storage]
    pub type OpenAuctions<T: Config> = StorageMap<_, Identity, JobId, ()>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A job was submitted and its payment is held.
        JobSubmitted {
            /// The job.
            job: JobId,
            /// Who pays.
            buyer: T::AccountId,
            /// What the job amounts to.
            totals: Totals,
            /// Held for price, fee and pass fees, as an amount of the native coin.
            held: Balance,
            /// The same in the asset that pays.
            held_in_asset: AssetAmount,
        },
        /// Bids are taken.
        AuctionOpened {
            /// The job.
            job: JobId,
            /// The attempt to name in a bid.
            attempt: u32,
            /// Last tick for bids.
            closes: Tick,
        },
        /// A bid is the best one so far.
        BidPlaced {
            /// The job.
            job: JobId,
            /// Who bids.
            provider: T::AccountId,
            /// With which device.
            device: DeviceId,
            /// At what price.
            price: Balance,
            /// Taken from the provider's stake.
            collateral: Balance,
        },
        /// A lower bid came: slot and collateral are free again.
        Outbid {
            /// The job.
            job: JobId,
            /// Whose bid was the best so far.
            provider: T::AccountId,
        },
        /// A provider has to commit a result.
        JobAssigned {
            /// The job.
            job: JobId,
            /// Number of the assignment.
            attempt: u32,
            /// Who works.
            provider: T::AccountId,
            /// On which device.
            device: DeviceId,
            /// At what price.
            price: Balance,
            /// At risk.
            collateral: Balance,
            /// Last tick for the commitment.
            commit_by: Tick,
        },
        /// The assigned provider committed a result, which can be challenged from now on.
        ResultCommitted {
            /// The job.
            job: JobId,
            /// Number of the assignment.
            attempt: u32,
            /// Whose result it is.
            provider: T::AccountId,
            /// What a challenge names.
            commitment: CommitmentId,
            /// Last tick for challenges.
            window_end: Tick,
        },
        /// The buyer accepted a result: the price is paid at the next tick. It can be challenged as before.
        ResultAccepted {
            /// The job.
            job: JobId,
            /// Number of the assignment.
            attempt: u32,
            /// The result.
            commitment: CommitmentId,
        },
        /// The assigned provider gave the job back in time.
        Passed {
            /// The job.
            job: JobId,
            /// Number of the assignment.
            attempt: u32,
            /// Who passed.
            provider: T::AccountId,
            /// Why.
            reason: PassReason,
        },
        /// No commitment came in time: the collateral is burned.
        DeadlineMissed {
            /// The job.
            job: JobId,
            /// Number of the assignment.
            attempt: u32,
            /// Who was late.
            provider: T::AccountId,
        },
        /// A committed result was refuted: the collateral is lost.
        ResultRejected {
            /// The job.
            job: JobId,
            /// Number of the assignment.
            attempt: u32,
            /// Whose result it was.
            provider: T::AccountId,
        },
        /// A job is over; what was still held went back to the buyer.
        JobClosed {
            /// The job.
            job: JobId,
            /// Why.
            reason: CloseReason,
        },
        /// The record of a job was removed and the deposit returned.
        JobPruned {
            /// The job.
            job: JobId,
        },
        /// What was due for a job failed. It waits for a `poke`.
        JobParked {
            /// The job.
            job: JobId,
            /// What went wrong.
            error: DispatchError,
        },
    }

    #[pallet::error]
    #[derive(PartialEq)]
    pub enum Error<T> {
        /// There is no such job, or its record is gone.
        UnknownJob,
        /// The same buyer submitted the same specification with the same salt before.
        AlreadySubmitted,
        /// A job has at least one step and at most sixteen.
        NoSteps,
        /// The buyer asks for more than ten times the collateral that the terms ask for at the ceiling.
        CollateralTooHigh,
        /// The execution deadline is shorter or longer than the terms allow.
        DeadlineOutOfRange,
        /// The auction has no length or is longer than the terms allow.
        AuctionOutOfRange,
        /// A buffer's length is a positive multiple of 4 bytes, at most 2 GiB.
        BadBufferLength,
        /// A URL is not an http or https URL with a host, perhaps a port from 1 to 65535, and no user or password.
        InvalidUrl,
        /// All inline inputs together are longer than 64 KiB.
        TooMuchInlineData,
        /// There is not one piece of inline data for each inline input.
        WrongNumberOfInlineInputs,
        /// Inline data is longer or shorter than its input declares.
        InlineLengthMismatch,
        /// Inline data does not hash to the root of its input.
        InlineRootMismatch,
        /// A step names a kernel that is not uploaded.
        UnknownKernel,
        /// The kernels of all steps are longer than the call declares.
        UnderDeclared,
        /// A step reads a buffer that is neither an input nor the output of an earlier step.
        ReadOutOfRange,
        /// A step reads more or fewer buffers than its kernel has inputs.
        WrongNumberOfReads,
        /// A step gives more or fewer parameters than its kernel takes.
        WrongNumberOfParams,
        /// A step has no invocations.
        NoInvocations,
        /// The output of a step would be longer than 2 GiB.
        OutputTooLarge,
        /// One invocation of a step may burn more fuel than the judge spends.
        InvocationTooExpensive,
        /// One invocation of a step may read more than a proof can open.
        InvocationReadsTooMuch,
        /// The job may burn more fuel than the terms allow.
        TooMuchFuel,
        /// The job's buffers take more memory than the terms allow.
        TooMuchMemory,
        /// The job is not in an auction: it takes no bids and cannot be cancelled.
        NotOpen,
        /// No provider is assigned to the job.
        NotAssigned,
        /// The job has no committed result that waits for the end of its window.
        NotCommitted,
        /// Another provider is assigned.
        NotAssignedToYou,
        /// The job belongs to another buyer.
        NotBuyer,
        /// The job is at another attempt.
        WrongAttempt,
        /// A trace has 32 bytes for each step instance.
        WrongTraceLength,
        /// Another result is committed.
        WrongCommitment,
        /// The time for this is over.
        TooLate,
        /// Nothing is due for this job yet.
        NotDue,
        /// The price is above the buyer's ceiling.
        AboveCeiling,
        /// The price is not below the best bid.
        NotLower,
        /// The job has a bid and can no longer be cancelled.
        HasBid,
        /// The result was accepted before.
        AlreadyAccepted,
        /// The job has been assigned as often as its record can hold. A job closes before that.
        TooManyAttempts,
        /// The provider passed or failed this job before.
        Excluded,
        /// The device has no ask, or it is paused after a fault.
        NoAsk,
        /// The device's ask counts only later.
        NotYetActive,
        /// All slots of the device are taken.
        NoFreeSlot,
        /// The job wants another class of device.
        WrongClass,
        /// The device has too little memory for the job.
        TooLittleMemory,
        /// The price is below the minimum of the device's own ask.
        BelowMinimum,
        /// The provider's free stake does not cover the collateral.
        TooLittleStake,
        /// Nothing is held for the job any more: it is closed.
        NothingHeld,
        /// The outputs are longer or shorter than those of all steps together.
        WrongOutputsLength,
        /// The outputs do not hash to the committed trace.
        ForeignOutputs,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_poll(_: BlockNumberFor<T>, meter: &mut WeightMeter) {
            let mut share = WeightMeter::with_limit(meter.remaining().min(T::AgendaShare::get()));
            Self::serve_agenda(&mut share);
            meter.consume(share.consumed());
        }

        fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
            let mut meter = WeightMeter::with_limit(remaining);
            Self::serve_agenda(&mut meter);
            meter.consumed()
        }

        fn integrity_test() {
            let one_job = T::WeightInfo::serve_base()
                .saturating_add(T::WeightInfo::serve_tick())
                .saturating_add(Self::advance_weight());
            assert!(
                T::AgendaShare::get().all_gte(one_job),
                "the agenda's share of a block has to serve at least one job"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// A job, until its record is removed.
        pub fn view(job: JobId) -> Option<JobView<T::AccountId>> {
            Self::read_job(job)
        }

        /// What is held for a job that is not closed.
        pub fn held(job: JobId) -> Option<EscrowView<T::AccountId>> {
            Self::read_held(job)
        }

        /// The inline inputs of a job with their index among the inputs.
        pub fn inline_inputs(job: JobId) -> Vec<(u8, Vec<u8>)> {
            Self::read_inline_inputs(job)
        }

        /// The committed result of a job: one that can be challenged, or one that was settled.
        pub fn result(job: JobId) -> Option<ResultView<T::AccountId>> {
            Self::read_result(job)
        }

        /// The outputs of all steps, one after the other, if they came with the commitment of a result that can be
        /// challenged.
        pub fn outputs(job: JobId) -> Option<Vec<u8>> {
            Self::read_outputs(job)
        }

        /// A page of the jobs that a buyer has submitted, until their records are removed.
        pub fn jobs_of(buyer: T::AccountId, after: Option<Cursor>, limit: u32) -> Page<JobView<T::AccountId>> {
            Self::read_jobs_of(&buyer, after, limit)
        }

        /// A page of the jobs that a provider works on or whose result it is liable for.
        pub fn duties(provider: T::AccountId, after: Option<Cursor>, limit: u32) -> Page<JobView<T::AccountId>> {
            Self::read_duties(&provider, after, limit)
        }

        /// A page of the jobs whose results can be challenged now.
        pub fn challengeable(after: Option<Cursor>, limit: u32) -> Page<views::Challengeable<T::AccountId>> {
            Self::read_challengeable(after, limit)
        }

        /// A page of the jobs that take bids.
        pub fn open_auctions(after: Option<Cursor>, limit: u32) -> Page<JobView<T::AccountId>> {
            Self::read_open_auctions(after, limit)
        }

        /// Who would take this job now, at what price, and why the others would not. What `submit` would refuse in the
        /// specification itself is refused here by the name of the same error.
        pub fn quote(spec: JobSpec) -> Result<Quote<T::AccountId>, QuoteError> {
            Self::read_quote(&spec)
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Submits a job.
        ///
        /// Signed by the buyer. The specification is validated whole; the payment (ceiling, fee and pass fees) and a
        /// deposit are held. With instant matching the lowest ask that fits has the job when the call returns; without
        /// one, and with open matching, an auction opens. `inline` has the bytes of the inputs marked as inline, in
        /// their order. `salt` tells apart jobs with the same specification. `code_bytes` declares the length of the
        /// kernels of all steps together, or more: a quote has it among its totals. The weight is that of so much code
        /// and of the longest search for an ask; what was not used is given back.
        ///
        /// Emits `JobSubmitted`, and `JobAssigned` or `AuctionOpened`.
        #[pallet::call_index(0)]
        #[pallet::weight(
            Pallet::<T>::submit_weight(spec, inline, *code_bytes).saturating_add(T::Providers::match_weight())
        )]
        pub fn submit(
            origin: OriginFor<T>,
            salt: [u8; 32],
            spec: alloc::boxed::Box<JobSpec>,
            inline: InlineData,
            code_bytes: u32,
        ) -> DispatchResultWithPostInfo {
            let buyer = ensure_signed(origin)?;
            Ok(Some(Self::do_submit(buyer, salt, *spec, inline, code_bytes)?).into())
        }

        /// Bids for a job in its auction.
        ///
        /// Signed by a provider. `attempt` is the job's number of assignments so far, as its record shows it. The price
        /// has to be lower than the best bid and at most the ceiling. A slot of the device and the collateral are taken
        /// at once, those of the bid before are freed; when the auction closes the best bid has the job.
        ///
        /// Emits `BidPlaced`, and `Outbid` for the bid before.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::bid())]
        pub fn bid(origin: OriginFor<T>, job: JobId, attempt: u32, device: DeviceId, price: Balance) -> DispatchResult {
            let provider = ensure_signed(origin)?;
            Self::do_bid(provider, job, attempt, device, price)
        }

        /// Cancels a job that has no bid.
        ///
        /// Signed by the buyer. Everything held for the job is returned; the deposit follows when the record goes.
        ///
        /// Emits `JobClosed`.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::cancel())]
        pub fn cancel(origin: OriginFor<T>, job: JobId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_cancel(who, job)
        }

        /// Gives an assignment back inside the accept window.
        ///
        /// Signed by the assigned provider. The pass fee burns from its collateral and from the buyer's payment; the
        /// job is assigned again. `reason` stays in the job's record, for the buyer. Operational, as every call with a
        /// deadline on the dispute clock: the clock stops while blocks have no space for it.
        ///
        /// Emits `Passed`, and what follows.
        #[pallet::call_index(3)]
        #[pallet::weight((
            Pallet::<T>::weight_with_search(T::WeightInfo::pass(), T::Providers::match_weight()),
            DispatchClass::Operational,
        ))]
        pub fn pass(origin: OriginFor<T>, job: JobId, attempt: u32, reason: PassReason) -> DispatchResultWithPostInfo {
            let provider = ensure_signed(origin)?;
            Ok(Some(Self::do_pass(provider, job, attempt, reason)?).into())
        }

        /// Commits the result of an assignment: BLAKE3 root and length of its trace, which is the roots of the outputs
        /// of all step instances, in the order of execution. `outputs` may have all outputs, one after the other in
        /// that order: then nobody has to serve them, and nobody can demand them.
        ///
        /// Signed by the assigned provider, at the latest at the deadline's last tick. It asserts possession of the
        /// inputs as well, and opens the window for challenges. The chain checks outputs against the trace and keeps
        /// them until the result is settled or refuted, for a deposit of the provider, which returns then. Operational,
        /// as every call with a deadline on the dispute clock: the clock stops while blocks have no space for it.
        ///
        /// Emits `ResultCommitted`.
        #[pallet::call_index(4)]
        #[pallet::weight((Pallet::<T>::commit_weight(outputs.as_ref()), DispatchClass::Operational))]
        pub fn commit(
            origin: OriginFor<T>,
            job: JobId,
            attempt: u32,
            trace: Buffer,
            outputs: Option<CarriedOutputs>,
        ) -> DispatchResult {
            let provider = ensure_signed(origin)?;
            Self::do_commit(provider, job, attempt, trace, outputs)
        }

        /// Accepts a result: the provider is paid at the next tick instead of at the end of the window.
        ///
        /// Signed by the buyer. Nothing else changes: collateral stays at risk and the result can be refuted until the
        /// window ends; the price would then come back out of the collateral, or was not paid yet.
        ///
        /// Emits `ResultAccepted`.
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::accept())]
        pub fn accept(origin: OriginFor<T>, job: JobId, commitment: CommitmentId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_accept(who, job, commitment)
        }

        /// Does for a job what is due: closes its auction, ends a missed assignment, pays an accepted result, settles
        /// it after the window, or removes its record. The chain does the same by itself, unless it is busy or the job
        /// is parked.
        ///
        /// Signed by anyone; free if something was due.
        #[pallet::call_index(6)]
        #[pallet::weight(Pallet::<T>::advance_weight())]
        pub fn poke(origin: OriginFor<T>, job: JobId) -> DispatchResultWithPostInfo {
            ensure_signed(origin)?;
            let weight = Self::do_poke(job)?;
            Ok((Some(weight), Pays::No).into())
        }
    }
}
