//! From assignment to the end, with the money of every ending.

use frame_support::{assert_noop, assert_ok};
use touchstone_primitives::{CloseReason, PassReason};

use crate::{mock::*, Error, Event, Stage};

type Fault = Error<Test>;

const FIRST: AccountId = PROVIDERS[0];
const SECOND: AccountId = PROVIDERS[1];
const THIRD: AccountId = PROVIDERS[2];
const FOURTH: AccountId = PROVIDERS[3];
const FEE: u128 = 20;

fn assigned_to(job: touchstone_primitives::JobId) -> Option<AccountId> {
    match stage(job) {
        Stage::Assigned(assigned) => Some(assigned.deal.provider),
        _ => None,
    }
}

fn pass(who: AccountId, job: touchstone_primitives::JobId, attempt: u32) -> frame_support::dispatch::DispatchResult {
    ReverseAuction::pass(RuntimeOrigin::signed(who), job, attempt, PassReason::Other)
        .map(drop)
        .map_err(|refusal| refusal.error)
}

/// Wealth of buyer, provider, watcher and pool.
fn wealth(provider: AccountId) -> [i128; 4] {
    [BUYER, provider, WATCHER, POOL].map(|who| owned(who) as i128)
}

fn change(before: [i128; 4], provider: AccountId) -> [i128; 4] {
    let after = wealth(provider);
    std::array::from_fn(|at| after[at] - before[at])
}

#[test]
fn a_result_that_stands_is_paid_in_the_block_after_the_window() {
    run_market(|| {
        let before = wealth(FIRST);
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        let Stage::Committed(committed) = stage(job) else { panic!("it is committed") };
        go_to(committed.window_end);
        assert_eq!(change(before, FIRST), [0; 4]);
        next_block();
        assert_eq!(now(), committed.window_end + 1);
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
        assert_eq!(change(before, FIRST), [-1_020, 1_000, 0, FEE as i128]);
        let provider = ProviderRegistry::view(FIRST).unwrap();
        assert_eq!((provider.free_stake, provider.settled, provider.open_jobs), (STAKE, 1, 0));
    });
}

#[test]
fn an_accepted_result_is_paid_at_the_next_tick_and_not_again() {
    run_market(|| {
        let before = wealth(FIRST);
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        assert_ok!(accept(BUYER, job));
        assert_eq!(change(before, FIRST), [0; 4]);
        assert_noop!(accept(BUYER, job), Fault::AlreadyAccepted);
        next_block();
        assert_eq!(change(before, FIRST), [-1_020, 1_000, 0, FEE as i128]);
        // The collateral stays until the window ends.
        assert_eq!(ReverseAuction::held(job).unwrap().collateral, Some((FIRST, 2_000)));
        assert_noop!(accept(BUYER, job), Fault::AlreadyAccepted);
        pass_ticks(11);
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
        assert_eq!(change(before, FIRST), [-1_020, 1_000, 0, FEE as i128]);
        assert_eq!(ProviderRegistry::view(FIRST).unwrap().free_stake, STAKE);
    });
}

#[test]
fn a_committed_result_frees_the_slot_while_its_collateral_stays() {
    run_market(|| {
        set_ask(FIRST, 1_000, 1);
        pass_ticks(1);
        let (job, next) = (order().salt(1).submit(), order().salt(2));
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        next_block();
        let next = next.submit();
        assert_eq!(stage(next).deal().map(|deal| deal.provider), Some(FIRST));
        assert_eq!(ProviderRegistry::view(FIRST).unwrap().open_jobs, 2);
        assert_eq!(ReverseAuction::held(job).unwrap().collateral, Some((FIRST, 2_000)));
        assert_ok!(commit(FIRST, next, 1, &right_output()));
        pass_ticks(20);
        let provider = ProviderRegistry::view(FIRST).unwrap();
        assert_eq!((provider.free_stake, provider.settled, provider.open_jobs), (STAKE, 2, 0));
    });
}

#[test]
fn only_the_buyer_accepts_and_only_a_result() {
    run_market(|| {
        let job = order().submit();
        assert_noop!(accept(BUYER, job), Fault::NotCommitted);
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        assert_noop!(accept(OTHER_BUYER, job), Fault::NotBuyer);
        assert_noop!(accept(FIRST, job), Fault::NotBuyer);
        pass_ticks(12);
        assert_noop!(accept(BUYER, job), Fault::NotCommitted);
    });
}

#[test]
fn the_result_and_the_record_are_readable_until_they_are_pruned_together() {
    run_market(|| {
        let before = free(BUYER);
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        pass_ticks(12 + TERMS.retention - 1);
        assert!(ReverseAuction::result(job).is_some());
        assert_eq!(ReverseAuction::inline_inputs(job), vec![(0, bytes(WORDS))]);
        events();
        pass_ticks(1);
        assert_eq!(events(), vec![Event::JobPruned { job }]);
        assert_eq!((ReverseAuction::result(job), job_record(job)), (None, None));
        assert_eq!(ReverseAuction::inline_inputs(job), vec![]);
        assert_eq!(free(BUYER), before - 1_020);
    });
}

#[test]
fn a_pass_burns_the_fee_of_both_and_gives_the_job_to_the_next() {
    run_market(|| {
        let (buyer, provider, issuance) = (owned(BUYER), owned(FIRST), Balances::total_issuance());
        let job = order().submit();
        events();
        assert_ok!(pass(FIRST, job, 1));
        assert_eq!(
            events(),
            vec![
                Event::Passed { job, attempt: 1, provider: FIRST, reason: PassReason::Other },
                Event::JobAssigned {
                    job,
                    attempt: 2,
                    provider: SECOND,
                    device: 0,
                    price: 2_000,
                    collateral: 4_000,
                    commit_by: now() + 4,
                },
            ]
        );
        assert_eq!((buyer - owned(BUYER), provider - owned(FIRST)), (10, 10));
        assert_eq!(issuance - Balances::total_issuance(), 20);
        assert_eq!(ProviderRegistry::view(FIRST).unwrap().free_stake, STAKE - 10);
    });
}

#[test]
fn only_the_assigned_provider_passes_and_only_in_time() {
    run_market(|| {
        let job = order().submit();
        assert_noop!(pass(SECOND, job, 1), Fault::NotAssignedToYou);
        assert_noop!(pass(FIRST, job, 0), Fault::WrongAttempt);
        assert_noop!(pass(FIRST, job, 2), Fault::WrongAttempt);
        assert_noop!(pass(FIRST, order().salt(9).id(), 1), Fault::UnknownJob);
        pass_ticks(TERMS.accept_window);
        let last_tick = order().salt(1).submit();
        assert_ok!(pass(FIRST, job, 1));
        pass_ticks(TERMS.accept_window + 1);
        assert_noop!(pass(FIRST, last_tick, 1), Fault::TooLate);
        assert_ok!(commit(FIRST, last_tick, 1, &right_output()));
        assert_noop!(pass(FIRST, last_tick, 1), Fault::NotAssigned);
    });
}

#[test]
fn a_missed_deadline_burns_the_collateral_and_goes_on_to_the_next() {
    run_market(|| {
        let (before, issuance) = (wealth(FIRST), Balances::total_issuance());
        let job = order().submit();
        events();
        pass_ticks(4);
        assert_eq!(assigned_to(job), Some(FIRST));
        pass_ticks(1);
        let missed = Event::DeadlineMissed { job, attempt: 1, provider: FIRST };
        assert_eq!(events().first(), Some(&missed));
        assert_eq!(assigned_to(job), Some(SECOND));
        assert_eq!(change(before, FIRST), [0, -2_000, 0, 0]);
        assert_eq!(issuance - Balances::total_issuance(), 2_000);
        let provider = ProviderRegistry::view(FIRST).unwrap();
        assert_eq!((provider.missed, provider.devices[0].ask), (1, None));
        assert_noop!(commit(FIRST, job, 1, &right_output()), Fault::WrongAttempt);
    });
}

#[test]
fn a_commitment_is_taken_at_the_last_tick() {
    run_market(|| {
        let job = order().submit();
        pass_ticks(4);
        assert_ok!(commit(FIRST, job, 1, &right_output()));
    });
}

#[test]
fn a_commitment_is_late_after_the_last_tick_even_if_the_agenda_is_behind() {
    run_market(|| {
        let job = order().submit();
        jump(5);
        assert_noop!(commit(FIRST, job, 1, &right_output()), Fault::TooLate);
        assert_ok!(ReverseAuction::poke(RuntimeOrigin::signed(WATCHER), job));
    });
}

#[test]
fn a_refuted_result_costs_the_collateral_and_the_job_goes_on() {
    run_market(|| {
        let (before, issuance) = (wealth(FIRST), Balances::total_issuance());
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &wrong_output()));
        assert_noop!(refute(job, 0, &wrong_output()), pallet_disputes::Error::<Test>::WordIsRight);
        events();
        assert_ok!(refute(job, 1, &wrong_output()));
        assert_eq!(
            events(),
            vec![
                Event::ResultRejected { job, attempt: 1, provider: FIRST },
                Event::JobAssigned {
                    job,
                    attempt: 2,
                    provider: SECOND,
                    device: 0,
                    price: 2_000,
                    collateral: 4_000,
                    commit_by: now() + 4,
                },
            ]
        );
        // Bounty to the watcher, the rest burned, the buyer whole.
        assert_eq!(change(before, FIRST), [0, -2_000, 200, 0]);
        assert_eq!(issuance - Balances::total_issuance(), 1_800);
        let provider = ProviderRegistry::view(FIRST).unwrap();
        assert_eq!((provider.refuted, provider.devices[0].ask, provider.open_jobs), (1, None, 0));

        assert_ok!(commit(SECOND, job, 2, &right_output()));
        pass_ticks(12);
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
        assert_eq!(change(before, FIRST), [-2_040, -2_000, 200, 40]);
    });
}

#[test]
fn a_result_refuted_after_acceptance_repays_the_buyer_out_of_the_collateral() {
    run_market(|| {
        let (before, issuance) = (wealth(FIRST), Balances::total_issuance());
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &wrong_output()));
        assert_ok!(accept(BUYER, job));
        next_block();
        assert_ok!(refute(job, 1, &wrong_output()));
        assert_eq!(ended(job), Some((CloseReason::RefutedAfterAcceptance, now())));
        // Price and fee are back. The provider keeps the price and loses twice as much.
        assert_eq!(change(before, FIRST), [0, 1_000 - 2_000, 200, FEE as i128]);
        assert_eq!(issuance - Balances::total_issuance(), 780);
        assert_eq!(ReverseAuction::held(job), None);
    });
}

#[test]
fn a_result_refuted_before_the_next_tick_was_not_paid_and_the_job_goes_on() {
    run_market(|| {
        let before = wealth(FIRST);
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &wrong_output()));
        assert_ok!(accept(BUYER, job));
        assert_ok!(refute(job, 1, &wrong_output()));
        assert_eq!(assigned_to(job), Some(SECOND));
        assert_eq!(change(before, FIRST), [0, -2_000, 200, 0]);
        assert_ok!(commit(SECOND, job, 2, &right_output()));
        next_block();
        assert!(matches!(stage(job), Stage::Committed(committed) if !committed.is_accepted()));
    });
}

#[test]
fn a_cheap_job_refuted_after_acceptance_is_repaid_in_full_as_well() {
    run_market(|| {
        set_ask(FIRST, 100, 4);
        pass_ticks(1);
        let before = wealth(FIRST);
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &wrong_output()));
        assert_ok!(accept(BUYER, job));
        next_block();
        assert_ok!(refute(job, 1, &wrong_output()));
        // The fee is the share of two per cent; bounty and price use up the collateral.
        assert_eq!(change(before, FIRST), [0, 100 - 502, 200, 2]);
    });
}

#[test]
fn a_result_is_refuted_at_the_last_tick_and_not_later() {
    run_market(|| {
        let (last, late) = (order().submit(), order().salt(1).submit());
        for job in [last, late] {
            assert_ok!(commit(FIRST, job, 1, &wrong_output()));
        }
        let Stage::Committed(committed) = stage(last) else { panic!("it is committed") };
        go_to(committed.window_end);
        assert_ok!(refute(last, 1, &wrong_output()));
        pass_ticks(1);
        assert_noop!(refute(late, 1, &wrong_output()), pallet_disputes::Error::<Test>::WindowOver);
        assert_eq!(ended(late), Some((CloseReason::Settled, now())));
    });
}

#[test]
fn a_refutation_is_late_after_the_last_tick_even_if_the_agenda_is_behind() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &wrong_output()));
        jump(12);
        assert_noop!(refute(job, 1, &wrong_output()), pallet_disputes::Error::<Test>::WindowOver);
        assert_ok!(ReverseAuction::poke(RuntimeOrigin::signed(WATCHER), job));
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
    });
}

#[test]
fn a_provider_that_failed_gets_no_second_chance() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(pass(FIRST, job, 1));
        assert_ok!(pass(SECOND, job, 2));
        assert_eq!(assigned_to(job), Some(THIRD));
        let job = order().auction(5).salt(1).submit();
        assert_ok!(bid(FIRST, job, 900));
        pass_ticks(6);
        assert_ok!(pass(FIRST, job, 1));
        assert_noop!(bid(FIRST, job, 800), Fault::Excluded);
    });
}

#[test]
fn passes_do_not_use_up_the_attempts() {
    run_market(|| {
        let before = wealth(FOURTH);
        let job = order().submit();
        assert_ok!(pass(FIRST, job, 1));
        assert_ok!(pass(SECOND, job, 2));
        pass_ticks(5);
        assert_eq!(assigned_to(job), Some(FOURTH));
        let record = job_record(job).unwrap();
        assert_eq!((record.attempt, record.passes()), (4, 2));
        assert!([FIRST, SECOND, THIRD].iter().all(|provider| record.excludes(provider)));
        assert_ok!(commit(FOURTH, job, 4, &right_output()));
        pass_ticks(12);
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
        // Price, fee, two pass fees.
        assert_eq!(change(before, FOURTH), [-4_000 - 80 - 20, 4_000, 0, 80]);
    });
}

#[test]
fn failures_do_not_use_up_the_passes() {
    run_market(|| {
        let job = order().submit();
        pass_ticks(5);
        assert_ok!(commit(SECOND, job, 2, &wrong_output()));
        assert_ok!(refute(job, 1, &wrong_output()));
        // Two attempts have failed: one more may, and three passes.
        assert_ok!(pass(THIRD, job, 3));
        assert_eq!(assigned_to(job), Some(FOURTH));
        assert_ok!(pass(FOURTH, job, 4));
        assert!(matches!(stage(job), Stage::Open(_)));
    });
}

#[test]
fn a_provider_that_passes_is_not_matched_before_its_ask_counts_again() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(pass(FIRST, job, 1));
        assert_eq!(assigned_to(order().salt(1).submit()), Some(SECOND));
        pass_ticks(1);
        assert_eq!(assigned_to(order().salt(2).submit()), Some(FIRST));
    });
}

#[test]
fn the_last_failed_attempt_closes_the_job_and_returns_what_is_left() {
    run_market(|| {
        let before = owned(BUYER);
        let job = order().submit();
        for provider in [FIRST, SECOND, THIRD] {
            assert_eq!(assigned_to(job), Some(provider));
            pass_ticks(5);
        }
        assert_eq!(ended(job), Some((CloseReason::AttemptsExhausted, now())));
        assert_eq!(before, owned(BUYER));
        assert_eq!(ReverseAuction::held(job), None);
    });
}

#[test]
fn the_last_pass_closes_the_job_and_returns_what_is_left() {
    run_market(|| {
        let before = owned(BUYER);
        let job = order().submit();
        for (attempt, provider) in (1..).zip([FIRST, SECOND, THIRD]) {
            assert_eq!(assigned_to(job), Some(provider));
            assert_ok!(pass(provider, job, attempt));
        }
        assert_eq!(ended(job), Some((CloseReason::AttemptsExhausted, now())));
        assert_eq!(before - owned(BUYER), 30);
        assert_eq!(ReverseAuction::held(job), None);
    });
}

#[test]
fn an_open_job_goes_to_a_new_auction_after_a_failure() {
    run_market(|| {
        let job = order().auction(7).submit();
        assert_ok!(bid(FIRST, job, 900));
        pass_ticks(8);
        events();
        pass_ticks(5);
        assert_eq!(
            events(),
            vec![
                Event::DeadlineMissed { job, attempt: 1, provider: FIRST },
                Event::AuctionOpened { job, attempt: 1, closes: now() + 7 },
            ]
        );
        assert_ok!(bid(SECOND, job, 900));
        pass_ticks(8);
        assert_ok!(commit(SECOND, job, 2, &right_output()));
        pass_ticks(12);
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
    });
}

#[test]
fn an_instant_job_that_nobody_else_can_take_becomes_an_auction() {
    run(|| {
        provide(FIRST, 1_000, 1);
        pass_ticks(1);
        let job = order().submit();
        assert_ok!(pass(FIRST, job, 1));
        assert!(matches!(stage(job), Stage::Open(_)));
        pass_ticks(TERMS.auction + 1);
        assert_eq!(ended(job), Some((CloseReason::NoBids, now())));
    });
}

#[test]
fn a_job_is_paid_in_its_own_asset_at_its_rate_and_secured_in_the_native_coin() {
    run_market(|| {
        let before = wealth(FIRST);
        let asset = |who| Assets::balance(ASSET, who);
        let job = order().with(|spec| spec.asset = Some(ASSET)).submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        pass_ticks(12);
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
        assert_eq!(change(before, FIRST), [0; 4]);
        assert_eq!((asset(BUYER), asset(FIRST)), (ENDOWMENT - 5 * 1_020, ENDOWMENT + 5 * 1_000));
        assert_eq!(asset(POOL), ENDOWMENT + 5 * FEE);
    });
}

#[test]
fn a_buyer_who_paid_in_an_asset_is_repaid_what_it_was_worth_in_the_native_coin() {
    run_market(|| {
        let before = wealth(FIRST);
        let job = order().with(|spec| spec.asset = Some(ASSET)).submit();
        assert_ok!(commit(FIRST, job, 1, &wrong_output()));
        assert_ok!(accept(BUYER, job));
        next_block();
        assert_ok!(refute(job, 1, &wrong_output()));
        assert_eq!(ended(job), Some((CloseReason::RefutedAfterAcceptance, now())));
        // The collateral is that of a job paid in the native coin: twice the price. It covers what the buyer has paid.
        assert_eq!(change(before, FIRST), [1_020, -2_000, 200, 0]);
        assert_eq!(Assets::balance(ASSET, BUYER), ENDOWMENT - 5 * 1_020);
        assert_eq!(Assets::balance(ASSET, FIRST), ENDOWMENT + 5 * 1_000);
    });
}

#[test]
fn a_pass_of_a_job_paid_in_an_asset_burns_the_same_worth_on_both_sides() {
    run_market(|| {
        let (coins, asset) = (Balances::total_issuance(), Assets::total_supply(ASSET));
        let job = order().with(|spec| spec.asset = Some(ASSET)).submit();
        assert_ok!(pass(FIRST, job, 1));
        assert_eq!((coins - Balances::total_issuance(), asset - Assets::total_supply(ASSET)), (10, 5 * 10));
        assert_eq!(assigned_to(job), Some(SECOND));
    });
}

#[test]
fn matching_compares_prices_whatever_pays() {
    run_market(|| {
        let native = order().submit();
        let asset = order().with(|spec| spec.asset = Some(ASSET)).submit();
        assert_eq!(stage(native).deal(), stage(asset).deal());
        // A ceiling below every ask is below them in any asset.
        let cheap = order().with(|spec| (spec.asset, spec.ceiling) = (Some(ASSET), 999)).submit();
        assert!(matches!(stage(cheap), Stage::Open(_)));
    });
}

#[test]
fn a_provider_can_leave_when_nothing_of_its_own_is_open() {
    run_market(|| {
        let job = order().submit();
        let leave = || ProviderRegistry::deregister(RuntimeOrigin::signed(FIRST));
        assert_noop!(leave(), pallet_provider_registry::Error::<Test>::OpenJobs);
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        assert_noop!(leave(), pallet_provider_registry::Error::<Test>::OpenJobs);
        pass_ticks(12);
        assert_ok!(leave());
        assert_eq!(free(FIRST), ENDOWMENT + 1_000);
    });
}
