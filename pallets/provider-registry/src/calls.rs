//! What each call does, after its origin was checked.

use codec::MaxEncodedLen;
use frame_support::{
    ensure,
    pallet_prelude::*,
    traits::{fungible::MutateHold, tokens::Precision, Consideration, Footprint},
};
use sp_runtime::ArithmeticError;
use touchstone_primitives::{Ask, Balance, Clock, DeviceId, DeviceSpec, Tick};

use crate::{
    Config, Device, Endpoint, Error, Event, FaultsOf, HoldReason, Listing, NextSequence, Offer, Pallet, Place,
    Provider, Providers, Rank, Shelf,
};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_register(who: T::AccountId, endpoint: Endpoint, stake: Balance) -> DispatchResult {
        ensure!(!Providers::<T>::contains_key(&who), Error::<T>::AlreadyRegistered);
        ensure_endpoint::<T>(&endpoint)?;
        let ticket = T::Consideration::new(&who, Self::footprint(0))?;
        Self::hold_stake(&who, stake)?;
        let provider =
            Provider { endpoint, stake, devices: Default::default(), settled: 0, missed: 0, refuted: 0, ticket };
        Self::insert_provider(&who, provider);
        Self::deposit_event(Event::Registered { provider: who, stake });
        Ok(())
    }

    pub(crate) fn do_set_endpoint(who: T::AccountId, endpoint: Endpoint) -> DispatchResult {
        ensure_endpoint::<T>(&endpoint)?;
        Self::change_provider(&who, |provider| {
            provider.endpoint = endpoint.clone();
            Ok(())
        })?;
        Self::deposit_event(Event::EndpointSet { provider: who, endpoint });
        Ok(())
    }

    pub(crate) fn do_add_stake(who: T::AccountId, amount: Balance) -> DispatchResult {
        Self::change_provider(&who, |provider| {
            provider.stake = provider.stake.checked_add(amount).ok_or(ArithmeticError::Overflow)?;
            provider.share_out();
            Self::hold_stake(&who, amount)
        })?;
        Self::deposit_event(Event::StakeAdded { provider: who, amount });
        Ok(())
    }

    pub(crate) fn do_remove_stake(who: T::AccountId, amount: Balance) -> DispatchResult {
        Self::change_provider(&who, |provider| {
            provider.stake = provider.stake.checked_sub(amount).ok_or(Error::<T>::InsufficientStake)?;
            ensure!(provider.stake >= Self::least_stake(provider.asks().max(1)), Error::<T>::StakeTooLow);
            provider.share_out();
            Self::release_stake(&who, amount)
        })?;
        Self::deposit_event(Event::StakeRemoved { provider: who, amount });
        Ok(())
    }

    pub(crate) fn do_add_device(who: T::AccountId, spec: DeviceSpec) -> DispatchResult {
        let name = core::str::from_utf8(&spec.name).map_err(|_| Error::<T>::InvalidName)?;
        ensure!(!name.is_empty() && !name.contains(char::is_control), Error::<T>::InvalidName);
        ensure!(spec.memory > 0, Error::<T>::NoMemory);
        let device = Self::change_provider(&who, |provider| {
            let id = provider.free_device_id().ok_or(Error::<T>::TooManyDevices)?;
            let device = Device { spec, offer: None, share: 0, place: Place::Out, busy: 0, standing: 0 };
            provider.devices.try_insert(id, device).map_err(|_| Error::<T>::TooManyDevices)?;
            Self::update_deposit(&who, provider)?;
            Ok(id)
        })?;
        Self::deposit_event(Event::DeviceAdded { provider: who, device });
        Ok(())
    }

    pub(crate) fn do_remove_device(who: T::AccountId, device: DeviceId) -> DispatchResult {
        Self::change_provider(&who, |provider| {
            let removed = provider.devices.remove(&device).ok_or(Error::<T>::NoSuchDevice)?;
            ensure!(removed.open_jobs() == 0, Error::<T>::DeviceBusy);
            provider.share_out();
            Self::update_deposit(&who, provider)
        })?;
        Self::deposit_event(Event::DeviceRemoved { provider: who, device });
        Ok(())
    }

    pub(crate) fn do_set_ask(who: T::AccountId, device: DeviceId, ask: Option<Ask>) -> DispatchResult {
        let active_from = Self::change_provider(&who, |provider| {
            let device = provider.devices.get_mut(&device).ok_or(Error::<T>::NoSuchDevice)?;
            device.offer = match ask {
                None => None,
                Some(ask) => {
                    ensure!(ask.slots > 0, Error::<T>::NoSlots);
                    Some(Self::new_offer(ask)?)
                }
            };
            let active_from = device.offer.map_or(T::Clock::now(), |offer| offer.active_from);
            let enough = ask.is_none() || provider.stake >= Self::least_stake(provider.asks());
            ensure!(enough, Error::<T>::StakeTooLow);
            provider.share_out();
            Ok(active_from)
        })?;
        Self::deposit_event(Event::AskSet { provider: who, device, ask, active_from });
        Ok(())
    }

    pub(crate) fn do_deregister(who: T::AccountId) -> DispatchResult {
        let provider = Self::provider(&who)?;
        ensure!(provider.open_jobs() == 0, Error::<T>::OpenJobs);
        Self::remove_provider(&who, &provider);
        Self::release_stake(&who, provider.stake)?;
        provider.ticket.drop(&who)?;
        Self::forget_old_faults(&who);
        Self::deposit_event(Event::Deregistered { provider: who, stake: provider.stake });
        Ok(())
    }

    /// Faults within the period outlive the provider's record, and count if the account registers again.
    fn forget_old_faults(who: &T::AccountId) {
        FaultsOf::<T>::mutate_exists(who, |faults| {
            let left = faults.as_mut().map_or(0, |faults| faults.forget_before(T::FaultPeriod::get(), T::Clock::now()));
            if left == 0 {
                *faults = None;
            }
        });
    }

    /// What a provider with so many devices occupies, with an index entry for each device.
    pub fn footprint(devices: usize) -> Footprint {
        // An ask is in the index or in the queue; the index is the larger.
        let entry = Shelf::max_encoded_len()
            .saturating_add(Rank::max_encoded_len())
            .saturating_add(Listing::<T::AccountId>::max_encoded_len());
        let device = Device::max_encoded_len().saturating_add(entry);
        // The record's own part is taken at its longest, so that only devices change the deposit.
        let all_devices = Device::max_encoded_len().saturating_mul(touchstone_primitives::MAX_DEVICES as usize);
        let record = Provider::<T::Consideration>::max_encoded_len().saturating_sub(all_devices);
        Footprint::from_parts(1, record.saturating_add(device.saturating_mul(devices)))
    }

    fn update_deposit(who: &T::AccountId, provider: &mut Provider<T::Consideration>) -> DispatchResult {
        provider.ticket = provider.ticket.clone().update(who, Self::footprint(provider.devices.len()))?;
        Ok(())
    }

    /// The least free stake of a provider with this many asks.
    pub(crate) fn least_stake(asks: u32) -> Balance {
        T::MinStake::get().saturating_mul(asks.into())
    }

    /// Ticks until a new ask counts: at least 1, whatever the parameter says, so that no ask undercuts within a block.
    fn ask_delay() -> Tick {
        T::AskDelay::get().max(1)
    }

    /// An ask that is set now: it counts after the delay, and is the youngest of all.
    pub(crate) fn new_offer(ask: Ask) -> Result<Offer, DispatchError> {
        let sequence = NextSequence::<T>::get();
        NextSequence::<T>::put(sequence.checked_add(1).ok_or(ArithmeticError::Overflow)?);
        Ok(Offer { ask, active_from: T::Clock::now().saturating_add(Self::ask_delay()), sequence })
    }

    pub(crate) fn hold_stake(who: &T::AccountId, amount: Balance) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        T::Currency::hold(&HoldReason::Stake.into(), who, amount)
    }

    pub(crate) fn release_stake(who: &T::AccountId, amount: Balance) -> DispatchResult {
        if amount == 0 {
            return Ok(());
        }
        T::Currency::release(&HoldReason::Stake.into(), who, amount, Precision::Exact)?;
        Ok(())
    }
}

/// The same rule as in worker and client, so that every registered endpoint can be used.
fn ensure_endpoint<T: Config>(endpoint: &Endpoint) -> DispatchResult {
    ensure!(touchstone_primitives::check_endpoint(endpoint).is_ok(), Error::<T>::InvalidEndpoint);
    Ok(())
}
