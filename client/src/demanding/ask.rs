use touchstone_kir::Node;
use touchstone_primitives::{Balance, CommitmentId, JobId, Subject, Target, Tick};

use crate::{
    amount,
    chain::{Call, TxError},
    shown::{Question, Shown},
    types::DemandView,
};

/// Answers that a demand names, at most: the chain's `MAX_SHOWN`.
pub(super) const MAX_SHOWN: usize = 5;

/// A demand that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The buffer.
    pub target: Target,
    /// Its length, bytes.
    pub len: u32,
    /// The node.
    pub question: Question,
    /// Demands until the bytes are shown, with this one.
    pub left: u32,
}

impl Ask {
    /// A demand for a node of a buffer, on the way to one of its chunks. After those bytes `then` more demands follow.
    pub fn new(target: Target, shown: &Shown, question: Question, chunk: u32, then: u32) -> Self {
        let len = shown.buffer().len;
        let left = moves(question.node, chunk, len).saturating_add(then);
        Self { target, len, question, left }
    }

    /// What is demanded.
    pub fn subject(&self) -> Subject {
        Subject { instance: self.target.instance(), node: self.question.node }
    }

    /// Whether this open demand is for a wider node, whose answer shows what lies below this one too.
    pub fn is_shown_with(&self, demand: &DemandView) -> bool {
        let node = self.question.node;
        let Some(first) = node.chunks(self.len).map(|range| range.first) else { return false };
        let wide = demand.node;
        let is_over = wide.level > node.level && first.checked_shr(wide.level.into()) == Some(wide.position);
        let is_same_buffer = demand.instance == self.target.instance();
        let is_below = wide.revealed_level().is_some_and(|level| level < node.level);
        !demand.answered && is_same_buffer && is_over && is_below && node.revealed_level().is_some()
    }

    /// The transaction.
    pub fn call(self, job: JobId, commitment: CommitmentId, shown_by: Vec<Subject>) -> Call {
        let Question { node, value, path } = self.question;
        Call::Demand { job, commitment, target: self.target, node, value, path, shown_by }
    }

    /// The answers to name: they lead to the node, and the first is recent enough at this tick of the clock. Inside the
    /// window none is needed, past it nothing is demanded without one.
    pub fn shown_by(&self, demands: &[DemandView], clock: Tick) -> Vec<Subject> {
        let (recent, mut old): (Vec<_>, Vec<_>) =
            demands.iter().filter(|demand| demand.answered).partition(|demand| clock <= demand.deadline);
        let mut ways: Vec<Vec<Subject>> = recent.into_iter().map(|demand| vec![demand.subject()]).collect();
        for _ in 0..MAX_SHOWN {
            let subject = self.subject();
            let shows = |way: &&Vec<Subject>| way.last().is_some_and(|last| last.shows(&subject, self.len));
            if let Some(way) = ways.iter().find(shows) {
                return way.clone();
            }
            // Old answers that the last ones of these ways show.
            let (mut longer, mut rest) = (Vec::new(), Vec::new());
            for demand in old {
                let subject = demand.subject();
                let leads = |way: &&Vec<Subject>| way.last().is_some_and(|last| last.shows(&subject, demand.len));
                match ways.iter().find(leads) {
                    Some(way) => longer.push([&way[..], &[subject]].concat()),
                    None => rest.push(demand),
                }
            }
            (ways, old) = (longer, rest);
        }
        Vec::new()
    }
}

/// Demands from a node down to the bytes of a chunk under it.
pub fn moves(node: Node, chunk: u32, len: u32) -> u32 {
    let below = node.revealed_level().and_then(|level| Node::over(chunk, level, len));
    below.map_or(1, |below| moves(below, chunk, len).saturating_add(1))
}

/// Whether somebody else has demanded the node meanwhile.
pub fn is_demanded(error: &TxError) -> bool {
    error.dispatch_error().is_some_and(|error| error.is("Demands", "AlreadyDemanded"))
}

/// A buffer for people.
pub fn buffer_name(instance: Option<u32>) -> String {
    match instance {
        // Each step has one instance.
        Some(step) => format!("output of step {step}"),
        None => "trace".into(),
    }
}

/// A node for people.
pub fn node_name(subject: &Subject) -> String {
    let Subject { instance, node } = subject;
    format!("node {} of level {} of the {}", node.position, node.level, buffer_name(*instance))
}

/// What a demand takes, for people.
pub fn cost(bond: Balance, price: Balance) -> String {
    format!("{} are held, of which an answer takes {}", amount::show(bond), amount::show(price))
}

/// How far a demand is from the bytes, for people.
pub fn moves_to_go(left: u32) -> String {
    match left {
        1 => "the last demand before the bytes".into(),
        left => format!("the first of {left} demands until the bytes are shown"),
    }
}

#[cfg(test)]
mod tests {
    use touchstone_primitives::JobId;

    use super::*;
    use crate::types::AccountId;

    fn demand(subject: Subject, answered: bool, deadline: Tick) -> DemandView {
        let Subject { instance, node } = subject;
        let demander = AccountId([1; 32]);
        DemandView { job: JobId([1; 32]), instance, node, len: 64, demander, deadline, answered }
    }

    #[test]
    fn an_answer_is_named_that_shows_the_node_and_is_recent() {
        let node = Node { level: 0, position: 0 };
        let trace = Subject { instance: None, node };
        let question = Question { node, value: [1; 32], path: Vec::new() };
        let target = Target::Output { instance: 1, trace: Default::default() };
        let ask = Ask { target, len: 64, question, left: 1 };
        assert_eq!(ask.shown_by(&[demand(trace, true, 9)], 9), [trace]);
        assert_eq!(ask.shown_by(&[demand(trace, true, 9)], 10), []);
        assert_eq!(ask.shown_by(&[demand(trace, false, 9)], 9), []);
        let other = Subject { instance: Some(2), node };
        assert_eq!(ask.shown_by(&[demand(other, true, 9), demand(trace, true, 8)], 8), [trace]);
    }

    /// A node that somebody demanded early stops nobody: its answer is old, and one above it is recent.
    #[test]
    fn old_answers_lead_on_from_a_recent_one() {
        let len = 1 << 31;
        let of_output = |level| Subject { instance: Some(1), node: Node { level, position: 0 } };
        let (top, middle) = (of_output(21), of_output(13));
        let trace = Subject { instance: None, node: Node { level: 0, position: 0 } };
        let question = Question { node: of_output(6).node, value: [1; 32], path: Vec::new() };
        let target = Target::Output { instance: 1, trace: Default::default() };
        let ask = Ask { target, len, question, left: 1 };
        let demand = |subject, deadline| DemandView { len, ..demand(subject, true, deadline) };
        let demands = |recent| [demand(middle, 5), demand(top, 4), DemandView { len: 64, ..demand(trace, recent) }];
        assert_eq!(ask.shown_by(&demands(9), 9), [trace, top, middle]);
        assert_eq!(ask.shown_by(&demands(8), 9), []);
        assert_eq!(ask.shown_by(&demands(9)[..1], 9), []);
        assert_eq!(ask.shown_by(&demands(9), 5), [middle]);
    }

    #[test]
    fn an_answer_about_a_wider_node_is_waited_for() {
        let len = 32 << 20;
        let of_output = |level, position| Subject { instance: Some(1), node: Node { level, position } };
        let ask = |level, position| {
            let question = Question { node: Node { level, position }, value: [1; 32], path: Vec::new() };
            let target = Target::Output { instance: 1, trace: Default::default() };
            Ask { target, len, question, left: 2 }
        };
        let wide = demand(of_output(14, 1), false, 9);
        assert!(ask(7, 128).is_shown_with(&wide) && ask(7, 255).is_shown_with(&wide));
        assert!(!ask(7, 127).is_shown_with(&wide), "under another one");
        assert!(!ask(6, 256).is_shown_with(&wide), "its answer shows bytes");
        assert!(!ask(14, 1).is_shown_with(&wide), "it is the same");
        assert!(!ask(14, 1).is_shown_with(&demand(of_output(7, 128), false, 9)), "it is a narrower one");
        assert!(!ask(7, 128).is_shown_with(&demand(of_output(14, 1), true, 9)), "it was answered");
        assert!(!ask(7, 128).is_shown_with(&demand(Subject { instance: Some(2), ..of_output(14, 1) }, false, 9)));
    }

    #[test]
    fn three_demands_lead_to_the_bytes_of_the_largest_buffer_and_one_to_those_of_a_small_one() {
        for (len, expected) in [(4, 1), (64 << 10, 1), ((64 << 10) + 4, 2), (16 << 20, 2), (1 << 31, 3)] {
            assert_eq!(moves(Node::top(len), 0, len), expected, "{len} bytes");
        }
    }
}
