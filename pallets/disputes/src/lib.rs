#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, unreachable_pub)
)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
pub mod benchmarking;
mod calls;
mod charge;
mod judge;
mod largest;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
pub mod weights;

pub use judge::{judge, prove_length, Defect, Dispute, Verdict};
pub use largest::{max_opened_bytes, max_proof_bytes, max_siblings};
pub use pallet::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use alloc::boxed::Box;

    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use touchstone_kir::Opening;
    use touchstone_primitives::{opened_bytes, Claim, CommitmentId, JobId, Jobs, Kernels, Proof, ProofLimits, Target};

    use super::WeightInfo;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// The jobs with their committed results.
        type Jobs: Jobs<Self::AccountId>;
        /// The kernels that jobs name.
        type Kernels: Kernels;
        /// Measured weights.
        type WeightInfo: WeightInfo;
        /// Prepares the state for the benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: super::benchmarking::BenchmarkHelper<Self::AccountId>;
    }

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// One word of a result was shown to be wrong.
        Refuted {
            /// The job.
            job: JobId,
            /// The assignment.
            attempt: u32,
            /// The step instance.
            instance: u32,
            /// Index of the word in the instance's output.
            word: u32,
            /// The word in the committed output.
            committed: u32,
            /// The word that the chain computed.
            computed: u32,
            /// Whose result it was.
            provider: T::AccountId,
            /// Who refuted it.
            refuter: T::AccountId,
        },
        /// A root of a result was shown to commit to data of another length than the trace or the output has.
        LengthRefuted {
            /// The job.
            job: JobId,
            /// The assignment.
            attempt: u32,
            /// The step instance whose output it is; `None` if it is the trace.
            instance: Option<u32>,
            /// Length of the committed data, bytes.
            committed: u32,
            /// Length of the trace or output, bytes.
            declared: u32,
            /// Whose result it was.
            provider: T::AccountId,
            /// Who refuted it.
            refuter: T::AccountId,
        },
    }

    #[pallet::error]
    #[derive(PartialEq)]
    pub enum Error<T> {
        /// The job has no result with this commitment: it was refuted, removed, or never committed.
        UnknownCommitment,
        /// The time for challenges is over.
        WindowOver,
        /// The job has no such step instance.
        UnknownInstance,
        /// The instance's output has no such word.
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
        /// A chunk of the trace with a root that the proof needs is not opened.
        MissingRoot,
        /// Chunks of the trace are opened that have no root that the proof needs.
        SuperfluousRoots,
        /// The opening of the trace does not hash to the committed root.
        ForeignTrace,
        /// The claimed length is the length of the trace or output.
        LengthIsRight,
        /// The last chunk of data of the claimed length is not opened.
        LastChunkNotOpened,
        /// No buffer has this length: it is 0 or more than 2 GiB.
        NoSuchLength,
        /// The instance does not fit its kernel. Validated jobs never come to this.
        Unjudgeable,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Shows that one word of a result is wrong. The chain verifies the openings against the committed roots,
        /// executes the one invocation that wrote the word, and compares.
        ///
        /// Signed by anyone, at the latest at the window's last tick. If the word is wrong, the provider loses its
        /// collateral in this transaction: the refuter gets the bounty, a buyer who has paid is repaid, the rest burns,
        /// and an unpaid job is assigned again. The weight follows from `limits` and from what `proof` opens; what was
        /// declared for the invocation is given back if the call fails before it reads the kernel.
        ///
        /// Emits `Refuted`, and what becomes of the job.
        #[pallet::call_index(0)]
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

        /// Shows that a root of a result commits to `len` bytes, which is not the length of the trace or of the
        /// instance's output: nothing under it could be opened as that.
        ///
        /// Signed by anyone, at the latest at the window's last tick. `opening` is of exactly the last chunk of the
        /// committed data. The provider loses its collateral as with [`Pallet::refute`]. What the opened bytes cost is
        /// given back if the call fails before it reads them.
        ///
        /// Emits `LengthRefuted`, and what becomes of the job.
        #[pallet::call_index(1)]
        #[pallet::weight((
            Pallet::<T>::refutation_weight(0, 0, opened_bytes(opening).saturating_add(target.opened_bytes())),
            DispatchClass::Operational,
        ))]
        pub fn refute_length(
            origin: OriginFor<T>,
            job: JobId,
            commitment: CommitmentId,
            target: Target,
            len: u32,
            opening: Opening,
        ) -> DispatchResultWithPostInfo {
            let refuter = ensure_signed(origin)?;
            Self::do_refute_length(refuter, (job, commitment), &target, len, &opening)
        }
    }
}
