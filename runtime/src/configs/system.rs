//! Block limits, time and governance.

use frame_support::{
    derive_impl, dispatch::DispatchClass, parameter_types, traits::AsEnsureOriginWithArg,
    weights::constants::ParityDbWeight,
};
use frame_system::{
    limits::{BlockLength, BlockWeights},
    EnsureRoot,
};
use sp_runtime::traits::AccountIdLookup;
use sp_version::RuntimeVersion;

use crate::{
    constants::{MAX_BLOCK_LENGTH, MAX_BLOCK_WEIGHT, NORMAL_RATIO, SLOT_DURATION},
    parameters::{self, RuntimeParameters},
    AccountId, Babe, Balance, Block, Hash, Nonce, PalletInfo, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin,
    RuntimeTask, VERSION,
};

parameter_types! {
    /// Number of recent blocks to which the mortality of a transaction can refer: two hours.
    pub const BlockHashCount: u32 = 2_400;
    /// This version.
    pub const Version: RuntimeVersion = VERSION;
    /// The prefix of addresses as text: the generic one.
    pub const SS58Prefix: u16 = 42;
    /// Weight limits of a block, by class of transaction.
    pub Weights: BlockWeights = BlockWeights::with_sensible_defaults(MAX_BLOCK_WEIGHT, NORMAL_RATIO);
    /// Length limits of a block, by class of transaction.
    pub Length: BlockLength = BlockLength::builder()
        .max_length(MAX_BLOCK_LENGTH)
        .modify_max_length_for_class(DispatchClass::Normal, |max| *max = NORMAL_RATIO * MAX_BLOCK_LENGTH)
        .build();
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
    type Block = Block;
    type BlockWeights = Weights;
    type BlockLength = Length;
    type BlockHashCount = BlockHashCount;
    type AccountId = AccountId;
    type AccountData = pallet_balances::AccountData<Balance>;
    type Nonce = Nonce;
    type Hash = Hash;
    type Lookup = AccountIdLookup<AccountId, ()>;
    type DbWeight = ParityDbWeight;
    type Version = Version;
    type SS58Prefix = SS58Prefix;
    type SystemWeightInfo = crate::weights::frame_system::SubstrateWeight<Runtime>;
    type ExtensionsWeightInfo = crate::weights::frame_system_extensions::SubstrateWeight<Runtime>;
    type MaxConsumers = frame_support::traits::ConstU32<128>;
}

parameter_types! {
    /// Minimum time between two blocks, milliseconds.
    pub const MinimumPeriod: u64 = SLOT_DURATION / 2;
}

impl pallet_timestamp::Config for Runtime {
    type Moment = u64;
    type OnTimestampSet = Babe;
    type MinimumPeriod = MinimumPeriod;
    type WeightInfo = crate::weights::pallet_timestamp::SubstrateWeight<Runtime>;
}

impl pallet_sudo::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type WeightInfo = crate::weights::pallet_sudo::SubstrateWeight<Runtime>;
}

impl pallet_parameters::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeParameters = RuntimeParameters;
    type AdminOrigin = AsEnsureOriginWithArg<EnsureRoot<AccountId>>;
    type WeightInfo = crate::weights::pallet_parameters::SubstrateWeight<Runtime>;
}

impl parameters::conditions::Config for Runtime {}
