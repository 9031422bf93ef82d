//! What the path of a request names.

use axum::http::StatusCode;
use touchstone_kir::Root;

use super::refusal::{refuse, Refusal};
use crate::blobs::parse_root;

/// The root of a blob.
pub(super) fn root_of(text: &str) -> Result<Root, Refusal> {
    parse_root(text).ok_or_else(|| {
        refuse(StatusCode::BAD_REQUEST, format!("{text:?} is not a root: a root has 64 hexadecimal digits"))
    })
}
