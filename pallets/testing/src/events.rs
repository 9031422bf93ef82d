use frame_system::{Config, Pallet as System};

/// The events of one pallet since the last call of this function or of [`all_events`]. Other pallets' events go, too.
pub fn events_of<T: Config, Event>() -> Vec<Event>
where
    T::RuntimeEvent: TryInto<Event>,
{
    let events = System::<T>::read_events_for_pallet::<Event>();
    System::<T>::reset_events();
    events
}

/// All events since the last call of this function or of [`events_of`].
pub fn all_events<T: Config>() -> Vec<T::RuntimeEvent> {
    let events = System::<T>::events().into_iter().map(|record| record.event).collect();
    System::<T>::reset_events();
    events
}
