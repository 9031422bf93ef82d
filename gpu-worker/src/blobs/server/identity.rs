//! Who serves here.

use serde::Serialize;

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
