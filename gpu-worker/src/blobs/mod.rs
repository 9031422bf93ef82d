//! The bytes of jobs: content-addressed, held while the chain needs them, served so that anyone can check.

mod pull;
mod receipts;
mod server;
mod store;

pub use pull::{PullError, Puller};
pub use receipts::{Receipt, ReceiptKey};
pub use server::{serve, Expected, ExpectedBlob, Identity, Limits, ServerState, Share};
pub(crate) use store::space;
#[cfg(test)]
pub(crate) use store::tests::put;
pub use store::{BlobStore, Incoming, OpeningOutcome, StoreError, Stored};

use touchstone_kir::Root;

/// A root as it stands in paths and logs: 64 hexadecimal digits.
pub fn hex_root(root: &Root) -> String {
    hex::encode(root)
}

/// Reads a root; a leading `0x` is allowed.
pub fn parse_root(text: &str) -> Option<Root> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut root = [0; 32];
    hex::decode_to_slice(digits, &mut root).ok()?;
    Some(root)
}
