//! The data endpoint of a provider: takes inputs that its jobs need, and serves blobs and openings to anyone.
//!
//! Everything that strangers use has a limit, for each of them and for all together ([`Limits`]), and each kind of
//! request has limits of its own: uploads cannot keep openings waiting, on which disputes depend.

mod about;
mod connections;
mod download;
mod expected;
mod identity;
mod limits;
mod live;
mod opening;
mod path;
mod peer;
mod pool;
mod refusal;
mod state;
mod upload;

use std::sync::Arc;

use axum::{
    http::{header, Method},
    routing::{get, put},
    Router,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{Any, CorsLayer};

pub use expected::{Expected, ExpectedBlob};
pub use identity::Identity;
pub use limits::{Limits, Share};
pub use state::ServerState;

fn router(state: Arc<ServerState>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_headers(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::PUT])
        .expose_headers([header::CONTENT_LENGTH, header::CONTENT_RANGE, header::ACCEPT_RANGES, header::RETRY_AFTER]);
    Router::new()
        .route("/", get(about::show))
        .route("/jobs", get(about::jobs))
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
