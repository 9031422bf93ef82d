//! Which result is checked next.

use std::collections::{HashMap, HashSet};

use touchstone_primitives::{CommitmentId, Tick};

/// Blocks after which a result is looked at again: one that could not be checked, and one whose refutation may have
/// been retracted. Each time it takes twice as long, up to the second.
const AGAIN: [u64; 2] = [4, 256];

/// The same for a result whose data was demanded, if a look at it failed: what an answer shows can be refuted for a
/// short time.
const SOON: [u64; 2] = [2, 32];

/// A result that can be challenged now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its commitment.
    pub commitment: CommitmentId,
    /// Last tick for a challenge.
    pub window_end: Tick,
    /// Space of the inputs of its job.
    pub inputs: u64,
    /// Space of all buffers that a check fetches, inputs among them.
    pub bytes: u64,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is right, and not looked at again.
    Right,
    /// It is wrong, or could not be checked: it is looked at again.
    Again,
    /// Data of it was demanded, and an answer is waited for: it is looked at again at the next block.
    Waiting,
    /// Data of it was demanded, and it is wrong now, or the look at it failed: it is looked at again soon.
    Soon,
}

/// Which buffers stay until a result is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// None.
    Nothing,
    /// Those of the inputs: the provider may not serve them any longer.
    Inputs,
    /// Those, and what was computed.
    Everything,
}

/// A check that runs.
#[derive(Clone, Copy, Debug)]
struct Running {
    bytes: u64,
    /// It counts as one of those that may run at once.
    takes_place: bool,
}

/// A result whose data was demanded.
#[derive(Clone, Copy, Debug)]
struct Demanded {
    /// The block from which it is looked at again.
    from: u64,
    /// The wait before the time after that, if the look fails; in blocks.
    wait: u64,
    /// Space that is kept for it.
    kept: u64,
}

/// The results that can be challenged, and the state of their checks. Pure: blocks and answers in, checks to start out.
///
/// Several checks run side by side, as many as fit the store together. The result whose window ends first is checked
/// first; if there is no space for one now, smaller ones go first. A result whose data was demanded is looked at again
/// whatever else runs: as a rule the chain alone is read, and there is little time for what an answer shows.
#[derive(Debug)]
pub struct Queue {
    /// Checks at once.
    most: usize,
    /// Bytes of the buffers of all checks that run.
    space: u64,
    standing: Vec<Standing>,
    running: HashMap<CommitmentId, Running>,
    right: HashSet<CommitmentId>,
    /// The block from which a result is checked again, and the wait before the time after that, in blocks.
    again: HashMap<CommitmentId, (u64, u64)>,
    demanded: HashMap<CommitmentId, Demanded>,
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
            demanded: HashMap::new(),
            block: 0,
        }
    }

    /// These results can be challenged at a block. All others are forgotten.
    pub fn stand(&mut self, block: u64, mut standing: Vec<Standing>) {
        standing.sort_by_key(|result| (result.window_end, result.commitment.0));
        let ids: HashSet<CommitmentId> = standing.iter().map(|result| result.commitment).collect();
        self.right.retain(|id| ids.contains(id));
        self.again.retain(|id, _| ids.contains(id));
        self.demanded.retain(|id, _| ids.contains(id));
        (self.block, self.standing) = (block, standing);
    }

    /// The checks to begin now: each is answered by [`finished`](Self::finished).
    pub fn take_due(&mut self) -> Vec<CommitmentId> {
        let mut begun = Vec::new();
        for result in &self.standing {
            let id = result.commitment;
            if self.running.contains_key(&id) {
                continue;
            }
            let running = match self.demanded.get(&id) {
                Some(demanded) if demanded.from > self.block => continue,
                Some(demanded) => Running { bytes: demanded.kept, takes_place: false },
                None => {
                    let places = self.running.values().filter(|running| running.takes_place).count();
                    // One that is larger than the whole store runs alone, and the store says how much is missing.
                    let fits = places == 0 || self.taken().saturating_add(result.bytes) <= self.space;
                    let postponed = self.again.get(&id).is_some_and(|(from, _)| self.block < *from);
                    if places >= self.most || !fits || postponed || self.right.contains(&id) {
                        continue;
                    }
                    Running { bytes: result.bytes, takes_place: true }
                }
            };
            self.running.insert(id, running);
            begun.push(id);
        }
        begun
    }

    /// Space of the buffers of checks that run, and of those that are kept for later.
    fn taken(&self) -> u64 {
        let running = self.running.values().map(|running| running.bytes);
        let kept = self.demanded.iter().filter(|(id, _)| !self.running.contains_key(id)).map(|(_, it)| it.kept);
        running.chain(kept).fold(0, u64::saturating_add)
    }

    /// A check has ended. Says which of its buffers stay.
    pub fn finished(&mut self, id: CommitmentId, checked: Checked) -> Keep {
        self.running.remove(&id);
        match checked {
            Checked::Right => {
                self.demanded.remove(&id);
                self.right.insert(id);
                Keep::Nothing
            }
            Checked::Again => {
                self.demanded.remove(&id);
                let [first, longest] = AGAIN;
                let wait = self.again.get(&id).map_or(first, |(_, wait)| wait.saturating_mul(2).min(longest));
                self.again.insert(id, (self.block.saturating_add(wait), wait));
                Keep::Nothing
            }
            Checked::Waiting => self.postpone(id, 1, SOON[0]),
            Checked::Soon => {
                let [first, longest] = SOON;
                let wait = self.demanded.get(&id).map_or(first, |demanded| demanded.wait);
                self.postpone(id, wait, wait.saturating_mul(2).min(longest))
            }
        }
    }

    /// Looks at a result again after so many blocks.
    fn postpone(&mut self, id: CommitmentId, blocks: u64, wait: u64) -> Keep {
        self.demanded.remove(&id);
        // It does not stand any longer.
        let Some(result) = self.standing.iter().find(|result| result.commitment == id) else { return Keep::Nothing };
        // No more than half of the space is kept for later, or there would be none for other checks.
        let others = self.demanded.values().map(|demanded| demanded.kept).fold(0, u64::saturating_add);
        let (keep, kept) = match others.saturating_add(result.bytes) <= self.space / 2 {
            true => (Keep::Everything, result.bytes),
            false => (Keep::Inputs, result.inputs),
        };
        self.demanded.insert(id, Demanded { from: self.block.saturating_add(blocks), wait, kept });
        keep
    }

    /// Every result that stands was looked at, and no check runs.
    pub fn is_done(&self) -> bool {
        let looked_at = |result: &Standing| {
            let id = &result.commitment;
            self.right.contains(id) || self.again.contains_key(id) || self.demanded.contains_key(id)
        };
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
        Standing { commitment: id(number), window_end, inputs: bytes / 2, bytes }
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

    #[test]
    fn a_result_that_waits_for_an_answer_is_looked_at_at_each_block_whatever_else_runs() {
        let mut queue = Queue::new(1, 100);
        let both = vec![result(1, 10, 20), result(2, 20, 80)];
        queue.stand(1, both.clone());
        assert_eq!(queue.take_due(), [id(1)]);
        assert_eq!(queue.finished(id(1), Checked::Waiting), Keep::Everything);
        assert_eq!(queue.take_due(), [id(2)], "the chain has nothing new before the next block");
        for block in 2..5 {
            queue.stand(block, both.clone());
            assert_eq!(queue.take_due(), [id(1)]);
            assert_eq!(queue.take_due(), []);
            queue.finished(id(1), Checked::Waiting);
        }
        queue.finished(id(2), Checked::Right);
        queue.stand(5, both);
        assert_eq!(queue.take_due(), [id(1)]);
        assert_eq!(queue.finished(id(1), Checked::Right), Keep::Nothing);
        assert!(queue.is_done());
    }

    #[test]
    fn a_look_at_what_was_demanded_that_fails_is_repeated_soon() {
        let mut queue = Queue::new(1, 100);
        let one = vec![result(1, 10, 20)];
        queue.stand(1, one.clone());
        queue.take_due();
        queue.finished(id(1), Checked::Waiting);
        assert!(queue.is_done(), "a watcher that looks once does not wait for answers");
        let mut looked = Vec::new();
        for block in 2..60 {
            queue.stand(block, one.clone());
            if !queue.take_due().is_empty() {
                looked.push(block);
                queue.finished(id(1), Checked::Soon);
            }
        }
        assert_eq!(looked, [2, 4, 8, 16, 32]);
        // Once it waits again, it is looked at at each block again.
        queue.stand(64, one.clone());
        queue.take_due();
        queue.finished(id(1), Checked::Waiting);
        queue.stand(65, one);
        assert_eq!(queue.take_due(), [id(1)]);
    }

    #[test]
    fn what_waits_keeps_half_of_the_space_at_most_apart_from_inputs() {
        let mut queue = Queue::new(4, 100);
        let three = vec![result(1, 10, 30), result(2, 20, 40), result(3, 30, 60)];
        queue.stand(1, three.clone());
        assert_eq!(queue.take_due(), [id(1), id(2)]);
        assert_eq!(queue.finished(id(1), Checked::Waiting), Keep::Everything);
        // 30 are kept for the first one.
        assert_eq!(queue.finished(id(2), Checked::Waiting), Keep::Inputs);
        assert_eq!(queue.taken(), 50);
        assert_eq!(queue.take_due(), [id(3)], "nothing else has a place");
        // The first one is refuted.
        queue.stand(2, three[1..].to_vec());
        assert_eq!(queue.take_due(), [id(2)]);
        assert_eq!(queue.finished(id(2), Checked::Waiting), Keep::Everything);
        assert_eq!(queue.finished(id(1), Checked::Waiting), Keep::Nothing, "it does not stand any longer");
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
