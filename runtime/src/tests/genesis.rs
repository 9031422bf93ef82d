use frame_support::traits::Get;
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::Sr25519Keyring;

use super::chain::{genesis_of, json_of};
use crate::{
    constants::TSN,
    parameters::{development_terms, dynamic::market::JobTerms, live_terms},
    *,
};

#[test]
fn every_preset_builds_and_has_validators_with_keys_of_both_kinds() {
    for (preset, validators) in
        [(DEV_RUNTIME_PRESET, 1), (LOCAL_TESTNET_RUNTIME_PRESET, 2), (genesis::STAGING_RUNTIME_PRESET, 4)]
    {
        genesis_of(preset).execute_with(|| {
            assert_eq!(Session::validators().len(), validators, "{preset}");
            assert_eq!(Babe::authorities().len(), validators, "{preset}");
            assert_eq!(Grandpa::grandpa_authorities().len(), validators, "{preset}");
            assert_eq!(Balances::free_balance(Sr25519Keyring::Alice.to_account_id()), 1_000_000 * TSN, "{preset}");
        });
    }
}

#[test]
fn only_development_presets_have_a_sudo_key() {
    let sudo = |preset| genesis_of(preset).execute_with(pallet_sudo::Key::<Runtime>::get);
    assert_eq!(sudo(DEV_RUNTIME_PRESET), Some(Sr25519Keyring::Alice.to_account_id()));
    assert_eq!(sudo(LOCAL_TESTNET_RUNTIME_PRESET), Some(Sr25519Keyring::Alice.to_account_id()));
    assert_eq!(sudo(genesis::STAGING_RUNTIME_PRESET), None);
}

#[test]
fn presets_set_the_terms() {
    let terms = |preset| genesis_of(preset).execute_with(JobTerms::get);
    assert_eq!(terms(DEV_RUNTIME_PRESET), development_terms());
    assert_eq!(terms(genesis::STAGING_RUNTIME_PRESET), live_terms());
}

#[test]
fn a_development_job_of_four_ticks_has_a_window_of_ten() {
    assert_eq!(development_terms().window(4, 0), 10);
}

#[test]
fn terms_in_a_preset_are_readable_json() {
    let json = json_of(Some(DEV_RUNTIME_PRESET.into()));
    assert_eq!(json["conditions"]["terms"]["windowBase"], 2);
    assert_eq!(json["conditions"]["terms"]["bounty"], TSN as u64);
}
