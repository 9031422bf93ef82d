//! Genesis presets.
//!
//! | preset | validators | sudo | windows |
//! |---|---|---|---|
//! | `development` | Alice | Alice | seconds |
//! | `local_testnet` | Alice, Bob | Alice | seconds |
//! | `staging` | Alice, Bob, Charlie, Dave | none | a day |
//!
//! `staging` is a template for a public network and uses well-known keys. Replace accounts and keys in the exported
//! specification before use.

use alloc::{vec, vec::Vec};

use frame_support::build_struct_json_patch;
use serde_json::Value;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

use crate::{
    configs::market::VerificationPool,
    constants::{PRIMARY_PROBABILITY, TSN},
    AccountId, BabeConfig, BalancesConfig, ConditionsConfig, RuntimeGenesisConfig, SessionConfig, SessionKeys,
    SudoConfig,
};

/// Name of the preset for a public network.
pub const STAGING_RUNTIME_PRESET: &str = "staging";

/// Initial balance of each account of a preset.
const ENDOWMENT: crate::Balance = 1_000_000 * TSN;

/// How BABE elects authors: secondary slots carry a VRF too, so that each block brings randomness.
pub const BABE_EPOCH_CONFIG: sp_consensus_babe::BabeEpochConfiguration = sp_consensus_babe::BabeEpochConfiguration {
    c: PRIMARY_PROBABILITY,
    allowed_slots: sp_consensus_babe::AllowedSlots::PrimaryAndSecondaryVRFSlots,
};

/// A validator's account and keys, all derived from the same well-known name.
fn validator(babe: Sr25519Keyring, grandpa: Ed25519Keyring) -> (AccountId, SessionKeys) {
    (babe.to_account_id(), SessionKeys { babe: babe.public().into(), grandpa: grandpa.public().into() })
}

fn preset(validators: Vec<(AccountId, SessionKeys)>, sudo: Option<AccountId>, conditions: ConditionsConfig) -> Value {
    build_struct_json_patch!(RuntimeGenesisConfig {
        balances: BalancesConfig {
            // The pool must exist to receive fees below the existential deposit.
            balances: Sr25519Keyring::well_known()
                .map(|name| (name.to_account_id(), ENDOWMENT))
                .chain([(VerificationPool::get(), TSN)])
                .collect::<Vec<_>>(),
        },
        babe: BabeConfig { epoch_config: BABE_EPOCH_CONFIG },
        session: SessionConfig {
            keys: validators.into_iter().map(|(who, keys)| (who.clone(), who, keys)).collect::<Vec<_>>(),
        },
        sudo: SudoConfig { key: sudo },
        conditions,
    })
}

/// The preset with this name, as a JSON patch of the default configuration.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
    let alice = || validator(Sr25519Keyring::Alice, Ed25519Keyring::Alice);
    let bob = || validator(Sr25519Keyring::Bob, Ed25519Keyring::Bob);
    let charlie = || validator(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie);
    let dave = || validator(Sr25519Keyring::Dave, Ed25519Keyring::Dave);
    let sudo = || Some(Sr25519Keyring::Alice.to_account_id());

    let patch = match id.as_ref() {
        DEV_RUNTIME_PRESET => preset(vec![alice()], sudo(), ConditionsConfig::development()),
        LOCAL_TESTNET_RUNTIME_PRESET => preset(vec![alice(), bob()], sudo(), ConditionsConfig::development()),
        STAGING_RUNTIME_PRESET => preset(vec![alice(), bob(), charlie(), dave()], None, ConditionsConfig::default()),
        _ => return None,
    };
    serde_json::to_vec(&patch).ok()
}

/// The names of all presets.
pub fn preset_names() -> Vec<PresetId> {
    [DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET, STAGING_RUNTIME_PRESET].map(PresetId::from).to_vec()
}
