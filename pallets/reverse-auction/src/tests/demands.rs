//! Demands for the data of a result: what they do to its settlement, its job and the money, between the real pallets.

use frame_support::{assert_noop, assert_ok, dispatch::DispatchResult};
use touchstone_kir::{Node, Reveal};
use touchstone_primitives::{
    views, AttemptEnd, Buffer, CloseReason, Fate, JobId, Jobs as _, NotChallengeable, Subject, Target, Tick, Trace,
};

use crate::{mock::*, Assigned, Deal, Due, Error, OpenDemands, Stage};

type Fault = Error<Test>;
type Refusal = pallet_demands::Error<Test>;

const FIRST: AccountId = PROVIDERS[0];
const SECOND: AccountId = PROVIDERS[1];
const BOND: u128 = TERMS.demand_bond;
const PRICE: u128 = TERMS.answer_price;
const FEE: u128 = 20;

/// The trace of a job of one step, whole: it has one chunk.
const TRACE: Subject = Subject { instance: None, node: Node { level: 0, position: 0 } };
/// The output of that step.
const OUTPUT: Subject = Subject { instance: Some(0), node: Node { level: 0, position: 0 } };

/// A job of [`order`] whose provider has committed the trace of this output now. The window has eleven ticks.
fn committed(output: &[u8]) -> JobId {
    let job = order().submit();
    assert_ok!(commit(FIRST, job, 1, output));
    job
}

fn window_end(job: JobId) -> Tick {
    let Stage::Committed(committed) = stage(job) else { panic!("it is committed") };
    committed.window_end
}

/// Demands the trace of the result, or its output, which is said to be this one.
fn demand_as(who: AccountId, job: JobId, subject: Subject, output: &[u8], shown_by: Option<Subject>) -> DispatchResult {
    let result = ReverseAuction::result(job).expect("it is committed");
    let (target, value) = match subject.instance {
        None => (Target::Trace, result.trace.root),
        Some(instance) => {
            let opening = trace(output).open([instance]).unwrap();
            (Target::Output { instance, trace: opening }, touchstone_kir::root(output))
        }
    };
    let (commitment, path) = (result.commitment, Default::default());
    Demands::demand(
        RuntimeOrigin::signed(who),
        job,
        commitment,
        target,
        subject.node,
        value,
        path,
        shown_by.into_iter().collect::<Vec<_>>().try_into().unwrap(),
    )
}

fn demand(who: AccountId, job: JobId, subject: Subject) -> DispatchResult {
    demand_as(who, job, subject, &right_output(), None)
}

fn reveal_as(who: AccountId, job: JobId, subject: Subject, output: &[u8]) -> DispatchResult {
    let commitment = ReverseAuction::result(job).expect("it is committed").commitment;
    let bytes = match subject.instance {
        None => trace(output).to_bytes(),
        Some(_) => output.to_vec(),
    };
    Demands::reveal(RuntimeOrigin::signed(who), commitment, subject, Reveal::Bytes(bytes))
}

fn reveal(who: AccountId, job: JobId, subject: Subject) -> DispatchResult {
    reveal_as(who, job, subject, &right_output())
}

fn poke(job: JobId) -> DispatchResult {
    ReverseAuction::poke(RuntimeOrigin::signed(OTHER_BUYER), job).map(drop).map_err(|refusal| refusal.error)
}

/// Wealth of buyer, first provider, watcher, pool and other buyer.
fn wealth() -> [i128; 5] {
    [BUYER, FIRST, WATCHER, POOL, OTHER_BUYER].map(|who| owned(who) as i128)
}

fn change(before: [i128; 5]) -> [i128; 5] {
    let after = wealth();
    std::array::from_fn(|at| after[at] - before[at])
}

fn reason(job: JobId) -> Option<CloseReason> {
    ended(job).map(|(reason, _)| reason)
}

fn bond(who: AccountId) -> u128 {
    use frame_support::traits::fungible::InspectHold;
    Balances::balance_on_hold(&pallet_demands::HoldReason::Bond.into(), &who)
}

#[test]
fn the_settlement_waits_for_an_open_demand_and_for_challenges_to_its_answer() {
    run_market(|| {
        let before = wealth();
        let job = committed(&right_output());
        let end = window_end(job);
        go_to(end);
        assert_ok!(demand(WATCHER, job, TRACE));
        assert_eq!(bond(WATCHER), BOND);
        check_state();
        let deadline = end + TERMS.answer_time;
        for _ in end..deadline {
            next_block();
            assert!(matches!(stage(job), Stage::Committed(_)));
            assert_noop!(poke(job), Fault::NotDue);
        }
        assert_eq!(now(), deadline);
        assert_ok!(reveal(FIRST, job, TRACE));
        check_state();
        let until = deadline + TERMS.challenge_time;
        let views::Stage::Committed { committed_at, window_end, .. } = ReverseAuction::view(job).unwrap().stage else {
            panic!("it is committed")
        };
        assert_eq!((committed_at, window_end), (end - 11, until));
        for _ in deadline..until {
            next_block();
            assert!(matches!(stage(job), Stage::Committed(_)));
            assert_noop!(poke(job), Fault::NotDue);
        }
        assert_eq!((change(before), bond(WATCHER)), ([0; 5], PRICE));
        next_block();
        assert_eq!(ended(job), Some((CloseReason::Settled, until + 1)));
        // The provider has the price of the job and that of its answer.
        let (paid, price) = (1_000 + FEE as i128, PRICE as i128);
        assert_eq!(change(before), [-paid, 1_000 + price, -price, FEE as i128, 0]);
        assert_eq!(bond(WATCHER), 0);
        assert_eq!(ProviderRegistry::view(FIRST).unwrap().free_stake, STAKE);
    });
}

#[test]
fn a_demand_that_is_answered_early_puts_nothing_off() {
    run_market(|| {
        let job = committed(&right_output());
        let end = window_end(job);
        assert_ok!(demand(WATCHER, job, TRACE));
        let before = wealth();
        assert_ok!(reveal(OTHER_BUYER, job, TRACE));
        go_to(end);
        assert!(matches!(stage(job), Stage::Committed(_)));
        next_block();
        assert_eq!(ended(job), Some((CloseReason::Settled, end + 1)));
        // The price of the answer goes to the provider, not to the stranger who gave it.
        let (paid, price) = (1_000 + FEE as i128, PRICE as i128);
        assert_eq!(change(before), [-paid, 1_000 + price, -price, FEE as i128, 0]);
    });
}

#[test]
fn an_unanswered_demand_refutes_and_the_job_goes_on() {
    run_market(|| {
        let (before, issuance) = (wealth(), Balances::total_issuance());
        let job = committed(&right_output());
        assert_ok!(demand(WATCHER, job, OUTPUT));
        let deadline = now() + TERMS.answer_time;
        go_to(deadline);
        assert_eq!(change(before), [0; 5]);
        check_state();
        next_block();
        // The demander has the bounty and its bond, and the rest of the collateral burns.
        assert_eq!(change(before), [0, -2_000, 200, 0, 0]);
        assert_eq!(issuance - Balances::total_issuance(), 1_800);
        assert_eq!(bond(WATCHER), 0);
        check_state();
        let record = job_record(job).unwrap();
        let history: Vec<_> = record.history.iter().map(|ended| (ended.provider, ended.end, ended.at)).collect();
        assert_eq!(history, [(FIRST, AttemptEnd::Refuted, deadline + 1)]);
        assert_eq!(ProviderRegistry::view(FIRST).unwrap().refuted, 1);

        // The next provider serves its result.
        let Stage::Assigned(Assigned { deal: Deal { provider, .. }, .. }) = stage(job) else { panic!("it goes on") };
        assert_eq!(provider, SECOND);
        assert_ok!(commit(SECOND, job, 2, &right_output()));
        assert_ok!(demand(WATCHER, job, OUTPUT));
        assert_ok!(reveal(SECOND, job, OUTPUT));
        pass_ticks(12);
        assert_eq!(reason(job), Some(CloseReason::Settled));
        assert_eq!(change(before), [-2_040, -2_000, 200 - PRICE as i128, 40, 0]);
    });
}

#[test]
fn random_roots_and_no_service_cost_the_collateral() {
    run_market(|| {
        let before = wealth();
        let job = order().submit();
        let roots = Buffer { root: [9; 32], len: Trace::len_of(1) };
        assert_ok!(ReverseAuction::commit(RuntimeOrigin::signed(FIRST), job, 1, roots, None));
        assert_ok!(demand(WATCHER, job, TRACE));
        assert_noop!(reveal(FIRST, job, TRACE), Refusal::ForeignAnswer);
        pass_ticks(TERMS.answer_time + 1);
        assert_eq!(change(before), [0, -2_000, 200, 0, 0]);
    });
}

#[test]
fn an_accepted_result_is_paid_while_demands_are_open_and_repaid_if_none_is_answered() {
    run_market(|| {
        let before = wealth();
        let job = committed(&right_output());
        assert_ok!(demand(WATCHER, job, TRACE));
        assert_ok!(accept(BUYER, job));
        next_block();
        assert_eq!(change(before), [-1_020, 1_000, 0, FEE as i128, 0]);
        check_state();
        pass_ticks(TERMS.answer_time);
        assert_eq!(reason(job), Some(CloseReason::RefutedAfterAcceptance));
        assert_eq!(change(before), [0, 1_000 - 2_000, 200, FEE as i128, 0]);
    });
}

#[test]
fn a_result_that_is_accepted_past_the_window_is_paid_before_it_is_settled() {
    run_market(|| {
        let before = wealth();
        let job = committed(&right_output());
        go_to(window_end(job));
        assert_ok!(demand(WATCHER, job, TRACE));
        pass_ticks(2);
        assert_ok!(accept(BUYER, job));
        next_block();
        assert_eq!(change(before), [-1_020, 1_000, 0, FEE as i128, 0]);
        assert_ok!(reveal(FIRST, job, TRACE));
        pass_ticks(TERMS.challenge_time + 1);
        assert_eq!(reason(job), Some(CloseReason::Settled));
        let price = PRICE as i128;
        assert_eq!(change(before), [-1_020, 1_000 + price, -price, FEE as i128, 0]);
    });
}

#[test]
fn a_wrong_word_is_refuted_past_the_window_for_as_long_as_the_settlement_waits() {
    run_market(|| {
        let before = wealth();
        let job = committed(&wrong_output());
        let end = window_end(job);
        go_to(end);
        assert_ok!(demand_as(OTHER_BUYER, job, TRACE, &wrong_output(), None));
        pass_ticks(2);
        assert_ok!(reveal_as(FIRST, job, TRACE, &wrong_output()));
        // The bytes of the trace show the root of the output.
        assert_noop!(demand_as(OTHER_BUYER, job, OUTPUT, &wrong_output(), None), Refusal::WindowOver);
        assert_ok!(demand_as(OTHER_BUYER, job, OUTPUT, &wrong_output(), Some(TRACE)));
        pass_ticks(1);
        assert_ok!(reveal_as(FIRST, job, OUTPUT, &wrong_output()));
        // Now the word is known.
        pass_ticks(TERMS.challenge_time);
        assert_eq!(bond(OTHER_BUYER), 2 * PRICE);
        assert_ok!(refute(job, 1, &wrong_output()));
        pass_ticks(1);
        // Who demanded pays nothing for the answers of a wrong result.
        assert_eq!((change(before), bond(OTHER_BUYER)), ([0, -2_000, 200, 0, 0], 0));
    });
}

#[test]
fn a_word_is_refuted_no_more_when_the_time_is_over() {
    run_market(|| {
        let job = committed(&wrong_output());
        go_to(window_end(job));
        assert_ok!(demand_as(WATCHER, job, TRACE, &wrong_output(), None));
        assert_ok!(reveal_as(FIRST, job, TRACE, &wrong_output()));
        // The agenda has not settled it yet.
        jump(TERMS.challenge_time + 1);
        assert_noop!(refute(job, 1, &wrong_output()), pallet_disputes::Error::<Test>::WindowOver);
        assert_ok!(poke(job));
        assert_eq!(reason(job), Some(CloseReason::Settled));
    });
}

#[test]
fn the_bond_returns_if_a_word_is_refuted_first() {
    run_market(|| {
        let before = wealth();
        let job = committed(&wrong_output());
        assert_ok!(demand_as(OTHER_BUYER, job, OUTPUT, &wrong_output(), None));
        assert_ok!(refute(job, 1, &wrong_output()));
        check_state();
        assert_ok!(commit(SECOND, job, 2, &right_output()));
        pass_ticks(TERMS.answer_time + 1);
        assert_eq!((change(before), bond(OTHER_BUYER)), ([0, -2_000, 200, 0, 0], 0));
        // The demand was of the first result alone.
        let Stage::Committed(committed) = stage(job) else { panic!("the second is committed") };
        assert_eq!((committed.result.provider, committed.demands), (SECOND, OpenDemands::default()));
    });
}

#[test]
fn a_poke_past_the_deadline_does_not_settle_what_the_queue_has_to_refute() {
    run_market(|| {
        let job = committed(&right_output());
        assert_ok!(demand(WATCHER, job, TRACE));
        // Neither agenda nor queue are served.
        jump(100);
        assert_noop!(poke(job), Fault::NotDue);
        assert_noop!(reveal(FIRST, job, TRACE), Refusal::TooLate);
        next_block();
        assert_eq!(job_record(job).unwrap().history.len(), 1);
        assert!(matches!(stage(job), Stage::Assigned(_)));
    });
}

#[test]
fn a_job_whose_agenda_comes_too_early_is_served_again_after_the_last_demand() {
    run_market(|| {
        let job = committed(&right_output());
        let end = window_end(job);
        let agenda = || crate::Jobs::<Test>::get(job).unwrap().agenda.unwrap();
        go_to(end);
        assert_eq!(agenda(), end + 1);
        assert_ok!(demand(WATCHER, job, TRACE));
        assert_eq!(agenda(), end + 1, "it moves when it is served");
        next_block();
        assert_eq!(agenda(), end + TERMS.answer_time + 1);
        assert_ok!(reveal(FIRST, job, TRACE));
        check_state();
        pass_ticks(TERMS.challenge_time + 1);
        assert_eq!(reason(job), Some(CloseReason::Settled));
    });
}

#[test]
fn what_became_of_a_result_is_told_while_something_is_known_of_it() {
    run_market(|| {
        let (stood, fell) = (committed(&right_output()), order().salt(1).submit());
        assert_ok!(commit(FIRST, fell, 1, &wrong_output()));
        let [of_stood, of_fell] = [stood, fell].map(|job| ReverseAuction::result(job).unwrap().commitment);
        let until = window_end(stood);
        for (job, commitment) in [(stood, of_stood), (fell, of_fell)] {
            assert_eq!(ReverseAuction::fate(&job, &commitment), Fate::Undecided { until });
        }
        assert_eq!(ReverseAuction::fate(&stood, &of_fell), Fate::Refuted);

        assert_ok!(demand(WATCHER, stood, TRACE));
        assert_ok!(refute(fell, 1, &wrong_output()));
        assert_eq!(ReverseAuction::fate(&fell, &of_fell), Fate::Refuted);
        assert_ok!(reveal(FIRST, stood, TRACE));
        go_to(until);
        assert_ok!(demand(WATCHER, stood, OUTPUT));
        let until = until + TERMS.answer_time;
        assert_eq!(ReverseAuction::fate(&stood, &of_stood), Fate::Undecided { until });
        assert_ok!(reveal(FIRST, stood, OUTPUT));

        pass_ticks(TERMS.challenge_time + 1);
        assert_eq!(reason(stood), Some(CloseReason::Settled));
        assert_eq!(ReverseAuction::fate(&stood, &of_stood), Fate::Stood);
        let challenged = ReverseAuction::challenged(&stood, &of_stood);
        assert_eq!(challenged.err(), Some(NotChallengeable::WindowOver));
        pass_ticks(TERMS.retention);
        assert_eq!(job_record(stood), None);
        assert_eq!(ReverseAuction::fate(&stood, &of_stood), Fate::Refuted);
    });
}

#[test]
fn a_result_with_an_open_demand_is_listed_as_challengeable_past_its_window() {
    run_market(|| {
        let job = committed(&right_output());
        let listed = || ReverseAuction::challengeable(None, 9).items.len();
        go_to(window_end(job));
        assert_ok!(demand(WATCHER, job, TRACE));
        pass_ticks(1);
        assert_eq!(listed(), 1);
        assert_ok!(reveal(FIRST, job, TRACE));
        pass_ticks(TERMS.challenge_time);
        assert_eq!(listed(), 1);
        pass_ticks(1);
        assert_eq!(listed(), 0);
    });
}

#[test]
fn an_open_demand_lets_only_the_payment_come_due() {
    let deal = Deal { provider: 7, device: 1, price: 100, collateral: 200 };
    let result = crate::CommittedResult::new(&JobId([1; 32]), 1, 7, Buffer { root: [3; 32], len: 32 });
    let mut committed = Assigned::new(deal, 0, 5, &TERMS).commit(result, 2, 9);
    committed.demands = OpenDemands { open: 1, until: 20 };
    let due = |stage: &Stage<u64>, now| stage.due(&TERMS, now);
    let waiting = Stage::Committed(committed.clone());
    assert_eq!((waiting.due_at(&TERMS), due(&waiting, 21), due(&waiting, u32::MAX)), (21, None, None));
    let accepted = committed.clone().accept(4);
    let stage = Stage::Committed(accepted.clone());
    assert_eq!((due(&stage, 4), due(&stage, 5)), (None, Some(Due::Accepted(accepted.clone()))));
    assert_eq!(due(&stage, 100), Some(Due::Accepted(accepted.clone())));
    assert_eq!(due(&Stage::Committed(accepted.pay()), 100), None);

    // Answered.
    committed.demands.open = 0;
    let answered = Stage::Committed(committed.clone());
    assert_eq!((due(&answered, 20), due(&answered, 21)), (None, Some(Due::Stood(committed))));
}
