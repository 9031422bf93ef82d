//! The lifecycle by itself: clock arithmetic that needs no chain.

use proptest::prelude::*;
use touchstone_primitives::{
    views::AttemptView, AttemptEnd, Buffer, CloseReason, JobId, PassReason, Terms, Tick, Totals,
};

use crate::{
    mock::{order, TERMS},
    obligation, Appraisal, Assigned, Closed, Committed, CommittedResult, Deal, Due, Job, OpenAuction, Payment, Stage,
};

fn deal() -> Deal<u64> {
    Deal { provider: 7, device: 1, price: 100, collateral: 200 }
}

/// A job before its first assignment.
fn job(terms: Terms, ceiling: u128, fuel: u64) -> Job<u64, ()> {
    let totals = Totals { fuel, ..Default::default() };
    Job {
        buyer: 1,
        spec: order().with(|spec| spec.ceiling = ceiling).spec,
        terms,
        appraisal: Appraisal { totals, steps: Default::default() },
        ticket: (),
        funds: None,
        carried: None,
        attempt: 0,
        history: Default::default(),
    }
}

/// What the provider of the deal commits.
fn result() -> CommittedResult<u64> {
    CommittedResult::new(&JobId([1; 32]), 1, 7, Buffer { root: [3; 32], len: 32 })
}

fn is_paid_last(committed: &Committed<u64>) -> bool {
    committed.window_end == u32::MAX && committed.is_accepted() && !committed.is_paid()
}

fn any_stage() -> impl Strategy<Value = (Tick, Terms, Stage<u64>)> {
    let ticks = || prop_oneof![0u32..100, Just(u32::MAX), any::<u32>()];
    (0u32..1_000_000, ticks(), ticks(), 0u8..7).prop_map(|(now, length, retention, kind)| {
        let terms = Terms { retention, accept_window: length / 2, ..TERMS };
        let assigned = Assigned::new(deal(), now, length, &terms);
        let stage = match kind {
            0 => Stage::Open(OpenAuction::new(now, length)),
            1 => Stage::Open(OpenAuction::new(now, length).outbid(deal())),
            2 => Stage::Assigned(assigned),
            3 => Stage::Committed(assigned.commit(result(), now, length)),
            4 => Stage::Committed(assigned.commit(result(), now, length).accept(now)),
            5 => Stage::Committed(assigned.commit(result(), now, length).accept(now).pay()),
            _ => Stage::Closed(Closed { reason: CloseReason::Settled, at: now, result: Some(result()) }),
        };
        (now, terms, stage)
    })
}

proptest! {
    /// The agenda relies on it: an entry for the present tick could be one that has been served already.
    #[test]
    fn nothing_is_due_at_the_tick_at_which_a_stage_begins((now, terms, stage) in any_stage()) {
        prop_assert!(stage.due_at(&terms) > now);
        prop_assert_eq!(stage.due(&terms, now), None);
    }

    #[test]
    fn something_is_due_exactly_from_the_due_tick_on((_, terms, stage) in any_stage(), later in 0u32..1_000) {
        let due = stage.due_at(&terms);
        prop_assert!(stage.due(&terms, due.saturating_add(later)).is_some());
        prop_assert_eq!(stage.due(&terms, due - 1), None);
    }

    #[test]
    fn what_is_due_follows_from_the_stage((_, terms, stage) in any_stage()) {
        let due = stage.due(&terms, u32::MAX).unwrap();
        let fits = match (&stage, &due) {
            (Stage::Open(open), Due::Unsold) => open.best.is_none(),
            (Stage::Open(open), Due::Sold(deal)) => open.best.as_ref() == Some(deal),
            (Stage::Assigned(assigned), Due::Missed(deal)) => assigned.deal == *deal,
            // At the last of all ticks, a window that ends there is not over.
            (Stage::Committed(committed), Due::Stood(same)) => committed == same && !is_paid_last(committed),
            (Stage::Committed(committed), Due::Accepted(same)) => committed == same && is_paid_last(committed),
            (Stage::Closed(_), Due::Expired) => true,
            _ => false,
        };
        prop_assert!(fits, "{stage:?}: {due:?}");
    }

    #[test]
    fn a_provider_can_pass_only_while_it_could_still_commit(
        now in 0u32..1_000,
        deadline in 1u32..1_000,
        accept in any::<u32>(),
    ) {
        let assigned = Assigned::new(deal(), now, deadline, &Terms { accept_window: accept, ..TERMS });
        prop_assert!(now <= assigned.pass_by && assigned.pass_by <= assigned.commit_by);
        prop_assert_eq!(assigned.commit_by, now + deadline);
    }

    /// What is held covers every way in which a job can be paid for: any price up to the ceiling with its fee, after
    /// any sequence of passes and failures that leaves it open.
    #[test]
    fn the_obligation_covers_every_ending(
        ceiling in 0u128..1 << 100, share in 0u128..=1_000_000, fuel in 0u64..1 << 60,
        max_attempts in 1u32..16, max_passes in 1u32..16, endings in prop::collection::vec(any::<bool>(), 0..40),
    ) {
        let terms = Terms { max_attempts, max_passes, ..TERMS };
        let mut job = job(terms, ceiling, fuel);
        let held = obligation(&terms, ceiling, fuel);
        prop_assert_eq!(job.obligation(), held);
        let (mut burned, mut failures, mut passes) = (0, 0, 0);
        for passed in endings {
            if job.is_exhausted() {
                break;
            }
            job.attempt += 1;
            let end = match passed {
                true => {
                    passes += 1;
                    burned += terms.pass_fee;
                    AttemptEnd::Passed(PassReason::Other)
                }
                false => {
                    failures += 1;
                    AttemptEnd::Missed
                }
            };
            let ended = AttemptView { attempt: job.attempt, provider: job.attempt.into(), device: 0, end, at: 0 };
            if job.history.try_push(ended).is_err() {
                // Terms as the chain copies them allow no more.
                break;
            }
            prop_assert_eq!((job.passes(), job.failures()), (passes, failures));
            prop_assert_eq!(job.obligation(), held - burned);
            prop_assert_eq!(job.is_exhausted(), failures == max_attempts || passes == max_passes);
        }
        prop_assert!(job.attempt < max_attempts + max_passes);
        let price = ceiling / 1_000_000 * share;
        prop_assert!(price + terms.fee(price, fuel) <= job.obligation());
    }

    #[test]
    fn the_obligation_never_overflows(ceiling in any::<u128>(), fuel in any::<u64>(), pass_fee in any::<u128>()) {
        let terms = Terms { pass_fee, ..TERMS };
        prop_assert!(obligation(&terms, ceiling, fuel) >= ceiling);
    }
}

#[test]
fn acceptance_changes_nothing_but_the_payment() {
    let committed = Assigned::new(deal(), 0, 5, &TERMS).commit(result(), 2, 9);
    let accepted = committed.clone().accept(3);
    let paid = accepted.clone().pay();
    let said = [&committed, &accepted, &paid].map(|it| (it.is_accepted(), it.is_paid()));
    assert_eq!(said, [(false, false), (true, false), (true, true)]);
    for changed in [accepted, paid] {
        assert_eq!(Committed { payment: Payment::Open, ..changed }, committed);
    }
}

#[test]
fn an_accepted_result_is_paid_at_the_next_tick_or_settled_after_its_window() {
    let committed = Assigned::new(deal(), 0, 5, &TERMS).commit(result(), 2, 9);
    let due = |accepted_at, now| Stage::Committed(committed.clone().accept(accepted_at)).due(&TERMS, now);
    assert_eq!(due(3, 3), None);
    assert_eq!(due(3, 4), Some(Due::Accepted(committed.clone().accept(3))));
    assert_eq!(due(11, 12), Some(Due::Stood(committed.clone().accept(11))));
    // Accepted while it waits for its settlement.
    assert_eq!(due(20, 20), Some(Due::Stood(committed.clone().accept(20))));
}

#[test]
fn who_is_engaged_and_who_is_on_duty() {
    let assigned = Assigned::new(deal(), 0, 5, &TERMS);
    let committed = assigned.clone().commit(result(), 2, 9);
    let closed = Closed { reason: CloseReason::NoBids, at: 3, result: None };
    let open = OpenAuction::new(0, 5);
    let cases = [
        (Stage::Open(open.clone()), false, false),
        (Stage::Open(open.outbid(deal())), true, false),
        (Stage::Assigned(assigned), true, true),
        (Stage::Committed(committed), true, true),
        (Stage::Closed(closed), false, false),
    ];
    for (stage, engaged, on_duty) in cases {
        assert_eq!((stage.deal().is_some(), stage.on_duty().is_some()), (engaged, on_duty));
    }
}
