//! Node and worker go away and come back.

use std::time::Duration;

use touchstone_client::{blobs, chain::Call, trace};
use touchstone_primitives::Source;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_survives_the_restart_of_its_node_and_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (rpc, p2p) = (free_port(), free_port());
    // Without --tmp, so that the chain is there again.
    let start = || Node::start(folder.path(), "kept", rpc, p2p, &["--dev"]);
    let mut node = start();
    let url = node.url.clone();
    let chain = node.chain().await;
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    upload(&chain, &signer("//Alice"), &double).await;
    let provider = Provider::new(folder.path(), "//Bob");
    provider.register(&url, "1TSN").await;
    provider.until_active(&chain).await;
    let worker = provider.run(&url, &[]);

    // The node goes away between assignment and commitment: the input is put only when it is back.
    let put = numbers(1000, 5);
    let steps: [(_, &[u8], u32); 1] = [(&double, &[0], 1000)];
    let job = spec(&[(put.as_slice(), Source::Put)], &steps, 40);
    let id = submit_job(&chain, &buyer, 1, job, &[]).await;
    drop(node);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut node = start();
    let chain = node.chain().await;
    let assigned = chain.at_best().await.unwrap().job(id).await.unwrap();
    assert!(assigned.is_some(), "the block with the job was kept");
    let endpoint = provider.endpoint();
    blobs::put(&endpoint, &touchstone_kir::root(&put), put.clone().into()).await.unwrap();
    until_stage(&chain, id, "the job is committed", is_committed).await;

    // The worker is killed, as by a power cut, and serves again what it owes.
    drop(worker);
    assert!(blobs::head(&endpoint, &touchstone_kir::root(&put)).await.is_err());
    let worker = provider.run(&url, &[]);
    let result = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
    let output = times(&put, 2);
    let mut tries = 0;
    let fetched = loop {
        match blobs::fetch(&endpoint, &touchstone_kir::root(&output), output.len() as u32, |_| {}).await {
            Ok(bytes) => break bytes,
            Err(error) if tries > 60 => panic!("{error}"),
            Err(_) => tries += 1,
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    };
    assert!(fetched == output);
    assert_eq!(trace::fetch(&endpoint, result.trace).await.unwrap(), trace_of(&[output]));
    let call = Call::Accept { job: id, commitment: result.commitment };
    submit(&chain, &buyer, call).await;
    // It does not commit a second time: there is nothing left to be committed, and the slot's job still stands.
    tokio::time::sleep(Duration::from_secs(7)).await;
    let again = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
    assert_eq!(again.commitment, result.commitment);
    assert_eq!(worker.interrupt(), Some(0));
}
