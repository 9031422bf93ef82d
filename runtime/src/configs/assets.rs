//! Assets other than the native coin, and one type for holds over both.

use frame_support::{
    parameter_types,
    traits::{
        fungible,
        fungibles::{self, Dust},
        tokens::{DepositConsequence, Fortitude, Precision, Preservation, Provenance, WithdrawConsequence},
        AsEnsureOriginWithArg, ConstU128, ConstU32,
    },
};
use frame_system::{EnsureNever, EnsureRoot};
use sp_runtime::{DispatchError, DispatchResult};

use crate::{
    constants::deposit, AccountId, Assets, AssetsHolder, Balance, Balances, Runtime, RuntimeEvent, RuntimeHoldReason,
};

pub use frame_support::traits::fungible::{NativeFromLeft, NativeOrWithId};

parameter_types! {
    /// Deposit for an account's balance of an asset that is not sufficient.
    pub const AssetAccountDeposit: Balance = deposit(1, 16);
    /// Deposit for an asset's name.
    pub const MetadataDepositBase: Balance = deposit(1, 68);
    /// Deposit for each byte of the name.
    pub const MetadataDepositPerByte: Balance = deposit(0, 1);
    /// Deposit for an approval.
    pub const ApprovalDeposit: Balance = deposit(1, 16);
}

impl pallet_assets::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Balance = Balance;
    type RemoveItemsLimit = ConstU32<1_000>;
    type AssetId = u32;
    type AssetIdParameter = codec::Compact<u32>;
    type ReserveData = ();
    type Currency = Balances;
    // Only governance can create assets, with `force_create`.
    type CreateOrigin = AsEnsureOriginWithArg<EnsureNever<AccountId>>;
    type ForceOrigin = EnsureRoot<AccountId>;
    type AssetDeposit = ConstU128<0>;
    type AssetAccountDeposit = AssetAccountDeposit;
    type MetadataDepositBase = MetadataDepositBase;
    type MetadataDepositPerByte = MetadataDepositPerByte;
    type ApprovalDeposit = ApprovalDeposit;
    type StringLimit = ConstU32<50>;
    type Freezer = ();
    type Holder = AssetsHolder;
    type Extra = ();
    type CallbackHandle = ();
    type AssetIdAllocator = ();
    type WeightInfo = pallet_assets::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = ();
}

impl pallet_assets_holder::Config for Runtime {
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeEvent = RuntimeEvent;
}

/// The native coin (`NativeOrWithId::Native`) and all assets (`WithId`), with holds.
pub type Coins = fungible::UnionOf<Balances, HeldAssets, NativeFromLeft, NativeOrWithId<u32>, AccountId>;

/// Combines the transfers of pallet-assets with the holds of pallet-assets-holder.
pub struct HeldAssets;

impl fungibles::Inspect<AccountId> for HeldAssets {
    type AssetId = u32;
    type Balance = Balance;

    fn total_issuance(asset: u32) -> Balance {
        <Assets as fungibles::Inspect<AccountId>>::total_issuance(asset)
    }

    fn minimum_balance(asset: u32) -> Balance {
        <Assets as fungibles::Inspect<AccountId>>::minimum_balance(asset)
    }

    fn total_balance(asset: u32, who: &AccountId) -> Balance {
        <Assets as fungibles::Inspect<AccountId>>::total_balance(asset, who)
    }

    fn balance(asset: u32, who: &AccountId) -> Balance {
        <Assets as fungibles::Inspect<AccountId>>::balance(asset, who)
    }

    fn reducible_balance(asset: u32, who: &AccountId, preservation: Preservation, force: Fortitude) -> Balance {
        <Assets as fungibles::Inspect<AccountId>>::reducible_balance(asset, who, preservation, force)
    }

    fn can_deposit(asset: u32, who: &AccountId, amount: Balance, provenance: Provenance) -> DepositConsequence {
        <Assets as fungibles::Inspect<AccountId>>::can_deposit(asset, who, amount, provenance)
    }

    fn can_withdraw(asset: u32, who: &AccountId, amount: Balance) -> WithdrawConsequence<Balance> {
        <Assets as fungibles::Inspect<AccountId>>::can_withdraw(asset, who, amount)
    }

    fn asset_exists(asset: u32) -> bool {
        <Assets as fungibles::Inspect<AccountId>>::asset_exists(asset)
    }
}

impl fungibles::Unbalanced<AccountId> for HeldAssets {
    fn handle_dust(Dust(asset, amount): Dust<AccountId, Self>) {
        <AssetsHolder as fungibles::Unbalanced<AccountId>>::handle_dust(Dust(asset, amount));
    }

    fn write_balance(asset: u32, who: &AccountId, amount: Balance) -> Result<Option<Balance>, DispatchError> {
        <Assets as fungibles::Unbalanced<AccountId>>::write_balance(asset, who, amount)
    }

    fn set_total_issuance(asset: u32, amount: Balance) {
        <Assets as fungibles::Unbalanced<AccountId>>::set_total_issuance(asset, amount)
    }

    fn decrease_balance(
        asset: u32,
        who: &AccountId,
        amount: Balance,
        precision: Precision,
        preservation: Preservation,
        force: Fortitude,
    ) -> Result<Balance, DispatchError> {
        <Assets as fungibles::Unbalanced<AccountId>>::decrease_balance(
            asset,
            who,
            amount,
            precision,
            preservation,
            force,
        )
    }

    fn increase_balance(
        asset: u32,
        who: &AccountId,
        amount: Balance,
        precision: Precision,
    ) -> Result<Balance, DispatchError> {
        <Assets as fungibles::Unbalanced<AccountId>>::increase_balance(asset, who, amount, precision)
    }
}

impl fungibles::Mutate<AccountId> for HeldAssets {
    fn done_mint_into(asset: u32, who: &AccountId, amount: Balance) {
        <Assets as fungibles::Mutate<AccountId>>::done_mint_into(asset, who, amount)
    }

    fn done_burn_from(asset: u32, who: &AccountId, amount: Balance) {
        <Assets as fungibles::Mutate<AccountId>>::done_burn_from(asset, who, amount)
    }

    fn done_transfer(asset: u32, from: &AccountId, to: &AccountId, amount: Balance) {
        <Assets as fungibles::Mutate<AccountId>>::done_transfer(asset, from, to, amount)
    }
}

impl fungibles::InspectHold<AccountId> for HeldAssets {
    type Reason = RuntimeHoldReason;

    fn total_balance_on_hold(asset: u32, who: &AccountId) -> Balance {
        <AssetsHolder as fungibles::InspectHold<AccountId>>::total_balance_on_hold(asset, who)
    }

    fn balance_on_hold(asset: u32, reason: &RuntimeHoldReason, who: &AccountId) -> Balance {
        <AssetsHolder as fungibles::InspectHold<AccountId>>::balance_on_hold(asset, reason, who)
    }
}

impl fungibles::UnbalancedHold<AccountId> for HeldAssets {
    fn set_balance_on_hold(asset: u32, reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) -> DispatchResult {
        <AssetsHolder as fungibles::UnbalancedHold<AccountId>>::set_balance_on_hold(asset, reason, who, amount)
    }
}

impl fungibles::MutateHold<AccountId> for HeldAssets {
    fn done_hold(asset: u32, reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) {
        <AssetsHolder as fungibles::MutateHold<AccountId>>::done_hold(asset, reason, who, amount)
    }

    fn done_release(asset: u32, reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) {
        <AssetsHolder as fungibles::MutateHold<AccountId>>::done_release(asset, reason, who, amount)
    }

    fn done_burn_held(asset: u32, reason: &RuntimeHoldReason, who: &AccountId, amount: Balance) {
        <AssetsHolder as fungibles::MutateHold<AccountId>>::done_burn_held(asset, reason, who, amount)
    }
}
