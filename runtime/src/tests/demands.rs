//! What else happens in the runtime while a demand waits for its answer: kernels, parameters, batches and stakes.

use frame_support::{
    assert_ok,
    dispatch::{DispatchClass, GetDispatchInfo},
    traits::{fungible::InspectHold, Get},
};
use pallet_utility::Event as UtilityEvent;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie};
use sp_runtime::DispatchError;
use touchstone_kir::{root, Node};
use touchstone_primitives::{
    runtime_decl_for_touchstone_api::TouchstoneApi,
    views::{BidView, Stage},
    CloseReason, CommitmentId, JobId, JobSpec, Target, Terms, Tick, Trace,
};

use super::{
    chain::{genesis_of, signed, submit, Chain},
    market::{demand, kernel, provide, reveal, spec, try_state, upload, WORDS},
};
use crate::{
    constants::TSN,
    parameters::{
        dynamic::{market, providers},
        RuntimeParameters,
    },
    *,
};

const BUYER: Sr25519Keyring = Alice;
const PROVIDER: Sr25519Keyring = Bob;
const WATCHER: Sr25519Keyring = Charlie;

/// What each step puts out.
const OUTPUT: [u8; 4 * WORDS as usize] = [0; 4 * WORDS as usize];

/// The trace of a job of so many steps.
fn trace(steps: usize) -> Trace {
    Trace::new(vec![root(&OUTPUT); steps])
}

/// A job of so many equal steps, whose only provider has committed the right result in the last block.
fn committed(chain: &mut Chain, steps: usize) -> JobId {
    chain.block(|| {
        upload(BUYER);
        provide(PROVIDER, TSN, 1);
    });
    // The ask counts from the next tick on.
    chain.block(|| ());
    let steps_of_spec = vec![spec().steps[0].clone(); steps];
    let spec = JobSpec { steps: steps_of_spec.try_into().expect("not too many"), ..spec() };
    let job = JobId::new(&ReverseAuction::genesis_hash(), &BUYER.to_account_id(), &[7; 32], &spec);
    let code_bytes = (steps * kernel().encode().len()) as u32;
    chain.block(|| {
        let (spec, inline) = (spec.into(), Default::default());
        submit(BUYER, pallet_reverse_auction::Call::submit { salt: [7; 32], spec, inline, code_bytes });
    });
    let trace = trace(steps).buffer();
    chain.block(|| submit(PROVIDER, pallet_reverse_auction::Call::commit { job, attempt: 1, trace, outputs: None }));
    job
}

fn stage(job: JobId) -> Stage<AccountId> {
    Runtime::job(job).expect("it is kept").stage
}

fn commitment(job: JobId) -> CommitmentId {
    Runtime::result(job).expect("it is committed").commitment
}

/// The last tick at which the result can be challenged.
fn last_tick(job: JobId) -> Tick {
    let Stage::Committed { window_end, .. } = stage(job) else { panic!("it can be challenged") };
    window_end
}

fn deal(job: JobId) -> BidView<AccountId> {
    let Stage::Committed { deal, .. } = stage(job) else { panic!("it can be challenged") };
    deal
}

/// Empty blocks up to this tick.
fn go_to(chain: &mut Chain, tick: Tick) {
    while Runtime::clock() < tick {
        chain.block(|| ());
    }
}

/// The one demand of the result: its deadline, or the last tick for challenges to its answer.
fn deadline(job: JobId) -> Tick {
    let listed = Runtime::demands(commitment(job), 9);
    assert_eq!(listed.len(), 1);
    listed[0].deadline
}

fn free(who: Sr25519Keyring) -> Balance {
    Balances::free_balance(who.to_account_id())
}

fn on_hold(who: Sr25519Keyring) -> Balance {
    <Balances as InspectHold<AccountId>>::total_balance_on_hold(&who.to_account_id())
}

/// The chain includes the call, and refuses it with this error.
fn refused(who: Sr25519Keyring, call: impl Into<RuntimeCall>, error: impl Into<DispatchError>) {
    let error: DispatchError = error.into();
    assert_eq!(Executive::apply_extrinsic(signed(who, call)), Ok(Err(error)));
}

#[test]
fn a_kernel_stays_while_demands_put_the_settlement_off() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        let job = committed(&mut chain, 1);
        let remove = || pallet_kernel_registry::Call::<Runtime>::remove { hash: kernel().hash() };
        let stays = || refused(BUYER, remove(), pallet_kernel_registry::Error::<Runtime>::InUse);

        let end = last_tick(job);
        go_to(&mut chain, end);
        chain.block(|| demand(WATCHER, job));
        while Runtime::clock() < deadline(job) {
            chain.block(stays);
        }
        chain.block(|| reveal(PROVIDER, job, &OUTPUT));
        let until = last_tick(job);
        assert!(until > end);
        while Runtime::clock() <= until {
            chain.block(stays);
        }
        // The job is settled at the beginning of the next block.
        chain.block(|| submit(BUYER, remove()));
        assert!(matches!(stage(job), Stage::Closed { reason: CloseReason::Settled, .. }));
        try_state();
    });
}

#[test]
fn new_terms_do_not_reach_an_open_demand_or_the_next_one_of_its_job() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        let job = committed(&mut chain, 1);
        let terms = Runtime::terms();
        chain.block(|| demand(WATCHER, job));
        let (listed, due) = (Runtime::demands(commitment(job), 9), deadline(job));

        let harsher = Terms {
            answer_time: 1,
            challenge_time: 1,
            demand_bond: 50 * TSN,
            answer_price: 40 * TSN,
            bounty: 0,
            ..terms
        };
        chain.block(|| {
            let parameter = RuntimeParameters::Market((market::JobTerms, harsher).into());
            assert_ok!(Parameters::set_parameter(RuntimeOrigin::root(), parameter));
        });
        assert_eq!(Runtime::terms(), harsher);
        assert_eq!(Runtime::demands(commitment(job), 9), listed);
        assert_eq!(Runtime::demand_bond(job, commitment(job)), Some(terms.demand_bond));

        // The old deadline, the old time for challenges, and the old price.
        let (of_watcher, of_provider) = (free(WATCHER) + on_hold(WATCHER), free(PROVIDER));
        go_to(&mut chain, due);
        chain.block(|| reveal(WATCHER, job, &OUTPUT));
        let fee = of_watcher - free(WATCHER) - on_hold(WATCHER);
        assert_eq!((deadline(job), on_hold(WATCHER)), (due + terms.challenge_time, terms.answer_price));
        let (until, price) = (last_tick(job), deal(job).price);
        go_to(&mut chain, until + 1);
        chain.block(|| ());
        assert!(matches!(stage(job), Stage::Closed { reason: CloseReason::Settled, .. }));
        assert_eq!(free(WATCHER), of_watcher - fee - terms.answer_price);
        assert_eq!(free(PROVIDER), of_provider + price + terms.answer_price);
        try_state();
    });
}

/// Demands for the trace, which has one chunk, and for each output.
fn demands(job: JobId, steps: usize) -> Vec<RuntimeCall> {
    let result = Runtime::result(job).expect("it is committed");
    let (commitment, path, shown_by) = (result.commitment, Default::default(), pallet_demands::ShownBy::default());
    let of_trace = pallet_demands::Call::demand {
        job,
        commitment,
        target: Target::Trace,
        node: Node::top(result.trace.len),
        value: result.trace.root,
        path,
        shown_by: shown_by.clone(),
    };
    let of_output = |instance| pallet_demands::Call::demand {
        job,
        commitment,
        target: Target::Output { instance, trace: trace(steps).open([instance]).expect("the trace has this root") },
        node: Node::top(OUTPUT.len() as u32),
        value: root(&OUTPUT),
        path: Default::default(),
        shown_by: shown_by.clone(),
    };
    [of_trace].into_iter().chain((0..steps as u32).map(of_output)).map(RuntimeCall::Demands).collect()
}

#[test]
fn a_batch_of_demands_is_operational_and_each_of_them_holds_its_own_bond() {
    const STEPS: usize = 8;
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        let job = committed(&mut chain, STEPS);
        let (terms, commitment) = (Runtime::terms(), commitment(job));
        let calls = demands(job, STEPS);
        let open = || Runtime::demands(commitment, 99).len();

        // A batch with a demand that was made before holds nothing, or what comes before that one.
        let again = vec![calls[0].clone(), calls[1].clone(), calls[0].clone(), calls[2].clone()];
        let twice = pallet_demands::Error::<Runtime>::AlreadyDemanded;
        chain.block(|| refused(WATCHER, pallet_utility::Call::<Runtime>::batch_all { calls: again.clone() }, twice));
        assert_eq!((open(), on_hold(WATCHER)), (0, 0));
        let twice = pallet_demands::Error::<Runtime>::AlreadyDemanded.into();
        chain.block(|| submit(WATCHER, pallet_utility::Call::<Runtime>::batch { calls: again }));
        System::assert_has_event(UtilityEvent::BatchInterrupted { index: 2, error: twice }.into());
        assert_eq!((open(), on_hold(WATCHER)), (2, 2 * terms.demand_bond));

        let batch: RuntimeCall = pallet_utility::Call::<Runtime>::batch_all { calls: calls[2..].to_vec() }.into();
        assert_eq!(batch.get_dispatch_info().class, DispatchClass::Operational);
        chain.block(|| submit(WATCHER, batch));
        let all = STEPS as u128 + 1;
        assert_eq!((open() as u128, on_hold(WATCHER)), (all, all * terms.demand_bond));
        try_state();

        // Nobody answers. One of them refutes, all bonds return, and there is one bounty.
        let before = free(WATCHER);
        let last = last_tick(job);
        go_to(&mut chain, last + 1);
        chain.block(|| ());
        assert!(matches!(stage(job), Stage::Open { .. }));
        chain.block(|| ());
        assert_eq!((open(), on_hold(WATCHER)), (0, 0));
        assert_eq!(free(WATCHER), before + all * terms.demand_bond + terms.bounty);
        try_state();
    });
}

#[test]
fn a_provider_cannot_withdraw_the_collateral_of_a_result_with_an_open_demand() {
    use pallet_provider_registry::{Call, Error};

    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        let job = committed(&mut chain, 1);
        let (terms, collateral) = (Runtime::terms(), deal(job).collateral);
        chain.block(|| demand(WATCHER, job));
        chain.block(|| {
            submit(PROVIDER, Call::<Runtime>::set_ask { device: 0, ask: None });
            let stake = Runtime::provider(PROVIDER.to_account_id()).expect("it is registered").free_stake;
            let least = providers::MinStake::get();
            submit(PROVIDER, Call::<Runtime>::remove_stake { amount: stake - least });
            refused(PROVIDER, Call::<Runtime>::remove_stake { amount: least }, Error::<Runtime>::StakeTooLow);
            refused(PROVIDER, Call::<Runtime>::remove_device { device: 0 }, Error::<Runtime>::DeviceBusy);
            refused(PROVIDER, Call::<Runtime>::deregister {}, Error::<Runtime>::OpenJobs);
        });

        let (of_watcher, of_provider, issuance) = (free(WATCHER), on_hold(PROVIDER), Balances::total_issuance());
        let due = deadline(job);
        go_to(&mut chain, due + 1);
        chain.block(|| ());
        assert!(matches!(stage(job), Stage::Open { .. }));
        assert_eq!(on_hold(PROVIDER), of_provider - collateral);
        assert_eq!(free(WATCHER), of_watcher + terms.demand_bond + terms.bounty);
        assert_eq!(Balances::total_issuance(), issuance - collateral + terms.bounty);
        try_state();
    });
}
