//! A chain without a node: real blocks that `Executive` executes.

use codec::Encode;
use frame_support::genesis_builder_helper::{build_state, get_preset};
use serde_json::Value;
use sp_consensus_babe::{
    digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest},
    Slot,
};
use sp_genesis_builder::PresetId;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{generic::Era, traits::Header as _, Digest, DigestItem};

use crate::{constants::SLOT_DURATION, *};

/// The genesis state of a preset.
pub fn genesis_of(preset: &str) -> sp_io::TestExternalities {
    let mut ext = sp_io::TestExternalities::new_empty();
    ext.execute_with(|| build(preset).expect("the preset is a valid configuration"));
    ext
}

/// Builds the genesis state of a preset in the current storage, as the node does.
pub fn build(preset: &str) -> sp_genesis_builder::Result {
    let mut config = json_of(None);
    merge(&mut config, json_of(Some(preset.into())));
    build_state::<RuntimeGenesisConfig>(serde_json::to_vec(&config).expect("JSON can be written"))
}

/// The default genesis configuration with the changes of a preset.
pub fn json_of(preset: Option<PresetId>) -> Value {
    let bytes = get_preset::<RuntimeGenesisConfig>(&preset, genesis::get_preset).expect("the preset exists");
    serde_json::from_slice(&bytes).expect("the preset is JSON")
}

/// JSON merge patch (RFC 7386), for patches that remove nothing.
fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            patch.into_iter().for_each(|(key, value)| merge(target.entry(key).or_insert(Value::Null), value))
        }
        (target, patch) => *target = patch,
    }
}

/// The head of a chain, on which a test builds blocks.
pub struct Chain {
    parent: Hash,
    number: BlockNumber,
    slot: u64,
}

impl Chain {
    /// The chain after genesis. Its first slot is far from zero.
    pub fn new() -> Self {
        Self { parent: Hash::zero(), number: 0, slot: 500_000_000 }
    }

    /// The slot of the last block.
    pub fn slot(&self) -> Slot {
        self.slot.into()
    }

    /// Executes the next block: initialisation, the timestamp, `body`, finalisation.
    pub fn block<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.block_after(1, body)
    }

    /// The same, `slots` slots later.
    pub fn block_after<R>(&mut self, slots: u64, body: impl FnOnce() -> R) -> R {
        self.slot += slots;
        self.number += 1;
        let claim = SecondaryPlainPreDigest { authority_index: 0, slot: self.slot() };
        let digest = Digest { logs: vec![DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(claim))] };
        Executive::initialize_block(&Header::new(
            self.number,
            Default::default(),
            Default::default(),
            self.parent,
            digest,
        ));
        let now = pallet_timestamp::Call::set { now: self.slot * SLOT_DURATION };
        assert_eq!(apply(now.into()), Ok(Ok(())), "the timestamp is accepted");
        let result = body();
        self.parent = Executive::finalize_block().hash();
        result
    }
}

/// Applies a bare transaction in the current block.
pub fn apply(call: RuntimeCall) -> sp_runtime::ApplyExtrinsicResult {
    Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(call))
}

/// Signs a call and includes it in the current block. It must succeed.
pub fn submit(who: Sr25519Keyring, call: impl Into<RuntimeCall>) {
    let call = call.into();
    assert_eq!(Executive::apply_extrinsic(signed(who, call.clone())), Ok(Ok(())), "{call:?}");
}

/// A signed transaction.
pub fn signed(who: Sr25519Keyring, call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
    let account = who.to_account_id();
    let extension: TxExtension = (
        frame_system::CheckNonZeroSender::new(),
        frame_system::CheckSpecVersion::new(),
        frame_system::CheckTxVersion::new(),
        frame_system::CheckGenesis::new(),
        frame_system::CheckMortality::from(Era::Immortal),
        frame_system::CheckNonce::from(System::account_nonce(&account)),
        frame_system::CheckWeight::new(),
        pallet_transaction_payment::ChargeTransactionPayment::from(0),
        frame_metadata_hash_extension::CheckMetadataHash::new(false),
        frame_system::WeightReclaim::new(),
    );
    let payload = SignedPayload::new(call.into(), extension).expect("the implicit data is known");
    let signature = payload.using_encoded(|bytes| who.sign(bytes));
    let (call, extension, _) = payload.deconstruct();
    UncheckedExtrinsic::new_signed(call, account.into(), signature.into(), extension)
}
