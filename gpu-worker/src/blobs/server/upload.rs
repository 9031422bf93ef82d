//! Inputs on their way in.
//!
//! There are two forms. Bytes as they are, which any HTTP client can send, show only at their end whether they are
//! right. Pieces with openings ([`Pieces`]) are verified one by one: such an upload takes a place and space when its
//! first piece was right, and the place of one in the other form. So nobody who lacks the bytes can keep out a peer
//! that has them.

use std::sync::Arc;

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{Extension, Path, Query, State},
    http::{header, HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    Json,
};
use futures::StreamExt;
use tokio::time::{timeout, timeout_at};
use touchstone_client::{blobs::Pieces, http::Pace};
use touchstone_kir::Root;

use super::{
    connections::{Connection, Waiting},
    expected::ExpectedBlob,
    live::{Evidence, LiveUpload, Taken},
    path::root_of,
    peer::Peer,
    refusal::{blocking, refuse, Refusal},
    state::ServerState,
};
use crate::blobs::{hex_root, StoreError};

/// `PUT /blobs/{root}`: the bytes as they are.
pub(super) async fn write(
    State(state): State<Arc<ServerState>>,
    Extension(connection): Extension<Arc<Connection>>,
    Path(root): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let put = Put { peer: state.peer(&connection, &headers), root: root_of(&root)?, len: announced };
    take(&state, &connection, put, Evidence::None, body).await
}

/// What an upload in pieces says of its blob.
#[derive(serde::Deserialize)]
pub(super) struct Announced {
    len: u32,
}

/// `PUT /blobs/{root}/openings?len=N`: pieces with openings.
pub(super) async fn write_proved(
    State(state): State<Arc<ServerState>>,
    Extension(connection): Extension<Arc<Connection>>,
    Path(root): Path<String>,
    Query(Announced { len }): Query<Announced>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let put = Put { peer: state.peer(&connection, &headers), root: root_of(&root)?, len: Some(len.into()) };
    take(&state, &connection, put, Evidence::Proof, body).await
}

/// Who wants to upload what.
struct Put {
    peer: Peer,
    root: Root,
    /// Bytes of the blob, if they are announced.
    len: Option<u64>,
}

async fn take(
    state: &ServerState,
    connection: &Arc<Connection>,
    Put { peer, root, len }: Put,
    evidence: Evidence,
    body: Body,
) -> Result<Response, Refusal> {
    let waiting = Waiting::new(connection);
    let candidates = expected(state, &root).await?;
    let blob = choose(&candidates, len)?;

    let status = match state.held(peer, &root).await? {
        Some(stored) if stored.len == blob.len => StatusCode::OK,
        Some(stored) => return Err(StoreError::WrongLength { expected: blob.len, got: stored.len.into() }.into()),
        None => {
            let mut arriving = Arriving::new(
                state,
                body,
                match evidence {
                    Evidence::None => None,
                    Evidence::Proof => Some(Pieces::new(root, blob.len)),
                },
            );
            // Until the first bytes are here, and are right if they come with a proof, a PUT has nothing but its
            // connection, and that only while there are enough.
            let first = arriving.next().await?;
            drop(waiting);
            receive(state, peer, &root, blob.len, evidence, first, arriving).await?;
            state.metrics.received.inc_by(u64::from(blob.len));
            StatusCode::CREATED
        }
    };
    let receipts: Vec<_> = blob.jobs.iter().map(|job| state.receipts.sign(job, &root, blob.len)).collect();
    Ok((status, Json(serde_json::json!({ "receipts": receipts }))).into_response())
}

/// What the jobs of this provider expect under a root. A job that was only just assigned is waited for.
async fn expected(state: &ServerState, root: &Root) -> Result<Vec<ExpectedBlob>, Refusal> {
    let mut expected = state.expected.clone();
    let wanted = expected.wait_for(|all| all.contains_key(root));
    // The guard that comes back locks the channel: what it shows is copied at once.
    let candidates = match timeout(state.limits.put_patience, wanted).await {
        Ok(Ok(all)) => all.get(root).cloned(),
        _ => None,
    };
    candidates.ok_or_else(|| {
        refuse(
            StatusCode::TOO_EARLY,
            format!(
                "no job that is assigned to this provider reads {}; if yours was only just assigned, try again",
                hex_root(root)
            ),
        )
    })
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

/// A body while it arrives.
struct Arriving {
    body: BodyDataStream,
    pace: Pace,
    /// For a body of pieces.
    pieces: Option<Pieces>,
}

impl Arriving {
    fn new(state: &ServerState, body: Body, pieces: Option<Pieces>) -> Self {
        Self { body: body.into_data_stream(), pace: Pace::new(state.limits.slowest), pieces }
    }

    /// The next bytes of the blob, verified if they come with a proof; `None` at the end. Nothing is lost when the
    /// future is dropped.
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            if let Some(piece) = self.pieces.as_mut().map(Pieces::take).transpose()?.flatten() {
                return Ok(Some(piece.into()));
            }
            let arrived = timeout_at(self.pace.deadline(), self.body.next()).await.map_err(|_| too_slow())?;
            let Some(arrived) = arrived else { return Ok(None) };
            let arrived = arrived.map_err(|error| refuse(StatusCode::BAD_REQUEST, error.to_string()))?;
            self.pace.arrived(arrived.len());
            match &mut self.pieces {
                Some(pieces) => pieces.push(&arrived),
                None => return Ok(Some(arrived)),
            }
        }
    }
}

/// Hashes the body while it arrives; keeps nothing unless all of it is right.
async fn receive(
    state: &ServerState,
    peer: Peer,
    root: &Root,
    len: u32,
    evidence: Evidence,
    first: Option<Bytes>,
    mut arriving: Arriving,
) -> Result<(), Refusal> {
    let pool = match evidence {
        Evidence::None => &state.unproved,
        Evidence::Proof => &state.uploads,
    };
    let _permit = pool
        .try_take(peer, 1)
        .ok_or_else(|| refuse(StatusCode::TOO_MANY_REQUESTS, "too many uploads at once; try again"))?;
    let claim = claim(state, peer, root, len, evidence).await?;
    let written = write_all(state, &claim, root, len, first, &mut arriving).await;
    if written.as_ref().is_err_and(Refusal::is_wrong_content) {
        claim.was_wrong();
    }
    written
}

async fn write_all(
    state: &ServerState,
    claim: &LiveUpload,
    root: &Root,
    len: u32,
    first: Option<Bytes>,
    arriving: &mut Arriving,
) -> Result<(), Refusal> {
    let mut incoming = state.store.begin_input(root, len)?;
    let mut expected = state.expected.clone();
    // Waiting for the place was not the sender's doing.
    arriving.pace = Pace::new(state.limits.slowest);
    let mut next = first;
    while let Some(bytes) = next {
        claim.arrived(bytes.len());
        incoming = blocking(move || {
            incoming.write(&bytes)?;
            Ok::<_, StoreError>(incoming)
        })
        .await??;
        next = loop {
            tokio::select! {
                next = arriving.next() => break next?,
                () = claim.lost() => {
                    return Err(refuse(StatusCode::CONFLICT, "a better upload of this blob took the place of this one"))
                }
                Ok(()) = expected.changed() => {
                    if !expected.borrow_and_update().contains_key(root) {
                        return Err(refuse(StatusCode::GONE, "no job needs this blob any longer"));
                    }
                }
            }
        };
    }
    let (store, name) = (state.store.clone(), *root);
    Ok(blocking(move || store.finish(incoming, &name)).await??)
}

/// One upload of a blob at a time: the place of another one is taken only if that is worse.
async fn claim(
    state: &ServerState,
    peer: Peer,
    root: &Root,
    len: u32,
    evidence: Evidence,
) -> Result<LiveUpload, Refusal> {
    let under_way = || refuse(StatusCode::CONFLICT, "another upload of this blob is under way; try again");
    match state.live.claim(peer, *root, len, evidence) {
        Taken::Free(claim) => Ok(claim),
        Taken::Over { claim, ended } => {
            // The other one gives its space back first.
            timeout(state.limits.turn, ended.cancelled()).await.map_err(|_| under_way())?;
            Ok(claim)
        }
        Taken::No => Err(under_way()),
    }
}

fn too_slow() -> Refusal {
    refuse(StatusCode::REQUEST_TIMEOUT, "the body arrived too slowly; nothing was kept")
}
