//! The `Providers` trait: matching, and the beginning and end of each engagement.

use alloc::{collections::BTreeSet, vec::Vec};

use frame_support::{
    ensure,
    pallet_prelude::*,
    storage::with_storage_layer,
    traits::{
        fungible::MutateHold,
        tokens::{Fortitude, Precision},
    },
};
use sp_runtime::ArithmeticError;
use touchstone_primitives::{
    views::{Candidate, Obstacle},
    Balance, Clock, DeviceId, EngagementEnd, Found, Need, Providers as Trait,
};

use crate::{
    repeat_slash, Config, Error, Event, FaultsOf, HoldReason, Pallet, Provider, Providers, WeightInfo, SHELVES_OF_CLASS,
};

/// Providers beyond the live asks that a survey looks at.
const MAX_SURVEYED: usize = 1_024;

impl<T: Config> Trait<T::AccountId> for Pallet<T> {
    fn cheapest(need: &Need, excluded: &[T::AccountId]) -> Found<T::AccountId> {
        Self::search(need, excluded)
    }

    fn match_weight() -> Weight {
        Self::search_weight(Self::most_looked_at(), Self::most_fronts()).saturating_add(T::WeightInfo::relist())
    }

    fn withdrawal_weight() -> Weight {
        T::WeightInfo::withdraw(SHELVES_OF_CLASS).saturating_sub(T::WeightInfo::withdraw(1))
    }

    fn survey(need: &Need, excluded: &[T::AccountId], limit: u32) -> Vec<Candidate<T::AccountId>> {
        let limit = limit as usize;
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        // First what `cheapest` goes through, of every class, so that a wrong class is named too.
        for (account, id) in Self::live_asks(limit) {
            if let Some(provider) = Providers::<T>::get(&account) {
                found.extend(Self::candidate(&account, &provider, id, need, excluded));
                seen.insert((account, id));
            }
        }
        // Then, up to the limit, those that are not in the index: no ask, or no free slot.
        let mut rest: Vec<_> = Providers::<T>::iter()
            .take(MAX_SURVEYED)
            .flat_map(|(account, provider)| {
                let ids: Vec<_> = provider.devices.keys().copied().collect();
                ids.into_iter()
                    .filter(|id| !seen.contains(&(account.clone(), *id)))
                    .filter_map(|id| Self::candidate(&account, &provider, id, need, excluded))
                    .collect::<Vec<_>>()
            })
            .take(limit.saturating_sub(found.len()))
            .collect();
        rest.sort_by_key(|candidate| (candidate.obstacles.contains(&Obstacle::NoAsk), candidate.price));
        found.append(&mut rest);
        found
    }

    fn obstacle(account: &T::AccountId, device: DeviceId, need: &Need, price: Balance) -> Option<Obstacle> {
        let Some(provider) = Providers::<T>::get(account) else { return Some(Obstacle::NoAsk) };
        let Some(device) = provider.devices.get(&device) else { return Some(Obstacle::NoAsk) };
        provider.obstacles(device, need, price, false).first().copied()
    }

    fn engage(who: &T::AccountId, id: DeviceId, collateral: Balance) -> Result<Weight, DispatchError> {
        let stays = Self::change_provider(who, |provider| {
            let device = provider.devices.get_mut(&id).ok_or(Error::<T>::NoSuchDevice)?;
            let slots = device.offer.ok_or(Error::<T>::NoAsk)?.ask.slots;
            ensure!(device.busy < slots, Error::<T>::NoFreeSlot);
            device.busy = device.busy.saturating_add(1);
            let device = provider.devices.get(&id).ok_or(Error::<T>::NoSuchDevice)?;
            ensure!(collateral <= provider.available(device), Error::<T>::InsufficientStake);
            provider.stake = provider.stake.checked_sub(collateral).ok_or(Error::<T>::InsufficientStake)?;
            let device = provider.devices.get_mut(&id).ok_or(Error::<T>::NoSuchDevice)?;
            device.share = device.share.saturating_sub(collateral);
            Ok(device.takeable().is_some())
        })?;
        Ok(if stays { T::WeightInfo::relist() } else { Weight::zero() })
    }

    fn delivered(who: &T::AccountId, id: DeviceId) -> DispatchResult {
        Self::change_provider(who, |provider| {
            let device = provider.devices.get_mut(&id).ok_or(Error::<T>::NoSuchDevice)?;
            device.busy = device.busy.checked_sub(1).ok_or(Error::<T>::NotEngaged)?;
            device.standing = device.standing.checked_add(1).ok_or(ArithmeticError::Overflow)?;
            Ok(())
        })
    }

    fn disengage(who: &T::AccountId, id: DeviceId, returned: Balance, end: EngagementEnd) -> DispatchResult {
        with_storage_layer(|| {
            Self::change_provider(who, |provider| {
                let device = provider.devices.get_mut(&id).ok_or(Error::<T>::NoSuchDevice)?;
                match end {
                    EngagementEnd::Released | EngagementEnd::Passed | EngagementEnd::Missed => {
                        device.busy = device.busy.checked_sub(1).ok_or(Error::<T>::NotEngaged)?;
                    }
                    EngagementEnd::Settled | EngagementEnd::Refuted => {
                        device.standing = device.standing.checked_sub(1).ok_or(Error::<T>::NotDelivered)?;
                    }
                }
                if device.offer.is_some() {
                    device.share = device.share.checked_add(returned).ok_or(ArithmeticError::Overflow)?;
                }
                provider.stake = provider.stake.checked_add(returned).ok_or(ArithmeticError::Overflow)?;
                Self::deposit_event(Event::Disengaged { provider: who.clone(), device: id, end });
                match end {
                    EngagementEnd::Released => Ok(()),
                    EngagementEnd::Passed => Self::put_off(who, provider, id),
                    EngagementEnd::Settled => {
                        provider.settled = provider.settled.saturating_add(1);
                        Ok(())
                    }
                    EngagementEnd::Missed => {
                        provider.missed = provider.missed.saturating_add(1);
                        Self::pause(who, provider, |faulty| faulty == id);
                        Ok(())
                    }
                    EngagementEnd::Refuted => {
                        provider.refuted = provider.refuted.saturating_add(1);
                        Self::pause(who, provider, |_| true);
                        Self::burn_share(who, provider)
                    }
                }
            })
        })
    }

    fn endpoint(who: &T::AccountId) -> Option<Vec<u8>> {
        Some(Providers::<T>::get(who)?.endpoint.into_inner())
    }
}

impl<T: Config> Pallet<T> {
    /// One device of a survey. A device without an ask has no price: its price is 0 here, and `NoAsk` is among the
    /// obstacles.
    fn candidate(
        account: &T::AccountId,
        provider: &Provider<T::Consideration>,
        id: DeviceId,
        need: &Need,
        excluded: &[T::AccountId],
    ) -> Option<Candidate<T::AccountId>> {
        let device = provider.devices.get(&id)?;
        let price = device.offer.map_or(0, |offer| offer.ask.price(need.work));
        let mut obstacles = provider.obstacles(device, need, price, true);
        if excluded.contains(account) {
            obstacles.push(Obstacle::Excluded);
        }
        Some(Candidate { provider: account.clone(), device: id, price, obstacles })
    }

    /// Sets the ask of a device again after a pass: it counts later, and other asks at the same price come first.
    /// Otherwise the cheapest ask could pass every job as it comes.
    fn put_off(who: &T::AccountId, provider: &mut Provider<T::Consideration>, id: DeviceId) -> DispatchResult {
        let device = provider.devices.get_mut(&id).ok_or(Error::<T>::NoSuchDevice)?;
        let Some(offer) = device.offer else { return Ok(()) };
        let offer = Self::new_offer(offer.ask)?;
        device.offer = Some(offer);
        let (ask, active_from) = (Some(offer.ask), offer.active_from);
        Self::deposit_event(Event::AskSet { provider: who.clone(), device: id, ask, active_from });
        Ok(())
    }

    /// Withdraws asks after a fault.
    fn pause(who: &T::AccountId, provider: &mut Provider<T::Consideration>, faulty: impl Fn(DeviceId) -> bool) {
        for (id, device) in provider.devices.iter_mut().filter(|(id, _)| faulty(**id)) {
            device.share = 0;
            if device.offer.take().is_some() {
                Self::deposit_event(Event::AskPaused { provider: who.clone(), device: *id });
            }
        }
    }

    /// Burns a share of the stake for each earlier fault, and remembers this one.
    fn burn_share(who: &T::AccountId, provider: &mut Provider<T::Consideration>) -> DispatchResult {
        let now = T::Clock::now();
        let earlier_faults = FaultsOf::<T>::mutate(who, |faults| {
            let earlier = faults.forget_before(T::FaultPeriod::get(), now);
            faults.remember(now);
            earlier
        });
        let amount = repeat_slash(provider.stake, T::RepeatSlash::get(), earlier_faults);
        if amount > 0 {
            let reason = HoldReason::Stake.into();
            T::Currency::burn_held(&reason, who, amount, Precision::Exact, Fortitude::Force)?;
            provider.stake = provider.stake.saturating_sub(amount);
            Self::deposit_event(Event::StakeBurned { provider: who.clone(), amount, earlier_faults });
        }
        Ok(())
    }
}
