//! Benchmarks of the calls and of everything that the agenda does.

use alloc::{vec, vec::Vec};

use frame_benchmarking::v2::*;
use frame_support::weights::WeightMeter;
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_runtime::traits::Zero;
use touchstone_kir::{
    limits::{MAX_BOUNDS, MAX_CODE_BYTES, MAX_CONSTANTS, MAX_INSTRUCTIONS, MAX_SEGMENTS, MAX_VIEWS},
    root, Bound, Instr, Kernel, Module, Op, ViewDecl,
};
use touchstone_primitives::{
    Ask, Balance, Buffer, CarriedOutputs, Clock, CloseReason, CommitmentId, Escrow, InlineData, Input, JobId, JobSpec,
    Matching, PassReason, Source, Step, Tick, Totals, Trace, MAX_CARRIED_BYTES, MAX_INPUTS, MAX_PARAMS, MAX_READS,
    MAX_STEPS, MAX_URL_BYTES,
};

use super::*;

/// Prepares the state with the real pallets.
pub trait BenchmarkHelper<AccountId> {
    /// An account that can pay for everything; a different one for each seed.
    fn rich(seed: u32) -> AccountId;

    /// Lists an asset that pays for jobs, if jobs can be paid in assets. Accounts that [`rich`](Self::rich) gives out
    /// afterwards have plenty of it.
    fn asset() -> Option<u32>;

    /// Stores a kernel.
    fn upload(code: Vec<u8>);

    /// Makes an account a provider with ample stake. Its device 0 is discrete, has memory for every job, and its ask
    /// counts when this returns: the clock is moved on as far as that takes.
    fn provide(account: &AccountId, ask: Ask);

    /// Gives every shelf of the index that has no ask a front that no job can pay.
    fn fill_index();

    /// Moves the dispute clock.
    fn set_tick(tick: Tick);
}

type Helper<T> = <T as Config>::BenchmarkHelper;

const PRICE: Balance = 1_000_000_000_000;
const BUYER: u32 = 0;
const PROVIDER: u32 = 1;
const RIVAL: u32 = 2;

/// A kernel of about `bytes` bytes, at most the longest, with all its tables as large as then fit. Pairs that open and
/// close a construct cost the validator most.
fn kernel(seed: u32, bytes: u32) -> Kernel {
    let share = |most: usize| (most * bytes.min(MAX_CODE_BYTES as u32) as usize / MAX_CODE_BYTES).max(2) & !1;
    let code = (0..share(MAX_INSTRUCTIONS) as u32)
        .map(|at| match at % 2 {
            0 => Instr::new(Op::Block, 0, 0, 0, at.saturating_add(1)),
            _ => Instr::new(Op::End, 0, 0, 0, 0),
        })
        .collect();
    let bound = |param| Bound { c: 1, cap: 1_024, m: 3, param: Some(param), shift: 1 };
    let module = Module {
        window: 1,
        registers: 1,
        inputs: MAX_READS as u8,
        params: MAX_PARAMS as u8,
        segments: vec![1; share(MAX_SEGMENTS)],
        views: vec![ViewDecl { buffer: 0, bound: 0 }; share(MAX_VIEWS)],
        bounds: (0..share(MAX_BOUNDS)).map(|at| bound((at % MAX_PARAMS as usize) as u8)).collect(),
        code,
        constants: vec![seed; share(MAX_CONSTANTS)],
    };
    Kernel::from_module(module).expect("the benchmark's kernel is valid")
}

/// The length of kernels where it is not their length that is measured.
const SHORT: u32 = 1_024;

fn words(bytes: u32) -> Vec<u8> {
    vec![0x5A; (bytes / 4 * 4) as usize]
}

/// The bytes of a job's kernels do not matter to its benchmark.
const ANY_CODE: u32 = u32::MAX;

/// What a job has much or little of.
struct Size {
    steps: u32,
    code_bytes: u32,
    urls: u32,
    inline_bytes: u32,
}

impl Size {
    /// As large as it can be with short kernels.
    const LARGEST: Self = Self { steps: MAX_STEPS, code_bytes: SHORT, urls: MAX_INPUTS - 1, inline_bytes: 65_536 };
}

/// A job of this size: with so many inputs from URLs, and one that is inline.
fn job<T: Config>(size: Size, matching: Matching) -> (JobSpec, InlineData) {
    let terms = Pallet::<T>::terms();
    let mut url = b"http://host/".to_vec();
    url.resize(MAX_URL_BYTES as usize, b'u');
    let mut inputs: Vec<Input> = (0..size.urls)
        .map(|_| Input {
            buffer: Buffer { root: [7; 32], len: 4 },
            source: Source::Url(url.clone().try_into().expect("at the limit")),
        })
        .collect();
    let bytes = words(size.inline_bytes);
    let mut data = Vec::new();
    if !bytes.is_empty() {
        let buffer = Buffer { root: root(&bytes), len: bytes.len() as u32 };
        inputs.push(Input { buffer, source: Source::Inline });
        data.push(bytes.try_into().expect("within the limit"));
    }
    let steps = (0..size.steps).map(|step| {
        let kernel = kernel(step, size.code_bytes);
        Helper::<T>::upload(kernel.encode());
        Step {
            kernel: kernel.hash(),
            reads: vec![0; MAX_READS as usize].try_into().expect("at the limit"),
            invocations: 16,
            params: vec![1; MAX_PARAMS as usize].try_into().expect("at the limit"),
        }
    });
    let spec = JobSpec {
        inputs: inputs.try_into().expect("at the limit"),
        steps: steps.collect::<Vec<_>>().try_into().expect("as many steps as a job can have"),
        matching,
        class: None,
        asset: None,
        ceiling: PRICE,
        deadline: terms.max_deadline,
        min_collateral: 0,
    };
    (spec, data.try_into().expect("one input"))
}

/// Submits the largest job, to be paid in an asset, and gives its id.
fn submitted<T: Config>(matching: Matching) -> JobId {
    let (mut spec, inline) = job::<T>(Size::LARGEST, matching);
    spec.asset = Helper::<T>::asset();
    let buyer = Helper::<T>::rich(BUYER);
    let id = JobId::new(&Pallet::<T>::genesis_hash(), &buyer, &[0; 32], &spec);
    Pallet::<T>::submit(RawOrigin::Signed(buyer).into(), [0; 32], spec.into(), inline, ANY_CODE)
        .expect("the job is valid");
    id
}

fn auctioned<T: Config>() -> JobId {
    let ticks = Pallet::<T>::terms().max_auction;
    submitted::<T>(Matching::Open { ticks })
}

/// A provider whose device takes so many jobs. With the first one, its stake falls below a step: if it can take
/// another, its ask moves to another shelf.
fn provider<T: Config>(seed: u32, slots: u8) -> T::AccountId {
    let account = Helper::<T>::rich(seed);
    Helper::<T>::provide(&account, Ask { per_gigafuel: 1_000_000, minimum: 0, slots });
    account
}

/// A job that is assigned, in a market with another provider that takes it at the next match. What a longer search and
/// a longer index weigh is measured apart, as is an ask that stays in the index.
fn assigned<T: Config>() -> (JobId, T::AccountId) {
    let first = provider::<T>(PROVIDER, 4);
    let id = submitted::<T>(Matching::Instant);
    assert!(matches!(stage::<T>(&id), Some(Stage::Assigned(_))));
    provider::<T>(RIVAL, 1);
    (id, first)
}

/// The trace of a job of `steps` steps.
fn trace(steps: u32) -> Buffer {
    Buffer { root: [7; 32], len: Trace::len_of(steps) }
}

/// As many outputs as a job can have, of so many bytes together; what the chain knows of the job, and its trace.
fn outputs(bytes: u32) -> (Appraisal, Buffer, CarriedOutputs) {
    let bytes = words(bytes);
    let share = bytes.len() / 4 / MAX_STEPS as usize * 4;
    let outputs: Vec<&[u8]> = (0..MAX_STEPS as usize)
        .map(|step| match step + 1 == MAX_STEPS as usize {
            true => &bytes[step * share..],
            false => &bytes[step * share..][..share],
        })
        .collect();
    let facts = |output: &&[u8]| StepFacts { output_bytes: output.len() as u32, fuel: 1, code_bytes: SHORT };
    let steps = outputs.iter().map(facts).collect::<Vec<_>>().try_into().expect("as many steps as a job can have");
    let trace = Trace::of(outputs).buffer();
    (Appraisal { totals: Totals::default(), steps }, trace, bytes.try_into().expect("within the limit"))
}

fn committed<T: Config>() -> JobId {
    let (id, provider) = assigned::<T>();
    let trace = trace(MAX_STEPS);
    Pallet::<T>::commit(RawOrigin::Signed(provider).into(), id, 1, trace, None).expect("the provider is assigned");
    id
}

fn stage<T: Config>(id: &JobId) -> Option<Stage<T::AccountId>> {
    Jobs::<T>::get(id).map(|record| record.stage)
}

/// The result that the job has.
fn commitment<T: Config>(id: &JobId) -> CommitmentId {
    let stage = stage::<T>(id).expect("the job is stored");
    stage.result().expect("it was just committed").commitment
}

/// Moves the clock to where something is due for the job.
fn come_due<T: Config>(id: &JobId) {
    let Record { job, stage, .. } = Jobs::<T>::get(id).expect("the job is stored");
    Helper::<T>::set_tick(stage.due_at(&job.terms));
}

fn closed<T: Config>(id: &JobId, because: CloseReason) -> bool {
    matches!(stage::<T>(id), Some(Stage::Closed(Closed { reason, .. })) if reason == because)
}

/// Whether the job went from `first` to another provider.
fn reassigned<T: Config>(id: &JobId, first: &T::AccountId) -> bool {
    let Record { job, stage, .. } = Jobs::<T>::get(id).expect("the job is stored");
    matches!(stage, Stage::Assigned(_)) && job.excludes(first)
}

#[benchmarks]
mod benchmarks {
    use super::*;

    /// `s`: steps of the job. `i`: its inputs, all of them URLs as long as they can be. The kernels are short, no input
    /// is inline, and the native coin pays: the next three measure that. The first ask takes the job, and leaves the
    /// index.
    #[benchmark]
    fn submit(s: Linear<1, 16>, i: Linear<1, 16>) {
        provider::<T>(PROVIDER, 1);
        let size = Size { steps: s, code_bytes: SHORT, urls: i, inline_bytes: 0 };
        let (spec, inline) = job::<T>(size, Matching::Instant);
        let buyer = Helper::<T>::rich(BUYER);
        whitelist_account!(buyer);
        // Every transaction reads it before its call.
        let genesis = frame_system::BlockHash::<T>::hashed_key_for(BlockNumberFor::<T>::zero());
        frame_benchmarking::benchmarking::add_to_whitelist(genesis.into());
        let id = JobId::new(&Pallet::<T>::genesis_hash(), &buyer, &[0; 32], &spec);
        #[extrinsic_call]
        _(RawOrigin::Signed(buyer), [0; 32], spec.into(), inline, ANY_CODE);
        assert!(matches!(stage::<T>(&id), Some(Stage::Assigned(_))));
    }

    /// `c`: bytes of the kernel of one step.
    #[benchmark]
    fn submit_code(c: Linear<1_024, { MAX_CODE_BYTES as u32 }>) {
        let terms = Pallet::<T>::terms();
        let (spec, _) = job::<T>(Size { steps: 1, code_bytes: c, urls: 1, inline_bytes: 0 }, Matching::Instant);
        let appraisal;
        #[block]
        {
            appraisal = appraise::appraise::<T>(&spec, &terms, ANY_CODE);
        }
        assert!(appraisal.is_ok_and(|appraisal| appraisal.steps.len() == 1));
    }

    /// `b`: bytes of the inline inputs.
    #[benchmark]
    fn submit_inline(b: Linear<4, 65_536>) {
        let (spec, inline) =
            job::<T>(Size { steps: 1, code_bytes: SHORT, urls: 0, inline_bytes: b }, Matching::Instant);
        let id = JobId([1; 32]);
        #[block]
        {
            appraise::check_inline::<T, _>(&spec, &inline).expect("the inputs are as declared");
            Inline::<T>::insert(id, inline);
        }
        assert!(Inline::<T>::contains_key(id));
    }

    /// What it adds that the payment is held in an asset.
    #[benchmark]
    fn submit_asset() {
        let asset = Helper::<T>::asset();
        let buyer = Helper::<T>::rich(BUYER);
        let funds;
        #[block]
        {
            funds = T::Escrow::open(&buyer, asset, PRICE);
        }
        assert_eq!(funds.map(|funds| funds.payment), Ok(PRICE));
    }

    #[benchmark]
    fn bid() {
        let (first, second) = (provider::<T>(PROVIDER, 4), provider::<T>(RIVAL, 4));
        let id = auctioned::<T>();
        Pallet::<T>::bid(RawOrigin::Signed(first).into(), id, 0, 0, PRICE).expect("it is the first bid");
        Helper::<T>::fill_index();
        #[extrinsic_call]
        _(RawOrigin::Signed(second.clone()), id, 0, 0, PRICE / 2);
        assert_eq!(stage::<T>(&id).and_then(|stage| stage.deal().map(|deal| deal.provider.clone())), Some(second));
    }

    #[benchmark]
    fn cancel() {
        let id = auctioned::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(Helper::<T>::rich(BUYER)), id);
        assert!(closed::<T>(&id, CloseReason::Cancelled));
    }

    #[benchmark]
    fn pass() {
        let (id, provider) = assigned::<T>();
        whitelist_account!(provider);
        #[extrinsic_call]
        _(RawOrigin::Signed(provider.clone()), id, 1, PassReason::UrlRefused { status: 404 });
        assert!(reassigned::<T>(&id, &provider));
    }

    /// The record is as large as it can be. The device was full: its ask waits for the index again.
    #[benchmark]
    fn commit() {
        let provider = provider::<T>(PROVIDER, 1);
        whitelist_account!(provider);
        let (spec, inline) = job::<T>(Size { urls: MAX_INPUTS, inline_bytes: 0, ..Size::LARGEST }, Matching::Instant);
        let buyer = Helper::<T>::rich(BUYER);
        let id = JobId::new(&Pallet::<T>::genesis_hash(), &buyer, &[0; 32], &spec);
        Pallet::<T>::submit(RawOrigin::Signed(buyer).into(), [0; 32], spec.into(), inline, ANY_CODE)
            .expect("the job is valid");
        #[extrinsic_call]
        _(RawOrigin::Signed(provider), id, 1, trace(MAX_STEPS), None);
        assert!(matches!(stage::<T>(&id), Some(Stage::Committed(_))));
    }

    /// What it adds that outputs come with a commitment. `b`: their bytes.
    #[benchmark]
    fn commit_outputs(b: Linear<64, { MAX_CARRIED_BYTES }>) {
        let provider = Helper::<T>::rich(PROVIDER);
        let id = JobId([1; 32]);
        let (appraisal, trace, outputs) = outputs(b);
        let kept;
        #[block]
        {
            kept = Pallet::<T>::keep_outputs(&id, &provider, &appraisal, &trace, outputs);
        }
        assert!(kept.is_ok() && Outputs::<T>::contains_key(id));
    }

    /// What it adds to the end of a result that the chain has its outputs.
    #[benchmark]
    fn drop_outputs() {
        let provider = Helper::<T>::rich(PROVIDER);
        let id = JobId([1; 32]);
        let (appraisal, trace, outputs) = outputs(MAX_CARRIED_BYTES);
        let ticket =
            Pallet::<T>::keep_outputs(&id, &provider, &appraisal, &trace, outputs).expect("the provider can pay");
        let removed;
        #[block]
        {
            removed = Pallet::<T>::remove_outputs(&id, &provider, ticket);
        }
        assert_eq!(removed, Ok(()));
        assert!(!Outputs::<T>::contains_key(id));
    }

    #[benchmark]
    fn accept() {
        let id = committed::<T>();
        let commitment = commitment::<T>(&id);
        let buyer = Helper::<T>::rich(BUYER);
        whitelist_account!(buyer);
        #[extrinsic_call]
        _(RawOrigin::Signed(buyer), id, commitment);
        assert!(matches!(stage::<T>(&id), Some(Stage::Committed(committed)) if committed.is_accepted()));
    }

    #[benchmark]
    fn poke_unsold() {
        let id = auctioned::<T>();
        come_due::<T>(&id);
        #[extrinsic_call]
        poke(RawOrigin::Signed(Helper::<T>::rich(BUYER)), id);
        assert!(closed::<T>(&id, CloseReason::NoBids));
    }

    #[benchmark]
    fn poke_sold() {
        let bidder = provider::<T>(PROVIDER, 4);
        let id = auctioned::<T>();
        Pallet::<T>::bid(RawOrigin::Signed(bidder).into(), id, 0, 0, PRICE).expect("it is the first bid");
        come_due::<T>(&id);
        #[extrinsic_call]
        poke(RawOrigin::Signed(Helper::<T>::rich(BUYER)), id);
        assert!(matches!(stage::<T>(&id), Some(Stage::Assigned(_))));
    }

    #[benchmark]
    fn poke_missed() {
        let (id, provider) = assigned::<T>();
        come_due::<T>(&id);
        #[extrinsic_call]
        poke(RawOrigin::Signed(Helper::<T>::rich(BUYER)), id);
        assert!(reassigned::<T>(&id, &provider));
    }

    /// Pays in an asset.
    #[benchmark]
    fn poke_accepted() {
        let id = committed::<T>();
        let commitment = commitment::<T>(&id);
        Pallet::<T>::accept(RawOrigin::Signed(Helper::<T>::rich(BUYER)).into(), id, commitment).expect("it stands");
        come_due::<T>(&id);
        #[extrinsic_call]
        poke(RawOrigin::Signed(Helper::<T>::rich(BUYER)), id);
        assert!(matches!(stage::<T>(&id), Some(Stage::Committed(committed)) if committed.is_paid()));
    }

    #[benchmark]
    fn poke_stood() {
        let id = committed::<T>();
        come_due::<T>(&id);
        Helper::<T>::fill_index();
        #[extrinsic_call]
        poke(RawOrigin::Signed(Helper::<T>::rich(BUYER)), id);
        assert!(closed::<T>(&id, CloseReason::Settled));
    }

    #[benchmark]
    fn poke_expired() {
        let id = committed::<T>();
        for _ in 0..2 {
            come_due::<T>(&id);
            if closed::<T>(&id, CloseReason::Settled) {
                break;
            }
            Pallet::<T>::do_poke(id).expect("the window is over");
        }
        #[extrinsic_call]
        poke(RawOrigin::Signed(Helper::<T>::rich(BUYER)), id);
        assert!(!Jobs::<T>::contains_key(id) && !Inline::<T>::contains_key(id));
    }

    /// An agenda entry that comes before something is due: it moves.
    #[benchmark]
    fn serve_early() {
        let id = committed::<T>();
        let agenda = || Jobs::<T>::get(id).and_then(|record| record.agenda).expect("it is not parked");
        let early = agenda();
        Helper::<T>::set_tick(early);
        #[block]
        {
            Pallet::<T>::serve(early, id);
        }
        assert!(agenda() > early);
    }

    /// What a service costs that finds nothing.
    #[benchmark]
    fn serve_base() {
        let mut meter = WeightMeter::with_limit(T::WeightInfo::serve_base());
        #[block]
        {
            Pallet::<T>::serve_agenda(&mut meter);
        }
        assert_eq!(AgendaCursor::<T>::get(), 0);
    }

    /// What passing one tick costs at which nothing is due.
    #[benchmark]
    fn serve_tick() {
        Helper::<T>::set_tick(0);
        let mut meter = WeightMeter::new();
        #[block]
        {
            Pallet::<T>::serve_agenda(&mut meter);
        }
        assert_eq!(AgendaCursor::<T>::get(), T::Clock::now().saturating_add(1));
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
