use alloc::collections::BTreeMap;

use frame_support::{ensure, traits::fungibles::InspectHold};
use sp_runtime::TryRuntimeError;
use touchstone_primitives::Balance;

use crate::{escrow::asset_id, Config, HoldReason, Pallet, Records};

impl<T: Config> Pallet<T> {
    /// What is held on each account that a record names, by asset and reason, is the sum of the records that name it.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        let mut owed: BTreeMap<(T::AccountId, Option<u32>), (Balance, Balance)> = BTreeMap::new();
        let add = |sum: &mut Balance, amount| -> Result<(), TryRuntimeError> {
            *sum = sum.checked_add(amount).ok_or("the records hold more coins than can be counted")?;
            Ok(())
        };
        for record in Records::<T>::iter_values() {
            add(&mut owed.entry((record.buyer, record.asset)).or_default().0, record.payment)?;
            if let Some(collateral) = record.collateral {
                add(&mut owed.entry((collateral.provider, None)).or_default().1, collateral.amount)?;
            }
        }
        for ((who, asset), (payment, collateral)) in owed {
            let held = |reason: HoldReason| T::Assets::balance_on_hold(asset_id(asset), &reason.into(), &who);
            ensure!(held(HoldReason::Payment) == payment, "payments held are not what the records say");
            ensure!(held(HoldReason::Collateral) == collateral, "collateral held is not what the records say");
        }
        Ok(())
    }
}
