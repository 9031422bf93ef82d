//! Committing and accepting.

use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use touchstone_primitives::{CommitmentId, JobId};

use super::scene::Scene;
use crate::{mock::*, Error, Event, Results};

#[test]
fn commit_opens_the_window_and_is_readable() {
    run(|| {
        pass_ticks(2);
        let scene = Scene::chain();
        events();
        scene.commit();
        let commitment = CommitmentId::new(&scene.id, 1, &PROVIDER, &scene.roots());
        assert_eq!(
            events(),
            vec![Event::Committed {
                job: scene.id,
                attempt: 1,
                provider: PROVIDER,
                commitment,
                window_end: 2 + WINDOW
            }]
        );
        let view = Disputes::result(scene.id).unwrap();
        assert_eq!((view.attempt, view.commitment, view.provider), (1, commitment, PROVIDER));
        assert_eq!(view.roots, scene.roots());
        assert_eq!(Table::job(&scene.id).commitment, Some(commitment));
    });
}

#[test]
fn commit_is_refused_without_an_assignment() {
    run(|| {
        let roots = vec![[0; 32]].try_into().unwrap();
        assert_noop!(
            Disputes::commit(RuntimeOrigin::signed(PROVIDER), JobId([1; 32]), 1, roots),
            Error::<Test>::NothingToCommit
        );
    });
}

#[test]
fn commit_is_refused_a_second_time() {
    run(|| {
        let scene = Scene::far_sum();
        scene.commit();
        assert_noop!(
            Disputes::commit(RuntimeOrigin::signed(PROVIDER), scene.id, 1, vec![[9; 32]].try_into().unwrap()),
            Error::<Test>::NothingToCommit
        );
    });
}

#[test]
fn commit_is_refused_for_another_attempt() {
    run(|| {
        let scene = Scene::far_sum();
        let roots: frame_support::BoundedVec<_, _> = scene.roots().try_into().unwrap();
        for attempt in [0, 2] {
            assert_noop!(
                Disputes::commit(RuntimeOrigin::signed(PROVIDER), scene.id, attempt, roots.clone()),
                Error::<Test>::WrongAttempt
            );
        }
    });
}

#[test]
fn commit_is_refused_to_anybody_else() {
    run(|| {
        let scene = Scene::far_sum();
        assert_noop!(
            Disputes::commit(RuntimeOrigin::signed(WATCHER), scene.id, 1, scene.roots().try_into().unwrap()),
            Error::<Test>::NotAssignedToYou
        );
        assert_noop!(
            Disputes::commit(RuntimeOrigin::root(), scene.id, 1, scene.roots().try_into().unwrap()),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn commit_needs_one_root_for_each_step() {
    run(|| {
        let scene = Scene::chain();
        for roots in [vec![], vec![[0; 32]], vec![[0; 32]; 3]] {
            assert_noop!(
                Disputes::commit(RuntimeOrigin::signed(PROVIDER), scene.id, 1, roots.try_into().unwrap()),
                Error::<Test>::WrongNumberOfRoots
            );
        }
    });
}

#[test]
fn commit_is_taken_at_the_last_tick_and_not_later() {
    run(|| {
        let scene = Scene::far_sum();
        pass_ticks(4);
        assert_eq!(crate::Now::<Test>::get(), Table::job(&scene.id).commit_by);
        scene.commit();
    });
    run(|| {
        let scene = Scene::far_sum();
        pass_ticks(5);
        assert_noop!(
            Disputes::commit(RuntimeOrigin::signed(PROVIDER), scene.id, 1, scene.roots().try_into().unwrap()),
            Error::<Test>::TooLate
        );
    });
}

#[test]
fn accept_is_passed_on_with_the_result_unchanged() {
    run(|| {
        let scene = Scene::far_sum();
        scene.commit();
        events();
        assert_ok!(Disputes::accept(RuntimeOrigin::signed(BUYER), scene.id, 1, scene.commitment()));
        assert_eq!(events(), vec![Event::Accepted { job: scene.id, attempt: 1, commitment: scene.commitment() }]);
        assert!(Table::job(&scene.id).accepted);
        assert!(Results::<Test>::contains_key(scene.id));
    });
}

#[test]
fn accept_of_another_commitment_or_attempt_is_refused() {
    run(|| {
        let scene = Scene::far_sum();
        let accept =
            |attempt, commitment| Disputes::accept(RuntimeOrigin::signed(BUYER), scene.id, attempt, commitment);
        assert_noop!(accept(1, scene.commitment()), Error::<Test>::UnknownCommitment);
        scene.commit();
        assert_noop!(accept(2, scene.commitment()), Error::<Test>::UnknownCommitment);
        assert_noop!(accept(1, CommitmentId([3; 32])), Error::<Test>::UnknownCommitment);
    });
}

#[test]
fn accept_leaves_it_to_the_job_who_may_accept() {
    run(|| {
        let scene = Scene::far_sum();
        scene.commit();
        assert_noop!(
            Disputes::accept(RuntimeOrigin::signed(WATCHER), scene.id, 1, scene.commitment()),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn challengeable_lists_the_results_inside_their_window() {
    run(|| {
        let scene = Scene::far_sum();
        assert_eq!(Disputes::challengeable(None, 256), vec![]);
        scene.commit();
        assert_eq!(Disputes::challengeable(None, 256), vec![scene.id]);
        assert_eq!(Disputes::challengeable(None, 0), vec![]);
        assert_eq!(Disputes::challengeable(Some(scene.id), 256), vec![]);
        assert_eq!(Disputes::challengeable(Some(JobId([0; 32])), 256), vec![scene.id]);
        pass_ticks(WINDOW);
        assert_eq!(Disputes::challengeable(None, 256), vec![scene.id]);
        pass_ticks(1);
        assert_eq!(Disputes::challengeable(None, 256), vec![]);
    });
}

#[test]
fn a_settled_result_is_read_and_challengeable_no_more() {
    use touchstone_primitives::Results as _;
    run(|| {
        let scene = Scene::far_sum();
        scene.commit();
        Table::change(&scene.id, |job| job.window_end = None);
        <Disputes as touchstone_primitives::Results<AccountId>>::settled(&scene.id);
        assert_eq!(crate::Standing::<Test>::iter_keys().next(), None);
        assert_eq!(Disputes::challengeable(None, 256), vec![]);
        assert!(Disputes::view(&scene.id).is_some());
    });
}

#[test]
fn challengeable_returns_a_page_whatever_is_asked_for() {
    run(|| {
        let scene = Scene::far_sum();
        let job = Table::job(&scene.id);
        for number in 0..300u32 {
            let mut id = JobId([0; 32]);
            id.0[..4].copy_from_slice(&number.to_be_bytes());
            Table::put_job(id, job.clone());
            let roots = scene.roots().try_into().unwrap();
            assert_ok!(Disputes::commit(RuntimeOrigin::signed(PROVIDER), id, 1, roots));
        }
        let first = Disputes::challengeable(None, u32::MAX);
        assert_eq!(first.len(), 256);
        assert_eq!(Disputes::challengeable(first.last().copied(), u32::MAX).len(), 44);
    });
}

#[test]
fn try_state_notices_a_result_that_stands_unlisted() {
    run(|| {
        let scene = Scene::far_sum();
        scene.commit();
        crate::Standing::<Test>::remove(scene.id);
        assert_eq!(Disputes::do_try_state(), Err("a result stands and is not listed, or the reverse".into()));
        crate::Standing::<Test>::insert(scene.id, ());
        crate::Standing::<Test>::insert(JobId([9; 32]), ());
        assert_eq!(Disputes::do_try_state(), Err("a result that is not there stands".into()));
        crate::Standing::<Test>::remove(JobId([9; 32]));
    });
}

#[test]
fn try_state_notices_a_result_that_was_tampered_with() {
    run(|| {
        let scene = Scene::far_sum();
        scene.commit();
        assert_ok!(Disputes::do_try_state());
        let honest = Results::<Test>::get(scene.id).unwrap();
        Results::<Test>::mutate(scene.id, |result| result.as_mut().unwrap().roots[0] = [0; 32]);
        assert_eq!(Disputes::do_try_state(), Err("a result is not what its id says".into()));
        Results::<Test>::insert(scene.id, honest);
        crate::RoomLeft::<Test>::put(true);
        assert_eq!(Disputes::do_try_state(), Err("the clock has not finished its block".into()));
        crate::RoomLeft::<Test>::kill();
    });
}
