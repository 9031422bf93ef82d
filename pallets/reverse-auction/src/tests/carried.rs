//! Outputs that come with a commitment: what the chain takes, what it keeps, and what becomes of the deposit.

use codec::{Decode, Encode};
use frame_support::{
    assert_noop, assert_ok,
    dispatch::{DispatchClass, DispatchResult, GetDispatchInfo},
    traits::{fungible::InspectHold, Footprint},
};
use sp_runtime::{traits::Convert, TokenError};
use touchstone_kir::{root, Node};
use touchstone_primitives::{
    Buffer, CarriedOutputs, CloseReason, JobId, Step, Target, Trace, MAX_CARRIED_BYTES, MAX_STEPS,
};

use crate::{mock::*, Error, Event, Jobs, Outputs, Stage, WeightInfo};

type Fault = Error<Test>;

const FIRST: AccountId = PROVIDERS[0];
const SECOND: AccountId = PROVIDERS[1];

/// The key, a length of one byte and four words.
const SMALL: u64 = 32 + 1 + 16;

/// What is held for so many bytes of storage.
fn deposit_for(bytes: u64) -> u128 {
    StoragePrice::convert(Footprint { count: 1, size: bytes })
}

/// Held on an account for what it occupies in storage.
fn deposit(who: AccountId) -> u128 {
    Balances::balance_on_hold(&crate::HoldReason::Job.into(), &who)
}

/// A job of [`order`], with a result that came with its output.
fn carried(output: &[u8]) -> JobId {
    let job = order().submit();
    assert_ok!(carry(FIRST, job, 1, output));
    job
}

fn is_carried(job: JobId) -> bool {
    ReverseAuction::result(job).is_some_and(|result| result.carried)
}

/// The chain has nothing of the job's outputs any more, and holds nothing for them.
fn is_dropped(job: JobId, provider: AccountId) -> bool {
    let record = job_record(job).expect("it is kept");
    ReverseAuction::outputs(job).is_none() && !is_carried(job) && record.carried.is_none() && deposit(provider) == 0
}

/// A job with a step of so many invocations for each of these numbers. Each writes words that are 7.
fn constants(salt: u8, invocations: &[u32]) -> Order {
    let step = |invocations| Step {
        kernel: constant().hash(),
        reads: Default::default(),
        invocations,
        params: vec![7].try_into().unwrap(),
    };
    let steps: Vec<Step> = invocations.iter().copied().map(step).collect();
    Order { inline: vec![], ..order().salt(salt) }.with(|spec| {
        spec.inputs = Default::default();
        spec.steps = steps.try_into().unwrap();
        spec.ceiling = 10_000_000;
    })
}

/// Outputs of a job of [`constants`].
fn sevens(invocations: &[u32]) -> Vec<Vec<u8>> {
    invocations.iter().map(|count| bytes(vec![7; *count as usize])).collect()
}

fn trace_of(outputs: &[Vec<u8>]) -> Buffer {
    Trace::new(outputs.iter().map(|output| root(output)).collect()).buffer()
}

/// Commits this trace with these bytes as all outputs.
fn commit_with(job: JobId, trace: Buffer, outputs: Vec<u8>) -> DispatchResult {
    let outputs = Some(outputs.try_into().expect("no more than can be carried"));
    ReverseAuction::commit(RuntimeOrigin::signed(FIRST), job, 1, trace, outputs)
}

#[test]
fn outputs_that_come_with_the_commitment_are_readable_for_a_deposit_of_the_provider() {
    run_market(|| {
        let job = order().submit();
        let (free_before, record) = (free(FIRST), deposit(FIRST));
        events();
        assert_ok!(carry(FIRST, job, 1, &right_output()));
        let result = ReverseAuction::result(job).unwrap();
        let (commitment, window_end) = (result.commitment, now() + 11);
        assert_eq!(events(), vec![Event::ResultCommitted { job, attempt: 1, provider: FIRST, commitment, window_end }]);
        assert_eq!(ReverseAuction::outputs(job), Some(right_output()));
        assert_eq!((result.trace, result.carried), (trace(&right_output()).buffer(), true));
        assert_eq!(ReverseAuction::challengeable(None, 64).items[0].result, result);
        assert_eq!((record, deposit(FIRST)), (0, deposit_for(SMALL)));
        assert_eq!(free(FIRST), free_before - deposit_for(SMALL));
    });
}

#[test]
fn a_commitment_without_outputs_leaves_nothing_on_the_chain() {
    run_market(|| {
        let job = order().submit();
        let before = free(FIRST);
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        assert_eq!((ReverseAuction::outputs(job), is_carried(job)), (None, false));
        assert_eq!((free(FIRST), deposit(FIRST)), (before, 0));
    });
}

#[test]
fn outputs_of_all_steps_come_one_after_the_other() {
    run_market(|| {
        let invocations: Vec<u32> = (1..=MAX_STEPS).collect();
        let outputs = sevens(&invocations);
        let job = constants(0, &invocations).submit();
        assert_ok!(commit_with(job, trace_of(&outputs), outputs.concat()));
        assert_eq!(ReverseAuction::outputs(job), Some(outputs.concat()));
        // A length of two bytes.
        assert_eq!(deposit(FIRST), deposit_for(32 + 2 + outputs.concat().len() as u64));
    });
}

#[test]
fn outputs_of_another_length_are_refused() {
    run_market(|| {
        let (one, two) = (order().submit(), constants(1, &[3, 5]).submit());
        let pair = sevens(&[3, 5]);
        for (job, outputs) in [(one, vec![right_output()]), (two, pair)] {
            let (trace, right) = (trace_of(&outputs), outputs.concat());
            for wrong in [vec![], right[4..].to_vec(), right[1..].to_vec(), [&right[..], &[7]].concat()] {
                assert_noop!(commit_with(job, trace, wrong), Fault::WrongOutputsLength);
            }
            assert_ok!(commit_with(job, trace, right));
        }
    });
}

#[test]
fn outputs_that_are_not_those_of_the_committed_trace_are_refused() {
    run_market(|| {
        let job = constants(0, &[3, 5]).submit();
        let outputs = sevens(&[3, 5]);
        let (trace, right) = (trace_of(&outputs), outputs.concat());
        // One wrong bit in one output, wherever it is.
        for at in 0..right.len() {
            let mut wrong = right.clone();
            wrong[at] ^= 1;
            assert_noop!(commit_with(job, trace, wrong), Fault::ForeignOutputs);
        }
        // The same bytes under another trace: of another cut, in another order, or of anything.
        let foreign =
            [trace_of(&sevens(&[5, 3])), trace_of(&sevens(&[4, 4])), Buffer { root: [9; 32], len: Trace::len_of(2) }];
        for trace in foreign {
            assert_noop!(commit_with(job, trace, right.clone()), Fault::ForeignOutputs);
        }
        // The length of the trace is looked at first.
        let short = Buffer { len: Trace::len_of(1), ..trace };
        assert_noop!(commit_with(job, short, right.clone()), Fault::WrongTraceLength);
        assert_ok!(commit_with(job, trace, right));
    });
}

#[test]
fn a_wrong_output_is_carried_as_it_is_committed_and_can_be_refuted() {
    run_market(|| {
        let job = carried(&wrong_output());
        assert_eq!(ReverseAuction::outputs(job), Some(wrong_output()));
        assert_ok!(refute(job, 1, &wrong_output()));
    });
}

#[test]
fn no_more_than_64_kib_are_carried() {
    run_market(|| {
        // So cheap that the first provider's stake covers both jobs.
        set_ask(FIRST, 1, 4);
        pass_ticks(1);
        let most = MAX_CARRIED_BYTES / 4;
        let job = constants(0, &[most]).submit();
        let outputs = sevens(&[most]);
        assert_ok!(commit_with(job, trace_of(&outputs), outputs.concat()));
        assert_eq!(ReverseAuction::outputs(job), Some(outputs.concat()));

        // A job with one word more cannot carry its output, whatever of it is sent.
        let (job, outputs) = (constants(1, &[most + 1]).submit(), sevens(&[most + 1]));
        let cut = outputs[0][..MAX_CARRIED_BYTES as usize].to_vec();
        assert_noop!(commit_with(job, trace_of(&outputs), cut), Fault::WrongOutputsLength);
        assert!(CarriedOutputs::try_from(outputs[0].clone()).is_err());
        let call = |outputs: Vec<u8>| {
            // Pallet, call and arguments, as a transaction has them.
            [vec![8, 4], (job, 1u32, trace_of(std::slice::from_ref(&outputs)), Some(outputs)).encode()].concat()
        };
        assert!(RuntimeCall::decode(&mut &call(vec![7; MAX_CARRIED_BYTES as usize])[..]).is_ok());
        assert!(RuntimeCall::decode(&mut &call(vec![7; MAX_CARRIED_BYTES as usize + 1])[..]).is_err());
    });
}

#[test]
fn who_cannot_pay_the_deposit_commits_without_outputs() {
    run_market(|| {
        let job = order().submit();
        // The account keeps its existential deposit beside what is held.
        let (least, needed) = (10, deposit_for(SMALL));
        let rest = free(FIRST) - least - needed + 1;
        assert_ok!(Balances::transfer_keep_alive(RuntimeOrigin::signed(FIRST), WATCHER, rest));
        assert_noop!(carry(FIRST, job, 1, &right_output()), TokenError::FundsUnavailable);
        let other = order().salt(1).submit();
        assert_ok!(commit(FIRST, job, 1, &right_output()));
        assert_ok!(Balances::transfer_keep_alive(RuntimeOrigin::signed(WATCHER), FIRST, 1));
        assert_ok!(carry(FIRST, other, 1, &right_output()));
        assert_eq!(free(FIRST), least);
    });
}

#[test]
fn outputs_are_refused_as_the_commitment_is() {
    run_market(|| {
        let job = order().submit();
        assert_noop!(carry(SECOND, job, 1, &right_output()), Fault::NotAssignedToYou);
        assert_noop!(carry(FIRST, job, 2, &right_output()), Fault::WrongAttempt);
        assert_ok!(carry(FIRST, job, 1, &right_output()));
        assert_noop!(carry(FIRST, job, 1, &right_output()), Fault::NotAssigned);
        let late = order().salt(1).submit();
        jump(5);
        assert_noop!(carry(FIRST, late, 1, &right_output()), Fault::TooLate);
    });
}

#[test]
fn the_settlement_takes_outputs_off_the_chain_and_returns_the_deposit() {
    run_market(|| {
        let before = free(FIRST);
        let job = carried(&right_output());
        let Stage::Committed(committed) = stage(job) else { panic!("it is committed") };
        go_to(committed.window_end);
        assert_eq!((ReverseAuction::outputs(job), deposit(FIRST)), (Some(right_output()), deposit_for(SMALL)));
        next_block();
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
        assert!(is_dropped(job, FIRST));
        assert_eq!(free(FIRST), before + 1_000);
    });
}

#[test]
fn acceptance_and_payment_leave_outputs_on_the_chain_until_the_settlement() {
    run_market(|| {
        let before = free(FIRST);
        let job = carried(&right_output());
        assert_ok!(accept(BUYER, job));
        next_block();
        assert_eq!(free(FIRST), before + 1_000 - deposit_for(SMALL));
        assert_eq!((ReverseAuction::outputs(job), is_carried(job)), (Some(right_output()), true));
        pass_ticks(11);
        assert_eq!(ended(job), Some((CloseReason::Settled, now())));
        assert!(is_dropped(job, FIRST));
        assert_eq!(free(FIRST), before + 1_000);
    });
}

#[test]
fn a_refutation_takes_outputs_off_the_chain_and_the_next_result_brings_its_own() {
    run_market(|| {
        let (first, second) = (free(FIRST), free(SECOND));
        let job = carried(&wrong_output());
        assert_ok!(refute(job, 1, &wrong_output()));
        assert!(is_dropped(job, FIRST));
        assert_eq!((free(FIRST), owned(FIRST)), (first, ENDOWMENT - 2_000));
        check_state();

        assert_ok!(carry(SECOND, job, 2, &right_output()));
        assert_eq!((ReverseAuction::outputs(job), deposit(FIRST)), (Some(right_output()), 0));
        assert_eq!(deposit(SECOND), deposit_for(SMALL));
        pass_ticks(12);
        assert!(is_dropped(job, SECOND));
        assert_eq!(free(SECOND), second + 2_000);
    });
}

#[test]
fn a_refutation_after_the_payment_takes_outputs_off_the_chain_as_well() {
    run_market(|| {
        let before = free(FIRST);
        let job = carried(&wrong_output());
        assert_ok!(accept(BUYER, job));
        next_block();
        assert_ok!(refute(job, 1, &wrong_output()));
        assert_eq!(ended(job), Some((CloseReason::RefutedAfterAcceptance, now())));
        assert!(is_dropped(job, FIRST));
        assert_eq!(free(FIRST), before + 1_000);
    });
}

#[test]
fn a_provider_leaves_with_its_deposit_and_not_before_the_result_is_over() {
    run_market(|| {
        let leave = || ProviderRegistry::deregister(RuntimeOrigin::signed(FIRST));
        let job = carried(&right_output());
        assert_noop!(leave(), pallet_provider_registry::Error::<Test>::OpenJobs);
        pass_ticks(12);
        assert!(is_dropped(job, FIRST));
        assert_ok!(leave());
        assert_eq!((free(FIRST), owned(FIRST)), (ENDOWMENT + 1_000, ENDOWMENT + 1_000));
    });
}

#[test]
fn a_buyer_that_is_its_own_provider_has_two_deposits() {
    run_market(|| {
        let own = Order { buyer: FIRST, ..order() };
        let of_record = ReverseAuction::quote(own.spec.clone()).unwrap().deposit;
        let job = own.submit();
        assert_eq!(deposit(FIRST), of_record);
        assert_ok!(carry(FIRST, job, 1, &right_output()));
        assert_eq!(deposit(FIRST), of_record + deposit_for(SMALL));
        pass_ticks(12);
        assert_eq!((ReverseAuction::outputs(job), deposit(FIRST)), (None, of_record));
        pass_ticks(TERMS.retention);
        assert_eq!((job_record(job), deposit(FIRST)), (None, 0));
    });
}

#[test]
fn nothing_is_demanded_of_a_result_whose_outputs_the_chain_has() {
    run_market(|| {
        let job = carried(&right_output());
        let result = ReverseAuction::result(job).unwrap();
        let top = Node::top(result.trace.len);
        let trace = trace(&right_output());
        let output = Target::Output { instance: 0, trace: trace.open([0]).unwrap() };
        for (target, value) in [(Target::Trace, result.trace.root), (output, root(&right_output()))] {
            let origin = RuntimeOrigin::signed(WATCHER);
            let demand = Demands::demand(
                origin,
                job,
                result.commitment,
                target,
                top,
                value,
                Default::default(),
                Default::default(),
            );
            assert_noop!(demand, pallet_demands::Error::<Test>::OutputsOnChain);
        }
    });
}

#[test]
fn a_commitment_is_charged_by_the_bytes_that_it_carries() {
    run(|| {
        let info = |outputs: Option<usize>| {
            let outputs = outputs.map(|bytes| vec![7u8; bytes].try_into().unwrap());
            let trace = Buffer { root: [7; 32], len: 32 };
            RuntimeCall::ReverseAuction(crate::Call::commit { job: JobId([1; 32]), attempt: 1, trace, outputs })
                .get_dispatch_info()
        };
        let commit = <() as WeightInfo>::commit();
        assert_eq!((info(None).call_weight, info(None).class), (commit, DispatchClass::Operational));
        for bytes in [0, 16, MAX_CARRIED_BYTES as usize] {
            let carries = info(Some(bytes));
            assert_eq!(carries.call_weight, commit + <() as WeightInfo>::commit_outputs(bytes as u32));
            assert_eq!(carries.class, DispatchClass::Operational);
        }
    });
}

#[test]
fn the_end_of_a_result_is_charged_for_the_outputs_that_it_removes() {
    run_market(|| {
        let (bare, job) = (order().submit(), order().salt(1).submit());
        assert_ok!(commit(FIRST, bare, 1, &right_output()));
        assert_ok!(carry(FIRST, job, 1, &right_output()));
        jump(12);
        let settled = |job| {
            let done = ReverseAuction::poke(RuntimeOrigin::signed(WATCHER), job);
            done.expect("the window is over").actual_weight.expect("it is known")
        };
        let settlement = <() as WeightInfo>::poke_stood();
        assert_eq!(settled(bare), settlement);
        assert_eq!(settled(job), settlement + <() as WeightInfo>::drop_outputs());
        assert!(ReverseAuction::advance_weight().all_gte(settlement + <() as WeightInfo>::drop_outputs()));
    });
}

mod corruption {
    use super::*;

    /// Corrupts the state of a market with carried outputs and shows what `try_state` says.
    fn notices(complaint: &'static str, corrupt: impl FnOnce(JobId)) {
        new_test_ext().execute_with(|| {
            providers();
            let job = carried(&right_output());
            check_state();
            corrupt(job);
            assert_eq!(ReverseAuction::do_try_state(), Err(complaint.into()));
        });
    }

    fn small(output: Vec<u8>) -> CarriedOutputs {
        output.try_into().unwrap()
    }

    #[test]
    fn try_state_notices_outputs_without_a_deposit() {
        notices("there are outputs of nothing", |job| {
            Jobs::<Test>::mutate(job, |record| record.as_mut().unwrap().job.carried = None);
        });
        notices("there are outputs of nothing", |_| Outputs::<Test>::insert(JobId([1; 32]), small(right_output())));
    }

    #[test]
    fn try_state_notices_a_deposit_without_outputs() {
        notices("a deposit is held for outputs that are not there", Outputs::<Test>::remove);
    }

    #[test]
    fn try_state_notices_other_outputs() {
        let complaint = "outputs are not those of the result";
        notices(complaint, |job| Outputs::<Test>::insert(job, small(wrong_output())));
        notices(complaint, |job| Outputs::<Test>::insert(job, small(right_output()[4..].to_vec())));
    }

    #[test]
    fn try_state_notices_a_deposit_for_a_result_that_is_over() {
        notices("a deposit is held for outputs of no result that can be challenged", |job| {
            let ticket = job_record(job).unwrap().carried;
            pass_ticks(12);
            Jobs::<Test>::mutate(job, |record| record.as_mut().unwrap().job.carried = ticket);
        });
    }
}
