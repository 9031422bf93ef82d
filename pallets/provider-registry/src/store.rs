//! The one place that writes providers and the index of their asks, so that the two always agree.

use alloc::collections::BTreeMap;

use frame_support::pallet_prelude::*;
use touchstone_primitives::DeviceId;

use crate::{types::IndexKey, AskIndex, Config, Error, Pallet, Provider, Providers};

/// The live asks of a provider: where each is in the index.
fn live<Ticket>(provider: &Provider<Ticket>) -> BTreeMap<IndexKey, DeviceId> {
    provider.devices.iter().filter_map(|(id, device)| Some((device.index_key()?, *id))).collect()
}

impl<T: Config> Pallet<T> {
    /// A provider's record.
    pub(crate) fn provider(who: &T::AccountId) -> Result<Provider<T::Consideration>, DispatchError> {
        Ok(Providers::<T>::get(who).ok_or(Error::<T>::NotRegistered)?)
    }

    /// Writes a new provider.
    pub(crate) fn insert_provider(who: &T::AccountId, provider: Provider<T::Consideration>) {
        Self::reindex(who, BTreeMap::new(), live(&provider));
        Providers::<T>::insert(who, provider);
    }

    /// Removes a provider.
    pub(crate) fn remove_provider(who: &T::AccountId, provider: &Provider<T::Consideration>) {
        Self::reindex(who, live(provider), BTreeMap::new());
        Providers::<T>::remove(who);
    }

    /// Changes a provider. Nothing is written if the change fails.
    pub(crate) fn change_provider<R>(
        who: &T::AccountId,
        change: impl FnOnce(&mut Provider<T::Consideration>) -> Result<R, DispatchError>,
    ) -> Result<R, DispatchError> {
        let mut provider = Self::provider(who)?;
        let before = live(&provider);
        let result = change(&mut provider)?;
        Self::reindex(who, before, live(&provider));
        Providers::<T>::insert(who, provider);
        Ok(result)
    }

    /// Sequence numbers are unique: a key belongs to one ask of one device for ever.
    fn reindex(who: &T::AccountId, before: BTreeMap<IndexKey, DeviceId>, after: BTreeMap<IndexKey, DeviceId>) {
        for key in before.keys().filter(|key| !after.contains_key(*key)) {
            AskIndex::<T>::remove(key);
        }
        for (key, device) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
            AskIndex::<T>::insert(key, (who, device));
        }
    }
}
