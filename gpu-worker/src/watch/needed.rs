//! The blobs that checks need: those that run, and those that wait for an answer to a demand.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use touchstone_kir::Root;
use touchstone_primitives::CommitmentId;

use crate::blobs::BlobStore;

/// The blobs that checks need. Which outputs a check needs becomes known while it runs: with the trace.
#[derive(Clone, Default)]
pub(super) struct Needed(Arc<Mutex<HashMap<CommitmentId, HashSet<Root>>>>);

impl Needed {
    fn lock(&self) -> MutexGuard<'_, HashMap<CommitmentId, HashSet<Root>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The check of a result needs these too. To be said before they are fetched.
    pub(super) fn add(&self, check: CommitmentId, roots: impl IntoIterator<Item = Root>) {
        self.lock().entry(check).or_default().extend(roots);
    }

    /// A check has ended, or waits and needs these alone meanwhile: what no other one needs is dropped from the store.
    pub(super) fn end(&self, check: CommitmentId, rest: impl IntoIterator<Item = Root>, store: &BlobStore) {
        // Under the lock, so that nothing is dropped that a check adds and fetches meanwhile.
        let mut needed = self.lock();
        let rest: HashSet<Root> = rest.into_iter().collect();
        match rest.is_empty() {
            true => needed.remove(&check),
            false => needed.insert(check, rest),
        };
        let all: HashSet<Root> = needed.values().flatten().copied().collect();
        store.retain(|root| all.contains(root), Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::put;

    #[test]
    fn a_check_that_ends_takes_no_blob_from_one_that_runs() {
        let folder = tempfile::tempdir().unwrap();
        let store = BlobStore::open(folder.path(), 1 << 20).unwrap();
        let [input, shared, output] = [1, 2, 3].map(|byte| put(&store, &[byte; 8]).unwrap());
        let (first, second) = (CommitmentId([1; 32]), CommitmentId([2; 32]));
        let needed = Needed::default();
        needed.add(first, [input, shared]);
        needed.add(second, [shared]);
        // It has read its trace.
        needed.add(second, [output]);
        std::thread::sleep(Duration::from_millis(2));
        needed.end(first, [], &store);
        assert!(!store.contains(&input));
        assert!(store.contains(&shared) && store.contains(&output));
        std::thread::sleep(Duration::from_millis(2));
        // It waits for an answer, and its inputs may not be served any longer.
        needed.end(second, [shared], &store);
        assert!(store.contains(&shared) && !store.contains(&output));
        std::thread::sleep(Duration::from_millis(2));
        needed.end(second, [], &store);
        assert_eq!(store.usage().0, 0);
    }
}
