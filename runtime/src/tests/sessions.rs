use frame_support::traits::KeyOwnerProofSystem;
use sp_keyring::Sr25519Keyring;

use super::chain::{genesis_of, Chain};
use crate::{constants::EPOCH_DURATION, *};

#[test]
fn the_set_of_genesis_stays_over_many_sessions() {
    genesis_of(genesis::STAGING_RUNTIME_PRESET).execute_with(|| {
        let set = Session::validators();
        assert_eq!(set.len(), 4);
        let mut chain = Chain::new();
        chain.block(|| ());
        for index in 1..6 {
            chain.block_after(EPOCH_DURATION, || ());
            assert_eq!(Session::current_index(), index);
            assert_eq!(Session::validators(), set);
            assert_eq!(Babe::authorities().len(), 4);
            assert_eq!(Grandpa::grandpa_authorities().len(), 4);
        }
    });
}

#[test]
fn a_key_can_be_proven_after_its_session_is_over() {
    genesis_of(genesis::STAGING_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        chain.block(|| ());
        for _ in 0..4 {
            chain.block_after(EPOCH_DURATION, || ());
        }
        let key = sp_consensus_babe::AuthorityId::from(Sr25519Keyring::Bob.public());
        let proof = Historical::prove((sp_consensus_babe::KEY_TYPE, key.clone())).expect("Bob is a validator");
        for _ in 0..3 {
            chain.block_after(EPOCH_DURATION, || ());
        }
        assert!(proof.session < Session::current_index());
        assert_eq!(
            Historical::check_proof((sp_consensus_babe::KEY_TYPE, key), proof),
            Some((Sr25519Keyring::Bob.to_account_id(), ()))
        );
    });
}
