use std::{fmt, ops::Range};

use touchstone_kir::{ChunkRange, Node, Opening, BYTES_LEVEL, CHUNK, REVEALED_LEVELS};
use touchstone_primitives::{Buffer, CommitmentId, JobId, Subject, Target, ROOTS_PER_CHUNK, ROOT_BYTES};

use super::{
    answers::Answers,
    ask::{buffer_name, moves, Ask, MAX_SHOWN},
    goal::Goal,
    known_trace::KnownTrace,
};
use crate::{
    chain::Call,
    shown::{Next, Question, Shown},
};

/// Level of the highest nodes whose answer shows nodes that are revealed by their bytes: 256 of them, over 16 MiB.
const WIDE_LEVEL: u8 = BYTES_LEVEL + REVEALED_LEVELS;

/// Bytes of a buffer that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    instance: Option<u32>,
    len: u32,
    bytes: Range<u32>,
}

/// A buffer has no such bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {} has {len} bytes, counted from 0: there are none from {first} up to {end}, which does not count",
    buffer_name(*.instance)
)]
pub struct NoSuchBytes {
    instance: Option<u32>,
    len: u32,
    first: u32,
    end: u32,
}

/// How far the bytes are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Round {
    /// All of them.
    Shown(Vec<u8>),
    /// These demands lead to them.
    Demands {
        /// The values of their nodes are known. They can be made at the same time, unless somebody has made them.
        asks: Vec<Ask>,
        /// The nodes of the demands that follow, as far as nothing of them was shown.
        later: Vec<Subject>,
    },
}

impl Wanted {
    /// Bytes of a buffer of `len` bytes: of the output of an instance, or of the trace.
    ///
    /// # Errors
    /// There are no such bytes, or none at all.
    pub fn new(instance: Option<u32>, len: u32, bytes: Range<u32>) -> Result<Self, NoSuchBytes> {
        match bytes.start < bytes.end && bytes.end <= len {
            true => Ok(Self { instance, len, bytes }),
            false => Err(NoSuchBytes { instance, len, first: bytes.start, end: bytes.end }),
        }
    }

    /// The instance whose output it is; none for the trace.
    pub fn instance(&self) -> Option<u32> {
        self.instance
    }

    /// The bytes.
    pub fn bytes(&self) -> Range<u32> {
        self.bytes.clone()
    }

    /// How many there are.
    pub fn size(&self) -> u32 {
        self.bytes.end.saturating_sub(self.bytes.start)
    }

    /// The chunks that have them.
    fn chunks(&self) -> Range<u32> {
        let chunk = CHUNK as u32;
        self.bytes.start / chunk..self.bytes.end.div_ceil(chunk)
    }

    /// The first of these chunks.
    pub fn first_chunk(&self) -> Goal {
        Goal { instance: self.instance, chunk: self.chunks().start, len: self.len }
    }

    /// The nodes that are demanded if nothing but the root of the buffer is known: from there down to the bytes.
    ///
    /// In the window any node whose value is known can be demanded, so the widest one is that shows nodes which are
    /// revealed by their bytes. Past it, a demand is of exactly the level that an answer shows.
    pub fn nodes(&self, is_window_over: bool) -> Vec<Node> {
        let top = Node::top(self.len);
        [vec![top], self.below(top, is_window_over)].concat()
    }

    /// The nodes that are demanded after one that is over some of the chunks.
    fn below(&self, node: Node, is_window_over: bool) -> Vec<Node> {
        let mut all = Vec::new();
        let mut row = vec![node];
        while !row.is_empty() {
            row = row.into_iter().flat_map(|node| self.next_below(node, is_window_over)).collect();
            all.extend_from_slice(&row);
        }
        all
    }

    /// Those of them that are demanded next.
    fn next_below(&self, node: Node, is_window_over: bool) -> Vec<Node> {
        let level = level_below(node, is_window_over);
        let Some((level, range)) = level.zip(node.chunks(self.len)) else { return Vec::new() };
        let wanted = self.chunks();
        let first = range.first.max(wanted.start);
        let end = range.first.saturating_add(range.count).min(wanted.end);
        // A node begins at a multiple of its width.
        let width = 1u32.checked_shl(level.into()).unwrap_or(u32::MAX);
        let start = first.saturating_sub(first % width);
        (start..end).step_by(width as usize).filter_map(|chunk| Node::over(chunk, level, self.len)).collect()
    }

    /// What is known of the bytes, and what leads to the others; none if the trace has no such instance.
    pub fn next(&self, trace: &KnownTrace, answers: &Answers, is_window_over: bool) -> Option<Round> {
        let Some(instance) = self.instance else {
            return match trace {
                KnownTrace::Whole(trace) => {
                    let Range { start, end } = self.bytes;
                    trace.to_bytes().get(start as usize..end as usize).map(|bytes| Round::Shown(bytes.to_vec()))
                }
                KnownTrace::Shown(shown) => self.round(shown, &Target::Trace, 0, is_window_over),
            };
        };
        if let Some((root, opening)) = trace.root(instance).zip(trace.open([instance])) {
            let shown = answers.shown(Buffer { root, len: self.len }, Some(instance)).0;
            return self.round(&shown, &Target::Output { instance, trace: opening }, 0, is_window_over);
        }
        // The root of the output comes first.
        let KnownTrace::Shown(shown) = trace else { return None };
        let first = instance.checked_mul(ROOT_BYTES)?;
        let root = Self::new(None, shown.buffer().len, first..first.checked_add(ROOT_BYTES)?).ok()?;
        let then = moves(Node::top(self.len), self.chunks().start, self.len);
        match root.round(shown, &Target::Trace, then, is_window_over)? {
            Round::Demands { asks, mut later } => {
                later.extend(self.nodes(is_window_over).into_iter().map(|node| self.subject(node)));
                Some(Round::Demands { asks, later })
            }
            // A trace that is shown there and has no root of the instance ends before it.
            Round::Shown(_) => None,
        }
    }

    fn subject(&self, node: Node) -> Subject {
        Subject { instance: self.instance, node }
    }

    /// As [`next`](Self::next), for a buffer whose root is known. After its bytes `then` more demands follow.
    fn round(&self, shown: &Shown, target: &Target, then: u32, is_window_over: bool) -> Option<Round> {
        let (mut asks, mut later) = (Vec::new(), Vec::new());
        let Range { start: mut chunk, end } = self.chunks();
        while chunk < end {
            let question = match shown.towards(chunk)? {
                Next::Chunk(_) => {
                    chunk = chunk.saturating_add(1);
                    continue;
                }
                Next::Demand(question) if is_window_over => question,
                Next::Demand(question) => wider(shown, chunk, question),
            };
            let ChunkRange { first, count } = question.node.chunks(self.len)?;
            later.extend(self.below(question.node, is_window_over).into_iter().map(|node| self.subject(node)));
            asks.push(Ask::new(target.clone(), shown, question, chunk, then));
            chunk = first.saturating_add(count).max(chunk.saturating_add(1));
        }
        match asks.is_empty() {
            true => self.cut(shown).map(Round::Shown),
            false => Some(Round::Demands { asks, later }),
        }
    }

    /// The bytes, out of chunks that have been shown.
    fn cut(&self, shown: &Shown) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for chunk in self.chunks() {
            bytes.extend_from_slice(shown.chunk(chunk)?);
        }
        let before = self.bytes.start as usize % CHUNK;
        bytes.drain(..before.min(bytes.len()));
        bytes.truncate(self.size() as usize);
        Some(bytes)
    }

    /// A demand that is as long as the longest of those for these bytes, of a result with this trace: so is its fee. It
    /// is not one to be sent.
    pub fn longest_demand(&self, job: JobId, commitment: CommitmentId, trace: Buffer, is_window_over: bool) -> Call {
        let node = Node::top(self.len);
        let target = match self.instance {
            None => Target::Trace,
            Some(instance) => {
                let ranges = vec![ChunkRange { first: instance / ROOTS_PER_CHUNK, count: 1 }];
                let data = vec![0; CHUNK.min(trace.len as usize)];
                let siblings = vec![[0; 32]; Node::top(trace.len).level.into()];
                Target::Output { instance, trace: Opening { ranges, data, siblings } }
            }
        };
        let path = vec![[0; 32]; node.level.saturating_sub(BYTES_LEVEL).into()];
        let shown_by = match is_window_over {
            true => vec![self.subject(node); MAX_SHOWN],
            false => Vec::new(),
        };
        Call::Demand { job, commitment, target, node, value: [0; 32], path, shown_by }
    }
}

/// For people.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.bytes;
        if self.bytes != (0..self.len) {
            write!(f, "bytes {start} to {} of the ", end.saturating_sub(1))?;
        }
        f.write_str(&buffer_name(self.instance))
    }
}

/// The level of the nodes that are demanded next below a node; none if its answer shows bytes.
fn level_below(node: Node, is_window_over: bool) -> Option<u8> {
    let shown = node.revealed_level()?;
    // What is shown at a lower level tells the values above it too.
    let is_exact = is_window_over || shown <= BYTES_LEVEL;
    Some(if is_exact { shown } else { shown.max(WIDE_LEVEL) })
}

/// The demand for the widest node over a chunk that shows nodes which are revealed by their bytes, if its value is
/// known; or else the one at hand.
fn wider(shown: &Shown, chunk: u32, question: Question) -> Question {
    if question.node.revealed_level().is_none() {
        return question;
    }
    let wide = Node::over(chunk, WIDE_LEVEL, shown.buffer().len).filter(|node| node.level > question.node.level);
    wide.and_then(|node| shown.question(node)).unwrap_or(question)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use touchstone_kir::{chunk_count, verify_path, Outboard, Reveal};
    use touchstone_primitives::Trace;

    use super::*;

    const KIB: u32 = 1 << 10;
    const MIB: u32 = 1 << 20;
    /// What one answer shows, at most.
    const ANSWER: u32 = 64 * KIB;
    const LONGEST: u32 = 2048 * MIB;

    fn of_bytes(nodes: &[Node]) -> usize {
        nodes.iter().filter(|node| node.revealed_level().is_none()).count()
    }

    fn wanted(len: u32, bytes: Range<u32>) -> Wanted {
        Wanted::new(Some(0), len, bytes).unwrap()
    }

    #[test]
    fn a_mebibyte_takes_16_answers_of_bytes_where_it_begins_at_a_multiple_of_64_kib_and_17_elsewhere() {
        for len in [MIB, 16 * MIB, 32 * MIB, LONGEST] {
            for first in [0, 3 * ANSWER, 15 * MIB + ANSWER, 1024 * MIB].into_iter().filter(|first| first + MIB <= len) {
                let nodes = wanted(len, first..first + MIB).nodes(false);
                assert_eq!(of_bytes(&nodes), 16, "{first} of {len}");
                // Before them one of nodes, and one or two more in an output of more than 16 MiB.
                assert!(nodes.len() <= if len > 16 * MIB { 19 } else { 17 }, "{first} of {len}: {}", nodes.len());
            }
        }
        let nodes = wanted(LONGEST, 4..MIB + 4).nodes(false);
        assert_eq!((of_bytes(&nodes), nodes.len()), (17, 19));
    }

    #[test]
    fn the_nodes_lead_from_the_root_to_the_bytes_and_to_no_others() {
        let node = |level, position| Node { level, position };
        assert_eq!(wanted(300, 7..8).nodes(false), [node(0, 0)]);
        assert_eq!(wanted(ANSWER, 0..ANSWER).nodes(false), [node(6, 0)]);
        let some = wanted(300 * KIB, 70 * KIB..130 * KIB).nodes(false);
        assert_eq!(some, [node(9, 0), node(6, 1), node(6, 2)]);
        // The last node has the name of its own level.
        let all = wanted(300 * KIB, 0..300 * KIB).nodes(false);
        assert_eq!(all, [node(9, 0), node(6, 0), node(6, 1), node(6, 2), node(6, 3), node(6, 4)]);
        let end = wanted(257 * KIB, 255 * KIB..257 * KIB).nodes(false);
        assert_eq!(end, [node(9, 0), node(6, 3), node(0, 256)]);
    }

    #[test]
    fn past_the_window_each_demand_is_of_the_level_that_an_answer_shows() {
        let across = wanted(32 * MIB, 16 * MIB - 4..16 * MIB + 4);
        let levels = |nodes: Vec<Node>| nodes.iter().map(|node| node.level).collect::<Vec<_>>();
        assert_eq!(levels(across.nodes(false)), [15, 14, 14, 6, 6]);
        assert_eq!(levels(across.nodes(true)), [15, 7, 7, 6, 6]);
        let first = |len| wanted(len, 0..4);
        assert_eq!(levels(first(LONGEST).nodes(false)), [21, 14, 6]);
        assert_eq!(levels(first(LONGEST).nodes(true)), [21, 13, 6]);
        // So the same bytes may take more answers there.
        let mebibyte = wanted(32 * MIB, 0..MIB);
        assert_eq!((mebibyte.nodes(false).len(), mebibyte.nodes(true).len()), (18, 25));
    }

    #[test]
    fn bytes_that_do_not_exist_cannot_be_wanted() {
        for (first, end) in [(0, 301), (300, 301), (5, 5), (6, 5), (u32::MAX, u32::MAX)] {
            let expected = NoSuchBytes { instance: Some(1), len: 300, first, end };
            assert_eq!(Wanted::new(Some(1), 300, first..end), Err(expected));
        }
        assert_eq!(
            Wanted::new(Some(1), 300, 7..301).unwrap_err().to_string(),
            "the output of step 1 has 300 bytes, counted from 0: there are none from 7 up to 301, which does not count"
        );
        assert!(Wanted::new(None, 0, 0..0).is_err());
    }

    #[test]
    fn bytes_are_named_for_people() {
        assert_eq!(wanted(300, 0..300).to_string(), "output of step 0");
        assert_eq!(wanted(300, 1..300).to_string(), "bytes 1 to 299 of the output of step 0");
        assert_eq!(Wanted::new(None, 64, 0..32).unwrap().to_string(), "bytes 0 to 31 of the trace");
    }

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
    }

    /// A result with the output that is wanted and one before it.
    struct Committed {
        trace: Trace,
        output: Vec<u8>,
        tree: Outboard,
    }

    impl Committed {
        fn new(len: usize) -> Self {
            let output = bytes(len);
            let trace = Trace::new(vec![[1; 32], touchstone_kir::root(&output)]);
            let tree = Outboard::new(&output).unwrap();
            Self { trace, output, tree }
        }

        fn wanted(&self, bytes: Range<u32>) -> Wanted {
            Wanted::new(Some(1), self.output.len() as u32, bytes).unwrap()
        }

        fn answer(&self, subject: Subject) -> Reveal {
            let read = |data: &[u8], at: u64, out: &mut [u8]| {
                out.copy_from_slice(&data[at as usize..][..out.len()]);
                Ok::<_, ()>(())
            };
            let trace = self.trace.to_bytes();
            let revealed = match subject.instance {
                None => Outboard::new(&trace).unwrap().reveal(subject.node, |at, out| read(&trace, at, out)),
                Some(_) => self.tree.reveal(subject.node, |at, out| read(&self.output, at, out)),
            };
            revealed.unwrap().unwrap()
        }

        /// A demand verifies as the chain verifies it.
        fn check(&self, ask: &Ask) {
            let (root, len) = match ask.subject().instance {
                None => (self.trace.buffer().root, self.trace.buffer().len),
                Some(_) => (self.tree.root(), self.output.len() as u32),
            };
            let Question { node, value, path } = &ask.question;
            assert_eq!(verify_path(*node, value, path, &root, len), Ok(()));
        }

        /// Makes all demands of each round and answers them; gives the nodes of each round, and the bytes.
        fn play(&self, wanted: &Wanted, served: bool, is_window_over: bool) -> (Vec<Vec<Subject>>, Vec<u8>) {
            let (mut answers, mut rounds) = (Answers::new(CommitmentId([1; 32]), 0), Vec::<Vec<Subject>>::new());
            let mut foreseen: Option<usize> = None;
            loop {
                let trace = KnownTrace::new(served.then_some(&self.trace), self.trace.buffer(), &answers);
                let (asks, later) = match wanted.next(&trace, &answers, is_window_over).unwrap() {
                    Round::Shown(bytes) => return (rounds, bytes),
                    Round::Demands { asks, later } => (asks, later),
                };
                // As many demands follow as were foreseen at first.
                let left = asks.len() + later.len();
                assert_eq!(*foreseen.get_or_insert(left), left + rounds.concat().len());
                asks.iter().for_each(|ask| self.check(ask));
                let round: Vec<Subject> = asks.iter().map(Ask::subject).collect();
                answers.keep(round.iter().map(|subject| (*subject, self.answer(*subject))));
                rounds.push(round);
            }
        }
    }

    #[test]
    fn all_nodes_whose_values_are_known_are_demanded_at_once() {
        let result = Committed::new(300 * CHUNK);
        let wanted = result.wanted(0..300 * KIB);
        let (rounds, shown) = result.play(&wanted, false, false);
        assert!(shown == result.output);
        assert_eq!(rounds.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 5]);
        assert_eq!((rounds[0][0].instance, rounds[1][0].instance), (None, Some(1)));
        assert_eq!(result.play(&wanted, true, false).0, rounds[1..], "the trace is served");
    }

    #[test]
    fn the_trace_can_be_wanted_too() {
        let result = Committed::new(4);
        let wanted = Wanted::new(None, 64, 32..64).unwrap();
        let node = Node { level: 0, position: 0 };
        let (rounds, shown) = result.play(&wanted, false, false);
        assert_eq!((rounds, shown), (vec![vec![Subject { instance: None, node }]], result.tree.root().to_vec()));
        assert_eq!(result.play(&wanted, true, false), (vec![], result.tree.root().to_vec()));
    }

    /// A node of each kind lies between the root and the bytes.
    #[test]
    fn an_output_of_more_than_16_mib_takes_one_answer_more_for_each_16_mib_that_are_touched() {
        let result = Committed::new((16 << 20) + (1 << 20));
        let middle = 16 * MIB;
        let wanted = result.wanted(middle - 100..middle + 100);
        let sizes = |rounds: &[Vec<Subject>]| rounds.iter().map(Vec::len).collect::<Vec<_>>();
        for is_window_over in [false, true] {
            let (rounds, shown) = result.play(&wanted, true, is_window_over);
            assert_eq!(sizes(&rounds), [1, 2, 2], "{is_window_over}");
            assert_eq!(shown, result.output[middle as usize - 100..middle as usize + 100]);
        }
        let half = result.wanted(0..MIB / 2);
        assert_eq!(sizes(&result.play(&half, true, false).0), [1, 1, 8]);
        assert_eq!(sizes(&result.play(&half, true, true).0), [1, 4, 8]);
    }

    #[test]
    fn what_others_have_demanded_is_not_demanded_again() {
        let result = Committed::new(300 * CHUNK);
        let wanted = result.wanted(0..300 * KIB);
        let trace = KnownTrace::Whole(result.trace.clone());
        let of_output = |level, position| Subject { instance: Some(1), node: Node { level, position } };
        let mut answers = Answers::new(CommitmentId([1; 32]), 0);
        answers.keep([of_output(9, 0), of_output(6, 2)].map(|subject| (subject, result.answer(subject))));
        let Some(Round::Demands { asks, later }) = wanted.next(&trace, &answers, false) else { panic!() };
        let asked: Vec<u32> = asks.iter().map(|ask| ask.subject().node.position).collect();
        assert_eq!((asked, later), (vec![0, 1, 3, 4], vec![]));
    }

    #[test]
    fn there_is_no_way_to_an_output_that_the_trace_does_not_have() {
        let trace = Trace::new(vec![[1; 32]]);
        let answers = Answers::new(CommitmentId([1; 32]), 0);
        let wanted = Wanted::new(Some(1), 4, 0..4).unwrap();
        for served in [None, Some(&trace)] {
            let known = KnownTrace::new(served, trace.buffer(), &answers);
            assert_eq!(wanted.next(&known, &answers, false), None);
        }
    }

    #[test]
    fn no_demand_is_longer_than_the_one_whose_fee_is_asked_for() {
        use codec::Encode;
        let size = |call: Call| match call {
            Call::Demand { job, commitment, target, node, value, path, shown_by } => {
                (job, commitment, target, node, value, path, shown_by).encoded_size()
            }
            other => panic!("{other}"),
        };
        let result = Committed::new(300 * CHUNK + 4);
        let wanted = result.wanted(0..300 * KIB + 4);
        let (job, commitment, committed) = (JobId([1; 32]), CommitmentId([2; 32]), result.trace.buffer());
        let longest = size(wanted.longest_demand(job, commitment, committed, false));
        let mut answers = Answers::new(commitment, 0);
        let mut sizes = Vec::new();
        loop {
            let trace = KnownTrace::new(None, committed, &answers);
            let Some(Round::Demands { asks, .. }) = wanted.next(&trace, &answers, false) else { break };
            for ask in asks {
                answers.keep([(ask.subject(), result.answer(ask.subject()))]);
                sizes.push(size(ask.call(job, commitment, Vec::new())));
            }
        }
        assert_eq!((sizes.len(), sizes.into_iter().max()), (7, Some(longest)));
        assert!(size(wanted.longest_demand(job, commitment, committed, true)) > longest);
    }

    proptest! {
        /// Whatever is wanted of whatever output: the nodes are over exactly the chunks that have the bytes, no two of
        /// those with bytes overlap, and a range takes one answer more than its length alone would, at most.
        #[test]
        fn the_nodes_cover_what_is_wanted(len in 1..=LONGEST, start: u32, size in 1..=2 * MIB, is_late: bool) {
            let first = start % len;
            let wanted = wanted(len, first..first.saturating_add(size).min(len));
            let nodes = wanted.nodes(is_late);
            let ranges: Vec<ChunkRange> = nodes.iter().map(|node| node.chunks(len).unwrap()).collect();
            let chunks = wanted.chunks();
            for ChunkRange { first, count } in &ranges {
                prop_assert!(*first < chunks.end && first + count > chunks.start);
            }
            let with_bytes = nodes.iter().zip(&ranges).filter(|(node, _)| node.revealed_level().is_none());
            // A node at the end of the buffer may come before others, because its answer shows bytes at once.
            let mut with_bytes: Vec<_> = with_bytes.map(|(_, range)| range).collect();
            with_bytes.sort_by_key(|range| range.first);
            let mut reached = chunks.start;
            for range in with_bytes {
                prop_assert!(range.first <= reached, "a gap before {}", range.first);
                prop_assert!(range.first == reached || reached == chunks.start, "shown twice before {}", range.first);
                reached = range.first + range.count;
            }
            prop_assert!(reached >= chunks.end);
            prop_assert!(of_bytes(&nodes) as u32 <= wanted.size().div_ceil(ANSWER) + 1);
            prop_assert!(chunks.end <= chunk_count(len));
        }

        /// A small output, whatever is wanted of it: the bytes come, and no demand is refused.
        #[test]
        fn demands_lead_to_the_bytes(len in 1usize..300_000, start: u32, size in 1..300_000u32, served: bool) {
            let result = Committed::new(len);
            let first = start % len as u32;
            let wanted = result.wanted(first..first.saturating_add(size).min(len as u32));
            let (rounds, shown) = result.play(&wanted, served, false);
            prop_assert!(rounds.len() <= 3);
            prop_assert!(shown == result.output[wanted.bytes.start as usize..wanted.bytes.end as usize]);
        }
    }
}
