//! The native coin, fees, and utilities for accounts: batches, multisig, proxies.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
    parameter_types,
    traits::{ConstU32, ConstU8, InstanceFilter, VariantCountOf},
    weights::{ConstantMultiplier, IdentityFee},
};
use pallet_transaction_payment::{FungibleAdapter, Multiplier};
use scale_info::TypeInfo;
use sp_runtime::{
    traits::{BlakeTwo256, Bounded},
    FixedPointNumber, Perquintill,
};

use crate::{
    configs::fees::FullerClass,
    constants::{deposit, EXISTENTIAL_DEPOSIT, MICRO},
    Balance, Balances, OriginCaller, Runtime, RuntimeCall, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason,
    System,
};

parameter_types! {
    /// See [`EXISTENTIAL_DEPOSIT`].
    pub const ExistentialDeposit: Balance = EXISTENTIAL_DEPOSIT;
}

impl pallet_balances::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeFreezeReason = RuntimeFreezeReason;
    type WeightInfo = crate::weights::pallet_balances::SubstrateWeight<Runtime>;
    type Balance = Balance;
    type DustRemoval = ();
    type ExistentialDeposit = ExistentialDeposit;
    type AccountStore = System;
    type ReserveIdentifier = [u8; 8];
    type FreezeIdentifier = RuntimeFreezeReason;
    type MaxLocks = ConstU32<50>;
    type MaxReserves = ConstU32<50>;
    type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
    type DoneSlashHandler = ();
}

parameter_types! {
    /// Fee for each byte of a transaction.
    pub const ByteFee: Balance = MICRO;
    /// Fees rise while blocks are fuller than this.
    pub const TargetFullness: Perquintill = Perquintill::from_percent(25);
    /// How fast fees change.
    pub AdjustmentSpeed: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
    /// The lowest multiplier.
    pub LeastMultiplier: Multiplier = Multiplier::saturating_from_rational(1, 10);
    /// No upper limit: filling blocks must become expensive.
    pub MostMultiplier: Multiplier = Bounded::max_value();
}

impl pallet_transaction_payment::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    // Fees burn. If block authors earned them, an author could delay challenges for free by filling its own blocks.
    type OnChargeTransaction = FungibleAdapter<Balances, ()>;
    // One coin pays for one second of weight.
    type WeightToFee = IdentityFee<Balance>;
    type LengthToFee = ConstantMultiplier<Balance, ByteFee>;
    type FeeMultiplierUpdate = FullerClass<Self, TargetFullness, AdjustmentSpeed, LeastMultiplier, MostMultiplier>;
    type OperationalFeeMultiplier = ConstU8<5>;
    type WeightInfo = crate::weights::pallet_transaction_payment::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type PalletsOrigin = OriginCaller;
    type WeightInfo = crate::weights::pallet_utility::SubstrateWeight<Runtime>;
}

parameter_types! {
    /// Deposit for a call that is waiting for signatures: its hash, height, depositor and index.
    pub const MultisigDepositBase: Balance = deposit(1, 88);
    /// Deposit for each signatory.
    pub const MultisigDepositFactor: Balance = deposit(0, 32);
}

impl pallet_multisig::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type Currency = Balances;
    type DepositBase = MultisigDepositBase;
    type DepositFactor = MultisigDepositFactor;
    type MaxSignatories = ConstU32<100>;
    type WeightInfo = crate::weights::pallet_multisig::SubstrateWeight<Runtime>;
    type BlockNumberProvider = System;
}

/// What a proxy can do for the account that names it.
#[derive(
    Copy,
    Clone,
    Default,
    Eq,
    PartialEq,
    Ord,
    PartialOrd,
    Encode,
    Decode,
    DecodeWithMemTracking,
    Debug,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum ProxyType {
    /// Everything.
    #[default]
    #[codec(index = 0)]
    Any,
    /// Calls that neither move nor lock coins of the account: refutations, answers to demands, cancelling, `poke`,
    /// remarks. A demand holds a bond.
    #[codec(index = 1)]
    NonTransfer,
    /// A provider's daily work. This key can lose the account's stake and collateral, by taking jobs and failing them.
    /// It cannot spend free coins, except for the deposit of a device.
    #[codec(index = 2)]
    Provider,
    /// Buying. This key can spend all coins of the account on jobs.
    #[codec(index = 3)]
    Buyer,
}

/// Batches: the calls inside pass the filter one by one.
fn is_batch(call: &RuntimeCall) -> bool {
    use pallet_utility::Call::{batch, batch_all, force_batch};
    matches!(call, RuntimeCall::Utility(batch { .. } | batch_all { .. } | force_batch { .. }))
}

/// Calls that can only give the account coins or return its own.
fn is_harmless(call: &RuntimeCall) -> bool {
    use frame_system::Call::{remark, remark_with_event};
    use pallet_demands::Call::reveal;
    use pallet_disputes::Call::{refute, refute_length};
    use pallet_reverse_auction::Call::{cancel, poke};
    matches!(
        call,
        RuntimeCall::System(remark { .. } | remark_with_event { .. })
            | RuntimeCall::Disputes(refute { .. } | refute_length { .. })
            | RuntimeCall::Demands(reveal { .. })
            | RuntimeCall::ReverseAuction(cancel { .. } | poke { .. })
    )
}

/// What a provider does for its jobs.
fn is_work(call: &RuntimeCall) -> bool {
    use pallet_provider_registry::Call::{add_device, remove_device, set_ask, set_endpoint};
    use pallet_reverse_auction::Call::{bid, commit, pass};
    matches!(
        call,
        RuntimeCall::ProviderRegistry(add_device { .. } | remove_device { .. } | set_ask { .. } | set_endpoint { .. })
            | RuntimeCall::ReverseAuction(bid { .. } | commit { .. } | pass { .. })
    )
}

/// What a buyer does for its jobs.
fn is_purchase(call: &RuntimeCall) -> bool {
    use pallet_kernel_registry::Call::upload;
    use pallet_reverse_auction::Call::{accept, submit};
    matches!(
        call,
        RuntimeCall::KernelRegistry(upload { .. }) | RuntimeCall::ReverseAuction(accept { .. } | submit { .. })
    )
}

impl InstanceFilter<RuntimeCall> for ProxyType {
    fn filter(&self, call: &RuntimeCall) -> bool {
        match self {
            Self::Any => true,
            Self::NonTransfer => is_batch(call) || is_harmless(call),
            Self::Provider => is_batch(call) || is_harmless(call) || is_work(call),
            Self::Buyer => is_batch(call) || is_harmless(call) || is_purchase(call),
        }
    }

    fn is_superset(&self, other: &Self) -> bool {
        *self == Self::Any || *other == Self::NonTransfer || self == other
    }
}

parameter_types! {
    /// Deposit for an account's list of proxies.
    pub const ProxyDepositBase: Balance = deposit(1, 8);
    /// Deposit for each proxy: account, type and delay.
    pub const ProxyDepositFactor: Balance = deposit(0, 37);
    /// Deposit for a list of announcements.
    pub const AnnouncementDepositBase: Balance = deposit(1, 8);
    /// Deposit for each announcement: account, hash and height.
    pub const AnnouncementDepositFactor: Balance = deposit(0, 68);
}

impl pallet_proxy::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type Currency = Balances;
    type ProxyType = ProxyType;
    type ProxyDepositBase = ProxyDepositBase;
    type ProxyDepositFactor = ProxyDepositFactor;
    type MaxProxies = ConstU32<32>;
    type WeightInfo = crate::weights::pallet_proxy::SubstrateWeight<Runtime>;
    type MaxPending = ConstU32<32>;
    type CallHasher = BlakeTwo256;
    type AnnouncementDepositBase = AnnouncementDepositBase;
    type AnnouncementDepositFactor = AnnouncementDepositFactor;
    type BlockNumberProvider = System;
}
