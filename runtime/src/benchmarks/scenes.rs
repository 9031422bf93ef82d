//! The state that the benchmarks start from, prepared with the real pallets.

use alloc::{vec, vec::Vec};

use frame_benchmarking::account;
use frame_support::{
    assert_ok,
    traits::{
        fungible::Mutate,
        fungibles::{self, Inspect},
        ConstU32, Get, OnPoll,
    },
    weights::WeightMeter,
    BoundedVec,
};
use pallet_provider_registry::{benchmarking::fill_index, Device, Place};
use touchstone_primitives::{
    Ask, Buffer, Clock, CommitmentId, DeviceClass, DeviceId, DeviceSpec, JobId, JobSpec, ListedAssets, Matching, Rate,
    Tick, MAX_DEVICES, MAX_ENDPOINT_BYTES, MAX_NAME_BYTES,
};

use crate::{
    configs::assets::{Coins, NativeOrWithId},
    constants::TSN,
    parameters::{
        dynamic::{market, providers},
        RuntimeParameters,
    },
    *,
};

/// Prepares the state of the benchmarks.
pub struct Scenes;

const BUYER: u32 = 0;
const PROVIDER: u32 = 1;
const UPLOADER: u32 = 2;
const WATCHER: u32 = 3;
const RIVAL: u32 = 4;

/// Stake of a provider: the highest step of [`CoverSteps`](crate::configs::market::CoverSteps).
const STAKE: Balance = 3_000 * TSN;

fn signed(who: &AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(who.clone())
}

/// The asset in which jobs of the benchmarks are paid.
const ASSET: u32 = 1;

/// An account with a million coins, and as many of the asset if it is listed.
fn rich(name: &'static str, seed: u32) -> AccountId {
    let who: AccountId = account(name, seed, 0);
    assert_ok!(Balances::mint_into(&who, 1_000_000 * TSN));
    if Coins::asset_exists(NativeOrWithId::WithId(ASSET)) {
        assert_ok!(<Coins as fungibles::Mutate<_>>::mint_into(NativeOrWithId::WithId(ASSET), &who, 1_000_000 * TSN));
    }
    who
}

/// Creates the asset and lists it.
fn list_asset() {
    if Coins::asset_exists(NativeOrWithId::WithId(ASSET)) {
        return;
    }
    let owner: AccountId = account("issuer", 0, 0);
    assert_ok!(Assets::force_create(RuntimeOrigin::root(), ASSET.into(), owner.into(), true, 1));
    let listed: ListedAssets = vec![(ASSET, Rate { native: 1, asset: 1 })].try_into().expect("one is not too many");
    let parameter = RuntimeParameters::Market((market::Listed, listed).into());
    assert_ok!(Parameters::set_parameter(RuntimeOrigin::root(), parameter));
}

fn upload(code: Vec<u8>) {
    if pallet_kernel_registry::Kernels::<Runtime>::contains_key(touchstone_kir::root(&code)) {
        return;
    }
    let code = code.try_into().expect("within the limit");
    assert_ok!(KernelRegistry::upload(signed(&rich("uploader", UPLOADER)), code));
}

fn set_tick(tick: Tick) {
    pallet_dispute_clock::Now::<Runtime>::put(tick);
}

/// Registers a provider whose stake is just at a step of the shelves, so that its ask moves to another shelf when it is
/// engaged, and with a record as large as it can be; its ask is for device 0.
fn provide(who: &AccountId, memory: u64, ask: Ask) {
    let mut endpoint = b"http://host/".to_vec();
    endpoint.resize(MAX_ENDPOINT_BYTES as usize, b'x');
    let endpoint = endpoint.try_into().expect("at the limit");
    let name: BoundedVec<u8, ConstU32<MAX_NAME_BYTES>> =
        vec![b'x'; MAX_NAME_BYTES as usize].try_into().expect("at the limit");
    let spec = DeviceSpec { name, class: DeviceClass::Discrete, memory };
    assert_ok!(ProviderRegistry::register(signed(who), endpoint, STAKE));
    assert_ok!(ProviderRegistry::add_device(signed(who), spec));
    assert_ok!(ProviderRegistry::set_ask(signed(who), 0, Some(ask)));
    // Copies of the device, put into the record at once: a call for each would take most of a benchmark's time.
    pallet_provider_registry::Providers::<Runtime>::mutate(who, |provider| {
        let devices = &mut provider.as_mut().expect("it was just registered").devices;
        let device = Device { offer: None, share: 0, place: Place::Out, ..devices[&0].clone() };
        for id in 1..MAX_DEVICES as DeviceId {
            devices.try_insert(id, device.clone()).expect("within the limit");
        }
    });
}

/// Lets the asks that were set count.
fn ripen() {
    set_tick(DisputeClock::now() + <providers::AskDelay as Get<Tick>>::get());
    ProviderRegistry::on_poll(System::block_number(), &mut WeightMeter::new());
}

impl pallet_reverse_auction::benchmarking::BenchmarkHelper<AccountId> for Scenes {
    fn rich(seed: u32) -> AccountId {
        rich("rich", seed)
    }

    fn asset() -> Option<u32> {
        list_asset();
        Some(ASSET)
    }

    fn upload(code: Vec<u8>) {
        upload(code)
    }

    fn provide(who: &AccountId, ask: Ask) {
        provide(who, u64::MAX, ask);
        ripen();
    }

    fn fill_index() {
        fill_index::<Runtime>()
    }

    fn set_tick(tick: Tick) {
        set_tick(tick)
    }
}

/// A job with this result, in a market that is crowded.
fn committed(spec: JobSpec, trace: Buffer) -> (JobId, CommitmentId) {
    let (buyer, provider) = (rich("buyer", BUYER), rich("provider", PROVIDER));
    provide(&provider, u64::MAX, Ask { per_gigafuel: TSN, minimum: 0, slots: 1 });
    ripen();
    assert!(matches!(spec.matching, Matching::Instant));
    let job = JobId::new(&ReverseAuction::genesis_hash(), &buyer, &[0; 32], &spec);
    assert_ok!(ReverseAuction::submit(signed(&buyer), [0; 32], spec.into(), Default::default(), u32::MAX));
    // A fault takes all of a provider's asks back.
    for id in 1..MAX_DEVICES as DeviceId {
        let dear = Ask { per_gigafuel: 1_000_000 * TSN, minimum: 0, slots: 1 };
        assert_ok!(ProviderRegistry::set_ask(signed(&provider), id, Some(dear)));
    }
    provide(&rich("rival", RIVAL), u64::MAX, Ask { per_gigafuel: 1, minimum: 0, slots: 1 });
    ripen();
    fill_index::<Runtime>();
    assert_ok!(ReverseAuction::commit(signed(&provider), job, 1, trace, None));
    (job, ReverseAuction::result(job).expect("it was just committed").commitment)
}

fn is_challengeable(job: &JobId) -> bool {
    let record = pallet_reverse_auction::Jobs::<Runtime>::get(job);
    record.is_some_and(|record| matches!(record.stage, pallet_reverse_auction::Stage::Committed(_)))
}

impl pallet_disputes::benchmarking::BenchmarkHelper<AccountId> for Scenes {
    fn upload(code: Vec<u8>) {
        upload(code)
    }

    fn commit(spec: JobSpec, trace: Buffer) -> pallet_disputes::benchmarking::Scene {
        let (job, commitment) = committed(spec, trace);
        pallet_disputes::benchmarking::Scene { job, commitment }
    }

    fn watcher() -> AccountId {
        rich("watcher", WATCHER)
    }

    fn is_challengeable(job: &JobId) -> bool {
        is_challengeable(job)
    }
}

impl pallet_demands::benchmarking::BenchmarkHelper<AccountId> for Scenes {
    fn upload(code: Vec<u8>) {
        upload(code)
    }

    fn commit(spec: JobSpec, trace: Buffer) -> pallet_demands::benchmarking::Scene {
        let (job, commitment) = committed(spec, trace);
        pallet_demands::benchmarking::Scene { job, commitment }
    }

    fn rich(seed: u32) -> AccountId {
        rich("rich", seed)
    }

    fn set_tick(tick: Tick) {
        set_tick(tick)
    }

    fn settle(job: &JobId) {
        let record = pallet_reverse_auction::Jobs::<Runtime>::get(job).expect("it was submitted");
        set_tick(record.stage.due_at(&record.job.terms));
        assert_ok!(ReverseAuction::poke(signed(&rich("watcher", WATCHER)), *job));
    }

    fn is_challengeable(job: &JobId) -> bool {
        is_challengeable(job)
    }
}
