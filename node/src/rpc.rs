//! The JSON-RPC methods that the node adds to those of the SDK.

use std::sync::Arc;

use frame_system_rpc::{System, SystemApiServer};
use jsonrpsee::RpcModule;
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_babe_rpc::{Babe, BabeApiServer};
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_rpc::SubscriptionTaskExecutor;
use sp_keystore::KeystorePtr;
use touchstone_runtime::{opaque::Block, BlockNumber, Hash};

use crate::types::{FullBackend, FullClient, FullPool, FullSelectChain};

/// What the BABE methods need.
pub(crate) struct BabeDeps {
    pub(crate) worker: BabeWorkerHandle<Block>,
    pub(crate) keystore: KeystorePtr,
}

/// What the GRANDPA methods need.
pub(crate) struct GrandpaDeps {
    pub(crate) voter_state: SharedVoterState,
    pub(crate) authority_set: SharedAuthoritySet<Hash, BlockNumber>,
    pub(crate) justifications: GrandpaJustificationStream<Block>,
    pub(crate) subscriptions: SubscriptionTaskExecutor,
    pub(crate) finality_proofs: Arc<FinalityProofProvider<FullBackend, Block>>,
}

/// Creates all methods: nonces and dry runs, fees, slots of this node's keys, finality.
pub(crate) fn create(
    client: Arc<FullClient>,
    pool: Arc<FullPool>,
    select_chain: FullSelectChain,
    babe: BabeDeps,
    grandpa: GrandpaDeps,
) -> Result<RpcModule<()>, jsonrpsee::core::RegisterMethodError> {
    let mut module = RpcModule::new(());
    module.merge(System::new(client.clone(), pool).into_rpc())?;
    module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
    module.merge(Babe::new(client, babe.worker, babe.keystore, select_chain).into_rpc())?;
    module.merge(
        Grandpa::new(
            grandpa.subscriptions,
            grandpa.authority_set,
            grandpa.voter_state,
            grandpa.justifications,
            grandpa.finality_proofs,
        )
        .into_rpc(),
    )?;
    Ok(module)
}
