//! What the calls of a job weigh, in transfers: the committed weights with those of the transaction extensions, before
//! a call and after it gave back what it did not use.
//!
//! `cargo test -p touchstone-runtime ratio -- --nocapture` prints the table.

use frame_support::dispatch::GetDispatchInfo;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave};
use touchstone_primitives::{
    runtime_decl_for_touchstone_api::TouchstoneApi, views::Stage, Ask, DeviceClass, DeviceSpec, JobId, PassReason,
};

use super::{
    chain::{genesis_of, signed, Chain},
    market::{kernel, order, provide, spec, trace, upload, WORDS},
};
use crate::{constants::TSN, *};

/// The most that each call may weigh before and after, in transfers. `submit` aims at 2.5 afterwards, which is not
/// reached: its 11 reads and 9 writes of the database are 1.4 transfers, and the extensions 0.6.
const SUBMIT: (f64, f64) = (4.0, 2.9);
/// The same with a look at each of eight asks that do not fit.
const SUBMIT_BESIDE_SMALL: (f64, f64) = (4.0, 3.1);
const PASS: (f64, f64) = (5.0, 5.0);
const COMMIT: (f64, f64) = (1.5, 1.5);
const ACCEPT: (f64, f64) = (1.8, 1.8);

/// A transaction's weight before and after, without the weight that every transaction has.
struct Measured {
    before: u64,
    after: u64,
}

fn measure(who: Sr25519Keyring, call: impl Into<RuntimeCall>) -> Measured {
    let transaction = signed(who, call);
    let info = transaction.get_dispatch_info();
    System::reset_events();
    assert_eq!(Executive::apply_extrinsic(transaction), Ok(Ok(())));
    let after = System::events().into_iter().find_map(|record| match record.event {
        RuntimeEvent::System(frame_system::Event::ExtrinsicSuccess { dispatch_info }) => Some(dispatch_info.weight),
        _ => None,
    });
    let base = configs::system::Weights::get().get(info.class).base_extrinsic;
    let after = after.expect("it succeeded").saturating_sub(base);
    Measured { before: info.total_weight().ref_time(), after: after.ref_time() }
}

/// Asks beside the two that take the job.
#[derive(Clone, Copy, Debug)]
enum Others {
    /// They would take the job too, at a higher price.
    Dearer,
    /// They are cheaper, and have too little memory for the job.
    TooSmall,
}

/// Eight more asks, each of a provider of its own.
fn crowd(chain: &mut Chain, others: Others) {
    let (per_gigafuel, memory) = match others {
        Others::Dearer => (100 * TSN, 8 << 30),
        Others::TooSmall => (1, 4),
    };
    for seed in 0..8 {
        let account = AccountId::from([100 + seed; 32]);
        let funds = 10_000 * TSN;
        chain.block(|| {
            use frame_support::traits::fungible::Mutate;
            Balances::mint_into(&account, funds).expect("the account exists afterwards");
            let origin = || RuntimeOrigin::signed(account.clone());
            let name = b"small".to_vec().try_into().expect("it is short");
            let endpoint = b"http://127.0.0.1:1".to_vec().try_into().expect("it is short");
            let spec = DeviceSpec { name, class: DeviceClass::Discrete, memory };
            let ask = Some(Ask { per_gigafuel, minimum: 0, slots: 1 });
            frame_support::assert_ok!(ProviderRegistry::register(origin(), endpoint, 1_000 * TSN));
            frame_support::assert_ok!(ProviderRegistry::add_device(origin(), spec));
            frame_support::assert_ok!(ProviderRegistry::set_ask(origin(), 0, ask));
        });
    }
}

/// Every call with its bound, in a market of ten asks.
fn rows(others: Others) -> [(&'static str, Measured, (f64, f64)); 5] {
    let submit = match others {
        Others::Dearer => SUBMIT,
        Others::TooSmall => SUBMIT_BESIDE_SMALL,
    };
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let mut chain = Chain::new();
        chain.block(|| {
            upload(Alice);
            provide(Bob, TSN, 1);
            provide(Charlie, 2 * TSN, 1);
        });
        crowd(&mut chain, others);
        for _ in 0..3 {
            chain.block(|| ());
        }
        assert_eq!(pallet_provider_registry::AskIndex::<Runtime>::iter_keys().count(), 10);
        assert!(kernel().encode().len() < 1_000);

        let job = |salt: u8| JobId::new(&ReverseAuction::genesis_hash(), &Alice.to_account_id(), &[salt; 32], &spec());
        let output = [0; 4 * WORDS as usize];
        chain.block(|| {
            let dest = Dave.to_account_id().into();
            let transfer = measure(Alice, pallet_balances::Call::transfer_allow_death { dest, value: TSN });
            let submitted = measure(Alice, order(1, spec()));
            let pass = pallet_reverse_auction::Call::pass { job: job(1), attempt: 1, reason: PassReason::TooSlow };
            let passed = measure(Bob, pass);
            let assigned = Runtime::job(job(1)).expect("it is stored").stage;
            assert!(matches!(assigned, Stage::Assigned { deal, .. } if deal.provider == Charlie.to_account_id()));
            let trace = trace(&output).buffer();
            let commit = pallet_reverse_auction::Call::commit { job: job(1), attempt: 2, trace, outputs: None };
            let committed = measure(Charlie, commit);
            let commitment = Runtime::result(job(1)).expect("it is committed").commitment;
            let accept = pallet_reverse_auction::Call::accept { job: job(1), commitment };
            let accepted = measure(Alice, accept);
            [
                ("transfer", transfer, (1.0, 1.0)),
                ("submit", submitted, submit),
                ("pass", passed, PASS),
                ("commit", committed, COMMIT),
                ("accept", accepted, ACCEPT),
            ]
        })
    })
}

#[test]
fn the_ratio_of_each_call_to_a_transfer_is_within_its_bound() {
    for others in [Others::Dearer, Others::TooSmall] {
        let rows = rows(others);
        let (unit, unit_after) = (rows[0].1.before as f64, rows[0].1.after as f64);
        println!("\nten asks, eight of them {others:?}\n");
        println!("| call | weight before, µs | ratio | weight after, µs | ratio |\n|---|---|---|---|---|");
        let mut over = Vec::new();
        for (name, Measured { before, after }, (most, most_after)) in &rows {
            let (ratio, ratio_after) = (*before as f64 / unit, *after as f64 / unit_after);
            let micro = |weight: u64| weight as f64 / 1e6;
            println!("| {name} | {:.0} | {ratio:.2} | {:.0} | {ratio_after:.2} |", micro(*before), micro(*after));
            if ratio > *most || ratio_after > *most_after {
                over.push(*name);
            }
        }
        assert!(over.is_empty(), "over the bound with others {others:?}: {over:?}");
    }
}
