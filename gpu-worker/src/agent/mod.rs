//! The provider's agent: does what the chain says this provider owes.
//!
//! The agent reads the provider's duties again at each new best block and compares them with the work in progress:
//! `duties/plan` decides, without effects; `duties/run` acts. The chain's state is the only journal: a daemon that was
//! killed finds its duties there, and its results in the blob store.
//!
//! The outputs of a small result go to the chain with its commitment (`duties/commit`): nobody has to serve them then.
//!
//! Demands for data of committed results are answered there too, before anything else: `duties/demands` decides which,
//! `duties/answer` builds and sends one.
//!
//! Beside it a second loop bids in open auctions the same way: `auctions/plan` decides, `auctions/run` acts. Jobs that
//! it wins turn up among the duties.

pub mod auctions;
mod compare;
mod computed;
pub mod duties;
mod fault;
mod selfcheck;
mod unable;
mod work;

pub use computed::Computed;
pub use fault::{CorruptWord, FalseLength, Fault};
pub use selfcheck::{check_sample, Mismatch};
pub use unable::Unable;
pub use work::{Checks, Due, Examined, Report, Worker};
