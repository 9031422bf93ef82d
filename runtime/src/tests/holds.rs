//! Every coin that the market holds is explained by a record, from both sides: no hold is too small, and none is left
//! over.

use std::collections::BTreeMap;

use codec::{Decode, Encode};
use frame_support::{assert_ok, traits::fungible::MutateHold};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob, Charlie, Dave, Eve};
use touchstone_primitives::{
    runtime_decl_for_touchstone_api::TouchstoneApi, views::Stage, CloseReason, JobId, Matching, PassReason,
};

use super::{
    chain::{genesis_of, submit, Chain},
    market::{carry, commit, demand, kernel, provide, refute, reveal, spec, try_state, upload, WORDS},
};
use crate::{constants::TSN, parameters::development_terms, *};

const BUYER: Sr25519Keyring = Alice;
const WATCHER: Sr25519Keyring = Charlie;
/// Cheapest first.
const PROVIDERS: [Sr25519Keyring; 3] = [Bob, Dave, Eve];

type Holds = BTreeMap<(AccountId, String), Balance>;

fn add(holds: &mut Holds, who: AccountId, reason: impl Into<RuntimeHoldReason>, amount: Balance) {
    if amount > 0 {
        *holds.entry((who, format!("{:?}", reason.into()))).or_default() += amount;
    }
}

/// What is held for a deposit: the only field of the ticket.
fn deposit(ticket: &impl Encode) -> Balance {
    Balance::decode(&mut &ticket.encode()[..]).expect("a ticket is an amount")
}

/// What is held on accounts for reasons of the market.
fn held() -> Holds {
    let mut holds = Holds::new();
    for (who, of_account) in pallet_balances::Holds::<Runtime>::iter() {
        for hold in of_account {
            // The deposit for session keys is no affair of the market.
            if !matches!(hold.id, RuntimeHoldReason::Session(_)) {
                add(&mut holds, who.clone(), hold.id, hold.amount);
            }
        }
    }
    holds
}

/// What the records of the market say is held.
fn explained() -> Holds {
    let mut holds = Holds::new();
    for (who, provider) in pallet_provider_registry::Providers::<Runtime>::iter() {
        use pallet_provider_registry::HoldReason::{Registration, Stake};
        add(&mut holds, who.clone(), Stake, provider.stake);
        add(&mut holds, who, Registration, deposit(&provider.ticket));
    }
    for kernel in pallet_kernel_registry::Kernels::<Runtime>::iter_values() {
        add(&mut holds, kernel.owner, pallet_kernel_registry::HoldReason::Kernel, deposit(&kernel.ticket));
    }
    for record in pallet_reverse_auction::Jobs::<Runtime>::iter_values() {
        let job = record.job;
        add(&mut holds, job.buyer.clone(), pallet_reverse_auction::HoldReason::Job, deposit(&job.ticket));
        let Some(funds) = job.funds else { continue };
        assert_eq!(job.spec.asset, None);
        add(&mut holds, job.buyer, pallet_escrow::HoldReason::Payment, funds.payment);
        if let Some(collateral) = funds.collateral {
            if let Some(ticket) = &job.carried {
                let provider = collateral.provider.clone();
                add(&mut holds, provider, pallet_reverse_auction::HoldReason::Job, deposit(ticket));
            }
            add(&mut holds, collateral.provider, pallet_escrow::HoldReason::Collateral, collateral.amount);
        }
    }
    for demand in pallet_demands::Demands::<Runtime>::iter_values() {
        let held = demand.held();
        add(&mut holds, demand.demander, pallet_demands::HoldReason::Bond, held);
    }
    holds
}

/// A block after which every hold is explained.
fn block(chain: &mut Chain, body: impl FnOnce()) {
    chain.block(body);
    assert_eq!(held(), explained());
    try_state();
}

fn order(salt: u8, matching: Matching) -> JobId {
    let spec = touchstone_primitives::JobSpec { matching, ..spec() };
    let id = JobId::new(&ReverseAuction::genesis_hash(), &BUYER.to_account_id(), &[salt; 32], &spec);
    submit(BUYER, super::market::order(salt, spec));
    id
}

fn accept(job: JobId) {
    let commitment = Runtime::result(job).expect("it is committed").commitment;
    submit(BUYER, pallet_reverse_auction::Call::accept { job, commitment });
}

fn assigned_to(job: JobId, provider: Sr25519Keyring) -> bool {
    let stage = Runtime::job(job).expect("it is stored").stage;
    matches!(stage, Stage::Assigned { deal, .. } if deal.provider == provider.to_account_id())
}

#[test]
fn every_hold_has_its_record_through_all_lives_of_jobs() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        let chain = &mut Chain::new();
        let right = [0; 4 * WORDS as usize];
        let mut wrong = right;
        wrong[4 * 3] = 1;
        block(chain, || {
            upload(WATCHER);
            for (provider, price) in PROVIDERS.into_iter().zip(1..) {
                provide(provider, price * TSN, 8);
            }
        });
        block(chain, || ());

        let mut jobs = vec![];
        block(chain, || jobs.extend((0..6).map(|salt| order(salt, Matching::Instant))));
        let [settled, accepted, repaid, refuted, passed, missed] = jobs[..] else { panic!("six jobs") };
        assert!(jobs.iter().all(|job| assigned_to(*job, Bob)));
        block(chain, || {
            submit(Bob, pallet_reverse_auction::Call::pass { job: passed, attempt: 1, reason: PassReason::Other });
            commit(Bob, settled, 1, &right);
            commit(Bob, refuted, 1, &wrong);
            carry(Bob, accepted, 1, &right);
            carry(Bob, repaid, 1, &wrong);
        });
        assert!(assigned_to(passed, Dave));
        // One demand is answered; a refutation is faster than the answer to the other one.
        block(chain, || {
            [accepted, repaid].into_iter().for_each(accept);
            [settled, refuted].into_iter().for_each(|job| demand(WATCHER, job));
        });
        // The second fault burns a share of the stake.
        let stake = Runtime::provider(Bob.to_account_id()).expect("it is registered").free_stake;
        block(chain, || {
            reveal(Bob, settled, &right);
            [repaid, refuted].into_iter().for_each(|job| refute(WATCHER, job, &wrong));
        });
        let after = Runtime::provider(Bob.to_account_id()).expect("it is registered").free_stake;
        assert_eq!(after, stake - stake / 10);
        assert!(assigned_to(refuted, Dave));
        block(chain, || [passed, refuted].into_iter().for_each(|job| commit(Dave, job, 2, &right)));

        let ticks = Matching::Open { ticks: 2 };
        let mut auctions = vec![];
        block(chain, || auctions.extend((6..9).map(|salt| order(salt, ticks))));
        let [sold, unsold, cancelled] = auctions[..] else { panic!("three auctions") };
        let bid =
            |who, price| submit(who, pallet_reverse_auction::Call::bid { job: sold, attempt: 0, device: 0, price });
        block(chain, || bid(Dave, TSN));
        block(chain, || {
            bid(Eve, TSN / 2);
            submit(BUYER, pallet_reverse_auction::Call::cancel { job: cancelled });
        });
        while !assigned_to(sold, Eve) {
            block(chain, || ());
        }
        block(chain, || commit(Eve, sold, 1, &right));
        // Bob has missed it, and Dave as well by now, or will: Eve delivers.
        while !assigned_to(missed, Eve) {
            block(chain, || ());
        }
        block(chain, || commit(Eve, missed, 3, &right));
        for _ in 0..12 {
            block(chain, || ());
        }

        let reason = |job| match Runtime::job(job).expect("it is kept").stage {
            Stage::Closed { reason, .. } => reason,
            other => panic!("it is over: {other:?}"),
        };
        for job in [settled, accepted, refuted, passed, missed, sold] {
            assert_eq!(reason(job), CloseReason::Settled);
        }
        assert_eq!(reason(repaid), CloseReason::RefutedAfterAcceptance);
        assert_eq!(reason(unsold), CloseReason::NoBids);
        assert_eq!(reason(cancelled), CloseReason::Cancelled);

        // Records go, deposits return, providers leave: nothing is held any more.
        for _ in 0..=development_terms().retention {
            chain.block(|| ());
        }
        assert_eq!(pallet_reverse_auction::Jobs::<Runtime>::iter().count(), 0);
        block(chain, || {
            for provider in PROVIDERS {
                submit(provider, pallet_provider_registry::Call::deregister {});
            }
            submit(WATCHER, pallet_kernel_registry::Call::remove { hash: kernel().hash() });
        });
        assert_eq!(held(), Holds::new());
    });
}

#[test]
fn a_hold_that_no_record_explains_is_noticed() {
    genesis_of(DEV_RUNTIME_PRESET).execute_with(|| {
        assert_eq!(held(), explained());
        let reason = pallet_escrow::HoldReason::Payment.into();
        assert_ok!(Balances::hold(&reason, &Eve.to_account_id(), 5));
        assert_eq!(ReverseAuction::do_try_state(), Err("payments held are not what the jobs say".into()));
        let left = BTreeMap::from([((Eve.to_account_id(), format!("{reason:?}")), 5)]);
        assert_eq!((held(), explained()), (left, Holds::new()));
    });
}
