use std::collections::{BTreeMap, BTreeSet};

use touchstone_primitives::{Buffer, CommitmentId, JobId, Subject, Tick};

/// Answers that are on their way at the same time: as many of the largest size fill two blocks.
const MOST_UNDER_WAY: usize = 24;

/// Ticks until an answer that failed is tried again: longer each time, up to this many. The cause may go by itself, and
/// the collateral depends on it.
const LONGEST_PAUSE: Tick = 8;

/// A demand for data of a committed result of this provider, which waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The job.
    pub(super) job: JobId,
    /// The result.
    pub(super) commitment: CommitmentId,
    /// Its trace.
    pub(super) trace: Buffer,
    /// The node.
    pub(super) subject: Subject,
    /// Last tick for the answer.
    pub(super) deadline: Tick,
}

impl Asked {
    /// What no other demand has.
    pub(super) fn key(&self) -> (CommitmentId, Subject) {
        (self.commitment, self.subject)
    }
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerResult {
    /// It is in a best block, or nothing is to be answered any more: the next snapshot tells.
    Open,
    /// It failed, or the blob is missing.
    Failed,
}

/// An answer that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DueAnswer {
    /// To what.
    pub(super) asked: Asked,
    /// How often it has failed before.
    pub(super) failures: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// An answer is being made or was sent. No second one is made before it was seen or has failed.
    UnderWay,
    /// It was seen in a block, which the last snapshot may not have yet.
    Seen,
    /// It has failed, and is tried again at this tick.
    Failed { again: Tick },
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    state: State,
    failures: u32,
}

/// Which demands are answered now. Pure: snapshots and events in, answers that are due out.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    entries: BTreeMap<(CommitmentId, Subject), Entry>,
    /// The demands of the last snapshot, nearest deadline first.
    asked: Vec<Asked>,
    clock: Tick,
}

impl Answers {
    /// Compares the chain with what is under way. `clock` is the tick of the next block, `asked` are the demands that
    /// wait for an answer.
    pub(super) fn reconcile(&mut self, clock: Tick, mut asked: Vec<Asked>) -> Vec<DueAnswer> {
        asked.sort_by_key(|asked| (asked.deadline, asked.key()));
        let open: BTreeSet<_> = asked.iter().map(Asked::key).collect();
        self.entries.retain(|key, entry| match entry.state {
            State::UnderWay => true,
            // If it is open all the same, the block with the answer was retracted.
            State::Seen => false,
            State::Failed { .. } => open.contains(key),
        });
        self.asked = asked;
        self.clock = clock;
        self.due()
    }

    /// What became of an answer.
    pub(super) fn answered(&mut self, key: (CommitmentId, Subject), result: AnswerResult) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        match result {
            AnswerResult::Open => entry.state = State::Seen,
            AnswerResult::Failed => {
                entry.failures = entry.failures.saturating_add(1);
                let pause = entry.failures.min(LONGEST_PAUSE);
                entry.state = State::Failed { again: self.clock.saturating_add(pause) };
            }
        }
    }

    /// What is to be answered now, as far as the last snapshot tells: nearest deadline first, no more than may be on
    /// their way at the same time.
    pub(super) fn due(&mut self) -> Vec<DueAnswer> {
        let room = MOST_UNDER_WAY.saturating_sub(self.under_way());
        let mut due = Vec::new();
        for asked in self.asked.iter().filter(|asked| self.clock <= asked.deadline) {
            if due.len() == room {
                break;
            }
            let entry =
                self.entries.entry(asked.key()).or_insert(Entry { state: State::Failed { again: 0 }, failures: 0 });
            if matches!(entry.state, State::Failed { again } if again <= self.clock) {
                entry.state = State::UnderWay;
                due.push(DueAnswer { asked: *asked, failures: entry.failures });
            }
        }
        due
    }

    /// How many answers are on their way.
    pub(super) fn under_way(&self) -> usize {
        self.entries.values().filter(|entry| entry.state == State::UnderWay).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use touchstone_kir::Node;

    use super::*;

    fn asked(position: u32, deadline: Tick) -> Asked {
        let subject = Subject { instance: None, node: Node { level: 0, position } };
        let trace = Buffer { root: [1; 32], len: 32 };
        Asked { job: JobId([1; 32]), commitment: CommitmentId([2; 32]), trace, subject, deadline }
    }

    fn positions(due: &[DueAnswer]) -> Vec<u32> {
        due.iter().map(|due| due.asked.subject.node.position).collect()
    }

    #[test]
    fn a_demand_is_answered_once() {
        let mut answers = Answers::default();
        let demand = asked(1, 9);
        assert_eq!(answers.reconcile(1, vec![demand]), [DueAnswer { asked: demand, failures: 0 }]);
        assert_eq!(answers.reconcile(2, vec![demand]), []);
        answers.answered(demand.key(), AnswerResult::Open);
        assert_eq!(answers.due(), [], "the snapshot may be older than the block with the answer");
        assert_eq!(answers.reconcile(3, vec![]), []);
        assert!(answers.entries.is_empty());
    }

    #[test]
    fn an_answer_whose_block_was_retracted_is_given_again() {
        let mut answers = Answers::default();
        let demand = asked(1, 9);
        answers.reconcile(1, vec![demand]);
        answers.answered(demand.key(), AnswerResult::Open);
        answers.reconcile(2, vec![]);
        assert_eq!(positions(&answers.reconcile(2, vec![demand])), [1]);
        answers.answered(demand.key(), AnswerResult::Open);
        assert_eq!(positions(&answers.reconcile(3, vec![demand])), [1], "retracted before the next snapshot");
    }

    #[test]
    fn what_is_due_first_is_answered_first_and_the_rest_when_there_is_room() {
        let mut answers = Answers::default();
        let most = MOST_UNDER_WAY as u32;
        let demands: Vec<Asked> = (0..most + 2).map(|position| asked(position, 100 - position)).collect();
        let first = answers.reconcile(1, demands.clone());
        assert_eq!(positions(&first), (2..most + 2).rev().collect::<Vec<_>>());
        assert_eq!(answers.under_way(), MOST_UNDER_WAY);
        assert_eq!(answers.due(), []);
        answers.answered(first[5].asked.key(), AnswerResult::Open);
        assert_eq!(positions(&answers.due()), [1]);
    }

    #[test]
    fn what_failed_is_tried_again_after_a_pause_that_grows_until_its_deadline() {
        let mut answers = Answers::default();
        let demand = asked(1, 60);
        let mut tried = Vec::new();
        for clock in 0..=65 {
            for due in answers.reconcile(clock, vec![demand]) {
                assert_eq!(due.failures as usize, tried.len());
                tried.push(clock);
                answers.answered(demand.key(), AnswerResult::Failed);
                assert_eq!(answers.due(), []);
            }
        }
        assert_eq!(tried, [0, 1, 3, 6, 10, 15, 21, 28, 36, 44, 52, 60]);
    }

    /// A block at this tick with these open demands, and whether the answer that ends next is a good one.
    fn any_happening() -> impl Strategy<Value = (Tick, BTreeSet<u32>, bool)> {
        (0u32..12, proptest::collection::btree_set(0u32..40, 0..40), any::<bool>())
    }

    proptest! {
        /// Whatever happens: no answer is under way twice, none is given that is not asked for or too late, and there
        /// are never too many.
        #[test]
        fn nothing_is_ever_under_way_twice(
            happenings in proptest::collection::vec(any_happening(), 0..60),
        ) {
            let mut answers = Answers::default();
            let mut under_way = BTreeSet::new();
            for (clock, open, ok) in happenings {
                let demands = open.iter().map(|position| asked(*position, position % 12)).collect();
                for due in answers.reconcile(clock, demands) {
                    let position = due.asked.subject.node.position;
                    prop_assert!(open.contains(&position) && clock <= due.asked.deadline);
                    prop_assert!(under_way.insert(position));
                }
                prop_assert!(under_way.len() <= MOST_UNDER_WAY);
                if let Some(position) = under_way.pop_first() {
                    let result = if ok { AnswerResult::Open } else { AnswerResult::Failed };
                    answers.answered(asked(position, 0).key(), result);
                }
            }
        }
    }
}
