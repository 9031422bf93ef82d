//! The live asks, cheapest first.

use core::iter::Peekable;

use alloc::{boxed::Box, vec::Vec};

use touchstone_primitives::{DeviceClass, DeviceId};

use crate::{AskIndex, Config, Pallet};

/// Price per gigafuel and sequence as the index has them, and whose ask it is.
type Entry<AccountId> = (([u8; 16], [u8; 8]), (AccountId, DeviceId));

/// Merges the classes' parts of the index, each in order already, reading one entry of each class ahead.
pub(crate) struct Asks<AccountId> {
    classes: Vec<Peekable<Box<dyn Iterator<Item = Entry<AccountId>>>>>,
}

impl<AccountId> Iterator for Asks<AccountId> {
    type Item = (AccountId, DeviceId);

    fn next(&mut self) -> Option<Self::Item> {
        let cheapest = self
            .classes
            .iter_mut()
            .filter_map(|class| class.peek().map(|(key, _)| *key).map(|key| (key, class)))
            .min_by_key(|(key, _)| *key)?;
        cheapest.1.next().map(|(_, ask)| ask)
    }
}

impl<T: Config> Pallet<T> {
    /// The live asks of a class or of all, by price, then by age.
    pub(crate) fn asks(class: Option<DeviceClass>) -> Asks<T::AccountId> {
        let classes = DeviceClass::ALL
            .into_iter()
            .filter(|known| class.is_none_or(|wanted| wanted == *known))
            .map(|class| {
                let entries: Box<dyn Iterator<Item = Entry<T::AccountId>>> =
                    Box::new(AskIndex::<T>::iter_prefix((class,)));
                entries.peekable()
            })
            .collect();
        Asks { classes }
    }
}
