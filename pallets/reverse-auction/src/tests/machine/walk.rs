//! Random walks that take the rules and the pallets through the same steps: both accept the same, and both come to the
//! same stage, demands, deadlines and coins.

use proptest::prelude::*;

use super::{
    market::{Market, SHORTEST_WINDOW},
    state::{Action, Committed, Node, Rules, State, Who},
};
use crate::mock::run;

fn who() -> impl Strategy<Value = Who> {
    prop::sample::select(Who::ALL.to_vec())
}

fn node() -> impl Strategy<Value = Node> {
    prop::sample::select(Node::ALL.to_vec())
}

fn committed() -> impl Strategy<Value = Committed> {
    let missing = prop::sample::select(vec![Node::Trace, Node::Output, Node::Left]);
    prop_oneof![
        3 => Just(Committed::Right),
        3 => Just(Committed::WrongWord),
        2 => missing.prop_map(Committed::NoData),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    let window = SHORTEST_WINDOW..SHORTEST_WINDOW + 3;
    (committed(), window, 1u32..4, 1u32..4).prop_map(|(committed, window, answer_time, challenge_time)| Rules {
        committed,
        window,
        answer_time,
        challenge_time,
    })
}

/// The order of a tick is that of the queue: it is filled in when the tick comes.
fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => (who(), node()).prop_map(|(by, node)| Action::Demand { by, node }),
        8 => (who(), node()).prop_map(|(by, node)| Action::Reveal { by, node }),
        1 => who().prop_map(|by| Action::Refute { by }),
        1 => Just(Action::Accept),
        7 => Just(Action::Tick { order: vec![] }),
    ]
}

/// The rules and the pallets in the same state.
struct Both {
    rules: Rules,
    market: Market,
    state: State,
}

impl Both {
    fn new(rules: Rules) -> Self {
        Self { rules, market: Market::new(rules), state: State::default() }
    }

    fn step(&mut self, action: Action) {
        let action = match action {
            Action::Tick { .. } => Action::Tick { order: self.market.order() },
            other => other,
        };
        let next = self.rules.apply(&self.state, &action);
        assert_eq!(self.market.act(&action), next.is_some(), "{action:?} in {:?}", self.state);
        self.state = next.unwrap_or_else(|| self.state.clone());
        self.market.check(&self.state);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_pallets_take_the_steps_of_the_machine(rules in rules(), actions in prop::collection::vec(action(), 1..50)) {
        run(|| {
            let mut both = Both::new(rules);
            for action in actions {
                both.step(action);
            }
            // Left alone, everything ends in time.
            while !both.state.is_over() {
                assert!(both.state.now <= both.rules.bound());
                both.step(Action::Tick { order: vec![] });
            }
        });
    }
}
