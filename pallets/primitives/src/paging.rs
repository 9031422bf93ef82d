//! How every list is read: a bounded number of entries at a time, each page with the place where the next one begins.

use alloc::vec::Vec;

use frame_support::storage::KeyPrefixIterator;

use crate::views::{Cursor, Page, MAX_PAGE};

/// Looks at no more than `limit` entries (at least one, at most [`MAX_PAGE`]) of the storage under `prefix`, those
/// after `after`, in the order of their keys. `look` gets each key without the prefix; it skips the entry by answering
/// `None`.
///
/// The limit counts what is looked at, not what is returned: a page may be empty although the list goes on. `after` is
/// looked up beneath `prefix` whatever it contains, and its entry need not exist any more.
pub fn read_page<Item>(
    prefix: Vec<u8>,
    after: Option<Cursor>,
    limit: u32,
    look: impl FnMut(Vec<u8>) -> Option<Item>,
) -> Page<Item> {
    let mut start = prefix.clone();
    start.extend(after.map_or_else(Vec::new, |cursor| cursor.0));
    let mut keys = KeyPrefixIterator::new(prefix, start, |key| Ok(key.to_vec()));
    let seen: Vec<Vec<u8>> = keys.by_ref().take(limit.clamp(1, MAX_PAGE) as usize).collect();
    let last = seen.last().cloned();
    let items = seen.into_iter().filter_map(look).collect();
    Page { items, next: last.filter(|_| keys.next().is_some()).map(Cursor) }
}
