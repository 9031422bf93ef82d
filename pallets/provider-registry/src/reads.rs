//! What people and programs read.

use codec::Decode;
use frame_support::{storage::StoragePrefixedMap, Blake2_128Concat, ReversibleStorageHasher};
use touchstone_primitives::{
    read_page,
    views::{Cursor, DeviceView, Page, ProviderView},
};

use crate::{Config, Pallet, Provider, Providers};

impl<T: Config> Pallet<T> {
    pub(crate) fn read_provider(account: T::AccountId) -> Option<ProviderView<T::AccountId>> {
        let provider = Providers::<T>::get(&account)?;
        Some(assemble(account, provider))
    }

    pub(crate) fn read_providers(after: Option<Cursor>, limit: u32) -> Page<ProviderView<T::AccountId>> {
        read_page(Providers::<T>::final_prefix().to_vec(), after, limit, |key| {
            let account = T::AccountId::decode(&mut Blake2_128Concat::reverse(&key)).ok()?;
            Self::read_provider(account)
        })
    }
}

fn assemble<AccountId, Ticket>(account: AccountId, provider: Provider<Ticket>) -> ProviderView<AccountId> {
    let devices = provider.devices.iter().map(|(id, device)| DeviceView {
        id: *id,
        spec: device.spec.clone(),
        ask: device.offer.map(|offer| offer.ask),
        active_from: device.offer.map_or(0, |offer| offer.active_from),
        stake: device.share,
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
