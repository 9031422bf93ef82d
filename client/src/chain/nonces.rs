//! Which nonce the next transaction of an account takes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::types::AccountId;

/// The nonces that this process has given out and that have not come to an end yet.
///
/// The node's own count (the account's nonce at the best block and behind it what waits in its pool) lags behind a
/// submission for a moment, and forgets a transaction while a block that held it is being retracted. What this process
/// knows to be on its way closes that gap; everything else is left to the node, so nothing here can go stale.
#[derive(Clone, Default)]
pub(super) struct Nonces(Arc<Mutex<BTreeMap<AccountId, BTreeSet<u64>>>>);

impl Nonces {
    /// The lowest nonce from `next` on (the node's count) that this process does not use already.
    pub(super) fn reserve(&self, account: &AccountId, next: u64) -> Reserved {
        let mut all = self.lock();
        let used = all.entry(*account).or_default();
        let nonce = used
            .range(next..)
            .zip(next..)
            .find(|(used, free)| *used != free)
            .map(|(_, free)| free)
            .unwrap_or_else(|| next.saturating_add(used.range(next..).count() as u64));
        used.insert(nonce);
        Reserved { nonces: self.clone(), account: *account, nonce }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountId, BTreeSet<u64>>> {
        // The map is whole between any two statements: a panic elsewhere cannot have broken it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A nonce that is in use until this value is dropped.
pub(super) struct Reserved {
    nonces: Nonces,
    account: AccountId,
    nonce: u64,
}

impl Reserved {
    pub(super) fn nonce(&self) -> u64 {
        self.nonce
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let mut all = self.nonces.lock();
        if let Some(used) = all.get_mut(&self.account) {
            used.remove(&self.nonce);
            if used.is_empty() {
                all.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(byte: u8) -> AccountId {
        AccountId::from([byte; 32])
    }

    #[test]
    fn the_nodes_count_is_taken_when_nothing_is_on_its_way() {
        let nonces = Nonces::default();
        assert_eq!(nonces.reserve(&account(1), 7).nonce(), 7);
    }

    #[test]
    fn quick_successive_transactions_get_successive_nonces_while_the_node_lags() {
        let nonces = Nonces::default();
        let held: Vec<_> = (0..5).map(|_| nonces.reserve(&account(1), 3)).collect();
        let got: Vec<_> = held.iter().map(Reserved::nonce).collect();
        assert_eq!(got, [3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_failed_transaction_leaves_its_nonce_to_the_next_one() {
        let nonces = Nonces::default();
        let first = nonces.reserve(&account(1), 0);
        let second = nonces.reserve(&account(1), 0);
        let third = nonces.reserve(&account(1), 0);
        assert_eq!((first.nonce(), second.nonce(), third.nonce()), (0, 1, 2));
        drop(second);
        assert_eq!(nonces.reserve(&account(1), 0).nonce(), 1);
    }

    #[test]
    fn the_node_moving_on_is_followed_even_past_what_is_on_its_way() {
        let nonces = Nonces::default();
        let _old = nonces.reserve(&account(1), 0);
        assert_eq!(nonces.reserve(&account(1), 9).nonce(), 9);
    }

    #[test]
    fn a_gap_behind_the_nodes_count_is_not_filled() {
        let nonces = Nonces::default();
        let _a = nonces.reserve(&account(1), 4);
        let _b = nonces.reserve(&account(1), 6);
        // 4 is in use, 5 is free, 6 is in use.
        assert_eq!(nonces.reserve(&account(1), 4).nonce(), 5);
        assert_eq!(nonces.reserve(&account(1), 6).nonce(), 7);
    }

    #[test]
    fn accounts_do_not_disturb_one_another() {
        let nonces = Nonces::default();
        let _alice = nonces.reserve(&account(1), 0);
        assert_eq!(nonces.reserve(&account(2), 0).nonce(), 0);
    }

    #[test]
    fn nothing_is_remembered_once_all_have_ended() {
        let nonces = Nonces::default();
        drop(nonces.reserve(&account(1), 0));
        assert!(nonces.lock().is_empty());
    }
}
