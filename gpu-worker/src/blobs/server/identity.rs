//! Who serves here, and for which jobs.

use std::sync::{Arc, PoisonError};

use axum::{
    extract::{Query, State},
    Json,
};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

use super::ServerState;

/// Jobs of one page.
const PAGE: usize = 100;

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
    /// Jobs that it holds, hexadecimal, in order. `GET /jobs` lists them in pages.
    #[serde(skip)]
    pub jobs: Vec<String>,
    /// The ed25519 key that signs its receipts, hexadecimal.
    pub receipt_key: String,
}

pub(super) async fn show(State(state): State<Arc<ServerState>>) -> Json<Identity> {
    Json(state.identity.read().unwrap_or_else(PoisonError::into_inner).clone())
}

/// Where a page begins.
#[derive(Deserialize)]
pub(super) struct Cursor {
    after: Option<String>,
}

/// One page of the jobs whose data is served here, and where the next one begins.
pub(super) async fn jobs(State(state): State<Arc<ServerState>>, Query(cursor): Query<Cursor>) -> Json<Value> {
    let identity = state.identity.read().unwrap_or_else(PoisonError::into_inner);
    let after = cursor.after.unwrap_or_default();
    let mut rest = identity.jobs.iter().filter(|job| **job > after);
    let page: Vec<_> = rest.by_ref().take(PAGE).collect();
    let next = rest.next().and(page.last());
    Json(json!({ "jobs": page, "next": next }))
}
