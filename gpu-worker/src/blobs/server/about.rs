//! Answers on who serves here, and for which jobs.

use std::sync::{Arc, PoisonError};

use axum::{
    extract::{Query, State},
    Json,
};
use serde::Deserialize;
use serde_json::{json, Value};

use super::{identity::Identity, state::ServerState};

/// Most jobs that one answer of `GET /jobs` lists.
const JOBS_PER_PAGE: usize = 100;

/// `GET /`: who serves here.
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
    let page: Vec<_> = rest.by_ref().take(JOBS_PER_PAGE).collect();
    let next = rest.next().and(page.last());
    Json(json!({ "jobs": page, "next": next }))
}
