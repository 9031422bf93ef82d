//! What to demand next of a result that is not served. Pure: what is known goes in, a move comes out.

use rand::{rngs::StdRng, seq::index, Rng, SeedableRng};
use touchstone_client::{
    demanding::{self, moves, Answers, Ask, Goal, KnownTrace},
    shown::{Next, Question, Shown},
    AccountId, DemandView,
};
use touchstone_kir::{chunk_count, Node, Outboard, BYTES_LEVEL, CHUNK_WORDS};
use touchstone_primitives::{Buffer, Subject, Target, Tick, Trace};

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// This has to be demanded.
    Ask(Box<Ask>),
    /// The hash tree of one's own output of this instance is needed.
    Hash(u32),
    /// The bytes of this instance's output that were searched for are shown.
    Compare(u32),
}

/// What is searched for in a result that is not served.
#[derive(Clone, Copy)]
pub(super) enum Aim<'a> {
    /// The first word that differs, by one's own trace.
    Difference(&'a Trace),
    /// A chunk of an output that was drawn.
    Sample(&'a Goal),
}

/// A search in one result.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) aim: Aim<'a>,
    /// Root and length of the trace, as committed.
    pub(super) committed: Buffer,
    /// The trace, if it is known as a whole.
    pub(super) served: Option<&'a Trace>,
    /// Lengths of the outputs of all instances. Each step has one instance.
    pub(super) output_bytes: &'a [u32],
}

/// One's own output of an instance, hashed.
pub(super) struct OwnOutput {
    pub(super) instance: u32,
    pub(super) tree: Outboard,
}

impl Search<'_> {
    /// The trace, as far as it is known.
    pub(super) fn trace(&self, answers: &Answers) -> KnownTrace {
        KnownTrace::new(self.served, self.committed, answers)
    }

    /// An output, as far as the answers show it; none if its root is not known.
    pub(super) fn output(&self, trace: &KnownTrace, answers: &Answers, instance: u32) -> Option<Shown> {
        let buffer = Buffer { root: trace.root(instance)?, len: self.len(instance)? };
        Some(answers.shown(buffer, Some(instance)).0)
    }

    fn len(&self, instance: u32) -> Option<u32> {
        self.output_bytes.get(instance as usize).copied()
    }

    /// Whether there are answers of use that were not found yet, to these demands.
    pub(super) fn lacks(&self, answers: &Answers, demands: &[DemandView]) -> bool {
        let own = match self.aim {
            Aim::Sample(goal) => return goal.lacks(self.committed, self.served, answers, demands),
            Aim::Difference(own) => own,
        };
        if self.served.is_none() && answers.lacks(self.committed, None, demands) {
            return true;
        }
        let trace = self.trace(answers);
        let Some(Ok(instance)) = first_difference(&trace, own) else { return false };
        match (trace.root(instance), self.len(instance)) {
            (Some(root), Some(len)) => answers.lacks(Buffer { root, len }, Some(instance), demands),
            _ => false,
        }
    }

    /// The next move; none if there is no way to a difference, which only a node or a client of another version shows.
    pub(super) fn next(&self, answers: &Answers, own_output: Option<&OwnOutput>) -> Option<Move> {
        let trace = self.trace(answers);
        let own = match self.aim {
            Aim::Difference(own) => own,
            Aim::Sample(goal) => {
                return Some(match goal.next(&trace, answers)? {
                    demanding::Move::Ask(ask) => Move::Ask(ask),
                    demanding::Move::Shown(_) => Move::Compare(goal.instance?),
                })
            }
        };
        let instance = match first_difference(&trace, own)? {
            Ok(instance) => instance,
            Err(question) => {
                let KnownTrace::Shown(shown) = &trace else { return None };
                // Which output comes next is not known yet: as many demands as for the longest one.
                let longest = self.output_bytes.iter().copied().max()?;
                let then = moves(Node::top(longest), 0, longest);
                return ask(Target::Trace, shown, question, then);
            }
        };
        let target = Target::Output { instance, trace: trace.open([instance])? };
        let output = self.output(&trace, answers, instance)?;
        let top = Node::top(self.len(instance)?);
        // The roots differ. So the first demand needs no tree, and often it is the last one: nobody answers.
        if let (Some(Next::Demand(question)), true) = (output.towards(0), own_output.is_none()) {
            if question.node == top {
                return ask(target, &output, question, 0);
            }
        }
        let Some(own_output) = own_output.filter(|output| output.instance == instance) else {
            return Some(Move::Hash(instance));
        };
        match output.towards_difference(&own_output.tree)? {
            Next::Chunk(_) => Some(Move::Compare(instance)),
            Next::Demand(question) => ask(target, &output, question, 0),
        }
    }
}

/// A demand on the way to the first chunk under its node: no other one has more demands before it.
fn ask(target: Target, shown: &Shown, question: Question, then: u32) -> Option<Move> {
    let first = question.node.chunks(shown.buffer().len)?.first;
    Some(Move::Ask(Box::new(Ask::new(target, shown, question, first, then))))
}

/// The first instance whose root is another one in one's own trace, or what has to be demanded to find it. None if the
/// two traces do not differ.
fn first_difference(trace: &KnownTrace, own: &Trace) -> Option<Result<u32, Question>> {
    match trace {
        KnownTrace::Whole(whole) => {
            let mut pairs = (0u32..).zip(whole.roots().iter().zip(own.roots()));
            pairs.find_map(|(instance, (theirs, own))| (theirs != own).then_some(Ok(instance)))
        }
        KnownTrace::Shown(shown) => match shown.towards_difference(&Outboard::new(&own.to_bytes()).ok()?)? {
            Next::Chunk(chunk) => trace.first_difference_in(chunk, own).map(Ok),
            Next::Demand(question) => Some(Err(question)),
        },
    }
}

/// How a node stands on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Demanded {
    /// Nobody has demanded it.
    Not,
    /// It waits for an answer.
    Open {
        /// Last tick for it.
        deadline: Tick,
        /// This account has demanded it.
        is_own: bool,
    },
    /// It was answered.
    Answered,
}

/// How a node stands by these demands of its result.
pub(super) fn demanded(demands: &[DemandView], subject: &Subject, own: &AccountId) -> Demanded {
    match demands.iter().find(|demand| demand.subject() == *subject) {
        None => Demanded::Not,
        Some(demand) if demand.answered => Demanded::Answered,
        Some(demand) => Demanded::Open { deadline: demand.deadline, is_own: demand.demander == *own },
    }
}

/// What this account has demanded.
pub(super) fn own_demands<'a>(
    demands: &'a [DemandView],
    own: &'a AccountId,
) -> impl Iterator<Item = &'a DemandView> + 'a {
    demands.iter().filter(move |demand| demand.demander == *own)
}

/// Draws the chunk of an output that a sampling watcher looks at. Where this account has demanded a node of the output
/// before, it is one below the lowest of them: so a watcher that starts again goes on with its own demands. Those of
/// others do not count, or a provider could have its choice looked at.
pub(super) fn draw(instance: u32, len: u32, demands: &[DemandView], own: &AccountId, seed: u64) -> Goal {
    let of_output = own_demands(demands, own).filter(|demand| demand.instance == Some(instance));
    let lowest = of_output.map(|demand| demand.node).min_by_key(|node| node.level);
    let range = lowest.and_then(|node| node.chunks(len));
    let (first, count) = range.map_or((0, chunk_count(len)), |range| (range.first, range.count));
    let chunk = first.saturating_add(StdRng::seed_from_u64(seed).gen_range(0..count.max(1)));
    Goal { instance: Some(instance), chunk, len }
}

/// So many words, drawn out of what the answer with a chunk shows.
pub(super) fn sample(shown: &Shown, goal: &Goal, count: u32, seed: u64) -> Vec<u32> {
    let Some(range) = Node::over(goal.chunk, BYTES_LEVEL, goal.len).and_then(|node| node.chunks(goal.len)) else {
        return Vec::new();
    };
    let is_inside = |chunk: u32| chunk.checked_sub(range.first).is_some_and(|within| within < range.count);
    let inside = shown.chunks().filter(|(chunk, _)| is_inside(*chunk));
    let words: Vec<u32> = inside
        .flat_map(|(chunk, bytes)| {
            let first = chunk.saturating_mul(CHUNK_WORDS);
            first..first.saturating_add((bytes.len() / 4) as u32)
        })
        .collect();
    let count = words.len().min(count as usize);
    let drawn = index::sample(&mut StdRng::seed_from_u64(seed), words.len(), count);
    drawn.into_iter().filter_map(|at| words.get(at).copied()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use touchstone_kir::{root, verify_path, Reveal, CHUNK};
    use touchstone_primitives::{CommitmentId, JobId};

    use super::*;

    const OWN: AccountId = AccountId([1; 32]);
    const OTHER: AccountId = AccountId([2; 32]);

    fn bytes(len: usize, seed: usize) -> Vec<u8> {
        (0..len).map(|at| (at * 7 + at / 251 + seed) as u8).collect()
    }

    fn nothing() -> Answers {
        Answers::new(CommitmentId([1; 32]), 0)
    }

    fn answer(data: &[u8], node: Node) -> Reveal {
        let read = |at: u64, out: &mut [u8]| {
            out.copy_from_slice(&data[at as usize..][..out.len()]);
            Ok::<_, ()>(())
        };
        Outboard::new(data).unwrap().reveal(node, read).unwrap().unwrap()
    }

    fn trace(outputs: &[Vec<u8>]) -> Trace {
        Trace::new(outputs.iter().map(|output| root(output)).collect())
    }

    /// Instance, level and how many are left, for each demand.
    type Asked = Vec<(Option<u32>, u8, u32)>;

    /// Plays until words are compared; gives what was demanded, the instance, and what is known of its output.
    fn play(search: &Search, theirs: &[Vec<u8>], ours: &[Vec<u8>]) -> (Asked, u32, Shown) {
        let (mut answers, mut asked, mut own_output) = (nothing(), Vec::new(), None);
        loop {
            match search.next(&answers, own_output.as_ref()).unwrap() {
                Move::Ask(ask) => {
                    let subject = ask.subject();
                    let data = match subject.instance {
                        Some(instance) => theirs[instance as usize].clone(),
                        None => trace(theirs).to_bytes(),
                    };
                    let Question { node, value, path } = &ask.question;
                    assert_eq!(verify_path(*node, value, path, &root(&data), data.len() as u32), Ok(()));
                    asked.push((subject.instance, node.level, ask.left));
                    answers.keep([(subject, answer(&data, *node))]);
                }
                Move::Hash(instance) => {
                    assert!(own_output.is_none(), "it is hashed once");
                    let tree = Outboard::new(&ours[instance as usize]).unwrap();
                    own_output = Some(OwnOutput { instance, tree });
                }
                Move::Compare(instance) => {
                    let output = search.output(&search.trace(&answers), &answers, instance).unwrap();
                    return (asked, instance, output);
                }
            }
        }
    }

    fn lens(outputs: &[Vec<u8>]) -> Vec<u32> {
        outputs.iter().map(|output| output.len() as u32).collect()
    }

    #[test]
    fn the_first_output_that_differs_is_demanded_down_to_the_first_chunk_that_does() {
        let ours = vec![bytes(40, 1), bytes(215 * CHUNK, 2), bytes(80, 3)];
        let mut theirs = ours.clone();
        theirs[1][130 * CHUNK + 9] ^= 1;
        theirs[2][4] ^= 1;
        let (own, output_bytes) = (trace(&ours), lens(&ours));
        let aim = Aim::Difference(&own);
        let committed = trace(&theirs);
        let search = Search { aim, committed: committed.buffer(), served: None, output_bytes: &output_bytes };
        let (asked, instance, shown) = play(&search, &theirs, &ours);
        assert_eq!(asked, [(None, 0, 3), (Some(1), 8, 2), (Some(1), 6, 1)]);
        assert_eq!((instance, shown.chunk(130)), (1, Some(&theirs[1][130 * CHUNK..131 * CHUNK])));
        // A trace that is served is not demanded.
        let served = Search { served: Some(&committed), ..search };
        assert_eq!(play(&served, &theirs, &ours).0, [(Some(1), 8, 2), (Some(1), 6, 1)]);
    }

    #[test]
    fn a_chunk_that_was_drawn_is_demanded_and_words_of_the_answer_are_drawn() {
        let outputs = vec![bytes(215 * CHUNK, 2)];
        let goal = Goal { instance: Some(0), chunk: 130, len: outputs[0].len() as u32 };
        let committed = trace(&outputs);
        let output_bytes = lens(&outputs);
        let aim = Aim::Sample(&goal);
        let search = Search { aim, committed: committed.buffer(), served: None, output_bytes: &output_bytes };
        let (asked, instance, shown) = play(&search, &outputs, &[]);
        assert_eq!((asked, instance), (vec![(None, 0, 3), (Some(0), 8, 2), (Some(0), 6, 1)], 0));
        let words = sample(&shown, &goal, 5, 7);
        assert_eq!(words.len(), 5);
        assert!(words.iter().all(|word| (128 * CHUNK_WORDS..192 * CHUNK_WORDS).contains(word)), "{words:?}");
        assert_ne!(sample(&shown, &goal, 5, 8), words);
        assert_eq!(sample(&shown, &goal, u32::MAX, 1).len(), 64 * CHUNK_WORDS as usize);
    }

    #[test]
    fn traces_that_do_not_differ_lead_nowhere() {
        let outputs = vec![bytes(40, 1)];
        let own = trace(&outputs);
        let output_bytes = lens(&outputs);
        for served in [None, Some(&own)] {
            let aim = Aim::Difference(&own);
            let search = Search { aim, committed: own.buffer(), served, output_bytes: &output_bytes };
            assert_eq!(search.next(&nothing(), None), None);
        }
    }

    fn demand(subject: Subject, demander: AccountId, answered: bool) -> DemandView {
        let Subject { instance, node } = subject;
        DemandView { job: JobId([1; 32]), instance, node, len: 64, demander, deadline: 9, answered }
    }

    #[test]
    fn a_node_is_demanded_by_nobody_by_oneself_or_by_somebody_else() {
        let node = Node { level: 0, position: 0 };
        let [first, second, third] = [None, Some(0), Some(1)].map(|instance| Subject { instance, node });
        let demands = [demand(first, OWN, false), demand(second, OTHER, false)];
        assert_eq!(demanded(&demands, &first, &OWN), Demanded::Open { deadline: 9, is_own: true });
        assert_eq!(demanded(&demands, &second, &OWN), Demanded::Open { deadline: 9, is_own: false });
        assert_eq!(demanded(&demands, &third, &OWN), Demanded::Not);
        assert_eq!(demanded(&[demand(third, OTHER, true)], &third, &OWN), Demanded::Answered);
    }

    #[test]
    fn blocks_are_read_until_every_answer_on_the_way_was_found() {
        let ours = vec![bytes(40, 1), bytes(80, 2)];
        let theirs = vec![bytes(40, 1), bytes(80, 3)];
        let (own, committed, output_bytes) = (trace(&ours), trace(&theirs), lens(&ours));
        let aim = Aim::Difference(&own);
        let search = Search { aim, committed: committed.buffer(), served: None, output_bytes: &output_bytes };
        let node = Node { level: 0, position: 0 };
        let [of_trace, same, other] = [None, Some(0), Some(1)].map(|instance| Subject { instance, node });
        let demands = [of_trace, same, other].map(|subject| demand(subject, OTHER, true));
        let mut answers = nothing();
        assert!(!search.lacks(&answers, &[demand(of_trace, OWN, false)]));
        assert!(search.lacks(&answers, &demands));
        answers.keep([(of_trace, Reveal::Bytes(committed.to_bytes()))]);
        assert!(search.lacks(&answers, &demands), "the output that differs");
        assert!(!search.lacks(&answers, &[demand(same, OTHER, true)]), "it is the same here");
        answers.keep([(other, Reveal::Bytes(theirs[1].clone()))]);
        assert!(!search.lacks(&answers, &demands));
    }

    #[test]
    fn who_starts_again_draws_below_the_lowest_node_that_it_has_demanded() {
        let len = 1 << 20;
        let top = demand(Subject { instance: Some(0), node: Node::top(len) }, OWN, true);
        let mine = demand(Subject { instance: Some(0), node: Node { level: 6, position: 3 } }, OWN, false);
        let foreign = demand(Subject { instance: Some(0), node: Node { level: 0, position: 5 } }, OTHER, true);
        for seed in 0..50 {
            let goal = draw(0, len, &[top.clone(), foreign.clone(), mine.clone()], &OWN, seed);
            assert!((192..256).contains(&goal.chunk), "{goal:?}");
            assert!(draw(1, len, std::slice::from_ref(&mine), &OWN, seed).chunk < 1024);
        }
        let drawn = (0..50).map(|seed| draw(0, len, &[], &OWN, seed).chunk).collect::<std::collections::BTreeSet<_>>();
        assert!(drawn.len() > 30 && drawn.iter().all(|chunk| *chunk < 1024), "{drawn:?}");
    }

    proptest! {
        /// Wherever outputs differ, six demands lead to the first difference, and never to anything else.
        #[test]
        fn the_first_difference_is_found(
            lens in proptest::collection::vec(1usize..60_000, 1..4),
            which: usize,
            places in proptest::collection::vec(any::<usize>(), 1..4),
            is_served: bool,
        ) {
            let ours: Vec<Vec<u8>> = lens.iter().enumerate().map(|(seed, len)| bytes(len * 4, seed)).collect();
            let mut theirs = ours.clone();
            let which = which % ours.len();
            places.iter().for_each(|place| {
                let at = place % theirs[which].len();
                theirs[which][at] ^= 1;
            });
            prop_assume!(theirs[which] != ours[which]);
            let (own, committed) = (trace(&ours), trace(&theirs));
            let output_bytes: Vec<u32> = ours.iter().map(|output| output.len() as u32).collect();
            let search = Search {
                aim: Aim::Difference(&own),
                committed: committed.buffer(),
                served: is_served.then_some(&committed),
                output_bytes: &output_bytes,
            };
            let (asked, instance, shown) = play(&search, &theirs, &ours);
            prop_assert_eq!(instance as usize, which);
            prop_assert!(asked.len() <= 6);
            let first = theirs[which].iter().zip(&ours[which]).position(|(their, own)| their != own).unwrap();
            let chunk = first / CHUNK;
            let end = theirs[which].len().min((chunk + 1) * CHUNK);
            prop_assert_eq!(shown.chunk(chunk as u32), Some(&theirs[which][chunk * CHUNK..end]));
        }
    }
}
