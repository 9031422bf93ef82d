//! One chain, through one node.

mod at;
mod call;
mod error;
mod heads;
mod link;
mod nonces;
mod remedies;
mod runtime;
mod submit;

use std::{sync::Arc, time::Duration};

use futures::Stream;
use subxt::config::substrate::H256;
use subxt_rpcs::rpc_params;
use tokio::sync::Mutex;

use self::{link::Link, nonces::Nonces, runtime::Runtime};
use crate::{signer::Signer, AccountId};

pub use at::{At, Funds};
pub use call::Call;
pub use error::{ChainError, DispatchError, TxError};
pub use heads::Head;
pub use runtime::Event;
pub use submit::InBlock;

/// How often `connect` tries, and the pause between two tries: a node that is only just starting is waited for.
const CONNECT_TRIES: u32 = 5;
const CONNECT_PAUSE: Duration = Duration::from_millis(400);

/// A chain. Cheap to clone; all clones share connection, metadata and nonces.
#[derive(Clone)]
pub struct Chain(Arc<Inner>);

struct Inner {
    link: Link,
    genesis: [u8; 32],
    runtime: Mutex<Option<Arc<Runtime>>>,
    nonces: Nonces,
    /// Held from the choice of a nonce until the node has the transaction.
    sending: Mutex<()>,
}

impl Chain {
    /// Connects to the node at a WebSocket URL, for example `ws://127.0.0.1:9944`, and checks that it serves a
    /// Touchstone chain. A node that is only just starting is waited for, for two seconds.
    pub async fn connect(url: &str) -> Result<Self, ChainError> {
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
        let chain = Self(Arc::new(Inner {
            link,
            genesis,
            runtime: Mutex::new(None),
            nonces: Nonces::default(),
            sending: Mutex::new(()),
        }));
        let head = chain.best().await?;
        chain.runtime(&head).await?;
        Ok(chain)
    }

    /// The hash of block 0.
    pub fn genesis_hash(&self) -> [u8; 32] {
        self.0.genesis
    }

    /// The address of the node.
    pub fn url(&self) -> &str {
        self.0.link.url()
    }

    /// The best block.
    pub async fn best(&self) -> Result<Head, ChainError> {
        let header: heads::Header = self.link().request("chain_getHeader", rpc_params![]).await?;
        Ok(Head::of(&header))
    }

    /// The last finalised block, as the node knows it: no reorganisation removes it.
    pub async fn finalized(&self) -> Result<Head, ChainError> {
        let hash: H256 = self.link().request("chain_getFinalizedHead", rpc_params![]).await?;
        let header: Option<heads::Header> = self.link().request("chain_getHeader", rpc_params![hash]).await?;
        header
            .map(|header| Head::of(&header))
            .ok_or_else(|| ChainError::undecodable("chain_getFinalizedHead", "the node does not have this block"))
    }

    /// Each new best block, beginning with the one of now, across cut connections and restarts of the node. A cut shows
    /// as one error for each failed attempt to connect again; the stream itself never ends.
    pub fn best_blocks(&self) -> impl Stream<Item = Result<Head, ChainError>> + Send {
        heads::best_blocks(self.clone())
    }

    /// The state at the best block.
    pub async fn at_best(&self) -> Result<At, ChainError> {
        Ok(self.at(self.best().await?))
    }

    /// The state at a block. Nodes keep the state of the last 256 blocks.
    pub fn at(&self, head: Head) -> At {
        At::new(self.clone(), head)
    }

    /// Signs and submits a call and waits until it is in a best block. An error of the call itself is
    /// [`TxError::Failed`]. A block can still be retracted afterwards: look at the state again when that matters.
    pub async fn submit(&self, signer: &Signer, call: Call) -> Result<InBlock, TxError> {
        submit::submit(self, signer, &call).await
    }

    /// An error of a pallet that is known by its name, as `quote` gives it, with its documentation from the metadata.
    pub async fn error_by_name(&self, pallet: &str, name: &str) -> Result<DispatchError, ChainError> {
        let runtime = self.runtime(&self.best().await?).await?;
        Ok(runtime.error_by_name(pallet, name))
    }

    fn link(&self) -> &Link {
        &self.0.link
    }

    /// The runtime at a block: fetched once for each version.
    async fn runtime(&self, at: &Head) -> Result<Arc<Runtime>, ChainError> {
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
    async fn check_genesis(&self) -> Result<(), ChainError> {
        if genesis(self.link()).await? == self.0.genesis {
            return Ok(());
        }
        Err(ChainError::AnotherGenesis { url: self.url().to_owned() })
    }

    /// The node's count of an account's transactions: in the best block and, behind it, in its pool.
    async fn next_index(&self, account: &AccountId) -> Result<u64, ChainError> {
        self.link().request("system_accountNextIndex", rpc_params![account.to_string()]).await
    }
}

async fn genesis(link: &Link) -> Result<[u8; 32], ChainError> {
    let hash: Option<H256> = link.request("chain_getBlockHash", rpc_params![0u32]).await?;
    hash.map(|hash| hash.0).ok_or(ChainError::WrongChain { missing: "block 0".into() })
}
