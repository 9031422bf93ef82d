#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, unreachable_pub)
)]

#[cfg(any(feature = "try-runtime", feature = "std"))]
extern crate alloc;

mod escrow;
mod rehold;
mod types;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;

pub use pallet::*;
pub use rehold::Rehold;
pub use types::{forfeit, Collateral, Forfeit, Record, Shortfall};

#[frame_support::pallet]
pub mod pallet {
    use frame_support::{
        pallet_prelude::*,
        traits::{
            fungible::NativeOrWithId,
            fungibles::{Inspect, MutateHold},
        },
    };
    use frame_system::pallet_prelude::*;
    use touchstone_primitives::{views::EscrowView, AssetAmount, Balance, Escrow, JobId, ListedAssets, Rate};

    use super::{Record, Rehold};

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// The runtime's hold reasons, which contain [`HoldReason`].
        type RuntimeHoldReason: From<HoldReason>;

        /// The native coin and all assets, as one.
        type Assets: Inspect<Self::AccountId, AssetId = NativeOrWithId<u32>, Balance = Balance>
            + MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

        /// The native coin, whose holds change their reason.
        type Native: Rehold<Self::AccountId, Self::RuntimeHoldReason>;

        /// Why a provider's stake is held: collateral comes from this hold and returns to it.
        type StakeReason: Get<Self::RuntimeHoldReason>;

        /// The assets that can pay for jobs beside the native coin, with their rates. A change of the list changes
        /// nothing for open jobs.
        type Listed: Get<ListedAssets>;

        /// The verification pool, which receives the fees.
        type FeePool: Get<Self::AccountId>;
    }

    /// Why coins are held.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// A buyer's coins for price, verification fee and pass fees.
        #[codec(index = 0)]
        Payment,
        /// A provider's coins at risk.
        #[codec(index = 1)]
        Collateral,
    }

    /// What is held for each job that is not closed.
    #[pallet::storage]
    pub type Records<T: Config> = StorageMap<_, Identity, JobId, Record<T::AccountId>>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A payment is held.
        Opened {
            /// The job.
            job: JobId,
            /// On whom.
            buyer: T::AccountId,
            /// In which asset: `None` is the native coin.
            asset: Option<u32>,
            /// How much of it.
            amount: AssetAmount,
            /// What the asset is worth for this job.
            rate: Rate,
        },
        /// A part of a provider's stake is now held as the collateral of a job.
        CollateralLocked {
            /// The job.
            job: JobId,
            /// Whose it is.
            provider: T::AccountId,
            /// How much.
            amount: Balance,
        },
        /// The price went to the provider and the fee to the verification pool.
        Paid {
            /// The job.
            job: JobId,
            /// Who earned it.
            provider: T::AccountId,
            /// How much, in the job's asset.
            price: AssetAmount,
            /// Verification fee, in the job's asset.
            fee: AssetAmount,
            /// The pool could not receive the fee: it burned.
            fee_burned: bool,
        },
        /// A provider passed: a fee of the same worth burned from payment and collateral.
        PassFeeBurned {
            /// The job.
            job: JobId,
            /// Burned from the payment, in the job's asset.
            payment: AssetAmount,
            /// Burned from the collateral.
            collateral: Balance,
        },
        /// What is left of a collateral is held as the provider's stake again.
        CollateralFreed {
            /// The job.
            job: JobId,
            /// Whose it is.
            provider: T::AccountId,
            /// How much.
            amount: Balance,
        },
        /// A collateral is lost.
        CollateralForfeited {
            /// The job.
            job: JobId,
            /// Who lost it.
            provider: T::AccountId,
            /// Went to the refuter.
            bounty: Balance,
            /// Went to the buyer.
            refund: Balance,
            /// Burned.
            burned: Balance,
        },
        /// Nothing is held for the job any more.
        Closed {
            /// The job.
            job: JobId,
            /// What the buyer has free again, in the job's asset.
            returned: AssetAmount,
        },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// The asset does not pay for jobs here.
        AssetNotListed,
        /// Something is held for this job already.
        AlreadyOpen,
        /// Nothing is held for this job.
        NotOpen,
        /// A collateral is held for this job already.
        CollateralAlreadyLocked,
        /// No collateral is held for this job.
        NoCollateral,
        /// A collateral is still held for this job.
        CollateralStillLocked,
        /// Less is held of the payment than was asked for.
        InsufficientPayment,
        /// Less is held of the collateral than was asked for.
        InsufficientCollateral,
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// What is held for a job.
        pub fn held(job: JobId) -> Option<EscrowView<T::AccountId>> {
            <Self as Escrow<T::AccountId>>::view(&job)
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }
}
