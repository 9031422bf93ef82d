//! A chain of balances, a clock that tests set, jobs that are a table, and this pallet.

#[cfg(feature = "runtime-benchmarks")]
mod scenes;

use frame_support::{
    assert_ok, derive_impl, ensure, parameter_types,
    traits::{fungible::InspectHold, OnPoll},
    weights::{Weight, WeightMeter},
};
use sp_runtime::{DispatchError, DispatchResult};
use touchstone_primitives::{
    Balance, Buffer, ChallengedResult, Clock, CommitmentId, Fate, InstanceContext, JobId, NotChallengeable, Terms, Tick,
};

use crate as pallet_demands;
use crate::HoldReason;

pub use jobs::{Outcome, Record, Records};
pub use touchstone_testing::{AccountId, TestClock, TERMS};

pub const ALICE: AccountId = 1;
pub const BOB: AccountId = 2;
pub const CAROL: AccountId = 3;
pub const PROVIDER: AccountId = 4;
/// Owns the existential deposit and less than a bond.
pub const POOR: AccountId = 5;
/// Has no account.
pub const NOBODY: AccountId = 99;

pub const ENDOWMENT: Balance = 1_000_000;
pub const EXISTENTIAL_DEPOSIT: Balance = 50;
pub const BOND: Balance = TERMS.demand_bond;
pub const PRICE: Balance = TERMS.answer_price;

/// The tick at which each test begins.
pub const START: Tick = 10;
/// The attempt for which each result of the table was committed.
pub const ATTEMPT: u32 = 1;

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
    pub type Jobs = jobs;
    #[runtime::pallet_index(3)]
    pub type Demands = pallet_demands;
}

/// Stands for the pallet of the jobs: a table that tests fill in and look into.
#[frame_support::pallet(dev_mode)]
pub mod jobs {
    use frame_support::pallet_prelude::*;
    use touchstone_primitives::{Buffer, JobId, Terms, Tick};

    use super::AccountId;

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    /// What became of a result.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
    pub enum Outcome {
        Open,
        Settled,
        RefutedBy(AccountId),
    }

    /// A job with a committed result.
    #[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
    pub struct Record {
        /// Root and length of the trace.
        pub trace: Buffer,
        /// How many step instances in a row have an output of how many bytes.
        pub outputs: Vec<(u32, u32)>,
        pub terms: Terms,
        /// The outputs came with the commitment.
        pub carried: bool,
        pub window_end: Tick,
        /// Demands that wait for an answer.
        pub open: u32,
        /// The last tick for an answer, or for challenges to what answers have shown.
        pub until: Tick,
        pub outcome: Outcome,
    }

    #[pallet::storage]
    pub type Records<T: Config> = StorageMap<_, Identity, JobId, Record>;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
    type AccountData = pallet_balances::AccountData<Balance>;
}

touchstone_testing::balances!(Test, existential_deposit: EXISTENTIAL_DEPOSIT);

parameter_types! {
    /// Whether refutations fail.
    pub static RefutationFails: bool = false;
    pub static QueueShare: Weight = Weight::MAX;
}

impl jobs::Config for Test {}

impl crate::Config for Test {
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Jobs = Jobs;
    type Clock = TestClock;
    type QueueShare = QueueShare;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = scenes::Scenes;
}

impl Record {
    pub fn commitment(&self, id: &JobId) -> CommitmentId {
        CommitmentId::new(id, ATTEMPT, &PROVIDER, &self.trace)
    }

    pub fn last_tick(&self) -> Tick {
        self.window_end.max(self.until)
    }

    pub fn is_challengeable(&self) -> bool {
        now() <= self.last_tick() || self.open > 0
    }

    fn output_len(&self, instance: u32) -> Option<u32> {
        let mut end = 0u32;
        self.outputs.iter().find_map(|&(count, len)| {
            end += count;
            (instance < end).then_some(len)
        })
    }
}

/// A result of the table that can be challenged.
pub struct Challenged {
    id: JobId,
    record: Record,
}

impl Challenged {
    fn store(self, change: impl FnOnce(&mut Record)) -> DispatchResult {
        let Self { id, mut record } = self;
        change(&mut record);
        Records::<Test>::insert(id, record);
        Ok(())
    }
}

impl touchstone_primitives::Jobs<AccountId> for Jobs {
    type Challenged = Challenged;

    fn retry_weight() -> Weight {
        Weight::from_parts(1_000_000, 0)
    }

    fn challenged(id: &JobId, commitment: &CommitmentId) -> Result<Challenged, NotChallengeable> {
        let record = Records::<Test>::get(id).ok_or(NotChallengeable::Unknown)?;
        ensure!(record.commitment(id) == *commitment, NotChallengeable::Unknown);
        match record.outcome {
            Outcome::Open if record.is_challengeable() => Ok(Challenged { id: *id, record }),
            Outcome::Open | Outcome::Settled => Err(NotChallengeable::WindowOver),
            Outcome::RefutedBy(_) => Err(NotChallengeable::Unknown),
        }
    }

    fn fate(id: &JobId, commitment: &CommitmentId) -> Fate {
        let Some(record) = Records::<Test>::get(id).filter(|record| record.commitment(id) == *commitment) else {
            return Fate::Refuted;
        };
        match record.outcome {
            Outcome::Open => Fate::Undecided { until: record.last_tick() },
            Outcome::Settled => Fate::Stood,
            Outcome::RefutedBy(_) => Fate::Refuted,
        }
    }
}

impl ChallengedResult<AccountId> for Challenged {
    fn attempt(&self) -> u32 {
        ATTEMPT
    }

    fn provider(&self) -> &AccountId {
        &PROVIDER
    }

    fn trace(&self) -> Buffer {
        self.record.trace
    }

    fn instance(&self, instance: u32) -> Option<InstanceContext> {
        let output_len = self.record.output_len(instance)?;
        // The pallet asks for the length alone.
        Some(InstanceContext {
            kernel: [0; 32],
            params: vec![],
            reads: vec![],
            invocations: 1,
            output_len,
            fuel: 0,
            code_bytes: 0,
        })
    }

    fn terms(&self) -> &Terms {
        &self.record.terms
    }

    fn are_outputs_on_chain(&self) -> bool {
        self.record.carried
    }

    fn is_window_over(&self) -> bool {
        self.record.window_end < now()
    }

    fn open_demands(&self) -> u32 {
        self.record.open
    }

    fn demanded(self, deadline: Tick) -> DispatchResult {
        self.store(|record| {
            record.open += 1;
            record.until = record.until.max(deadline);
        })
    }

    fn answered(self, until: Tick) -> DispatchResult {
        self.store(|record| {
            record.open -= 1;
            record.until = record.until.max(until);
        })
    }

    fn refute(self, refuter: &AccountId) -> DispatchResult {
        ensure!(!RefutationFails::get(), DispatchError::Unavailable);
        self.store(|record| record.outcome = Outcome::RefutedBy(*refuter))
    }
}

pub fn record(id: JobId) -> Record {
    Records::<Test>::get(id).expect("the test has put it there")
}

pub fn change(id: JobId, change: impl FnOnce(&mut Record)) {
    Records::<Test>::mutate(id, |record| change(record.as_mut().expect("the test has put it there")));
}

/// Somebody shows by other means that a result is wrong.
pub fn refute(id: JobId, refuter: AccountId) {
    use touchstone_primitives::Jobs as _;
    let commitment = record(id).commitment(&id);
    let Ok(result) = Jobs::challenged(&id, &commitment) else { panic!("it can be challenged") };
    assert_ok!(result.refute(&refuter));
}

pub fn now() -> Tick {
    TestClock::now()
}

/// Moves the clock on tick by tick, as blocks do: what is due is settled, then the queue is served.
pub fn go_to(tick: Tick) {
    assert!(now() <= tick, "the clock does not go back");
    while now() < tick {
        TestClock::advance(1);
        settle_what_is_due();
        Demands::on_poll(System::block_number(), &mut WeightMeter::new());
    }
}

pub fn go_on(ticks: Tick) {
    go_to(now() + ticks);
}

/// Settles the results that cannot be challenged any more.
pub fn settle_what_is_due() {
    for (id, record) in Records::<Test>::iter().collect::<Vec<_>>() {
        if record.outcome == Outcome::Open && !record.is_challengeable() {
            Records::<Test>::insert(id, Record { outcome: Outcome::Settled, ..record });
        }
    }
}

pub fn held(who: AccountId) -> Balance {
    Balances::balance_on_hold(&HoldReason::Bond.into(), &who)
}

pub fn free(who: AccountId) -> Balance {
    Balances::free_balance(who)
}

pub fn new_test_ext() -> sp_io::TestExternalities {
    TestClock::set(START);
    RefutationFails::set(false);
    QueueShare::set(Weight::MAX);
    let rich = [ALICE, BOB, CAROL, PROVIDER].map(|who| (who, ENDOWMENT));
    let balances = rich.into_iter().chain([(POOR, EXISTENTIAL_DEPOSIT + BOND - 1)]).collect();
    touchstone_testing::externalities::<Test>(RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
        ..Default::default()
    })
}

/// Runs a test on a fresh chain and checks the state afterwards.
pub fn run(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        test();
        assert_ok!(Demands::do_try_state());
    });
}

/// The events of this pallet since the last call.
pub fn events() -> Vec<crate::Event<Test>> {
    touchstone_testing::events_of::<Test, _>()
}
