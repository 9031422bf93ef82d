//! Who moves, and how.
//!
//! A stranger does whatever the chain accepts, at any tick, and so does a provider with a wrong result: the two may be
//! the same person. One stranger stands for all of them, since the chain does not tell them apart. Honest players may
//! wait for as long as they like, but not beyond the last tick at which their move is accepted.

use super::state::{Action, Committed, Demand, Node, Rules, State, Who};

/// The nodes that lead to the wrong word, from the committed root downwards.
const TOWARDS_WRONG_WORD: [Node; 3] = [Node::Trace, Node::Output, Node::Left];

/// Who follows a wrong result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Challenger {
    Nobody,
    /// Goes on from the deepest node that anybody has demanded: a demand has the value of its node and the path to it.
    Attentive,
    /// Goes down from the root by the answers alone.
    ReadsAnswersAlone,
}

/// One dispute.
#[derive(Clone, Copy, Debug)]
pub struct Game {
    pub rules: Rules,
    pub challenger: Challenger,
    /// Whether the buyer may accept.
    pub accepts: bool,
}

impl Game {
    pub fn is_honest(&self) -> bool {
        self.rules.committed == Committed::Right
    }

    /// What can happen next: nothing when all is over.
    pub fn moves(&self, state: &State) -> Vec<Action> {
        if state.is_over() {
            return vec![];
        }
        let challenge = self.challenge(state);
        let wanted = self.free_moves().into_iter().chain(challenge.clone());
        let mut moves: Vec<_> = wanted.filter(|action| self.rules.accepts(state, action, state.now)).collect();
        let mut duties = challenge.into_iter().chain(answers().filter(|_| self.is_honest()));
        if !duties.any(|duty| self.is_last_chance(state, &duty)) {
            moves.extend(ticks(state));
        }
        moves
    }

    /// The chain accepts this now, and not at the next tick.
    fn is_last_chance(&self, state: &State, action: &Action) -> bool {
        self.rules.accepts(state, action, state.now) && !self.rules.accepts(state, action, state.now + 1)
    }

    /// What is done at will.
    fn free_moves(&self) -> Vec<Action> {
        let by = Who::Stranger;
        let demands = Node::ALL.into_iter().map(|node| Action::Demand { by, node });
        let accept = self.accepts.then_some(Action::Accept);
        demands.chain(answers()).chain([Action::Refute { by }]).chain(accept).collect()
    }

    /// The next step of the honest challenger, if it does not wait for an answer. Of two nodes it takes the one whose
    /// value differs from its own.
    fn challenge(&self, state: &State) -> Option<Action> {
        let has_value = |node: &Node| self.rules.committed.has_value(*node);
        let path: Vec<_> = TOWARDS_WRONG_WORD.into_iter().filter(has_value).collect();
        let next = match self.challenger {
            Challenger::Nobody => return None,
            Challenger::Attentive => match path.iter().rposition(|node| state.demand(*node) != Demand::Unasked) {
                None => 0,
                Some(deepest) if state.demand(path[deepest]).is_answered() => deepest + 1,
                Some(_) => return None,
            },
            Challenger::ReadsAnswersAlone => path.iter().take_while(|node| state.demand(**node).is_answered()).count(),
        };
        let by = Who::Challenger;
        Some(path.get(next).map_or(Action::Refute { by }, |node| Action::Demand { by, node: *node }))
    }
}

fn answers() -> impl Iterator<Item = Action> {
    Node::ALL.into_iter().map(|node| Action::Reveal { by: Who::Provider, node })
}

/// The next tick, in each order that makes a difference.
fn ticks(state: &State) -> Vec<Action> {
    let due = state.due();
    // Without a refutation, what becomes of a demand does not depend on the others.
    let is_refuted = due.iter().any(|node| state.demand(*node).is_asked());
    let orders = if is_refuted { orders(&due) } else { vec![due] };
    orders.into_iter().map(|order| Action::Tick { order }).collect()
}

/// All orders of these nodes.
fn orders(nodes: &[Node]) -> Vec<Vec<Node>> {
    if nodes.is_empty() {
        return vec![vec![]];
    }
    let beginning_with = |first: &Node| {
        let first = *first;
        let rest: Vec<_> = nodes.iter().copied().filter(|node| *node != first).collect();
        orders(&rest).into_iter().map(move |order| [vec![first], order].concat())
    };
    nodes.iter().flat_map(beginning_with).collect()
}
