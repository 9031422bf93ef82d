//! One chain, through one node.

mod answers;
mod at;
mod call;
mod error;
mod head;
mod heads;
mod health;
mod hex_text;
mod link;
mod node;
mod nonces;
mod remedies;
mod runtime;
mod submit;

use std::{ops::RangeInclusive, sync::Arc};

use futures::Stream;
use subxt_rpcs::rpc_params;
use touchstone_kir::Reveal;
use touchstone_primitives::{CommitmentId, Subject};

use self::node::Node;
use crate::{
    deposits::{self, StoragePrice},
    signer::Signer,
};

pub use at::{all_pages, At, Funds};
pub use call::Call;
pub use error::{ChainError, DispatchError, TxError};
pub use head::Head;
pub use health::NotCurrent;
pub use runtime::Event;
pub use submit::InBlock;

/// A chain. Cheap to clone; all clones share connection, metadata and nonces.
#[derive(Clone)]
pub struct Chain(Node, Arc<heads::Shared>);

impl Chain {
    /// Connects to the node at a WebSocket URL, for example `ws://127.0.0.1:9944`, and checks that it serves a
    /// Touchstone chain. A node that is only just starting is waited for, for two seconds.
    pub async fn connect(url: &str) -> Result<Self, ChainError> {
        Node::connect(url).await.map(|node| Self(node, Arc::default()))
    }

    /// The hash of block 0.
    pub fn genesis_hash(&self) -> [u8; 32] {
        self.0.genesis()
    }

    /// Whether the node says that its chain is one for development, where everything may run on one machine.
    pub async fn is_for_development(&self) -> Result<bool, ChainError> {
        let kind: serde_json::Value = self.0.link().request("system_chainType", rpc_params![]).await?;
        Ok(matches!(kind.as_str(), Some("Development" | "Local")))
    }

    /// The address of the node.
    pub fn url(&self) -> &str {
        self.0.link().url()
    }

    /// The best block.
    pub async fn best(&self) -> Result<Head, ChainError> {
        self.0.best().await
    }

    /// The last finalised block, as the node knows it: no reorganisation removes it.
    pub async fn finalized(&self) -> Result<Head, ChainError> {
        self.0.finalized().await
    }

    /// Why the state at the best block should not be acted on, if there is a reason: the node is still syncing, or has
    /// seen no block for a while.
    pub async fn not_current(&self) -> Result<Option<NotCurrent>, ChainError> {
        health::not_current(&self.0).await
    }

    /// Whether a block is on the best chain.
    pub async fn has_block(&self, block: &Head) -> Result<bool, ChainError> {
        Ok(self.0.block_hash(block.number).await? == Some(block.hash))
    }

    /// Each new best block, beginning with the one of now, across cut connections and restarts of the node. A stream
    /// that is slow to ask gets the last of several blocks. A cut shows as errors while it lasts; the stream itself
    /// never ends.
    ///
    /// All streams of one chain share one subscription. Call it inside a Tokio runtime.
    pub fn best_blocks(&self) -> impl Stream<Item = Result<Head, ChainError>> + Send {
        self.1.best_blocks(&self.0)
    }

    /// The state at the best block.
    pub async fn at_best(&self) -> Result<At, ChainError> {
        Ok(self.at(self.best().await?))
    }

    /// The state at a block. Nodes keep the state of the last 256 blocks, unless they are told otherwise.
    pub fn at(&self, head: Head) -> At {
        At::new(self.0.clone(), head)
    }

    /// Signs and submits a call and waits until it is in a best block. An error of the call itself is
    /// [`TxError::Failed`]. A block can still be retracted afterwards: look at the state again when that matters.
    pub async fn submit(&self, signer: &Signer, call: Call) -> Result<InBlock, TxError> {
        submit::submit(&self.0, signer, &call).await
    }

    /// The fee of a call in a transaction of this signer, if it were included now. Nothing is sent.
    pub async fn fee(&self, signer: &Signer, call: &Call) -> Result<u128, TxError> {
        submit::fee(&self.0, signer, call).await
    }

    /// What looks like an answer to a demand of this result in these blocks of the best chain. They are read side by
    /// side, so they should be few. Nothing of it is believed: see [`Shown`](crate::shown::Shown).
    pub async fn answers(
        &self,
        commitment: &CommitmentId,
        blocks: RangeInclusive<u64>,
    ) -> Result<Vec<(Subject, Reveal)>, ChainError> {
        answers::read(&self.0, commitment, blocks).await
    }

    /// The least balance that keeps an account alive.
    pub async fn existential_deposit(&self) -> Result<u128, ChainError> {
        self.0.runtime(&self.best().await?).await?.constant("Balances", "ExistentialDeposit")
    }

    /// What storage costs while it is used.
    pub async fn storage_price(&self) -> Result<StoragePrice, ChainError> {
        let runtime = self.0.runtime(&self.best().await?).await?;
        let constant = |name| runtime.constant::<u128>(deposits::PRICED_BY, name);
        Ok(StoragePrice::from_multisig(constant("DepositBase")?, constant("DepositFactor")?))
    }

    /// An error of a pallet that is known by its name, as `quote` gives it, with its documentation from the metadata.
    pub async fn error_by_name(&self, pallet: &str, name: &str) -> Result<DispatchError, ChainError> {
        let runtime = self.0.runtime(&self.best().await?).await?;
        Ok(runtime.error_by_name(pallet, name))
    }
}
