//! A chain with the native coin and pallet-assets joined into one, as a runtime joins them.

use std::collections::BTreeMap;

use frame_support::{
    assert_ok, derive_impl, parameter_types,
    traits::{
        fungible::{NativeFromLeft, NativeOrWithId, UnionOf},
        fungibles::{Inspect, InspectHold},
        AsEnsureOriginWithArg, ConstU128, Contains,
    },
};
use sp_runtime::BuildStorage;
use touchstone_primitives::{Balance, JobId};

use crate as pallet_escrow;
use crate::{escrow::asset_id, HoldReason};

pub type AccountId = u64;

pub const BUYER: AccountId = 1;
pub const PROVIDER: AccountId = 2;
pub const REFUTER: AccountId = 3;
pub const POOL: AccountId = 4;
/// In nobody's books: it can receive the existential deposit or more.
pub const NOBODY: AccountId = 99;

/// What everybody but the pool and nobody owns, of each asset.
pub const ENDOWMENT: Balance = 10_000;
/// The existential deposit and the least balance of the asset: what an account without coins cannot receive less than.
pub const LEAST: Balance = 10;

/// A listed asset and one that is not.
pub const LISTED: u32 = 1;
pub const UNLISTED: u32 = 2;

/// What a job can be paid in here: every behaviour is shown for each.
pub const ASSETS: [Option<u32>; 2] = [None, Some(LISTED)];

pub const JOB: JobId = JobId([1; 32]);

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeTask,
        RuntimeHoldReason,
        RuntimeFreezeReason,
        RuntimeViewFunction
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(2)]
    pub type Assets = pallet_assets;
    #[runtime::pallet_index(3)]
    pub type AssetsHolder = pallet_assets_holder;
    #[runtime::pallet_index(4)]
    pub type Escrow = pallet_escrow;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
    type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type Balance = Balance;
    type ExistentialDeposit = ConstU128<LEAST>;
    type AccountStore = System;
    type RuntimeFreezeReason = RuntimeFreezeReason;
    type FreezeIdentifier = u8;
    type MaxFreezes = frame_support::traits::ConstU32<1>;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
    type Balance = Balance;
    type Currency = Balances;
    type CreateOrigin = AsEnsureOriginWithArg<frame_system::EnsureSigned<AccountId>>;
    type ForceOrigin = frame_system::EnsureRoot<AccountId>;
    type AssetDeposit = ConstU128<1>;
    type AssetAccountDeposit = ConstU128<1>;
    type ApprovalDeposit = ConstU128<1>;
    type MetadataDepositBase = ConstU128<1>;
    type MetadataDepositPerByte = ConstU128<1>;
    type Holder = AssetsHolder;
}

impl pallet_assets_holder::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeEvent = RuntimeEvent;
}

/// The native coin and all assets, as one.
pub type Coins = UnionOf<Balances, AssetsHolder, NativeFromLeft, NativeOrWithId<u32>, AccountId>;

pub struct Listed;
impl Contains<NativeOrWithId<u32>> for Listed {
    fn contains(asset: &NativeOrWithId<u32>) -> bool {
        ASSETS.map(asset_id).contains(asset)
    }
}

parameter_types! {
    pub const Pool: AccountId = POOL;
}

impl crate::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Assets = Coins;
    type Listed = Listed;
    type FeePool = Pool;
}

pub fn new_test_ext() -> sp_io::TestExternalities {
    let owners = [BUYER, PROVIDER, REFUTER];
    let of = |asset: u32| owners.map(|who| (asset, who, ENDOWMENT));
    let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances: owners.map(|who| (who, ENDOWMENT)).to_vec(),
            ..Default::default()
        },
        assets: pallet_assets::GenesisConfig {
            // Not sufficient: an account needs native coin beside it.
            assets: [LISTED, UNLISTED].map(|asset| (asset, 0, false, LEAST)).to_vec(),
            accounts: [of(LISTED), of(UNLISTED)].concat(),
            ..Default::default()
        },
        ..Default::default()
    }
    .build_storage()
    .unwrap()
    .into();
    ext.execute_with(|| System::set_block_number(1));
    ext
}

/// Runs a test on a fresh chain and checks the state afterwards.
pub fn run(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        test();
        check();
    });
}

/// Runs a test once for each asset that can pay.
pub fn run_each(test: impl Fn(Option<u32>)) {
    for asset in ASSETS {
        run(|| test(asset));
    }
}

/// The pallet's own check, and that nothing is held for this pallet on anybody whom no record names.
pub fn check() {
    assert_ok!(Escrow::do_try_state());
    let mut owed = BTreeMap::new();
    for record in crate::Records::<Test>::iter_values() {
        *owed.entry((record.buyer, record.asset)).or_insert(0) += record.payment;
        if let Some(collateral) = record.collateral {
            *owed.entry((collateral.provider, None)).or_insert(0) += collateral.amount;
        }
    }
    for who in [BUYER, PROVIDER, REFUTER, POOL, NOBODY] {
        for asset in [None, Some(LISTED), Some(UNLISTED)] {
            let total = Coins::total_balance_on_hold(asset_id(asset), &who);
            assert_eq!(total, owed.get(&(who, asset)).copied().unwrap_or(0), "account {who}, asset {asset:?}");
        }
    }
}

pub fn free(asset: Option<u32>, who: AccountId) -> Balance {
    Coins::balance(asset_id(asset), &who)
}

pub fn held(asset: Option<u32>, reason: HoldReason, who: AccountId) -> Balance {
    Coins::balance_on_hold(asset_id(asset), &reason.into(), &who)
}

pub fn issuance(asset: Option<u32>) -> Balance {
    Coins::total_issuance(asset_id(asset))
}

/// The events of this pallet since the last call.
pub fn events() -> Vec<crate::Event<Test>> {
    let events = System::read_events_for_pallet();
    System::reset_events();
    events
}
