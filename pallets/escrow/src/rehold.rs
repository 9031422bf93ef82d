//! Coins on hold that change the reason of their hold.

use frame_support::{ensure, pallet_prelude::*, traits::tokens::IdAmount};
use pallet_balances::Holds;
use sp_runtime::{ArithmeticError, TokenError};
use touchstone_primitives::Balance;

/// Moves coins on hold from one reason to another on the same account.
pub trait Rehold<AccountId, Reason> {
    /// Moves exactly `amount`. The total on hold does not change, and the coins are at no moment free: neither a freeze
    /// nor the existential deposit matters in between.
    fn rehold(from: &Reason, to: &Reason, who: &AccountId, amount: Balance) -> DispatchResult;
}

/// The traits of frame-support have no such transfer. Two changes of a hold would each change the account, the second
/// one back to what it was; here the account is not touched.
impl<T: pallet_balances::Config<Balance = Balance>> Rehold<T::AccountId, T::RuntimeHoldReason>
    for pallet_balances::Pallet<T>
{
    fn rehold(
        from: &T::RuntimeHoldReason,
        to: &T::RuntimeHoldReason,
        who: &T::AccountId,
        amount: Balance,
    ) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        Holds::<T>::try_mutate(who, |holds| {
            let source = holds.iter_mut().find(|hold| hold.id == *from).ok_or(TokenError::FundsUnavailable)?;
            ensure!(amount <= source.amount, TokenError::FundsUnavailable);
            source.amount = source.amount.saturating_sub(amount);
            holds.retain(|hold| hold.amount > 0);
            match holds.iter_mut().find(|hold| hold.id == *to) {
                Some(hold) => hold.amount = hold.amount.checked_add(amount).ok_or(ArithmeticError::Overflow)?,
                None => holds
                    .try_push(IdAmount { id: *to, amount })
                    .map_err(|_| pallet_balances::Error::<T>::TooManyHolds)?,
            }
            Ok(())
        })
    }
}
