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
