//! The assignments of a job that ended without a result, as its record keeps them.

use frame_support::assert_ok;
use touchstone_primitives::{views::AttemptView, AttemptEnd, CloseReason, JobId, PassReason};

use crate::{mock::*, Event, Stage};

const FIRST: AccountId = PROVIDERS[0];
const SECOND: AccountId = PROVIDERS[1];
const THIRD: AccountId = PROVIDERS[2];

fn history(job: JobId) -> Vec<AttemptView<AccountId>> {
    ReverseAuction::view(job).expect("its record is kept").history
}

fn pass(who: AccountId, job: JobId, attempt: u32, reason: PassReason) {
    assert_ok!(ReverseAuction::pass(RuntimeOrigin::signed(who), job, attempt, reason));
}

#[test]
fn a_pass_tells_its_reason_in_the_event_and_in_the_record() {
    run_market(|| {
        let job = order().submit();
        events();
        let reason = PassReason::UrlRefused { status: 403 };
        pass(FIRST, job, 1, reason);
        assert_eq!(events()[0], Event::Passed { job, attempt: 1, provider: FIRST, reason });
        let ended = AttemptView { attempt: 1, provider: FIRST, device: 0, end: AttemptEnd::Passed(reason), at: now() };
        assert_eq!(history(job), [ended]);
    });
}

#[test]
fn every_reason_for_a_pass_can_be_given() {
    let reasons = [
        PassReason::InputsMissing,
        PassReason::UrlRefused { status: 0 },
        PassReason::UrlRefused { status: 599 },
        PassReason::DoesNotFit,
        PassReason::DeviceFault,
        PassReason::TooSlow,
        PassReason::Other,
    ];
    for reason in reasons {
        run_market(|| {
            let job = order().submit();
            pass(FIRST, job, 1, reason);
            assert_eq!(history(job)[0].end, AttemptEnd::Passed(reason));
        });
    }
}

#[test]
fn the_history_lists_every_ended_assignment_in_order() {
    run_market(|| {
        let job = order().submit();
        let mut expected = Vec::new();
        let ended = |attempt, provider, end| AttemptView { attempt, provider, device: 0, end, at: now() };
        assert_eq!(history(job), []);

        pass(FIRST, job, 1, PassReason::TooSlow);
        expected.push(ended(1, FIRST, AttemptEnd::Passed(PassReason::TooSlow)));
        assert_eq!(history(job), expected);

        let Stage::Assigned(assigned) = stage(job) else { panic!("the second provider has the job") };
        go_to(assigned.commit_by + 1);
        expected.push(ended(2, SECOND, AttemptEnd::Missed));
        assert_eq!(history(job), expected);

        assert_ok!(commit(THIRD, job, 3, &wrong_output()));
        assert_eq!(history(job), expected, "a committed result has not ended");
        assert_ok!(refute(job, 1, &wrong_output()));
        expected.push(ended(3, THIRD, AttemptEnd::Refuted));
        assert_eq!(history(job), expected);
    });
}

#[test]
fn a_result_that_is_refuted_after_acceptance_is_in_the_history_of_the_closed_job() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &wrong_output()));
        assert_ok!(accept(BUYER, job));
        next_block();
        assert_ok!(refute(job, 1, &wrong_output()));
        assert!(matches!(stage(job), Stage::Closed(closed) if closed.reason == CloseReason::RefutedAfterAcceptance));
        let ended = AttemptView { attempt: 1, provider: FIRST, device: 0, end: AttemptEnd::Refuted, at: now() };
        assert_eq!(history(job), [ended]);
    });
}

#[test]
fn the_history_is_readable_until_the_record_goes() {
    run_market(|| {
        let job = order().submit();
        for (attempt, provider) in PROVIDERS[..3].iter().enumerate() {
            pass(*provider, job, attempt as u32 + 1, PassReason::InputsMissing);
        }
        let Stage::Closed(closed) = stage(job) else { panic!("it was passed as often as the terms allow") };
        assert_eq!(closed.reason, CloseReason::AttemptsExhausted);
        go_to(closed.at + TERMS.retention - 1);
        assert_eq!(history(job).len(), 3);
        pass_ticks(2);
        assert_eq!(ReverseAuction::view(job), None);
    });
}

#[test]
fn a_settled_job_has_no_ended_assignment() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        let Stage::Committed(committed) = stage(job) else { panic!("it is committed") };
        go_to(committed.window_end + 1);
        assert!(matches!(stage(job), Stage::Closed(closed) if closed.reason == CloseReason::Settled));
        assert_eq!(history(job), []);
    });
}

mod try_state {
    use super::*;
    use crate::Jobs;

    fn notices(message: &'static str, corrupt: impl FnOnce(&mut crate::store::RecordOf<Test>)) {
        new_test_ext().execute_with(|| {
            providers();
            let job = order().submit();
            pass(FIRST, job, 1, PassReason::Other);
            assert_ok!(ReverseAuction::do_try_state());
            Jobs::<Test>::mutate(job, |record| corrupt(record.as_mut().expect("it is stored")));
            assert_eq!(ReverseAuction::do_try_state(), Err(message.into()));
        });
    }

    #[test]
    fn notices_an_attempt_that_the_history_does_not_explain() {
        notices("the history of a job does not explain its attempts", |record| record.job.attempt += 1);
    }

    #[test]
    fn notices_a_history_with_a_gap() {
        notices("the history of a job leaves out an attempt", |record| record.job.history[0].attempt = 2);
    }

    #[test]
    fn notices_a_provider_that_is_engaged_again() {
        notices("a provider that failed is engaged again", |record| record.job.history[0].provider = SECOND);
    }
}
