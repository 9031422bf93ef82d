//! Demands for data of a result that its provider does not serve: what answers have shown, and what to demand next.
//!
//! Everything follows from the chain: its state has the demands of a result, its blocks have their answers. So who
//! starts again, or sees a block replaced, goes on from where the chain stands.
//!
//! - [`Answers`]: what looks like answers, read from the blocks.
//! - [`KnownTrace`]: the trace, served or shown.
//! - [`Goal`]: a chunk that is wanted, and the next move towards it.
//! - [`Wanted`]: bytes of a buffer that are wanted, and the next demands for them.
//! - [`Ask`]: a demand that is to be made.
//! - [`Estimate`]: what demands hold and cost, before they are made.
//! - [`Limits`]: what they may hold and cost.

mod answers;
mod ask;
mod estimate;
mod goal;
mod known_trace;
mod limits;
mod wanted;
mod window;

pub use answers::Answers;
pub use ask::{buffer_name, cost, is_demanded, moves, moves_to_go, node_name, Ask};
pub use estimate::{open_demands, Estimate, AT_ONCE};
pub use goal::{Goal, Move};
pub use known_trace::KnownTrace;
pub use limits::{Limits, TooMuch, FREE_SIZE};
pub use wanted::{NoSuchBytes, Round, Wanted};
pub use window::window_end;
