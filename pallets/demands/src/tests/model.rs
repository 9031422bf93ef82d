//! Random demands, answers, refutations and settlements against a model that knows only who is owed what, and when the
//! queue looks at each demand.

use std::collections::BTreeMap;

use frame_support::assert_ok;
use proptest::prelude::*;
use touchstone_kir::CHUNK;
use touchstone_primitives::{Balance, Tick};

use super::scene::{noise, output_node, trace_node, Ask, Data, Scene, WINDOW};
use crate::{mock::*, Queue, Subject};

const PEOPLE: [AccountId; 4] = [ALICE, BOB, CAROL, PROVIDER];

/// Chunks of an output.
const CHUNKS: u32 = 70;

/// The trace, and nodes of two outputs: their tops, what those show, and others.
fn subjects() -> Vec<Subject> {
    let of = |instance| [(7, 0), (6, 0), (3, 8), (0, 5), (5, 1)].map(|(level, at)| output_node(instance, level, at));
    [&[trace_node(0, 0)][..], &of(0), &of(1)].concat()
}

#[derive(Clone, Debug)]
enum Act {
    Demand {
        who: AccountId,
        at: usize,
        shown_by: Vec<usize>,
    },
    Reveal {
        who: AccountId,
        at: usize,
        right: bool,
    },
    /// Demands for the first chunks of an output.
    DemandMany {
        who: AccountId,
        instance: u32,
        count: u32,
    },
    /// The right answers to the first demands that wait for one.
    RevealMany {
        who: AccountId,
        count: usize,
    },
    Refute {
        who: AccountId,
    },
    Ticks {
        ticks: Tick,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let who = || prop::sample::select(PEOPLE.to_vec());
    let at = || 0..subjects().len();
    prop_oneof![
        8 => (who(), at(), prop::collection::vec(at(), 0..3))
            .prop_map(|(who, at, shown_by)| Act::Demand { who, at, shown_by }),
        8 => (who(), at(), prop::bool::weighted(0.9)).prop_map(|(who, at, right)| Act::Reveal { who, at, right }),
        3 => (who(), 0u32..3, 1..=CHUNKS).prop_map(|(who, instance, count)| Act::DemandMany { who, instance, count }),
        2 => (who(), 1usize..200).prop_map(|(who, count)| Act::RevealMany { who, count }),
        1 => who().prop_map(|who| Act::Refute { who }),
        6 => (1u32..7).prop_map(|ticks| Act::Ticks { ticks }),
    ]
}

#[derive(Clone)]
enum State {
    Asked { bond: Balance, deadline: Tick },
    Answered { until: Tick },
}

#[derive(Clone)]
struct Demanded {
    who: AccountId,
    state: State,
    /// When the queue looks at it next.
    look: Tick,
}

impl Demanded {
    fn is_open(&self) -> bool {
        matches!(self.state, State::Asked { .. })
    }

    fn held(&self) -> Balance {
        match self.state {
            State::Asked { bond, .. } => bond,
            State::Answered { .. } => PRICE,
        }
    }
}

struct Model {
    scene: Scene,
    demands: BTreeMap<Subject, Demanded>,
    free: BTreeMap<AccountId, Balance>,
    until: Tick,
    outcome: Outcome,
}

impl Model {
    fn new() -> Self {
        let scene = Scene::of(3, [0, 1].map(|seed| Data::new(noise(CHUNKS as usize * CHUNK, seed))));
        let free = PEOPLE.into_iter().map(|who| (who, ENDOWMENT)).collect();
        Self { scene, demands: BTreeMap::new(), free, until: START + WINDOW, outcome: Outcome::Open }
    }

    fn open(&self) -> usize {
        self.demands.values().filter(|demanded| demanded.is_open()).count()
    }

    /// What a demand holds now.
    fn bond(&self) -> Balance {
        (0..self.open() / 64).fold(BOND, |bond, _| 2 * bond)
    }

    fn is_challengeable(&self) -> bool {
        self.outcome == Outcome::Open && (now() <= self.until || self.open() > 0)
    }

    fn earn(&mut self, who: AccountId, amount: Balance) {
        *self.free.get_mut(&who).unwrap() += amount;
    }

    fn has_shown(&self, subject: Subject, answers: &[Subject]) -> bool {
        let until = |by: &Subject| match self.demands.get(by).map(|demanded| &demanded.state) {
            Some(State::Answered { until }) => Some(*until),
            _ => None,
        };
        let is_recent = answers.first().and_then(until).is_some_and(|until| now() <= until);
        let below = answers.iter().skip(1).chain([&subject]);
        let mut links = answers.iter().zip(below);
        let shows = |by: &Subject, next: &Subject| by.shows(next, self.scene.data(next.instance).buffer().len);
        is_recent && links.all(|(by, next)| until(by).is_some() && shows(by, next))
    }

    fn demand(&mut self, who: AccountId, subject: Subject, shown_by: Vec<Subject>) {
        let is_in_time = now() <= START + WINDOW || self.has_shown(subject, &shown_by);
        let allowed = self.is_challengeable() && !self.demands.contains_key(&subject) && is_in_time;
        let result = Ask { who, shown_by, ..self.scene.ask(subject) }.send();
        assert_eq!(result.is_ok(), allowed, "{result:?}");
        if allowed {
            let (bond, deadline) = (self.bond(), now() + TERMS.answer_time);
            let demanded = Demanded { who, state: State::Asked { bond, deadline }, look: deadline + 1 };
            self.demands.insert(subject, demanded);
            self.until = self.until.max(deadline);
            *self.free.get_mut(&who).unwrap() -= bond;
        }
    }

    fn reveal(&mut self, by: AccountId, subject: Subject, right: bool) {
        // The nodes have different chunks, or are of different outputs.
        let shown = if right { subject } else { output_node(2, 4, 1) };
        let result = self.scene.reveal_as(by, subject, self.scene.answer(shown));
        let bond = match self.demands.get(&subject).map(|demanded| &demanded.state) {
            Some(State::Asked { bond, deadline }) if now() <= *deadline => Some(*bond),
            _ => None,
        };
        let bond = bond.filter(|_| self.outcome == Outcome::Open && right);
        assert_eq!(result.is_ok(), bond.is_some(), "{result:?}");
        if let Some(bond) = bond {
            let until = now() + TERMS.challenge_time;
            let demanded = self.demands.get_mut(&subject).unwrap();
            demanded.state = State::Answered { until };
            let demander = demanded.who;
            self.until = self.until.max(until);
            self.earn(demander, bond - PRICE);
        }
    }

    /// The queue serves the demands of a tick in an order of its own. Only that is read from the chain.
    fn tick(&mut self) {
        let order: Vec<_> = Queue::<Test>::iter_key_prefix(now() + 1).map(|(_, subject)| subject).collect();
        go_on(1);
        if self.outcome == Outcome::Open && !self.is_challengeable() {
            self.outcome = Outcome::Settled;
        }
        let mut sorted = order.clone();
        sorted.sort();
        let due = self.demands.iter().filter(|(_, demanded)| demanded.look == now()).map(|(subject, _)| *subject);
        assert_eq!(sorted, due.collect::<Vec<_>>());
        for subject in order {
            self.look(subject);
        }
    }

    fn look(&mut self, subject: Subject) {
        let Demanded { who, state, .. } = self.demands[&subject].clone();
        match (state, self.outcome) {
            (State::Asked { bond, .. }, outcome) => {
                self.earn(who, bond);
                if outcome == Outcome::Open {
                    self.outcome = Outcome::RefutedBy(who);
                }
            }
            (State::Answered { .. }, Outcome::Open) => {
                let look = self.until.max(now()) + 1;
                self.demands.get_mut(&subject).unwrap().look = look;
                return;
            }
            (State::Answered { .. }, Outcome::Settled) => self.earn(PROVIDER, PRICE),
            (State::Answered { .. }, Outcome::RefutedBy(_)) => self.earn(who, PRICE),
        }
        self.demands.remove(&subject);
    }

    fn act(&mut self, act: &Act) {
        let subjects = subjects();
        match *act {
            Act::Demand { who, at, ref shown_by } => {
                let shown_by = shown_by.iter().map(|by| subjects[*by]).collect();
                self.demand(who, subjects[at], shown_by)
            }
            Act::Reveal { who, at, right } => self.reveal(who, subjects[at], right),
            Act::DemandMany { who, instance, count } => {
                (0..count).for_each(|chunk| self.demand(who, output_node(instance, 0, chunk), vec![]))
            }
            Act::RevealMany { who, count } => {
                let open = self.demands.iter().filter(|(_, demanded)| demanded.is_open()).map(|(subject, _)| *subject);
                let open: Vec<_> = open.take(count).collect();
                open.into_iter().for_each(|subject| self.reveal(who, subject, true))
            }
            Act::Refute { who } => {
                if self.is_challengeable() {
                    refute(self.scene.id, who);
                    self.outcome = Outcome::RefutedBy(who);
                }
            }
            Act::Ticks { ticks } => (0..ticks).for_each(|_| self.tick()),
        }
    }

    fn check(&self) {
        let record = record(self.scene.id);
        assert_eq!(record.outcome, self.outcome);
        let bond = Demands::bond(self.scene.id, self.scene.commitment());
        assert_eq!(bond, self.is_challengeable().then(|| self.bond()));
        if self.outcome == Outcome::Open {
            assert_eq!((record.open as usize, record.last_tick()), (self.open(), self.until));
        }
        for who in PEOPLE {
            let of_person = self.demands.values().filter(|demanded| demanded.who == who);
            assert_eq!(held(who), of_person.map(Demanded::held).sum::<Balance>());
            assert_eq!(free(who), self.free[&who]);
        }
        assert_eq!(crate::Demands::<Test>::iter().count(), self.demands.len());
        assert_ok!(Demands::do_try_state());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_coin_is_accounted_for_and_every_demand_ends(acts in prop::collection::vec(act(), 1..60)) {
        run(|| {
            let mut model = Model::new();
            for act in &acts {
                model.act(act);
                model.check();
            }
            // Left alone, everything ends: the result is settled or refuted, and nothing is held.
            for _ in 0..WINDOW + 2 * (TERMS.answer_time + TERMS.challenge_time) {
                model.tick();
            }
            model.check();
            assert_ne!(model.outcome, Outcome::Open);
            assert!(model.demands.is_empty());
            assert_eq!(PEOPLE.map(held), [0; 4]);
            assert_eq!(PEOPLE.map(free).iter().sum::<Balance>(), 4 * ENDOWMENT);
        });
    }
}
