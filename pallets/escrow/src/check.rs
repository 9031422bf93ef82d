//! What the holds on all accounts have to be.

use alloc::collections::{BTreeMap, BTreeSet};

use frame_support::{
    ensure,
    traits::{fungibles::InspectHold, Get},
};
use sp_runtime::DispatchError;
use touchstone_primitives::{Balance, Funds};

use crate::{escrow::asset_id, Config, HoldReason, Pallet};

/// What the jobs say is held on each account: payment in each asset, and collateral.
type Owed<AccountId> = BTreeMap<(AccountId, Option<u32>), (Balance, Balance)>;

/// Assets in which something could be held; `None` is the native coin.
type Assets = BTreeSet<Option<u32>>;

impl<T: Config> Pallet<T> {
    /// What is held on each account of the chain, by asset and reason, is the sum of the jobs that name it. So a hold
    /// without a job is noticed as well, in the native coin, in every listed asset and in those of the jobs.
    pub(crate) fn check_holds(
        jobs: impl Iterator<Item = (T::AccountId, Option<u32>, Funds<T::AccountId>)>,
    ) -> Result<(), DispatchError> {
        let (owed, assets) = Self::owed(jobs)?;
        for who in frame_system::Account::<T>::iter_keys() {
            for asset in &assets {
                let held = |reason: HoldReason| T::Assets::balance_on_hold(asset_id(*asset), &reason.into(), &who);
                let (payment, collateral) = owed.get(&(who.clone(), *asset)).copied().unwrap_or_default();
                ensure!(held(HoldReason::Payment) == payment, "payments held are not what the jobs say");
                ensure!(held(HoldReason::Collateral) == collateral, "collateral held is not what the jobs say");
            }
        }
        for ((who, _), amounts) in owed {
            let nothing = amounts == (0, 0);
            ensure!(nothing || frame_system::Account::<T>::contains_key(&who), "a job names an account that is gone");
        }
        Ok(())
    }

    /// What the jobs say, and the assets in which something could be held.
    fn owed(
        jobs: impl Iterator<Item = (T::AccountId, Option<u32>, Funds<T::AccountId>)>,
    ) -> Result<(Owed<T::AccountId>, Assets), DispatchError> {
        let mut owed = Owed::new();
        let mut assets: BTreeSet<_> = T::Listed::get().into_iter().map(|(asset, _)| Some(asset)).collect();
        assets.insert(None);
        let add = |sum: &mut Balance, amount| -> Result<(), DispatchError> {
            *sum = sum.checked_add(amount).ok_or("the jobs hold more coins than can be counted")?;
            Ok(())
        };
        for (buyer, asset, funds) in jobs {
            assets.insert(asset);
            let held = funds.held().units();
            add(&mut owed.entry((buyer, asset)).or_default().0, held)?;
            if let Some(collateral) = funds.collateral {
                add(&mut owed.entry((collateral.provider, None)).or_default().1, collateral.amount)?;
            }
        }
        Ok((owed, assets))
    }
}
