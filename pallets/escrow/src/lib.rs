#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, unreachable_pub)
)]

extern crate alloc;

mod check;
mod escrow;
mod forfeit;
mod rehold;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use forfeit::{forfeit, Forfeit};
pub use pallet::*;
pub use rehold::Rehold;

#[frame_support::pallet]
pub mod pallet {
    use frame_support::{
        pallet_prelude::*,
        traits::{
            fungible::NativeOrWithId,
            fungibles::{Inspect, MutateHold},
        },
    };
    use touchstone_primitives::{AssetAmount, Balance, JobId, ListedAssets};

    use super::Rehold;

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

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
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
}
