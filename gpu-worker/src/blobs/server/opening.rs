//! Chunks of blobs with what proves them.

use std::sync::Arc;

use axum::{
    extract::{Extension, Path, Query, State},
    http::{header, HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use codec::Encode;
use serde::Deserialize;
use tokio::time::timeout;
use touchstone_kir::{ChunkRange, Opening, Root};

use super::{
    connections::Connection,
    download::{paced, Source},
    path::root_of,
    peer::Peer,
    refusal::{blocking, refuse, Refusal},
    state::ServerState,
};
use crate::blobs::{hex_root, OpeningOutcome};

/// Chunks of one opening: 8 MiB.
const MAX_OPENED: u32 = 8 << 10;

/// Which chunks to open.
#[derive(Deserialize)]
pub(super) struct Chunks {
    first: u32,
    count: u32,
}

pub(super) async fn opening(
    State(state): State<Arc<ServerState>>,
    Extension(connection): Extension<Arc<Connection>>,
    Path(root): Path<String>,
    Query(chunks): Query<Chunks>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let root = root_of(&root)?;
    if chunks.count > MAX_OPENED {
        return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {MAX_OPENED} chunks are opened at once")));
    }
    let peer = state.peer(&connection, &headers);
    // Siblings take less than another KiB or two.
    let on_the_way = state.opened_kib.take(peer, chunks.count + 2);
    let on_the_way = timeout(state.limits.turn, on_the_way).await.ok().flatten().ok_or_else(busy)?;
    let opening = open(&state, peer, root, ChunkRange { first: chunks.first, count: chunks.count }).await?;
    state.metrics.served.inc_by(opening.data.len() as u64);
    let bytes = opening.encode();
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_string()),
        (header::CONTENT_LENGTH, bytes.len().to_string()),
    ];
    let body = paced(Source::Memory(bytes.into()), state.limits.slowest, connection, on_the_way);
    Ok((headers, body).into_response())
}

/// Opens by the tree beside the blob; hashes the blob first if there is none, which takes longer and has limits of its
/// own.
async fn open(state: &ServerState, peer: Peer, root: Root, range: ChunkRange) -> Result<Opening, Refusal> {
    for _ in 0..2 {
        let turn = timeout(state.limits.turn, state.openings.take(peer, 1)).await.ok().flatten().ok_or_else(busy)?;
        let store = state.store.clone();
        let outcome = blocking(move || store.open_chunks(&root, range)).await??;
        drop(turn);
        match outcome {
            OpeningOutcome::Opening(opening) => return Ok(opening),
            OpeningOutcome::NoSuchChunks(error) => {
                return Err(refuse(StatusCode::RANGE_NOT_SATISFIABLE, format!("{error} of this blob")))
            }
            OpeningOutcome::Missing => break,
            OpeningOutcome::NeedsTree => {}
        }
        let _turn = timeout(state.limits.turn, state.hashing.take(peer, 1)).await.ok().flatten().ok_or_else(busy)?;
        let store = state.store.clone();
        blocking(move || store.ensure_tree(&root)).await??;
    }
    Err(refuse(StatusCode::NOT_FOUND, format!("{} is not held here", hex_root(&root))))
}

fn busy() -> Refusal {
    refuse(StatusCode::TOO_MANY_REQUESTS, "too many openings at once; try again")
}
