use touchstone_kir::{Node, CHUNK};
use touchstone_primitives::{Buffer, Target, Trace, ROOTS_PER_CHUNK};

use super::{
    answers::{answered, Answers},
    ask::{buffer_name, moves, Ask},
    known_trace::KnownTrace,
};
use crate::{
    shown::{Next, Shown},
    types::DemandView,
};

/// A chunk that is to be shown: of the trace, or of the output of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The instance whose output it is; none for the trace.
    pub instance: Option<u32>,
    /// The chunk.
    pub chunk: u32,
    /// Length of the buffer, bytes.
    pub len: u32,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// The bytes of the chunk are known.
    Shown(Vec<u8>),
    /// This has to be demanded.
    Ask(Box<Ask>),
}

impl Goal {
    /// The next move; none if the trace has no such instance, or the buffer no such chunk.
    pub fn next(&self, trace: &KnownTrace, answers: &Answers) -> Option<Move> {
        let Some(instance) = self.instance else {
            return match trace {
                KnownTrace::Whole(trace) => {
                    trace.to_bytes().chunks(CHUNK).nth(self.chunk as usize).map(|bytes| Move::Shown(bytes.to_vec()))
                }
                KnownTrace::Shown(shown) => towards(shown, Target::Trace, self.chunk, 0),
            };
        };
        let Some((root, opening)) = trace.root(instance).zip(trace.open([instance])) else {
            let KnownTrace::Shown(shown) = trace else { return None };
            let then = moves(Node::top(self.len), self.chunk, self.len);
            let next = towards(shown, Target::Trace, instance / ROOTS_PER_CHUNK, then);
            // A trace that is shown there and has no root of the instance ends before it.
            return next.filter(|next| matches!(next, Move::Ask(_)));
        };
        let output = answers.shown(Buffer { root, len: self.len }, Some(instance)).0;
        towards(&output, Target::Output { instance, trace: opening }, self.chunk, 0)
    }

    /// Whether there are answers of use that were not found yet: to these demands, for a result with this trace.
    pub fn lacks(&self, committed: Buffer, served: Option<&Trace>, answers: &Answers, demands: &[DemandView]) -> bool {
        let needs_trace = self.instance.is_none() || served.is_none();
        if needs_trace && answers.lacks(committed, None, demands) {
            return true;
        }
        let Some(instance) = self.instance else { return false };
        match KnownTrace::new(served, committed, answers).root(instance) {
            Some(root) => answers.lacks(Buffer { root, len: self.len }, Some(instance), demands),
            // It cannot be checked before the root is known.
            None => answered(demands).any(|subject| subject.instance == Some(instance)),
        }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&buffer_name(self.instance))
    }
}

/// The next move towards a chunk of a buffer, after which so many more demands follow.
fn towards(shown: &Shown, target: Target, chunk: u32, then: u32) -> Option<Move> {
    Some(match shown.towards(chunk)? {
        Next::Chunk(chunk) => Move::Shown(shown.chunk(chunk)?.to_vec()),
        Next::Demand(question) => Move::Ask(Box::new(Ask::new(target, shown, question, chunk, then))),
    })
}

#[cfg(test)]
mod tests {
    use touchstone_kir::{verify_path, Outboard, Reveal};
    use touchstone_primitives::{CommitmentId, JobId, Subject};

    use super::*;
    use crate::types::AccountId;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
    }

    fn answer(data: &[u8], node: Node) -> Reveal {
        let read = |at: u64, out: &mut [u8]| {
            out.copy_from_slice(&data[at as usize..][..out.len()]);
            Ok::<_, ()>(())
        };
        Outboard::new(data).unwrap().reveal(node, read).unwrap().unwrap()
    }

    fn nothing() -> Answers {
        Answers::new(CommitmentId([1; 32]), 0)
    }

    /// Instance, level and how many are left, for each demand.
    type Asked = Vec<(Option<u32>, u8, u32)>;

    /// Asks and answers until the bytes are shown; gives what was asked, and the bytes.
    fn play(goal: Goal, served: Option<&Trace>, trace: &Trace, output: &[u8]) -> (Asked, Vec<u8>) {
        let (mut answers, mut asked) = (nothing(), Vec::new());
        loop {
            let known = KnownTrace::new(served, trace.buffer(), &answers);
            let ask = match goal.next(&known, &answers).unwrap() {
                Move::Shown(bytes) => return (asked, bytes),
                Move::Ask(ask) => ask,
            };
            let subject = ask.subject();
            let data = if subject.instance.is_some() { output.to_vec() } else { trace.to_bytes() };
            let (root, len) = (touchstone_kir::root(&data), data.len() as u32);
            assert_eq!(verify_path(subject.node, &ask.question.value, &ask.question.path, &root, len), Ok(()));
            asked.push((subject.instance, subject.node.level, ask.left));
            // Something that is no answer does no harm.
            answers.keep([(subject, Reveal::Bytes(vec![1; 4])), (subject, answer(&data, subject.node))]);
        }
    }

    #[test]
    fn the_trace_leads_to_the_root_of_an_output_and_that_to_its_bytes() {
        let output = bytes(70_000 * 3 + 5 * CHUNK);
        let trace = Trace::new(vec![[1; 32], touchstone_kir::root(&output)]);
        let goal = Goal { instance: Some(1), chunk: 130, len: output.len() as u32 };
        let (asked, shown) = play(goal, None, &trace, &output);
        assert_eq!(asked, [(None, 0, 3), (Some(1), 8, 2), (Some(1), 6, 1)]);
        assert_eq!(shown, output[130 * CHUNK..131 * CHUNK]);
        assert_eq!(play(goal, Some(&trace), &trace, &output).0, [(Some(1), 8, 2), (Some(1), 6, 1)]);
        let whole = Goal { instance: None, chunk: 0, len: 64 };
        assert_eq!(play(whole, None, &trace, &output), (vec![(None, 0, 1)], trace.to_bytes()));
        assert_eq!(play(whole, Some(&trace), &trace, &output), (vec![], trace.to_bytes()));
    }

    #[test]
    fn there_is_no_way_to_what_does_not_exist() {
        let trace = Trace::new(vec![[1; 32], [2; 32]]);
        let served = KnownTrace::Whole(trace.clone());
        for goal in [
            Goal { instance: Some(2), chunk: 0, len: 4 },
            Goal { instance: Some(1), chunk: 1, len: 1024 },
            Goal { instance: None, chunk: 1, len: 64 },
        ] {
            assert_eq!(goal.next(&served, &nothing()), None, "{goal:?}");
        }
    }

    fn demand(subject: Subject, answered: bool) -> DemandView {
        let Subject { instance, node } = subject;
        let demander = AccountId([1; 32]);
        DemandView { job: JobId([1; 32]), instance, node, len: 64, demander, deadline: 9, answered }
    }

    #[test]
    fn blocks_are_read_until_every_answer_of_use_was_found() {
        let trace = Trace::new(vec![[1; 32], [2; 32]]);
        let node = Node { level: 0, position: 0 };
        let (subject, other) = (Subject { instance: None, node }, Subject { instance: Some(1), node });
        let goal = Goal { instance: None, chunk: 0, len: 64 };
        let mut answers = nothing();
        let lacks =
            |goal: Goal, answers: &Answers, demands: &[DemandView]| goal.lacks(trace.buffer(), None, answers, demands);
        assert!(!lacks(goal, &answers, &[]) && !lacks(goal, &answers, &[demand(subject, false)]));
        assert!(lacks(goal, &answers, &[demand(subject, true)]));
        assert!(!lacks(goal, &answers, &[demand(other, true)]), "of no use");
        let output = Goal { instance: Some(1), chunk: 0, len: 4 };
        assert!(lacks(output, &answers, &[demand(other, true)]), "its root is not known");
        answers.keep([(subject, Reveal::Bytes(vec![1; 64]))]);
        assert!(lacks(goal, &answers, &[demand(subject, true)]), "it is false");
        answers.keep([(subject, Reveal::Bytes(trace.to_bytes()))]);
        assert!(!lacks(goal, &answers, &[demand(subject, true)]));
        assert!(lacks(output, &answers, &[demand(other, true)]), "it was not found");
        assert!(!output.lacks(trace.buffer(), Some(&trace), &answers, &[demand(subject, true)]), "the trace is served");
    }
}
