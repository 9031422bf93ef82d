//! A chain of balances, a clock that tests set, and this pallet.

use frame_support::{
    assert_ok, derive_impl,
    dispatch::DispatchResult,
    parameter_types,
    storage::with_storage_layer,
    traits::{
        fungible::{HoldConsideration, InspectHold, MutateHold},
        tokens::{Fortitude, Precision, Preservation, Restriction},
        ConstU128, ConstU32, LinearStoragePrice, OnPoll,
    },
    weights::{Weight, WeightMeter},
};
use sp_runtime::Perbill;
use touchstone_primitives::{
    views::BidView, Ask, Balance, Clock, DeviceClass, DeviceId, DeviceSpec, EngagementEnd, Need, Providers as _, Terms,
    Tick,
};

use crate as pallet_provider_registry;
use crate::{HoldReason, COVER_STEPS};

pub use touchstone_testing::{AccountId, TestClock};

pub const ALICE: AccountId = 1;
pub const BOB: AccountId = 2;
pub const CAROL: AccountId = 3;
/// Owns nothing but the existential deposit.
pub const POOR: AccountId = 4;
/// Stands for the pallet that holds collateral: what is at risk in a job is on this account.
pub const ESCROW: AccountId = 5;

pub const ENDOWMENT: Balance = 1_000_000;
pub const MIN_STAKE: Balance = 1_000;
pub const ASK_DELAY: Tick = 2;
pub const FAULT_PERIOD: Tick = 100;
pub const REPEAT_SLASH: Perbill = Perbill::from_percent(10);
pub const MAX_SCAN: u32 = 8;

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
    pub type Registry = pallet_provider_registry;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
    type AccountData = pallet_balances::AccountData<Balance>;
}

touchstone_testing::balances!(Test, existential_deposit: 1);

parameter_types! {
    pub const Registration: RuntimeHoldReason = RuntimeHoldReason::Registry(HoldReason::Registration);
    pub storage AskDelay: Tick = ASK_DELAY;
    pub const RepeatSlash: Perbill = REPEAT_SLASH;
    pub const CoverSteps: [Balance; COVER_STEPS] =
        [MIN_STAKE, 3 * MIN_STAKE, 10 * MIN_STAKE, 30 * MIN_STAKE, 100 * MIN_STAKE, 300 * MIN_STAKE];
    pub const ArrivalsShare: Weight = Weight::MAX;
}

impl crate::Config for Test {
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Consideration =
        HoldConsideration<AccountId, Balances, Registration, LinearStoragePrice<ConstU128<10>, ConstU128<1>, Balance>>;
    type Clock = TestClock;
    type MinStake = ConstU128<MIN_STAKE>;
    type AskDelay = AskDelay;
    type FaultPeriod = ConstU32<FAULT_PERIOD>;
    type RepeatSlash = RepeatSlash;
    type MaxScan = ConstU32<MAX_SCAN>;
    type CoverSteps = CoverSteps;
    type ArrivalsShare = ArrivalsShare;
    type WeightInfo = ();
}

pub fn new_test_ext() -> sp_io::TestExternalities {
    let rich = (1..=3).chain(100..200).map(|who| (who, ENDOWMENT));
    let balances = rich.chain([(POOR, 1), (ESCROW, 1)]).collect();
    TestClock::set(10);
    touchstone_testing::externalities::<Test>(RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
        ..Default::default()
    })
}

/// Runs a test on a fresh chain and checks the state afterwards.
pub fn run(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        test();
        assert_ok!(Registry::do_try_state());
    });
}

/// The events of this pallet since the last call.
pub fn events() -> Vec<crate::Event<Test>> {
    touchstone_testing::events_of::<Test, _>()
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

pub fn endpoint() -> crate::Endpoint {
    b"http://provider.example:8080".to_vec().try_into().unwrap()
}

pub fn spec(class: DeviceClass, memory: u64) -> DeviceSpec {
    DeviceSpec { name: b"A device".to_vec().try_into().unwrap(), class, memory }
}

pub fn ask(per_gigafuel: Balance) -> Ask {
    Ask { per_gigafuel, minimum: 0, slots: 1 }
}

/// Registers a provider with a discrete device of 1,000 bytes, without an ask.
pub fn register(who: AccountId, stake: Balance) {
    assert_ok!(Registry::register(signed(who), endpoint(), stake));
    assert_ok!(Registry::add_device(signed(who), spec(DeviceClass::Discrete, 1_000)));
}

/// Registers a provider whose device 0 has a live ask.
pub fn offer(who: AccountId, stake: Balance, ask: Ask) {
    register(who, stake);
    assert_ok!(Registry::set_ask(signed(who), 0, Some(ask)));
    go_on(ASK_DELAY);
    events();
}

/// Moves the clock on, and serves the asks that enter the index then.
pub fn go_on(ticks: Tick) {
    go_to(TestClock::now() + ticks);
}

/// Sets the clock, and serves the asks that enter the index then.
pub fn go_to(tick: Tick) {
    TestClock::set(tick);
    Registry::on_poll(System::block_number(), &mut WeightMeter::new());
}

/// The lowest ask that fits.
pub fn cheapest(need: &Need, excluded: &[AccountId]) -> Option<BidView<AccountId>> {
    Registry::cheapest(need, excluded).best
}

/// Takes a slot, and the collateral out of the stake.
pub fn try_engage(who: AccountId, device: DeviceId, collateral: Balance) -> DispatchResult {
    with_storage_layer(|| {
        Registry::engage(&who, device, collateral)?;
        let (exact, free, force) = (Precision::Exact, Restriction::Free, Fortitude::Force);
        Balances::transfer_on_hold(&HoldReason::Stake.into(), &who, &ESCROW, collateral, exact, free, force)?;
        Ok(())
    })
}

pub fn engage(who: AccountId, device: DeviceId, collateral: Balance) {
    assert_ok!(try_engage(who, device, collateral));
}

/// Ends an engagement with what came back of the collateral.
pub fn disengage(who: AccountId, device: DeviceId, returned: Balance, end: EngagementEnd) {
    let (exact, keep, force) = (Precision::Exact, Preservation::Preserve, Fortitude::Force);
    assert_ok!(Balances::transfer_and_hold(&HoldReason::Stake.into(), &ESCROW, &who, returned, exact, keep, force));
    assert_ok!(Registry::disengage(&who, device, returned, end));
}

/// A result that was settled, with what came back of the collateral.
pub fn settle(who: AccountId, device: DeviceId, returned: Balance) {
    assert_ok!(Registry::delivered(&who, device));
    disengage(who, device, returned, EngagementEnd::Settled);
}

/// Ends an engagement that lost its collateral; a result is refuted after it was delivered.
pub fn fail(who: AccountId, device: DeviceId, end: EngagementEnd) {
    if end == EngagementEnd::Refuted {
        assert_ok!(Registry::delivered(&who, device));
    }
    disengage(who, device, 0, end);
}

pub fn stake_held(who: AccountId) -> Balance {
    Balances::balance_on_hold(&HoldReason::Stake.into(), &who)
}

pub fn deposit_held(who: AccountId) -> Balance {
    Balances::balance_on_hold(&HoldReason::Registration.into(), &who)
}

/// Collateral is twice the price; there are no fees.
pub fn terms() -> Terms {
    Terms { pass_fee: 0, bounty: 0, fee_ppm: 0, fee_floor_per_gigafuel: 0, ..touchstone_testing::TERMS }
}

/// One gigafuel on any device, at any price up to 1,000.
pub fn need() -> Need {
    Need {
        class: None,
        work: 1_000_000_000,
        fuel: 1_000_000_000,
        memory: 1_000,
        ceiling: 1_000,
        min_collateral: 0,
        terms: terms(),
    }
}
