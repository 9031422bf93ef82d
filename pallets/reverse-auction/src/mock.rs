//! The whole market: this pallet between the real ones that it meets in a runtime.

#[cfg(feature = "runtime-benchmarks")]
mod scenes;

use frame_support::{
    assert_ok, derive_impl, parameter_types,
    traits::{
        fungible::{HoldConsideration, NativeOrWithId},
        fungibles::Inspect,
        ConstU128, ConstU32, LinearStoragePrice,
    },
    weights::Weight,
};
use sp_runtime::Perbill;
use touchstone_kir::{open, root, ChunkRange, Instr, Kernel, Module, Op};
use touchstone_primitives::{
    Ask, Balance, Buffer, Claim, Clock, CloseReason, CommitmentId, DeviceClass, DeviceSpec, Input, JobId, JobSpec,
    ListedAssets, Matching, Proof, ProofLimits, Rate, Source, Step, Terms, Tick, Trace,
};

use crate as pallet_reverse_auction;

pub use touchstone_testing::{AccountId, TERMS};

pub const BUYER: AccountId = 1;
pub const OTHER_BUYER: AccountId = 2;
pub const WATCHER: AccountId = 3;
pub const POOL: AccountId = 4;
/// Owns the existential deposit and next to nothing else.
pub const POOR: AccountId = 5;
/// Providers, in the order of their asks: the first is the cheapest.
pub const PROVIDERS: [AccountId; 4] = [11, 12, 13, 14];

pub const ENDOWMENT: Balance = 100_000_000;
pub const STAKE: Balance = 10_000_000;
/// A listed asset beside the native coin.
pub const ASSET: u32 = 1;
/// Five of its units are worth one of the native coin.
pub const RATE: Rate = Rate { native: 1, asset: 5 };

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeTask,
        RuntimeHoldReason,
        RuntimeFreezeReason,
        RuntimeViewFunction
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(2)]
    pub type Assets = pallet_assets;
    #[runtime::pallet_index(3)]
    pub type AssetsHolder = pallet_assets_holder;
    #[runtime::pallet_index(4)]
    pub type KernelRegistry = pallet_kernel_registry;
    #[runtime::pallet_index(5)]
    pub type ProviderRegistry = pallet_provider_registry;
    #[runtime::pallet_index(6)]
    pub type Escrow = pallet_escrow;
    #[runtime::pallet_index(7)]
    pub type DisputeClock = pallet_dispute_clock;
    #[runtime::pallet_index(8)]
    pub type ReverseAuction = pallet_reverse_auction;
    #[runtime::pallet_index(9)]
    pub type Disputes = pallet_disputes;
    #[runtime::pallet_index(10)]
    pub type Demands = pallet_demands;
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
    type AccountId = AccountId;
    type Lookup = sp_runtime::traits::IdentityLookup<AccountId>;
    type AccountData = pallet_balances::AccountData<Balance>;
    type BlockWeights = Weights;
}

touchstone_testing::balances!(Test, existential_deposit: 10);
touchstone_testing::assets!(Test);

parameter_types! {
    pub Weights: frame_system::limits::BlockWeights = touchstone_testing::one_second_blocks();
    pub const Pool: AccountId = POOL;
    pub const KernelDeposit: RuntimeHoldReason =
        RuntimeHoldReason::KernelRegistry(pallet_kernel_registry::HoldReason::Kernel);
    pub const ProviderDeposit: RuntimeHoldReason =
        RuntimeHoldReason::ProviderRegistry(pallet_provider_registry::HoldReason::Registration);
    pub Listed: ListedAssets = vec![(ASSET, RATE)].try_into().unwrap();
    pub const StakeReason: RuntimeHoldReason =
        RuntimeHoldReason::ProviderRegistry(pallet_provider_registry::HoldReason::Stake);
    pub const JobDeposit: RuntimeHoldReason = RuntimeHoldReason::ReverseAuction(crate::HoldReason::Job);
    pub const RepeatSlash: Perbill = Perbill::from_percent(10);
    pub const CoverSteps: [Balance; pallet_provider_registry::COVER_STEPS] =
        [STAKE / 1_000, STAKE / 300, STAKE / 100, STAKE / 30, STAKE / 10, STAKE];
    pub const ArrivalsShare: Weight = Weight::MAX;
    pub LargestRefutationWeight: Weight = Disputes::largest_refutation_weight();
    pub LargestRefutationBytes: u32 = Disputes::largest_refutation_bytes();
    pub static TestTerms: Terms = TERMS;
    pub static AgendaShare: Weight = Weight::from_parts(100_000_000_000, u64::MAX);
    pub const QueueShare: Weight = Weight::from_parts(100_000_000_000, u64::MAX);
}

pub type StoragePrice = LinearStoragePrice<ConstU128<1_000>, ConstU128<1>, Balance>;
type Deposit<Reason> = HoldConsideration<AccountId, Balances, Reason, StoragePrice>;

impl pallet_kernel_registry::Config for Test {
    type Consideration = Deposit<KernelDeposit>;
    type WeightInfo = ();
}

impl pallet_provider_registry::Config for Test {
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Consideration = Deposit<ProviderDeposit>;
    type Clock = DisputeClock;
    type MinStake = ConstU128<1_000>;
    type AskDelay = ConstU32<1>;
    type FaultPeriod = ConstU32<100>;
    type RepeatSlash = RepeatSlash;
    type MaxScan = ConstU32<8>;
    type CoverSteps = CoverSteps;
    type ArrivalsShare = ArrivalsShare;
    type WeightInfo = ();
}

impl pallet_escrow::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Assets = Coins;
    type Native = Balances;
    type StakeReason = StakeReason;
    type Listed = Listed;
    type FeePool = Pool;
}

impl pallet_dispute_clock::Config for Test {
    type LargestCallWeight = LargestRefutationWeight;
    type LargestCallBytes = LargestRefutationBytes;
    type WeightInfo = ();
}

impl pallet_disputes::Config for Test {
    type Jobs = ReverseAuction;
    type Kernels = KernelRegistry;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = scenes::Scenes;
}

impl pallet_demands::Config for Test {
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Jobs = ReverseAuction;
    type Clock = DisputeClock;
    type QueueShare = QueueShare;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = scenes::Scenes;
}

impl crate::Config for Test {
    type Kernels = KernelRegistry;
    type Providers = ProviderRegistry;
    type Escrow = Escrow;
    type Clock = DisputeClock;
    type Terms = TestTerms;
    type Consideration = Deposit<JobDeposit>;
    type DepositPrice = StoragePrice;
    type AgendaShare = AgendaShare;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = scenes::Scenes;
}

/// out[g] = 2 · in[g].
pub fn double() -> Kernel {
    let code = vec![
        Instr::new(Op::Gid, 0, 0, 0, 0),
        Instr::new(Op::Load, 1, 0, 0, 0),
        Instr::new(Op::Add, 1, 1, 1, 0),
        Instr::new(Op::Ostore, 1, 2, 0, 0),
    ];
    let module = Module { window: 1, registers: 3, inputs: 1, code, ..Default::default() };
    Kernel::from_module(module).expect("the kernel is valid")
}

/// out[g] = params[0]: no input.
pub fn constant() -> Kernel {
    let code = vec![Instr::new(Op::Param, 0, 0, 0, 0), Instr::new(Op::Ostore, 0, 1, 0, 0)];
    let module = Module { window: 1, registers: 2, params: 1, code, ..Default::default() };
    Kernel::from_module(module).expect("the kernel is valid")
}

pub fn bytes(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A job to submit: one step of [`double`] over four inline words, matched at once, unless a test changes it.
#[derive(Clone)]
pub struct Order {
    pub buyer: AccountId,
    pub salt: [u8; 32],
    pub spec: JobSpec,
    pub inline: Vec<Vec<u8>>,
    pub code_bytes: u32,
}

pub const WORDS: [u32; 4] = [1, 2, 3, 4];

pub fn order() -> Order {
    let data = bytes(WORDS);
    let input = Input { buffer: Buffer { root: root(&data), len: data.len() as u32 }, source: Source::Inline };
    let step = Step {
        kernel: double().hash(),
        reads: vec![0].try_into().unwrap(),
        invocations: 4,
        params: Default::default(),
    };
    Order {
        buyer: BUYER,
        salt: [0; 32],
        spec: JobSpec {
            inputs: vec![input].try_into().unwrap(),
            steps: vec![step].try_into().unwrap(),
            matching: Matching::Instant,
            class: None,
            asset: None,
            ceiling: 10_000,
            deadline: 4,
            min_collateral: 0,
        },
        inline: vec![data],
        code_bytes: u32::MAX,
    }
}

impl Order {
    pub fn with(mut self, change: impl FnOnce(&mut JobSpec)) -> Self {
        change(&mut self.spec);
        self
    }

    pub fn salt(mut self, salt: u8) -> Self {
        self.salt = [salt; 32];
        self
    }

    /// Matched in an auction of this many ticks.
    pub fn auction(self, ticks: Tick) -> Self {
        self.with(|spec| spec.matching = Matching::Open { ticks })
    }

    pub fn id(&self) -> JobId {
        JobId::new(&ReverseAuction::genesis_hash(), &self.buyer, &self.salt, &self.spec)
    }

    pub fn try_submit(&self) -> frame_support::dispatch::DispatchResult {
        let inline: Vec<_> = self.inline.iter().map(|bytes| bytes.clone().try_into().unwrap()).collect();
        ReverseAuction::submit(
            RuntimeOrigin::signed(self.buyer),
            self.salt,
            self.spec.clone().into(),
            inline.try_into().unwrap(),
            self.code_bytes,
        )
        .map(drop)
        .map_err(|refusal| refusal.error)
    }

    pub fn submit(&self) -> JobId {
        assert_ok!(self.try_submit());
        self.id()
    }
}

/// What [`double`] makes of [`WORDS`].
pub fn right_output() -> Vec<u8> {
    bytes(WORDS.map(|word| 2 * word))
}

/// The same with the second word wrong.
pub fn wrong_output() -> Vec<u8> {
    bytes([2, 5, 6, 8])
}

/// The trace of a job whose one step has this output.
pub fn trace(output: &[u8]) -> Trace {
    Trace::new(vec![root(output)])
}

pub fn commit(provider: AccountId, job: JobId, attempt: u32, output: &[u8]) -> frame_support::dispatch::DispatchResult {
    ReverseAuction::commit(RuntimeOrigin::signed(provider), job, attempt, trace(output).buffer(), None)
}

/// The same with the output in the transaction.
pub fn carry(provider: AccountId, job: JobId, attempt: u32, output: &[u8]) -> frame_support::dispatch::DispatchResult {
    let outputs = output.to_vec().try_into().expect("it is small");
    ReverseAuction::commit(RuntimeOrigin::signed(provider), job, attempt, trace(output).buffer(), Some(outputs))
}

pub fn accept(buyer: AccountId, job: JobId) -> frame_support::dispatch::DispatchResult {
    ReverseAuction::accept(RuntimeOrigin::signed(buyer), job, commitment(job))
}

/// The commitment of the job's result; zeros if there is none.
fn commitment(job: JobId) -> CommitmentId {
    ReverseAuction::result(job).map_or(CommitmentId([0; 32]), |result| result.commitment)
}

/// Challenges one word of the committed result, which has this output.
pub fn refute(job: JobId, word: u32, output: &[u8]) -> frame_support::dispatch::DispatchResult {
    let whole = [ChunkRange { first: 0, count: 1 }];
    let proof = Proof {
        trace: trace(output).open([0]).unwrap(),
        output: open(output, &whole).unwrap(),
        reads: vec![open(&bytes(WORDS), &whole).unwrap()],
    };
    Disputes::refute(
        RuntimeOrigin::signed(WATCHER),
        Claim { job, commitment: commitment(job), instance: 0, word },
        ProofLimits { fuel: 1_000, code_bytes: 1_000 },
        Box::new(proof),
    )
    .map(drop)
    .map_err(|refusal| refusal.error)
}

pub fn bid(provider: AccountId, job: JobId, price: Balance) -> frame_support::dispatch::DispatchResult {
    let attempt = job_record(job).map_or(0, |job| job.attempt);
    ReverseAuction::bid(RuntimeOrigin::signed(provider), job, attempt, 0, price)
}

pub fn job_record(job: JobId) -> Option<crate::JobOf<Test>> {
    crate::Jobs::<Test>::get(job).map(|record| record.job)
}

pub fn stage(job: JobId) -> crate::Stage<AccountId> {
    crate::Jobs::<Test>::get(job).expect("the job is stored").stage
}

/// Why and when a job ended, if it is over.
pub fn ended(job: JobId) -> Option<(CloseReason, Tick)> {
    match stage(job) {
        crate::Stage::Closed(closed) => Some((closed.reason, closed.at)),
        _ => None,
    }
}

/// What an account owns of the native coin, held or free.
pub fn owned(who: AccountId) -> Balance {
    Coins::total_balance(NativeOrWithId::Native, &who)
}

/// What an account can spend.
pub fn free(who: AccountId) -> Balance {
    Coins::balance(NativeOrWithId::Native, &who)
}

/// Makes an account a provider whose device 0 takes `slots` jobs at once at `price` for the job of [`order`].
pub fn provide(who: AccountId, price: Balance, slots: u8) {
    let endpoint = b"http://localhost:8080".to_vec().try_into().unwrap();
    assert_ok!(ProviderRegistry::register(RuntimeOrigin::signed(who), endpoint, STAKE));
    let spec =
        DeviceSpec { name: b"device".to_vec().try_into().unwrap(), class: DeviceClass::Discrete, memory: 1 << 30 };
    assert_ok!(ProviderRegistry::add_device(RuntimeOrigin::signed(who), spec));
    set_ask(who, price, slots);
}

pub fn set_ask(who: AccountId, price: Balance, slots: u8) {
    // The job of `order` is 4 × 24 fuel and 32 bytes of data.
    let ask = Ask { per_gigafuel: price * 1_000_000_000 / 128, minimum: 0, slots };
    assert_ok!(ProviderRegistry::set_ask(RuntimeOrigin::signed(who), 0, Some(ask)));
}

/// Four providers at 1,000, 2,000, 3,000 and 4,000, with asks that count.
pub fn providers() {
    for (who, price) in PROVIDERS.into_iter().zip([1_000, 2_000, 3_000, 4_000]) {
        provide(who, price, 4);
    }
    pass_ticks(1);
    events();
}

pub fn now() -> Tick {
    DisputeClock::now()
}

/// Moves the clock without any service of the agenda.
pub fn jump(ticks: Tick) {
    pallet_dispute_clock::Now::<Test>::mutate(|now| *now += ticks);
}

/// Closes this block as the executive does, and opens the next one up to its first transaction.
pub fn next_block() {
    touchstone_testing::close_block::<Test, AllPalletsWithSystem>();
    open_block();
}

/// Opens the next block; the one before is closed without idle work.
pub fn open_block() {
    touchstone_testing::open_block::<Test, AllPalletsWithSystem>();
}

pub fn pass_ticks(ticks: Tick) {
    let until = now() + ticks;
    while now() < until {
        next_block();
    }
}

/// Goes on to the first block at this tick.
pub fn go_to(tick: Tick) {
    assert!(now() <= tick, "the clock does not go back");
    pass_ticks(tick - now());
}

/// Checks all pallets that have storage of their own: the judge has none.
pub fn check_state() {
    assert_ok!(DisputeClock::do_try_state());
    assert_ok!(KernelRegistry::do_try_state());
    assert_ok!(ProviderRegistry::do_try_state());
    assert_ok!(ReverseAuction::do_try_state());
    assert_ok!(Demands::do_try_state());
}

pub fn new_test_ext() -> sp_io::TestExternalities {
    TestTerms::set(TERMS);
    AgendaShare::set(Weight::from_parts(100_000_000_000, u64::MAX));
    let rich = [&[BUYER, OTHER_BUYER, WATCHER, POOL], &PROVIDERS[..]].concat();
    let mut balances: Vec<_> = rich.iter().map(|who| (*who, ENDOWMENT)).collect();
    balances.push((POOR, 1_000));
    let mut ext = touchstone_testing::externalities::<Test>(RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
        assets: pallet_assets::GenesisConfig {
            assets: vec![(ASSET, BUYER, true, 1)],
            accounts: rich.iter().map(|who| (ASSET, *who, ENDOWMENT)).collect(),
            ..Default::default()
        },
        ..Default::default()
    });
    ext.execute_with(|| {
        for kernel in [double(), constant()] {
            assert_ok!(KernelRegistry::upload(RuntimeOrigin::signed(WATCHER), kernel.encode().try_into().unwrap()));
        }
    });
    ext
}

/// Runs a test on a fresh market without providers, and checks all pallets afterwards.
pub fn run(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        test();
        check_state();
    });
}

/// Runs a test on a market with the four providers.
pub fn run_market(test: impl FnOnce()) {
    run(|| {
        providers();
        test();
    });
}

/// The events of this pallet since the last call.
pub fn events() -> Vec<crate::Event<Test>> {
    touchstone_testing::events_of::<Test, _>()
}

/// All events since the last call.
pub fn all_events() -> Vec<RuntimeEvent> {
    touchstone_testing::all_events::<Test>()
}
