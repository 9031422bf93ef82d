//! What the handlers share.

use std::sync::{Arc, RwLock};

use axum::http::{HeaderMap, StatusCode};
use tokio::{sync::watch, time::timeout};
use touchstone_kir::Root;

use super::{
    connections::Connection,
    expected::Expected,
    identity::Identity,
    limits::Limits,
    live::Live,
    peer::Peer,
    pool::Pool,
    refusal::{blocking, refuse, Refusal},
};
use crate::{
    blobs::{hex_root, BlobStore, ReceiptKey, Stored},
    metrics::Metrics,
};

/// An upload with a rival has to be so many times as fast as the slowest one without.
const CONTESTED: u64 = 4;

/// What the handlers share.
pub struct ServerState {
    pub(super) store: Arc<BlobStore>,
    pub(super) expected: watch::Receiver<Arc<Expected>>,
    pub(super) identity: Arc<RwLock<Identity>>,
    pub(super) receipts: Arc<ReceiptKey>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) limits: Arc<Limits>,
    pub(super) live: Live,
    pub(super) uploads: Pool,
    pub(super) unproved: Pool,
    pub(super) reads: Pool,
    pub(super) openings: Pool,
    pub(super) opened_kib: Pool,
    pub(super) hashing: Pool,
}

impl ServerState {
    /// `expected` follows the chain: only what is in it can be put.
    pub fn new(
        store: Arc<BlobStore>,
        expected: watch::Receiver<Arc<Expected>>,
        identity: Arc<RwLock<Identity>>,
        receipts: Arc<ReceiptKey>,
        metrics: Arc<Metrics>,
        limits: Limits,
    ) -> Self {
        Self {
            store,
            expected,
            identity,
            receipts,
            metrics,
            live: Live::new(limits.slowest.rate.saturating_mul(CONTESTED)),
            uploads: Pool::new(limits.uploads),
            unproved: Pool::new(limits.unproved),
            reads: Pool::new(limits.reads),
            openings: Pool::new(limits.openings),
            opened_kib: Pool::new(limits.opened_kib),
            hashing: Pool::new(limits.hashing),
            limits: Arc::new(limits),
        }
    }

    /// Who sent a request over this connection.
    pub(super) fn peer(&self, connection: &Connection, headers: &HeaderMap) -> Peer {
        Peer::behind(connection.address, headers, &self.limits.proxies)
    }

    /// A blob whose file was found right. Hashing one takes a turn of its own.
    pub(super) async fn held(&self, peer: Peer, root: &Root) -> Result<Option<Stored>, Refusal> {
        if !self.store.contains(root) {
            return Ok(None);
        }
        if let Some(stored) = self.store.known(root) {
            return Ok(Some(stored));
        }
        let turn = timeout(self.limits.turn, self.hashing.take(peer, 1)).await.ok().flatten();
        let _turn =
            turn.ok_or_else(|| refuse(StatusCode::TOO_MANY_REQUESTS, "too many blobs are hashed at once; try again"))?;
        let (store, root) = (self.store.clone(), *root);
        Ok(blocking(move || store.get(&root)).await??)
    }

    /// As [`ServerState::held`]; a blob that is not held is refused.
    pub(super) async fn find(&self, peer: Peer, root: &Root) -> Result<Stored, Refusal> {
        let held = self.held(peer, root).await?;
        held.ok_or_else(|| refuse(StatusCode::NOT_FOUND, format!("{} is not held here", hex_root(root))))
    }
}
