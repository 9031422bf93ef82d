//! Invariants of the state between calls.

use alloc::collections::BTreeMap;

use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::TryRuntimeError;

use crate::{AskIndex, Config, FaultsOf, HoldReason, NextSequence, Pallet, Providers};

impl<T: Config> Pallet<T> {
    /// What is held as stake is what the records say, on every account of the chain; a deposit is held for providers
    /// alone; the index is exactly the live asks.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        for who in frame_system::Account::<T>::iter_keys() {
            let provider = Providers::<T>::get(&who);
            let held = |reason: HoldReason| T::Currency::balance_on_hold(&reason.into(), &who);
            let stake = provider.as_ref().map_or(0, |provider| provider.stake);
            ensure!(held(HoldReason::Stake) == stake, "stake held is not what the record says");
            ensure!(provider.is_some() || held(HoldReason::Registration) == 0, "a deposit is held for no provider");
        }
        let mut live = BTreeMap::new();
        for (who, provider) in Providers::<T>::iter() {
            ensure!(frame_system::Account::<T>::contains_key(&who), "a provider has no account");
            for (id, device) in &provider.devices {
                if let Some(offer) = &device.offer {
                    ensure!(offer.ask.slots > 0, "an ask has no slots");
                    ensure!(offer.sequence < NextSequence::<T>::get(), "an ask has a sequence number of the future");
                }
                if let Some(key) = device.index_key() {
                    ensure!(live.insert(key, (who.clone(), *id)).is_none(), "two asks have one sequence number");
                }
            }
        }
        for faults in FaultsOf::<T>::iter_values() {
            ensure!(!faults.ticks().is_empty(), "a record of no faults");
            ensure!(faults.ticks().is_sorted(), "faults are out of order");
        }
        let index: BTreeMap<_, _> = AskIndex::<T>::iter().collect();
        ensure!(index == live, "the index is not the live asks");
        Ok(())
    }
}
