/// Configures pallet-balances for a mock runtime whose pallets are named `System` and `Balances`.
///
/// Balances are [`Balance`](touchstone_primitives::Balance)s, accounts can be frozen.
#[macro_export]
macro_rules! balances {
    ($runtime:ty, existential_deposit: $least:expr) => {
        #[frame_support::derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
        impl pallet_balances::Config for $runtime {
            type Balance = touchstone_primitives::Balance;
            type ExistentialDeposit = frame_support::traits::ConstU128<{ $least }>;
            type AccountStore = System;
            type RuntimeFreezeReason = RuntimeFreezeReason;
            type FreezeIdentifier = u8;
            type MaxFreezes = frame_support::traits::ConstU32<1>;
        }
    };
}

/// Configures pallet-assets and pallet-assets-holder for a mock runtime whose pallets are named `Balances`, `Assets`
/// and `AssetsHolder`, and defines `Coins`: the native coin and all assets, as one.
#[macro_export]
macro_rules! assets {
    ($runtime:ty) => {
        #[frame_support::derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
        impl pallet_assets::Config for $runtime {
            type Balance = touchstone_primitives::Balance;
            type Currency = Balances;
            type CreateOrigin =
                frame_support::traits::AsEnsureOriginWithArg<frame_system::EnsureSigned<$crate::AccountId>>;
            type ForceOrigin = frame_system::EnsureRoot<$crate::AccountId>;
            type AssetDeposit = frame_support::traits::ConstU128<1>;
            type AssetAccountDeposit = frame_support::traits::ConstU128<1>;
            type ApprovalDeposit = frame_support::traits::ConstU128<1>;
            type MetadataDepositBase = frame_support::traits::ConstU128<1>;
            type MetadataDepositPerByte = frame_support::traits::ConstU128<1>;
            type Holder = AssetsHolder;
        }

        impl pallet_assets_holder::Config for $runtime {
            type RuntimeHoldReason = RuntimeHoldReason;
            type RuntimeEvent = RuntimeEvent;
        }

        /// The native coin and all assets, as one.
        pub type Coins = frame_support::traits::fungible::UnionOf<
            Balances,
            AssetsHolder,
            frame_support::traits::fungible::NativeFromLeft,
            frame_support::traits::fungible::NativeOrWithId<u32>,
            $crate::AccountId,
        >;
    };
}
