//! The client library: how buyers, challengers and workers reach a Touchstone chain and the data of its providers.
//!
//! - [`chain`]: one connection to a node that survives restarts; reads through the runtime API at best blocks, and
//!   transactions with explicit nonces, watched into a block and with their errors decoded.
//! - [`signer`]: the key that signs; it never shows itself.
//! - [`http`]: the client for addresses that strangers chose.
//! - [`blobs`]: a provider's data endpoint: uploads by content, downloads verified range by range.
//! - [`reexec`]: the judge's arithmetic on this machine: re-execute invocations, find a wrong word, prove it.
//! - [`sources`]: where else inputs may come from: files, folders of blobs, URLs.
//! - [`trace`]: the trace of a result, which has the roots of all outputs.
//! - [`carried`]: the outputs of a small result, which came with its commitment.
//! - [`shown`]: a buffer that nobody serves, as far as answers to demands show it.
//! - [`demanding`]: which data of a result to demand next, after what answers have shown.
//! - [`lengths`]: committed roots of data of a false length, and what refutes them.
//! - [`funds`]: whether an account can pay for calls, told in amounts.
//! - [`deposits`]: what the chain holds for the records of kernels and providers.
//! - [`journal`]: what was submitted from this machine, written down before it is sent.
//! - [`secret`]: mnemonics and seeds in the wrong place, recognised and never shown.
//! - [`settings`]: configuration files, variables and folders.
//! - [`files`]: files that appear whole or not at all; links, pipes and devices that stay what they are.
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
//!     let call = Call::Accept { job, commitment: result.commitment };
//!     let block = chain.submit(&buyer, call).await?;
//!     println!("accepted in block {}", block.block.number);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! There is no generated code: calls and answers are the types of `touchstone_primitives`, in SCALE.

#![deny(unreachable_pub)]

pub mod amount;
pub mod blobs;
pub mod carried;
pub mod chain;
pub mod demanding;
pub mod deposits;
pub mod files;
pub mod funds;
pub mod http;
pub mod journal;
pub mod kernels;
pub mod lengths;
pub mod manifest;
pub mod reexec;
pub mod secret;
pub mod settings;
pub mod shown;
pub mod signer;
pub mod sources;
pub mod trace;
mod types;

pub use types::{AccountId, DemandView, JobView, ProviderView, ResultView};
