//! A job with its data, demands for it, and the answers.

use std::{convert::Infallible, rc::Rc};

use frame_support::{assert_ok, dispatch::DispatchResult};
use touchstone_kir::{leaf, ChunkRange, Node, Outboard, Reveal, Root, BYTES_LEVEL, CHUNK};
use touchstone_primitives::{Buffer, CommitmentId, JobId, Target, Tick, Trace, ROOTS_PER_CHUNK};

use crate::{mock::*, Event, Subject};

/// Bytes without a pattern that a tree could hide behind.
pub fn noise(len: usize, seed: u8) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 256 + at / 65_536 * 3) as u8 ^ seed).collect()
}

/// Data of which a root is committed, with its tree.
#[derive(Clone)]
pub struct Data {
    tree: Rc<Outboard>,
    /// All of it, or the beginning of data that nobody has.
    bytes: Vec<u8>,
}

impl Data {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { tree: Outboard::new(&bytes).unwrap().into(), bytes }
    }

    /// So many chunks, of which only those of the first node that is revealed by bytes are known. The tree above them
    /// is whole.
    pub fn tall(chunks: u32) -> Self {
        let len = chunks * CHUNK as u32;
        let bytes = noise(CHUNK << BYTES_LEVEL, 5);
        let known = (0..).zip(bytes.chunks(CHUNK)).map(|(chunk, bytes)| leaf(len, chunk, bytes));
        let value = |chunk: u32| {
            let mut value = [0x77; 32];
            value[..4].copy_from_slice(&chunk.to_le_bytes());
            value
        };
        let leaves = known.chain((1 << BYTES_LEVEL..chunks).map(value)).collect();
        Self { tree: Outboard::from_leaves(len, leaves).unwrap().into(), bytes }
    }

    pub fn buffer(&self) -> Buffer {
        Buffer { root: self.tree.root(), len: self.tree.buffer_len() }
    }

    pub fn top(&self) -> Node {
        Node::top(self.buffer().len)
    }

    pub fn value(&self, node: Node) -> Root {
        self.tree.node(node).expect("the tree has this node")
    }

    pub fn path(&self, node: Node) -> Vec<Root> {
        self.tree.path(node).expect("the tree has this node")
    }

    pub fn reveal(&self, node: Node) -> Reveal {
        let read = |at: u64, out: &mut [u8]| {
            out.copy_from_slice(&self.bytes[at as usize..][..out.len()]);
            Ok::<(), Infallible>(())
        };
        self.tree.reveal(node, read).unwrap().expect("the tree has this node")
    }

    /// Opens one chunk.
    fn open(&self, chunk: u32) -> touchstone_kir::Opening {
        self.tree.open(&self.bytes, &[ChunkRange { first: chunk, count: 1 }]).unwrap()
    }
}

/// A demand to send.
#[derive(Clone)]
pub struct Ask {
    pub who: AccountId,
    pub job: JobId,
    pub commitment: CommitmentId,
    pub target: Target,
    pub node: Node,
    pub value: Root,
    pub path: Vec<Root>,
    pub shown_by: Vec<Subject>,
}

impl Ask {
    pub fn send(self) -> DispatchResult {
        let Self { who, job, commitment, target, node, value, path, shown_by } = self;
        let path = path.try_into().expect("no longer than a path can be");
        let shown_by = shown_by.try_into().expect("no more than can be named");
        Demands::demand(RuntimeOrigin::signed(who), job, commitment, target, node, value, path, shown_by)
    }

    /// The same with a change.
    pub fn with(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = self.clone();
        change(&mut changed);
        changed
    }
}

/// A job with a committed result and all its data. Instances with an even number have one output, the others another
/// one of the same length.
pub struct Scene {
    pub id: JobId,
    pub trace: Data,
    pub outputs: [Data; 2],
}

/// Ticks from the commitment to the end of the window.
pub const WINDOW: Tick = 20;

impl Scene {
    /// A job of so many instances with these outputs, whose result is committed now.
    pub fn of(instances: u32, outputs: [Data; 2]) -> Self {
        let roots = (0..instances as usize).map(|instance| outputs[instance % 2].buffer().root).collect();
        let trace = Data::new(Trace::new(roots).to_bytes());
        let scene = Self { id: JobId([7; 32]), trace, outputs };
        scene.commit(scene.trace.buffer());
        scene
    }

    /// 3,000 instances with outputs of 300 chunks: trace and outputs are revealed in two steps.
    pub fn new() -> Self {
        let output = |seed| Data::new(noise(300 * CHUNK - 12, seed));
        Self::of(3_000, [output(0), output(1)])
    }

    /// Puts the job on the chain with this trace as its result.
    pub fn commit(&self, trace: Buffer) {
        let outputs = vec![(self.trace.buffer().len / 32, self.outputs[0].buffer().len)];
        let (window_end, outcome) = (now() + WINDOW, Outcome::Open);
        let record = Record { trace, outputs, terms: TERMS, carried: false, window_end, open: 0, until: 0, outcome };
        Records::<Test>::insert(self.id, record);
        events();
    }

    pub fn commitment(&self) -> CommitmentId {
        record(self.id).commitment(&self.id)
    }

    pub fn data(&self, instance: Option<u32>) -> &Data {
        match instance {
            None => &self.trace,
            Some(instance) => &self.outputs[instance as usize % 2],
        }
    }

    /// The root of the trace, or of an output.
    pub fn top(&self, instance: Option<u32>) -> Subject {
        Subject { instance, node: self.data(instance).top() }
    }

    pub fn target(&self, instance: Option<u32>) -> Target {
        match instance {
            None => Target::Trace,
            Some(instance) => Target::Output { instance, trace: self.trace.open(instance / ROOTS_PER_CHUNK) },
        }
    }

    /// A right demand by Alice.
    pub fn ask(&self, subject: Subject) -> Ask {
        let Subject { instance, node } = subject;
        let data = self.data(instance);
        Ask {
            who: ALICE,
            job: self.id,
            commitment: self.commitment(),
            target: self.target(instance),
            node,
            value: data.value(node),
            path: data.path(node),
            shown_by: vec![],
        }
    }

    pub fn demand(&self, who: AccountId, subject: Subject) -> DispatchResult {
        Ask { who, ..self.ask(subject) }.send()
    }

    /// Demands what an answer shows.
    pub fn demand_shown(&self, subject: Subject, by: Subject) -> DispatchResult {
        Ask { shown_by: vec![by], ..self.ask(subject) }.send()
    }

    pub fn answer(&self, subject: Subject) -> Reveal {
        self.data(subject.instance).reveal(subject.node)
    }

    pub fn reveal(&self, who: AccountId, subject: Subject) -> DispatchResult {
        self.reveal_as(who, subject, self.answer(subject))
    }

    pub fn reveal_as(&self, who: AccountId, subject: Subject, answer: Reveal) -> DispatchResult {
        Demands::reveal(RuntimeOrigin::signed(who), self.commitment(), subject, answer)
    }

    /// A demand by Alice that Carol answers in the same tick.
    pub fn answered(&self, subject: Subject) {
        assert_ok!(self.demand(ALICE, subject));
        assert_ok!(self.reveal(CAROL, subject));
        events();
    }

    /// The event at the end of a demand whose result was settled or refuted.
    pub fn closed(&self, subject: Subject, paid: touchstone_primitives::Balance) -> Event<Test> {
        Event::Closed { commitment: self.commitment(), subject, paid }
    }
}

/// A node of the trace.
pub fn trace_node(level: u8, position: u32) -> Subject {
    Subject { instance: None, node: Node { level, position } }
}

/// A node of an output.
pub fn output_node(instance: u32, level: u8, position: u32) -> Subject {
    Subject { instance: Some(instance), node: Node { level, position } }
}
