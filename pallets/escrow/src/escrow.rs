//! The `Escrow` trait: each method decides on the funds, then moves the coins.

use frame_support::{
    ensure,
    pallet_prelude::*,
    storage::with_storage_layer,
    traits::{
        fungible::NativeOrWithId,
        fungibles::{Inspect, MutateHold},
        tokens::{DepositConsequence, Fortitude, Precision, Provenance, Restriction},
    },
};
use touchstone_primitives::{AssetAmount, Balance, Collateral, Escrow, Funds, JobFunds, Rate};

use crate::{forfeit, Config, Error, Event, HoldReason, Pallet, Rehold};

/// The asset as `fungibles` names it.
pub(crate) fn asset_id(asset: Option<u32>) -> NativeOrWithId<u32> {
    asset.map_or(NativeOrWithId::Native, NativeOrWithId::WithId)
}

/// Coins on hold. What they are for fixes the asset, the reason of the hold and the kind of amount.
#[derive(Clone, Copy)]
enum Coins {
    /// A buyer's, in the job's asset.
    Payment(Option<u32>, AssetAmount),
    /// A provider's, in the native coin.
    Collateral(Balance),
}

impl Coins {
    fn asset(&self) -> NativeOrWithId<u32> {
        match self {
            Self::Payment(asset, _) => asset_id(*asset),
            Self::Collateral(_) => NativeOrWithId::Native,
        }
    }

    fn reason(&self) -> HoldReason {
        match self {
            Self::Payment(..) => HoldReason::Payment,
            Self::Collateral(_) => HoldReason::Collateral,
        }
    }

    fn units(&self) -> u128 {
        match self {
            Self::Payment(_, amount) => amount.units(),
            Self::Collateral(amount) => *amount,
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Changes funds in a storage layer of its own: a failure leaves funds and coins as they were.
    fn change(
        funds: &mut Funds<T::AccountId>,
        change: impl FnOnce(&mut Funds<T::AccountId>) -> DispatchResult,
    ) -> DispatchResult {
        let mut changed = funds.clone();
        with_storage_layer(|| change(&mut changed))?;
        *funds = changed;
        Ok(())
    }

    // An amount of zero moves nothing and leaves no event: whether the account could take part does not matter then.

    fn hold(coins: Coins, who: &T::AccountId) -> DispatchResult {
        if coins.units() == 0 {
            return Ok(());
        }
        T::Assets::hold(coins.asset(), &coins.reason().into(), who, coins.units())
    }

    fn release(coins: Coins, who: &T::AccountId) -> DispatchResult {
        if coins.units() == 0 {
            return Ok(());
        }
        T::Assets::release(coins.asset(), &coins.reason().into(), who, coins.units(), Precision::Exact)?;
        Ok(())
    }

    fn burn(coins: Coins, from: &T::AccountId) -> DispatchResult {
        if coins.units() == 0 {
            return Ok(());
        }
        let (precision, force) = (Precision::Exact, Fortitude::Force);
        T::Assets::burn_held(coins.asset(), &coins.reason().into(), from, coins.units(), precision, force)?;
        Ok(())
    }

    fn transfer(coins: Coins, from: &T::AccountId, to: &T::AccountId) -> DispatchResult {
        if coins.units() == 0 {
            return Ok(());
        }
        // By force: a freeze must not stop what is owed. Held coins were never the owner's to freeze.
        let (precision, mode, force) = (Precision::Exact, Restriction::Free, Fortitude::Force);
        let (asset, reason) = (coins.asset(), coins.reason().into());
        T::Assets::transfer_on_hold(asset, &reason, from, to, coins.units(), precision, mode, force)?;
        Ok(())
    }

    /// Transfers if `to` can receive the coins, burns them otherwise. Returns whether they were received.
    fn transfer_or_burn(coins: Coins, from: &T::AccountId, to: &T::AccountId) -> Result<bool, DispatchError> {
        let receivable = T::Assets::can_deposit(coins.asset(), to, coins.units(), Provenance::Extant);
        if coins.units() == 0 || receivable == DepositConsequence::Success {
            Self::transfer(coins, from, to)?;
            Ok(true)
        } else {
            Self::burn(coins, from)?;
            Ok(false)
        }
    }
}

impl<T: Config> Escrow<T::AccountId> for Pallet<T> {
    fn rate(asset: Option<u32>) -> Result<Rate, DispatchError> {
        let Some(asset) = asset else { return Ok(Rate::PAR) };
        let listed = T::Listed::get().into_iter().find(|(listed, rate)| *listed == asset && rate.is_valid());
        listed.map(|(_, rate)| rate).ok_or(Error::<T>::AssetNotListed.into())
    }

    fn open(buyer: &T::AccountId, asset: Option<u32>, amount: Balance) -> Result<Funds<T::AccountId>, DispatchError> {
        let funds = Funds { rate: Self::rate(asset)?, payment: amount, collateral: None };
        Self::hold(Coins::Payment(asset, funds.held()), buyer)?;
        Ok(funds)
    }

    fn lock_collateral(job: JobFunds<'_, T::AccountId>, provider: &T::AccountId, amount: Balance) -> DispatchResult {
        let JobFunds { job, funds, .. } = job;
        ensure!(funds.collateral.is_none(), Error::<T>::CollateralAlreadyLocked);
        T::Native::rehold(&T::StakeReason::get(), &HoldReason::Collateral.into(), provider, amount)?;
        funds.collateral = Some(Collateral { provider: provider.clone(), amount });
        Self::deposit_event(Event::CollateralLocked { job, provider: provider.clone(), amount });
        Ok(())
    }

    fn pay(job: JobFunds<'_, T::AccountId>, provider: &T::AccountId, price: Balance, fee: Balance) -> DispatchResult {
        let JobFunds { job, buyer, asset, funds } = job;
        Self::change(funds, |funds| {
            let price = funds.take(price).map_err(|_| Error::<T>::InsufficientPayment)?;
            let fee = funds.take(fee).map_err(|_| Error::<T>::InsufficientPayment)?;
            Self::transfer(Coins::Payment(asset, price), buyer, provider)?;
            let received = Self::transfer_or_burn(Coins::Payment(asset, fee), buyer, &T::FeePool::get())?;
            let provider = provider.clone();
            Self::deposit_event(Event::Paid { job, provider, price, fee, fee_burned: !received });
            Ok(())
        })
    }

    fn burn_pass_fee(job: JobFunds<'_, T::AccountId>, fee: Balance) -> DispatchResult {
        let JobFunds { job, buyer, asset, funds } = job;
        Self::change(funds, |funds| {
            let payment = funds.take(fee).map_err(|_| Error::<T>::InsufficientPayment)?;
            let collateral = funds.collateral.as_mut().ok_or(Error::<T>::NoCollateral)?;
            collateral.amount = collateral.amount.checked_sub(fee).ok_or(Error::<T>::InsufficientCollateral)?;
            Self::burn(Coins::Payment(asset, payment), buyer)?;
            Self::burn(Coins::Collateral(fee), &collateral.provider)?;
            Self::deposit_event(Event::PassFeeBurned { job, payment, collateral: fee });
            Ok(())
        })
    }

    fn free_collateral(job: JobFunds<'_, T::AccountId>) -> Result<Balance, DispatchError> {
        let JobFunds { job, funds, .. } = job;
        let Collateral { provider, amount } = funds.collateral.clone().ok_or(Error::<T>::NoCollateral)?;
        T::Native::rehold(&HoldReason::Collateral.into(), &T::StakeReason::get(), &provider, amount)?;
        funds.collateral = None;
        Self::deposit_event(Event::CollateralFreed { job, provider, amount });
        Ok(amount)
    }

    fn forfeit_collateral(
        job: JobFunds<'_, T::AccountId>,
        refund: Balance,
        bounty: Option<(&T::AccountId, Balance)>,
    ) -> DispatchResult {
        let JobFunds { job, buyer, funds, .. } = job;
        Self::change(funds, |funds| {
            let Collateral { provider, amount } = funds.collateral.take().ok_or(Error::<T>::NoCollateral)?;
            let due = forfeit(amount, refund, bounty.map_or(0, |(_, most)| most));
            let give = |to: &T::AccountId, part: Balance| -> Result<Balance, DispatchError> {
                Ok(if Self::transfer_or_burn(Coins::Collateral(part), &provider, to)? { part } else { 0 })
            };
            let bounty = bounty.map_or(Ok(0), |(refuter, _)| give(refuter, due.bounty))?;
            let refund = give(buyer, due.refund)?;
            Self::burn(Coins::Collateral(due.burned), &provider)?;
            let burned = amount.saturating_sub(bounty).saturating_sub(refund);
            Self::deposit_event(Event::CollateralForfeited { job, provider, bounty, refund, burned });
            Ok(())
        })
    }

    fn close(job: JobFunds<'_, T::AccountId>) -> DispatchResult {
        let JobFunds { job, buyer, asset, funds } = job;
        ensure!(funds.collateral.is_none(), Error::<T>::CollateralStillLocked);
        let returned = funds.held();
        Self::release(Coins::Payment(asset, returned), buyer)?;
        funds.payment = 0;
        Self::deposit_event(Event::Closed { job, returned });
        Ok(())
    }

    fn check(
        jobs: impl Iterator<Item = (T::AccountId, Option<u32>, Funds<T::AccountId>)>,
    ) -> Result<(), DispatchError> {
        Self::check_holds(jobs)
    }
}
