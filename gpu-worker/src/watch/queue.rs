//! Which result is checked next.

use std::collections::{HashMap, HashSet};

use touchstone_primitives::{CommitmentId, Tick};

/// Blocks after which a result is looked at again: one that could not be checked, and one whose refutation may have
/// been retracted. Each time it takes twice as long, up to the second.
const AGAIN: [u64; 2] = [4, 256];

/// A result that can be challenged now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its commitment.
    pub commitment: CommitmentId,
    /// Last tick for a challenge.
    pub window_end: Tick,
    /// Space of the buffers that a check fetches.
    pub bytes: u64,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is right, and not looked at again.
    Right,
    /// It is wrong, or could not be checked: it is looked at again.
    Again,
}

/// The results that can be challenged, and the state of their checks. Pure: blocks and answers in, checks to start out.
///
/// Several checks run side by side, as many as fit the store together. The result whose window ends first is checked
/// first; if there is no space for one now, smaller ones go first.
#[derive(Debug)]
pub struct Queue {
    /// Checks at once.
    most: usize,
    /// Bytes of the buffers of all checks that run.
    space: u64,
    standing: Vec<Standing>,
    running: HashMap<CommitmentId, u64>,
    right: HashSet<CommitmentId>,
    /// The block from which a result is checked again, and the wait before the time after that, in blocks.
    again: HashMap<CommitmentId, (u64, u64)>,
    block: u64,
}

impl Queue {
    /// Nothing stands yet.
    pub fn new(most: usize, space: u64) -> Self {
        Self {
            most: most.max(1),
            space,
            standing: Vec::new(),
            running: HashMap::new(),
            right: HashSet::new(),
            again: HashMap::new(),
            block: 0,
        }
    }

    /// These results can be challenged at a block. All others are forgotten.
    pub fn stand(&mut self, block: u64, mut standing: Vec<Standing>) {
        standing.sort_by_key(|result| (result.window_end, result.commitment.0));
        let ids: HashSet<CommitmentId> = standing.iter().map(|result| result.commitment).collect();
        self.right.retain(|id| ids.contains(id));
        self.again.retain(|id, _| ids.contains(id));
        (self.block, self.standing) = (block, standing);
    }

    /// The checks to begin now: each is answered by [`finished`](Self::finished).
    pub fn take_due(&mut self) -> Vec<CommitmentId> {
        let mut begun = Vec::new();
        for result in &self.standing {
            if self.running.len() >= self.most {
                break;
            }
            let id = result.commitment;
            let taken: u64 = self.running.values().sum();
            // One that is larger than the whole store runs alone, and the store says how much is missing.
            let fits = self.running.is_empty() || taken.saturating_add(result.bytes) <= self.space;
            let postponed = self.again.get(&id).is_some_and(|(from, _)| self.block < *from);
            if fits && !postponed && !self.right.contains(&id) && !self.running.contains_key(&id) {
                self.running.insert(id, result.bytes);
                begun.push(id);
            }
        }
        begun
    }

    /// A check has ended.
    pub fn finished(&mut self, id: CommitmentId, checked: Checked) {
        self.running.remove(&id);
        match checked {
            Checked::Right => drop(self.right.insert(id)),
            Checked::Again => {
                let [first, longest] = AGAIN;
                let wait = self.again.get(&id).map_or(first, |(_, wait)| wait.saturating_mul(2).min(longest));
                self.again.insert(id, (self.block.saturating_add(wait), wait));
            }
        }
    }

    /// Every result that stands was looked at, and no check runs.
    pub fn is_done(&self) -> bool {
        let looked_at =
            |result: &Standing| self.right.contains(&result.commitment) || self.again.contains_key(&result.commitment);
        self.running.is_empty() && self.standing.iter().all(looked_at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(number: u8) -> CommitmentId {
        CommitmentId([number; 32])
    }

    fn result(number: u8, window_end: Tick, bytes: u64) -> Standing {
        Standing { commitment: id(number), window_end, bytes }
    }

    #[test]
    fn the_result_whose_window_ends_first_is_checked_first() {
        let mut queue = Queue::new(2, 100);
        queue.stand(1, vec![result(1, 30, 1), result(2, 10, 1), result(3, 20, 1)]);
        assert_eq!(queue.take_due(), [id(2), id(3)]);
        assert_eq!(queue.take_due(), []);
        // A new one is more urgent than what waits.
        queue.stand(2, vec![result(1, 30, 1), result(2, 10, 1), result(3, 20, 1), result(4, 15, 1)]);
        queue.finished(id(3), Checked::Right);
        assert_eq!(queue.take_due(), [id(4)]);
        queue.finished(id(2), Checked::Right);
        assert_eq!(queue.take_due(), [id(1)]);
    }

    #[test]
    fn a_huge_or_slow_check_does_not_keep_others_waiting() {
        let mut queue = Queue::new(3, 100);
        queue.stand(1, vec![result(1, 10, 90), result(2, 20, 80), result(3, 30, 5), result(4, 40, 5)]);
        // The second one does not fit beside the first, so the others go before it.
        assert_eq!(queue.take_due(), [id(1), id(3), id(4)]);
        for number in [3, 4] {
            queue.finished(id(number), Checked::Right);
        }
        assert_eq!(queue.take_due(), []);
        queue.finished(id(1), Checked::Right);
        assert_eq!(queue.take_due(), [id(2)]);
    }

    #[test]
    fn a_result_larger_than_the_store_is_tried_alone() {
        let mut queue = Queue::new(2, 100);
        queue.stand(1, vec![result(1, 20, 1000), result(2, 10, 1)]);
        assert_eq!(queue.take_due(), [id(2)]);
        queue.finished(id(2), Checked::Right);
        assert_eq!(queue.take_due(), [id(1)]);
    }

    #[test]
    fn what_is_right_is_not_checked_again_and_the_rest_more_and_more_seldom() {
        let mut queue = Queue::new(2, 100);
        let both = vec![result(1, 10, 1), result(2, 20, 1)];
        queue.stand(1, both.clone());
        assert_eq!(queue.take_due(), [id(1), id(2)]);
        queue.finished(id(1), Checked::Right);
        queue.finished(id(2), Checked::Again);
        let mut tried = Vec::new();
        for block in 2..40 {
            queue.stand(block, both.clone());
            for id in queue.take_due() {
                tried.push((block, id));
                queue.finished(id, Checked::Again);
            }
        }
        assert_eq!(tried, [(5, id(2)), (13, id(2)), (29, id(2))]);
    }

    #[test]
    fn what_does_not_stand_any_longer_is_forgotten() {
        let mut queue = Queue::new(2, 100);
        queue.stand(1, vec![result(1, 10, 1)]);
        queue.take_due();
        queue.finished(id(1), Checked::Right);
        queue.stand(2, vec![]);
        // The block that removed it was retracted.
        queue.stand(2, vec![result(1, 10, 1)]);
        assert_eq!(queue.take_due(), [id(1)]);
    }

    #[test]
    fn a_round_is_over_when_everything_was_looked_at_once() {
        let mut queue = Queue::new(1, 100);
        assert!(queue.is_done());
        queue.stand(1, vec![result(1, 10, 1), result(2, 20, 1)]);
        assert!(!queue.is_done());
        queue.take_due();
        queue.finished(id(1), Checked::Again);
        assert!(!queue.is_done());
        queue.take_due();
        assert!(!queue.is_done(), "a check runs");
        queue.finished(id(2), Checked::Right);
        assert!(queue.is_done());
    }

    proptest! {
        /// Whatever stands: no more checks than allowed run, none twice, and only one that is alone exceeds the space.
        #[test]
        fn bounds_hold(
            blocks in proptest::collection::vec(
                proptest::collection::btree_map(0u8..12, (1u32..40, 0u64..150), 0..12), 1..20),
            answers in proptest::collection::vec(any::<Option<bool>>(), 40),
        ) {
            let mut queue = Queue::new(3, 100);
            let mut running: HashMap<CommitmentId, u64> = HashMap::new();
            let mut answers = answers.into_iter().cycle();
            for (block, standing) in (1..).zip(blocks) {
                let standing: Vec<Standing> =
                    standing.into_iter().map(|(number, (end, bytes))| result(number, end, bytes)).collect();
                queue.stand(block, standing.clone());
                for id in queue.take_due() {
                    let bytes = standing.iter().find(|result| result.commitment == id).unwrap().bytes;
                    prop_assert!(running.insert(id, bytes).is_none());
                    let taken: u64 = running.values().sum();
                    let is_alone = running.len() == 1 || running.values().any(|bytes| *bytes > 100);
            prop_assert!(running.len() <= 3 && (taken <= 100 || is_alone));
                }
                let ids: Vec<CommitmentId> = running.keys().copied().collect();
                for id in ids {
                    if let Some(Some(right)) = answers.next() {
                        running.remove(&id);
                        queue.finished(id, if right { Checked::Right } else { Checked::Again });
                    }
                }
            }
        }
    }
}
