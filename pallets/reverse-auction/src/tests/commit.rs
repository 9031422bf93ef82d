//! Committing a result and accepting it.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use touchstone_primitives::{CommitmentId, JobId};

use crate::{mock::*, Error, Event, Stage};

type Fault = Error<Test>;

const FIRST: AccountId = PROVIDERS[0];
const SECOND: AccountId = PROVIDERS[1];

fn commit_roots(who: RuntimeOrigin, job: JobId, attempt: u32, roots: Vec<[u8; 32]>) -> sp_runtime::DispatchResult {
    ReverseAuction::commit(who, job, attempt, roots.try_into().unwrap())
}

#[test]
fn commit_opens_the_window_and_is_readable() {
    run_market(|| {
        let job = order().submit();
        events();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        let roots = vec![touchstone_kir::root(&right_output())];
        let commitment = CommitmentId::new(&job, 1, &FIRST, &roots);
        let window_end = now() + 11;
        assert_eq!(events(), vec![Event::ResultCommitted { job, attempt: 1, provider: FIRST, commitment, window_end }]);
        let view = ReverseAuction::result(job).unwrap();
        assert_eq!((view.attempt, view.commitment, view.provider, view.roots), (1, commitment, FIRST, roots));
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
        assert_noop!(commit_roots(RuntimeOrigin::root(), job, 1, vec![[0; 32]]), DispatchError::BadOrigin);
    });
}

#[test]
fn commit_needs_one_root_for_each_step() {
    run_market(|| {
        let job = order().with(|spec| spec.steps.try_push(spec.steps[0].clone()).unwrap()).submit();
        let commit = |count| commit_roots(RuntimeOrigin::signed(FIRST), job, 1, vec![[7; 32]; count]);
        for count in [0, 1, 3, 16] {
            assert_noop!(commit(count), Fault::WrongNumberOfRoots);
        }
        assert_ok!(commit(2));
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
