//! A chain with the native coin and pallet-assets joined into one, as a runtime joins them.

use frame_support::{
    assert_ok, derive_impl, parameter_types,
    traits::{
        fungible::{Mutate, MutateHold, NativeOrWithId},
        fungibles::{Inspect, InspectHold},
    },
};
use sp_runtime::{DispatchError, DispatchResult};
use touchstone_primitives::{Balance, Escrow as _, Funds, JobFunds, JobId, ListedAssets, Rate};

use crate as pallet_escrow;
use crate::{escrow::asset_id, HoldReason};

pub use jobs::{Record, Records};
pub use touchstone_testing::AccountId;

pub const BUYER: AccountId = 1;
pub const PROVIDER: AccountId = 2;
pub const REFUTER: AccountId = 3;
pub const POOL: AccountId = 4;
/// Has no account yet: it can receive the existential deposit or more.
pub const NOBODY: AccountId = 99;

/// What everybody but the pool and nobody owns, of each asset.
pub const ENDOWMENT: Balance = 10_000;
/// The existential deposit and the least balance of the asset: what an account without coins cannot receive less than.
pub const LEAST: Balance = 10;

/// A listed asset and one that is not.
pub const LISTED: u32 = 1;
pub const UNLISTED: u32 = 2;

/// Three units of the listed asset are worth two of the native coin.
pub const RATE: Rate = Rate { native: 2, asset: 3 };

/// What an amount of native coin is in an asset.
pub fn worth(asset: Option<u32>, amount: Balance) -> Balance {
    match asset {
        None => amount,
        Some(_) => RATE.in_asset(amount).units(),
    }
}

/// What a job can be paid in here: every behaviour is shown for each.
pub const ASSETS: [Option<u32>; 2] = [None, Some(LISTED)];

/// What everybody but the pool and nobody has staked, of the native coin.
pub const STAKE: Balance = 5_000;

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
    #[runtime::pallet_index(5)]
    pub type Staking = staking;
    #[runtime::pallet_index(6)]
    pub type Jobs = jobs;
}

/// Stands for the pallet that holds the stake of providers.
#[frame_support::pallet(dev_mode)]
pub mod staking {
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    #[pallet::composite_enum]
    pub enum HoldReason {
        Stake,
    }
}

/// Stands for the pallet whose records have the funds.
#[frame_support::pallet(dev_mode)]
pub mod jobs {
    use frame_support::pallet_prelude::*;
    use touchstone_primitives::{Funds, JobId};

    use super::AccountId;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    #[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
    pub struct Record {
        pub buyer: AccountId,
        pub asset: Option<u32>,
        pub funds: Funds<AccountId>,
    }

    /// The jobs that are not closed.
    #[pallet::storage]
    pub type Records<T: Config> = StorageMap<_, Identity, JobId, Record>;
}

impl staking::Config for Test {}

impl jobs::Config for Test {}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
    type AccountData = pallet_balances::AccountData<Balance>;
}

touchstone_testing::balances!(Test, existential_deposit: LEAST);
touchstone_testing::assets!(Test);

parameter_types! {
    pub const Pool: AccountId = POOL;
    pub static AssetsListed: ListedAssets = listed();
    pub const StakeReason: RuntimeHoldReason = RuntimeHoldReason::Staking(staking::HoldReason::Stake);
}

impl crate::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Assets = Coins;
    type Native = Balances;
    type StakeReason = StakeReason;
    type Listed = AssetsListed;
    type FeePool = Pool;
}

pub fn listed() -> ListedAssets {
    vec![(LISTED, RATE)].try_into().unwrap()
}

pub fn new_test_ext() -> sp_io::TestExternalities {
    let owners = [BUYER, PROVIDER, REFUTER];
    let of = |asset: u32| owners.map(|who| (asset, who, ENDOWMENT));
    AssetsListed::set(listed());
    let mut ext = touchstone_testing::externalities::<Test>(RuntimeGenesisConfig {
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
    });
    ext.execute_with(|| {
        for who in owners {
            assert_ok!(Balances::mint_into(&who, STAKE));
            assert_ok!(Balances::hold(&StakeReason::get(), &who, STAKE));
        }
        System::reset_events();
    });
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

/// The pallet's own check of what is held.
pub fn check() {
    assert_ok!(checked());
}

/// What the pallet's own check finds, given the jobs of this chain.
pub fn checked() -> DispatchResult {
    Escrow::check(Records::<Test>::iter_values().map(|Record { buyer, asset, funds }| (buyer, asset, funds)))
}

/// Opens a job that is not open, and stores it. Returns its rate.
pub fn open(job: JobId, buyer: AccountId, asset: Option<u32>, amount: Balance) -> Result<Rate, DispatchError> {
    assert_eq!(funds(job), None, "a job is opened once");
    let funds = Escrow::open(&buyer, asset, amount)?;
    let rate = funds.rate;
    Records::<Test>::insert(job, Record { buyer, asset, funds });
    Ok(rate)
}

/// Lends the funds of an open job to a method of the pallet, and stores what it makes of them. A method that fails
/// leaves them as they were.
fn lend<R>(
    job: JobId,
    method: impl FnOnce(JobFunds<'_, AccountId>) -> Result<R, DispatchError>,
) -> Result<R, DispatchError> {
    let Record { buyer, asset, mut funds } = Records::<Test>::get(job).expect("the job is open");
    let before = funds.clone();
    let result = method(JobFunds { job, buyer: &buyer, asset, funds: &mut funds });
    match &result {
        Ok(_) => Records::<Test>::insert(job, Record { buyer, asset, funds }),
        Err(error) => assert_eq!(funds, before, "changed by a method that failed: {error:?}"),
    }
    result
}

pub fn lock_collateral(job: JobId, provider: AccountId, amount: Balance) -> DispatchResult {
    lend(job, |job| Escrow::lock_collateral(job, &provider, amount))
}

pub fn pay(job: JobId, provider: AccountId, price: Balance, fee: Balance) -> DispatchResult {
    lend(job, |job| Escrow::pay(job, &provider, price, fee))
}

pub fn burn_pass_fee(job: JobId, fee: Balance) -> DispatchResult {
    lend(job, |job| Escrow::burn_pass_fee(job, fee))
}

pub fn free_collateral(job: JobId) -> Result<Balance, DispatchError> {
    lend(job, Escrow::free_collateral)
}

pub fn forfeit_collateral(job: JobId, refund: Balance, bounty: Option<(AccountId, Balance)>) -> DispatchResult {
    lend(job, |job| Escrow::forfeit_collateral(job, refund, bounty.as_ref().map(|(who, most)| (who, *most))))
}

/// Closes a job and removes its record, which has no funds any more.
pub fn close(job: JobId) -> DispatchResult {
    lend(job, Escrow::close)?;
    let left = Records::<Test>::take(job).map(|record| (record.funds.payment, record.funds.collateral));
    assert_eq!(left, Some((0, None)), "a closed job has funds");
    Ok(())
}

/// What is held for a job that is not closed.
pub fn funds(job: JobId) -> Option<Funds<AccountId>> {
    Records::<Test>::get(job).map(|record| record.funds)
}

pub fn free(asset: Option<u32>, who: AccountId) -> Balance {
    Coins::balance(asset_id(asset), &who)
}

pub fn held(asset: Option<u32>, reason: HoldReason, who: AccountId) -> Balance {
    Coins::balance_on_hold(asset_id(asset), &reason.into(), &who)
}

pub fn stake(who: AccountId) -> Balance {
    Coins::balance_on_hold(NativeOrWithId::Native, &StakeReason::get(), &who)
}

pub fn issuance(asset: Option<u32>) -> Balance {
    Coins::total_issuance(asset_id(asset))
}

/// The events of this pallet since the last call.
pub fn events() -> Vec<crate::Event<Test>> {
    touchstone_testing::events_of::<Test, _>()
}
