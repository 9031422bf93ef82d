//! A chain of balances and this pallet.

use frame_support::{
    assert_ok, derive_impl, parameter_types,
    traits::{fungible::HoldConsideration, ConstU128, LinearStoragePrice},
};

use crate as pallet_kernel_registry;

pub use touchstone_testing::AccountId;

pub const ALICE: AccountId = 1;
pub const BOB: AccountId = 2;
/// Owns nothing but the existential deposit.
pub const POOR: AccountId = 3;
pub const ENDOWMENT: u128 = 10_000_000;

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
    pub type KernelRegistry = pallet_kernel_registry;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
    type AccountData = pallet_balances::AccountData<u128>;
}

touchstone_testing::balances!(Test, existential_deposit: 1);

parameter_types! {
    pub const KernelHold: RuntimeHoldReason = RuntimeHoldReason::KernelRegistry(crate::HoldReason::Kernel);
}

impl crate::Config for Test {
    type Consideration =
        HoldConsideration<AccountId, Balances, KernelHold, LinearStoragePrice<ConstU128<1_000>, ConstU128<10>, u128>>;
    type WeightInfo = ();
}

pub fn new_test_ext() -> sp_io::TestExternalities {
    let balances = vec![(ALICE, ENDOWMENT), (BOB, ENDOWMENT), (POOR, 1)];
    touchstone_testing::externalities::<Test>(RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
        ..Default::default()
    })
}

/// Runs a test on a fresh chain and checks the state afterwards.
pub fn run(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        test();
        assert_ok!(KernelRegistry::do_try_state());
    });
}

/// The events of this pallet since the last call.
pub fn events() -> Vec<crate::Event<Test>> {
    touchstone_testing::events_of::<Test, _>()
}
