//! What people and programs read.

use alloc::vec::Vec;

use touchstone_primitives::views::{DeviceView, ProviderView, MAX_PAGE};

use crate::{Config, Pallet, Provider, Providers};

impl<T: Config> Pallet<T> {
    pub(crate) fn read_provider(account: T::AccountId) -> Option<ProviderView<T::AccountId>> {
        let provider = Providers::<T>::get(&account)?;
        Some(assemble(account, provider))
    }

    pub(crate) fn read_providers(after: Option<T::AccountId>, limit: u32) -> Vec<ProviderView<T::AccountId>> {
        let providers = match after {
            Some(account) => Providers::<T>::iter_from_key(account),
            None => Providers::<T>::iter(),
        };
        providers.take(limit.min(MAX_PAGE) as usize).map(|(account, provider)| assemble(account, provider)).collect()
    }
}

fn assemble<AccountId, Ticket>(account: AccountId, provider: Provider<Ticket>) -> ProviderView<AccountId> {
    let devices = provider.devices.iter().map(|(id, device)| DeviceView {
        id: *id,
        spec: device.spec.clone(),
        ask: device.offer.map(|offer| offer.ask),
        active_from: device.offer.map_or(0, |offer| offer.active_from),
        busy: device.busy,
    });
    ProviderView {
        account,
        free_stake: provider.stake,
        open_jobs: provider.open_jobs(),
        settled: provider.settled,
        refuted: provider.refuted,
        missed: provider.missed,
        devices: devices.collect(),
        endpoint: provider.endpoint.into_inner(),
    }
}
