//! Inputs on their way in.

use std::sync::Arc;

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{Extension, Path, State},
    http::{header, HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    Json,
};
use futures::StreamExt;
use tokio::time::{timeout, timeout_at};
use touchstone_client::http::Pace;
use touchstone_kir::Root;

use super::{
    connections::{Connection, Waiting},
    live::{Claim, Taken},
    peer::Peer,
    refusal::{blocking, refuse, Refusal},
    root_of, ExpectedBlob, ServerState,
};
use crate::blobs::{hex_root, StoreError};

pub(super) async fn write(
    State(state): State<Arc<ServerState>>,
    Extension(connection): Extension<Arc<Connection>>,
    Path(root): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let root = root_of(&root)?;
    let peer = state.peer(&connection, &headers);
    let waiting = Waiting::new(&connection);
    let candidates = expected(&state, &root).await?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let blob = choose(&candidates, announced)?;

    let status = match state.held(peer, &root).await? {
        Some(stored) if stored.len == blob.len => StatusCode::OK,
        Some(stored) => return Err(StoreError::WrongLength { expected: blob.len, got: stored.len.into() }.into()),
        None => {
            // Until the first bytes are here, a PUT has nothing but its connection, and that only while there are enough.
            let mut pieces = body.into_data_stream();
            let first = timeout(state.limits.slowest.stall, pieces.next()).await.map_err(|_| too_slow())?;
            drop(waiting);
            receive(&state, peer, &root, blob.len, first, pieces).await?;
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

/// Hashes the body while it arrives; keeps nothing unless all of it is right.
async fn receive(
    state: &ServerState,
    peer: Peer,
    root: &Root,
    len: u32,
    first: Option<Result<Bytes, axum::Error>>,
    mut pieces: BodyDataStream,
) -> Result<(), Refusal> {
    let _permit = state
        .uploads
        .try_take(peer, 1)
        .ok_or_else(|| refuse(StatusCode::TOO_MANY_REQUESTS, "too many uploads at once; try again"))?;
    let claim = claim(state, peer, root, len).await?;
    let mut incoming = state.store.begin_input(root, len)?;
    let mut expected = state.expected.clone();
    let mut pace = Pace::new(state.limits.slowest);
    let mut next = first;
    while let Some(piece) = next {
        let piece = piece.map_err(|error| refuse(StatusCode::BAD_REQUEST, error.to_string()))?;
        pace.arrived(piece.len());
        claim.arrived(piece.len());
        incoming = blocking(move || {
            incoming.write(&piece)?;
            Ok::<_, StoreError>(incoming)
        })
        .await??;
        next = loop {
            tokio::select! {
                piece = timeout_at(pace.deadline(), pieces.next()) => break piece.map_err(|_| too_slow())?,
                () = claim.lost() => {
                    return Err(refuse(StatusCode::CONFLICT, "a faster upload of this blob took the place of this one"))
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
    let finished = blocking(move || store.finish(incoming, &name)).await?;
    if matches!(finished, Err(StoreError::WrongRoot { .. })) {
        claim.was_wrong();
    }
    Ok(finished?)
}

/// One upload of a blob at a time: the place of another one is taken only if that does not get on.
async fn claim(state: &ServerState, peer: Peer, root: &Root, len: u32) -> Result<Claim, Refusal> {
    let under_way = || refuse(StatusCode::CONFLICT, "another upload of this blob is under way; try again");
    match state.live.claim(peer, *root, len) {
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
