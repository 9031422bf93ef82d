use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

use crate::{AssetAmount, Balance, Rate};

/// What is held for a job that is not closed. It is a part of the job's record.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Funds<AccountId> {
    /// What the asset that pays was worth when the job was submitted.
    pub rate: Rate,
    /// Held on the buyer for price, fee and pass fees, as an amount of the native coin. On hold is [`Self::held`].
    pub payment: Balance,
    /// Held on the provider that is engaged.
    pub collateral: Option<Collateral<AccountId>>,
}

impl<AccountId> Funds<AccountId> {
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
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Collateral<AccountId> {
    /// Whose it is.
    pub provider: AccountId,
    /// Held on the provider.
    pub amount: Balance,
}

/// Less is held than was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shortfall;
