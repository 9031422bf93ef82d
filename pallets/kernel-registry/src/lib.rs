#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, unreachable_pub)
)]

mod calls;
mod kernels;
mod reads;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;

pub use pallet::*;
pub use types::{Code, Record, MAX_CODE_BYTES};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use frame_support::{
        pallet_prelude::*,
        traits::{Consideration, Footprint},
    };
    use frame_system::pallet_prelude::*;
    use touchstone_primitives::{views::KernelView, KernelHash};

    use super::*;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// Deposit for the bytes of a kernel and its record.
        type Consideration: Consideration<Self::AccountId, Footprint>;

        /// Measured weights.
        type WeightInfo: WeightInfo;
    }

    /// Why the registry holds coins, if [`Config::Consideration`] holds them.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// Deposit for an uploaded kernel.
        #[codec(index = 0)]
        Kernel,
    }

    /// What is known of each kernel.
    #[pallet::storage]
    pub type Kernels<T: Config> = StorageMap<_, Identity, KernelHash, Record<T::AccountId, T::Consideration>>;

    /// The encoded kernels, apart from their records: counting a reference must not move 50 KB.
    #[pallet::storage]
    pub type Codes<T: Config> = StorageMap<_, Identity, KernelHash, Code>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A kernel can be used in jobs.
        Uploaded {
            /// BLAKE3 of its bytes.
            hash: KernelHash,
            /// Who paid the deposit.
            owner: T::AccountId,
            /// Length of its bytes.
            bytes: u32,
        },
        /// A kernel was removed and its deposit returned.
        Removed {
            /// Its hash.
            hash: KernelHash,
            /// Who got the deposit back.
            owner: T::AccountId,
        },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// The bytes do not start with a KIR header, or are longer or shorter than it says.
        NotAKernel,
        /// A version of KIR that this chain does not know.
        UnknownVersion,
        /// A count of the header is outside its limits.
        CountOutOfRange,
        /// A scratch segment is empty or too long, or all together are.
        InvalidSegment,
        /// A view names a missing buffer or bound, or is not canonical.
        InvalidView,
        /// A bound names a missing parameter, or is not canonical.
        InvalidBound,
        /// The instruction with this index is not valid.
        InvalidInstruction(u16),
        /// The program ends inside a construct.
        Unclosed,
        /// The same kernel is uploaded already.
        AlreadyUploaded,
        /// No kernel has this hash.
        UnknownKernel,
        /// Another account uploaded it.
        NotOwner,
        /// Open jobs refer to it.
        InUse,
        /// No job refers to it.
        NotInUse,
        /// It is referred to as often as can be counted.
        TooManyReferences,
    }

    #[pallet::call(weight(<T as Config>::WeightInfo))]
    impl<T: Config> Pallet<T> {
        /// Uploads a kernel in its KIR encoding.
        ///
        /// Origin: signed. Validates the bytes and stores them under their BLAKE3 hash. Emits [`Event::Uploaded`].
        /// Costs the sender a deposit for the bytes, returned by [`Pallet::remove`].
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::upload(code.len() as u32))]
        pub fn upload(origin: OriginFor<T>, code: Code) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_upload(who, code)
        }

        /// Removes a kernel that no open job refers to.
        ///
        /// Origin: signed by the account that uploaded it. Emits [`Event::Removed`] and returns the deposit.
        #[pallet::call_index(1)]
        pub fn remove(origin: OriginFor<T>, hash: KernelHash) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove(who, hash)
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// A kernel with its bytes, its owner and the number of open jobs that refer to it.
        pub fn view(hash: KernelHash) -> Option<KernelView<T::AccountId>> {
            Self::read_kernel(hash)
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
