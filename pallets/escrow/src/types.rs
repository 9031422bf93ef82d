//! The record of a job's money and its arithmetic, without storage.

use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use touchstone_primitives::{AssetAmount, Balance, Rate};

/// What is held for one job.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Record<AccountId> {
    /// Who pays.
    pub buyer: AccountId,
    /// The asset that pays: `None` is the native coin.
    pub asset: Option<u32>,
    /// What that asset was worth when the job was opened.
    pub rate: Rate,
    /// Held on the buyer, as an amount of the native coin. On hold is [`Self::held`].
    pub payment: Balance,
    /// Held on the provider of the current attempt.
    pub collateral: Option<Collateral<AccountId>>,
}

impl<AccountId> Record<AccountId> {
    /// What is on hold on the buyer, in the job's asset.
    pub fn held(&self) -> AssetAmount {
        self.rate.in_asset(self.payment)
    }

    /// Takes `amount` of native coin out of the payment and returns what that is in the job's asset: the difference of
    /// what is held before and after. However the payment is divided, its parts are exactly what was held.
    pub fn take(&mut self, amount: Balance) -> Result<AssetAmount, Shortfall> {
        let before = self.held();
        self.payment = self.payment.checked_sub(amount).ok_or(Shortfall)?;
        Ok(before.saturating_sub(self.held()))
    }
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
