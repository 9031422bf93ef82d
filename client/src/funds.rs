//! Whether an account can pay for a call, asked before anything is sent, and told in amounts.

use touchstone_primitives::Balance;

use crate::{
    amount,
    chain::{Call, Chain, ChainError, TxError},
    signer::Signer,
    types::AccountId,
};

/// A part of what a call takes from an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What for.
    pub what: &'static str,
    /// How much.
    pub amount: Balance,
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

/// An account has less than a call needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLittle {
    account: AccountId,
    free: Balance,
    needs: Vec<Need>,
}

impl TooLittle {
    /// How much more the account needs.
    pub fn missing(&self) -> Balance {
        total(&self.needs).saturating_sub(self.free)
    }
}

impl std::error::Error for TooLittle {}

impl std::fmt::Display for TooLittle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<_> =
            self.needs.iter().map(|need| format!("{} {}", amount::show(need.amount), need.what)).collect();
        write!(
            f,
            "{} has {} free and needs {}: {}. {} are missing, and nothing was sent: send the account coin, lower the \
             amount, or choose another --signer",
            self.account,
            amount::show(self.free),
            amount::show(total(&self.needs)),
            parts.join(", "),
            amount::show(self.missing())
        )
    }
}

fn total(needs: &[Need]) -> Balance {
    needs.iter().fold(0, |sum, need| sum.saturating_add(need.amount))
}

/// Checks that the signer can pay what a call takes besides its fee, the fee, and the least balance of an account.
pub async fn ensure(chain: &Chain, signer: &Signer, call: &Call, needs: &[Need]) -> Result<(), FundsError> {
    let account = *signer.account();
    let free = chain.at_best().await?.balance(&account).await?.free;
    let fee = chain.fee(signer, call).await?;
    let least = chain.existential_deposit().await?;
    Ok(check(account, free, needs, fee, least)?)
}

fn check(account: AccountId, free: Balance, needs: &[Need], fee: Balance, least: Balance) -> Result<(), TooLittle> {
    let mut needs: Vec<Need> = needs.iter().filter(|need| need.amount > 0).cloned().collect();
    needs.push(Need { what: "for the fee of the transaction", amount: fee });
    needs.push(Need { what: "that every account keeps", amount: least });
    match total(&needs) <= free {
        true => Ok(()),
        false => Err(TooLittle { account, free, needs }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TSN: Balance = 1_000_000_000_000;

    #[test]
    fn what_is_missing_is_told_in_amounts() {
        let account = AccountId::from([1; 32]);
        let needs = [
            Need { what: "held for the job", amount: 10 * TSN },
            Need { what: "as a deposit", amount: TSN / 2 },
            Need { what: "never", amount: 0 },
        ];
        assert_eq!(check(account, 11 * TSN, &needs, TSN / 4, TSN / 4), Ok(()));
        let error = check(account, 3 * TSN, &needs, TSN / 4, TSN / 4).unwrap_err();
        assert_eq!(error.missing(), 8 * TSN);
        assert_eq!(
            error.to_string(),
            format!(
                "{account} has 3 TSN free and needs 11 TSN: 10 TSN held for the job, 0.5 TSN as a deposit, 0.25 TSN for \
                 the fee of the transaction, 0.25 TSN that every account keeps. 8 TSN are missing, and nothing was sent: \
                 send the account coin, lower the amount, or choose another --signer"
            )
        );
    }

    #[test]
    fn an_account_that_does_not_exist_has_nothing() {
        let error = check(AccountId::from([1; 32]), 0, &[], 5, 2).unwrap_err();
        assert_eq!(error.missing(), 7);
    }
}
