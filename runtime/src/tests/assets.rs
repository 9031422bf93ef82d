//! The native coin and assets behind one interface, with holds, as the escrow pallet uses them.

use frame_support::{
    assert_noop, assert_ok,
    traits::{
        fungible::NativeOrWithId,
        fungibles::{Inspect, InspectHold, Mutate, MutateHold},
        tokens::{Fortitude, Precision, Preservation, Restriction},
    },
};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{Alice, Bob};
use sp_runtime::{DispatchError, TokenError};

use super::chain::genesis_of;
use crate::{configs::assets::Coins, constants::TSN, *};

const ASSET: NativeOrWithId<u32> = NativeOrWithId::WithId(7);

fn reason() -> RuntimeHoldReason {
    RuntimeHoldReason::Session(pallet_session::HoldReason::Keys)
}

fn with_asset(test: impl FnOnce()) {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let admin = Alice.to_account_id();
        assert_ok!(Assets::force_create(RuntimeOrigin::root(), 7.into(), admin.into(), true, 1));
        assert_ok!(Coins::mint_into(ASSET, &Alice.to_account_id(), 1_000));
        test()
    });
}

#[test]
fn nobody_but_governance_creates_an_asset() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let alice = Alice.to_account_id();
        let origin = RuntimeOrigin::signed(alice.clone());
        assert_noop!(Assets::create(origin.clone(), 7.into(), alice.clone().into(), 1), DispatchError::BadOrigin);
        assert_noop!(Assets::force_create(origin, 7.into(), alice.into(), true, 1), DispatchError::BadOrigin);
    });
}

#[test]
fn held_assets_cannot_be_spent_and_move_when_they_are_transferred_on_hold() {
    with_asset(|| {
        let (alice, bob) = (Alice.to_account_id(), Bob.to_account_id());
        assert_ok!(Coins::hold(ASSET, &reason(), &alice, 600));
        assert_eq!(Coins::balance(ASSET, &alice), 400);
        assert_eq!(Coins::balance_on_hold(ASSET, &reason(), &alice), 600);
        assert_noop!(Coins::transfer(ASSET, &alice, &bob, 500, Preservation::Expendable), TokenError::FundsUnavailable);

        assert_ok!(Coins::transfer_on_hold(
            ASSET,
            &reason(),
            &alice,
            &bob,
            250,
            Precision::Exact,
            Restriction::Free,
            Fortitude::Polite,
        ));
        assert_ok!(Coins::burn_held(ASSET, &reason(), &alice, 50, Precision::Exact, Fortitude::Force));
        assert_ok!(Coins::release(ASSET, &reason(), &alice, 300, Precision::Exact));
        assert_eq!(Coins::balance(ASSET, &alice), 700);
        assert_eq!(Coins::balance(ASSET, &bob), 250);
        assert_eq!(Coins::total_issuance(ASSET), 950);
    });
}

#[test]
fn the_native_coin_has_the_same_face() {
    with_asset(|| {
        let alice = Alice.to_account_id();
        let before = Balances::free_balance(&alice);
        assert_ok!(Coins::hold(NativeOrWithId::Native, &reason(), &alice, 5 * TSN));
        assert_eq!(Balances::free_balance(&alice), before - 5 * TSN);
        assert_eq!(Coins::balance_on_hold(NativeOrWithId::Native, &reason(), &alice), 5 * TSN);
    });
}
