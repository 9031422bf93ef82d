#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod calls;
mod charge;
mod clock;
mod judge;
mod largest;
#[cfg(test)]
mod mock;
mod results;
#[cfg(test)]
mod tests;
pub mod weights;

pub use judge::{judge, prove_length, Defect, Dispute, Verdict};
pub use largest::{max_opened_bytes, max_proof_bytes, max_siblings};
pub use pallet::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use alloc::{boxed::Box, vec::Vec};

    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use touchstone_kir::Opening;
    use touchstone_primitives::{
        opened_bytes,
        views::{ResultView, MAX_PAGE},
        Claim, CommitmentId, JobId, Jobs, Kernels, Proof, ProofLimits, Root, Tick, MAX_STEPS,
    };

    use super::WeightInfo;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// Who has the jobs.
        type Jobs: Jobs<Self::AccountId>;
        /// Who has the kernels.
        type Kernels: Kernels;
        /// Measured weights.
        type WeightInfo: WeightInfo;
        /// Sets the scene of the benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: super::benchmarking::BenchmarkHelper<Self::AccountId>;
    }

    /// A committed result.
    #[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
    pub struct Commitment<AccountId> {
        /// The assignment that it answers.
        pub attempt: u32,
        /// What a challenge names.
        pub id: CommitmentId,
        /// Who stands by it.
        pub provider: AccountId,
        /// The root of each step's output.
        pub roots: BoundedVec<Root, ConstU32<MAX_STEPS>>,
    }

    /// The dispute clock: how many blocks closed with room for one more of the largest refutations.
    #[pallet::storage]
    pub type Now<T: Config> = StorageValue<_, Tick, ValueQuery>;

    /// Whether transactions have left that room in the present block. Empty between blocks.
    #[pallet::storage]
    pub type RoomLeft<T: Config> = StorageValue<_, bool, ValueQuery>;

    /// The result that stands for a job, from its commitment until it is refuted or the job's record goes.
    #[pallet::storage]
    pub type Results<T: Config> = StorageMap<_, Identity, JobId, Commitment<T::AccountId>>;

    /// The jobs whose result can be challenged, or could until their window closed and they wait for their settlement: a
    /// subset of [`Results`], which watchers go through.
    #[pallet::storage]
    pub type Standing<T: Config> = StorageMap<_, Identity, JobId, ()>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A result was committed.
        Committed {
            /// The job.
            job: JobId,
            /// The assignment that it answers.
            attempt: u32,
            /// Who stands by it.
            provider: T::AccountId,
            /// What a challenge names.
            commitment: CommitmentId,
            /// Last tick for challenges.
            window_end: Tick,
        },
        /// The buyer accepted a result: the price is paid. It can be refuted as before.
        Accepted {
            /// The job.
            job: JobId,
            /// The assignment.
            attempt: u32,
            /// The result.
            commitment: CommitmentId,
        },
        /// One word of a result was shown to be wrong.
        Refuted {
            /// The job.
            job: JobId,
            /// The assignment.
            attempt: u32,
            /// The step.
            step: u8,
            /// Index of the word in the step's output.
            word: u32,
            /// The word in the committed output.
            committed: u32,
            /// The word that the chain computed.
            computed: u32,
            /// Who was wrong.
            provider: T::AccountId,
            /// Who showed it.
            refuter: T::AccountId,
        },
        /// A root of a result was shown to commit to data of another length than the step's output has.
        LengthRefuted {
            /// The job.
            job: JobId,
            /// The assignment.
            attempt: u32,
            /// The step.
            step: u8,
            /// Length of the committed data, bytes.
            committed: u32,
            /// Length of the step's output, bytes.
            declared: u32,
            /// Who was wrong.
            provider: T::AccountId,
            /// Who showed it.
            refuter: T::AccountId,
        },
    }

    #[pallet::error]
    #[derive(PartialEq)]
    pub enum Error<T> {
        /// The job waits for no result: it is unknown, not assigned, or answered already.
        NothingToCommit,
        /// The job is at another attempt.
        WrongAttempt,
        /// Another provider is assigned.
        NotAssignedToYou,
        /// The deadline for the commitment is over.
        TooLate,
        /// A commitment has one root for each step.
        WrongNumberOfRoots,
        /// This result does not stand for this attempt of the job: it was refuted, replaced, removed, or never was.
        UnknownCommitment,
        /// The time for challenges is over.
        WindowOver,
        /// The job has no such step.
        UnknownStep,
        /// The step's output has no such word.
        WordOutOfRange,
        /// One invocation may burn more fuel, or the kernel is longer, than the challenger declared and paid for.
        UnderDeclared,
        /// The kernel is not stored. Kernels of open jobs cannot be removed.
        UnknownKernel,
        /// A chunk that the invocation reads, or the one with the disputed word, is not opened.
        MissingOpening,
        /// More is opened than the proof needs: further buffers, further chunks of the output, or more chunks of the
        /// inputs than any invocation reads.
        SuperfluousOpening,
        /// The ranges of an opening are empty, out of order, not merged, or beyond the declared length of the buffer.
        BadRanges,
        /// An opening has fewer bytes than its ranges span.
        TruncatedOpening,
        /// An opening has more bytes than its ranges span.
        OverlongOpening,
        /// An opening has too few sibling hashes.
        IncompletePath,
        /// An opening has too many sibling hashes.
        OverlongPath,
        /// An opening does not hash to the root of its buffer: it belongs to other data, another place or another
        /// length.
        ForeignOpening,
        /// The committed word is the right one.
        WordIsRight,
        /// The step's output has the length that the committed data is said to have.
        LengthIsRight,
        /// The last chunk of the length that the committed data is said to have is not opened.
        LastChunkNotOpened,
        /// No buffer has this length: it is 0 or more than 2 GiB.
        NoSuchLength,
        /// The step does not fit its kernel. Validated jobs never come to this.
        Unjudgeable,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(_: BlockNumberFor<T>) -> Weight {
            // For what the clock does when the block closes.
            T::WeightInfo::tick()
        }

        fn on_idle(_: BlockNumberFor<T>, _: Weight) -> Weight {
            Self::note_room();
            Weight::zero()
        }

        fn on_finalize(_: BlockNumberFor<T>) {
            Self::tick();
        }

        fn integrity_test() {
            assert!(
                Self::room(&frame_system::ConsumedWeight::default(), 0),
                "the largest refutation does not fit an empty block: results could not be disputed"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// The current tick of the dispute clock.
        pub fn clock() -> Tick {
            Now::<T>::get()
        }

        /// The result that stands for a job.
        pub fn result(job: JobId) -> Option<ResultView<T::AccountId>> {
            <Self as touchstone_primitives::Results<T::AccountId>>::view(&job)
        }

        /// The jobs whose results can be challenged now, in the order of their ids: at most `limit` or 256 after
        /// `after`.
        pub fn challengeable(after: Option<JobId>, limit: u32) -> Vec<JobId> {
            Self::read_challengeable(after, limit.min(MAX_PAGE) as usize)
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Commits the result of an assignment: the BLAKE3 root of each step's output, in order.
        ///
        /// Signed by the assigned provider, at the latest at the deadline's last tick. It asserts possession of the
        /// inputs as well, and opens the window for challenges. Operational, as every call with a deadline on the
        /// dispute clock: the clock stands still while there is no room for it.
        ///
        /// Emits `Committed`.
        #[pallet::call_index(0)]
        #[pallet::weight((T::WeightInfo::commit(roots.len() as u32), DispatchClass::Operational))]
        pub fn commit(
            origin: OriginFor<T>,
            job: JobId,
            attempt: u32,
            roots: BoundedVec<Root, ConstU32<MAX_STEPS>>,
        ) -> DispatchResult {
            let provider = ensure_signed(origin)?;
            Self::do_commit(provider, job, attempt, roots)
        }

        /// Accepts a result: the provider is paid now instead of at the end of the window.
        ///
        /// Signed by the buyer. Nothing else changes: collateral stays at risk and the result can be refuted until the
        /// window ends; the price would then come back out of the collateral.
        ///
        /// Emits `Accepted`.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::accept())]
        pub fn accept(origin: OriginFor<T>, job: JobId, attempt: u32, commitment: CommitmentId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_accept(who, job, attempt, commitment)
        }

        /// Shows that one word of a result is wrong. The chain verifies the openings against the committed roots,
        /// executes the one invocation that wrote the word, and compares.
        ///
        /// Signed by anybody, at the latest at the window's last tick. If the word is wrong, the provider loses its
        /// collateral in this transaction: the refuter gets the bounty, a buyer who has paid is repaid, the rest burns,
        /// and an unpaid job goes to somebody else. The weight follows from `limits` and from what `proof` opens; what was
        /// declared for the invocation is given back if the call fails before it reads the kernel.
        ///
        /// Emits `Refuted`, and what becomes of the job.
        #[pallet::call_index(2)]
        #[pallet::weight((
            Pallet::<T>::refutation_weight(limits.fuel, limits.code_bytes, proof.opened_bytes()),
            DispatchClass::Operational,
        ))]
        pub fn refute(
            origin: OriginFor<T>,
            claim: Claim,
            limits: ProofLimits,
            proof: Box<Proof>,
        ) -> DispatchResultWithPostInfo {
            let refuter = ensure_signed(origin)?;
            Self::do_refute(refuter, claim, limits, &proof)
        }

        /// Shows that a root of a result commits to `len` bytes, which is not the length of the step's output: nothing
        /// under it could be opened as the output.
        ///
        /// Signed by anybody, at the latest at the window's last tick. `opening` is of exactly the last chunk of the
        /// committed data. The provider loses its collateral as with [`Pallet::refute`]. What the opened bytes cost is
        /// given back if the call fails before it reads them.
        ///
        /// Emits `LengthRefuted`, and what becomes of the job.
        #[pallet::call_index(3)]
        #[pallet::weight((Pallet::<T>::refutation_weight(0, 0, opened_bytes(opening)), DispatchClass::Operational))]
        pub fn refute_length(
            origin: OriginFor<T>,
            job: JobId,
            attempt: u32,
            commitment: CommitmentId,
            step: u8,
            len: u32,
            opening: Opening,
        ) -> DispatchResultWithPostInfo {
            let refuter = ensure_signed(origin)?;
            Self::do_refute_length(refuter, (job, attempt, commitment), step, len, &opening)
        }
    }
}
