//! The bytes of what programs send and read, spelled out. Programs outside the chain rely on them: a change of one of
//! these changes every client.

use codec::{Decode, Encode, MaxEncodedLen};
use touchstone_kir::{ChunkRange, Opening};

use crate::*;

/// Bytes in a row.
fn row(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// A value has exactly these bytes, and they have exactly this value.
fn is<T: Encode + Decode + PartialEq + core::fmt::Debug>(value: T, bytes: &[u8]) {
    assert_eq!(value.encode(), bytes, "{value:?}");
    assert_eq!(T::decode(&mut &bytes[..]).as_ref(), Ok(&value));
    for cut in 0..bytes.len() {
        assert!(T::decode(&mut &bytes[..cut]).is_err(), "{value:?} out of {cut} bytes");
    }
}

#[test]
fn ids_are_their_32_bytes() {
    is(JobId([3; 32]), &[3; 32]);
    is(CommitmentId([4; 32]), &[4; 32]);
}

#[test]
fn a_job_id_is_8_bytes_of_the_hash_of_its_buyer_and_24_of_the_hash_of_these_bytes() {
    let spec = super::spec();
    let bytes = row(&[&[9; 32], &7u64.to_le_bytes(), &[8; 32], &spec.encode()]);
    let id = JobId::new(&[9; 32], &7u64, &[8; 32], &spec);
    assert_eq!(id.0[..8], touchstone_kir::root(&7u64.to_le_bytes())[..8]);
    assert_eq!(id.0[..8], JobId::prefix_of(&7u64));
    assert_eq!(id.0[8..], touchstone_kir::root(&bytes)[8..]);
}

#[test]
fn a_commitment_id_is_the_hash_of_these_bytes() {
    // Root and length of the trace come last.
    let bytes = row(&[&[1; 32], &2u32.to_le_bytes(), &7u64.to_le_bytes(), &[5; 32], &64u32.to_le_bytes()]);
    let id = CommitmentId::new(&JobId([1; 32]), 2, &7u64, &Buffer { root: [5; 32], len: 64 });
    assert_eq!(id.0, touchstone_kir::root(&bytes));
}

#[test]
fn subjects_and_demands() {
    use touchstone_kir::Node;
    let node = Node { level: 7, position: 0x0403_0201 };
    is(Subject { instance: None, node }, &[0, 7, 1, 2, 3, 4]);
    is(Subject { instance: Some(9), node }, &[1, 9, 0, 0, 0, 7, 1, 2, 3, 4]);
    let view = crate::views::DemandView {
        job: JobId([3; 32]),
        instance: Some(9),
        node,
        len: 1024,
        demander: 5u8,
        deadline: 8,
        answered: true,
    };
    assert_eq!(view.subject(), Subject { instance: Some(9), node });
    is(view, &row(&[&[3; 32], &[1, 9, 0, 0, 0, 7, 1, 2, 3, 4], &[0, 4, 0, 0], &[5], &[8, 0, 0, 0], &[1]]));
}

#[test]
fn sources_and_inputs() {
    is(Source::Inline, &[0]);
    is(Source::Put, &[1]);
    is(Source::Url(b"x:".to_vec().try_into().unwrap()), &[2, 2 << 2, b'x', b':']);
    let buffer = Buffer { root: [5; 32], len: 0x0403_0201 };
    is(Input { buffer, source: Source::Put }, &row(&[&[5; 32], &[1, 2, 3, 4], &[1]]));
}

#[test]
fn matching_and_classes() {
    is(Matching::Instant, &[0]);
    is(Matching::Open { ticks: 9 }, &[1, 9, 0, 0, 0]);
    for (class, byte) in DeviceClass::ALL.into_iter().zip(0u8..) {
        is(class, &[byte]);
    }
    assert!(DeviceClass::decode(&mut &[3u8][..]).is_err());
}

#[test]
fn a_step_is_kernel_reads_invocations_parameters() {
    let step = Step {
        kernel: [7; 32],
        reads: vec![0, 2].try_into().unwrap(),
        invocations: 0x100,
        params: vec![1, u32::MAX].try_into().unwrap(),
    };
    is(step, &row(&[&[7; 32], &[2 << 2, 0, 2], &[0, 1, 0, 0], &[2 << 2], &[1, 0, 0, 0], &[255, 255, 255, 255]]));
}

#[test]
fn a_specification_is_its_fields_in_order() {
    let spec = JobSpec {
        inputs: vec![Input { buffer: Buffer { root: [1; 32], len: 8 }, source: Source::Inline }].try_into().unwrap(),
        steps: Default::default(),
        matching: Matching::Open { ticks: 5 },
        class: Some(DeviceClass::Integrated),
        asset: Some(6),
        ceiling: 0x0102,
        deadline: 4,
        min_collateral: 1,
    };
    let expected = row(&[
        &[1 << 2],
        &[1; 32],
        &[8, 0, 0, 0],
        &[0],
        &[0],
        &[1, 5, 0, 0, 0],
        &[1, 1],
        &[1, 6, 0, 0, 0],
        &0x0102u128.to_le_bytes(),
        &4u32.to_le_bytes(),
        &1u128.to_le_bytes(),
    ]);
    is(spec, &expected);
    let nothing = row(&[&[0, 0, 0, 0, 0], &1_000u128.to_le_bytes(), &4u32.to_le_bytes(), &0u128.to_le_bytes()]);
    is(super::spec(), &nothing);
}

#[test]
fn asks_and_devices() {
    let ask = Ask { per_gigafuel: 3, minimum: 2, slots: 1 };
    is(ask, &row(&[&3u128.to_le_bytes(), &2u128.to_le_bytes(), &[1]]));
    let spec = DeviceSpec { name: b"gpu".to_vec().try_into().unwrap(), class: DeviceClass::Discrete, memory: 1 << 32 };
    is(spec, &row(&[&[3 << 2], b"gpu", &[2], &(1u64 << 32).to_le_bytes()]));
}

/// An opening and its bytes.
fn opening() -> (Opening, Vec<u8>) {
    let opening = Opening {
        ranges: vec![ChunkRange { first: 1, count: 2 }],
        data: vec![9, 8, 7],
        siblings: vec![[6; 32], [5; 32]],
    };
    let bytes = row(&[&[1 << 2], &[1, 0, 0, 0, 2, 0, 0, 0], &[3 << 2, 9, 8, 7], &[2 << 2], &[6; 32], &[5; 32]]);
    (opening, bytes)
}

#[test]
fn a_claim_is_72_bytes_and_its_limits_12() {
    let claim = Claim { job: JobId([1; 32]), commitment: CommitmentId([3; 32]), instance: 0x0403_0201, word: 5 };
    is(claim, &row(&[&[1; 32], &[3; 32], &[1, 2, 3, 4], &[5, 0, 0, 0]]));
    assert_eq!(Claim::max_encoded_len(), 72);
    is(
        ProofLimits { fuel: 1 << 24, code_bytes: 50_000 },
        &row(&[&(1u64 << 24).to_le_bytes(), &50_000u32.to_le_bytes()]),
    );
}

#[test]
fn a_proof_is_the_openings_of_the_trace_and_the_output_and_those_of_the_reads() {
    let (opening, bytes) = opening();
    is(opening.clone(), &bytes);
    let trace = Opening { ranges: vec![ChunkRange { first: 7, count: 1 }], data: vec![], siblings: vec![] };
    let of_trace = [1u8 << 2, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0];
    let proof = Proof { trace, output: opening.clone(), reads: vec![Opening::default(), opening] };
    is(proof, &row(&[&of_trace, &bytes, &[2 << 2], &[0, 0, 0], &bytes]));
}

#[test]
fn a_target_is_the_trace_or_an_instance_with_the_opening_of_its_root() {
    let (trace, bytes) = opening();
    is(Target::Trace, &[0]);
    is(Target::Output { instance: 0x0403_0201, trace }, &row(&[&[1], &[1, 2, 3, 4], &bytes]));
    assert!(Target::decode(&mut &[2u8][..]).is_err());
}

#[test]
fn a_result_is_attempt_commitment_provider_trace_and_whether_the_chain_has_its_outputs() {
    let result = crate::views::ResultView {
        attempt: 2,
        commitment: CommitmentId([4; 32]),
        provider: 7u64,
        trace: Buffer { root: [5; 32], len: 64 },
        carried: true,
    };
    is(result, &row(&[&[2, 0, 0, 0], &[4; 32], &7u64.to_le_bytes(), &[5; 32], &[64, 0, 0, 0], &[1]]));
}

#[test]
fn carried_outputs_are_their_bytes_and_no_more_than_64_kib() {
    let most = MAX_CARRIED_BYTES as usize;
    // A length of four bytes: 65,536 in the upper 30 bits, and the mode 2.
    let bytes = row(&[&(MAX_CARRIED_BYTES << 2 | 2).to_le_bytes(), &vec![7u8; most]]);
    let outputs = CarriedOutputs::try_from(vec![7; most]).unwrap();
    assert!(outputs.encode() == bytes && CarriedOutputs::decode(&mut &bytes[..]) == Ok(outputs));
    assert!(CarriedOutputs::decode(&mut &vec![7u8; most + 1].encode()[..]).is_err());
    is(CarriedOutputs::try_from(vec![1, 2]).unwrap(), &[2 << 2, 1, 2]);
}

#[test]
fn lists_that_are_too_long_are_refused_when_they_are_read() {
    fn refused<T: Decode>(bytes: Vec<u8>) -> bool {
        T::decode(&mut &bytes[..]).is_err()
    }
    // A name of 65 bytes, an endpoint's length is the pallet's; 17 parameters; 9 reads; 17 steps.
    assert!(refused::<DeviceSpec>(row(&[&[(65 << 2 & 0xFF) as u8 | 1, 1], &[b'x'; 65], &[2], &[0; 8]])));
    assert!(refused::<Step>(row(&[&[7; 32], &[0], &[0; 4], &[17 << 2], &[0; 68]])));
    assert!(refused::<Step>(row(&[&[7; 32], &[9 << 2], &[0; 9], &[0; 4], &[0]])));
    let step = [&[7u8; 32][..], &[0], &[1, 0, 0, 0], &[0]].concat();
    let spec = |steps: usize| row(&[&[0], &[(steps << 2) as u8], &step.repeat(steps), &[0, 0, 0], &[0; 16 + 4 + 16]]);
    assert!(!refused::<JobSpec>(spec(16)));
    assert!(refused::<JobSpec>(spec(17)));
}

#[test]
fn terms_are_their_fields_in_order() {
    let terms = super::terms();
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let bytes = row(&[
        &words(&[2, 1 << 20, 2, 2, 100, 5, 100, 200, 3, 5, 2]),
        &10u128.to_le_bytes(),
        &50u128.to_le_bytes(),
        &words(&[5, 5]),
        &100u128.to_le_bytes(),
        &40u128.to_le_bytes(),
        &words(&[20_000]),
        &7u128.to_le_bytes(),
        &words(&[1]),
        &(1u64 << 40).to_le_bytes(),
        &(1u64 << 32).to_le_bytes(),
    ]);
    is(terms, &bytes);
}

#[test]
fn reasons_for_an_end_have_numbers_that_stay() {
    let reasons = [
        CloseReason::Settled,
        CloseReason::NoBids,
        CloseReason::AttemptsExhausted,
        CloseReason::RefutedAfterAcceptance,
        CloseReason::Cancelled,
    ];
    for (reason, number) in reasons.into_iter().zip(0u8..) {
        is(reason, &[number]);
    }
}

#[test]
fn ends_of_assignments_and_reasons_for_a_pass_have_numbers_that_stay() {
    is(AttemptEnd::Passed(PassReason::InputsMissing), &[0, 0]);
    is(AttemptEnd::Passed(PassReason::UrlRefused { status: 404 }), &[0, 1, 0x94, 0x01]);
    is(AttemptEnd::Passed(PassReason::DoesNotFit), &[0, 2]);
    is(AttemptEnd::Passed(PassReason::DeviceFault), &[0, 3]);
    is(AttemptEnd::Passed(PassReason::TooSlow), &[0, 4]);
    is(AttemptEnd::Passed(PassReason::Other), &[0, 5]);
    is(AttemptEnd::Missed, &[1]);
    is(AttemptEnd::Refuted, &[2]);
    assert!(AttemptEnd::decode(&mut &[3u8][..]).is_err());
    assert!(PassReason::decode(&mut &[6u8][..]).is_err());
}

#[test]
fn a_page_is_its_entries_and_where_the_next_one_begins() {
    use crate::views::{Cursor, Page};
    is(Page { items: vec![7u8, 8], next: Some(Cursor(vec![9])) }, &[2 << 2, 7, 8, 1, 1 << 2, 9]);
    is(Page::<u8> { items: vec![], next: None }, &[0, 0]);
}
