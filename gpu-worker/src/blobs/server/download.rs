//! Blobs and parts of blobs on their way out.

use std::{io::SeekFrom, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::{Extension, Path, State},
    http::{header, HeaderMap, HeaderValue, Method, StatusCode},
    response::Response,
};
use futures::{channel::mpsc, SinkExt};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
    time::{timeout_at, Instant},
};
use touchstone_client::http::{Pace, Slowest};

use super::{
    connections::Connection,
    path::root_of,
    pool::Permit,
    refusal::{refuse, Refusal},
    state::ServerState,
};

/// Bytes that are handed to the connection at once, and the pieces that wait for it.
const PIECE: usize = 64 << 10;
const QUEUED: usize = 1;

pub(super) async fn read(
    State(state): State<Arc<ServerState>>,
    Extension(connection): Extension<Arc<Connection>>,
    Path(root): Path<String>,
    headers: HeaderMap,
    method: Method,
) -> Result<Response, Refusal> {
    let peer = state.peer(&connection, &headers);
    let permit = state
        .reads
        .try_take(peer, 1)
        .ok_or_else(|| refuse(StatusCode::TOO_MANY_REQUESTS, "too many downloads at once; try again"))?;
    let stored = state.find(peer, &root_of(&root)?).await?;
    let range = match headers.get(header::RANGE).and_then(|value| value.to_str().ok()) {
        None => None,
        Some(text) => byte_range(text, stored.len)
            .map_err(|()| refuse(StatusCode::RANGE_NOT_SATISFIABLE, format!("this blob has {} bytes", stored.len)))?,
    };
    let (first, count) = range.unwrap_or((0, stored.len));

    let mut response = if method == Method::HEAD {
        Response::new(Body::empty())
    } else {
        let failed = |error: std::io::Error| {
            tracing::error!(path = %stored.path.display(), %error, "a blob cannot be read");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "this provider's disk fails; try again later")
        };
        let mut file = File::open(&stored.path).await.map_err(failed)?;
        file.seek(SeekFrom::Start(first.into())).await.map_err(failed)?;
        state.metrics.served.inc_by(count.into());
        let source = Source::File(file.take(count.into()));
        Response::new(paced(source, state.limits.slowest, connection, permit))
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

/// Where the bytes of an answer come from.
pub(super) enum Source {
    File(tokio::io::Take<File>),
    Memory(Bytes),
}

impl Source {
    async fn next(&mut self) -> std::io::Result<Bytes> {
        match self {
            Self::File(file) => {
                let mut piece = vec![0; PIECE];
                let count = file.read(&mut piece).await?;
                piece.truncate(count);
                Ok(piece.into())
            }
            Self::Memory(bytes) => Ok(bytes.split_to(bytes.len().min(PIECE))),
        }
    }
}

/// The body of an answer, whose reader has to keep pace: the connection of one that does not is cut. Until then it
/// holds its permit.
pub(super) fn paced(mut source: Source, slowest: Slowest, connection: Arc<Connection>, permit: Permit) -> Body {
    let (mut sink, pieces) = mpsc::channel::<std::io::Result<Bytes>>(QUEUED);
    tokio::spawn(async move {
        let _permit = permit;
        let mut pace = Pace::new(slowest);
        loop {
            let piece = match source.next().await {
                Ok(piece) if piece.is_empty() => break,
                other => other,
            };
            let count = piece.as_ref().map_or(0, Bytes::len);
            match timeout_at(pace.deadline(), sink.send(piece)).await {
                Ok(Ok(())) => pace.arrived(count),
                // The reader is gone.
                Ok(Err(_)) => break,
                Err(_) => {
                    tracing::debug!(after = ?Instant::now(), "a reader is too slow: its connection is cut");
                    connection.cut();
                    break;
                }
            }
        }
        // What is queued is still to be read.
        if timeout_at(pace.deadline(), std::future::poll_fn(|context| sink.poll_ready(context))).await.is_err() {
            connection.cut();
        }
    });
    Body::from_stream(pieces)
}

/// One range of RFC 9110, section 14: `Ok(None)` if the header is of another sort and has to be ignored, otherwise
/// first byte and count; an error if no byte of the blob is in it.
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
