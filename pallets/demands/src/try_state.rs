//! Invariants of the state between calls.

use alloc::collections::{BTreeMap, BTreeSet};

use frame_support::{ensure, traits::fungible::InspectHold};
use sp_runtime::TryRuntimeError;
use touchstone_primitives::{Balance, ChallengedResult, Clock, CommitmentId, JobId, Jobs};

use crate::{Config, Demands, HoldReason, Pallet, Queue, QueueCursor, Stage, Subject};

type Checked = Result<(), TryRuntimeError>;

impl<T: Config> Pallet<T> {
    /// What is held on each account is the sum of its demands, each demand is in the queue once, and each result knows
    /// how many demands wait for an answer.
    pub fn do_try_state() -> Checked {
        let mut owed = BTreeMap::<T::AccountId, Balance>::new();
        let mut open = BTreeMap::<(JobId, CommitmentId), u32>::new();
        let mut keys = BTreeSet::<(CommitmentId, Subject)>::new();
        for (commitment, subject, demand) in Demands::<T>::iter() {
            if let Stage::Asked { bond, .. } = demand.stage {
                ensure!(bond >= demand.price, "a bond does not cover the price of an answer");
            }
            let of_result = open.entry((demand.job, commitment)).or_default();
            *of_result = of_result.saturating_add(demand.is_open().into());
            let held = demand.held();
            let sum = owed.entry(demand.demander).or_default();
            *sum = sum.checked_add(held).ok_or("bonds hold more coins than can be counted")?;
            keys.insert((commitment, subject));
        }
        for who in frame_system::Account::<T>::iter_keys() {
            let held = T::Currency::balance_on_hold(&HoldReason::Bond.into(), &who);
            ensure!(held == owed.remove(&who).unwrap_or(0), "bonds held are not what the demands say");
        }
        ensure!(owed.into_values().all(|held| held == 0), "a bond is of no account");
        for ((job, commitment), open) in open {
            // The result of a demand may have been settled or refuted.
            if let Ok(result) = T::Jobs::challenged(&job, &commitment) {
                ensure!(result.open_demands() == open, "a result does not know its open demands");
            }
        }
        Self::check_queue(keys)
    }

    /// The queue has each of these demands once, where it is served next, and no other.
    fn check_queue(mut demands: BTreeSet<(CommitmentId, Subject)>) -> Checked {
        let cursor = QueueCursor::<T>::get();
        for (tick, key) in Queue::<T>::iter_keys() {
            ensure!(demands.remove(&key), "the queue has a demand twice, or one of nothing");
            ensure!(tick >= cursor, "the queue has passed a demand by");
        }
        ensure!(demands.is_empty(), "a demand is not in the queue");
        ensure!(cursor <= T::Clock::now().saturating_add(1), "the queue is ahead of the clock");
        Ok(())
    }
}
