use crate::*;

#[test]
fn the_runtime_speaks_every_version_of_metadata_that_clients_read() {
    for version in [14, 15, 16] {
        assert!(Runtime::metadata_versions().contains(&version), "{version}");
        let metadata = Runtime::metadata_at_version(version).expect("it is listed");
        assert_eq!(&metadata[..4], b"meta");
        assert_eq!(u32::from(metadata[4]), version);
    }
}

#[test]
fn wallets_know_every_transaction_extension() {
    use sp_runtime::traits::TransactionExtension;
    let names: Vec<_> = TxExtension::metadata().iter().map(|extension| extension.identifier).collect();
    assert_eq!(
        names,
        [
            "CheckNonZeroSender",
            "CheckSpecVersion",
            "CheckTxVersion",
            "CheckGenesis",
            "CheckMortality",
            "CheckNonce",
            "CheckWeight",
            "ChargeTransactionPayment",
            "CheckMetadataHash",
            "WeightReclaim",
        ]
    );
}

/// As the client library writes it: see its `chain/call.rs`.
#[test]
fn a_commitment_has_the_bytes_that_clients_write_with_and_without_outputs() {
    use codec::Encode;
    use touchstone_primitives::{Buffer, JobId};

    let (job, attempt, trace) = (JobId([1; 32]), 2u32, Buffer { root: [3; 32], len: 32 });
    for bytes in [None, Some(vec![4; 4])] {
        let arguments = (job, attempt, trace, bytes.clone());
        let outputs = bytes.map(|bytes: Vec<u8>| bytes.try_into().expect("they are few"));
        let commit = pallet_reverse_auction::Call::commit { job, attempt, trace, outputs };
        assert_eq!(RuntimeCall::ReverseAuction(commit).encode(), [vec![44, 4], arguments.encode()].concat());
    }
}

/// As the client library writes them: see its `chain/call.rs`.
#[test]
fn demands_and_answers_have_the_bytes_that_clients_write() {
    use codec::Encode;
    use touchstone_kir::{Node, Opening, Reveal};
    use touchstone_primitives::{CommitmentId, JobId, Subject, Target};

    let (job, commitment) = (JobId([1; 32]), CommitmentId([2; 32]));
    let node = Node { level: 6, position: 0x0403_0201 };
    let opening = Opening { ranges: vec![], data: vec![5; 4], siblings: vec![[6; 32]] };
    let target = Target::Output { instance: 9, trace: opening };
    let path = vec![[4; 32], [5; 32]];
    let shown_by: pallet_demands::ShownBy =
        vec![Subject { instance: None, node }].try_into().expect("one is not too many");
    let arguments = (job, commitment, target.clone(), node, [3u8; 32], path.clone(), shown_by.clone());
    let path = path.try_into().expect("it is short");
    let demand = pallet_demands::Call::demand { job, commitment, target, node, value: [3; 32], path, shown_by };
    assert_eq!(RuntimeCall::Demands(demand).encode(), [vec![46, 0], arguments.encode()].concat());

    let (subject, reveal) = (Subject { instance: Some(9), node }, Reveal::Bytes(vec![8; 4]));
    let arguments = (commitment, subject, reveal.clone());
    let reveal = pallet_demands::Call::reveal { commitment, subject, reveal };
    assert_eq!(RuntimeCall::Demands(reveal).encode(), [vec![46, 1], arguments.encode()].concat());
}
