//! Invariants of the state between calls.

use alloc::collections::BTreeMap;

use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::TryRuntimeError;

use touchstone_primitives::{Balance, DeviceClass, DeviceId, Tick};

use crate::{
    Arrivals, ArrivalsCursor, AskIndex, Config, Device, FaultsOf, Fronts, HoldReason, NextSequence, Pallet, Place,
    Providers, Rank, Shelf,
};

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
                Self::check_place(&who, *id, device)?;
                if device.place == Place::Listed {
                    let spot = Self::spot(&who, *id, device).ok_or("an ask is listed that takes no job")?;
                    let known = live.insert((spot.shelf, spot.rank), spot.listing);
                    ensure!(known.is_none(), "two asks have one sequence number");
                }
            }
            let shares = provider.devices.values().fold(0, |sum: Balance, device| sum.saturating_add(device.share));
            ensure!(shares <= provider.stake, "the asks have shares of more than the stake");
        }
        for faults in FaultsOf::<T>::iter_values() {
            ensure!(!faults.ticks().is_empty(), "a record of no faults");
            ensure!(faults.ticks().is_sorted(), "faults are out of order");
        }
        let index: BTreeMap<_, _> =
            AskIndex::<T>::iter().map(|(shelf, rank, listing)| ((shelf, rank), listing)).collect();
        ensure!(index == live, "the index is not the live asks");
        Self::check_fronts(live.into_keys())
    }

    /// A device is where its ask and its slots put it, and the queue knows of those that wait.
    fn check_place(who: &T::AccountId, id: DeviceId, device: &Device) -> Result<(), TryRuntimeError> {
        ensure!(device.takeable().is_some() != (device.place == Place::Out), "an ask is not where it belongs");
        ensure!(device.offer.is_some() || device.share == 0, "a device without an ask has a share");
        if let Place::Waiting(tick) = device.place {
            ensure!(Arrivals::<T>::contains_key(tick, (who, id)), "an ask waits and is not in the queue");
            ensure!(tick >= ArrivalsCursor::<T>::get(), "the queue has passed an ask by");
        }
        Ok(())
    }

    /// The fronts are the first rank on each shelf; the queue has no entries but asks that wait.
    fn check_fronts(live: impl Iterator<Item = (Shelf, Rank)>) -> Result<(), TryRuntimeError> {
        let mut fronts = BTreeMap::new();
        for (shelf, rank) in live {
            fronts.entry(shelf).or_insert(rank);
        }
        for class in DeviceClass::ALL {
            let stored = Fronts::<T>::get(class);
            ensure!(stored.iter().all(|(shelf, _)| shelf.class == class), "a front is filed under another class");
            let expected = fronts.iter().filter(|(shelf, _)| shelf.class == class).map(|(shelf, rank)| (*shelf, *rank));
            ensure!(stored.into_iter().eq(expected), "the fronts are not the first asks of the shelves");
        }
        let waits = |(tick, (who, id)): (Tick, (T::AccountId, DeviceId))| {
            let provider = Providers::<T>::get(who);
            provider
                .is_some_and(|provider| provider.devices.get(&id).is_some_and(|it| it.place == Place::Waiting(tick)))
        };
        ensure!(Arrivals::<T>::iter_keys().all(waits), "something is in the queue that does not wait");
        Ok(())
    }
}
