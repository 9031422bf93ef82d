//! What is due is done: in time, under the meter, and one failure stops nobody else.

use frame_support::{assert_noop, assert_ok, dispatch::Pays, traits::Hooks, weights::Weight, weights::WeightMeter};
use sp_runtime::DispatchError;
use touchstone_primitives::{views::AttemptView, AttemptEnd, CloseReason, JobId, Kernels, PassReason};

use crate::{
    mock::*, Agenda, AgendaCursor, Closed, CommittedResult, Duties, Error, Event, Inline, Jobs, OpenAuctions, Stage,
    WeightInfo,
};

type Fault = Error<Test>;

const FIRST: AccountId = PROVIDERS[0];

fn poke(job: JobId) -> frame_support::dispatch::DispatchResultWithPostInfo {
    ReverseAuction::poke(RuntimeOrigin::signed(WATCHER), job)
}

fn is_parked(job: JobId) -> bool {
    Jobs::<Test>::get(job).is_some_and(|record| record.agenda.is_none())
}

fn is_closed(job: &JobId) -> bool {
    matches!(stage(*job), Stage::Closed(_))
}

/// Auctions without a bid that are due at the same tick.
fn unsold(count: u8) -> Vec<JobId> {
    (0..count).map(|salt| order().auction(5).salt(salt).submit()).collect()
}

/// What the service of so many unsold auctions at one tick needs: there has to be enough for the heaviest transition
/// each time, and what was not used is left.
fn weight_of(items: u64) -> Weight {
    let base = <() as WeightInfo>::serve_base() + <() as WeightInfo>::serve_tick();
    match items.checked_sub(1) {
        None => base,
        Some(before) => base + <() as WeightInfo>::poke_unsold() * before + ReverseAuction::advance_weight(),
    }
}

/// Serves at a tick as if all before it had been served.
fn serve_now(limit: Weight) -> Weight {
    AgendaCursor::<Test>::put(now());
    let mut meter = WeightMeter::with_limit(limit);
    ReverseAuction::serve_agenda(&mut meter);
    meter.consumed()
}

#[test]
fn service_is_bounded_by_the_meter_and_goes_on_where_it_stopped() {
    run(|| {
        let jobs = unsold(5);
        jump(6);
        let done = || jobs.iter().filter(|job| is_closed(job)).count();
        for (limit, expected) in [(weight_of(0), 0), (weight_of(2), 2), (weight_of(2), 4), (weight_of(2), 5)] {
            assert!(serve_now(limit).all_lte(limit));
            assert_eq!(done(), expected);
            check_state();
        }
        assert_eq!(AgendaCursor::<Test>::get(), now() + 1);
    });
}

#[test]
fn service_without_weight_does_nothing() {
    run(|| {
        let jobs = unsold(1);
        jump(6);
        assert_eq!(serve_now(Weight::zero()), Weight::zero());
        assert!(!is_closed(&jobs[0]));
    });
}

#[test]
fn the_cursor_never_passes_a_tick_with_jobs_left() {
    run(|| {
        let jobs = unsold(3);
        jump(10);
        let mut meter = WeightMeter::with_limit(weight_of(1) + <() as WeightInfo>::serve_tick() * 6);
        ReverseAuction::serve_agenda(&mut meter);
        assert_eq!(AgendaCursor::<Test>::get(), 6);
        assert_eq!(jobs.iter().filter(|job| is_closed(job)).count(), 1);
        next_block();
        assert!(jobs.iter().all(is_closed));
    });
}

#[test]
fn a_share_is_served_before_transactions_and_the_rest_with_what_they_leave() {
    run(|| {
        let jobs = unsold(5);
        AgendaShare::set(weight_of(2));
        jump(6);
        AgendaCursor::<Test>::put(now());
        let done = || jobs.iter().filter(|job| is_closed(job)).count();
        let mut block = WeightMeter::with_limit(Weight::MAX);
        ReverseAuction::on_poll(1, &mut block);
        assert_eq!(done(), 2);
        assert!(block.consumed().all_lte(weight_of(2)));
        let used = ReverseAuction::on_idle(1, weight_of(1));
        assert_eq!(done(), 3);
        assert!(used.all_lte(weight_of(1)));
        ReverseAuction::on_idle(1, Weight::MAX);
        assert_eq!(done(), 5);
    });
}

#[test]
#[should_panic(expected = "the agenda's share of a block has to serve at least one job")]
fn a_share_that_serves_nobody_is_no_configuration() {
    AgendaShare::set(weight_of(0));
    ReverseAuction::integrity_test();
}

#[test]
fn a_share_for_one_job_is_a_configuration() {
    AgendaShare::set(weight_of(1));
    ReverseAuction::integrity_test();
}

#[test]
fn a_job_that_fails_is_parked_and_stops_nobody_else() {
    run(|| {
        let jobs = unsold(3);
        // Something that cannot happen: the kernel has lost a reference, so that the last job cannot give back its own.
        assert_ok!(KernelRegistry::release(&double().hash()));
        events();
        pass_ticks(6);
        let (closed, failed): (Vec<JobId>, Vec<JobId>) = jobs.iter().partition(|job| is_closed(job));
        assert_eq!((closed.len(), failed.len()), (2, 1));
        let job = failed[0];
        let error = pallet_kernel_registry::Error::<Test>::NotInUse.into();
        assert!(events().contains(&Event::JobParked { job, error }));
        assert!(is_parked(job));
        let lost = "a kernel does not know how many open jobs use it";
        assert_eq!(ReverseAuction::do_try_state(), Err(lost.into()));

        // It is not tried again, keeps what it has, and can be poked once the cause is gone.
        pass_ticks(3);
        assert_eq!(events(), vec![]);
        assert!(matches!(stage(job), Stage::Open(_)));
        assert_noop!(poke(job), pallet_kernel_registry::Error::<Test>::NotInUse);
        assert_ok!(KernelRegistry::acquire(&double().hash()));
        assert_ok!(poke(job));
        assert!(is_closed(&job) && !is_parked(job));
        pass_ticks(TERMS.retention);
        assert_eq!(job_record(job), None);
    });
}

#[test]
fn a_parked_job_can_go_on_by_other_roads() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &wrong_output()));
        let (entry, stage) = crate::store::Entry::<Test>::load(&job).unwrap();
        entry.park(stage);
        check_state();
        assert_ok!(refute(job, 1, &wrong_output()));
        assert!(!is_parked(job));
        pass_ticks(5);
        let history = job_record(job).unwrap().history;
        assert_eq!(history.iter().map(|ended| ended.provider).collect::<Vec<_>>(), [FIRST, PROVIDERS[1]]);
    });
}

#[test]
fn poke_does_what_is_due_and_is_free() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        assert_noop!(poke(job), Fault::NotDue);
        jump(12);
        assert_eq!(poke(job).unwrap().pays_fee, Pays::No);
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
        assert_noop!(poke(job), Fault::NotDue);
        jump(TERMS.retention);
        assert_ok!(poke(job));
        assert_noop!(poke(job), Fault::UnknownJob);
    });
}

#[test]
fn poke_needs_a_signature() {
    run_market(|| {
        let job = order().submit();
        assert_noop!(ReverseAuction::poke(RuntimeOrigin::none(), job), DispatchError::BadOrigin);
    });
}

#[test]
fn a_poke_before_the_agenda_leaves_it_nothing_to_do() {
    run(|| {
        let jobs = unsold(2);
        jump(6);
        assert_ok!(poke(jobs[0]));
        check_state();
        AgendaCursor::<Test>::put(now());
        events();
        next_block();
        assert_eq!(events(), vec![Event::JobClosed { job: jobs[1], reason: CloseReason::NoBids }]);
    });
}

#[test]
fn every_stage_stands_once_on_the_agenda() {
    run_market(|| {
        let entries = || Agenda::<Test>::iter_keys().map(|(tick, _)| tick).collect::<Vec<_>>();
        let start = now();
        let job = order().auction(5).submit();
        assert_eq!(entries(), vec![start + 6]);
        assert_ok!(bid(FIRST, job, 900));
        assert_eq!(entries(), vec![start + 6]);
        pass_ticks(6);
        assert_eq!(entries(), vec![start + 6 + 5]);
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        assert_eq!(entries(), vec![start + 6 + 5], "it moves when it is served");
        assert_ok!(accept(BUYER, job));
        assert_eq!(entries(), vec![start + 6 + 1]);
        pass_ticks(1);
        assert_eq!(entries(), vec![start + 6 + 11 + 1]);
        pass_ticks(11);
        assert_eq!(entries(), vec![start + 18 + 20]);
        pass_ticks(20);
        assert!(entries().is_empty());
    });
}

#[test]
fn an_entry_that_comes_too_early_is_served_again_when_something_is_due() {
    run_market(|| {
        let job = order().submit();
        let Stage::Assigned(assigned) = stage(job) else { panic!("it is assigned") };
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        let Stage::Committed(committed) = stage(job) else { panic!("it is committed") };
        let entries = || Agenda::<Test>::iter_keys().collect::<Vec<_>>();
        assert_eq!(entries(), [(assigned.commit_by + 1, job)]);
        events();
        go_to(assigned.commit_by + 1);
        assert_eq!(entries(), [(committed.window_end + 1, job)]);
        assert_eq!((events(), stage(job)), (vec![], Stage::Committed(committed)));
    });
}

#[test]
fn what_was_due_long_ago_for_a_parked_job_is_done_at_the_next_tick() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        let (entry, stage) = crate::store::Entry::<Test>::load(&job).unwrap();
        entry.park(stage);
        pass_ticks(30);
        assert!(is_parked(job));
        assert_ok!(accept(BUYER, job));
        check_state();
        pass_ticks(1);
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
    });
}

#[test]
fn the_agenda_catches_up_after_a_long_silence() {
    run(|| {
        let jobs = unsold(2);
        jump(1_000);
        next_block();
        assert!(jobs.iter().all(is_closed));
        assert!(AgendaCursor::<Test>::get() >= 1_000);
    });
}

mod corruption {
    use super::*;

    fn check() -> Result<(), sp_runtime::TryRuntimeError> {
        ReverseAuction::do_try_state()
    }

    /// Corrupts the state of a market with a committed job and shows what `try_state` says.
    fn notices(complaint: &'static str, corrupt: impl FnOnce(JobId)) {
        new_test_ext().execute_with(|| {
            providers();
            let job = order().submit();
            assert_ok!(commit(FIRST, job, 1, &right_output()));
            assert_ok!(check());
            corrupt(job);
            assert_eq!(check(), Err(complaint.into()));
        });
    }

    #[test]
    fn try_state_notices_a_lost_agenda_entry() {
        notices("a job is not where the agenda should have it", |_| {
            let _ = Agenda::<Test>::clear(10, None);
        });
    }

    #[test]
    fn try_state_notices_an_agenda_entry_of_nothing() {
        notices("the agenda has an entry of nothing", |_| Agenda::<Test>::insert(500, JobId([1; 32]), ()));
    }

    #[test]
    fn try_state_notices_a_job_that_is_parked_and_on_the_agenda() {
        notices("the agenda has an entry of nothing", |job| change(job, |record| record.agenda = None));
    }

    #[test]
    fn try_state_notices_an_entry_that_comes_too_late() {
        notices("the agenda has a job after it is due", |job| {
            let tick = Jobs::<Test>::get(job).and_then(|record| record.agenda).expect("it is on the agenda");
            Agenda::<Test>::remove(tick, job);
            Agenda::<Test>::insert(900, job, ());
            change(job, |record| record.agenda = Some(900));
        });
    }

    #[test]
    fn try_state_notices_a_cursor_that_has_passed_a_job() {
        notices("the agenda has passed a job by", |_| AgendaCursor::<Test>::put(1_000));
    }

    #[test]
    fn try_state_notices_a_kernel_that_has_lost_a_user() {
        notices("a kernel does not know how many open jobs use it", |job| {
            let kernel = job_record(job).unwrap().spec.steps[0].kernel;
            assert_ok!(<KernelRegistry as touchstone_primitives::Kernels>::release(&kernel));
        });
    }

    #[test]
    fn try_state_notices_a_lost_duty() {
        notices("a provider is not told of its duty", |job| Duties::<Test>::remove(FIRST, job));
    }

    #[test]
    fn try_state_notices_a_duty_of_nothing() {
        notices("there is a duty of nothing", |_| Duties::<Test>::insert(FIRST, JobId([1; 32]), ()));
    }

    #[test]
    fn try_state_notices_an_auction_of_nothing() {
        notices("there is an auction of nothing", |job| OpenAuctions::<Test>::insert(job, ()));
    }

    #[test]
    fn try_state_notices_an_auction_that_bidders_do_not_see() {
        notices("bidders are not told of an auction", |_| {
            OpenAuctions::<Test>::remove(order().auction(5).submit());
        });
    }

    #[test]
    fn try_state_notices_inline_data_of_nothing() {
        notices("there is inline data of nothing", |_| {
            Inline::<Test>::insert(JobId([1; 32]), touchstone_primitives::InlineData::default());
        });
    }

    fn change(job: JobId, change: impl FnOnce(&mut crate::RecordOf<Test>)) {
        Jobs::<Test>::mutate(job, |record| change(record.as_mut().unwrap()));
    }

    fn change_result(job: JobId, change_it: impl FnOnce(&mut CommittedResult<AccountId>)) {
        change(job, |record| {
            let Stage::Committed(committed) = &mut record.stage else { panic!("it is committed") };
            change_it(&mut committed.result);
        });
    }

    #[test]
    fn try_state_notices_a_result_that_was_tampered_with() {
        let id = "a result is not what its id says";
        notices(id, |job| change_result(job, |result| result.trace.root = [0; 32]));
        notices(id, |job| change_result(job, |result| result.commitment.0 = [0; 32]));
        let length = "a trace does not have one root for each instance";
        notices(length, |job| change_result(job, |result| result.trace.len = 64));
        notices(length, |job| change_result(job, |result| result.trace.len = 0));
        notices("a result is of another attempt", |job| change_result(job, |result| result.attempt = 2));
        notices("a result is of another provider", |job| change_result(job, |result| result.provider = BUYER));
    }

    #[test]
    fn try_state_notices_a_settled_job_without_its_result() {
        notices("result and stage disagree", |job| {
            pass_ticks(12);
            change(job, |record| {
                let Stage::Closed(closed) = &mut record.stage else { panic!("it is over") };
                closed.result = None;
            });
        });
    }

    #[test]
    fn try_state_notices_a_payment_that_does_not_cover_the_passes_left() {
        notices("the payment held is not what the job can still cost", |job| {
            change(job, |record| record.job.terms.max_passes += 1);
        });
    }

    #[test]
    fn try_state_notices_too_many_attempts_and_too_many_passes() {
        let ended = |end| {
            move |job| {
                change(job, |record| {
                    let history = (1..5).map(|attempt| AttemptView { attempt, provider: 99, device: 0, end, at: 0 });
                    record.job.history = history.collect::<Vec<_>>().try_into().unwrap();
                })
            }
        };
        notices("there were more attempts than the terms allow", ended(AttemptEnd::Missed));
        notices("there were more passes than the terms allow", ended(AttemptEnd::Passed(PassReason::Other)));
    }

    #[test]
    fn try_state_notices_a_price_that_is_called_paid() {
        notices("the payment held is not what the job can still cost", |job| {
            change(job, |record| {
                let Stage::Committed(committed) = &mut record.stage else { panic!("it is committed") };
                committed.payment = crate::Payment::Paid;
            });
        });
    }

    #[test]
    fn try_state_notices_a_job_that_ended_without_escrow() {
        notices("funds and stage disagree about the end", |job| {
            let (entry, stage) = crate::store::Entry::<Test>::load(&job).unwrap();
            let result = stage.result().cloned();
            entry.save(Stage::Closed(Closed { reason: CloseReason::Settled, at: now(), result }));
        });
    }
}
