//! What is taken as a job, and what it costs to submit one.

use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};
use sp_runtime::traits::Dispatchable;
use touchstone_kir::{limits::*, Bound, Instr, Kernel, Module, Op, ViewDecl};
use touchstone_primitives::{
    views::EscrowView, AssetAmount, Buffer, Input, JobId, Kernels as _, Matching, PassReason, Rate, Source, Step,
    Terms, Totals,
};

use crate::{mock::*, obligation, Deal, Error, Event, Inline, Jobs, OpenAuction, Stage};

type Fault = Error<Test>;

const MAX_INLINE: u32 = touchstone_primitives::MAX_INLINE_BYTES;

fn put(len: u32) -> Input {
    Input { buffer: Buffer { root: [1; 32], len }, source: Source::Put }
}

fn step(kernel: &Kernel, reads: Vec<u8>, invocations: u32, params: Vec<u32>) -> Step {
    Step { kernel: kernel.hash(), reads: reads.try_into().unwrap(), invocations, params: params.try_into().unwrap() }
}

/// The order with these inputs, which are put, and these steps.
fn custom(inputs: Vec<Input>, steps: Vec<Step>) -> Order {
    let mut order = order().with(|spec| {
        spec.inputs = inputs.try_into().unwrap();
        spec.steps = steps.try_into().unwrap();
    });
    order.inline.clear();
    order
}

fn upload(module: Module) -> Kernel {
    let kernel = Kernel::from_module(module).unwrap();
    assert_ok!(KernelRegistry::upload(RuntimeOrigin::signed(WATCHER), kernel.encode().try_into().unwrap()));
    kernel
}

fn code_bytes_of(kernel: &Kernel) -> u32 {
    kernel.encode().len() as u32
}

#[test]
fn submit_assigns_to_the_cheapest_ask_in_the_same_call() {
    run_market(|| {
        let job = order().submit();
        let code_bytes = code_bytes_of(&double());
        let totals =
            Totals { fuel: 4 * 24, input_bytes: 16, output_bytes: 16, memory: 32, work: 4 * 24 + 32, code_bytes };
        // Ceiling, fee of two per cent, three pass fees.
        let held = 10_000 + 200 + 30;
        assert_eq!(
            events(),
            vec![
                Event::JobSubmitted { job, buyer: BUYER, totals, held, held_in_asset: AssetAmount::from_units(held) },
                Event::JobAssigned {
                    job,
                    attempt: 1,
                    provider: PROVIDERS[0],
                    device: 0,
                    price: 1_000,
                    collateral: 2_000,
                    commit_by: now() + 4,
                },
            ]
        );
        assert_eq!(
            ReverseAuction::held(job),
            Some(EscrowView {
                buyer: BUYER,
                asset: None,
                rate: Rate::PAR,
                payment: held,
                collateral: Some((PROVIDERS[0], 2_000))
            })
        );
        assert!(ReverseAuction::duties(PROVIDERS[0], None, 64).items.iter().any(|duty| duty.id == job));
        assert_eq!(ProviderRegistry::view(PROVIDERS[0]).unwrap().open_jobs, 1);
    });
}

#[test]
fn submit_holds_payment_and_deposit_and_nothing_else() {
    run_market(|| {
        let (order, before) = (order(), free(BUYER));
        let quote = ReverseAuction::quote(order.spec.clone()).unwrap();
        order.submit();
        assert_eq!(before - free(BUYER), quote.held + quote.deposit);
        assert_eq!(owned(BUYER), before);
    });
}

#[test]
fn submit_opens_an_auction_when_no_ask_fits() {
    run(|| {
        events();
        let job = order().submit();
        assert_eq!(stage(job), Stage::Open(OpenAuction { closes: now() + TERMS.auction, best: None }));
        assert_eq!(events().last(), Some(&Event::AuctionOpened { job, attempt: 0, closes: now() + TERMS.auction }));
    });
}

#[test]
fn submit_with_open_matching_asks_nobody_first() {
    run_market(|| {
        let job = order().auction(7).submit();
        assert_eq!(stage(job), Stage::Open(OpenAuction { closes: now() + 7, best: None }));
    });
}

#[test]
fn an_ask_above_the_ceiling_does_not_fit() {
    run_market(|| {
        let cheap = order().with(|spec| spec.ceiling = 999).submit();
        assert!(matches!(stage(cheap), Stage::Open(_)));
        let exact = order().with(|spec| spec.ceiling = 1_000).submit();
        assert!(matches!(stage(exact), Stage::Assigned(_)));
    });
}

#[test]
fn a_buyer_cannot_ask_for_any_collateral() {
    run_market(|| {
        // Ten times twice the ceiling of 10,000.
        let with = |amount| order().with(|spec| spec.min_collateral = amount);
        assert_noop!(with(200_001).try_submit(), Fault::CollateralTooHigh);
        assert_noop!(with(u128::MAX).try_submit(), Fault::CollateralTooHigh);
        assert_eq!(stage(with(200_000).submit()).deal().unwrap().collateral, 200_000);
        let dust = |amount| order().with(|spec| (spec.ceiling, spec.min_collateral) = (0, amount));
        assert_noop!(dust(20 * TERMS.bounty + 1 + 10 * TERMS.fee(0, u64::MAX)).try_submit(), Fault::CollateralTooHigh);
    });
}

#[test]
fn pass_is_operational_since_its_deadline_is_on_the_dispute_clock() {
    use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
    run_market(|| {
        let call =
            RuntimeCall::ReverseAuction(crate::Call::pass { job: order().id(), attempt: 1, reason: PassReason::Other });
        assert_eq!(call.get_dispatch_info().class, DispatchClass::Operational);
    });
}

#[test]
fn slots_limit_how_many_jobs_a_device_gets() {
    run_market(|| {
        set_ask(PROVIDERS[0], 1_000, 2);
        pass_ticks(1);
        let providers: Vec<_> =
            (0..4).map(|salt| stage(order().salt(salt).submit()).deal().map(|deal: &Deal<_>| deal.provider)).collect();
        assert_eq!(providers, [11, 11, 12, 12].map(Some));
    });
}

#[test]
fn collateral_is_the_highest_of_the_factor_the_buyers_minimum_and_all_that_is_repaid() {
    run_market(|| {
        let collateral = |order: Order| stage(order.submit()).deal().unwrap().collateral;
        assert_eq!(collateral(order()), 2 * 1_000);
        assert_eq!(collateral(order().with(|spec| spec.min_collateral = 5_000)), 5_000);
        set_ask(PROVIDERS[0], 100, 4);
        pass_ticks(1);
        assert_eq!(collateral(order().salt(1)), 100 + 2 + 2 * TERMS.bounty);
    });
}

#[test]
fn the_same_job_is_taken_once() {
    run_market(|| {
        order().submit();
        assert_noop!(order().try_submit(), Fault::AlreadySubmitted);
        assert_ok!(order().salt(1).try_submit());
        let other = Order { buyer: OTHER_BUYER, ..order() };
        assert_ne!(other.id(), order().id());
        assert_ok!(other.try_submit());
    });
}

#[test]
fn the_id_depends_on_chain_buyer_salt_and_specification() {
    run(|| {
        let (genesis, spec) = (ReverseAuction::genesis_hash(), order().spec);
        let id = JobId::new(&genesis, &BUYER, &[0; 32], &spec);
        assert_eq!(order().id(), id);
        assert_ne!(JobId::new(&[1; 32], &BUYER, &[0; 32], &spec), id);
        assert_ne!(JobId::new(&genesis, &OTHER_BUYER, &[0; 32], &spec), id);
        assert_ne!(JobId::new(&genesis, &BUYER, &[1; 32], &spec), id);
        assert_ne!(JobId::new(&genesis, &BUYER, &[0; 32], &order().with(|spec| spec.ceiling += 1).spec), id);
    });
}

#[test]
fn the_terms_are_copied_so_that_no_change_reaches_the_job() {
    run_market(|| {
        let job = order().submit();
        TestTerms::set(Terms { window_base: 77, fee_ppm: 0, ..TERMS });
        assert_eq!(job_record(job).unwrap().terms, TERMS);
        assert_ok!(commit(PROVIDERS[0], job, 1, &right_output()));
        let Stage::Committed(committed) = stage(job) else { panic!("it is committed") };
        // W₀ 2, twice the deadline of 4, one tick for the inputs.
        assert_eq!(committed.window_end, now() + 2 + 2 * 4 + 1);
    });
}

#[test]
fn a_buyer_without_the_money_is_refused() {
    run_market(|| {
        let order = Order { buyer: POOR, ..order() };
        assert!(order.try_submit().is_err());
        frame_support::assert_storage_noop!(assert!(order.try_submit().is_err()));
    });
}

#[test]
fn an_unlisted_asset_is_refused() {
    run_market(|| {
        let order = order().with(|spec| spec.asset = Some(99));
        assert_noop!(order.try_submit(), pallet_escrow::Error::<Test>::AssetNotListed);
    });
}

#[test]
fn a_job_can_be_paid_in_another_asset() {
    run_market(|| {
        let before = free(BUYER);
        let order = order().with(|spec| spec.asset = Some(ASSET));
        let deposit = ReverseAuction::quote(order.spec.clone()).unwrap().deposit;
        let job = order.submit();
        assert_eq!(before - free(BUYER), deposit);
        assert_eq!(ReverseAuction::held(job).unwrap().asset, Some(ASSET));
    });
}

#[test]
fn a_job_has_steps() {
    run(|| {
        assert_noop!(custom(vec![], vec![]).try_submit(), Fault::NoSteps);
    });
}

#[test]
fn a_step_has_invocations() {
    run(|| {
        let order = custom(vec![put(16)], vec![step(&double(), vec![0], 0, vec![])]);
        assert_noop!(order.try_submit(), Fault::NoInvocations);
    });
}

#[test]
fn a_deadline_is_within_the_terms() {
    run(|| {
        for deadline in [0, 1, 101, u32::MAX] {
            let order = order().with(|spec| spec.deadline = deadline);
            assert_noop!(order.try_submit(), Fault::DeadlineOutOfRange);
        }
        for deadline in [2, 100] {
            assert_ok!(order().with(|spec| spec.deadline = deadline).try_submit());
        }
    });
}

#[test]
fn an_auction_is_within_the_terms() {
    run(|| {
        for ticks in [0, 51, u32::MAX] {
            assert_noop!(order().auction(ticks).try_submit(), Fault::AuctionOutOfRange);
        }
        for ticks in [1, 50] {
            assert_ok!(order().auction(ticks).try_submit());
        }
    });
}

#[test]
fn a_buffer_has_whole_words_and_at_most_two_gib() {
    run(|| {
        for len in [0, 1, 2, 3, 5, 1023, MAX_BUFFER_BYTES + 4, u32::MAX] {
            let order = custom(vec![put(len)], vec![step(&constant(), vec![], 1, vec![7])]);
            assert_noop!(order.try_submit(), Fault::BadBufferLength);
        }
        for len in [4, 1028, MAX_BUFFER_BYTES] {
            assert_ok!(custom(vec![put(len)], vec![step(&constant(), vec![], 1, vec![7])]).try_submit());
        }
    });
}

#[test]
fn a_url_is_one_of_the_web() {
    run(|| {
        let with = |url: &[u8]| {
            let source = Source::Url(url.to_vec().try_into().unwrap());
            let input = Input { buffer: Buffer { root: [1; 32], len: 16 }, source };
            custom(vec![input], vec![step(&double(), vec![0], 4, vec![])]).try_submit()
        };
        for url in [
            &b""[..],
            b"http://",
            b"ftp://a",
            b"a.bin",
            b"http://a:65536",
            b"http://user@a",
            b"http://a b",
            b"http://a\n",
            "http://\u{e9}".as_bytes(),
        ] {
            assert_noop!(with(url), Fault::InvalidUrl);
        }
        assert_ok!(with(b"https://example.org/input.bin"));
        assert_ok!(with(b"HTTP://example.org:65535/input.bin?a=b#c"));
    });
}

#[test]
fn inline_inputs_are_limited_together() {
    run(|| {
        let inline = |len: u32| Input { source: Source::Inline, ..put(len) };
        let order =
            custom(vec![inline(MAX_INLINE / 2), inline(MAX_INLINE / 2 + 4)], vec![step(&double(), vec![0], 4, vec![])]);
        assert_noop!(order.try_submit(), Fault::TooMuchInlineData);
    });
}

#[test]
fn the_largest_inline_input_is_taken_and_readable() {
    run(|| {
        let data = bytes(0..MAX_INLINE / 4);
        let mut order = order();
        order.spec.inputs[0].buffer = Buffer { root: touchstone_kir::root(&data), len: data.len() as u32 };
        order.inline = vec![data.clone()];
        let job = order.submit();
        assert_eq!(ReverseAuction::inline_inputs(job), vec![(0, data)]);
    });
}

#[test]
fn inline_data_is_present_exactly_for_inline_inputs() {
    run(|| {
        let mut none = order();
        none.inline.clear();
        assert_noop!(none.try_submit(), Fault::WrongNumberOfInlineInputs);
        let mut twice = order();
        twice.inline.push(bytes(WORDS));
        assert_noop!(twice.try_submit(), Fault::WrongNumberOfInlineInputs);
        let put = Order { inline: vec![bytes(WORDS)], ..order().with(|spec| spec.inputs[0].source = Source::Put) };
        assert_noop!(put.try_submit(), Fault::WrongNumberOfInlineInputs);
    });
}

#[test]
fn inline_data_has_the_declared_length_and_root() {
    run(|| {
        let mut short = order();
        short.inline[0].truncate(12);
        assert_noop!(short.try_submit(), Fault::InlineLengthMismatch);
        let mut long = order();
        long.inline[0].extend([0; 4]);
        assert_noop!(long.try_submit(), Fault::InlineLengthMismatch);
        let mut other = order();
        other.inline[0][3] ^= 1;
        assert_noop!(other.try_submit(), Fault::InlineRootMismatch);
    });
}

#[test]
fn inline_inputs_keep_their_place_among_the_others() {
    run(|| {
        let mut order = order();
        let inline = order.spec.inputs[0].clone();
        order.spec.inputs = vec![put(8), inline].try_into().unwrap();
        order.spec.steps[0].reads = vec![1].try_into().unwrap();
        let job = order.submit();
        assert_eq!(ReverseAuction::inline_inputs(job), vec![(1, bytes(WORDS))]);
    });
}

#[test]
fn a_kernel_that_nobody_uploaded_is_refused() {
    run(|| {
        let order = order().with(|spec| spec.steps[0].kernel = [9; 32]);
        assert_noop!(order.try_submit(), Fault::UnknownKernel);
    });
}

#[test]
fn a_step_reads_inputs_and_earlier_outputs_only() {
    run(|| {
        let double = double();
        // One input: buffer 0. The steps define buffers 1 and 2.
        let chain = |second: u8| {
            let steps = vec![step(&double, vec![0], 4, vec![]), step(&double, vec![second], 4, vec![])];
            custom(vec![put(16)], steps)
        };
        assert_noop!(chain(2).try_submit(), Fault::ReadOutOfRange);
        assert_noop!(chain(255).try_submit(), Fault::ReadOutOfRange);
        assert_ok!(chain(0).try_submit());
        assert_ok!(chain(1).try_submit());
        assert_noop!(
            custom(vec![put(16)], vec![step(&double, vec![1], 4, vec![])]).try_submit(),
            Fault::ReadOutOfRange
        );
    });
}

#[test]
fn a_step_fits_its_kernel() {
    run(|| {
        for reads in [vec![], vec![0, 0]] {
            let order = custom(vec![put(16)], vec![step(&double(), reads, 4, vec![])]);
            assert_noop!(order.try_submit(), Fault::WrongNumberOfReads);
        }
        for params in [vec![], vec![1, 2]] {
            let order = custom(vec![], vec![step(&constant(), vec![], 4, params)]);
            assert_noop!(order.try_submit(), Fault::WrongNumberOfParams);
        }
    });
}

#[test]
fn an_output_is_at_most_two_gib() {
    run(|| {
        TestTerms::set(Terms { max_fuel: u64::MAX, max_memory: u64::MAX, ..TERMS });
        let with = |invocations| custom(vec![], vec![step(&constant(), vec![], invocations, vec![7])]).try_submit();
        assert_noop!(with(MAX_BUFFER_BYTES / 4 + 1), Fault::OutputTooLarge);
        assert_noop!(with(u32::MAX), Fault::OutputTooLarge);
        assert_ok!(with(MAX_BUFFER_BYTES / 4));
    });
}

#[test]
fn the_fuel_of_a_job_is_limited() {
    run(|| {
        // One invocation of `constant` burns 16 + 1 + 2.
        let with = |invocations| custom(vec![], vec![step(&constant(), vec![], invocations, vec![7])]).try_submit();
        TestTerms::set(Terms { max_fuel: 19 * 1_000, ..TERMS });
        assert_noop!(with(1_001), Fault::TooMuchFuel);
        assert_ok!(with(1_000));
    });
}

#[test]
fn the_memory_of_a_job_is_limited() {
    run(|| {
        TestTerms::set(Terms { max_memory: 40, ..TERMS });
        let with =
            |invocations| custom(vec![put(16)], vec![step(&double(), vec![0], invocations, vec![])]).try_submit();
        assert_noop!(with(7), Fault::TooMuchMemory);
        assert_ok!(with(6));
    });
}

#[test]
fn an_invocation_too_expensive_to_judge_is_refused() {
    run(|| {
        let code = vec![Instr::new(Op::Loop, 0, 0, 0, 1), Instr::new(Op::EndLoop, 0, 0, 0, 0)];
        let bound = Bound { c: 0, cap: u32::MAX, m: 1, param: Some(0), shift: 0 };
        let kernel =
            upload(Module { window: 1, registers: 1, params: 1, bounds: vec![bound], code, ..Default::default() });
        let with = |trips| custom(vec![], vec![step(&kernel, vec![], 1, vec![trips])]).try_submit();
        let most = MAX_FUEL as u32 - 16 - 1 - 1;
        assert_noop!(with(most + 1), Fault::InvocationTooExpensive);
        assert_noop!(with(u32::MAX), Fault::InvocationTooExpensive);
        assert_ok!(with(most));
    });
}

#[test]
fn an_invocation_whose_reads_cannot_fit_a_proof_is_refused() {
    run(|| {
        let code = vec![Instr::new(Op::View, 0, 0, 0, 0), Instr::new(Op::LoadView, 0, 0, 0, 0)];
        let bound = Bound { c: 0, cap: u32::MAX, m: 1, param: Some(0), shift: 0 };
        let kernel = upload(Module {
            window: 1,
            registers: 1,
            inputs: 1,
            params: 1,
            views: vec![ViewDecl { buffer: 0, bound: 0 }],
            bounds: vec![bound],
            code,
            ..Default::default()
        });
        let with = |words| custom(vec![put(1 << 20)], vec![step(&kernel, vec![0], 1, vec![words])]).try_submit();
        // 511 chunks of 256 words, and one more for where the view starts.
        assert_noop!(with(511 * 256 + 1), Fault::InvocationReadsTooMuch);
        assert_ok!(with(511 * 256));
    });
}

#[test]
fn submit_declares_at_least_the_bytes_of_the_kernels_of_all_steps() {
    run_market(|| {
        let two = order().with(|spec| spec.steps.try_push(spec.steps[0].clone()).unwrap());
        let needed = 2 * code_bytes_of(&double());
        let declared = |code_bytes| Order { code_bytes, ..two.clone() }.try_submit();
        assert_noop!(declared(0), Fault::UnderDeclared);
        assert_noop!(declared(needed - 1), Fault::UnderDeclared);
        assert_ok!(declared(needed));
        assert_eq!(ReverseAuction::view(two.id()).unwrap().totals.code_bytes, needed);
    });
}

fn submission(order: &Order) -> RuntimeCall {
    let inline: Vec<_> = order.inline.iter().map(|bytes| bytes.clone().try_into().unwrap()).collect();
    let Order { salt, spec, code_bytes, .. } = order.clone();
    RuntimeCall::ReverseAuction(crate::Call::submit {
        salt,
        spec: spec.into(),
        inline: inline.try_into().unwrap(),
        code_bytes,
    })
}

#[test]
fn submit_weighs_more_with_more_steps_inputs_code_and_inline_data() {
    let weight = |order: &Order| submission(order).get_dispatch_info().call_weight;
    let one = Order { code_bytes: 1_000, ..order() };
    let two = one.clone().with(|spec| spec.steps.try_push(spec.steps[0].clone()).unwrap());
    let wider = one.clone().with(|spec| spec.inputs.try_push(put(4)).unwrap());
    let coded = Order { code_bytes: 2_000, ..order() };
    let mut longer = one.clone();
    longer.inline[0].push(0);
    for more in [two, wider, coded, longer] {
        assert!(weight(&more).any_gt(weight(&one)));
    }
}

#[test]
fn submit_gives_back_the_weight_of_code_that_there_is_not() {
    run_market(|| {
        let used = |salt: u8, code_bytes| {
            let order = Order { code_bytes, ..order().auction(1).salt(salt) };
            let call = submission(&order);
            let info = call.get_dispatch_info();
            let post = call.dispatch(RuntimeOrigin::signed(BUYER)).unwrap();
            (info.call_weight, post.actual_weight.unwrap())
        };
        let (exact, least) = used(1, code_bytes_of(&double()));
        let (charged, spent) = used(2, MAX_CODE_BYTES as u32);
        assert!(charged.any_gt(exact));
        assert_eq!(spent, least);
    });
}

#[test]
fn a_kernel_in_use_cannot_be_removed_until_the_job_closes() {
    run(|| {
        let job = order().auction(5).submit();
        let remove = || KernelRegistry::remove(RuntimeOrigin::signed(WATCHER), double().hash());
        assert!(remove().is_err());
        assert_ok!(ReverseAuction::cancel(RuntimeOrigin::signed(BUYER), job));
        assert_ok!(remove());
        assert!(KernelRegistry::load(&double().hash()).is_none());
        // The closed record still says how long its outputs were.
        assert_eq!(ReverseAuction::view(job).unwrap().output_bytes, vec![16]);
    });
}

#[test]
fn the_payment_covers_price_fee_and_every_pass() {
    let terms = TERMS;
    assert_eq!(obligation(&terms, 10_000, 0), 10_000 + 200 + 30);
    // The floor of the fee: 1,000 per 10⁹ fuel.
    assert_eq!(obligation(&terms, 100, 3_000_000_000), 100 + 3_000 + 30);
    assert_eq!(obligation(&terms, u128::MAX, 0), u128::MAX);
}

#[test]
fn attempts_and_passes_are_limited_to_what_a_record_can_hold() {
    run(|| {
        let cases = [
            ((0, 0), (1, 1)),
            ((3, 3), (3, 3)),
            ((3, 13), (3, 13)),
            ((3, 14), (3, 13)),
            ((15, 9), (15, 1)),
            ((16, 0), (15, 1)),
            ((u32::MAX, u32::MAX), (15, 1)),
        ];
        for ((max_attempts, max_passes), copied) in cases {
            TestTerms::set(Terms { max_attempts, max_passes, ..TERMS });
            let terms = ReverseAuction::terms();
            assert_eq!((terms.max_attempts, terms.max_passes), copied);
        }
    });
}

#[test]
fn the_deposit_covers_the_longest_record_of_a_specification() {
    use codec::{Encode, MaxEncodedLen};
    run_market(|| {
        let order = order();
        let spec = order.spec.encoded_size();
        let record =
            crate::RecordOf::<Test>::max_encoded_len() - touchstone_primitives::JobSpec::max_encoded_len() + spec;
        let footprint = crate::appraise::footprint::<Test>(&order.spec);
        // The inline input and the keys of three indexes come on top.
        assert!(footprint.size as usize >= record + bytes(WORDS).len() + 3 * 32, "{footprint:?}, {record}");
        let job = order.submit();
        assert_ok!(commit(PROVIDERS[0], job, 1, &right_output()));
        assert!(Jobs::<Test>::get(job).unwrap().encoded_size() <= record);
    });
}

#[test]
fn a_refused_job_leaves_nothing_behind() {
    run(|| {
        let order = Order { buyer: POOR, ..order() };
        assert!(order.try_submit().is_err());
        assert_eq!(Jobs::<Test>::iter().count(), 0);
        assert_eq!(Inline::<Test>::iter().count(), 0);
        assert_eq!(KernelRegistry::view(double().hash()).unwrap().references, 0);
        assert!(matches!(order.spec.matching, Matching::Instant));
    });
}
