//! Benchmarks of the calls and of everything that the agenda does.

use alloc::{vec, vec::Vec};

use frame_benchmarking::v2::*;
use frame_support::weights::WeightMeter;
use frame_system::RawOrigin;
use touchstone_kir::{
    limits::{MAX_BOUNDS, MAX_CONSTANTS, MAX_INSTRUCTIONS, MAX_SEGMENTS, MAX_VIEWS},
    root, Bound, Instr, Kernel, Module, Op, ViewDecl,
};
use touchstone_primitives::{
    Ask, Balance, Buffer, Clock, CloseReason, InlineData, Input, JobId, JobSpec, Matching, PassReason, Source, Step,
    Tick, MAX_INPUTS, MAX_PARAMS, MAX_READS, MAX_URL_BYTES,
};

use super::*;

/// Prepares the state with the real pallets.
pub trait BenchmarkHelper<AccountId> {
    /// An account that can pay for everything; a different one for each seed.
    fn rich(seed: u32) -> AccountId;

    /// Stores a kernel.
    fn upload(code: Vec<u8>);

    /// Makes an account a provider with ample stake. Its device 0 is discrete, has memory for every job, and its ask
    /// counts when this returns: the clock is moved on as far as that takes.
    fn provide(account: &AccountId, ask: Ask);

    /// Fills the market with as many live asks as a match looks at, cheaper than those of [`Self::provide`]: all but the
    /// last have next to no memory, and the last takes any job.
    fn crowd();

    /// Moves the dispute clock.
    fn set_tick(tick: Tick);
}

type Helper<T> = <T as Config>::BenchmarkHelper;

const PRICE: Balance = 1_000_000_000_000;
const BUYER: u32 = 0;
const PROVIDER: u32 = 1;
const RIVAL: u32 = 2;

/// A kernel that is nearly as large as can be in all its tables. Pairs that open and close a construct cost the validator
/// most.
fn kernel(seed: u32) -> Kernel {
    let code = (0..MAX_INSTRUCTIONS as u32)
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
        segments: vec![1; MAX_SEGMENTS],
        views: vec![ViewDecl { buffer: 0, bound: 0 }; MAX_VIEWS],
        bounds: (0..MAX_BOUNDS).map(|at| bound((at % MAX_PARAMS as usize) as u8)).collect(),
        code,
        constants: vec![seed; MAX_CONSTANTS],
    };
    Kernel::from_module(module).expect("the benchmark's kernel is valid")
}

fn words(bytes: u32) -> Vec<u8> {
    vec![0x5A; (bytes / 4 * 4) as usize]
}

/// A job of `steps` steps with as many kernels, and `inline` bytes of input beside as many inputs from URLs as there can be.
fn job<T: Config>(steps: u32, inline: u32, matching: Matching) -> (JobSpec, InlineData) {
    let terms = Pallet::<T>::terms();
    let mut url = b"http://host/".to_vec();
    url.resize(MAX_URL_BYTES as usize, b'u');
    let mut inputs: Vec<Input> = (1..MAX_INPUTS)
        .map(|_| Input {
            buffer: Buffer { root: [7; 32], len: 4 },
            source: Source::Url(url.clone().try_into().expect("at the limit")),
        })
        .collect();
    let bytes = words(inline);
    let mut data = Vec::new();
    if !bytes.is_empty() {
        let buffer = Buffer { root: root(&bytes), len: bytes.len() as u32 };
        inputs.push(Input { buffer, source: Source::Inline });
        data.push(bytes.try_into().expect("within the limit"));
    }
    let steps = (0..steps).map(|step| {
        let kernel = kernel(step);
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

/// Submits the largest job and gives its id.
fn submitted<T: Config>(matching: Matching) -> JobId {
    let (spec, inline) = job::<T>(touchstone_primitives::MAX_STEPS, 65_536, matching);
    let buyer = Helper::<T>::rich(BUYER);
    let id = JobId::new(&Pallet::<T>::genesis_hash(), &buyer, &[0; 32], &spec);
    Pallet::<T>::submit(RawOrigin::Signed(buyer).into(), [0; 32], spec.into(), inline).expect("the job is valid");
    id
}

fn auctioned<T: Config>() -> JobId {
    let ticks = Pallet::<T>::terms().max_auction;
    submitted::<T>(Matching::Open { ticks })
}

fn provider<T: Config>(seed: u32) -> T::AccountId {
    let account = Helper::<T>::rich(seed);
    Helper::<T>::provide(&account, Ask { per_gigafuel: 1_000_000, minimum: 0, slots: 4 });
    account
}

/// A job that is assigned, in a market where the next match looks at as many asks as it ever does.
fn assigned<T: Config>() -> (JobId, T::AccountId) {
    let first = provider::<T>(PROVIDER);
    let id = submitted::<T>(Matching::Instant);
    assert!(matches!(stage::<T>(&id), Some(Stage::Assigned(_))));
    Helper::<T>::crowd();
    (id, first)
}

/// Roots for a job of `steps` steps.
fn roots(steps: u32) -> Roots {
    (0..steps).map(|step| [step as u8; 32]).collect::<Vec<_>>().try_into().expect("within the limit")
}

fn committed<T: Config>() -> JobId {
    let (id, provider) = assigned::<T>();
    let roots = roots(touchstone_primitives::MAX_STEPS);
    Pallet::<T>::commit(RawOrigin::Signed(provider).into(), id, 1, roots).expect("the provider is assigned");
    id
}

fn stage<T: Config>(id: &JobId) -> Option<Stage<T::AccountId>> {
    Jobs::<T>::get(id).map(|record| record.stage)
}

/// Moves the clock to where something is due for the job.
fn come_due<T: Config>(id: &JobId) {
    let Record { job, stage } = Jobs::<T>::get(id).expect("the job is stored");
    Helper::<T>::set_tick(stage.due_at(&job.terms));
}

fn closed<T: Config>(id: &JobId, because: CloseReason) -> bool {
    matches!(stage::<T>(id), Some(Stage::Closed(Closed { reason, .. })) if reason == because)
}

/// Whether the job went from `first` to another provider.
fn reassigned<T: Config>(id: &JobId, first: &T::AccountId) -> bool {
    let Record { job, stage } = Jobs::<T>::get(id).expect("the job is stored");
    matches!(stage, Stage::Assigned(_)) && job.excludes(first)
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn submit(s: Linear<1, 16>, b: Linear<0, 65_536>) {
        Helper::<T>::crowd();
        let (spec, inline) = job::<T>(s, b, Matching::Instant);
        let buyer = Helper::<T>::rich(BUYER);
        let id = JobId::new(&Pallet::<T>::genesis_hash(), &buyer, &[0; 32], &spec);
        #[extrinsic_call]
        _(RawOrigin::Signed(buyer), [0; 32], spec.into(), inline);
        assert!(matches!(stage::<T>(&id), Some(Stage::Assigned(_))));
    }

    #[benchmark]
    fn bid() {
        let (first, second) = (provider::<T>(PROVIDER), provider::<T>(RIVAL));
        let id = auctioned::<T>();
        Pallet::<T>::bid(RawOrigin::Signed(first).into(), id, 0, 0, PRICE).expect("it is the first bid");
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
        #[extrinsic_call]
        _(RawOrigin::Signed(provider.clone()), id, 1, PassReason::UrlRefused { status: 404 });
        assert!(reassigned::<T>(&id, &provider));
    }

    /// `s`: steps of the job. The record itself is as large as it can be but for the steps.
    #[benchmark]
    fn commit(s: Linear<1, 16>) {
        let provider = provider::<T>(PROVIDER);
        let (spec, inline) = job::<T>(s, 0, Matching::Instant);
        let buyer = Helper::<T>::rich(BUYER);
        let id = JobId::new(&Pallet::<T>::genesis_hash(), &buyer, &[0; 32], &spec);
        Pallet::<T>::submit(RawOrigin::Signed(buyer).into(), [0; 32], spec.into(), inline).expect("the job is valid");
        #[extrinsic_call]
        _(RawOrigin::Signed(provider), id, 1, roots(s));
        assert!(Challengeable::<T>::contains_key(id));
    }

    #[benchmark]
    fn accept() {
        let id = committed::<T>();
        let commitment = stage::<T>(&id).and_then(|stage| stage.result().map(|result| result.commitment));
        let commitment = commitment.expect("it was just committed");
        #[extrinsic_call]
        _(RawOrigin::Signed(Helper::<T>::rich(BUYER)), id, 1, commitment);
        assert!(matches!(stage::<T>(&id), Some(Stage::Committed(committed)) if committed.accepted));
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
        let bidder = provider::<T>(PROVIDER);
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

    #[benchmark]
    fn poke_stood() {
        let id = committed::<T>();
        come_due::<T>(&id);
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
}
