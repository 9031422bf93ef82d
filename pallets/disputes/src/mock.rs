//! A chain of this pallet alone: jobs and kernels are tables that tests fill in and look into.

use std::{cell::RefCell, collections::BTreeMap};

use frame_support::{
    assert_ok, derive_impl,
    pallet_prelude::*,
    traits::{OnFinalize, OnIdle, OnInitialize},
};
use sp_runtime::BuildStorage;
use touchstone_kir::Kernel;
use touchstone_primitives::{Assignment, CommitmentId, JobId, KernelHash, StepContext, Tick};

use crate as pallet_disputes;

pub type AccountId = u64;

pub const BUYER: AccountId = 1;
pub const PROVIDER: AccountId = 2;
pub const WATCHER: AccountId = 3;

/// Length of every window, ticks.
pub const WINDOW: Tick = 10;

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
    /// A second of computation in a block, three quarters of it for ordinary transactions.
    pub Weights: frame_system::limits::BlockWeights = frame_system::limits::BlockWeights::with_sensible_defaults(
        Weight::from_parts(frame_support::weights::constants::WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
        sp_runtime::Perbill::from_percent(75),
    );
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
    pub commit_by: Tick,
    pub steps: Vec<StepContext>,
    pub window_end: Option<Tick>,
    pub commitment: Option<CommitmentId>,
    pub accepted: bool,
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

impl touchstone_primitives::Jobs<AccountId> for Table {
    fn assignment(id: &JobId) -> Option<Assignment<AccountId>> {
        let job = Self::find(id).filter(|job| job.commitment.is_none())?;
        Some(Assignment {
            attempt: job.attempt,
            provider: PROVIDER,
            commit_by: job.commit_by,
            steps: job.steps.len() as u32,
        })
    }

    fn step(id: &JobId, step: u8) -> Option<StepContext> {
        Self::find(id)?.steps.get(usize::from(step)).cloned()
    }

    fn committed(id: &JobId, commitment: CommitmentId) -> Result<Tick, DispatchError> {
        let window_end = Disputes::now() + WINDOW;
        Self::change(id, |job| {
            job.commitment = Some(commitment);
            job.window_end = Some(window_end);
        });
        Ok(window_end)
    }

    fn window_end(id: &JobId) -> Option<Tick> {
        Self::find(id)?.window_end
    }

    fn accepted(id: &JobId, who: &AccountId) -> DispatchResult {
        ensure!(*who == BUYER, DispatchError::BadOrigin);
        Self::change(id, |job| job.accepted = true);
        Ok(())
    }

    fn refuted(id: &JobId, refuter: &AccountId) -> DispatchResult {
        <Disputes as touchstone_primitives::Results<AccountId>>::forget(id);
        Self::change(id, |job| {
            job.refuted_by = Some(*refuter);
            job.window_end = None;
        });
        Ok(())
    }
}

use touchstone_primitives::Clock;

/// Bytes of all transactions of a block, operational ones included.
pub fn max_block_bytes() -> u32 {
    let lengths: frame_system::limits::BlockLength = <Test as frame_system::Config>::BlockLength::get();
    *lengths.max.get(frame_support::dispatch::DispatchClass::Operational)
}

/// Closes this block as the executive does, and opens the next one.
pub fn next_block() {
    let (number, weights) = (System::block_number(), <Test as frame_system::Config>::BlockWeights::get());
    let remaining = weights.max_block.saturating_sub(System::block_weight().total());
    if remaining.all_gt(Weight::zero()) {
        AllPalletsWithSystem::on_idle(number, remaining);
    }
    AllPalletsWithSystem::on_finalize(number);
    let header = System::finalize();
    System::initialize(&(number + 1), &header.hash(), &Default::default());
    let weight = AllPalletsWithSystem::on_initialize(number + 1);
    System::register_extra_weight_unchecked(weight, frame_support::dispatch::DispatchClass::Mandatory);
}

pub fn pass_ticks(ticks: Tick) {
    (0..ticks).for_each(|_| next_block());
}

/// Runs a test on a fresh chain and checks the state afterwards.
pub fn run(test: impl FnOnce()) {
    JOBS.with_borrow_mut(BTreeMap::clear);
    KERNELS.with_borrow_mut(BTreeMap::clear);
    let storage = RuntimeGenesisConfig::default().build_storage().unwrap();
    sp_io::TestExternalities::from(storage).execute_with(|| {
        System::initialize(&1, &Default::default(), &Default::default());
        test();
        assert_ok!(Disputes::do_try_state());
    });
}

/// The events of this pallet since the last call.
pub fn events() -> Vec<crate::Event<Test>> {
    let events = System::read_events_for_pallet();
    System::reset_events();
    events
}
