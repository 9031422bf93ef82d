//! The Touchstone runtime: the only crate that depends on all pallets.
//!
//! - [`configs`]: the configuration of each pallet, by subject;
//! - [`parameters`]: the parameters that governance can change, and their values in the genesis presets;
//! - [`validators`]: the validator set and what happens to an equivocating validator;
//! - [`offenders`]: equivocators, disabled until their offence expires;
//! - [`apis`]: the runtime APIs for the node and its clients;
//! - [`genesis`]: the presets `development`, `local_testnet` and `staging`.
#![cfg_attr(not(feature = "std"), no_std)]
// The runtime macro exceeds the default recursion limit.
#![recursion_limit = "512"]
// It also generates undocumented items in the crate root.
#![allow(missing_docs)]
#![cfg_attr(not(test), deny(unreachable_pub))]

extern crate alloc;

pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod configs;
pub mod constants;
pub mod genesis;
pub mod offenders;
pub mod parameters;
#[cfg(test)]
mod tests;
pub mod types;
pub mod validators;
mod weights;

use alloc::{borrow::Cow, vec::Vec};

use sp_runtime::impl_opaque_keys;
use sp_version::RuntimeVersion;

pub use types::*;

#[cfg(feature = "wasm")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

impl_opaque_keys! {
    /// The keys with which a validator takes part in consensus.
    pub struct SessionKeys {
        /// Block production.
        pub babe: Babe,
        /// Finality votes.
        pub grandpa: Grandpa,
    }
}

/// The version of this runtime.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: Cow::Borrowed("touchstone"),
    impl_name: Cow::Borrowed("touchstone"),
    authoring_version: 1,
    spec_version: 100,
    impl_version: 1,
    apis: apis::RUNTIME_API_VERSIONS,
    transaction_version: 1,
    system_version: 1,
};

/// The pallets. Their order is the order of their hooks. Their indices are part of the encoding and never
/// change.
#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Runtime;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;

    // Consensus. Babe learns the slot before Timestamp checks it; Authorship notes the author before Session may end
    // the session in which it wrote.
    #[runtime::pallet_index(1)]
    pub type Babe = pallet_babe;
    #[runtime::pallet_index(2)]
    pub type Timestamp = pallet_timestamp;
    #[runtime::pallet_index(3)]
    pub type Authorship = pallet_authorship;
    #[runtime::pallet_index(4)]
    pub type Offences = pallet_offences;
    #[runtime::pallet_index(5)]
    pub type Historical = pallet_session::historical;
    #[runtime::pallet_index(6)]
    pub type Session = pallet_session;
    #[runtime::pallet_index(7)]
    pub type Grandpa = pallet_grandpa;
    #[runtime::pallet_index(8)]
    pub type Offenders = crate::offenders;

    // Money.
    #[runtime::pallet_index(10)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(11)]
    pub type TransactionPayment = pallet_transaction_payment;
    #[runtime::pallet_index(12)]
    pub type Assets = pallet_assets;
    #[runtime::pallet_index(13)]
    pub type AssetsHolder = pallet_assets_holder;

    // Tools of accounts.
    #[runtime::pallet_index(20)]
    pub type Utility = pallet_utility;
    #[runtime::pallet_index(21)]
    pub type Multisig = pallet_multisig;
    #[runtime::pallet_index(22)]
    pub type Proxy = pallet_proxy;

    // Governance.
    #[runtime::pallet_index(30)]
    pub type Sudo = pallet_sudo;
    #[runtime::pallet_index(31)]
    pub type Parameters = pallet_parameters;
    #[runtime::pallet_index(32)]
    pub type Conditions = crate::parameters::conditions;

    // The market: each pallet asks only those above it.
    #[runtime::pallet_index(40)]
    pub type DisputeClock = pallet_dispute_clock;
    #[runtime::pallet_index(41)]
    pub type KernelRegistry = pallet_kernel_registry;
    #[runtime::pallet_index(42)]
    pub type ProviderRegistry = pallet_provider_registry;
    #[runtime::pallet_index(43)]
    pub type Escrow = pallet_escrow;
    #[runtime::pallet_index(44)]
    pub type ReverseAuction = pallet_reverse_auction;
    #[runtime::pallet_index(45)]
    pub type Disputes = pallet_disputes;
    #[runtime::pallet_index(46)]
    pub type Demands = pallet_demands;
}
