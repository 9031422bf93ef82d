//! What is known of the chain's runtime: its versions and its metadata, and what is encoded and decoded with them.

use codec::{Decode, Encode};
use subxt::{
    client::{OfflineClient, OfflineClientAtBlock},
    config::{substrate::H256, DefaultExtrinsicParamsBuilder, SubstrateConfig},
    error::DispatchError as SubxtDispatchError,
    metadata::Metadata,
};
use subxt_rpcs::{methods::legacy, rpc_params};

use super::{
    call::Call,
    error::{ChainError, DispatchError, TxError},
    head::Head,
    hex_text::{from_hex, to_hex},
    link::Link,
};
use crate::{signer::Signer, types::AccountId};

/// Blocks for which a signed transaction is valid: a power of two, and several times the lag of finality.
pub(super) const MORTALITY: u64 = 256;

/// The metadata version that all extension lists and error types are read from; the oldest that every client knows is
/// the fallback.
const METADATA_VERSION: u32 = 15;

const PALLETS: [&str; 10] = [
    "System",
    "Balances",
    "TransactionPayment",
    "DisputeClock",
    "KernelRegistry",
    "ProviderRegistry",
    "Escrow",
    "ReverseAuction",
    "Disputes",
    "Demands",
];

/// One version of the runtime.
pub(super) struct Runtime {
    spec_version: u32,
    client: OfflineClientAtBlock<SubstrateConfig>,
}

/// A transaction ready to be sent.
pub(super) struct Signed {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: [u8; 32],
}

/// What became of one transaction in its block.
pub(super) struct Applied {
    pub(super) result: Result<(), DispatchError>,
    pub(super) fee: Option<u128>,
    pub(super) events: Vec<Event>,
}

/// An event that a transaction left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The pallet.
    pub pallet: String,
    /// The event's name.
    pub name: String,
    /// Its fields in SCALE.
    pub fields: Vec<u8>,
}

impl Runtime {
    /// The versions of the runtime at a block: specification and transaction format.
    pub(super) async fn versions(link: &Link, at: &Head) -> Result<(u32, u32), ChainError> {
        let version: legacy::RuntimeVersion =
            link.request("state_getRuntimeVersion", rpc_params![at.hash_hex()]).await?;
        Ok((version.spec_version, version.transaction_version))
    }

    /// Fetches the metadata at a block.
    pub(super) async fn fetch(
        link: &Link,
        genesis: [u8; 32],
        at: &Head,
        (spec_version, transaction_version): (u32, u32),
    ) -> Result<Self, ChainError> {
        let metadata = fetch_metadata(link, at).await?;
        for pallet in PALLETS {
            if metadata.pallet_by_name(pallet).is_none() {
                return Err(ChainError::WrongChain { missing: format!("pallet {pallet}") });
            }
        }
        let config = SubstrateConfig::builder()
            .set_genesis_hash(H256(genesis))
            .set_metadata_for_spec_versions([(spec_version, metadata.arc())])
            .set_spec_version_for_block_ranges([subxt::config::substrate::SpecVersionForRange {
                block_range: 0..u64::MAX,
                spec_version,
                transaction_version,
            }])
            .build();
        let client = OfflineClient::new_with_config(config)
            .at_block(at.number)
            .map_err(|error| ChainError::undecodable("the metadata", error))?;
        Ok(Self { spec_version, client })
    }

    pub(super) fn spec_version(&self) -> u32 {
        self.spec_version
    }

    /// Signs `call`, valid for [`MORTALITY`] blocks from `birth` on.
    pub(super) fn sign(&self, call: &Call, signer: &Signer, nonce: u64, birth: &Head) -> Result<Signed, TxError> {
        let params = DefaultExtrinsicParamsBuilder::new()
            .nonce(nonce)
            .mortal_from_unchecked(MORTALITY, birth.number, H256(birth.hash))
            .build();
        let signed = self
            .client
            .tx()
            .create_signable_offline(call, params)
            .and_then(|mut signable| signable.sign(signer.pair()))
            .map_err(|error| TxError::Unencodable { call: call.to_string(), reason: error.to_string() })?;
        Ok(Signed { hash: signed.hash().0, bytes: signed.into_encoded() })
    }

    /// The storage key of an account's balance and nonce.
    pub(super) fn account_key(&self, account: &AccountId) -> Result<Vec<u8>, ChainError> {
        let address = subxt::dynamic::storage::<(AccountId,), subxt::ext::scale_value::Value>("System", "Account");
        self.client
            .storage()
            .entry(address)
            .and_then(|entry| entry.fetch_key((*account,)))
            .map_err(|error| ChainError::undecodable("the storage of accounts", error))
    }

    /// The storage key of a block's events.
    pub(super) fn events_key(&self) -> Result<Vec<u8>, ChainError> {
        self.plain_key("System", "Events", "the storage of events")
    }

    /// The storage key of the time at which a block was made.
    pub(super) fn timestamp_key(&self) -> Result<Vec<u8>, ChainError> {
        self.plain_key("Timestamp", "Now", "the storage of the time")
    }

    /// The storage key of a single value.
    fn plain_key(&self, pallet: &str, name: &str, what: &str) -> Result<Vec<u8>, ChainError> {
        let address = subxt::dynamic::storage::<(), subxt::ext::scale_value::Value>(pallet, name);
        self.client
            .storage()
            .entry(address)
            .and_then(|entry| entry.fetch_key(()))
            .map_err(|error| ChainError::undecodable(what, error))
    }

    /// What a block's events (as stored) say of its `index`-th transaction.
    pub(super) fn applied(&self, events: Vec<u8>, index: u32) -> Result<Applied, ChainError> {
        let mut applied = Applied { result: Ok(()), fee: None, events: Vec::new() };
        for event in self.client.events().from_bytes(events).iter() {
            let event = event.map_err(|error| ChainError::undecodable("an event", error))?;
            if event.phase() != subxt::events::Phase::ApplyExtrinsic(index) {
                continue;
            }
            match (event.pallet_name(), event.event_name()) {
                ("System", "ExtrinsicFailed") => {
                    applied.result = Err(self.dispatch_error(event.field_bytes())?);
                }
                ("TransactionPayment", "TransactionFeePaid") => {
                    applied.fee = <(AccountId, u128)>::decode(&mut event.field_bytes()).ok().map(|(_, fee)| fee);
                }
                (pallet, name) => applied.events.push(Event {
                    pallet: pallet.into(),
                    name: name.into(),
                    fields: event.field_bytes().to_vec(),
                }),
            }
        }
        Ok(applied)
    }

    /// A constant of a pallet.
    pub(super) fn constant<T: Decode>(&self, pallet: &str, name: &str) -> Result<T, ChainError> {
        let missing = || ChainError::WrongChain { missing: format!("constant {pallet}.{name}") };
        let pallet = self.client.metadata_ref().pallet_by_name(pallet).ok_or_else(missing)?;
        let constant = pallet.constant_by_name(name).ok_or_else(missing)?;
        T::decode(&mut constant.value()).map_err(|error| ChainError::undecodable("a constant", error))
    }

    /// An error of a pallet that is known by its name, with its documentation.
    pub(super) fn error_by_name(&self, pallet: &str, name: &str) -> DispatchError {
        let metadata = self.client.metadata_ref();
        let docs = metadata
            .pallet_by_name(pallet)
            .and_then(|pallet| pallet.error_variants()?.iter().find(|variant| variant.name == name))
            .map(|variant| sentence(&variant.docs))
            .unwrap_or_default();
        DispatchError { pallet: Some(pallet.to_owned()), name: name.to_owned(), docs }
    }

    fn dispatch_error(&self, bytes: &[u8]) -> Result<DispatchError, ChainError> {
        let error = SubxtDispatchError::decode_from(bytes, self.client.metadata())
            .map_err(|error| ChainError::undecodable("a dispatch error", error))?;
        let SubxtDispatchError::Module(error) = error else {
            return Ok(DispatchError { pallet: None, name: name_of(&error), docs: error.to_string() });
        };
        let details = error.details().map_err(|error| ChainError::undecodable("a dispatch error", error))?;
        Ok(DispatchError {
            pallet: Some(details.pallet.name().to_owned()),
            name: details.variant.name.clone(),
            docs: sentence(&details.variant.docs),
        })
    }
}

/// Lines of documentation as one line, without the full stop: a remedy may follow.
fn sentence(docs: &[String]) -> String {
    let text = docs.join(" ");
    text.trim().trim_end_matches('.').to_owned()
}

/// The variant's name: everything up to its fields.
fn name_of(error: &SubxtDispatchError) -> String {
    let debug = format!("{error:?}");
    match debug.split_once('(') {
        // Token(FundsUnavailable): the inner name says more than the outer one.
        Some((_, inner)) => inner.trim_end_matches(')').to_owned(),
        None => debug,
    }
}

async fn fetch_metadata(link: &Link, at: &Head) -> Result<Metadata, ChainError> {
    let unreadable = |reason: &dyn std::fmt::Display| ChainError::undecodable("metadata", reason);
    let wanted: String = link
        .request(
            "state_call",
            rpc_params!["Metadata_metadata_at_version", to_hex(&METADATA_VERSION.encode()), at.hash_hex()],
        )
        .await?;
    let bytes = from_hex(&wanted).map_err(|error| unreadable(&error))?;
    let versioned = Option::<Vec<u8>>::decode(&mut &bytes[..]).map_err(|error| unreadable(&error))?;
    let bytes = match versioned {
        Some(bytes) => bytes,
        None => {
            let latest: String = link.request("state_getMetadata", rpc_params![at.hash_hex()]).await?;
            from_hex(&latest).map_err(|error| unreadable(&error))?
        }
    };
    Metadata::decode_from(&bytes).map_err(|error| unreadable(&error))
}
