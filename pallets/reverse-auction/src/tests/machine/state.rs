//! The rules of the chain for one committed result and the demands for its data, in small numbers.
//!
//! Transactions cost nothing here, and so few demands are open that bonds do not grow.

use touchstone_primitives::Tick;

/// An amount of coins, or what somebody has lost.
pub type Coins = i32;

pub const BOND: Coins = 5;
pub const ANSWER_PRICE: Coins = 2;
pub const BOUNTY: Coins = 4;
/// The price of the job.
pub const PAYMENT: Coins = 10;
/// As little as the chain allows: what a buyer who has paid gets back, and the bounty twice.
pub const COLLATERAL: Coins = PAYMENT + 2 * BOUNTY;

/// Answers that follow from each other: about the trace, about the output, and about a part of it.
pub const ANSWERS: Tick = 3;

/// Whose coins are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Who {
    Provider,
    Challenger,
    /// Anybody else.
    Stranger,
    Buyer,
}

impl Who {
    pub const ALL: [Self; 4] = [Self::Provider, Self::Challenger, Self::Stranger, Self::Buyer];
}

/// What can be demanded: the whole trace, the whole output behind it, and its two parts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Node {
    Trace,
    Output,
    Left,
    Right,
}

impl Node {
    pub const ALL: [Self; 4] = [Self::Trace, Self::Output, Self::Left, Self::Right];

    /// The node whose answer shows the value of this one. That of the trace is committed.
    pub fn shown_by(self) -> Option<Self> {
        match self {
            Self::Trace => None,
            Self::Output => Some(Self::Trace),
            Self::Left | Self::Right => Some(Self::Output),
        }
    }
}

/// What the provider has committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Committed {
    /// The right result.
    Right,
    /// A word of [`Node::Left`] is wrong. All data exist.
    WrongWord,
    /// No data hash to the value of this node.
    NoData(Node),
}

impl Committed {
    /// Whether a demand for the node has an answer.
    pub fn has_data(self, node: Node) -> bool {
        match self {
            Self::Right | Self::WrongWord => true,
            Self::NoData(from) => from != node && self.has_value(node),
        }
    }

    /// Whether there is a node to demand: its value leads to the committed root.
    pub fn has_value(self, node: Node) -> bool {
        node.shown_by().is_none_or(|above| self.has_data(above))
    }
}

/// Where the result stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Outcome {
    /// It can be challenged.
    #[default]
    Open,
    Stood,
    Refuted,
}

/// Whether the buyer has paid for it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Payment {
    #[default]
    Due,
    /// It is paid at the next tick.
    Accepted,
    Paid,
}

/// Where the demand for a node stands. Each is looked at by the queue at one tick.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Demand {
    #[default]
    Unasked,
    Asked {
        by: Who,
        deadline: Tick,
    },
    Answered {
        by: Who,
        until: Tick,
        look: Tick,
    },
    /// Nothing is held for it any more.
    Closed,
}

impl Demand {
    /// Who made it, and what is held for it.
    pub fn held(self) -> Option<(Who, Coins)> {
        match self {
            Self::Asked { by, .. } => Some((by, BOND)),
            Self::Answered { by, .. } => Some((by, ANSWER_PRICE)),
            Self::Unasked | Self::Closed => None,
        }
    }

    /// When the queue looks at it.
    pub fn look(self) -> Option<Tick> {
        match self {
            Self::Asked { deadline, .. } => Some(deadline + 1),
            Self::Answered { look, .. } => Some(look),
            Self::Unasked | Self::Closed => None,
        }
    }

    pub fn is_asked(self) -> bool {
        matches!(self, Self::Asked { .. })
    }

    pub fn is_answered(self) -> bool {
        matches!(self, Self::Answered { .. })
    }
}

/// The result, its demands, and what each has gained or lost since the commitment, at tick 0.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct State {
    pub now: Tick,
    pub outcome: Outcome,
    pub payment: Payment,
    /// The last tick for an answer, or for challenges to what answers have shown; 0 before the first demand.
    pub until: Tick,
    demands: [Demand; 4],
    /// Coins on hold belong to who holds them.
    change: [Coins; 4],
    pub burned: Coins,
}

impl State {
    pub fn demand(&self, node: Node) -> Demand {
        self.demands[node as usize]
    }

    pub fn change(&self, who: Who) -> Coins {
        self.change[who as usize]
    }

    pub fn count(&self, is: impl Fn(Demand) -> bool) -> usize {
        self.demands.iter().filter(|demand| is(**demand)).count()
    }

    /// Demands that wait for an answer.
    pub fn open(&self) -> usize {
        self.count(Demand::is_asked)
    }

    /// What is held for demands.
    pub fn bonds(&self, who: Who) -> Coins {
        let held = self.demands.iter().filter_map(|demand| demand.held());
        held.filter(|(by, _)| *by == who).map(|(_, amount)| amount).sum()
    }

    /// The outcome is known, and nothing is held for demands.
    pub fn is_over(&self) -> bool {
        self.outcome != Outcome::Open && self.demands.iter().all(|demand| demand.held().is_none())
    }

    /// What the queue looks at when the next tick begins.
    pub fn due(&self) -> Vec<Node> {
        Node::ALL.into_iter().filter(|node| self.demand(*node).look() == Some(self.now + 1)).collect()
    }

    fn set(&mut self, node: Node, demand: Demand) {
        self.demands[node as usize] = demand;
    }

    fn earn(&mut self, who: Who, amount: Coins) {
        self.change[who as usize] += amount;
    }

    fn transfer(&mut self, from: Who, to: Who, amount: Coins) {
        self.earn(from, -amount);
        self.earn(to, amount);
    }
}

/// A transaction, or the passing of time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Names the answers that lead to the node, if there are any.
    Demand { by: Who, node: Node },
    /// With the right data: anybody's answer counts alike.
    Reveal { by: Who, node: Node },
    /// Proves the wrong word.
    Refute { by: Who },
    /// The buyer pays early.
    Accept,
    /// The next tick begins. The queue looks at what is due in this order.
    Tick { order: Vec<Node> },
}

/// What does not change.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub committed: Committed,
    /// Last tick of the dispute window.
    pub window: Tick,
    pub answer_time: Tick,
    pub challenge_time: Tick,
}

impl Rules {
    /// The last tick before which the result has to be settled or refuted, whatever anybody does.
    pub fn bound(&self) -> Tick {
        self.window + ANSWERS * (self.answer_time + self.challenge_time)
    }

    /// The last tick at which the result can be challenged, as far as is known.
    fn last_tick(&self, state: &State) -> Tick {
        self.window.max(state.until)
    }

    fn is_challengeable(&self, state: &State, at: Tick) -> bool {
        state.outcome == Outcome::Open && (at <= self.last_tick(state) || state.open() > 0)
    }

    /// Whether a demand for the node is in time: inside the window, or soon enough after an answer that leads to it.
    fn is_in_time(&self, state: &State, node: Node, at: Tick) -> bool {
        at <= self.window || Self::is_shown(state, node, at)
    }

    /// Whether answers lead to the node of which the first one is recent.
    fn is_shown(state: &State, node: Node, at: Tick) -> bool {
        node.shown_by().is_some_and(|above| match state.demand(above) {
            Demand::Answered { until, .. } => at <= until || Self::is_shown(state, above, at),
            _ => false,
        })
    }

    /// Whether the chain accepts this at tick `at`, if nothing else happens until then.
    pub fn accepts(&self, state: &State, action: &Action, at: Tick) -> bool {
        match action {
            Action::Demand { node, .. } => {
                self.is_challengeable(state, at)
                    && state.demand(*node) == Demand::Unasked
                    && self.committed.has_value(*node)
                    && self.is_in_time(state, *node, at)
            }
            Action::Reveal { node, .. } => {
                let is_asked = matches!(state.demand(*node), Demand::Asked { deadline, .. } if at <= deadline);
                is_asked && state.outcome == Outcome::Open && self.committed.has_data(*node)
            }
            Action::Refute { .. } => self.is_challengeable(state, at) && self.committed == Committed::WrongWord,
            Action::Accept => state.outcome == Outcome::Open && state.payment == Payment::Due,
            Action::Tick { order } => {
                let mut sorted = order.clone();
                sorted.sort();
                sorted == state.due()
            }
        }
    }

    /// What becomes of a state; `None` if the chain refuses the action.
    pub fn apply(&self, state: &State, action: &Action) -> Option<State> {
        if !self.accepts(state, action, state.now) {
            return None;
        }
        let mut next = state.clone();
        match action {
            Action::Demand { by, node } => {
                let deadline = state.now + self.answer_time;
                next.set(*node, Demand::Asked { by: *by, deadline });
                next.until = state.until.max(deadline);
            }
            Action::Reveal { node, .. } => {
                let Demand::Asked { by, deadline } = state.demand(*node) else { return None };
                let until = state.now + self.challenge_time;
                next.set(*node, Demand::Answered { by, until, look: deadline + 1 });
                next.until = state.until.max(until);
            }
            Action::Refute { by } => Self::refute(&mut next, *by),
            Action::Accept => next.payment = Payment::Accepted,
            Action::Tick { order } => {
                next.now += 1;
                self.serve_agenda(&mut next);
                order.iter().for_each(|node| self.look(&mut next, *node));
            }
        }
        Some(next)
    }

    fn refute(state: &mut State, by: Who) {
        let refund = if state.payment == Payment::Paid { PAYMENT } else { 0 };
        state.earn(Who::Provider, -COLLATERAL);
        state.earn(by, BOUNTY);
        state.earn(Who::Buyer, refund);
        state.burned += COLLATERAL - BOUNTY - refund;
        state.outcome = Outcome::Refuted;
    }

    fn pay(state: &mut State) {
        state.transfer(Who::Buyer, Who::Provider, PAYMENT);
        state.payment = Payment::Paid;
    }

    /// The agenda of jobs is served before the queue of demands.
    fn serve_agenda(&self, state: &mut State) {
        if state.outcome != Outcome::Open {
            return;
        }
        let is_over = !self.is_challengeable(state, state.now);
        if state.payment == Payment::Accepted || (is_over && state.payment == Payment::Due) {
            Self::pay(state);
        }
        if is_over {
            state.outcome = Outcome::Stood;
        }
    }

    fn look(&self, state: &mut State, node: Node) {
        match (state.demand(node), state.outcome) {
            (Demand::Asked { by, .. }, outcome) => {
                state.set(node, Demand::Closed);
                if outcome == Outcome::Open {
                    Self::refute(state, by);
                }
            }
            (Demand::Answered { by, until, .. }, Outcome::Open) => {
                let look = self.last_tick(state).max(state.now) + 1;
                state.set(node, Demand::Answered { by, until, look });
            }
            (Demand::Answered { by, .. }, outcome) => {
                state.set(node, Demand::Closed);
                if outcome == Outcome::Stood {
                    state.transfer(by, Who::Provider, ANSWER_PRICE);
                }
            }
            (Demand::Unasked | Demand::Closed, _) => {}
        }
    }
}
