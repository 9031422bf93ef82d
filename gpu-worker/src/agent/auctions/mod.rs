//! Bids in open auctions.

mod plan;
mod run;

pub use plan::{floor, next_price, Auction, Best, BidAction, BidResult, Bids, Market, Offer, Offered};
pub use run::{run, BidderConfig};
