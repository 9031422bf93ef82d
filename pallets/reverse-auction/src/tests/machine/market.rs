//! The same dispute between the real pallets: a job whose provider has just committed its result.

use std::convert::Infallible;

use frame_support::{assert_ok, dispatch::DispatchResult, traits::fungible::InspectHold};
use touchstone_kir::{leaf, open, ChunkRange, Node as KirNode, Outboard, Reveal, CHUNK};
use touchstone_primitives::{
    Balance, Buffer, Claim, CloseReason, CommitmentId, JobId, Proof, ProofLimits, Step, Subject, Target, Terms, Tick,
    Trace,
};

use super::state::{
    Action, Coins, Committed, Demand, Node, Outcome, Payment, Rules, State, Who, ANSWER_PRICE, BOND, BOUNTY,
    COLLATERAL, PAYMENT,
};
use crate::{mock::*, Assigned, Deal, OpenDemands, Stage};

const FIRST: AccountId = PROVIDERS[0];

/// The output: one chunk more than an answer shows, so that it has two parts.
const CHUNKS: usize = 65;
const LEN: u32 = (CHUNKS * CHUNK) as u32;
/// Chunks of the first part.
const LEFT: usize = 64;

/// Every word of the right output.
const WORD: u32 = 7;
/// The index of the wrong one, in the first part.
const WRONG: u32 = 1;

/// Ticks from the assignment to the last one for the commitment.
const DEADLINE: Tick = 1;
/// The shortest dispute window of a job with that deadline.
pub const SHORTEST_WINDOW: Tick = 2 * DEADLINE;

fn account(who: Who) -> AccountId {
    match who {
        Who::Provider => FIRST,
        Who::Challenger => WATCHER,
        Who::Stranger => OTHER_BUYER,
        Who::Buyer => BUYER,
    }
}

fn signed(who: Who) -> RuntimeOrigin {
    RuntimeOrigin::signed(account(who))
}

fn balance(amount: Coins) -> Balance {
    Balance::try_from(amount).expect("it is positive")
}

fn subject(node: Node) -> Subject {
    let instance = (node != Node::Trace).then_some(0);
    let node = match node {
        Node::Trace => KirNode::top(Trace::len_of(1)),
        Node::Output => KirNode::top(LEN),
        Node::Left => KirNode { level: 6, position: 0 },
        // Of its level, it has one chunk alone, and the name of that.
        Node::Right => KirNode { level: 0, position: LEFT as u32 },
    };
    Subject { instance, node }
}

fn node(subject: Subject) -> Node {
    Node::ALL.into_iter().find(|node| self::subject(*node) == subject).expect("no other one is demanded")
}

/// What is committed, with what there is of its data.
struct Data {
    committed: Buffer,
    trace: Trace,
    tree: Outboard,
    output: Vec<u8>,
}

impl Data {
    fn of(committed: Committed) -> Self {
        let mut output = WORD.to_le_bytes().repeat(CHUNKS * CHUNK / 4);
        if committed == Committed::WrongWord {
            output[4 * WRONG as usize] ^= 1;
        }
        let mut tree = Outboard::new(&output).unwrap();
        if committed == Committed::NoData(Node::Left) {
            let last = leaf(LEN, LEFT as u32, &output[LEFT * CHUNK..]);
            tree = Outboard::from_leaves(LEN, [vec![[9; 32]; LEFT], vec![last]].concat()).unwrap();
        }
        let root = if committed == Committed::NoData(Node::Output) { [9; 32] } else { tree.root() };
        let trace = Trace::new(vec![root]);
        let mut buffer = trace.buffer();
        if committed == Committed::NoData(Node::Trace) {
            buffer.root = [9; 32];
        }
        Self { committed: buffer, trace, tree, output }
    }

    fn value(&self, node: Node) -> [u8; 32] {
        match node {
            Node::Trace => self.committed.root,
            Node::Output => *self.trace.root(0).unwrap(),
            Node::Left | Node::Right => self.tree.node(subject(node).node).unwrap(),
        }
    }

    fn path(&self, node: Node) -> Vec<[u8; 32]> {
        match node {
            Node::Trace => vec![],
            Node::Output | Node::Left | Node::Right => self.tree.path(subject(node).node).unwrap(),
        }
    }

    fn answer(&self, node: Node) -> Reveal {
        if node == Node::Trace {
            return Reveal::Bytes(self.trace.to_bytes());
        }
        let read = |at: u64, out: &mut [u8]| {
            out.copy_from_slice(&self.output[at as usize..][..out.len()]);
            Ok::<(), Infallible>(())
        };
        self.tree.reveal(subject(node).node, read).unwrap().unwrap()
    }
}

/// A market in which the result was committed when it was made.
pub struct Market {
    rules: Rules,
    data: Data,
    job: JobId,
    commitment: CommitmentId,
    start: Tick,
    owned: [Balance; 4],
    issuance: Balance,
}

impl Market {
    pub fn new(rules: Rules) -> Self {
        TestTerms::set(Terms {
            window_base: rules.window - SHORTEST_WINDOW,
            min_deadline: DEADLINE,
            retention: 1_000,
            max_attempts: 1,
            collateral_factor: 1,
            bounty: balance(BOUNTY),
            answer_time: rules.answer_time,
            challenge_time: rules.challenge_time,
            demand_bond: balance(BOND),
            answer_price: balance(ANSWER_PRICE),
            fee_ppm: 0,
            fee_floor_per_gigafuel: 0,
            ..TERMS
        });
        provide(FIRST, 1_000, 1);
        pass_ticks(1);

        let job = assigned();
        let data = Data::of(rules.committed);
        assert_ok!(ReverseAuction::commit(signed(Who::Provider), job, 1, data.committed, None));
        let commitment = ReverseAuction::result(job).expect("it was just committed").commitment;
        let owned = Who::ALL.map(|who| owned(account(who)));
        Self { rules, data, job, commitment, start: now(), owned, issuance: Balances::total_issuance() }
    }

    /// Does it, and says whether the chain accepted it.
    pub fn act(&self, action: &Action) -> bool {
        let result = match action {
            Action::Demand { by, node } => self.demand(*by, *node),
            Action::Reveal { by, node } => {
                Demands::reveal(signed(*by), self.commitment, subject(*node), self.data.answer(*node))
            }
            Action::Refute { by } => self.refute(*by),
            Action::Accept => ReverseAuction::accept(signed(Who::Buyer), self.job, self.commitment),
            Action::Tick { .. } => {
                pass_ticks(1);
                Ok(())
            }
        };
        result.is_ok()
    }

    fn demand(&self, by: Who, node: Node) -> DispatchResult {
        let target = match subject(node).instance {
            None => Target::Trace,
            Some(instance) => Target::Output { instance, trace: self.data.trace.open([instance]).unwrap() },
        };
        let (value, path) = (self.data.value(node), self.data.path(node).try_into().unwrap());
        let mut shown_by: Vec<_> =
            std::iter::successors(node.shown_by(), |above| above.shown_by()).map(subject).collect();
        shown_by.reverse();
        // The chain looks whether the first one is recent: the answers above the nearest recent one are left out.
        let recent = shown_by.iter().rposition(|above| self.is_recent(above));
        let shown_by = shown_by.split_off(recent.unwrap_or(0)).try_into().unwrap();
        Demands::demand(signed(by), self.job, self.commitment, target, subject(node).node, value, path, shown_by)
    }

    fn is_recent(&self, subject: &Subject) -> bool {
        let stage = pallet_demands::Demands::<Test>::get(self.commitment, subject).map(|demand| demand.stage);
        matches!(stage, Some(pallet_demands::Stage::Answered { until }) if now() <= until)
    }

    fn refute(&self, by: Who) -> DispatchResult {
        let proof = Proof {
            trace: self.data.trace.open([0]).unwrap(),
            output: open(&self.data.output, &[ChunkRange { first: 0, count: 1 }]).unwrap(),
            reads: vec![],
        };
        let claim = Claim { job: self.job, commitment: self.commitment, instance: 0, word: WRONG };
        let limits = ProofLimits { fuel: 1_000, code_bytes: 1_000 };
        Disputes::refute(signed(by), claim, limits, Box::new(proof)).map(drop).map_err(|refusal| refusal.error)
    }

    /// The order in which the queue looks at what is due when the next tick begins.
    pub fn order(&self) -> Vec<Node> {
        pallet_demands::Queue::<Test>::iter_key_prefix(now() + 1).map(|(_, subject)| node(subject)).collect()
    }

    /// The chain is in this state.
    pub fn check(&self, state: &State) {
        assert_eq!(now(), self.start + state.now);
        self.check_stage(state);
        for node in Node::ALL {
            self.check_demand(node, state.demand(node));
        }
        self.check_queue(state);
        for (who, before) in Who::ALL.into_iter().zip(self.owned) {
            let change = owned(account(who)) as i128 - before as i128;
            assert_eq!(change, i128::from(state.change(who)), "{who:?}");
            let reason = pallet_demands::HoldReason::Bond.into();
            assert_eq!(Balances::balance_on_hold(&reason, &account(who)), balance(state.bonds(who)), "{who:?}");
        }
        assert_eq!(self.issuance - Balances::total_issuance(), balance(state.burned));
        check_state();
    }

    fn check_stage(&self, state: &State) {
        let paid = state.payment == Payment::Paid;
        match (state.outcome, stage(self.job)) {
            (Outcome::Open, Stage::Committed(committed)) => {
                let until = if state.until == 0 { 0 } else { self.start + state.until };
                assert_eq!(committed.window_end, self.start + self.rules.window);
                assert_eq!(committed.demands, OpenDemands { open: state.open() as u32, until });
                assert_eq!(committed.deal.collateral, balance(COLLATERAL));
                assert_eq!((committed.is_accepted(), committed.is_paid()), (state.payment != Payment::Due, paid));
            }
            (Outcome::Stood, Stage::Closed(closed)) => assert_eq!(closed.reason, CloseReason::Settled),
            (Outcome::Refuted, Stage::Closed(closed)) if paid => {
                assert_eq!(closed.reason, CloseReason::RefutedAfterAcceptance);
            }
            (Outcome::Refuted, Stage::Closed(closed)) => assert_eq!(closed.reason, CloseReason::AttemptsExhausted),
            (outcome, stage) => panic!("{outcome:?} in the model, {stage:?} on the chain"),
        }
    }

    fn check_demand(&self, node: Node, demand: Demand) {
        let expected = match demand {
            Demand::Asked { by, deadline } => {
                let (bond, deadline) = (balance(BOND), self.start + deadline);
                Some((account(by), pallet_demands::Stage::Asked { bond, deadline }))
            }
            Demand::Answered { by, until, .. } => {
                Some((account(by), pallet_demands::Stage::Answered { until: self.start + until }))
            }
            Demand::Unasked | Demand::Closed => None,
        };
        let stored = pallet_demands::Demands::<Test>::get(self.commitment, subject(node));
        assert_eq!(stored.map(|demand| (demand.demander, demand.stage)), expected, "{node:?}");
    }

    fn check_queue(&self, state: &State) {
        let mut queued: Vec<_> =
            pallet_demands::Queue::<Test>::iter_keys().map(|(tick, (_, subject))| (node(subject), tick)).collect();
        queued.sort();
        let looks = Node::ALL.into_iter().filter_map(|node| Some((node, self.start + state.demand(node).look()?)));
        assert_eq!(queued, looks.collect::<Vec<_>>());
    }
}

/// A job of one step with that output, which the provider has won at [`PAYMENT`].
fn assigned() -> JobId {
    let order = Order { inline: vec![], ..order() }.auction(1).with(|spec| {
        let kernel = constant().hash();
        let (invocations, params) = (LEN / 4, vec![WORD].try_into().unwrap());
        let step = Step { kernel, reads: Default::default(), invocations, params };
        spec.inputs = Default::default();
        spec.steps = vec![step].try_into().unwrap();
        spec.ceiling = balance(PAYMENT);
        spec.deadline = DEADLINE;
    });
    let job = order.submit();
    assert_ok!(bid(FIRST, job, balance(PAYMENT)));
    pass_ticks(2);
    let Stage::Assigned(Assigned { deal: Deal { provider: FIRST, .. }, .. }) = stage(job) else {
        panic!("it is sold: {:?}", stage(job))
    };
    job
}
