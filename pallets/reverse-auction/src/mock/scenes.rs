//! The scenes of the benchmarks, prepared with the pallets of the mock.

use frame_support::{
    assert_ok,
    traits::{fungible, fungibles},
};
use touchstone_primitives::{Ask, Balance, DeviceClass, DeviceSpec, Tick};

use super::*;
use crate::benchmarking::BenchmarkHelper;

/// Prepares scenes.
pub struct Scenes;

/// More than everything costs.
const RICH: Balance = 1_000_000_000_000_000_000;

/// The accounts of the benchmarks, apart from those of the tests.
const FIRST: AccountId = 1_000;
const BUYER_SEED: u32 = 0;
const PROVIDER_SEED: u32 = 1;
const UPLOADER: u32 = 99;

fn rich(seed: u32) -> AccountId {
    let who = FIRST + AccountId::from(seed);
    assert_ok!(<Balances as fungible::Mutate<_>>::mint_into(&who, RICH));
    assert_ok!(<Assets as fungibles::Mutate<_>>::mint_into(ASSET, &who, RICH));
    who
}

impl BenchmarkHelper<AccountId> for Scenes {
    fn rich(seed: u32) -> AccountId {
        rich(seed)
    }

    fn asset() -> Option<u32> {
        Some(ASSET)
    }

    fn upload(code: Vec<u8>) {
        if !pallet_kernel_registry::Kernels::<Test>::contains_key(root(&code)) {
            let code = code.try_into().expect("within the limit");
            assert_ok!(KernelRegistry::upload(RuntimeOrigin::signed(rich(UPLOADER)), code));
        }
    }

    fn provide(who: &AccountId, ask: Ask) {
        let origin = || RuntimeOrigin::signed(*who);
        let endpoint = b"http://localhost:8080".to_vec().try_into().expect("within the limit");
        let name = b"device".to_vec().try_into().expect("within the limit");
        let spec = DeviceSpec { name, class: DeviceClass::Discrete, memory: u64::MAX };
        assert_ok!(ProviderRegistry::register(origin(), endpoint, RICH / 2));
        assert_ok!(ProviderRegistry::add_device(origin(), spec));
        assert_ok!(ProviderRegistry::set_ask(origin(), 0, Some(ask)));
        pass_ticks(1);
    }

    fn fill_index() {
        pallet_provider_registry::benchmarking::fill_index::<Test>()
    }

    fn set_tick(tick: Tick) {
        pallet_dispute_clock::Now::<Test>::put(tick);
    }
}

/// A job with this result.
fn committed(spec: JobSpec, trace: Buffer) -> (JobId, CommitmentId) {
    let (buyer, provider) = (rich(BUYER_SEED), rich(PROVIDER_SEED));
    <Scenes as BenchmarkHelper<AccountId>>::provide(&provider, Ask { per_gigafuel: 1, minimum: 0, slots: 1 });
    let job = Order { buyer, salt: [0; 32], spec, inline: vec![], code_bytes: u32::MAX }.submit();
    assert_ok!(ReverseAuction::commit(RuntimeOrigin::signed(provider), job, 1, trace, None));
    (job, ReverseAuction::result(job).expect("it was just committed").commitment)
}

fn is_challengeable(job: &JobId) -> bool {
    matches!(stage(*job), crate::Stage::Committed(_))
}

impl pallet_disputes::benchmarking::BenchmarkHelper<AccountId> for Scenes {
    fn upload(code: Vec<u8>) {
        <Self as BenchmarkHelper<AccountId>>::upload(code)
    }

    fn commit(spec: JobSpec, trace: Buffer) -> pallet_disputes::benchmarking::Scene {
        let (job, commitment) = committed(spec, trace);
        pallet_disputes::benchmarking::Scene { job, commitment }
    }

    fn watcher() -> AccountId {
        WATCHER
    }

    fn is_challengeable(job: &JobId) -> bool {
        is_challengeable(job)
    }
}

impl pallet_demands::benchmarking::BenchmarkHelper<AccountId> for Scenes {
    fn upload(code: Vec<u8>) {
        <Self as BenchmarkHelper<AccountId>>::upload(code)
    }

    fn commit(spec: JobSpec, trace: Buffer) -> pallet_demands::benchmarking::Scene {
        let (job, commitment) = committed(spec, trace);
        pallet_demands::benchmarking::Scene { job, commitment }
    }

    fn rich(seed: u32) -> AccountId {
        rich(seed)
    }

    fn set_tick(tick: Tick) {
        pallet_dispute_clock::Now::<Test>::put(tick);
    }

    fn settle(job: &JobId) {
        let record = crate::Jobs::<Test>::get(job).expect("it was submitted");
        pallet_dispute_clock::Now::<Test>::put(record.stage.due_at(&record.job.terms));
        assert_ok!(ReverseAuction::poke(RuntimeOrigin::signed(WATCHER), *job));
    }

    fn is_challengeable(job: &JobId) -> bool {
        is_challengeable(job)
    }
}
