#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, unreachable_pub)
)]

extern crate alloc;

mod asks;
mod calls;
mod providers;
mod reads;
mod shelves;
mod store;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
pub mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", feature = "std"))]
mod try_state;

pub use pallet::*;
pub use shelves::{LeastJob, Rank, Shelf, COVER_STEPS, SHELVES_OF_CLASS};
pub use types::{repeat_slash, Device, Endpoint, Faults, Listing, Offer, Place, Provider, MAX_FAULTS};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
    use frame_support::{
        pallet_prelude::*,
        traits::{
            fungible::{Inspect, MutateHold},
            Consideration, Footprint,
        },
        weights::WeightMeter,
    };
    use frame_system::pallet_prelude::*;
    use sp_runtime::Perbill;
    use touchstone_primitives::{
        views::{Cursor, Page, ProviderView},
        Ask, Balance, Clock, DeviceClass, DeviceId, DeviceSpec, EngagementEnd, Tick,
    };

    use super::*;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {
        /// The native coin, in which stake is held.
        type Currency: Inspect<Self::AccountId, Balance = Balance>
            + MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>;

        /// The runtime's hold reasons, which contain [`HoldReason`].
        type RuntimeHoldReason: From<HoldReason>;

        /// Deposit for a provider's record; it grows with the devices.
        type Consideration: Consideration<Self::AccountId, Footprint>;

        /// The dispute clock, on which asks become active and faults grow old.
        type Clock: Clock;

        /// Free stake that each ask of a provider needs. It bounds how cheaply the index can be filled with asks that
        /// take no job.
        type MinStake: Get<Balance>;

        /// Ticks until a new ask counts. At least 1: otherwise a provider could undercut in the block in which it sees
        /// a job.
        type AskDelay: Get<Tick>;

        /// Ticks for which a refuted result makes the next one worse.
        type FaultPeriod: Get<Tick>;

        /// Share of the free stake that burns at a refuted result for each earlier one in the period.
        type RepeatSlash: Get<Perbill>;

        /// Most asks that one match looks at on shelves of which every ask fits, and again on shelves of which some may
        /// fit.
        #[pallet::constant]
        type MaxScan: Get<u32>;

        /// Collateral from which on an ask that covers it stands on the next shelf, rising. Part of the index: changing
        /// it takes a migration.
        #[pallet::constant]
        type CoverSteps: Get<[Balance; COVER_STEPS]>;

        /// Weight that asks which enter the index may take in each block before transactions do; the rest they get from
        /// what transactions leave.
        #[pallet::constant]
        type ArrivalsShare: Get<Weight>;

        /// Measured weights.
        type WeightInfo: WeightInfo;
    }

    /// Why coins of a provider are held.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// Stake that is not at risk in a job.
        #[codec(index = 0)]
        Stake,
        /// Deposit for the record, if [`Config::Consideration`] holds it.
        #[codec(index = 1)]
        Registration,
    }

    /// The providers.
    #[pallet::storage]
    pub type Providers<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Provider<T::Consideration>>;

    /// The faults of accounts, providers and those that have left. Without a deposit: each fault has burned more than
    /// its entry could cost.
    #[pallet::storage]
    pub type FaultsOf<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Faults, ValueQuery>;

    /// The asks that can take a job now: by shelf, then by price per gigafuel, then by age. Keys are not hashed, so
    /// that iteration is in order; `store` alone writes here and into the three below.
    #[pallet::storage]
    pub type AskIndex<T: Config> =
        StorageDoubleMap<_, Identity, Shelf, Identity, Rank, Listing<<T as frame_system::Config>::AccountId>>;

    /// The shelves of a class that have an ask, in order, each with the lowest rank on it.
    pub type FrontsOfClass = BoundedVec<(Shelf, Rank), ConstU32<SHELVES_OF_CLASS>>;

    /// The fronts of each class: a match compares them with the job before it looks at any ask.
    #[pallet::storage]
    pub type Fronts<T: Config> = StorageMap<_, Identity, DeviceClass, FrontsOfClass, ValueQuery>;

    /// The asks that enter the index, at the tick at which they do or may have done.
    #[pallet::storage]
    pub type Arrivals<T: Config> =
        StorageDoubleMap<_, Twox64Concat, Tick, Blake2_128Concat, (T::AccountId, DeviceId), ()>;

    /// No ask waits for a tick before this one.
    #[pallet::storage]
    pub type ArrivalsCursor<T: Config> = StorageValue<_, Tick, ValueQuery>;

    /// The sequence number of the next ask.
    #[pallet::storage]
    pub type NextSequence<T: Config> = StorageValue<_, u64, ValueQuery>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// There is a new provider.
        Registered {
            /// Who.
            provider: T::AccountId,
            /// Its stake.
            stake: Balance,
        },
        /// A provider left and has its stake and deposit back.
        Deregistered {
            /// Who.
            provider: T::AccountId,
            /// Its stake.
            stake: Balance,
        },
        /// Blobs are put and served elsewhere.
        EndpointSet {
            /// By whom.
            provider: T::AccountId,
            /// Where.
            endpoint: Endpoint,
        },
        /// Stake was added.
        StakeAdded {
            /// By whom.
            provider: T::AccountId,
            /// How much.
            amount: Balance,
        },
        /// Stake was taken back.
        StakeRemoved {
            /// By whom.
            provider: T::AccountId,
            /// How much.
            amount: Balance,
        },
        /// A provider has one more device.
        DeviceAdded {
            /// Whose.
            provider: T::AccountId,
            /// Its number.
            device: DeviceId,
        },
        /// A device was removed.
        DeviceRemoved {
            /// Whose.
            provider: T::AccountId,
            /// Its number.
            device: DeviceId,
        },
        /// A device works for this ask from a tick on, or has no ask. The provider has set it, or has passed a job.
        AskSet {
            /// Whose.
            provider: T::AccountId,
            /// Its number.
            device: DeviceId,
            /// The ask.
            ask: Option<Ask>,
            /// The first tick at which it counts.
            active_from: Tick,
        },
        /// A fault withdrew a device's ask; the provider has to set it again.
        AskPaused {
            /// Whose.
            provider: T::AccountId,
            /// Its number.
            device: DeviceId,
        },
        /// An engagement is over. Escrow's events say what became of the collateral.
        Disengaged {
            /// By whom.
            provider: T::AccountId,
            /// On which device.
            device: DeviceId,
            /// How it ended.
            end: EngagementEnd,
        },
        /// A repeated fault burned a share of the stake.
        StakeBurned {
            /// Whose.
            provider: T::AccountId,
            /// How much.
            amount: Balance,
            /// Refuted results within the period, before this one.
            earlier_faults: u32,
        },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// The account is a provider already.
        AlreadyRegistered,
        /// The account is not a provider.
        NotRegistered,
        /// The endpoint is not an http or https URL with a host, without user, query and fragment.
        InvalidEndpoint,
        /// The device's name is empty, not UTF-8, or has control characters.
        InvalidName,
        /// The device has no memory for a job's buffers.
        NoMemory,
        /// A provider cannot have more devices.
        TooManyDevices,
        /// The provider has no device with this number.
        NoSuchDevice,
        /// The device works on a job, or a result of it stands.
        DeviceBusy,
        /// An ask must offer a slot.
        NoSlots,
        /// The device has no ask.
        NoAsk,
        /// All slots of the device are taken.
        NoFreeSlot,
        /// No slot of the device is taken.
        NotEngaged,
        /// No result of the device stands.
        NotDelivered,
        /// The free stake is, or would be, less than the least stake for the provider's asks.
        StakeTooLow,
        /// The free stake is less than was asked for.
        InsufficientStake,
        /// The provider has open jobs.
        OpenJobs,
    }

    #[pallet::call(weight(<T as Config>::WeightInfo))]
    impl<T: Config> Pallet<T> {
        /// Becomes a provider.
        ///
        /// Origin: signed. Holds the stake and a deposit on the sender; both return with [`Pallet::deregister`].
        /// Emits [`Event::Registered`].
        #[pallet::call_index(0)]
        pub fn register(origin: OriginFor<T>, endpoint: Endpoint, #[pallet::compact] stake: Balance) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_register(who, endpoint, stake)
        }

        /// Changes where blobs are put and served. Jobs that are open follow.
        ///
        /// Origin: signed by a provider. Emits [`Event::EndpointSet`].
        #[pallet::call_index(1)]
        pub fn set_endpoint(origin: OriginFor<T>, endpoint: Endpoint) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_endpoint(who, endpoint)
        }

        /// Adds stake from the free balance.
        ///
        /// Origin: signed by a provider. Emits [`Event::StakeAdded`].
        #[pallet::call_index(2)]
        pub fn add_stake(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_add_stake(who, amount)
        }

        /// Takes free stake back; the least stake remains, for each ask.
        ///
        /// Origin: signed by a provider. Emits [`Event::StakeRemoved`].
        #[pallet::call_index(3)]
        pub fn remove_stake(origin: OriginFor<T>, #[pallet::compact] amount: Balance) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove_stake(who, amount)
        }

        /// Adds a device under the lowest free number. It takes no work before it has an ask.
        ///
        /// Origin: signed by a provider. Raises the deposit. Emits [`Event::DeviceAdded`].
        #[pallet::call_index(4)]
        pub fn add_device(origin: OriginFor<T>, spec: DeviceSpec) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_add_device(who, spec)
        }

        /// Removes a device that is not at work, with its ask.
        ///
        /// Origin: signed by a provider. Lowers the deposit. Emits [`Event::DeviceRemoved`].
        #[pallet::call_index(5)]
        pub fn remove_device(origin: OriginFor<T>, device: DeviceId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_remove_device(who, device)
        }

        /// Sets what a device works for, or takes it back. It counts [`Config::AskDelay`] ticks later; until then
        /// neither it nor the ask it replaces does.
        ///
        /// Origin: signed by a provider with the least stake free for each of its asks, this one included. Emits
        /// [`Event::AskSet`].
        #[pallet::call_index(6)]
        pub fn set_ask(origin: OriginFor<T>, device: DeviceId, ask: Option<Ask>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_ask(who, device, ask)
        }

        /// Stops being a provider, once no job is open.
        ///
        /// Origin: signed by a provider. Returns stake and deposit. Emits [`Event::Deregistered`].
        #[pallet::call_index(7)]
        pub fn deregister(origin: OriginFor<T>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_deregister(who)
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// A provider.
        pub fn view(account: T::AccountId) -> Option<ProviderView<T::AccountId>> {
            Self::read_provider(account)
        }

        /// A page of all providers.
        pub fn list(after: Option<Cursor>, limit: u32) -> Page<ProviderView<T::AccountId>> {
            Self::read_providers(after, limit)
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_poll(_: BlockNumberFor<T>, meter: &mut WeightMeter) {
            let mut share = WeightMeter::with_limit(meter.remaining().min(T::ArrivalsShare::get()));
            Self::serve_arrivals(&mut share);
            meter.consume(share.consumed());
        }

        fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
            let mut meter = WeightMeter::with_limit(remaining);
            Self::serve_arrivals(&mut meter);
            meter.consumed()
        }

        fn integrity_test() {
            let one_ask = T::WeightInfo::arrivals_base()
                .saturating_add(T::WeightInfo::arrivals_tick())
                .saturating_add(T::WeightInfo::arrive());
            assert!(
                T::ArrivalsShare::get().all_gte(one_ask),
                "the arrivals' share of a block has to fit one ask at least"
            );
            assert!(T::CoverSteps::get().is_sorted(), "the cover steps have to rise");
            assert!(T::MaxScan::get() > 0, "a match must look at one ask at least");
            assert!(T::AskDelay::get() > 0, "an ask must not count in the block that sets it");
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }
}
