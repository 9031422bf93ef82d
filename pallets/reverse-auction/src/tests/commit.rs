//! Committing a result and accepting it.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use touchstone_primitives::{Buffer, CommitmentId, JobId, Trace, MAX_STEPS};

use crate::{mock::*, Error, Event, Stage};

type Fault = Error<Test>;

const FIRST: AccountId = PROVIDERS[0];
const SECOND: AccountId = PROVIDERS[1];

/// Commits any trace of this length as the result of the first attempt.
fn commit_bytes(who: RuntimeOrigin, job: JobId, len: u32) -> sp_runtime::DispatchResult {
    ReverseAuction::commit(who, job, 1, Buffer { root: [7; 32], len }, None)
}

#[test]
fn commit_opens_the_window_and_is_readable() {
    run_market(|| {
        let job = order().submit();
        events();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        let trace = trace(&right_output()).buffer();
        let commitment = CommitmentId::new(&job, 1, &FIRST, &trace);
        let window_end = now() + 11;
        assert_eq!(events(), vec![Event::ResultCommitted { job, attempt: 1, provider: FIRST, commitment, window_end }]);
        let view = ReverseAuction::result(job).unwrap();
        assert_eq!((view.attempt, view.commitment, view.provider, view.trace), (1, commitment, FIRST, trace));
        let Stage::Committed(committed) = stage(job) else { panic!("it is committed") };
        assert_eq!((committed.window_end, committed.is_accepted()), (window_end, false));
    });
}

#[test]
fn commit_is_refused_without_an_assignment() {
    run_market(|| {
        assert_noop!(commit(FIRST, JobId([1; 32]), 1, &right_output()), Fault::UnknownJob);
        let open = order().auction(5).submit();
        assert_noop!(commit(FIRST, open, 0, &right_output()), Fault::NotAssigned);
        // A second result of the same assignment.
        let job = order().salt(1).submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        assert_noop!(commit(FIRST, job, 1, &right_output()), Fault::NotAssigned);
    });
}

#[test]
fn commit_is_refused_for_another_attempt_and_to_anybody_else() {
    run_market(|| {
        let job = order().submit();
        for attempt in [0, 2] {
            assert_noop!(commit(FIRST, job, attempt, &right_output()), Fault::WrongAttempt);
        }
        assert_noop!(commit(SECOND, job, 1, &right_output()), Fault::NotAssignedToYou);
        assert_noop!(commit_bytes(RuntimeOrigin::root(), job, 32), DispatchError::BadOrigin);
    });
}

#[test]
fn commit_needs_a_trace_with_one_root_for_each_step() {
    run_market(|| {
        let one = order().submit();
        let two = order().salt(1).with(|spec| spec.steps.try_push(spec.steps[0].clone()).unwrap()).submit();
        for (job, right) in [(one, 32), (two, 64)] {
            let commit = |len| commit_bytes(RuntimeOrigin::signed(FIRST), job, len);
            // Nothing, a root too few, a root too many, and parts of a root.
            for len in [0, right - 32, right + 32, 1, 4, right - 4, right - 1, right + 1, right + 4] {
                assert_noop!(commit(len), Fault::WrongTraceLength);
            }
            for len in [Trace::len_of(MAX_STEPS), u32::MAX] {
                assert_noop!(commit(len), Fault::WrongTraceLength);
            }
            assert_ok!(commit(right));
        }
    });
}

#[test]
fn accept_leaves_the_result_as_it_is() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        let result = ReverseAuction::result(job).unwrap();
        events();
        assert_ok!(accept(BUYER, job));
        assert_eq!(events(), vec![Event::ResultAccepted { job, attempt: 1, commitment: result.commitment }]);
        assert_eq!(ReverseAuction::result(job), Some(result));
        assert_eq!(ReverseAuction::challengeable(None, 64).items.len(), 1);
    });
}

#[test]
fn accept_names_the_very_result() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        let commitment = ReverseAuction::result(job).unwrap().commitment;
        let accept = |commitment| ReverseAuction::accept(RuntimeOrigin::signed(BUYER), job, commitment);
        assert_noop!(accept(CommitmentId([3; 32])), Fault::WrongCommitment);
        assert_ok!(accept(commitment));
    });
}

#[test]
fn a_refuted_result_leaves_nothing_to_accept_or_to_refute() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &wrong_output()));
        let commitment = ReverseAuction::result(job).unwrap().commitment;
        assert_ok!(refute(job, 1, &wrong_output()));
        assert_eq!((ReverseAuction::result(job), ReverseAuction::challengeable(None, 64).items), (None, vec![]));
        let accept = ReverseAuction::accept(RuntimeOrigin::signed(BUYER), job, commitment);
        assert_noop!(accept, Fault::NotCommitted);
        assert_noop!(refute(job, 1, &wrong_output()), pallet_disputes::Error::<Test>::UnknownCommitment);
    });
}
