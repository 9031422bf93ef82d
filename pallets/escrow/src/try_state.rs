//! Invariants of the state between calls.

use alloc::collections::{BTreeMap, BTreeSet};

use frame_support::{
    ensure,
    traits::{fungibles::InspectHold, Get},
};
use sp_runtime::TryRuntimeError;
use touchstone_primitives::Balance;

use crate::{escrow::asset_id, Config, HoldReason, Pallet, Records};

/// What the records say is held on each account: payment in each asset, and collateral.
type Owed<AccountId> = BTreeMap<(AccountId, Option<u32>), (Balance, Balance)>;

/// Assets in which something could be held; `None` is the native coin.
type Assets = BTreeSet<Option<u32>>;

impl<T: Config> Pallet<T> {
    /// What is held on each account of the chain, by asset and reason, is the sum of the records that name it. So a
    /// hold without a record is noticed as well, in the native coin, in every listed asset and in those of the records.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        let (owed, assets) = Self::owed()?;
        for who in frame_system::Account::<T>::iter_keys() {
            for asset in &assets {
                let held = |reason: HoldReason| T::Assets::balance_on_hold(asset_id(*asset), &reason.into(), &who);
                let (payment, collateral) = owed.get(&(who.clone(), *asset)).copied().unwrap_or_default();
                ensure!(held(HoldReason::Payment) == payment, "payments held are not what the records say");
                ensure!(held(HoldReason::Collateral) == collateral, "collateral held is not what the records say");
            }
        }
        for ((who, _), amounts) in owed {
            let nothing = amounts == (0, 0);
            ensure!(
                nothing || frame_system::Account::<T>::contains_key(&who),
                "a record names an account that is gone"
            );
        }
        Ok(())
    }

    /// What the records say, and the assets in which something could be held.
    fn owed() -> Result<(Owed<T::AccountId>, Assets), TryRuntimeError> {
        let mut owed = Owed::new();
        let mut assets: BTreeSet<_> = T::Listed::get().into_iter().map(|(asset, _)| Some(asset)).collect();
        assets.insert(None);
        let add = |sum: &mut Balance, amount| -> Result<(), TryRuntimeError> {
            *sum = sum.checked_add(amount).ok_or("the records hold more coins than can be counted")?;
            Ok(())
        };
        for record in Records::<T>::iter_values() {
            assets.insert(record.asset);
            let held = record.held().units();
            add(&mut owed.entry((record.buyer, record.asset)).or_default().0, held)?;
            if let Some(collateral) = record.collateral {
                add(&mut owed.entry((collateral.provider, None)).or_default().1, collateral.amount)?;
            }
        }
        Ok((owed, assets))
    }
}
