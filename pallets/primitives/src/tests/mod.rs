mod amounts;
mod encodings;
mod trace;
mod url;

use codec::{Decode, Encode};
use proptest::prelude::*;

use crate::*;

fn terms() -> Terms {
    Terms {
        window_base: 2,
        bytes_per_tick: 1 << 20,
        accept_window: 2,
        min_deadline: 2,
        max_deadline: 100,
        auction: 5,
        max_auction: 100,
        retention: 200,
        max_attempts: 3,
        max_passes: 5,
        collateral_factor: 2,
        pass_fee: 10,
        bounty: 50,
        answer_time: 5,
        challenge_time: 5,
        demand_bond: 100,
        answer_price: 40,
        fee_ppm: 20_000,
        fee_floor_per_gigafuel: 7,
        fuel_per_byte: 1,
        max_fuel: 1 << 40,
        max_memory: 1 << 32,
    }
}

fn spec() -> JobSpec {
    JobSpec {
        inputs: Default::default(),
        steps: Default::default(),
        matching: Matching::Instant,
        class: None,
        asset: None,
        ceiling: 1_000,
        deadline: 4,
        min_collateral: 0,
    }
}

#[test]
fn a_job_id_depends_on_chain_buyer_salt_and_specification() {
    let id = JobId::new(&[0; 32], &1u64, &[0; 32], &spec());
    let others = [
        JobId::new(&[1; 32], &1u64, &[0; 32], &spec()),
        JobId::new(&[0; 32], &2u64, &[0; 32], &spec()),
        JobId::new(&[0; 32], &1u64, &[1; 32], &spec()),
        JobId::new(&[0; 32], &1u64, &[0; 32], &JobSpec { ceiling: 1_001, ..spec() }),
    ];
    assert_eq!(id, JobId::new(&[0; 32], &1u64, &[0; 32], &spec()));
    assert!(others.iter().all(|other| *other != id));
}

#[test]
fn a_commitment_id_depends_on_job_attempt_provider_and_trace() {
    let job = JobId([7; 32]);
    let trace = Buffer { root: [1; 32], len: 64 };
    let id = CommitmentId::new(&job, 1, &5u64, &trace);
    let others = [
        CommitmentId::new(&JobId([8; 32]), 1, &5u64, &trace),
        CommitmentId::new(&job, 2, &5u64, &trace),
        CommitmentId::new(&job, 1, &6u64, &trace),
        CommitmentId::new(&job, 1, &5u64, &Buffer { root: [2; 32], ..trace }),
        CommitmentId::new(&job, 1, &5u64, &Buffer { len: 32, ..trace }),
    ];
    assert_eq!(id, CommitmentId::new(&job, 1, &5u64, &trace));
    assert!(others.iter().all(|other| *other != id));
}

#[test]
fn ids_print_as_hexadecimal() {
    assert_eq!(JobId([0xab; 32]).to_string(), format!("0x{}", "ab".repeat(32)));
    assert_eq!(format!("{:?}", CommitmentId([1; 32])), format!("0x{}", "01".repeat(32)));
}

#[test]
fn a_price_is_rounded_up_to_the_next_unit() {
    let ask = Ask { per_gigafuel: 3, minimum: 0, slots: 1 };
    assert_eq!(ask.price(0), 0);
    assert_eq!(ask.price(1), 1);
    assert_eq!(ask.price(1_000_000_000), 3);
    assert_eq!(ask.price(1_000_000_001), 4);
}

#[test]
fn the_window_grows_with_deadline_and_input() {
    let terms = terms();
    assert_eq!(terms.window(4, 0), 10);
    assert_eq!(terms.window(5, 0), 12);
    assert_eq!(terms.window(4, 1), 11);
    assert_eq!(terms.window(4, 3 << 20), 13);
    assert_eq!(terms.window(Tick::MAX, u64::MAX), Tick::MAX);
}

#[test]
fn a_bandwidth_of_zero_does_not_divide_by_zero() {
    assert_eq!(Terms { bytes_per_tick: 0, ..terms() }.window(4, 5), 15);
}

#[test]
fn the_fee_is_the_share_of_the_price_or_the_floor() {
    let terms = terms();
    assert_eq!(terms.fee(1_000_000, 0), 20_000);
    assert_eq!(terms.fee(1, 0), 1);
    assert_eq!(terms.fee(0, 1_000_000_000), 7);
    assert_eq!(terms.fee(0, 1), 1);
    assert_eq!(terms.fee(0, 0), 0);
}

#[test]
fn opened_bytes_count_data_siblings_and_ranges() {
    let opening = touchstone_kir::Opening {
        ranges: vec![touchstone_kir::ChunkRange { first: 0, count: 1 }],
        data: vec![0; 1024],
        siblings: vec![[0; 32]; 3],
    };
    let of_one = 1024 + 3 * 64 + 64;
    let reads = vec![opening.clone(), opening.clone()];
    let proof = Proof { trace: opening.clone(), output: opening.clone(), reads };
    assert_eq!(proof.opened_bytes(), 4 * of_one);
    assert_eq!(Target::Trace.opened_bytes(), 0);
    assert_eq!(Target::Output { instance: 0, trace: opening }.opened_bytes(), of_one);
}

proptest! {
    #[test]
    fn prices_never_fall_when_work_or_ask_rise(ask in 0u128..1 << 80, work in any::<u64>(), more in any::<u64>()) {
        let price = |per_gigafuel, work| Ask { per_gigafuel, minimum: 0, slots: 1 }.price(work);
        prop_assert!(price(ask, work) <= price(ask, work.saturating_add(more)));
        prop_assert!(price(ask, work) <= price(ask + 1, work));
    }

    #[test]
    fn collateral_covers_price_fee_bounty_and_pass_fee(
        price in any::<u128>(),
        fuel in any::<u64>(),
        min in any::<u128>(),
    ) {
        let terms = terms();
        let collateral = terms.collateral(price, fuel, min);
        prop_assert!(collateral >= price.saturating_add(terms.fee(price, fuel)).saturating_add(terms.bounty));
        prop_assert!(collateral >= min);
        prop_assert!(collateral >= terms.pass_fee);
    }

    /// Whether the buyer has accepted or not: the bounty comes back to the refuter, what it has not paid itself burns.
    #[test]
    fn refuting_oneself_burns_at_least_the_bounty(
        price in 0u128..1 << 100, fuel in any::<u64>(), bounty in 0u128..1 << 100,
    ) {
        let terms = Terms { bounty, ..terms() };
        let collateral = terms.collateral(price, fuel, 0);
        let refund = price + terms.fee(price, fuel);
        prop_assert!(collateral - refund - bounty >= bounty);
    }

    #[test]
    fn the_highest_minimum_admits_every_collateral_below_the_ceiling(
        ceiling in any::<u128>(), less in any::<u128>(), fuel in any::<u64>(),
    ) {
        let terms = terms();
        let price = ceiling.saturating_sub(less);
        prop_assert!(terms.collateral(price, fuel, 0) <= terms.max_min_collateral(ceiling, fuel));
    }

    #[test]
    fn fee_at_the_ceiling_covers_the_fee_at_any_price_below(
        ceiling in any::<u128>(), fuel in any::<u64>(), part in 0.0f64..=1.0,
    ) {
        let price = ((ceiling as f64) * part) as u128;
        prop_assume!(price <= ceiling);
        prop_assert!(terms().fee(price, fuel) <= terms().fee(ceiling, fuel));
    }

    #[test]
    fn random_bytes_never_panic_the_decoders(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = JobSpec::decode(&mut &bytes[..]);
        let _ = Proof::decode(&mut &bytes[..]);
        let _ = Claim::decode(&mut &bytes[..]);
        let _ = Target::decode(&mut &bytes[..]);
    }

    #[test]
    fn specifications_survive_a_round_trip(
        kernel in any::<[u8; 32]>(),
        invocations in any::<u32>(),
        params in proptest::collection::vec(any::<u32>(), 0..=16),
        reads in proptest::collection::vec(any::<u8>(), 0..=8), root in any::<[u8; 32]>(), len in any::<u32>(),
        url in proptest::collection::vec(any::<u8>(), 0..=256), ceiling in any::<u128>(),
    ) {
        let input = |source| Input { buffer: Buffer { root, len }, source };
        let spec = JobSpec {
            inputs: vec![input(Source::Inline), input(Source::Put), input(Source::Url(url.try_into().unwrap()))]
                .try_into().unwrap(),
            steps: vec![Step {
                kernel, invocations, reads: reads.try_into().unwrap(), params: params.try_into().unwrap(),
            }].try_into().unwrap(),
            matching: Matching::Open { ticks: 9 },
            class: Some(DeviceClass::Discrete),
            asset: Some(1),
            ceiling,
            ..spec()
        };
        prop_assert_eq!(JobSpec::decode(&mut &spec.encode()[..]), Ok(spec));
    }
}
