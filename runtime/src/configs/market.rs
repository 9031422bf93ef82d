//! The market: kernels, providers, jobs, money, results. The pallets meet here and nowhere else.

use frame_support::{
    parameter_types,
    traits::{fungible::HoldConsideration, ConstU32, LinearStoragePrice},
    weights::Weight,
    PalletId,
};
use pallet_provider_registry::COVER_STEPS;
use sp_runtime::traits::AccountIdConversion;

use crate::{
    configs::assets::Coins,
    constants::{deposit, MAX_BLOCK_WEIGHT, TSN},
    parameters::dynamic::{market, providers},
    AccountId, Balance, Balances, DisputeClock, Disputes, Escrow, KernelRegistry, ProviderRegistry, ReverseAuction,
    Runtime, RuntimeHoldReason,
};

parameter_types! {
    /// Deposit for a record.
    pub const RecordDeposit: Balance = deposit(1, 0);
    /// Deposit for each byte of it.
    pub const ByteDeposit: Balance = deposit(0, 1);
    /// Why the deposit of a kernel is held.
    pub const KernelDeposit: RuntimeHoldReason =
        RuntimeHoldReason::KernelRegistry(pallet_kernel_registry::HoldReason::Kernel);
    /// Why the deposit of a provider's record is held.
    pub const ProviderDeposit: RuntimeHoldReason =
        RuntimeHoldReason::ProviderRegistry(pallet_provider_registry::HoldReason::Registration);
    /// Why the deposit of a job is held.
    pub const JobDeposit: RuntimeHoldReason =
        RuntimeHoldReason::ReverseAuction(pallet_reverse_auction::HoldReason::Job);
}

/// What storage costs while it is used.
pub type StoragePrice = LinearStoragePrice<RecordDeposit, ByteDeposit, Balance>;

/// A deposit at that price, held for `Reason`.
pub type StorageDeposit<Reason> = HoldConsideration<AccountId, Balances, Reason, StoragePrice>;

impl pallet_kernel_registry::Config for Runtime {
    type Consideration = StorageDeposit<KernelDeposit>;
    type WeightInfo = pallet_kernel_registry::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
    /// From these amounts of stake behind an ask on it stands on the next shelf.
    pub const CoverSteps: [Balance; COVER_STEPS] =
        [10 * TSN, 30 * TSN, 100 * TSN, 300 * TSN, 1_000 * TSN, 3_000 * TSN];
    /// A twentieth of each block belongs to asks that enter the index before any transaction.
    pub const ArrivalsShare: Weight = Weight::from_parts(MAX_BLOCK_WEIGHT.ref_time() / 20, u64::MAX);
}

impl pallet_provider_registry::Config for Runtime {
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Consideration = StorageDeposit<ProviderDeposit>;
    type Clock = DisputeClock;
    type MinStake = providers::MinStake;
    type AskDelay = providers::AskDelay;
    type FaultPeriod = providers::FaultPeriod;
    type RepeatSlash = providers::RepeatSlash;
    type MaxScan = ConstU32<6>;
    type CoverSteps = CoverSteps;
    type ArrivalsShare = ArrivalsShare;
    type WeightInfo = pallet_provider_registry::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
    /// The verification pool: it will pay auditors.
    pub VerificationPool: AccountId = PalletId(*b"ts/verif").into_account_truncating();
    /// Why the stake of providers is held: collateral comes from this hold and returns to it.
    pub const StakeReason: RuntimeHoldReason =
        RuntimeHoldReason::ProviderRegistry(pallet_provider_registry::HoldReason::Stake);
}

impl pallet_escrow::Config for Runtime {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Assets = Coins;
    type Native = Balances;
    type StakeReason = StakeReason;
    type Listed = market::Listed;
    type FeePool = VerificationPool;
}

parameter_types! {
    /// A tenth of each block belongs to due jobs before any transaction.
    pub const AgendaShare: Weight = Weight::from_parts(MAX_BLOCK_WEIGHT.ref_time() / 10, u64::MAX);
}

impl pallet_reverse_auction::Config for Runtime {
    type Kernels = KernelRegistry;
    type Providers = ProviderRegistry;
    type Escrow = Escrow;
    type Clock = DisputeClock;
    type Terms = market::JobTerms;
    type Consideration = StorageDeposit<JobDeposit>;
    type DepositPrice = StoragePrice;
    type AgendaShare = AgendaShare;
    type WeightInfo = pallet_reverse_auction::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = crate::benchmarks::Scenes;
}

parameter_types! {
    /// What each block that counts for the dispute clock has space for.
    pub LargestRefutationWeight: Weight = Disputes::largest_refutation_weight();
    /// The same by length, bytes.
    pub LargestRefutationBytes: u32 = Disputes::largest_refutation_bytes();
}

impl pallet_dispute_clock::Config for Runtime {
    type LargestCallWeight = LargestRefutationWeight;
    type LargestCallBytes = LargestRefutationBytes;
    type WeightInfo = pallet_dispute_clock::weights::SubstrateWeight<Runtime>;
}

impl pallet_disputes::Config for Runtime {
    type Jobs = ReverseAuction;
    type Kernels = KernelRegistry;
    type WeightInfo = pallet_disputes::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = crate::benchmarks::Scenes;
}

parameter_types! {
    /// A twentieth of each block belongs to demands that are due before any transaction.
    pub const QueueShare: Weight = Weight::from_parts(MAX_BLOCK_WEIGHT.ref_time() / 20, u64::MAX);
}

impl pallet_demands::Config for Runtime {
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Jobs = ReverseAuction;
    type Clock = DisputeClock;
    type QueueShare = QueueShare;
    type WeightInfo = pallet_demands::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = crate::benchmarks::Scenes;
}
