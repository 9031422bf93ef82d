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
#[cfg(test)]
mod mock;
mod queue;
mod reads;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;
mod types;
pub mod weights;

pub use pallet::*;
pub use touchstone_primitives::Subject;
pub use types::{bond_of, Demand, Stage, DOUBLES_EVERY, MAX_PATH, MAX_SHOWN};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use alloc::vec::Vec;

    use frame_support::{
        pallet_prelude::*,
        traits::fungible::{Inspect, MutateHold},
        weights::WeightMeter,
    };
    use frame_system::pallet_prelude::*;
    use touchstone_kir::{Node, Reveal};
    use touchstone_primitives::{views::DemandView, Balance, Clock, CommitmentId, JobId, Jobs, Target, Tick};

    use super::{Demand, Subject, WeightInfo, MAX_PATH, MAX_SHOWN};

    /// The siblings of a node on the way to the root, upwards.
    pub type Path = BoundedVec<[u8; 32], ConstU32<MAX_PATH>>;

    /// Answers that lead to a node, downwards.
    pub type ShownBy = BoundedVec<Subject, ConstU32<MAX_SHOWN>>;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// The native coin, in which bonds are held.
        type Currency: Inspect<Self::AccountId, Balance = Balance>
            + MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;
        /// The runtime's hold reasons, which contain [`HoldReason`].
        type RuntimeHoldReason: From<HoldReason>;
        /// The jobs with their committed results.
        type Jobs: Jobs<Self::AccountId>;
        /// The clock on which all deadlines run.
        type Clock: Clock;
        /// Weight that the queue may take in each block before transactions do; the rest it gets from what they leave.
        #[pallet::constant]
        type QueueShare: Get<Weight>;
        /// Measured weights.
        type WeightInfo: WeightInfo;
        /// Prepares the state for the benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: super::benchmarking::BenchmarkHelper<Self::AccountId>;
    }

    /// Why coins are held.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// The bond of a demand.
        #[codec(index = 0)]
        Bond,
    }

    /// The demands of each commitment whose outcome is not known.
    #[pallet::storage]
    pub type Demands<T: Config> =
        StorageDoubleMap<_, Identity, CommitmentId, Blake2_128Concat, Subject, Demand<T::AccountId>>;

    /// When each demand is looked at next. Each is here once.
    #[pallet::storage]
    pub type Queue<T: Config> = StorageDoubleMap<_, Twox64Concat, Tick, Blake2_128Concat, (CommitmentId, Subject), ()>;

    /// Every tick before this one has been served.
    #[pallet::storage]
    pub type QueueCursor<T: Config> = StorageValue<_, Tick, ValueQuery>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A node has to be revealed.
        Demanded {
            /// The job.
            job: JobId,
            /// The result.
            commitment: CommitmentId,
            /// The node.
            subject: Subject,
            /// Whose result it is.
            provider: T::AccountId,
            /// Who demands it.
            demander: T::AccountId,
            /// Held on who demands it.
            bond: Balance,
            /// Last tick for the answer.
            deadline: Tick,
        },
        /// A node was revealed: the transaction has what it shows.
        Revealed {
            /// The job.
            job: JobId,
            /// The result.
            commitment: CommitmentId,
            /// The node.
            subject: Subject,
            /// Who revealed it.
            by: T::AccountId,
            /// What it shows can be demanded and refuted until this tick, also past the end of the window.
            until: Tick,
        },
        /// No answer came in time: the result is refuted.
        Unanswered {
            /// The job.
            job: JobId,
            /// The result.
            commitment: CommitmentId,
            /// The node.
            subject: Subject,
            /// Whose result it was.
            provider: T::AccountId,
            /// Who gets the bounty.
            demander: T::AccountId,
        },
        /// The outcome of a result is known, and nothing is held for the demand any more.
        Closed {
            /// The result.
            commitment: CommitmentId,
            /// The node.
            subject: Subject,
            /// Paid to the provider: 0 if the result was refuted, or if that account cannot receive it.
            paid: Balance,
        },
        /// What was due for a demand failed. It is tried again.
        Failed {
            /// The result.
            commitment: CommitmentId,
            /// The node.
            subject: Subject,
            /// What went wrong.
            error: DispatchError,
        },
    }

    #[pallet::error]
    #[derive(PartialEq)]
    pub enum Error<T> {
        /// The job has no result with this commitment: it was refuted, removed, or never committed.
        UnknownCommitment,
        /// The window is over, and the named answers do not lead from one that is recent enough to the node.
        WindowOver,
        /// The job has no such step instance.
        UnknownInstance,
        /// The opening of the trace is not of exactly the chunk with the root of the instance's output.
        WrongRootChunk,
        /// The opening of the trace does not hash to the committed root, or is not whole.
        ForeignTrace,
        /// The tree has no such node, or the node has a lower level.
        NoSuchNode,
        /// The path has too few siblings.
        IncompletePath,
        /// The path has too many siblings.
        OverlongPath,
        /// The path does not lead to the committed root.
        ForeignPath,
        /// The node was demanded before. Its answer is on the chain, or will be.
        AlreadyDemanded,
        /// Nobody demanded this node.
        NotDemanded,
        /// The node was revealed before.
        AlreadyRevealed,
        /// The deadline is over.
        TooLate,
        /// The node is revealed by its bytes, not by nodes, or the other way round.
        WrongKind,
        /// The answer has fewer values or bytes than the node.
        ShortAnswer,
        /// The answer has more values or bytes than the node.
        LongAnswer,
        /// The answer does not hash to the node.
        ForeignAnswer,
        /// The outputs came with the commitment: the chain has them.
        OutputsOnChain,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Demands a node of the trace or of one output: `value` is its value, and `path` leads from there to the
        /// committed root. An answer is paid from the bond; without one by the deadline the result is refuted.
        ///
        /// Signed by anyone, at the latest at the window's last tick. Past that, `shown_by` names answers that lead to
        /// the node: each shows the next, the last one shows the node, and the first one is recent enough. Holds the
        /// bond of the job's terms on the sender, doubled for each 64 demands of the commitment that wait for an
        /// answer: the view function `bond` says how much that is now.
        ///
        /// Emits `Demanded`.
        #[pallet::call_index(0)]
        #[pallet::weight((
            T::WeightInfo::demand(target.opened_bytes())
                .saturating_add(T::WeightInfo::shown(shown_by.len().try_into().unwrap_or(MAX_SHOWN))),
            DispatchClass::Operational,
        ))]
        #[allow(clippy::too_many_arguments)]
        pub fn demand(
            origin: OriginFor<T>,
            job: JobId,
            commitment: CommitmentId,
            target: Target,
            node: Node,
            value: [u8; 32],
            path: Path,
            shown_by: ShownBy,
        ) -> DispatchResult {
            let demander = ensure_signed(origin)?;
            Self::do_demand(demander, (job, commitment), &target, (node, value), &path, &shown_by)
        }

        /// Answers a demand: shows the node's descendants, or its bytes. The chain keeps neither; everybody reads them
        /// in the transaction.
        ///
        /// Signed by anyone, at the latest at the deadline. The provider of the result gets the price of an answer when
        /// the result stands, no matter who sends it. What the answer shows stays demandable and refutable for a while.
        ///
        /// Emits `Revealed`.
        #[pallet::call_index(1)]
        #[pallet::weight((T::WeightInfo::reveal(Pallet::<T>::bytes_of(reveal)), DispatchClass::Operational))]
        pub fn reveal(
            origin: OriginFor<T>,
            commitment: CommitmentId,
            subject: Subject,
            reveal: Reveal,
        ) -> DispatchResult {
            let by = ensure_signed(origin)?;
            Self::do_reveal(by, commitment, subject, &reveal)
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// The demands of a commitment, at most so many of them and never more than 256: first those that wait for an
        /// answer.
        pub fn demands(commitment: CommitmentId, limit: u32) -> Vec<DemandView<T::AccountId>> {
            Self::read_demands(&commitment, limit)
        }

        /// What a demand of this commitment would hold now; `None` if the job has no such result that can be
        /// challenged.
        pub fn bond(job: JobId, commitment: CommitmentId) -> Option<Balance> {
            Self::read_bond(&job, &commitment)
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_poll(_: BlockNumberFor<T>, meter: &mut WeightMeter) {
            let mut share = WeightMeter::with_limit(meter.remaining().min(T::QueueShare::get()));
            Self::serve_queue(&mut share);
            meter.consume(share.consumed());
        }

        fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
            let mut meter = WeightMeter::with_limit(remaining);
            Self::serve_queue(&mut meter);
            meter.consumed()
        }

        fn integrity_test() {
            let one = T::WeightInfo::serve_base()
                .saturating_add(T::WeightInfo::serve_tick())
                .saturating_add(Self::serve_weight());
            assert!(T::QueueShare::get().all_gte(one), "the queue's share of a block has to serve at least one demand");
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }
}
