//! What holds in every state that can be reached, in every order of moves.

use stateright::{Checker, Model, Property};

use super::{
    game::{Challenger, Game},
    state::{Action, Committed, Demand, Node, Outcome, Rules, State, Who, ANSWER_PRICE, BOUNTY, COLLATERAL, PAYMENT},
};

/// What keeps the search short.
const MOST_STATES: usize = 300_000;

type Law = Property<Game>;

const WRONG_STANDS_NEVER: &str = "a wrong result does not stand";

impl Model for Game {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(self.moves(state));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.rules.apply(state, &action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = of_every_dispute();
        properties.extend(match (self.is_honest(), self.challenger) {
            (true, _) => of_a_right_result(),
            (false, Challenger::Nobody) => of_a_wrong_result_that_nobody_challenges(),
            (false, _) => of_a_wrong_result_with_a_challenger(),
        });
        properties
    }
}

/// Ticks only count up and each node is demanded once, so no state comes back: every path ends.
fn of_every_dispute() -> Vec<Law> {
    vec![
        Law::always("nobody is stuck", |game, state| {
            state.is_over() || game.moves(state).iter().any(|action| game.rules.apply(state, action).is_some())
        }),
        Law::eventually("the outcome is known and nothing is held", |_, state| state.is_over()),
        Law::always("no coin is lost or made", |_, state| {
            Who::ALL.map(|who| state.change(who)).iter().sum::<i32>() + state.burned == 0
        }),
        Law::always("the settlement is not put off beyond the bound", |game, state| {
            state.outcome != Outcome::Open || state.now <= game.rules.bound()
        }),
        Law::always("no coin is held beyond the bound", |game, state| {
            state.is_over() || state.now <= game.rules.bound()
        }),
        Law::always("a refuted result costs the buyer nothing", |_, state| {
            state.outcome != Outcome::Refuted || state.change(Who::Buyer) == 0
        }),
        Law::always("a provider that refutes itself burns a bounty", |_, state| {
            let both = state.change(Who::Provider) + state.change(Who::Stranger);
            !(state.is_over() && state.outcome == Outcome::Refuted) || both <= -BOUNTY
        }),
    ]
}

fn of_a_right_result() -> Vec<Law> {
    vec![
        Law::always("a right result is not refuted", |_, state| state.outcome != Outcome::Refuted),
        Law::always("an honest provider has its payment, and the price of each answer", |_, state| {
            let answers = state.count(|demand| demand == Demand::Closed) as i32;
            !state.is_over() || state.change(Who::Provider) == PAYMENT + answers * ANSWER_PRICE
        }),
        Law::always("who demands what is served pays for it", |_, state| {
            let answers = state.count(|demand| demand == Demand::Closed) as i32;
            !state.is_over() || state.change(Who::Stranger) == -answers * ANSWER_PRICE
        }),
        Law::sometimes("the settlement is put off as far as it can be", |game, state| {
            state.outcome == Outcome::Open && state.now == game.rules.bound()
        }),
        Law::sometimes("without demands the settlement does not wait", |game, state| {
            state.is_over() && state.now == game.rules.window + 1
        }),
    ]
}

fn of_a_wrong_result_with_a_challenger() -> Vec<Law> {
    vec![
        Law::always(WRONG_STANDS_NEVER, |_, state| state.outcome != Outcome::Stood),
        Law::always("the honest challenger loses nothing", |_, state| {
            !state.is_over() || [0, BOUNTY].contains(&state.change(Who::Challenger))
        }),
        Law::sometimes("the challenger has the bounty", |_, state| {
            state.is_over() && state.change(Who::Challenger) == BOUNTY
        }),
        Law::sometimes("the provider loses its collateral", |_, state| {
            state.is_over() && state.change(Who::Provider) == -COLLATERAL
        }),
    ]
}

fn of_a_wrong_result_that_nobody_challenges() -> Vec<Law> {
    vec![Law::sometimes("a wrong result stands", |_, state| state.outcome == Outcome::Stood)]
}

/// Windows and times of different proportions. In the first, the time for challenges is shorter than the rest together.
const CLOCKS: [[u32; 3]; 3] = [[2, 1, 1], [1, 2, 1], [1, 1, 2]];

fn rules(committed: Committed, [window, answer_time, challenge_time]: [u32; 3]) -> Rules {
    Rules { committed, window, answer_time, challenge_time }
}

/// Goes through all states of a dispute.
fn search(game: Game) -> impl Checker<Game> {
    let checker = game.checker().spawn_bfs().join();
    let states = checker.unique_state_count();
    assert!(states < MOST_STATES, "{game:?} has {states} states");
    checker
}

fn check(committed: Committed, challenger: Challenger, clocks: [u32; 3], accepts: bool) {
    search(Game { rules: rules(committed, clocks), challenger, accepts }).assert_properties();
}

#[test]
fn an_honest_provider_wins_against_every_set_of_challengers() {
    for clocks in CLOCKS.into_iter().chain([[3, 2, 2]]) {
        check(Committed::Right, Challenger::Nobody, clocks, false);
    }
}

#[test]
fn an_honest_challenger_wins_against_a_wrong_word() {
    for clocks in CLOCKS {
        check(Committed::WrongWord, Challenger::Attentive, clocks, false);
    }
}

#[test]
fn an_honest_challenger_wins_against_roots_of_no_data() {
    for node in [Node::Trace, Node::Output, Node::Left] {
        for clocks in CLOCKS {
            check(Committed::NoData(node), Challenger::Attentive, clocks, false);
        }
    }
}

#[test]
fn a_buyer_who_accepts_changes_none_of_this() {
    let [clocks, ..] = CLOCKS;
    check(Committed::Right, Challenger::Nobody, clocks, true);
    check(Committed::WrongWord, Challenger::Attentive, clocks, true);
    check(Committed::NoData(Node::Output), Challenger::Attentive, clocks, true);
}

#[test]
fn without_a_challenger_a_wrong_result_can_stand() {
    for clocks in CLOCKS {
        check(Committed::WrongWord, Challenger::Nobody, clocks, false);
    }
}

/// A stranger may demand a deep node, which the provider answers at once, and only later show what is above it. Then
/// the deep node is not demanded again: its answer is old, and still leads on from the recent one above it.
#[test]
fn a_challenger_that_does_not_read_the_demands_of_others_wins_too() {
    for clocks in CLOCKS {
        for committed in [Committed::WrongWord, Committed::NoData(Node::Output), Committed::NoData(Node::Left)] {
            check(committed, Challenger::ReadsAnswersAlone, clocks, false);
        }
    }
}
