//! The client library: how buyers, challengers and workers reach a Touchstone chain and the data of its providers.
//!
//! - [`chain`]: one connection to a node that survives restarts; reads through the runtime API at best blocks, and
//!   transactions with explicit nonces, watched into a block and with their errors decoded.
//! - [`signer`]: the key that signs; it never shows itself.
//! - [`blobs`]: a provider's data endpoint: uploads by content, downloads verified range by range.
//! - [`reexec`]: the judge's arithmetic on this machine: re-execute invocations, find a wrong word, prove it.
//! - [`lengths`]: committed roots of data of a false length, and what refutes them.
//! - [`files`]: files that appear whole or not at all; links, pipes and devices that stay what they are.
//! - [`secret`]: mnemonics and seeds in the wrong place, recognised and never shown.
//! - [`settings`]: configuration files, variables and folders.
//! - [`amount`]: coins as people write them.
//! - [`kernels`]: kernels on this machine, sources and encoded.
//! - [`manifest`]: the description of a job that people write.
//!
//! ```no_run
//! use touchstone_client::{chain::{Call, Chain}, signer::Signer};
//!
//! # async fn accept(job: touchstone_primitives::JobId) -> Result<(), Box<dyn std::error::Error>> {
//! let chain = Chain::connect("ws://127.0.0.1:9944").await?;
//! let buyer = Signer::resolve("//Alice")?;
//! if let Some(result) = chain.at_best().await?.result(job).await? {
//!     let call = Call::Accept { job, attempt: result.attempt, commitment: result.commitment };
//!     let block = chain.submit(&buyer, call).await?;
//!     println!("paid in block {}", block.block.number);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! There is no generated code: calls and answers are the types of `touchstone_primitives`, in SCALE.

pub mod amount;
pub mod blobs;
pub mod chain;
pub mod files;
pub mod kernels;
pub mod lengths;
pub mod manifest;
pub mod reexec;
pub mod secret;
pub mod settings;
pub mod signer;

/// An account: 32 bytes, shown in SS58.
pub use subxt::utils::AccountId32 as AccountId;

/// A job as this library reads it.
pub type JobView = touchstone_primitives::views::JobView<AccountId>;
/// A committed result as this library reads it.
pub type ResultView = touchstone_primitives::views::ResultView<AccountId>;
/// A provider as this library reads it.
pub type ProviderView = touchstone_primitives::views::ProviderView<AccountId>;
