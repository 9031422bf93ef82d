//! A job through its life, in real blocks with signed transactions: the pallets as this runtime wires them.

use frame_support::{
    assert_ok,
    dispatch::GetDispatchInfo,
    traits::{
        fungible::{InspectHold, NativeOrWithId},
        fungibles::Mutate,
    },
};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie};
use touchstone_kir::{open, root, ChunkRange, Instr, Kernel, Module, Node, Op, Reveal};
use touchstone_primitives::{
    runtime_decl_for_touchstone_api::TouchstoneApi,
    views::{DemandView, Stage},
    Ask, Buffer, Claim, CloseReason, CommitmentId, DeviceClass, DeviceSpec, JobId, JobSpec, ListedAssets, Matching,
    Proof, ProofLimits, QuoteError, Rate, Step, Subject, Target, Trace,
};

use super::chain::{genesis_of, signed, submit, Chain};
use crate::{
    configs::{
        assets::Coins,
        market::{LargestRefutationBytes, LargestRefutationWeight, VerificationPool},
        system::Weights,
    },
    constants::TSN,
    parameters::{dynamic::market, RuntimeParameters},
    *,
};

const BUYER: Sr25519Keyring = Alice;
const PROVIDER: Sr25519Keyring = Bob;
const WATCHER: Sr25519Keyring = Charlie;

/// Invocations, each of one word: what the kernel below leaves at zero.
pub(super) const WORDS: u32 = 16;

/// Does nothing, so that every word of its output is 0.
pub(super) fn kernel() -> Kernel {
    let module = Module { window: 1, registers: 1, code: vec![Instr::new(Op::Gid, 0, 0, 0, 0)], ..Default::default() };
    Kernel::from_module(module).expect("the kernel is valid")
}

pub(super) fn spec() -> JobSpec {
    let step =
        Step { kernel: kernel().hash(), reads: Default::default(), invocations: WORDS, params: Default::default() };
    JobSpec {
        inputs: Default::default(),
        steps: vec![step].try_into().expect("one is not too many"),
        matching: Matching::Instant,
        class: Some(DeviceClass::Discrete),
        asset: None,
        ceiling: TSN,
        deadline: 4,
        min_collateral: 0,
    }
}

pub(super) fn upload(who: Sr25519Keyring) {
    let code = kernel().encode().try_into().expect("it is small");
    submit(who, pallet_kernel_registry::Call::upload { code });
}

/// Makes an account a provider with one device, which takes `slots` jobs at once.
pub(super) fn provide(who: Sr25519Keyring, per_gigafuel: Balance, slots: u8) {
    let endpoint = b"http://127.0.0.1:1".to_vec().try_into().expect("it is short");
    submit(who, pallet_provider_registry::Call::register { endpoint, stake: 1_000 * TSN });
    let name = b"test".to_vec().try_into().expect("it is short");
    let spec = DeviceSpec { name, class: DeviceClass::Discrete, memory: 1 << 30 };
    submit(who, pallet_provider_registry::Call::add_device { spec });
    let ask = Some(Ask { per_gigafuel, minimum: 0, slots });
    submit(who, pallet_provider_registry::Call::set_ask { device: 0, ask });
}

/// A market with one provider, and a job that has just been assigned to it.
fn assigned(chain: &mut Chain) -> JobId {
    chain.block(|| {
        upload(BUYER);
        provide(PROVIDER, TSN, 1);
    });
    // The ask counts from the next tick on.
    chain.block(|| ());
    chain.block(|| {
        submit(BUYER, order(7, spec()));
    });
    let id = JobId::new(&ReverseAuction::genesis_hash(), &BUYER.to_account_id(), &[7; 32], &spec());
    let job = Runtime::job(id).expect("it was submitted");
    assert!(matches!(job.stage, Stage::Assigned { ref deal, .. } if deal.provider == PROVIDER.to_account_id()));
    id
}

/// The submission of a job of [`kernel`], with this salt.
pub(super) fn order(salt: u8, spec: JobSpec) -> pallet_reverse_auction::Call<Runtime> {
    let code_bytes = kernel().encode().len() as u32;
    pallet_reverse_auction::Call::submit { salt: [salt; 32], spec: spec.into(), inline: Default::default(), code_bytes }
}

/// The trace of a job whose one step has this output.
pub(super) fn trace(output: &[u8]) -> Trace {
    Trace::new(vec![root(output)])
}

pub(super) fn commit(provider: Sr25519Keyring, job: JobId, attempt: u32, output: &[u8]) {
    let trace = trace(output).buffer();
    submit(provider, pallet_reverse_auction::Call::commit { job, attempt, trace, outputs: None });
}

/// The same with the output in the transaction.
pub(super) fn carry(provider: Sr25519Keyring, job: JobId, attempt: u32, output: &[u8]) {
    let (trace, outputs) = (trace(output).buffer(), output.to_vec().try_into().expect("it is small"));
    submit(provider, pallet_reverse_auction::Call::commit { job, attempt, trace, outputs: Some(outputs) });
}

/// Refutes word 3 of the committed result of `job`, which has `output`.
pub(super) fn refute(watcher: Sr25519Keyring, job: JobId, output: &[u8]) {
    let result = Runtime::result(job).expect("it is committed");
    let claim = Claim { job, commitment: result.commitment, instance: 0, word: 3 };
    let proof = Proof {
        trace: trace(output).open([0]).expect("the trace has this root"),
        output: open(output, &[ChunkRange { first: 0, count: 1 }]).expect("the chunk exists"),
        reads: vec![],
    };
    let limits = ProofLimits { fuel: 100, code_bytes: kernel().encode().len() as u32 };
    submit(watcher, pallet_disputes::Call::refute { claim, limits, proof: Box::new(proof) });
}

/// Demands the trace of the committed result of `job`. It has one chunk.
pub(super) fn demand(who: Sr25519Keyring, job: JobId) {
    let result = Runtime::result(job).expect("it is committed");
    let (commitment, node, value) = (result.commitment, Node::top(result.trace.len), result.trace.root);
    let (target, path, shown_by) = (Target::Trace, Default::default(), Default::default());
    submit(who, pallet_demands::Call::demand { job, commitment, target, node, value, path, shown_by });
}

/// Answers that: the one step of the job has this output.
pub(super) fn reveal(who: Sr25519Keyring, job: JobId, output: &[u8]) {
    let result = Runtime::result(job).expect("it is committed");
    let subject = Subject { instance: None, node: Node::top(result.trace.len) };
    let reveal = Reveal::Bytes(trace(output).to_bytes());
    submit(who, pallet_demands::Call::reveal { commitment: result.commitment, subject, reveal });
}

pub(super) fn try_state() {
    assert_ok!(KernelRegistry::do_try_state());
    assert_ok!(ProviderRegistry::do_try_state());
    assert_ok!(DisputeClock::do_try_state());
    assert_ok!(ReverseAuction::do_try_state());
    assert_ok!(Demands::do_try_state());
}

#[test]
fn a_job_is_assigned_in_its_own_block_and_paid_when_its_window_ends() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        let job = assigned(&mut chain);
        chain.block(|| commit(PROVIDER, job, 1, &[0; 4 * WORDS as usize]));
        let Stage::Committed { window_end, deal, .. } = Runtime::job(job).expect("it is open").stage else {
            panic!("the result is committed")
        };
        let listed = Runtime::challengeable(None, 9).items;
        assert_eq!(listed.iter().map(|entry| entry.job.id).collect::<Vec<_>>(), [job]);
        let before = Balances::free_balance(PROVIDER.to_account_id());

        while Runtime::clock() < window_end {
            chain.block(|| ());
            assert_eq!(Balances::free_balance(PROVIDER.to_account_id()), before, "nothing is paid inside the window");
        }
        chain.block(|| ());
        chain.block(|| ());
        let view = Runtime::job(job).expect("it is kept");
        let Stage::Closed { reason, .. } = view.stage else { panic!("it is over") };
        assert_eq!(reason, CloseReason::Settled);
        assert_eq!(Balances::free_balance(PROVIDER.to_account_id()), before + deal.price);
        let fee = view.terms.fee(deal.price, view.totals.fuel);
        assert!(fee > 0);
        assert_eq!(Balances::free_balance(VerificationPool::get()), TSN + fee);
        assert_eq!(Runtime::escrow(job), None);
        try_state();
    });
}

#[test]
fn one_transaction_refutes_one_wrong_word() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        let job = assigned(&mut chain);
        let mut wrong = [0; 4 * WORDS as usize];
        wrong[4 * 3] = 1;
        chain.block(|| commit(PROVIDER, job, 1, &wrong));
        let stake = Runtime::provider(PROVIDER.to_account_id()).expect("it is registered").free_stake;

        chain.block(|| refute(WATCHER, job, &wrong));
        let job = Runtime::job(job).expect("it goes on");
        assert!(matches!(job.stage, Stage::Open { .. }), "{:?}", job.stage);
        let provider = Runtime::provider(PROVIDER.to_account_id()).expect("it is registered");
        assert_eq!(provider.refuted, 1);
        assert_eq!(provider.free_stake, stake, "the collateral does not come back");
        try_state();
    });
}

#[test]
fn outputs_that_come_with_a_commitment_are_on_the_chain_until_the_result_is_settled() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        let job = assigned(&mut chain);
        let output = [0; 4 * WORDS as usize];
        let free = || Balances::free_balance(PROVIDER.to_account_id());
        let before = free();
        chain.block(|| carry(PROVIDER, job, 1, &output));
        let Stage::Committed { window_end, deal, .. } = Runtime::job(job).expect("it is open").stage else {
            panic!("the result is committed")
        };
        assert_eq!(Runtime::outputs(job), Some(output.to_vec()));
        assert!(Runtime::result(job).is_some_and(|result| result.carried));
        // The key, a length of two bytes, and the bytes.
        let (held, deposit) = (free(), crate::constants::deposit(1, 32 + 2 + 64));
        assert!(held < before - deposit, "the fee comes on top");
        try_state();

        while Runtime::clock() <= window_end {
            chain.block(|| ());
        }
        chain.block(|| ());
        assert_eq!(Runtime::outputs(job), None);
        assert!(Runtime::result(job).is_some_and(|result| !result.carried));
        assert_eq!(free(), held + deposit + deal.price);
        try_state();
    });
}

#[test]
fn a_provider_that_commits_random_roots_and_serves_nothing_loses_its_collateral() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        let job = assigned(&mut chain);
        let trace = Buffer { root: [9; 32], len: Trace::len_of(1) };
        let call = pallet_reverse_auction::Call::commit { job, attempt: 1, trace, outputs: None };
        chain.block(|| submit(PROVIDER, call));
        let view = Runtime::job(job).expect("it is open");
        let Stage::Committed { deal, commitment, .. } = view.stage else { panic!("the result is committed") };
        let (provider, watcher) = (PROVIDER.to_account_id(), WATCHER.to_account_id());
        let free = |who: &AccountId| Balances::free_balance(who);
        let on_hold = |who: &AccountId| <Balances as InspectHold<AccountId>>::total_balance_on_hold(who);
        let stake = Runtime::provider(provider.clone()).expect("it is registered").free_stake;
        let before = free(&watcher);

        assert_eq!(Runtime::demand_bond(job, commitment), Some(view.terms.demand_bond));
        chain.block(|| demand(WATCHER, job));
        let listed = Runtime::demands(commitment, 9);
        let [DemandView { deadline, .. }] = listed[..] else { panic!("one demand is open: {listed:?}") };
        assert_eq!((listed[0].instance, listed[0].len, listed[0].answered), (None, 32, false));
        assert_eq!(on_hold(&watcher), view.terms.demand_bond);
        // The fee of the transaction is less than the bounty.
        assert!(before - free(&watcher) - view.terms.demand_bond < view.terms.bounty);
        let (of_watcher, of_provider) = (free(&watcher), (free(&provider), on_hold(&provider)));
        let issuance = Balances::total_issuance();

        while Runtime::clock() <= deadline {
            assert!(matches!(Runtime::job(job).expect("it is open").stage, Stage::Committed { .. }));
            chain.block(|| ());
        }
        chain.block(|| ());
        assert!(matches!(Runtime::job(job).expect("it goes on").stage, Stage::Open { .. }));
        // Bond and bounty to the watcher, all of the collateral from the provider's holds, the difference burned.
        let (bond, bounty) = (view.terms.demand_bond, view.terms.bounty);
        assert_eq!((free(&watcher), on_hold(&watcher)), (of_watcher + bond + bounty, 0));
        assert_eq!((free(&provider), on_hold(&provider)), (of_provider.0, of_provider.1 - deal.collateral));
        assert_eq!(Balances::total_issuance(), issuance - deal.collateral + bounty);
        let record = Runtime::provider(provider).expect("it is registered");
        assert_eq!((record.refuted, record.free_stake), (1, stake));
        assert_eq!(Runtime::demands(commitment, 9), vec![]);
        assert_eq!(Runtime::demand_bond(job, commitment), None);
        try_state();
    });
}

/// What is said of how many demands a provider can answer in time: see docs/disputes.md.
#[test]
fn a_block_that_counts_has_space_for_twelve_answers_of_the_largest_size() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        Chain::new().block(|| {
            let node = Node { level: 6, position: u32::MAX };
            let subject = Subject { instance: Some(u32::MAX), node };
            let (commitment, reveal) = (CommitmentId([9; 32]), Reveal::Bytes(vec![0; 64 << 10]));
            let answer = signed(PROVIDER, pallet_demands::Call::reveal { commitment, subject, reveal });
            let info = answer.get_dispatch_info();
            let weight = info.total_weight().saturating_add(Weights::get().get(info.class).base_extrinsic);
            assert!(LargestRefutationWeight::get().all_gte(weight * 12));
            assert!(12 * codec::Encode::encoded_size(&answer) <= LargestRefutationBytes::get() as usize);
        })
    });
}

#[test]
fn a_listed_asset_pays_at_its_rate_and_a_late_refutation_repays_what_it_was_worth() {
    const ASSET: u32 = 7;
    // One unit of the asset is worth two of the native coin.
    let rate = Rate { native: 2, asset: 1 };
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        let (buyer, provider) = (BUYER.to_account_id(), PROVIDER.to_account_id());
        chain.block(|| {
            let asset = codec::Compact(ASSET);
            assert_ok!(Assets::force_create(RuntimeOrigin::root(), asset, buyer.clone().into(), true, 1));
            assert_ok!(Coins::mint_into(NativeOrWithId::WithId(ASSET), &buyer, TSN));
            upload(BUYER);
            provide(PROVIDER, TSN, 1);
        });
        let spec = JobSpec { asset: Some(ASSET), ..spec() };
        let quote = Runtime::quote(spec.clone());
        assert_eq!(quote, Err(QuoteError { error: b"AssetNotListed".to_vec() }));

        chain.block(|| {
            let listed: ListedAssets = vec![(ASSET, rate)].try_into().expect("one is not too many");
            let parameter = RuntimeParameters::Market((market::Listed, listed).into());
            assert_ok!(Parameters::set_parameter(RuntimeOrigin::root(), parameter));
        });
        let quote = Runtime::quote(spec.clone()).expect("the asset is listed");
        assert_eq!(quote.held_in_asset.units(), quote.held / 2);
        let owned = |who: &AccountId| Assets::balance(ASSET, who);
        let job = JobId::new(&ReverseAuction::genesis_hash(), &buyer, &[7; 32], &spec);
        chain.block(|| {
            submit(BUYER, order(7, spec.clone()));
        });
        assert_eq!(owned(&buyer), TSN - quote.held_in_asset.units());
        let escrow = Runtime::escrow(job).expect("it is open");
        assert_eq!((escrow.rate, escrow.payment, escrow.held()), (rate, quote.held, quote.held_in_asset));

        let mut wrong = [0; 4 * WORDS as usize];
        wrong[4 * 3] = 1;
        chain.block(|| commit(PROVIDER, job, 1, &wrong));
        let commitment = Runtime::result(job).expect("it is committed").commitment;
        chain.block(|| submit(BUYER, pallet_reverse_auction::Call::accept { job, commitment }));
        assert_eq!(owned(&provider), 0, "it is paid at the next tick");
        chain.block(|| ());
        let view = Runtime::job(job).expect("it is kept");
        let Stage::Committed { deal, accepted: true, .. } = view.stage else { panic!("the result is accepted") };
        let fee = view.terms.fee(deal.price, view.totals.fuel);
        let paid = owned(&provider) + owned(&VerificationPool::get());
        assert_eq!(paid, rate.in_asset(quote.held).units() - rate.in_asset(quote.held - deal.price - fee).units());
        assert!(owned(&provider) > 0);

        let before = Balances::free_balance(&buyer);
        chain.block(|| refute(WATCHER, job, &wrong));
        assert_eq!(Balances::free_balance(&buyer), before + deal.price + fee, "repaid in the native coin");
        assert_eq!(owned(&buyer), TSN - paid, "what was not paid is back");
        let Stage::Closed { reason, .. } = Runtime::job(job).expect("it is kept").stage else { panic!("it is over") };
        assert_eq!(reason, CloseReason::RefutedAfterAcceptance);
        try_state();
    });
}
