use touchstone_kir::{Opening, Outboard, Root, CHUNK};
use touchstone_primitives::{chunks_of, Buffer, Trace, ROOTS_PER_CHUNK};

use super::answers::Answers;
use crate::shown::Shown;

/// The trace of a result, as far as it is known. What is known was verified.
#[derive(Clone, Debug)]
pub enum KnownTrace {
    /// All of it: it is served.
    Whole(Trace),
    /// What answers have shown.
    Shown(Shown),
}

impl KnownTrace {
    /// The trace with this root and length: as it is served, or else as the answers show it.
    pub fn new(served: Option<&Trace>, committed: Buffer, answers: &Answers) -> Self {
        match served {
            Some(served) => Self::Whole(served.clone()),
            None => Self::Shown(answers.shown(committed, None).0),
        }
    }

    /// Opens the chunks that hold the roots of these instances, if they are known.
    pub fn open(&self, instances: impl IntoIterator<Item = u32>) -> Option<Opening> {
        match self {
            Self::Whole(trace) => trace.open(instances).ok(),
            Self::Shown(shown) => shown.open(&chunks_of(instances)),
        }
    }

    /// The root of the output of an instance, if it is known.
    pub fn root(&self, instance: u32) -> Option<Root> {
        match self {
            Self::Whole(trace) => trace.root(instance).copied(),
            Self::Shown(shown) => {
                let chunk = shown.chunk(instance / ROOTS_PER_CHUNK)?;
                chunk.as_chunks().0.get((instance % ROOTS_PER_CHUNK) as usize).copied()
            }
        }
    }

    /// All of it, if all of it is known.
    pub fn whole(&self) -> Option<Trace> {
        match self {
            Self::Whole(trace) => Some(trace.clone()),
            Self::Shown(shown) => {
                let bytes: Vec<u8> = shown.chunks().flat_map(|(_, bytes)| bytes).copied().collect();
                let is_whole = bytes.len() as u64 == u64::from(shown.buffer().len);
                is_whole.then(|| Trace::from_bytes(&bytes)).flatten()
            }
        }
    }

    /// Takes the roots of these instances from one's own trace where it is certain to agree with this one: under nodes
    /// that have the same value in both.
    pub fn take_own(&mut self, own: &Trace, instances: impl IntoIterator<Item = u32>) {
        let Self::Shown(shown) = self else { return };
        let bytes = own.to_bytes();
        let Ok(tree) = Outboard::new(&bytes) else { return };
        for range in chunks_of(instances) {
            for chunk in range.first..range.first.saturating_add(range.count) {
                if shown.chunk(chunk).is_none() {
                    let own = bytes.chunks(CHUNK).nth(chunk as usize).unwrap_or_default();
                    shown.take_own(&tree, chunk, own);
                }
            }
        }
    }

    /// The first instance in `chunk` whose root is another one in one's own trace.
    pub fn first_difference_in(&self, chunk: u32, own: &Trace) -> Option<u32> {
        let first = chunk.saturating_mul(ROOTS_PER_CHUNK);
        let differs = |instance: &u32| match (self.root(*instance), own.root(*instance)) {
            (Some(known), Some(own)) => known != *own,
            _ => false,
        };
        (first..first.saturating_add(ROOTS_PER_CHUNK)).find(differs)
    }
}

#[cfg(test)]
mod tests {
    use touchstone_kir::{Node, Reveal};
    use touchstone_primitives::{CommitmentId, Subject};

    use super::*;

    fn trace(instances: u32) -> Trace {
        Trace::new((0..instances).map(|instance| touchstone_kir::root(&instance.to_le_bytes())).collect())
    }

    fn answers(found: impl IntoIterator<Item = (Node, Reveal)>) -> Answers {
        let mut answers = Answers::new(CommitmentId([1; 32]), 0);
        answers.keep(found.into_iter().map(|(node, reveal)| (Subject { instance: None, node }, reveal)));
        answers
    }

    #[test]
    fn what_is_served_is_known_before_anything_is_shown() {
        let trace = trace(40);
        let known = KnownTrace::new(Some(&trace), trace.buffer(), &answers([]));
        assert_eq!((known.root(39), known.root(40)), (trace.root(39).copied(), None));
        assert_eq!(known.whole(), Some(trace.clone()));
        assert_eq!(known.open([3]), trace.open([3]).ok());
        let without = KnownTrace::new(None, trace.buffer(), &answers([]));
        assert_eq!((without.root(0), without.open([0]), without.whole()), (None, None, None));
    }

    #[test]
    fn an_answer_with_all_bytes_shows_the_whole_trace() {
        let trace = trace(40);
        let top = Node::top(trace.buffer().len);
        let known = KnownTrace::new(None, trace.buffer(), &answers([(top, Reveal::Bytes(trace.to_bytes()))]));
        assert_eq!(known.whole(), Some(trace.clone()));
        assert_eq!((known.root(33), known.open([0, 33])), (trace.root(33).copied(), trace.open([0, 33]).ok()));
    }

    /// A trace of 100 chunks, of which an answer shows the roots of the second half's chunks.
    #[test]
    fn roots_that_agree_with_ones_own_are_opened_without_a_demand() {
        let theirs = trace(100 * ROOTS_PER_CHUNK);
        let mut roots = theirs.roots().to_vec();
        roots[70 * ROOTS_PER_CHUNK as usize + 5] = [9; 32];
        let own = Trace::new(roots);
        let tree = Outboard::new(&theirs.to_bytes()).unwrap();
        let bytes = theirs.to_bytes();
        let read = |at: u64, out: &mut [u8]| {
            out.copy_from_slice(&bytes[at as usize..][..out.len()]);
            Ok::<_, ()>(())
        };
        let nodes = [Node::top(theirs.buffer().len), Node { level: 6, position: 1 }];
        let found = nodes.map(|node| (node, tree.reveal(node, read).unwrap().unwrap()));
        let mut known = KnownTrace::new(None, theirs.buffer(), &answers(found));
        let wrong = 70 * ROOTS_PER_CHUNK + 5;
        assert_eq!(known.first_difference_in(70, &own), Some(wrong));
        assert_eq!(known.first_difference_in(71, &own), None);
        assert_eq!((known.whole(), known.open([7, wrong])), (None, None));
        known.take_own(&own, [7, wrong]);
        assert_eq!(known.open([7, wrong]), theirs.open([7, wrong]).ok());
    }
}
