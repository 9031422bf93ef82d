use std::{
    collections::HashMap,
    io::SeekFrom,
    sync::{Arc, RwLock},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{header, HeaderMap, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
    Json, Router,
};
use codec::Encode;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncSeekExt},
    net::TcpListener,
    sync::{watch, Semaphore},
    time::{timeout, timeout_at, Instant},
};
use tokio_util::{io::ReaderStream, sync::CancellationToken};
use touchstone_kir::{chunk_count, ChunkRange, Root};
use touchstone_primitives::JobId;
use tower_http::cors::{Any, CorsLayer};

use super::{hex_root, parse_root, BlobStore, Openings, ReceiptKey, ServeOpeningError, StoreError, Stored};
use crate::metrics::Metrics;

/// How long a PUT waits for the job that it belongs to: the buyer may have seen the block first.
const PUT_PATIENCE: Duration = Duration::from_secs(2);
/// An upload may take this long, and a second more for each so many bytes: those who trickle do not keep others out.
const STALL: Duration = Duration::from_secs(30);
const SLOWEST: u64 = 128 << 10;
/// Uploads and openings at once.
const AT_ONCE: usize = 32;
/// Chunks of one opening: 8 MiB.
const MAX_OPENED: u32 = 8 << 10;

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

/// What `GET /` says.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Identity {
    /// This program.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The provider's account, SS58.
    pub account: String,
    /// The adapter it computes on.
    pub adapter: String,
    /// Jobs that it holds, hexadecimal.
    pub jobs: Vec<String>,
    /// The ed25519 key that signs its receipts, hexadecimal.
    pub receipt_key: String,
}

/// What the handlers share.
#[derive(Clone)]
pub struct ServerState {
    store: Arc<dyn BlobStore>,
    expected: watch::Receiver<Arc<Expected>>,
    identity: Arc<RwLock<Identity>>,
    receipts: Arc<ReceiptKey>,
    metrics: Arc<Metrics>,
    openings: Openings,
    busy: Arc<Semaphore>,
}

impl ServerState {
    /// `expected` follows the chain: only what is in it can be put.
    pub fn new(
        store: Arc<dyn BlobStore>,
        expected: watch::Receiver<Arc<Expected>>,
        identity: Arc<RwLock<Identity>>,
        receipts: Arc<ReceiptKey>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            store,
            expected,
            identity,
            receipts,
            metrics,
            openings: Openings::default(),
            busy: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

/// The data endpoint of a provider.
pub fn router(state: ServerState) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_headers(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::PUT])
        .expose_headers([header::CONTENT_LENGTH, header::CONTENT_RANGE, header::ACCEPT_RANGES, header::RETRY_AFTER]);
    Router::new()
        .route("/", get(identity))
        .route("/health", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics))
        .route("/blobs/{root}", get(read).put(write))
        .route("/blobs/{root}/opening", get(opening))
        .layer(cors)
        .with_state(state)
}

/// Serves until `stop` is cancelled; transfers that are under way then end by themselves.
pub async fn serve(listener: TcpListener, state: ServerState, stop: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, router(state)).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// An answer that is not the one hoped for: a status and a sentence.
#[derive(Debug)]
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.0, format!("{}\n", self.1)).into_response();
        if matches!(self.0, StatusCode::TOO_EARLY | StatusCode::SERVICE_UNAVAILABLE) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

fn refuse(status: StatusCode, text: impl Into<String>) -> Refusal {
    Refusal(status, text.into())
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::OverQuota { .. } => StatusCode::INSUFFICIENT_STORAGE,
            StoreError::BadLength(_) | StoreError::WrongLength { .. } | StoreError::WrongRoot { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            StoreError::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, error.to_string())
    }
}

async fn identity(State(state): State<ServerState>) -> Response {
    match state.identity.read() {
        Ok(identity) => Json(identity.clone()).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn metrics(State(state): State<ServerState>) -> Result<Response, Refusal> {
    let (used, quota) = state.store.usage();
    state.metrics.store(used, quota);
    let text = state.metrics.text().map_err(|error| refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    Ok((kind, text).into_response())
}

async fn write(
    State(state): State<ServerState>,
    Path(root): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let root = root_of(&root)?;
    let mut expected = state.expected.clone();
    let wanted = expected.wait_for(|all| all.contains_key(&root));
    // The guard that comes back locks the channel: what it shows is copied at once.
    let candidates = match timeout(PUT_PATIENCE, wanted).await {
        Ok(Ok(all)) => all.get(&root).cloned(),
        _ => None,
    }
    .ok_or_else(|| {
        refuse(
            StatusCode::TOO_EARLY,
            format!(
                "no job that is assigned to this provider reads {}; if yours was only just assigned, try again",
                hex_root(&root)
            ),
        )
    })?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let blob = choose(&candidates, announced)?;

    let _permit = state
        .busy
        .clone()
        .try_acquire_owned()
        .map_err(|_| refuse(StatusCode::SERVICE_UNAVAILABLE, "too many transfers at once; try again"))?;
    let status = match state.store.get(&root) {
        Some(stored) if stored.len == blob.len => StatusCode::OK,
        Some(stored) => return Err(StoreError::WrongLength { expected: blob.len, got: stored.len.into() }.into()),
        None => {
            receive(&state, &root, blob.len, body).await?;
            state.metrics.received.inc_by(u64::from(blob.len));
            StatusCode::CREATED
        }
    };
    let receipts: Vec<_> = blob.jobs.iter().map(|job| state.receipts.sign(job, &root, blob.len)).collect();
    Ok((status, Json(serde_json::json!({ "receipts": receipts }))).into_response())
}

/// The expected blob of the announced length.
fn choose(candidates: &[ExpectedBlob], announced: Option<u64>) -> Result<ExpectedBlob, Refusal> {
    let chosen = match (announced, candidates) {
        (None, [only]) => Some(only),
        (None, _) => {
            return Err(refuse(
                StatusCode::LENGTH_REQUIRED,
                "jobs state different lengths for this root: say yours with Content-Length",
            ))
        }
        (Some(len), all) => all.iter().find(|blob| u64::from(blob.len) == len),
    };
    chosen.cloned().ok_or_else(|| {
        let lens: Vec<_> = candidates.iter().map(|blob| blob.len.to_string()).collect();
        refuse(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("the job's input has {} bytes, not {}", lens.join(" or "), announced.unwrap_or_default()),
        )
    })
}

/// Hashes the body while it arrives; keeps nothing unless all of it is right.
async fn receive(state: &ServerState, root: &Root, len: u32, body: Body) -> Result<(), Refusal> {
    let mut incoming = state.store.begin(len)?;
    let mut pieces = body.into_data_stream();
    let deadline = Instant::now() + STALL + Duration::from_secs(u64::from(len) / SLOWEST);
    loop {
        let piece = timeout_at(deadline, pieces.next())
            .await
            .map_err(|_| refuse(StatusCode::REQUEST_TIMEOUT, "the body arrived too slowly; nothing was kept"))?;
        let Some(piece) = piece else { break };
        let piece = piece.map_err(|error| refuse(StatusCode::BAD_REQUEST, error.to_string()))?;
        incoming = blocking(move || {
            incoming.write(&piece)?;
            Ok::<_, StoreError>(incoming)
        })
        .await??;
    }
    let store = state.store.clone();
    let root = *root;
    blocking(move || store.finish(incoming, &root)).await??;
    Ok(())
}

async fn read(
    State(state): State<ServerState>,
    Path(root): Path<String>,
    headers: HeaderMap,
    method: Method,
) -> Result<Response, Refusal> {
    let stored = find(&state, &root)?;
    let range = match headers.get(header::RANGE).and_then(|v| v.to_str().ok()) {
        None => None,
        Some(text) => byte_range(text, stored.len)
            .map_err(|()| refuse(StatusCode::RANGE_NOT_SATISFIABLE, format!("this blob has {} bytes", stored.len)))?,
    };
    let (first, count) = range.unwrap_or((0, stored.len));

    let mut response = if method == Method::HEAD {
        Response::new(Body::empty())
    } else {
        let io = |error: std::io::Error| refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
        let mut file = tokio::fs::File::open(&stored.path).await.map_err(io)?;
        file.seek(SeekFrom::Start(first.into())).await.map_err(io)?;
        state.metrics.served.inc_by(count.into());
        let pieces = ReaderStream::with_capacity(file.take(count.into()), 64 << 10);
        Response::new(Body::from_stream(pieces))
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, count.into());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    // A root names the same bytes for ever.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, immutable, max-age=31536000"));
    if range.is_some() {
        let last = u64::from(first) + u64::from(count) - 1;
        let value = format!("bytes {first}-{last}/{}", stored.len);
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(header::CONTENT_RANGE, value);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// Which chunks to open.
#[derive(Deserialize)]
struct Chunks {
    first: u32,
    count: u32,
}

async fn opening(
    State(state): State<ServerState>,
    Path(root): Path<String>,
    Query(chunks): Query<Chunks>,
) -> Result<Response, Refusal> {
    let stored = find(&state, &root)?;
    let root = root_of(&root)?;
    if chunks.count > MAX_OPENED {
        return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {MAX_OPENED} chunks are opened at once")));
    }
    let _permit = state
        .busy
        .clone()
        .acquire_owned()
        .await
        .map_err(|_| refuse(StatusCode::SERVICE_UNAVAILABLE, "this provider is shutting down"))?;
    let available = chunk_count(stored.len);
    let range = ChunkRange { first: chunks.first, count: chunks.count };
    let openings = state.openings.clone();
    let opening = blocking(move || openings.open(&root, &stored, range)).await?.map_err(|error| match error {
        ServeOpeningError::Ranges(error) => {
            refuse(StatusCode::RANGE_NOT_SATISFIABLE, format!("{error}: this blob has {available} chunks"))
        }
        ServeOpeningError::Io(error) => refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    })?;
    state.metrics.served.inc_by(opening.data.len() as u64);
    let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
    Ok((kind, opening.encode()).into_response())
}

fn root_of(text: &str) -> Result<Root, Refusal> {
    parse_root(text)
        .ok_or_else(|| refuse(StatusCode::BAD_REQUEST, format!("{text:?} is no root: 64 hexadecimal digits are")))
}

fn find(state: &ServerState, root: &str) -> Result<Stored, Refusal> {
    let root = root_of(root)?;
    state.store.get(&root).ok_or_else(|| refuse(StatusCode::NOT_FOUND, format!("{} is not held here", hex_root(&root))))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}

/// One range of RFC 9110, section 14: `Ok(None)` if the header is of another sort and has to be ignored, otherwise first
/// byte and count; an error if no byte of the blob is in it.
fn byte_range(text: &str, len: u32) -> Result<Option<(u32, u32)>, ()> {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let (first, last) = match (first.trim(), last.trim()) {
        ("", suffix) => {
            let Ok(count) = suffix.parse::<u64>() else {
                return Ok(None);
            };
            let count = count.min(len.into()) as u32;
            (len - count, len - 1)
        }
        (first, last) => {
            let Ok(first) = first.parse::<u64>() else {
                return Ok(None);
            };
            let last = match last {
                "" => u64::MAX,
                last => match last.parse::<u64>() {
                    Ok(last) if last >= first => last,
                    _ => return Ok(None),
                },
            };
            let first = u32::try_from(first).map_err(|_| ())?;
            (first, last.min(u64::from(len) - 1) as u32)
        }
    };
    if first >= len {
        return Err(());
    }
    Ok(Some((first, last - first + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_rfc_9110_says() {
        assert_eq!(byte_range("bytes=0-3", 8), Ok(Some((0, 4))));
        assert_eq!(byte_range("bytes=4-", 8), Ok(Some((4, 4))));
        assert_eq!(byte_range("bytes=-3", 8), Ok(Some((5, 3))));
        assert_eq!(byte_range("bytes=-99", 8), Ok(Some((0, 8))));
        assert_eq!(byte_range("bytes=6-99", 8), Ok(Some((6, 2))));
        assert_eq!(byte_range("bytes=7-7", 8), Ok(Some((7, 1))));
        for beyond in ["bytes=8-", "bytes=8-9", "bytes=-0", "bytes=99999999999-"] {
            assert_eq!(byte_range(beyond, 8), Err(()), "{beyond}");
        }
        for other in ["bytes=3-1", "items=0-1", "bytes=a-b", "bytes=0-1,3-4", "0-1"] {
            assert_eq!(byte_range(other, 8), Ok(None), "{other}");
        }
    }
}
