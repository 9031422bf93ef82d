use std::sync::Arc;

use touchstone_client::http::{Http, HttpError, Slowest};
use touchstone_kir::Root;

use super::{BlobStore, StoreError};

/// Fetches inputs that buyers name by URL.
///
/// The URL is a stranger's: the client that fetches follows no redirects, reads no more bytes than the job says, and,
/// unless private addresses are allowed, connects to public ones alone.
#[derive(Clone)]
pub struct Puller {
    http: Http,
    slowest: Slowest,
}

/// Why an input could not be pulled.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// It cannot be fetched.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The bytes are others, or there is no space for them.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PullError {
    /// Whether another try may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Http(error) => error.is_transient(),
            Self::Store(error) => error.is_full(),
        }
    }
}

impl Puller {
    /// With this client.
    pub fn new(http: Http) -> Self {
        Self { http, slowest: Slowest::default() }
    }

    /// The client, for other addresses of strangers.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Fetches exactly the blob (`root`, `len`) into the store.
    pub async fn pull(&self, url: &str, root: &Root, len: u32, store: &Arc<BlobStore>) -> Result<(), PullError> {
        let mut incoming = store.begin_input(root, len)?;
        let sink = |piece: &[u8]| Ok::<_, PullError>(incoming.write(piece)?);
        self.http.get(url, len.into(), self.slowest, sink).await?;
        let (store, root) = (store.clone(), *root);
        let finished = tokio::task::spawn_blocking(move || store.finish(incoming, &root)).await;
        let lost = |error: tokio::task::JoinError| HttpError::Transfer { url: url.into(), reason: error.to_string() };
        Ok(finished.map_err(lost)??)
    }

    /// Whether a URL would be fetched from as things stand.
    pub async fn permits(&self, url: &str) -> Result<(), HttpError> {
        self.http.permits(url).await
    }
}
