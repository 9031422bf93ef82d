//! Benchmarks of the calls and of the queue.

use alloc::{vec, vec::Vec};

use frame_benchmarking::v2::*;
use frame_support::{storage::with_storage_layer, traits::fungible::Inspect, weights::WeightMeter};
use frame_system::RawOrigin;
use touchstone_kir::{
    leaf, limits::MAX_BUFFER_BYTES, parent, root, ChunkRange, Instr, Kernel, Module, Node, Op, Opening, Reveal, Root,
    CHUNK,
};
use touchstone_primitives::{
    prove_root, Buffer, Clock, CommitmentId, Input, JobId, JobSpec, Matching, Source, Step, Target, Tick, Trace,
    MAX_INPUTS, MAX_INSTANCES, MAX_PARAMS, MAX_READS, MAX_STEPS, MAX_URL_BYTES, ROOT_BYTES,
};

use super::*;

/// A job with a committed result.
pub struct Scene {
    /// The job.
    pub job: JobId,
    /// The result.
    pub commitment: CommitmentId,
}

/// Prepares the state with the real pallets.
pub trait BenchmarkHelper<AccountId> {
    /// Stores a kernel.
    fn upload(code: Vec<u8>);

    /// Registers a provider, and submits a job that is assigned to it at once and answered with `trace`. Afterwards the
    /// market is crowded: a match for the next attempt looks at as many asks as it ever does, and only the last one
    /// fits.
    fn commit(spec: JobSpec, trace: Buffer) -> Scene;

    /// An account that owns more than everything costs; another one for each seed.
    fn rich(seed: u32) -> AccountId;

    /// Moves the dispute clock.
    fn set_tick(tick: Tick);

    /// Moves the dispute clock to where the result of the job is settled, and settles it.
    fn settle(job: &JobId);

    /// Whether the job has a result that can be challenged.
    fn is_challengeable(job: &JobId) -> bool;
}

type Helper<T> = <T as Config>::BenchmarkHelper;

const DEMANDER: u32 = 10;
const ANSWERER: u32 = 11;

/// Writes nothing, so that any number of its invocations is cheap. It reads and takes as much as a step can name.
fn kernel() -> Kernel {
    let (inputs, params) = (MAX_READS as u8, MAX_PARAMS as u8);
    let code = vec![Instr::new(Op::Gid, 0, 0, 0, 0)];
    let module = Module { window: 1, registers: 1, inputs, params, code, ..Default::default() };
    Kernel::from_module(module).expect("the kernel is valid")
}

/// A job with a record as large as it can be. Its first output has so many words.
fn spec(words: u32) -> JobSpec {
    let mut url = b"http://host/".to_vec();
    url.resize(MAX_URL_BYTES as usize, b'u');
    let input = Input {
        buffer: Buffer { root: [7; 32], len: 4 },
        source: Source::Url(url.try_into().expect("within the limit")),
    };
    let step = |invocations| Step {
        kernel: kernel().hash(),
        reads: vec![0; MAX_READS as usize].try_into().expect("at the limit"),
        invocations,
        params: vec![1; MAX_PARAMS as usize].try_into().expect("at the limit"),
    };
    let mut steps = vec![step(1); MAX_STEPS as usize];
    steps[0] = step(words);
    JobSpec {
        inputs: vec![input; MAX_INPUTS as usize].try_into().expect("at the limit"),
        steps: steps.try_into().expect("at the limit"),
        matching: Matching::Instant,
        class: None,
        asset: None,
        ceiling: 1_000_000_000_000_000,
        // In the range of every preset.
        deadline: 4,
        min_collateral: 0,
    }
}

/// A committed job whose first output has so many words and this root, and that output under the trace.
fn committed<T: Config>(words: u32, output: Root) -> (Scene, Target) {
    Helper::<T>::upload(kernel().encode());
    let mut roots = vec![[7; 32]; MAX_STEPS as usize];
    roots[0] = output;
    let trace = Trace::new(roots);
    let scene = Helper::<T>::commit(spec(words), trace.buffer());
    (scene, Target::Output { instance: 0, trace: trace.open([0]).expect("the trace has this root") })
}

/// The root above the first value of a level, so many levels higher, with siblings on the way.
fn climb(value: Root, levels: u32) -> (Root, Vec<Root>) {
    let siblings: Vec<Root> = (0..levels).map(|level| [level as u8; 32]).collect();
    let merge = |value: Root, (level, sibling): (u32, &Root)| parent(&value, sibling, level + 1 == levels);
    ((0..).zip(&siblings).fold(value, merge), siblings)
}

/// An opening of the first chunk of a trace, of about so many bytes to hash, and what it is an opening of.
fn opening(bytes: u32) -> (Opening, Buffer) {
    // A range and a sibling count as 64 bytes.
    let levels = bytes.saturating_sub(CHUNK as u32 + 64) / 64;
    let roots = (bytes.saturating_sub(64) / ROOT_BYTES).clamp(1, CHUNK as u32 / ROOT_BYTES);
    let data = vec![0x5A; (roots * ROOT_BYTES) as usize];
    let len = if levels == 0 { data.len() as u32 } else { (CHUNK as u32) << levels };
    let (root, siblings) = climb(leaf(len, 0, &data), levels);
    (Opening { ranges: vec![ChunkRange { first: 0, count: 1 }], data, siblings }, Buffer { root, len })
}

/// A demand for an output of so many words, at most 64 chunks, and its answer.
fn demanded<T: Config>(words: u32) -> (Scene, Subject, Reveal) {
    let bytes = vec![0x5A; words as usize * 4];
    let value = root(&bytes);
    let (Scene { job, commitment }, target) = committed::<T>(words, value);
    let node = Node::top(bytes.len() as u32);
    let who = RawOrigin::Signed(Helper::<T>::rich(DEMANDER));
    Pallet::<T>::demand(who.into(), job, commitment, target, node, value, Path::default(), ShownBy::default())
        .expect("the node is under the root");
    (Scene { job, commitment }, Subject { instance: Some(0), node }, Reveal::Bytes(bytes))
}

const COMMITMENT: CommitmentId = CommitmentId([8; 32]);

/// Puts the longest way of answers on the chain, and gives it with the node that it leads to.
fn answers<T: Config>() -> Vec<Subject> {
    let trace = Trace::len_of(MAX_INSTANCES);
    let nodes = |instance, len| {
        let below = move |by: &Subject| {
            let node = Node::over(0, by.node.revealed_level()?, len)?;
            Some(Subject { instance, node })
        };
        core::iter::successors(Some(Subject { instance, node: Node::top(len) }), below).map(move |by| (by, len))
    };
    let way: Vec<_> = nodes(None, trace).chain(nodes(Some(0), MAX_BUFFER_BYTES)).collect();
    let account = Helper::<T>::rich(DEMANDER);
    for (subject, len) in &way {
        let demand = Demand {
            job: JobId([9; 32]),
            len: *len,
            value: [7; 32],
            provider: account.clone(),
            demander: account.clone(),
            price: 1,
            stage: Stage::Answered { until: Tick::MAX },
        };
        Demands::<T>::insert(COMMITMENT, subject, demand);
    }
    way.into_iter().map(|(subject, _)| subject).collect()
}

/// The tick at which the one demand is in the queue.
fn due<T: Config>() -> Tick {
    Queue::<T>::iter_keys().next().expect("a demand is in the queue").0
}

#[benchmarks]
mod benchmarks {
    use super::*;

    /// `b`: bytes of the opening of a trace. It is verified beside the demand, since traces of jobs are shorter than
    /// one of which an opening has so many bytes. The demand is of a chunk of the largest output: its path is the
    /// longest.
    #[benchmark]
    fn demand(b: Linear<96, 2_048>) {
        let value = leaf(MAX_BUFFER_BYTES, 0, &[0x5A; CHUNK]);
        let (output, path) = climb(value, MAX_PATH);
        let (Scene { job, commitment }, target) = committed::<T>(MAX_BUFFER_BYTES / 4, output);
        let (opening, trace) = opening(b);
        let (node, path): (Node, Path) = (Node { level: 0, position: 0 }, path.try_into().expect("at the limit"));
        let who = RawOrigin::Signed(Helper::<T>::rich(DEMANDER));
        let opened;
        let result;
        #[block]
        {
            opened = prove_root(&opening, &trace, 0);
            result = with_storage_layer(|| {
                Pallet::<T>::demand(who.into(), job, commitment, target, node, value, path, ShownBy::default())
            });
        }
        assert!(opened.is_ok());
        assert_eq!(result, Ok(()));
        assert!(Demands::<T>::contains_key(commitment, Subject { instance: Some(0), node }));
    }

    /// `n`: answers that a demand past the window names, from the root of the longest trace down to the largest output.
    #[benchmark]
    fn shown(n: Linear<0, 5>) {
        let way = answers::<T>();
        let (answers, node) = (&way[way.len() - n as usize - 1..way.len() - 1], way[way.len() - 1]);
        let is_shown;
        #[block]
        {
            is_shown = Pallet::<T>::is_shown(&COMMITMENT, answers, (node, MAX_BUFFER_BYTES));
        }
        assert_eq!(is_shown, n > 0);
    }

    /// `b`: bytes of the answer. Values of nodes count as the blocks in which they are hashed, and are never as many.
    #[benchmark]
    fn reveal(b: Linear<4, 65_536>) {
        let (Scene { commitment, .. }, subject, answer) = demanded::<T>(b / 4);
        let by = Helper::<T>::rich(ANSWERER);
        #[extrinsic_call]
        _(RawOrigin::Signed(by), commitment, subject, answer);
        assert!(Demands::<T>::get(commitment, subject).is_some_and(|stored| !stored.is_open()));
    }

    /// Without the search for another provider, which is added.
    #[benchmark]
    fn serve_unanswered() {
        let (Scene { job, commitment }, subject, _) = demanded::<T>(1);
        let tick = due::<T>();
        Helper::<T>::set_tick(tick);
        #[block]
        {
            Pallet::<T>::serve(tick, commitment, subject);
        }
        assert!(!Demands::<T>::contains_key(commitment, subject));
        assert!(!Helper::<T>::is_challengeable(&job));
    }

    /// The result has stood: the answer is paid.
    #[benchmark]
    fn serve_answered() {
        let (Scene { job, commitment }, subject, answer) = demanded::<T>(1);
        let by = Helper::<T>::rich(ANSWERER);
        Pallet::<T>::reveal(RawOrigin::Signed(by).into(), commitment, subject, answer).expect("it is the answer");
        Helper::<T>::settle(&job);
        let tick = due::<T>();
        let provider = Demands::<T>::get(commitment, subject).expect("it is kept").provider;
        let before = T::Currency::balance(&provider);
        #[block]
        {
            Pallet::<T>::serve(tick, commitment, subject);
        }
        assert!(!Demands::<T>::contains_key(commitment, subject));
        assert!(T::Currency::balance(&provider) > before);
    }

    /// What a service costs that finds nothing.
    #[benchmark]
    fn serve_base() {
        let mut meter = WeightMeter::with_limit(T::WeightInfo::serve_base());
        #[block]
        {
            Pallet::<T>::serve_queue(&mut meter);
        }
        assert_eq!(QueueCursor::<T>::get(), 0);
    }

    /// What passing one tick costs at which no demand is in the queue.
    #[benchmark]
    fn serve_tick() {
        Helper::<T>::set_tick(0);
        let mut meter = WeightMeter::new();
        #[block]
        {
            Pallet::<T>::serve_queue(&mut meter);
        }
        assert_eq!(QueueCursor::<T>::get(), T::Clock::now().saturating_add(1));
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
