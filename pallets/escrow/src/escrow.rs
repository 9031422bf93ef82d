//! The `Escrow` trait: each method decides on the record, then moves the coins, in one storage layer.

use frame_support::{
    ensure,
    pallet_prelude::*,
    storage::with_storage_layer,
    traits::{
        fungible::NativeOrWithId,
        fungibles::{Inspect, InspectHold, MutateHold, UnbalancedHold},
        tokens::{DepositConsequence, Fortitude, Precision, Provenance, Restriction},
        Contains,
    },
};
use sp_runtime::TokenError;
use touchstone_primitives::{views::EscrowView, Balance, Escrow, JobId};

use crate::{
    ledger::{self, Collateral, Record},
    Config, Error, Event, HoldReason, Pallet, Records,
};

/// The asset as `fungibles` names it.
pub(crate) fn asset_id(asset: Option<u32>) -> NativeOrWithId<u32> {
    asset.map_or(NativeOrWithId::Native, NativeOrWithId::WithId)
}

impl<T: Config> Pallet<T> {
    /// Changes a record in a storage layer of its own: a failure leaves record and coins as they were.
    fn change<R>(
        job: &JobId,
        change: impl FnOnce(&mut Record<T::AccountId>) -> Result<R, DispatchError>,
    ) -> Result<R, DispatchError> {
        with_storage_layer(|| {
            let mut record = Records::<T>::get(job).ok_or(Error::<T>::NotOpen)?;
            let result = change(&mut record)?;
            Records::<T>::insert(job, record);
            Ok(result)
        })
    }

    // Nothing is moved where the amount is nothing: an account that could not take part does not matter then, and no
    // event tells of it.

    fn hold(asset: Option<u32>, reason: HoldReason, who: &T::AccountId, amount: Balance) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        T::Assets::hold(asset_id(asset), &reason.into(), who, amount)
    }

    fn release(asset: Option<u32>, reason: HoldReason, who: &T::AccountId, amount: Balance) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        T::Assets::release(asset_id(asset), &reason.into(), who, amount, Precision::Exact)?;
        Ok(())
    }

    /// Moves held native coin from one reason to another on the same account. The total on hold does not change, and the
    /// coins are at no moment free. The traits of frame-support have no such transfer, so the two holds are written
    /// directly, by the same amount. The new hold comes first: an account that has nothing else on hold is then never
    /// without a hold, and is not reaped for a free balance below the existential deposit.
    fn rehold(
        from: T::RuntimeHoldReason,
        to: T::RuntimeHoldReason,
        who: &T::AccountId,
        amount: Balance,
    ) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        let native = || NativeOrWithId::Native;
        let held = T::Assets::balance_on_hold(native(), &from, who);
        ensure!(amount <= held, TokenError::FundsUnavailable);
        T::Assets::increase_balance_on_hold(native(), &to, who, amount, Precision::Exact)?;
        T::Assets::decrease_balance_on_hold(native(), &from, who, amount, Precision::Exact)?;
        Ok(())
    }

    fn burn(asset: Option<u32>, reason: HoldReason, who: &T::AccountId, amount: Balance) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        T::Assets::burn_held(asset_id(asset), &reason.into(), who, amount, Precision::Exact, Fortitude::Force)?;
        Ok(())
    }

    fn transfer(
        asset: Option<u32>,
        reason: HoldReason,
        from: &T::AccountId,
        to: &T::AccountId,
        amount: Balance,
    ) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        // By force: a freeze must not stop what is owed. Held coins were never the owner's to freeze.
        T::Assets::transfer_on_hold(
            asset_id(asset),
            &reason.into(),
            from,
            to,
            amount,
            Precision::Exact,
            Restriction::Free,
            Fortitude::Force,
        )?;
        Ok(())
    }

    /// Transfers if `to` can receive the amount, burns it otherwise. Returns whether it was received.
    fn transfer_or_burn(
        asset: Option<u32>,
        reason: HoldReason,
        from: &T::AccountId,
        to: &T::AccountId,
        amount: Balance,
    ) -> Result<bool, DispatchError> {
        let receivable = T::Assets::can_deposit(asset_id(asset), to, amount, Provenance::Extant);
        if amount == 0 || receivable == DepositConsequence::Success {
            Self::transfer(asset, reason, from, to, amount)?;
            Ok(true)
        } else {
            Self::burn(asset, reason, from, amount)?;
            Ok(false)
        }
    }
}

impl<T: Config> Escrow<T::AccountId> for Pallet<T> {
    fn ensure_listed(asset: Option<u32>) -> DispatchResult {
        ensure!(T::Listed::contains(&asset_id(asset)), Error::<T>::AssetNotListed);
        Ok(())
    }

    fn open(job: &JobId, buyer: &T::AccountId, asset: Option<u32>, amount: Balance) -> DispatchResult {
        Self::ensure_listed(asset)?;
        ensure!(!Records::<T>::contains_key(job), Error::<T>::AlreadyOpen);
        Self::hold(asset, HoldReason::Payment, buyer, amount)?;
        Records::<T>::insert(job, Record { buyer: buyer.clone(), asset, payment: amount, collateral: None });
        Self::deposit_event(Event::Opened { job: *job, buyer: buyer.clone(), asset, amount });
        Ok(())
    }

    fn lock_collateral(job: &JobId, provider: &T::AccountId, amount: Balance) -> DispatchResult {
        Self::change(job, |record| {
            ensure!(record.collateral.is_none(), Error::<T>::CollateralAlreadyLocked);
            Self::rehold(T::StakeReason::get(), HoldReason::Collateral.into(), provider, amount)?;
            record.collateral = Some(Collateral { provider: provider.clone(), amount });
            Self::deposit_event(Event::CollateralLocked { job: *job, provider: provider.clone(), amount });
            Ok(())
        })
    }

    fn pay(job: &JobId, provider: &T::AccountId, price: Balance, fee: Balance) -> DispatchResult {
        Self::change(job, |record| {
            let left = ledger::take(record.payment, &[price, fee]).map_err(|_| Error::<T>::InsufficientPayment)?;
            let (asset, reason, buyer) = (record.asset, HoldReason::Payment, &record.buyer);
            Self::transfer(asset, reason, buyer, provider, price)?;
            let received = Self::transfer_or_burn(asset, reason, buyer, &T::FeePool::get(), fee)?;
            record.payment = left;
            let provider = provider.clone();
            Self::deposit_event(Event::Paid { job: *job, provider, price, fee, fee_burned: !received });
            Ok(())
        })
    }

    fn burn_pass_fee(job: &JobId, fee: Balance) -> DispatchResult {
        Self::change(job, |record| {
            let payment = ledger::take(record.payment, &[fee]).map_err(|_| Error::<T>::InsufficientPayment)?;
            let collateral = record.collateral.as_mut().ok_or(Error::<T>::NoCollateral)?;
            let left = ledger::take(collateral.amount, &[fee]).map_err(|_| Error::<T>::InsufficientCollateral)?;
            Self::burn(record.asset, HoldReason::Payment, &record.buyer, fee)?;
            Self::burn(None, HoldReason::Collateral, &collateral.provider, fee)?;
            collateral.amount = left;
            record.payment = payment;
            Self::deposit_event(Event::PassFeeBurned { job: *job, fee });
            Ok(())
        })
    }

    fn free_collateral(job: &JobId) -> Result<Balance, DispatchError> {
        Self::change(job, |record| {
            let Collateral { provider, amount } = record.collateral.take().ok_or(Error::<T>::NoCollateral)?;
            Self::rehold(HoldReason::Collateral.into(), T::StakeReason::get(), &provider, amount)?;
            Self::deposit_event(Event::CollateralFreed { job: *job, provider, amount });
            Ok(amount)
        })
    }

    fn forfeit_collateral(job: &JobId, refund: Balance, bounty: Option<(&T::AccountId, Balance)>) -> DispatchResult {
        Self::change(job, |record| {
            let Collateral { provider, amount } = record.collateral.take().ok_or(Error::<T>::NoCollateral)?;
            let due = ledger::forfeit(amount, refund, bounty.map_or(0, |(_, most)| most));
            let reason = HoldReason::Collateral;
            let give = |to: &T::AccountId, part: Balance| -> Result<Balance, DispatchError> {
                Ok(if Self::transfer_or_burn(None, reason, &provider, to, part)? { part } else { 0 })
            };
            let bounty = bounty.map_or(Ok(0), |(refuter, _)| give(refuter, due.bounty))?;
            let refund = give(&record.buyer, due.refund)?;
            Self::burn(None, reason, &provider, due.burned)?;
            let burned = amount.saturating_sub(bounty).saturating_sub(refund);
            Self::deposit_event(Event::CollateralForfeited { job: *job, provider, bounty, refund, burned });
            Ok(())
        })
    }

    fn close(job: &JobId) -> DispatchResult {
        let record = Records::<T>::get(job).ok_or(Error::<T>::NotOpen)?;
        ensure!(record.collateral.is_none(), Error::<T>::CollateralStillLocked);
        Self::release(record.asset, HoldReason::Payment, &record.buyer, record.payment)?;
        Records::<T>::remove(job);
        Self::deposit_event(Event::Closed { job: *job, returned: record.payment });
        Ok(())
    }

    fn view(job: &JobId) -> Option<EscrowView<T::AccountId>> {
        let Record { buyer, asset, payment, collateral } = Records::<T>::get(job)?;
        let collateral = collateral.map(|Collateral { provider, amount }| (provider, amount));
        Some(EscrowView { buyer, asset, payment, collateral })
    }
}
