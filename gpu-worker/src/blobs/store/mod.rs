//! Blobs in one folder, named by their BLAKE3 roots.
//!
//! A name is not believed: a blob is given out after its file was hashed, and hashed again when the file was touched
//! since. A file that is not what its name says is set aside, in a folder of its own, and the blob counts as missing.

mod blob_store;
mod check;
mod error;
mod incoming;
mod ledger;
mod openings;
mod reveals;
mod stamp;
mod start;
#[cfg(test)]
pub(crate) mod tests;
mod tree;

pub use blob_store::BlobStore;
pub use check::Stored;
pub use error::StoreError;
pub use incoming::Incoming;
pub(crate) use ledger::space;
pub use openings::OpeningOutcome;
