//! Files of the blob store that were changed while the worker was away, as by a loss of power or a disk that fails.

use std::{fs, path::Path};

use touchstone_client::blobs;
use touchstone_primitives::Source;

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_input_whose_file_was_changed_or_cut_is_taken_again_and_the_right_result_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let (url, chain) = (node.url.clone(), node.chain().await);
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    upload(&chain, &signer("//Alice"), &double).await;
    let provider = Provider::new(folder.path(), "//Bob");
    provider.register(&url, "1TSN").await;
    provider.until_active(&chain).await;
    let endpoint = provider.endpoint();
    let put = numbers(1024, 5);
    let root = touchstone_kir::root(&put);
    let steps: [(_, &[u8], u32); 1] = [(&double, &[0], 1024)];

    let damages: [fn(&Path); 3] = [
        |_| {},
        |file| fs::write(file, b"").unwrap(),
        |file| {
            let mut bytes = fs::read(file).unwrap();
            bytes[100] = b'x';
            fs::write(file, bytes).unwrap();
        },
    ];
    for (salt, damage) in (1u8..).zip(damages) {
        damage(&provider.blob(&root));
        let worker = provider.run(&url, &[]);
        let job = spec(&[(put.as_slice(), Source::Put)], &steps, 20);
        let id = submit_job(&chain, &buyer, salt, job, &[]).await;
        blobs::put(&endpoint, &root, put.clone().into()).await.unwrap();
        until_stage(&chain, id, "the job is committed", is_committed).await;
        let result = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
        assert_eq!(result.roots, [touchstone_kir::root(&times(&put, 2))], "{salt}");
        assert_eq!(fs::read(provider.blob(&root)).unwrap(), put);
        // Anyone can check it.
        let served = blobs::fetch(&endpoint, &root, put.len() as u32, |_| {}).await.unwrap();
        assert!(served == put);
        assert_eq!(worker.interrupt(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_whose_file_is_changed_while_the_worker_runs_is_fetched_again_and_never_computed_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let (url, chain) = (node.url.clone(), node.chain().await);
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    upload(&chain, &signer("//Alice"), &double).await;
    let provider = Provider::new(folder.path(), "//Bob");
    provider.register(&url, "1TSN").await;
    provider.until_active(&chain).await;
    let _worker = provider.run(&url, &[]);
    let (first, second) = (numbers(1024, 5), numbers(1024, 6));
    let root = touchstone_kir::root(&first);
    let steps: [(_, &[u8], u32); 2] = [(&double, &[0], 1024), (&double, &[1], 1024)];

    // The first input is changed after it arrived; the second one, for which the job waits, comes after that.
    let source = serve(first.clone()).await.into_bytes().try_into().unwrap();
    let inputs = [(first.as_slice(), Source::Url(source)), (second.as_slice(), Source::Put)];
    let id = submit_job(&chain, &buyer, 1, spec(&inputs, &steps, 40), &[]).await;
    until(&chain, "the first input is here", |_| async { provider.blob(&root).exists().then_some(()) }).await;
    let mut changed = first.clone();
    changed[100] ^= 1;
    fs::write(provider.blob(&root), changed).unwrap();
    blobs::put(&provider.endpoint(), &touchstone_kir::root(&second), second.clone().into()).await.unwrap();
    until_stage(&chain, id, "the job is committed", is_committed).await;
    let result = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
    assert_eq!(result.roots, [&first, &second].map(|input| touchstone_kir::root(&times(input, 2))));
    assert_eq!(fs::read(provider.blob(&root)).unwrap(), first);
    assert!(provider.blob(&root).with_file_name("set-aside").join(hex::encode(root)).exists());
}

/// Serves these bytes over HTTP and gives their URL.
async fn serve(bytes: Vec<u8>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/input", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/input", axum::routing::get(move || async move { bytes.clone() }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
