//! Real equivocations: conflicting headers and votes, signed with a validator's keys, reported by the runtime API that
//! the node calls, and included as the bare transaction it makes of them.

use codec::{Decode, Encode};
use finality_grandpa::{Message, Prevote};
use frame_support::traits::KeyOwnerProofSystem;
use sp_consensus_babe::{
    digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest},
    Slot,
};
use sp_consensus_grandpa::localized_payload;
use sp_core::{
    offchain::{testing::TestTransactionPoolExt, TransactionPoolExt},
    Pair,
};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::{
    traits::Header as _,
    transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
    Digest, DigestItem, DispatchError,
};
use sp_session::MembershipProof;

use super::chain::{genesis_of, submit, Chain};
use crate::{
    constants::{EPOCH_DURATION, REPORT_LONGEVITY},
    *,
};

/// Index of Dave in the set of the staging preset.
const DAVE: u32 = 3;

type BabeProof = sp_consensus_babe::EquivocationProof<Header>;
type GrandpaProof = sp_consensus_grandpa::EquivocationProof<Hash, BlockNumber>;

/// A header of Dave's in `slot` with some state root, sealed by `signer`.
fn sealed(slot: Slot, state: u8, signer: Sr25519Keyring) -> Header {
    let claim = SecondaryPlainPreDigest { authority_index: DAVE, slot };
    let digest = Digest { logs: vec![DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(claim))] };
    let mut header = Header::new(9, Default::default(), Hash::repeat_byte(state), Hash::repeat_byte(7), digest);
    let seal = signer.pair().sign(header.hash().as_ref());
    header.digest_mut().push(DigestItem::babe_seal(seal.into()));
    header
}

/// Two headers in one slot.
fn two_blocks(slot: Slot, signer: Sr25519Keyring) -> BabeProof {
    BabeProof {
        offender: Sr25519Keyring::Dave.public().into(),
        slot,
        first_header: sealed(slot, 1, signer),
        second_header: sealed(slot, 2, signer),
    }
}

/// Two prevotes in one round.
fn two_votes(signer: Ed25519Keyring) -> GrandpaProof {
    let (round, set) = (1, Grandpa::current_set_id());
    let vote = |target: u8| {
        let vote = Prevote { target_hash: Hash::repeat_byte(target), target_number: 5 };
        let payload = localized_payload(round, set, &Message::Prevote(vote.clone()));
        (vote, signer.pair().sign(&payload).into())
    };
    let equivocation = finality_grandpa::Equivocation {
        round_number: round,
        identity: Ed25519Keyring::Dave.public().into(),
        first: vote(1),
        second: vote(2),
    };
    GrandpaProof::new(set, sp_consensus_grandpa::Equivocation::Prevote(equivocation))
}

fn owner_of_babe_key() -> MembershipProof {
    let key = sp_consensus_babe::AuthorityId::from(Sr25519Keyring::Dave.public());
    Historical::prove((sp_consensus_babe::KEY_TYPE, key)).expect("Dave is a validator")
}

fn owner_of_grandpa_key() -> MembershipProof {
    let key = sp_consensus_grandpa::AuthorityId::from(Ed25519Keyring::Dave.public());
    Historical::prove((sp_consensus_grandpa::KEY_TYPE, key)).expect("Dave is a validator")
}

/// Runs `test` on a chain of four validators whose node has a transaction pool, and hands it what arrives there.
fn with_pool(test: impl FnOnce(&mut Chain, &dyn Fn() -> Vec<UncheckedExtrinsic>)) {
    let (pool, state) = TestTransactionPoolExt::new();
    let mut ext = genesis_of(genesis::STAGING_RUNTIME_PRESET);
    ext.register_extension(TransactionPoolExt::new(pool));
    ext.register_extension(KeystoreExt::new(MemoryKeystore::new()));
    let drain = move || {
        let drained = std::mem::take(&mut state.write().transactions);
        drained.iter().map(|bytes| Decode::decode(&mut &bytes[..]).expect("it is a transaction")).collect()
    };
    ext.execute_with(|| {
        let mut chain = Chain::new();
        chain.block(|| ());
        test(&mut chain, &drain)
    });
}

fn offences() -> Vec<pallet_offences::Event> {
    let event = |record: frame_system::EventRecord<RuntimeEvent, Hash>| match record.event {
        RuntimeEvent::Offences(event) => Some(event),
        _ => None,
    };
    System::events().into_iter().filter_map(event).collect()
}

#[test]
fn two_blocks_in_one_slot_are_an_offence_and_disable_their_author() {
    with_pool(|chain, pool| {
        let slot = chain.slot();
        Babe::submit_unsigned_equivocation_report(two_blocks(slot, Sr25519Keyring::Dave), owner_of_babe_key());
        let [report] = pool().try_into().expect("one report reaches the pool");

        chain.block(|| {
            assert_eq!(Executive::apply_extrinsic(report), Ok(Ok(())));
            assert_eq!(
                offences(),
                [pallet_offences::Event::Offence { kind: *b"babe:equivocatio", slot: slot.encode() }]
            );
            assert_eq!(Session::disabled_validators(), [DAVE]);
        });
    });
}

#[test]
fn two_votes_in_one_round_are_an_offence_and_disable_their_author() {
    with_pool(|chain, pool| {
        Grandpa::submit_unsigned_equivocation_report(two_votes(Ed25519Keyring::Dave), owner_of_grandpa_key());
        let [report] = pool().try_into().expect("one report reaches the pool");

        chain.block(|| {
            assert_eq!(Executive::apply_extrinsic(report), Ok(Ok(())));
            let [pallet_offences::Event::Offence { kind, .. }] = offences()[..] else { panic!("one offence") };
            assert_eq!(kind, *b"grandpa:equivoca");
            assert_eq!(Session::disabled_validators(), [DAVE]);
        });
    });
}

#[test]
fn a_validator_is_not_reported_twice_for_the_same_offence() {
    with_pool(|chain, pool| {
        let proof = two_blocks(chain.slot(), Sr25519Keyring::Dave);
        Babe::submit_unsigned_equivocation_report(proof, owner_of_babe_key());
        let [report] = pool().try_into().expect("one report reaches the pool");

        chain.block(|| assert_eq!(Executive::apply_extrinsic(report.clone()), Ok(Ok(()))));
        let stale = TransactionValidityError::Invalid(InvalidTransaction::Stale);
        chain.block(|| assert_eq!(Executive::apply_extrinsic(report), Err(stale)));
    });
}

#[test]
fn headers_that_the_accused_did_not_sign_prove_nothing() {
    with_pool(|chain, pool| {
        let proof = two_blocks(chain.slot(), Sr25519Keyring::Eve);
        Babe::submit_unsigned_equivocation_report(proof, owner_of_babe_key());
        let [report] = pool().try_into().expect("one report reaches the pool");

        chain.block(|| {
            let refused = DispatchError::from(pallet_babe::Error::<Runtime>::InvalidEquivocationProof);
            assert_eq!(Executive::apply_extrinsic(report).map(|done| done.map_err(bare)), Ok(Err(bare(refused))));
            assert_eq!(offences(), []);
            assert!(Session::disabled_validators().is_empty());
        });
    });
}

/// Dave sets keys that are new, with a proof that they are his.
fn set_new_keys(who: Sr25519Keyring) {
    let account = who.to_account_id();
    let generated = SessionKeys::generate(&account.encode(), None);
    let (keys, proof) = (generated.keys, generated.proof.encode());
    submit(who, pallet_session::Call::set_keys { keys, proof });
}

/// Reports that Dave wrote two blocks in one slot.
fn report_dave(chain: &mut Chain, pool: &dyn Fn() -> Vec<UncheckedExtrinsic>) {
    Babe::submit_unsigned_equivocation_report(two_blocks(chain.slot(), Sr25519Keyring::Dave), owner_of_babe_key());
    let [report] = pool().try_into().expect("one report reaches the pool");
    chain.block(|| assert_eq!(Executive::apply_extrinsic(report), Ok(Ok(()))));
    assert_eq!(Session::disabled_validators(), [DAVE]);
}

fn next_session(chain: &mut Chain) {
    let before = Session::current_index();
    chain.block_after(EPOCH_DURATION, || ());
    assert_eq!(Session::current_index(), before + 1);
    assert_eq!(Offenders::do_try_state(), Ok(()));
}

#[test]
fn an_equivocator_that_sets_new_keys_stays_disabled() {
    with_pool(|chain, pool| {
        report_dave(chain, pool);
        let keys = || Session::load_keys(&Sr25519Keyring::Dave.to_account_id());
        let before = keys();
        for _ in 0..3 {
            chain.block(|| set_new_keys(Sr25519Keyring::Dave));
            assert_ne!(keys(), before);
            // New keys are in use two sessions later; Session then takes the set for a new one.
            for _ in 0..3 {
                next_session(chain);
                assert_eq!(Session::disabled_validators(), [DAVE]);
            }
        }
    });
}

#[test]
fn new_keys_of_another_validator_free_nobody() {
    with_pool(|chain, pool| {
        report_dave(chain, pool);
        chain.block(|| set_new_keys(Sr25519Keyring::Charlie));
        for _ in 0..4 {
            next_session(chain);
            assert_eq!(Session::disabled_validators(), [DAVE]);
        }
    });
}

#[test]
fn an_equivocator_is_enabled_when_its_offence_expires() {
    with_pool(|chain, pool| {
        report_dave(chain, pool);
        chain.block(|| set_new_keys(Sr25519Keyring::Dave));
        let until = offenders::Offenders::<Runtime>::get()[0].until;
        assert_eq!(until, Session::current_index() + REPORT_LONGEVITY);
        while Session::current_index() + 1 < until {
            next_session(chain);
            assert_eq!(Session::disabled_validators(), [DAVE]);
        }
        next_session(chain);
        assert!(Session::disabled_validators().is_empty());
        assert!(offenders::Offenders::<Runtime>::get().is_empty());
    });
}

#[test]
fn a_second_offence_counts_from_its_own_session() {
    with_pool(|chain, pool| {
        report_dave(chain, pool);
        let first = offenders::Offenders::<Runtime>::get()[0].until;
        next_session(chain);
        next_session(chain);
        Babe::submit_unsigned_equivocation_report(two_blocks(chain.slot(), Sr25519Keyring::Dave), owner_of_babe_key());
        let [report] = pool().try_into().expect("one report reaches the pool");
        chain.block(|| assert_eq!(Executive::apply_extrinsic(report), Ok(Ok(()))));
        assert_eq!(offenders::Offenders::<Runtime>::get()[0].until, first + 2);
        assert_eq!(offenders::Offenders::<Runtime>::get().len(), 1);
    });
}

/// The error as it appears in a block: without its name.
fn bare(error: DispatchError) -> DispatchError {
    Decode::decode(&mut &error.encode()[..]).expect("it was encoded just now")
}

#[test]
fn reports_from_strangers_are_not_passed_on() {
    with_pool(|chain, pool| {
        let proof = two_blocks(chain.slot(), Sr25519Keyring::Dave);
        Babe::submit_unsigned_equivocation_report(proof, owner_of_babe_key());
        let [report] = pool().try_into().expect("one report reaches the pool");

        chain.block(|| {
            assert_eq!(
                Executive::validate_transaction(TransactionSource::External, report, Hash::zero()),
                Err(TransactionValidityError::Invalid(InvalidTransaction::Call))
            );
        });
    });
}
