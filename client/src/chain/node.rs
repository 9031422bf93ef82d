//! What is shared by all that happens over one connection: the node, its chain's runtime, and the nonces in use.

use std::{sync::Arc, time::Duration};

use subxt::config::substrate::H256;
use subxt_rpcs::rpc_params;
use tokio::sync::{Mutex, MutexGuard};

use super::{
    error::ChainError,
    head::{Head, Header},
    hex_text::to_hex,
    link::Link,
    nonces::Nonces,
    runtime::Runtime,
};
use crate::types::AccountId;

/// How often `connect` tries, and the pause between two tries: a node that is only just starting is waited for.
const CONNECT_TRIES: u32 = 5;
const CONNECT_PAUSE: Duration = Duration::from_millis(400);

/// One node. Cheap to clone.
#[derive(Clone)]
pub(super) struct Node(Arc<Inner>);

struct Inner {
    link: Link,
    genesis: [u8; 32],
    runtime: Mutex<Option<Arc<Runtime>>>,
    nonces: Nonces,
    /// Held from the choice of a nonce until the node has the transaction.
    sending: Mutex<()>,
}

impl Node {
    /// Connects, and checks that the node serves a Touchstone chain.
    pub(super) async fn connect(url: &str) -> Result<Self, ChainError> {
        let link = Link::new(url);
        let mut tries = 1;
        let genesis = loop {
            match genesis(&link).await {
                Err(error) if error.is_transient() && tries < CONNECT_TRIES => {
                    tracing::debug!(%error, tries, "waiting for the node");
                    tries += 1;
                    tokio::time::sleep(CONNECT_PAUSE).await;
                }
                answer => break answer?,
            }
        };
        let node = Self(Arc::new(Inner {
            link,
            genesis,
            runtime: Mutex::new(None),
            nonces: Nonces::default(),
            sending: Mutex::new(()),
        }));
        let head = node.best().await?;
        node.runtime(&head).await?;
        Ok(node)
    }

    pub(super) fn genesis(&self) -> [u8; 32] {
        self.0.genesis
    }

    pub(super) fn link(&self) -> &Link {
        &self.0.link
    }

    pub(super) fn nonces(&self) -> &Nonces {
        &self.0.nonces
    }

    pub(super) async fn sending(&self) -> MutexGuard<'_, ()> {
        self.0.sending.lock().await
    }

    pub(super) async fn best(&self) -> Result<Head, ChainError> {
        let header: Header = self.link().request("chain_getHeader", rpc_params![]).await?;
        Ok(Head::of(&header))
    }

    pub(super) async fn finalized(&self) -> Result<Head, ChainError> {
        let hash: H256 = self.link().request("chain_getFinalizedHead", rpc_params![]).await?;
        let missing = || ChainError::undecodable("chain_getFinalizedHead", "the node does not have this block");
        self.head(hash.0).await?.ok_or_else(missing)
    }

    /// The block of this hash, if the node has it.
    pub(super) async fn head(&self, hash: [u8; 32]) -> Result<Option<Head>, ChainError> {
        let header: Option<Header> = self.link().request("chain_getHeader", rpc_params![H256(hash)]).await?;
        Ok(header.as_ref().map(Head::of))
    }

    /// The transactions of a block, as the RPC writes them, if the node has it.
    pub(super) async fn body(&self, block: [u8; 32]) -> Result<Option<Vec<String>>, ChainError> {
        #[derive(serde::Deserialize)]
        struct Details {
            block: Body,
        }
        #[derive(serde::Deserialize)]
        struct Body {
            extrinsics: Vec<String>,
        }
        let details: Option<Details> = self.link().request("chain_getBlock", rpc_params![to_hex(&block)]).await?;
        Ok(details.map(|details| details.block.extrinsics))
    }

    /// The block of this number on the best chain.
    pub(super) async fn block_hash(&self, number: u64) -> Result<Option<[u8; 32]>, ChainError> {
        let hash: Option<H256> = self.link().request("chain_getBlockHash", rpc_params![number]).await?;
        Ok(hash.map(|hash| hash.0))
    }

    /// The runtime at a block: fetched once for each version.
    pub(super) async fn runtime(&self, at: &Head) -> Result<Arc<Runtime>, ChainError> {
        let versions = Runtime::versions(self.link(), at).await?;
        let mut cached = self.0.runtime.lock().await;
        if let Some(runtime) = &*cached {
            if runtime.spec_version() == versions.0 {
                return Ok(runtime.clone());
            }
        }
        let runtime = Runtime::fetch(self.link(), self.0.genesis, at, versions).await?;
        let runtime = Arc::new(runtime);
        *cached = Some(runtime.clone());
        Ok(runtime)
    }

    /// A node that was restarted on another data folder serves another chain at the same address.
    pub(super) async fn check_genesis(&self) -> Result<(), ChainError> {
        if genesis(self.link()).await? == self.0.genesis {
            return Ok(());
        }
        Err(ChainError::AnotherGenesis { url: self.link().shown_url() })
    }

    /// The node's count of an account's transactions: in the best block and, behind it, in its pool.
    pub(super) async fn next_index(&self, account: &AccountId) -> Result<u64, ChainError> {
        self.link().request("system_accountNextIndex", rpc_params![account.to_string()]).await
    }
}

async fn genesis(link: &Link) -> Result<[u8; 32], ChainError> {
    let hash: Option<H256> = link.request("chain_getBlockHash", rpc_params![0u32]).await?;
    hash.map(|hash| hash.0).ok_or(ChainError::WrongChain { missing: "block 0".into() })
}
