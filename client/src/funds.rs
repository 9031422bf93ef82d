//! Whether an account can pay for calls, asked before anything is sent, and told in amounts.

use std::borrow::Cow;

use touchstone_primitives::Balance;

use crate::{
    amount,
    chain::{Call, Chain, ChainError, TxError},
    signer::Signer,
    types::AccountId,
};

/// A part of what calls take from an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What for.
    pub what: Cow<'static, str>,
    /// How much.
    pub amount: Balance,
}

impl Need {
    /// So much for this.
    pub fn new(what: impl Into<Cow<'static, str>>, amount: Balance) -> Self {
        Self { what: what.into(), amount }
    }
}

/// Why a call is not sent.
#[derive(Debug, thiserror::Error)]
pub enum FundsError {
    /// The account has too little.
    #[error(transparent)]
    TooLittle(#[from] TooLittle),
    /// The chain cannot be asked.
    #[error(transparent)]
    Tx(#[from] TxError),
}

impl From<ChainError> for FundsError {
    fn from(error: ChainError) -> Self {
        Self::Tx(error.into())
    }
}

/// What calls take from an account: deposits, stakes, fees, and the least balance that it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    account: AccountId,
    free: Balance,
    needs: Vec<Need>,
}

impl Bill {
    fn new(account: AccountId, free: Balance, needs: &[Need], calls: usize, fees: Balance, least: Balance) -> Self {
        let mut needs: Vec<Need> = needs.iter().filter(|need| need.amount > 0).cloned().collect();
        needs.push(match calls {
            1 => Need::new("for the fee of the transaction", fees),
            _ => Need::new(format!("for the fees of {calls} transactions"), fees),
        });
        needs.push(Need::new("that every account keeps", least));
        Self { account, free, needs }
    }

    /// All of it.
    pub fn total(&self) -> Balance {
        self.needs.iter().fold(0, |sum, need| sum.saturating_add(need.amount))
    }

    /// How much more the account needs.
    pub fn missing(&self) -> Balance {
        self.total().saturating_sub(self.free)
    }

    fn payable(self) -> Result<Self, TooLittle> {
        match self.missing() {
            0 => Ok(self),
            _ => Err(TooLittle(self)),
        }
    }
}

impl std::fmt::Display for Bill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<_> =
            self.needs.iter().map(|need| format!("{} {}", amount::show(need.amount), need.what)).collect();
        let (free, total) = (amount::show(self.free), amount::show(self.total()));
        write!(f, "{} has {free} free and needs {total}: {}", self.account, parts.join(", "))
    }
}

/// An account has less than calls need.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0}. {missing} are missing, and nothing was sent: send the account coin, lower the amount, or choose another \
    --signer",
    missing = amount::show(.0.missing())
)]
pub struct TooLittle(pub Bill);

/// Checks that the signer can pay what a call takes besides its fee, the fee, and the least balance of an account.
pub async fn ensure(chain: &Chain, signer: &Signer, call: &Call, needs: &[Need]) -> Result<Bill, FundsError> {
    ensure_all(chain, signer, std::slice::from_ref(call), needs).await
}

/// As [`ensure`], for several calls together: either all can be paid for, or none is sent.
pub async fn ensure_all(chain: &Chain, signer: &Signer, calls: &[Call], needs: &[Need]) -> Result<Bill, FundsError> {
    let account = *signer.account();
    let free = chain.at_best().await?.balance(&account).await?.free;
    let mut fees: Balance = 0;
    for call in calls {
        fees = fees.saturating_add(chain.fee(signer, call).await?);
    }
    let least = chain.existential_deposit().await?;
    Ok(Bill::new(account, free, needs, calls.len(), fees, least).payable()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TSN: Balance = 1_000_000_000_000;

    #[test]
    fn what_is_missing_is_told_in_amounts() {
        let account = AccountId::from([1; 32]);
        let needs =
            [Need::new("held for the job", 10 * TSN), Need::new("as a deposit", TSN / 2), Need::new("never", 0)];
        let bill = |free, calls| Bill::new(account, free, &needs, calls, TSN / 4, TSN / 4);
        let text = format!(
            "{account} has 3 TSN free and needs 11 TSN: 10 TSN held for the job, 0.5 TSN as a deposit, 0.25 TSN for \
            the fee of the transaction, 0.25 TSN that every account keeps"
        );
        assert_eq!(bill(11 * TSN, 1).payable(), Ok(bill(11 * TSN, 1)));
        assert_eq!(bill(3 * TSN, 1).to_string(), text);
        let error = bill(3 * TSN, 1).payable().unwrap_err();
        assert_eq!(error.0.missing(), 8 * TSN);
        assert_eq!(
            error.to_string(),
            format!(
                "{text}. 8 TSN are missing, and nothing was sent: send the account coin, lower the amount, or choose \
                 another --signer"
            )
        );
        assert!(bill(0, 3).to_string().contains("0.25 TSN for the fees of 3 transactions"));
    }

    #[test]
    fn an_account_that_does_not_exist_has_nothing() {
        let error = Bill::new(AccountId::from([1; 32]), 0, &[], 1, 5, 2).payable().unwrap_err();
        assert_eq!(error.0.missing(), 7);
    }
}
