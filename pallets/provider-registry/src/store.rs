//! The one place that writes providers and the index of their asks, so that the two always agree.
//!
//! An ask enters the index through a queue: when its delay is over, when a slot of its device is free again, when its
//! stake is back. It leaves the index at once when the device cannot take another job. So everything in the index can
//! be had now, and a commitment that frees a slot writes one entry of the queue instead of the index.

use alloc::{collections::BTreeMap, vec::Vec};

use frame_support::{pallet_prelude::*, weights::WeightMeter};
use touchstone_primitives::{Clock, DeviceClass, DeviceId, Tick};

use crate::{
    Arrivals, ArrivalsCursor, AskIndex, Config, Device, Error, Fronts, Listing, Pallet, Place, Provider, Providers,
    Rank, Shelf, WeightInfo,
};

/// A place in the index with what stands there.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Spot<AccountId> {
    pub shelf: Shelf,
    pub rank: Rank,
    pub listing: Listing<AccountId>,
}

/// Where an ask was before a change.
enum Was<AccountId> {
    Waiting(Tick),
    Listed(Option<Spot<AccountId>>),
}

type Before<T> = BTreeMap<DeviceId, Was<<T as frame_system::Config>::AccountId>>;

impl<T: Config> Pallet<T> {
    /// A provider's record.
    pub(crate) fn provider(who: &T::AccountId) -> Result<Provider<T::Consideration>, DispatchError> {
        Ok(Providers::<T>::get(who).ok_or(Error::<T>::NotRegistered)?)
    }

    /// Writes a new provider, which has no devices.
    pub(crate) fn insert_provider(who: &T::AccountId, provider: Provider<T::Consideration>) {
        Providers::<T>::insert(who, provider);
    }

    /// Removes a provider.
    pub(crate) fn remove_provider(who: &T::AccountId, provider: &Provider<T::Consideration>) {
        for (id, was) in Self::places(who, provider) {
            Self::leave(who, id, was);
        }
        Providers::<T>::remove(who);
    }

    /// Changes a provider. Nothing is written if the change fails.
    pub(crate) fn change_provider<R>(
        who: &T::AccountId,
        change: impl FnOnce(&mut Provider<T::Consideration>) -> Result<R, DispatchError>,
    ) -> Result<R, DispatchError> {
        let mut provider = Self::provider(who)?;
        let before = Self::places(who, &provider);
        let result = change(&mut provider)?;
        Self::move_asks(who, &mut provider, before);
        Providers::<T>::insert(who, provider);
        Ok(result)
    }

    /// Where the provider's asks are.
    fn places(who: &T::AccountId, provider: &Provider<T::Consideration>) -> Before<T> {
        let was = |(id, device): (&DeviceId, &Device)| match device.place {
            Place::Out => None,
            Place::Waiting(tick) => Some((*id, Was::Waiting(tick))),
            Place::Listed => Some((*id, Was::Listed(Self::spot(who, *id, device)))),
        };
        provider.devices.iter().filter_map(was).collect()
    }

    /// Where a device's ask belongs in the index: nowhere without an ask or a free slot.
    pub(crate) fn spot(who: &T::AccountId, id: DeviceId, device: &Device) -> Option<Spot<T::AccountId>> {
        let offer = device.takeable()?;
        let Device { spec, share, .. } = device;
        let listing = Listing { provider: who.clone(), device: id, memory: spec.memory, cover: *share, ask: offer.ask };
        Some(Spot {
            shelf: Shelf::of(spec.class, spec.memory, *share, &offer.ask, &T::CoverSteps::get()),
            rank: Rank { per_gigafuel: offer.ask.per_gigafuel, sequence: offer.sequence },
            listing,
        })
    }

    /// Moves the asks of a provider to where they belong after a change.
    fn move_asks(who: &T::AccountId, provider: &mut Provider<T::Consideration>, mut before: Before<T>) {
        for (id, device) in provider.devices.iter_mut() {
            let was = before.remove(id);
            device.place = Self::moved(who, *id, device, was);
        }
        // What is left belongs to devices that are gone.
        for (id, was) in before {
            Self::leave(who, id, was);
        }
    }

    fn moved(who: &T::AccountId, id: DeviceId, device: &Device, was: Option<Was<T::AccountId>>) -> Place {
        let Some((offer, spot)) = device.takeable().zip(Self::spot(who, id, device)) else {
            was.into_iter().for_each(|was| Self::leave(who, id, was));
            return Place::Out;
        };
        match was {
            Some(Was::Listed(Some(old))) if old.rank == spot.rank => {
                if old.shelf != spot.shelf {
                    Self::take_down(&old);
                    Self::put_up(&spot);
                } else if old.listing != spot.listing {
                    AskIndex::<T>::insert(spot.shelf, spot.rank, spot.listing);
                }
                Place::Listed
            }
            Some(Was::Waiting(tick)) if tick >= offer.active_from => Place::Waiting(tick),
            // A new ask, or a slot that is free again.
            was => {
                was.into_iter().for_each(|was| Self::leave(who, id, was));
                let tick = offer.active_from.max(T::Clock::now());
                Arrivals::<T>::insert(tick, (who, id), ());
                Place::Waiting(tick)
            }
        }
    }

    fn leave(who: &T::AccountId, id: DeviceId, was: Was<T::AccountId>) {
        match was {
            Was::Waiting(tick) => Arrivals::<T>::remove(tick, (who, id)),
            Was::Listed(Some(spot)) => Self::take_down(&spot),
            Was::Listed(None) => {}
        }
    }

    pub(crate) fn put_up(Spot { shelf, rank, listing }: &Spot<T::AccountId>) {
        AskIndex::<T>::insert(shelf, rank, listing);
        Self::change_fronts(shelf.class, |fronts| match fronts.binary_search_by_key(shelf, |front| front.0) {
            Ok(at) => {
                let front = &mut fronts.get_mut(at)?.1;
                (*rank < *front).then(|| *front = *rank)
            }
            // The list holds every shelf that there can be.
            Err(at) => fronts.try_insert(at, (*shelf, *rank)).ok(),
        });
    }

    pub(crate) fn take_down(Spot { shelf, rank, .. }: &Spot<T::AccountId>) {
        AskIndex::<T>::remove(shelf, rank);
        Self::change_fronts(shelf.class, |fronts| {
            let at = fronts.binary_search_by_key(shelf, |front| front.0).ok()?;
            let front = &mut fronts.get_mut(at)?.1;
            if *front != *rank {
                return None;
            }
            // Starts behind the removed key: starting at the head would visit every key that this block removed.
            let removed = AskIndex::<T>::hashed_key_for(shelf, rank);
            match AskIndex::<T>::iter_key_prefix_from(shelf, removed).next() {
                Some(next) => *front = next,
                None => drop(fronts.remove(at)),
            }
            Some(())
        });
    }

    /// Changes the fronts of a class; they are written if `change` says that it changed something.
    fn change_fronts(class: DeviceClass, change: impl FnOnce(&mut crate::FrontsOfClass) -> Option<()>) {
        let mut fronts = Fronts::<T>::get(class);
        if change(&mut fronts).is_some() {
            Fronts::<T>::insert(class, fronts);
        }
    }

    /// Puts waiting asks whose time has come into the index, until the meter is empty. Goes on from where it stopped.
    pub(crate) fn serve_arrivals(meter: &mut WeightMeter) {
        if meter.try_consume(T::WeightInfo::arrivals_base()).is_err() {
            return;
        }
        let now = T::Clock::now();
        let start = ArrivalsCursor::<T>::get();
        let mut cursor = start;
        'ticks: loop {
            if meter.try_consume(T::WeightInfo::arrivals_tick()).is_err() {
                break;
            }
            // Read before anything is removed: the list cannot be long, since the meter bounds it.
            for (who, id) in Arrivals::<T>::iter_key_prefix(cursor) {
                if meter.try_consume(T::WeightInfo::arrive()).is_err() {
                    break 'ticks;
                }
                Self::arrive(cursor, &who, id);
            }
            // The present tick can still get entries.
            if cursor >= now {
                break;
            }
            cursor = cursor.saturating_add(1);
        }
        if cursor != start {
            ArrivalsCursor::<T>::put(cursor);
        }
    }

    /// Puts one waiting ask into the index.
    pub(crate) fn arrive(tick: Tick, who: &T::AccountId, id: DeviceId) {
        Arrivals::<T>::remove(tick, (who, id));
        let Some(mut provider) = Providers::<T>::get(who) else { return };
        let Some(device) = provider.devices.get_mut(&id).filter(|device| device.place == Place::Waiting(tick)) else {
            return;
        };
        match Self::spot(who, id, device) {
            Some(spot) => {
                Self::put_up(&spot);
                device.place = Place::Listed;
            }
            None => device.place = Place::Out,
        }
        Providers::<T>::insert(who, provider);
    }

    /// The live asks of each shelf that has any, with the lowest rank on it.
    pub(crate) fn fronts(class: Option<DeviceClass>) -> Vec<(Rank, Shelf)> {
        let classes = DeviceClass::ALL.into_iter().filter(|known| class.is_none_or(|wanted| wanted == *known));
        let mut fronts: Vec<_> =
            classes.flat_map(|class| Fronts::<T>::get(class).into_iter().map(|(shelf, rank)| (rank, shelf))).collect();
        fronts.sort();
        fronts
    }
}
