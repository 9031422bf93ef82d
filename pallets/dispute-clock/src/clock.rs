//! The `Clock` trait: how other pallets read the time.

use touchstone_primitives::{Clock, Tick};

use crate::{Config, Now, Pallet};

impl<T: Config> Clock for Pallet<T> {
    fn now() -> Tick {
        Now::<T>::get()
    }
}
