//! The data endpoint of a provider: takes inputs that its jobs need, and serves blobs and openings to anyone.
//!
//! Everything that strangers use has a limit, for each of them and for all together ([`Limits`]), and each kind of
//! request has limits of its own: uploads cannot keep openings waiting, on which disputes depend.

mod connections;
mod download;
mod identity;
mod limits;
mod live;
mod opening;
mod peer;
mod pool;
mod refusal;
mod upload;

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use axum::{
    http::{header, HeaderMap, Method, StatusCode},
    routing::{get, put},
    Router,
};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use tokio_util::sync::CancellationToken;
use touchstone_kir::Root;
use touchstone_primitives::JobId;
use tower_http::cors::{Any, CorsLayer};

use self::{
    connections::Connection,
    live::Live,
    peer::Peer,
    pool::Pool,
    refusal::{blocking, refuse, Refusal},
};
use super::{hex_root, parse_root, BlobStore, ReceiptKey, Stored};
use crate::metrics::Metrics;

pub use identity::Identity;
pub use limits::{Limits, Share};

/// An upload with a rival has to be so many times as fast as the slowest one without.
const CONTESTED: u64 = 4;

/// Inputs that jobs assigned to this provider wait for. Jobs can state different lengths for one root.
pub type Expected = HashMap<Root, Vec<ExpectedBlob>>;

/// An input of one length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedBlob {
    /// Its length, bytes.
    pub len: u32,
    /// The jobs that read it.
    pub jobs: Vec<JobId>,
}

/// What the handlers share.
pub struct ServerState {
    store: Arc<BlobStore>,
    expected: watch::Receiver<Arc<Expected>>,
    identity: Arc<RwLock<Identity>>,
    receipts: Arc<ReceiptKey>,
    metrics: Arc<Metrics>,
    limits: Arc<Limits>,
    live: Live,
    uploads: Pool,
    unproved: Pool,
    reads: Pool,
    openings: Pool,
    opened_kib: Pool,
    hashing: Pool,
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

    fn peer(&self, connection: &Connection, headers: &HeaderMap) -> Peer {
        Peer::behind(connection.address, headers, &self.limits.proxies)
    }

    /// A blob whose file was found right. Hashing one takes a turn of its own.
    async fn held(&self, peer: Peer, root: &Root) -> Result<Option<Stored>, Refusal> {
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

    async fn find(&self, peer: Peer, root: &Root) -> Result<Stored, Refusal> {
        let held = self.held(peer, root).await?;
        held.ok_or_else(|| refuse(StatusCode::NOT_FOUND, format!("{} is not held here", hex_root(root))))
    }
}

fn router(state: Arc<ServerState>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_headers(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::PUT])
        .expose_headers([header::CONTENT_LENGTH, header::CONTENT_RANGE, header::ACCEPT_RANGES, header::RETRY_AFTER]);
    Router::new()
        .route("/", get(identity::show))
        .route("/jobs", get(identity::jobs))
        .route("/health", get(|| async { "ok\n" }))
        .route("/blobs/{root}", get(download::read).put(upload::write))
        .route("/blobs/{root}/openings", put(upload::write_proved))
        .route("/blobs/{root}/opening", get(opening::opening))
        .layer(cors)
        .with_state(state)
}

/// Serves until `stop` is cancelled; transfers that are under way then end by themselves.
pub async fn serve(listener: TcpListener, state: ServerState, stop: CancellationToken) {
    let limits = state.limits.clone();
    connections::serve(listener, router(Arc::new(state)), limits, stop).await;
}

fn root_of(text: &str) -> Result<Root, Refusal> {
    parse_root(text)
        .ok_or_else(|| refuse(StatusCode::BAD_REQUEST, format!("{text:?} is no root: 64 hexadecimal digits are")))
}
