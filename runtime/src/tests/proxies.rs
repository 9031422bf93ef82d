//! What a proxy of each type can do, and that it can do nothing else by a detour.

use std::collections::BTreeSet;

use codec::Decode;
use frame_support::{
    assert_noop, assert_ok,
    dispatch::DispatchResult,
    traits::{GetCallMetadata, InstanceFilter},
};
use pallet_proxy::Event as ProxyEvent;
use pallet_utility::Event as UtilityEvent;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave};
use sp_runtime::DispatchError;
use touchstone_primitives::{JobId, PassReason};

use super::chain::genesis_of;
use crate::{configs::accounts::ProxyType, constants::TSN, *};

const OWNER: Sr25519Keyring = Alice;
const PROXY: Sr25519Keyring = Bob;
const THIEF: Sr25519Keyring = Charlie;

const TYPES: [ProxyType; 4] = [ProxyType::Any, ProxyType::NonTransfer, ProxyType::Provider, ProxyType::Buyer];

/// Calls that every proxy may make for its account.
const HARMLESS: [&str; 10] = [
    "System.remark",
    "System.remark_with_event",
    "Demands.reveal",
    "Disputes.refute",
    "Disputes.refute_length",
    "ReverseAuction.cancel",
    "ReverseAuction.poke",
    "Utility.batch",
    "Utility.batch_all",
    "Utility.force_batch",
];

const WORK: [&str; 7] = [
    "ProviderRegistry.add_device",
    "ProviderRegistry.remove_device",
    "ProviderRegistry.set_ask",
    "ProviderRegistry.set_endpoint",
    "ReverseAuction.bid",
    "ReverseAuction.commit",
    "ReverseAuction.pass",
];

const PURCHASE: [&str; 3] = ["KernelRegistry.upload", "ReverseAuction.accept", "ReverseAuction.submit"];

fn name(call: &RuntimeCall) -> String {
    let metadata = call.get_call_metadata();
    format!("{}.{}", metadata.pallet_name, metadata.function_name)
}

/// One of each of the runtime's calls, whose arguments are whatever zeros decode to.
fn calls() -> Vec<RuntimeCall> {
    let call = |pallet: u8, call: u8| {
        let mut bytes = vec![0; 1_024];
        bytes[..2].copy_from_slice(&[pallet, call]);
        RuntimeCall::decode(&mut &bytes[..]).ok()
    };
    (0..=u8::MAX).flat_map(|pallet| (0..=u8::MAX).filter_map(move |index| call(pallet, index))).collect()
}

#[test]
fn the_examples_are_all_calls_of_the_runtime() {
    let examples: BTreeSet<_> = calls().iter().map(name).collect();
    let all = RuntimeCall::get_module_names()
        .iter()
        .flat_map(|pallet| RuntimeCall::get_call_names(pallet).iter().map(move |call| format!("{pallet}.{call}")));
    let missing: Vec<_> = all.filter(|name| !examples.contains(name)).collect();
    // Zeros are neither an equivocation nor keys of a session: no account can use proxies for these in any way.
    let undecodable = ["Babe.", "Grandpa.", "Parameters."];
    let missing: Vec<_> =
        missing.into_iter().filter(|name| undecodable.iter().all(|pallet| !name.starts_with(pallet))).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn each_type_passes_its_calls_and_no_other() {
    let passing =
        |kind: ProxyType| -> BTreeSet<String> { calls().iter().filter(|call| kind.filter(call)).map(name).collect() };
    let of = |lists: &[&[&str]]| -> BTreeSet<String> { lists.concat().into_iter().map(String::from).collect() };
    assert_eq!(passing(ProxyType::NonTransfer), of(&[&HARMLESS]));
    assert_eq!(passing(ProxyType::Provider), of(&[&HARMLESS, &WORK]));
    assert_eq!(passing(ProxyType::Buyer), of(&[&HARMLESS, &PURCHASE]));
    assert_eq!(passing(ProxyType::Any).len(), calls().len());
}

#[test]
fn a_type_that_contains_another_passes_all_of_its_calls() {
    let calls = calls();
    for greater in TYPES {
        assert!(greater.is_superset(&greater));
        for lesser in TYPES.into_iter().filter(|lesser| greater.is_superset(lesser)) {
            assert!(calls.iter().all(|call| greater.filter(call) || !lesser.filter(call)), "{greater:?}, {lesser:?}");
        }
    }
    assert!(!ProxyType::Provider.is_superset(&ProxyType::Buyer) && !ProxyType::Buyer.is_superset(&ProxyType::Provider));
    assert!(!ProxyType::NonTransfer.is_superset(&ProxyType::Provider));
}

fn signed(who: Sr25519Keyring) -> RuntimeOrigin {
    RuntimeOrigin::signed(who.to_account_id())
}

fn transfer() -> RuntimeCall {
    pallet_balances::Call::transfer_allow_death { dest: THIEF.to_account_id().into(), value: TSN }.into()
}

fn remark() -> RuntimeCall {
    frame_system::Call::remark { remark: vec![] }.into()
}

fn poke() -> RuntimeCall {
    pallet_reverse_auction::Call::poke { job: JobId([1; 32]) }.into()
}

fn pass() -> RuntimeCall {
    pallet_reverse_auction::Call::pass { job: JobId([1; 32]), attempt: 1, reason: PassReason::Other }.into()
}

fn proxied(real: Sr25519Keyring, call: RuntimeCall) -> RuntimeCall {
    let real = real.to_account_id().into();
    pallet_proxy::Call::proxy { real, force_proxy_type: None, call: Box::new(call) }.into()
}

/// Runs a test in which the owner has given the proxy a type.
fn with_proxy(kind: ProxyType, test: impl FnOnce()) {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        assert_ok!(Proxy::add_proxy(signed(OWNER), PROXY.to_account_id().into(), kind, 0));
        test()
    });
}

/// What became of a call that the proxy made for the owner.
fn act(call: RuntimeCall) -> DispatchResult {
    System::reset_events();
    assert_ok!(Proxy::proxy(signed(PROXY), OWNER.to_account_id().into(), None, Box::new(call)));
    let event = System::events().into_iter().rev().find_map(|record| match record.event {
        RuntimeEvent::Proxy(ProxyEvent::ProxyExecuted { result }) => Some(result),
        _ => None,
    });
    event.expect("the call was executed or refused")
}

fn batches(calls: Vec<RuntimeCall>) -> [RuntimeCall; 3] {
    use pallet_utility::Call;
    [
        Call::batch { calls: calls.clone() }.into(),
        Call::batch_all { calls: calls.clone() }.into(),
        Call::force_batch { calls }.into(),
    ]
}

fn filtered() -> DispatchError {
    frame_system::Error::<Runtime>::CallFiltered.into()
}

fn thief_gains() -> Balance {
    Balances::free_balance(THIEF.to_account_id()) - 1_000_000 * TSN
}

#[test]
fn what_passes_is_executed_for_the_owner_and_the_rest_is_filtered() {
    use pallet_provider_registry::Error::NotRegistered;
    use pallet_reverse_auction::Error::UnknownJob;
    let (unknown, stranger) = (UnknownJob::<Runtime>.into(), NotRegistered::<Runtime>.into());
    let set_ask = || pallet_provider_registry::Call::set_ask { device: 0, ask: None }.into();
    let leave = || pallet_provider_registry::Call::deregister {}.into();
    // Each call fails by itself where the filter lets it through: nobody is a provider, and there is no job.
    let cases: [(ProxyType, [Result<(), DispatchError>; 4]); 4] = [
        (ProxyType::Any, [Err(unknown), Err(unknown), Err(stranger), Err(stranger)]),
        (ProxyType::NonTransfer, [Err(unknown), Err(filtered()), Err(filtered()), Err(filtered())]),
        (ProxyType::Provider, [Err(unknown), Err(unknown), Err(stranger), Err(filtered())]),
        (ProxyType::Buyer, [Err(unknown), Err(filtered()), Err(filtered()), Err(filtered())]),
    ];
    for (kind, expected) in cases {
        with_proxy(kind, || assert_eq!([poke(), pass(), set_ask(), leave()].map(act), expected, "{kind:?}"));
    }
}

#[test]
fn only_a_proxy_for_everything_moves_coins() {
    for kind in TYPES {
        with_proxy(kind, || {
            let moves = kind == ProxyType::Any;
            assert_eq!(act(transfer()), if moves { Ok(()) } else { Err(filtered()) }, "{kind:?}");
            assert_eq!(thief_gains(), if moves { TSN } else { 0 });
        });
    }
}

#[test]
fn a_buyers_proxy_uploads_and_submits_for_the_owner() {
    use super::market::{kernel, order, spec};
    with_proxy(ProxyType::Buyer, || {
        let code = kernel().encode().try_into().expect("it is small");
        assert_ok!(act(pallet_kernel_registry::Call::upload { code }.into()));
        let submit = order(0, spec());
        assert_ok!(act(submit.into()));
        let job = JobId::new(&ReverseAuction::genesis_hash(), &OWNER.to_account_id(), &[0; 32], &spec());
        assert_eq!(ReverseAuction::view(job).expect("it is stored").buyer, OWNER.to_account_id());
        // What it has bought it can take back, as every proxy can.
        assert_ok!(act(pallet_reverse_auction::Call::cancel { job }.into()));
    });
}

#[test]
fn a_batch_hides_nothing() {
    for kind in [ProxyType::NonTransfer, ProxyType::Provider, ProxyType::Buyer] {
        with_proxy(kind, || {
            let [batch, batch_all, force_batch] = batches(vec![remark(), transfer()]);
            // The batch ends where the filter refuses; its beginning stands.
            assert_ok!(act(batch));
            System::assert_has_event(UtilityEvent::BatchInterrupted { index: 1, error: filtered() }.into());
            assert_eq!(act(batch_all), Err(filtered()));
            assert_ok!(act(force_batch));
            System::assert_has_event(UtilityEvent::ItemFailed { error: filtered() }.into());

            // One batch in another.
            for inner in batches(vec![transfer()]) {
                for outer in batches(vec![inner]) {
                    let _ = act(outer);
                }
            }
            assert_eq!(thief_gains(), 0);
        });
    }
}

#[test]
fn a_batch_of_what_passes_is_executed() {
    with_proxy(ProxyType::Provider, || {
        for batch in batches(vec![remark(), remark()]) {
            assert_ok!(act(batch));
        }
        assert_eq!(act(batches(vec![remark(), pass()])[1].clone()), {
            Err(pallet_reverse_auction::Error::<Runtime>::UnknownJob.into())
        });
    });
}

#[test]
fn no_call_that_carries_another_one_leads_around_the_filter() {
    use pallet_utility::Call as Utility;
    let call = || Box::new(transfer());
    let root: OriginCaller = frame_system::RawOrigin::Root.into();
    let detours: Vec<RuntimeCall> = vec![
        Utility::as_derivative { index: 0, call: call() }.into(),
        Utility::dispatch_as { as_origin: Box::new(root.clone()), call: call() }.into(),
        Utility::dispatch_as_fallible { as_origin: Box::new(root), call: call() }.into(),
        Utility::with_weight { call: call(), weight: Default::default() }.into(),
        Utility::if_else { main: call(), fallback: call() }.into(),
        pallet_multisig::Call::as_multi_threshold_1 { other_signatories: vec![Dave.to_account_id()], call: call() }
            .into(),
        pallet_sudo::Call::sudo { call: call() }.into(),
        pallet_sudo::Call::sudo_as { who: OWNER.to_account_id().into(), call: call() }.into(),
        proxied(OWNER, transfer()),
    ];
    for kind in [ProxyType::NonTransfer, ProxyType::Provider, ProxyType::Buyer] {
        with_proxy(kind, || {
            for detour in &detours {
                assert_eq!(act(detour.clone()), Err(filtered()), "{kind:?}: {detour:?}");
                for batch in batches(vec![detour.clone()]) {
                    let _ = act(batch);
                }
            }
            assert_eq!(thief_gains(), 0, "{kind:?}");
        });
    }
}

#[test]
fn a_proxy_cannot_make_itself_or_another_a_greater_one() {
    use pallet_proxy::Call;
    for kind in [ProxyType::NonTransfer, ProxyType::Provider, ProxyType::Buyer] {
        with_proxy(kind, || {
            let delegate = || PROXY.to_account_id().into();
            let attempts: [RuntimeCall; 5] = [
                Call::add_proxy { delegate: delegate(), proxy_type: ProxyType::Any, delay: 0 }.into(),
                Call::add_proxy { delegate: Dave.to_account_id().into(), proxy_type: kind, delay: 0 }.into(),
                Call::remove_proxy { delegate: delegate(), proxy_type: kind, delay: 0 }.into(),
                Call::remove_proxies {}.into(),
                Call::create_pure { proxy_type: ProxyType::Any, delay: 0, index: 0 }.into(),
            ];
            for attempt in attempts {
                assert_eq!(act(attempt), Err(filtered()), "{kind:?}");
            }
            // Nor is it enough to claim another type.
            let claim =
                Proxy::proxy(signed(PROXY), OWNER.to_account_id().into(), Some(ProxyType::Any), Box::new(remark()));
            assert_noop!(claim, pallet_proxy::Error::<Runtime>::NotProxy);
        });
    }
}

#[test]
fn a_proxy_of_a_proxy_can_do_no_more_than_the_proxy() {
    with_proxy(ProxyType::NonTransfer, || {
        assert_ok!(Proxy::add_proxy(signed(PROXY), Dave.to_account_id().into(), ProxyType::Any, 0));
        System::reset_events();
        let nested = Box::new(proxied(OWNER, transfer()));
        assert_ok!(Proxy::proxy(signed(Dave), PROXY.to_account_id().into(), None, nested));
        // The inner call is refused, the outer one did what it was to do: ask.
        let results: Vec<_> = System::events()
            .into_iter()
            .filter_map(|record| match record.event {
                RuntimeEvent::Proxy(ProxyEvent::ProxyExecuted { result }) => Some(result),
                _ => None,
            })
            .collect();
        assert_eq!(results, [Err(filtered()), Ok(())]);
        assert_eq!(thief_gains(), 0);
    });
}

#[test]
fn nobody_else_is_a_proxy() {
    with_proxy(ProxyType::Any, || {
        let call = Proxy::proxy(signed(THIEF), OWNER.to_account_id().into(), None, Box::new(transfer()));
        assert_noop!(call, pallet_proxy::Error::<Runtime>::NotProxy);
        assert_ok!(Proxy::remove_proxy(signed(OWNER), PROXY.to_account_id().into(), ProxyType::Any, 0));
        let call = Proxy::proxy(signed(PROXY), OWNER.to_account_id().into(), None, Box::new(transfer()));
        assert_noop!(call, pallet_proxy::Error::<Runtime>::NotProxy);
    });
}
