//! The provider's agent: holds itself to what the chain says it owes.
//!
//! At each new best block the duties are read anew and compared with what is under way: `plan` decides, without any
//! effects; `daemon` carries it out. The chain's state is the only journal: a daemon that was killed finds its duties
//! there, and what it had computed in the blob store.
//!
//! Beside it the `bidder` bids in open auctions, in the same way: `bids` decides, without any effects. What it wins
//! appears among the duties.

mod bidder;
mod bids;
mod daemon;
mod fault;
mod plan;
mod selfcheck;
mod snapshot;
mod work;

pub use bidder::{bid, BidderConfig};
pub use bids::{floor, next_price, Auction, Best, BidAction, Bids, Market, Offer, Offered, Outcome};
pub use daemon::{run, AgentConfig};
pub use fault::{CorruptWord, FalseLength, Fault};
pub use plan::{Action, Assignment, Duty, Plan, Snapshot};
pub use selfcheck::{check_sample, Mismatch};
pub use work::{Checks, Device, Examined, Unable, Worker};
