//! The scenes of the benchmarks, set with the real pallets.

use alloc::vec::Vec;

use frame_benchmarking::account;
use frame_support::{
    assert_ok,
    traits::{fungible::Mutate, Get},
};
use touchstone_primitives::{Ask, Clock, DeviceClass, DeviceSpec, JobId, JobSpec, Matching, Root, Tick};

use crate::{constants::TSN, parameters::dynamic::providers, *};

/// Sets scenes.
pub struct Scenes;

const BUYER: u32 = 0;
const PROVIDER: u32 = 1;
const UPLOADER: u32 = 2;
const WATCHER: u32 = 3;

/// Asks that one match looks at.
fn max_scan() -> u32 {
    <Runtime as pallet_provider_registry::Config>::MaxScan::get()
}

fn signed(who: &AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(who.clone())
}

/// An account with a million coins.
fn rich(name: &'static str, seed: u32) -> AccountId {
    let who: AccountId = account(name, seed, 0);
    assert_ok!(Balances::mint_into(&who, 1_000_000 * TSN));
    who
}

fn upload(code: Vec<u8>) {
    if pallet_kernel_registry::Kernels::<Runtime>::contains_key(touchstone_kernel::root(&code)) {
        return;
    }
    let code = code.try_into().expect("within the limit");
    assert_ok!(KernelRegistry::upload(signed(&rich("uploader", UPLOADER)), code));
}

fn set_tick(tick: Tick) {
    pallet_disputes::Now::<Runtime>::put(tick);
}

/// Registers a provider with half of its coins as stake; its ask counts afterwards.
fn provide(who: &AccountId, memory: u64, ask: Ask) {
    let endpoint = b"http://127.0.0.1:8080".to_vec().try_into().expect("within the limit");
    assert_ok!(ProviderRegistry::register(signed(who), endpoint, 500_000 * TSN));
    let spec = DeviceSpec { name: b"bench".to_vec().try_into().expect("short"), class: DeviceClass::Discrete, memory };
    assert_ok!(ProviderRegistry::add_device(signed(who), spec));
    assert_ok!(ProviderRegistry::set_ask(signed(who), 0, Some(ask)));
    set_tick(Disputes::now() + providers::AskDelay::get());
}

/// As many cheap asks as a match looks at, each of a provider of its own, none with memory for a job.
fn crowd() {
    for seed in 0..max_scan() {
        provide(&rich("crowd", seed), 4, Ask { per_gigafuel: 0, minimum: 0, slots: 1 });
    }
}

impl pallet_reverse_auction::benchmarking::BenchmarkHelper<AccountId> for Scenes {
    fn rich(seed: u32) -> AccountId {
        rich("rich", seed)
    }

    fn upload(code: Vec<u8>) {
        upload(code)
    }

    fn provide(who: &AccountId, ask: Ask) {
        provide(who, u64::MAX, ask)
    }

    fn crowd() {
        crowd()
    }

    fn set_tick(tick: Tick) {
        set_tick(tick)
    }

    fn commit(provider: &AccountId, job: JobId, attempt: u32, steps: u32) {
        let roots: Vec<Root> = (0..steps).map(|step| [step as u8; 32]).collect();
        let roots = roots.try_into().expect("within the limit");
        assert_ok!(Disputes::commit(signed(provider), job, attempt, roots));
    }
}

impl pallet_disputes::benchmarking::BenchmarkHelper<AccountId> for Scenes {
    fn assign(spec: JobSpec, kernels: Vec<Vec<u8>>) -> pallet_disputes::benchmarking::Scene<AccountId> {
        kernels.into_iter().for_each(upload);
        let (buyer, provider) = (rich("buyer", BUYER), rich("provider", PROVIDER));
        provide(&provider, u64::MAX, Ask { per_gigafuel: TSN, minimum: 0, slots: 1 });
        assert!(matches!(spec.matching, Matching::Instant));
        let job = JobId::new(&ReverseAuction::genesis_hash(), &buyer, &[0; 32], &spec);
        assert_ok!(ReverseAuction::submit(signed(&buyer), [0; 32], spec.into(), Default::default()));
        crowd();
        pallet_disputes::benchmarking::Scene { buyer, provider, job, attempt: 1 }
    }

    fn watcher() -> AccountId {
        rich("watcher", WATCHER)
    }
}
