//! The arithmetic of a job's money, apart from where the coins are.

use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use touchstone_primitives::Balance;

/// What is held for one job.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Record<AccountId> {
    /// Who pays.
    pub buyer: AccountId,
    /// The asset that pays: `None` is the native coin.
    pub asset: Option<u32>,
    /// Held on the buyer, in that asset.
    pub payment: Balance,
    /// Held on the provider of the current attempt.
    pub collateral: Option<Collateral<AccountId>>,
}

/// What a provider has at risk, in the native coin.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Collateral<AccountId> {
    /// Whose it is.
    pub provider: AccountId,
    /// Held on the provider.
    pub amount: Balance,
}

/// Less is held than was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shortfall;

/// What remains of `held` when all `parts` are taken, or an error if they are more together.
pub fn take(held: Balance, parts: &[Balance]) -> Result<Balance, Shortfall> {
    parts.iter().try_fold(held, |left, part| left.checked_sub(*part)).ok_or(Shortfall)
}

/// Where a forfeited collateral goes. The parts are exactly the collateral.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forfeit {
    /// To the refuter.
    pub bounty: Balance,
    /// To the buyer.
    pub refund: Balance,
    /// To nobody.
    pub burned: Balance,
}

/// Divides `collateral`: the bounty first, since without it nobody need look, then the refund, and the rest burns, so
/// that refuting oneself never earns anything.
pub fn forfeit(collateral: Balance, refund: Balance, bounty: Balance) -> Forfeit {
    let bounty = bounty.min(collateral);
    let left = collateral.saturating_sub(bounty);
    let refund = refund.min(left);
    Forfeit { bounty, refund, burned: left.saturating_sub(refund) }
}
