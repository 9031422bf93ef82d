//! A chain of this pallet alone: jobs and kernels are tables that tests fill in and look into.

#[cfg(feature = "runtime-benchmarks")]
mod scenes;

use std::{cell::RefCell, collections::BTreeMap};

use frame_support::{derive_impl, pallet_prelude::*};
use touchstone_kir::Kernel;
use touchstone_primitives::{
    Buffer, ChallengedResult, CommitmentId, Fate, InstanceContext, JobId, KernelHash, NotChallengeable, Terms, Tick,
};

use crate as pallet_disputes;

pub use touchstone_testing::AccountId;

pub const PROVIDER: AccountId = 2;
pub const WATCHER: AccountId = 3;

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
    pub type Disputes = pallet_disputes;
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
    type AccountId = AccountId;
    type Lookup = sp_runtime::traits::IdentityLookup<AccountId>;
    type AccountData = ();
    type BlockWeights = Weights;
}

frame_support::parameter_types! {
    pub Weights: frame_system::limits::BlockWeights = touchstone_testing::one_second_blocks();
}

impl crate::Config for Test {
    type Jobs = Table;
    type Kernels = Table;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Table;
}

/// A job as far as the judge can see it.
#[derive(Clone, Debug)]
pub struct TestJob {
    pub attempt: u32,
    /// Its step instances, in the order of execution.
    pub instances: Vec<InstanceContext>,
    /// Root and length of the committed trace, if there is a result.
    pub trace: Option<Buffer>,
    /// The time for challenges is over.
    pub window_over: bool,
    pub refuted_by: Option<AccountId>,
}

thread_local! {
    static JOBS: RefCell<BTreeMap<JobId, TestJob>> = const { RefCell::new(BTreeMap::new()) };
    static KERNELS: RefCell<BTreeMap<KernelHash, Kernel>> = const { RefCell::new(BTreeMap::new()) };
}

/// Jobs and kernels.
pub struct Table;

impl Table {
    pub fn job(id: &JobId) -> TestJob {
        Self::find(id).expect("the test has put it there")
    }

    pub fn put_job(id: JobId, job: TestJob) {
        JOBS.with_borrow_mut(|jobs| jobs.insert(id, job));
    }

    pub fn put_kernel(kernel: &Kernel) {
        KERNELS.with_borrow_mut(|kernels| kernels.insert(kernel.hash(), kernel.clone()));
    }

    pub fn remove_kernel(hash: &KernelHash) {
        KERNELS.with_borrow_mut(|kernels| kernels.remove(hash));
    }

    pub fn change(id: &JobId, change: impl FnOnce(&mut TestJob)) {
        JOBS.with_borrow_mut(|jobs| jobs.get_mut(id).map(change));
    }

    fn find(id: &JobId) -> Option<TestJob> {
        JOBS.with_borrow(|jobs| jobs.get(id).cloned())
    }
}

impl touchstone_primitives::Kernels for Table {
    fn load(hash: &KernelHash) -> Option<Kernel> {
        KERNELS.with_borrow(|kernels| kernels.get(hash).cloned())
    }

    fn code_bytes(hash: &KernelHash) -> Option<u32> {
        Self::load(hash).map(|kernel| kernel.encode().len() as u32)
    }

    fn acquire(_: &KernelHash) -> DispatchResult {
        Ok(())
    }

    fn release(_: &KernelHash) -> DispatchResult {
        Ok(())
    }

    fn references(_: &KernelHash) -> u32 {
        0
    }
}

/// A result of the table that is challenged.
pub struct Challenged {
    id: JobId,
    attempt: u32,
    instances: Vec<InstanceContext>,
    trace: Buffer,
}

impl touchstone_primitives::Jobs<AccountId> for Table {
    type Challenged = Challenged;

    fn retry_weight() -> Weight {
        Weight::zero()
    }

    fn challenged(id: &JobId, commitment: &CommitmentId) -> Result<Challenged, NotChallengeable> {
        let job = Self::find(id).ok_or(NotChallengeable::Unknown)?;
        let trace = job.trace.ok_or(NotChallengeable::Unknown)?;
        let own = CommitmentId::new(id, job.attempt, &PROVIDER, &trace);
        ensure!(*commitment == own, NotChallengeable::Unknown);
        ensure!(!job.window_over, NotChallengeable::WindowOver);
        Ok(Challenged { id: *id, attempt: job.attempt, instances: job.instances, trace })
    }

    fn fate(_: &JobId, _: &CommitmentId) -> Fate {
        unreachable!("the judge does not ask for it")
    }
}

impl ChallengedResult<AccountId> for Challenged {
    fn attempt(&self) -> u32 {
        self.attempt
    }

    fn provider(&self) -> &AccountId {
        &PROVIDER
    }

    fn trace(&self) -> Buffer {
        self.trace
    }

    fn instance(&self, instance: u32) -> Option<InstanceContext> {
        self.instances.get(instance as usize).cloned()
    }

    fn terms(&self) -> &Terms {
        &touchstone_testing::TERMS
    }

    fn are_outputs_on_chain(&self) -> bool {
        unreachable!("the judge does not ask for it")
    }

    fn is_window_over(&self) -> bool {
        false
    }

    fn open_demands(&self) -> u32 {
        0
    }

    fn demanded(self, _: Tick) -> DispatchResult {
        unreachable!("the judge demands nothing")
    }

    fn answered(self, _: Tick) -> DispatchResult {
        unreachable!("the judge demands nothing")
    }

    fn refute(self, refuter: &AccountId) -> DispatchResult {
        Table::change(&self.id, |job| {
            job.refuted_by = Some(*refuter);
            job.trace = None;
        });
        Ok(())
    }
}

/// A fresh chain without jobs and kernels.
pub fn new_test_ext() -> sp_io::TestExternalities {
    JOBS.with_borrow_mut(BTreeMap::clear);
    KERNELS.with_borrow_mut(BTreeMap::clear);
    touchstone_testing::externalities::<Test>(RuntimeGenesisConfig::default())
}

/// Runs a test on a fresh chain. The pallet has no storage whose state could be checked afterwards.
pub fn run(test: impl FnOnce()) {
    new_test_ext().execute_with(test);
}

/// The events of this pallet since the last call.
pub fn events() -> Vec<crate::Event<Test>> {
    touchstone_testing::events_of::<Test, _>()
}
