//! What people and programs read.

use frame_support::assert_ok;
use touchstone_primitives::{views::DemandView, CommitmentId};

use super::scene::{output_node, trace_node, Scene, WINDOW};
use crate::{mock::*, Subject};

fn view(scene: &Scene, Subject { instance, node }: Subject) -> DemandView<AccountId> {
    DemandView {
        job: scene.id,
        instance,
        node,
        len: scene.data(instance).buffer().len,
        demander: ALICE,
        deadline: now() + TERMS.answer_time,
        answered: false,
    }
}

#[test]
fn a_demand_is_read_until_the_outcome() {
    run(|| {
        let scene = Scene::new();
        let subject = output_node(9, 6, 1);
        assert_eq!(Demands::demands(scene.commitment(), 9), vec![]);
        assert_ok!(scene.demand(ALICE, subject));
        let asked = view(&scene, subject);
        assert_eq!(Demands::demands(scene.commitment(), 9), std::slice::from_ref(&asked));
        assert_eq!(Demands::demands(CommitmentId([1; 32]), 9), vec![]);

        go_on(3);
        assert_ok!(scene.reveal(BOB, subject));
        let deadline = now() + TERMS.challenge_time;
        let answered = DemandView { deadline, answered: true, ..asked };
        assert_eq!(Demands::demands(scene.commitment(), 9), [answered]);
        go_on(100);
        assert_eq!(Demands::demands(scene.commitment(), 9), vec![]);
    });
}

#[test]
fn what_a_demand_would_hold_is_read_while_the_result_can_be_challenged() {
    run(|| {
        let scene = Scene::new();
        let bond = || Demands::bond(scene.id, scene.commitment());
        assert_eq!(bond(), Some(BOND));
        assert_eq!(Demands::bond(scene.id, CommitmentId([1; 32])), None);
        change(scene.id, |record| record.terms.demand_bond = 7);
        assert_eq!(bond(), Some(PRICE));
        go_to(START + WINDOW);
        assert_eq!(bond(), Some(PRICE));
        go_on(1);
        assert_eq!(bond(), None);
    });
    run(|| {
        let scene = Scene::new();
        refute(scene.id, BOB);
        assert_eq!(Demands::bond(scene.id, scene.commitment()), None);
    });
}

#[test]
fn those_that_wait_for_an_answer_come_first() {
    run(|| {
        let scene = Scene::new();
        for position in 0..100 {
            scene.answered(output_node(0, 0, position));
        }
        let open = [trace_node(0, 5), output_node(0, 0, 200), output_node(1, 6, 0)];
        for subject in open {
            assert_ok!(scene.demand(ALICE, subject));
        }
        let expected = open.map(|subject| view(&scene, subject));
        for limit in [3, 10, 256] {
            let listed = Demands::demands(scene.commitment(), limit);
            assert_eq!(listed.len(), (limit as usize).min(103));
            assert!(listed[..3].iter().all(|demand| expected.contains(demand)));
            assert!(listed[3..].iter().all(|demand| demand.answered));
        }
    });
}

#[test]
fn a_read_has_a_limit() {
    run(|| {
        let scene = Scene::new();
        for position in 0..256 {
            scene.answered(output_node(0, 0, position));
        }
        scene.answered(trace_node(0, 0));
        let count = |limit| Demands::demands(scene.commitment(), limit).len();
        assert_eq!([0, 1, 200, u32::MAX].map(count), [0, 1, 200, 256]);
    });
}
