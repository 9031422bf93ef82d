//! What people and programs read.

use frame_support::{assert_noop, assert_ok};
use touchstone_primitives::{
    views::{self, BidView, Candidate, Obstacle},
    DeviceClass, JobId, QuoteError,
};

use crate::mock::*;

const FIRST: AccountId = PROVIDERS[0];
const SECOND: AccountId = PROVIDERS[1];
const THIRD: AccountId = PROVIDERS[2];
const FOURTH: AccountId = PROVIDERS[3];

#[test]
fn a_view_follows_the_job_through_its_stages() {
    run_market(|| {
        let order = order().auction(5);
        let job = order.submit();
        let view = ReverseAuction::view(job).unwrap();
        assert_eq!((view.id, view.buyer, view.attempt, view.terms), (job, BUYER, 0, TERMS));
        assert_eq!((view.spec, view.output_bytes, view.endpoint), (order.spec, vec![16], None));
        assert_eq!(view.stage, views::Stage::Open { closes: now() + 5, best: None });

        assert_ok!(bid(FIRST, job, 900));
        let deal = BidView { provider: FIRST, device: 0, price: 900, collateral: 1_800 };
        let closes = now() + 5;
        assert_eq!(ReverseAuction::view(job).unwrap().stage, views::Stage::Open { closes, best: Some(deal.clone()) });

        pass_ticks(6);
        let view = ReverseAuction::view(job).unwrap();
        let stage = views::Stage::Assigned { deal: deal.clone(), pass_by: now() + 2, commit_by: now() + 4 };
        assert_eq!((view.attempt, view.stage), (1, stage));
        assert_eq!(view.endpoint, Some(b"http://localhost:8080".to_vec()));

        assert_ok!(commit(FIRST, job, 1, &right_output()));
        assert_ok!(accept(BUYER, job));
        let commitment = ReverseAuction::result(job).unwrap().commitment;
        let (committed_at, window_end) = (now(), now() + 11);
        assert_eq!(
            ReverseAuction::view(job).unwrap().stage,
            views::Stage::Committed { deal, commitment, committed_at, window_end, accepted: true }
        );

        pass_ticks(12);
        let view = ReverseAuction::view(job).unwrap();
        let reason = touchstone_primitives::CloseReason::Settled;
        assert_eq!((view.stage, view.endpoint), (views::Stage::Closed { reason, at: now() }, None));
        assert_eq!(ReverseAuction::view(JobId([1; 32])), None);
    });
}

#[test]
fn a_quote_names_what_submission_then_does() {
    run_market(|| {
        let order = order();
        let quote = ReverseAuction::quote(order.spec.clone()).unwrap();
        let best = BidView { provider: FIRST, device: 0, price: 1_000, collateral: 2_000 };
        assert_eq!(quote.best, Some(best.clone()));
        assert_eq!((quote.window, quote.held, quote.fee), (11, 10_230, 20));
        let before = free(BUYER);
        let job = order.submit();
        assert_eq!(before - free(BUYER), quote.held + quote.deposit);
        assert_eq!(stage(job).deal().cloned(), Some(best.into()));
        assert_eq!(job_record(job).unwrap().appraisal.totals, quote.totals);
    });
}

#[test]
fn a_quote_says_what_is_held_in_the_asset_that_pays() {
    run_market(|| {
        let order = order().with(|spec| spec.asset = Some(ASSET));
        let quote = ReverseAuction::quote(order.spec.clone()).unwrap();
        assert_eq!((quote.held, quote.held_in_asset.units()), (10_230, 5 * 10_230));
        order.submit();
        assert_eq!(Assets::balance(ASSET, BUYER), ENDOWMENT - 5 * 10_230);
    });
}

#[test]
fn a_quote_refuses_an_asset_that_is_not_listed_as_submission_does() {
    run_market(|| {
        let mut order = order();
        order.spec.asset = Some(77);
        assert_eq!(ReverseAuction::quote(order.spec.clone()).unwrap_err().error, b"AssetNotListed");
        assert_noop!(order.try_submit(), pallet_escrow::Error::<Test>::AssetNotListed);
    });
}

#[test]
fn a_quote_says_why_the_others_would_not() {
    run_market(|| {
        set_ask(SECOND, 2_000, 1);
        set_ask(THIRD, 20_000, 1);
        pass_ticks(1);
        let spec = order().with(|spec| spec.class = Some(DeviceClass::Discrete)).spec;
        let quote = ReverseAuction::quote(spec.clone()).unwrap();
        let of = |quote: &views::Quote<AccountId>, who| -> Vec<Obstacle> {
            let find = |candidate: &&Candidate<AccountId>| candidate.provider == who;
            quote.candidates.iter().find(find).unwrap().obstacles.clone()
        };
        assert_eq!(of(&quote, FIRST), vec![]);
        assert_eq!(of(&quote, THIRD), vec![Obstacle::AboveCeiling]);
        assert_eq!(of(&quote, FOURTH), vec![]);
        let spec = order().with(|spec| spec.class = Some(DeviceClass::Cpu)).spec;
        assert_eq!(of(&ReverseAuction::quote(spec).unwrap(), FIRST), vec![Obstacle::WrongClass]);
    });
}

#[test]
fn a_quote_without_a_taker_gives_the_fee_at_the_ceiling() {
    run(|| {
        let quote = ReverseAuction::quote(order().spec).unwrap();
        assert_eq!((quote.best, quote.fee), (None, 200));
        assert_eq!(quote.candidates, vec![]);
    });
}

#[test]
fn a_quote_fails_with_the_name_of_the_error_of_submit() {
    run(|| {
        let quote = |order: Order| ReverseAuction::quote(order.spec).unwrap_err();
        let name = |error: &str| QuoteError { error: error.as_bytes().to_vec() };
        assert_eq!(quote(order().with(|spec| spec.deadline = 0)), name("DeadlineOutOfRange"));
        assert_eq!(quote(order().with(|spec| spec.steps[0].kernel = [0; 32])), name("UnknownKernel"));
        assert_eq!(quote(order().with(|spec| spec.inputs[0].buffer.len = 3)), name("BadBufferLength"));
    });
}

#[test]
fn a_settled_result_is_read_and_challengeable_no_more() {
    run_market(|| {
        let job = order().submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        let result = ReverseAuction::result(job);
        assert!(result.is_some());
        pass_ticks(12);
        assert_eq!(ended(job).map(|(reason, _)| reason), Some(touchstone_primitives::CloseReason::Settled));
        assert_eq!(ReverseAuction::result(job), result);
        assert_eq!(ReverseAuction::challengeable(None, 64).items, vec![]);
        assert_eq!(crate::Duties::<Test>::iter_keys().count(), 0);
    });
}

#[test]
fn the_judge_sees_buffers_as_steps_number_them() {
    use touchstone_primitives::{ChallengedResult as _, Jobs as _, NotChallengeable, Read, Trace};
    run_market(|| {
        let order = order().with(|spec| {
            let mut second = spec.steps[0].clone();
            second.reads = vec![1].try_into().unwrap();
            second.invocations = 3;
            spec.steps.try_push(second).unwrap();
        });
        let job = order.submit();
        let none = touchstone_primitives::CommitmentId([0; 32]);
        let challenged = |commitment| ReverseAuction::challenged(&job, &commitment);
        assert_eq!(challenged(none).err(), Some(NotChallengeable::Unknown));

        let trace = Trace::new(vec![[1; 32], [2; 32]]).buffer();
        assert_ok!(ReverseAuction::commit(RuntimeOrigin::signed(FIRST), job, 1, trace, None));
        let commitment = ReverseAuction::result(job).unwrap().commitment;
        assert_eq!(challenged(none).err(), Some(NotChallengeable::Unknown));
        let of_another_attempt = touchstone_primitives::CommitmentId::new(&job, 2, &FIRST, &trace);
        assert_eq!(challenged(of_another_attempt).err(), Some(NotChallengeable::Unknown));
        let unknown = ReverseAuction::challenged(&JobId([1; 32]), &commitment);
        assert_eq!(unknown.err(), Some(NotChallengeable::Unknown));

        let result = challenged(commitment).unwrap();
        assert_eq!(result.attempt(), 1);
        assert_eq!((result.provider(), result.trace()), (&FIRST, trace));
        let (first, second) = (result.instance(0).unwrap(), result.instance(1).unwrap());
        assert_eq!(first.reads, vec![Read::Input(order.spec.inputs[0].buffer)]);
        assert_eq!(second.reads, vec![Read::Output { instance: 0, len: 16 }]);
        assert_eq!((first.output_len, second.output_len, second.invocations), (16, 12, 3));
        let cost = double().cost(&[], &[16]).unwrap();
        assert_eq!((first.fuel, first.code_bytes as usize), (cost.fuel, double().encode().len()));
        assert_eq!((result.instance(2), result.instance(u32::MAX)), (None, None));

        pass_ticks(12);
        assert_eq!(challenged(commitment).err(), Some(NotChallengeable::WindowOver));
    });
}
