//! How a forfeited collateral is divided.

use touchstone_primitives::Balance;

/// Where a forfeited collateral goes. The parts are exactly the collateral.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forfeit {
    /// To the refuter.
    pub bounty: Balance,
    /// To the buyer.
    pub refund: Balance,
    /// Burned.
    pub burned: Balance,
}

/// Divides `collateral`: the bounty first, since it pays for the proof, then the refund, and the rest burns. Refuting
/// oneself never earns anything.
pub fn forfeit(collateral: Balance, refund: Balance, bounty: Balance) -> Forfeit {
    let bounty = bounty.min(collateral);
    let left = collateral.saturating_sub(bounty);
    let refund = refund.min(left);
    Forfeit { bounty, refund, burned: left.saturating_sub(refund) }
}
