use axum::{
    http::{header, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};

use touchstone_client::blobs::Forgery;

use crate::blobs::StoreError;

/// An answer that is not the one hoped for: a status and a sentence.
#[derive(Debug)]
pub(super) struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let may_succeed_soon = touchstone_client::http::is_transient(self.0.as_u16());
        let mut response = (self.0, format!("{}\n", self.1)).into_response();
        if may_succeed_soon {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl Refusal {
    /// Whether what was sent is not what it was said to be.
    pub(super) fn is_wrong_content(&self) -> bool {
        self.0 == StatusCode::UNPROCESSABLE_ENTITY
    }
}

pub(super) fn refuse(status: StatusCode, text: impl Into<String>) -> Refusal {
    Refusal(status, text.into())
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::File { .. } => {
                // Paths of this machine are for its owner alone.
                tracing::error!(%error, "the blob store fails");
                match error.is_full() {
                    true => refuse(StatusCode::INSUFFICIENT_STORAGE, "this provider's disk is full; try again later"),
                    false => refuse(StatusCode::INTERNAL_SERVER_ERROR, "this provider's disk fails; try again later"),
                }
            }
            StoreError::OverQuota { .. } | StoreError::LargerThanQuota { .. } => {
                refuse(StatusCode::INSUFFICIENT_STORAGE, error.to_string())
            }
            StoreError::BadLength(_) | StoreError::WrongLength { .. } | StoreError::WrongRoot { .. } => {
                refuse(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
            }
        }
    }
}

impl From<Forgery> for Refusal {
    fn from(error: Forgery) -> Self {
        refuse(StatusCode::UNPROCESSABLE_ENTITY, format!("a piece of the upload does not belong to the blob: {error}"))
    }
}

/// Work that blocks, off the asynchronous threads.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| refuse(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
}
