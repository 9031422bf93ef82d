//! A provider's data endpoint: uploads and downloads by content, verified range by range against the root.
//!
//! Nothing that the endpoint sends is trusted: each range of a download comes as an [`Opening`], which is checked
//! against the root before a byte of it is kept. No answer is read beyond the size that its opening can have. The
//! endpoint trusts an upload as little: its pieces are openings too.

mod error;
mod opening;
mod pieces;

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::{stream, StreamExt};
use reqwest::{header, Body, Method, RequestBuilder, Response, StatusCode, Url};
use tokio::time::{timeout, timeout_at, Instant};
use touchstone_kir::{chunk_count, ChunkRange, Opening, Root};
use touchstone_primitives::MAX_ENDPOINT_BYTES;

use crate::{
    http::{self, Http, HttpError, Pace, Reach, Slowest},
    secret,
};

use opening::{decode_opening, longest_opening};

pub use error::{BlobError, Forgery, PieceError};
pub use pieces::{Content, Pieces, PIECE_CHUNKS};

/// Chunks of one range of a download: 1 MiB.
pub const RANGE_CHUNKS: u32 = 1024;
/// The pauses between two tries of a range or an upload.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(600), Duration::from_millis(1500), Duration::from_millis(3000)];
/// How long an upload waits for a provider that does not know the job yet, and how often it asks.
const EARLY: Duration = Duration::from_secs(20);
const EARLY_PAUSE: Duration = Duration::from_millis(600);
/// Longest wait for an answer to begin.
const STALL: Duration = Duration::from_secs(30);
/// Bytes per second at which a provider takes an upload, at least.
const SLOWEST: u32 = 128 << 10;
/// Redirects that are followed from a URL that the user has named.
const REDIRECTS: u32 = 5;
/// Bytes of an error text that are shown.
const MAX_TEXT: usize = 512;

/// A provider's data endpoint, and the client that reaches it.
#[derive(Clone)]
pub struct Endpoint {
    text: String,
    /// Ends with a slash.
    base: String,
    http: Http,
}

impl Endpoint {
    /// The endpoint at a URL, as a provider registers it.
    pub fn new(http: &Http, text: &str) -> Result<Self, BlobError> {
        let base = format!("{}/", base_url(text)?.as_str().trim_end_matches('/'));
        Ok(Self { text: text.into(), base, http: http.clone() })
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, BlobError> {
        let url = Url::parse(&format!("{}{path}", self.base)).map_err(|error| self.unreachable(&error.to_string()))?;
        self.http.request(method, url).map_err(|error| self.failed(error))
    }

    async fn send(&self, method: Method, path: &str) -> Result<Response, BlobError> {
        let sent = timeout(STALL, self.request(method, path)?.send()).await;
        sent.map_err(|_| self.unreachable("no answer came in time"))?.map_err(|error| self.broken(&error))
    }

    fn broken(&self, error: &reqwest::Error) -> BlobError {
        self.failed(HttpError::of(&self.text, error))
    }

    fn failed(&self, error: HttpError) -> BlobError {
        match error {
            HttpError::Private(address) => BlobError::Private { endpoint: self.text.clone(), address },
            HttpError::Transfer { reason, .. } => self.unreachable(&reason),
            other => self.unreachable(&other.to_string()),
        }
    }

    fn unreachable(&self, reason: &str) -> BlobError {
        BlobError::Unreachable { endpoint: self.text.clone(), reason: reason.into() }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// Uploads `bytes` as the blob `root`. A provider that does not know the job yet is waited for, for 20 seconds.
pub async fn put(endpoint: &Endpoint, root: &Root, bytes: bytes::Bytes) -> Result<(), BlobError> {
    let content = Content::new(root, bytes)?;
    let started = Instant::now();
    let mut pauses = PAUSES.iter();
    loop {
        let error = match put_once(endpoint, &content).await {
            Err(error) if error.is_transient() => error,
            other => return other,
        };
        let pause = match &error {
            BlobError::Refused { .. } => Some(&EARLY_PAUSE).filter(|_| started.elapsed() < EARLY),
            _ => pauses.next(),
        };
        match pause {
            Some(pause) => tokio::time::sleep(*pause).await,
            None => return Err(error),
        }
    }
}

/// Uploads a blob in one try, in pieces that prove themselves. It may take as long as providers give it.
pub async fn put_once(endpoint: &Endpoint, content: &Content) -> Result<(), BlobError> {
    let root = content.root();
    let path = format!("{}/openings?len={}", blob_path(&root), content.len());
    // Otherwise a file that cannot be read would look like a connection that broke, which is tried again.
    let unreadable: Arc<Mutex<Option<PieceError>>> = Arc::default();
    let noted = unreadable.clone();
    let frames = content.frames().map(move |frame| {
        frame.map_err(|error| {
            let text = error.to_string();
            *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            io::Error::other(text)
        })
    });
    let sent = endpoint
        .request(Method::PUT, &path)?
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .timeout(patience(content.len()))
        .body(Body::wrap_stream(stream::iter(frames)))
        .send()
        .await;
    if let Some(error) = unreadable.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(BlobError::Read(error));
    }
    let answer = sent.map_err(|error| endpoint.broken(&error))?;
    match answer.status().is_success() {
        true => Ok(()),
        false => Err(refused(endpoint, &root, answer).await),
    }
}

/// The length of a blob as the endpoint states it; `None` if it has no such blob.
pub async fn head(endpoint: &Endpoint, root: &Root) -> Result<Option<u64>, BlobError> {
    let answer = endpoint.send(Method::HEAD, &blob_path(root)).await?;
    match answer.status() {
        status if status.is_success() => {
            Ok(answer.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()))
        }
        StatusCode::NOT_FOUND => Ok(None),
        _ => Err(refused(endpoint, root, answer).await),
    }
}

/// Downloads the blob `root` of `len` bytes. `progress` is told how many bytes are verified so far.
pub async fn fetch(
    endpoint: &Endpoint,
    root: &Root,
    len: u32,
    progress: impl FnMut(u64) + Send,
) -> Result<Vec<u8>, BlobError> {
    let mut bytes = Vec::new();
    fetch_to(endpoint, root, len, &mut bytes, progress).await?;
    Ok(bytes)
}

/// Downloads the blob `root` of `len` bytes into `sink`, in order; only verified bytes arrive there.
pub async fn fetch_to(
    endpoint: &Endpoint,
    root: &Root,
    len: u32,
    sink: &mut (impl std::io::Write + Send),
    mut progress: impl FnMut(u64) + Send,
) -> Result<(), BlobError> {
    let mut done = 0u64;
    for range in ranges(len) {
        let opening = opening(endpoint, root, len, range).await?;
        sink.write_all(&opening.data)?;
        done = done.saturating_add(opening.data.len() as u64);
        progress(done);
    }
    sink.flush()?;
    Ok(())
}

/// Downloads a whole file from a URL that the user has named into `sink`: `len` bytes that hash to `root`. What has
/// gone into the sink is of no use if this fails.
///
/// The address that the user has named may be any. Where that server redirects to is its own choice, so a redirect to
/// another host leads to public addresses only.
pub async fn get_to(
    url: &str,
    root: &Root,
    len: u32,
    sink: &mut (impl std::io::Write + Send),
) -> Result<(), BlobError> {
    let shown = &*secret::shown_url(url);
    let failed = |error: HttpError| match error {
        HttpError::Private(address) => BlobError::Private { endpoint: shown.into(), address },
        other => BlobError::Unreachable { endpoint: shown.into(), reason: other.to_string() },
    };
    let unreachable = |reason: &str| BlobError::Unreachable { endpoint: shown.into(), reason: reason.into() };
    let refused = |status: StatusCode| BlobError::Refused {
        endpoint: shown.into(),
        status: status.as_u16(),
        text: String::new(),
    };
    let (mut http, mut place) = (Http::new(Reach::Any).map_err(failed)?, http::parse(url).map_err(failed)?);
    let mut hops = 0;
    let answer = loop {
        let request = http.request(Method::GET, place.clone()).map_err(failed)?;
        let sent = timeout(STALL, request.send()).await.map_err(|_| unreachable("no answer came in time"))?;
        let answer = sent.map_err(|error| failed(HttpError::of(shown, &error)))?;
        let status = answer.status();
        if status.is_success() {
            break answer;
        }
        let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let Some(location) = location.filter(|_| status.is_redirection() && hops < REDIRECTS) else {
            return Err(refused(status));
        };
        let next = place.join(location).map_err(|error| unreachable(&error.to_string()))?;
        let next = http::parse(next.as_str()).map_err(failed)?;
        if (next.host_str(), next.port_or_known_default()) != (place.host_str(), place.port_or_known_default()) {
            http = Http::new(Reach::Public).map_err(failed)?;
        }
        place = next;
        hops += 1;
    };
    let forged = |error| BlobError::Forged { endpoint: shown.into(), root: *root, error };
    let mut hasher = blake3::Hasher::new();
    let mut pieces = answer.bytes_stream();
    let mut pace = Pace::new(Slowest::default());
    while let Some(piece) =
        timeout_at(pace.deadline(), pieces.next()).await.map_err(|_| unreachable("the answer comes too slowly"))?
    {
        let piece = piece.map_err(|error| failed(HttpError::of(shown, &error)))?;
        pace.arrived(piece.len());
        hasher.update(&piece);
        if hasher.count() > len.into() {
            return Err(forged(Forgery::TooLong));
        }
        sink.write_all(&piece)?;
    }
    match hasher.count() == u64::from(len) && *hasher.finalize().as_bytes() == *root {
        true => Ok(sink.flush()?),
        false => Err(forged(Forgery::OtherBytes)),
    }
}

/// Downloads all that the endpoint serves under the name `root`, whatever its length: the bytes if they hash to the
/// root, `None` if they do not or are more than `most`.
pub async fn fetch_any(endpoint: &Endpoint, root: &Root, most: usize) -> Result<Option<Vec<u8>>, BlobError> {
    let answer = endpoint.send(Method::GET, &blob_path(root)).await?;
    if !answer.status().is_success() {
        return Err(refused(endpoint, root, answer).await);
    }
    let bytes = body(endpoint, answer, most).await?;
    Ok(bytes.filter(|bytes| touchstone_kir::root(bytes) == *root))
}

/// One verified opening of consecutive chunks of the blob `root` of `len` bytes.
pub async fn opening(endpoint: &Endpoint, root: &Root, len: u32, range: ChunkRange) -> Result<Opening, BlobError> {
    let path = format!("{}/opening?first={}&count={}", blob_path(root), range.first, range.count);
    let mut tries = 0;
    loop {
        let error = match opening_once(endpoint, &path, root, len, range).await {
            Err(error) if error.is_transient() => error,
            answer => return answer,
        };
        match PAUSES.get(tries) {
            Some(pause) => tokio::time::sleep(*pause).await,
            None => return Err(error),
        }
        tries += 1;
    }
}

/// Verified openings of several ranges, one for each.
pub async fn openings(
    endpoint: &Endpoint,
    root: &Root,
    len: u32,
    ranges: &[ChunkRange],
) -> Result<Vec<Opening>, BlobError> {
    let mut openings = Vec::with_capacity(ranges.len());
    for range in ranges {
        openings.push(opening(endpoint, root, len, *range).await?);
    }
    Ok(openings)
}

async fn opening_once(
    endpoint: &Endpoint,
    path: &str,
    root: &Root,
    len: u32,
    range: ChunkRange,
) -> Result<Opening, BlobError> {
    let answer = endpoint.send(Method::GET, path).await?;
    if !answer.status().is_success() {
        return Err(refused(endpoint, root, answer).await);
    }
    let forged = |error| BlobError::Forged { endpoint: endpoint.text.clone(), root: *root, error };
    let bytes = body(endpoint, answer, longest_opening(range)).await?.ok_or_else(|| forged(Forgery::TooLong))?;
    decode_opening(&bytes, root, len, range).map_err(forged)
}

/// The ranges of a whole download.
fn ranges(len: u32) -> impl Iterator<Item = ChunkRange> {
    let chunks = chunk_count(len);
    (0..chunks)
        .step_by(RANGE_CHUNKS as usize)
        .map(move |first| ChunkRange { first, count: RANGE_CHUNKS.min(chunks.saturating_sub(first)) })
}

/// The whole body, or `None` if it is longer than `most` bytes.
async fn body(endpoint: &Endpoint, answer: Response, most: usize) -> Result<Option<Vec<u8>>, BlobError> {
    let mut bytes = Vec::new();
    let (mut pieces, mut pace) = (answer.bytes_stream(), Pace::new(Slowest::default()));
    while let Some(piece) = timeout_at(pace.deadline(), pieces.next())
        .await
        .map_err(|_| endpoint.unreachable("the answer comes too slowly"))?
    {
        let piece = piece.map_err(|error| endpoint.broken(&error))?;
        pace.arrived(piece.len());
        if bytes.len().saturating_add(piece.len()) > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes))
}

async fn refused(endpoint: &Endpoint, root: &Root, answer: Response) -> BlobError {
    let status = answer.status();
    if status == StatusCode::NOT_FOUND {
        return BlobError::NotFound { endpoint: endpoint.text.clone(), root: *root };
    }
    let text = match body(endpoint, answer, MAX_TEXT).await {
        // It is shown on a terminal.
        Ok(Some(bytes)) => secret::printable(String::from_utf8_lossy(&bytes).trim()),
        _ => String::new(),
    };
    BlobError::Refused { endpoint: endpoint.text.clone(), status: status.as_u16(), text }
}

/// Checks that an address can be registered as an endpoint: an http or https URL without query and fragment, short
/// enough for the chain.
pub fn check_endpoint(endpoint: &str) -> Result<(), BlobError> {
    base_url(endpoint)?;
    match endpoint.len() <= MAX_ENDPOINT_BYTES as usize {
        true => Ok(()),
        false => Err(BlobError::BadEndpoint {
            endpoint: endpoint.into(),
            reason: format!("it is longer than {MAX_ENDPOINT_BYTES} bytes"),
        }),
    }
}

fn blob_path(root: &Root) -> String {
    format!("blobs/{}", hex::encode(root))
}

fn base_url(endpoint: &str) -> Result<reqwest::Url, BlobError> {
    let bad = |reason: String| BlobError::BadEndpoint { endpoint: endpoint.into(), reason };
    // By the rule that the chain applies too; what passes it can be read as a URL.
    touchstone_primitives::check_endpoint(endpoint.as_bytes()).map_err(|defect| bad(defect.to_string()))?;
    reqwest::Url::parse(endpoint).map_err(|error| bad(error.to_string()))
}

/// How long an upload of so many bytes may take.
fn patience(bytes: u32) -> Duration {
    STALL + Duration::from_secs((bytes / SLOWEST).into())
}
