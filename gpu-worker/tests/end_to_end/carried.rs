//! A small result, which comes with its commitment: everybody can have it and check it, whatever its provider serves.

use touchstone_client::blobs;
use touchstone_primitives::{views::Stage, Source};

use crate::support::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_small_result_is_fetched_checked_and_refuted_though_its_provider_serves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let (url, chain) = (node.url.clone(), node.chain().await);
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    upload(&chain, &signer("//Alice"), &double).await;
    let provider = Provider::new(folder.path(), "//Bob");
    provider.register(&url, "1TSN").await;
    provider.until_active(&chain).await;
    let held = || async { chain.at_best().await.unwrap().balance(&provider.account()).await.unwrap().held };
    let before = held().await;

    let worker = provider.run(&url, &["--testing-corrupt-word", "1:77"]);
    let input = numbers(500, 3);
    let inputs = [(input.as_slice(), Source::Inline)];
    let steps: [(_, &[u8], u32); 2] = [(&double, &[0], 500), (&double, &[1], 500)];
    let id = submit_job(&chain, &buyer, 1, spec(&inputs, &steps, 30), &[&input]).await;
    let view = until_stage(&chain, id, "the job is committed", is_committed).await;
    let Stage::Committed { deal, .. } = &view.stage else { unreachable!() };
    assert_eq!(worker.interrupt(), Some(0));

    // The chain has the outputs, and holds what the client library says for them.
    let mut outputs = [times(&input, 2), times(&input, 4)];
    outputs[1][77 * 4] ^= 1;
    assert!(blobs::head(&provider.endpoint(), &touchstone_kir::root(&outputs[0])).await.is_err());
    let at = chain.at_best().await.unwrap();
    let result = at.result(id).await.unwrap().unwrap();
    assert_eq!((result.trace, result.carried), (trace_of(&outputs).buffer(), true));
    assert_eq!(at.outputs(&view, &result).await.unwrap().unwrap().outputs(), outputs);
    let deposit = chain.storage_price().await.unwrap().outputs(outputs.concat().len());
    assert_eq!(held().await, before + deposit);

    let job = id.to_string();
    for (step, output) in outputs.iter().enumerate() {
        let (step, file) = (step.to_string(), folder.path().join(format!("out.{step}")));
        let fetch = ["fetch", &job, "--step", &step, "-o", file.to_str().unwrap()];
        let (code, _, said) = touchstone(&url, "//Ferdie", &fetch).await;
        assert_eq!(code, 0, "{said}");
        assert!(std::fs::read(&file).unwrap() == *output, "{step}");
    }
    let (code, shown, said) = touchstone(&url, "//Ferdie", &["job", &job]).await;
    assert_eq!((code, &shown[0]["outputsOnChain"]), (0, &true.into()), "{said}");
    assert_eq!(shown[0]["roots"].as_array().unwrap().len(), 2);
    let (code, shown, said) = touchstone(&url, "//Charlie", &["verify", &job, "--all"]).await;
    assert_eq!((code, &shown[0]["wrong"]["step"], &shown[0]["wrong"]["word"]), (3, &1.into(), &77.into()), "{said}");
    let (code, shown, said) = touchstone(&url, "//Charlie", &["challenge", &job, "--dry-run"]).await;
    assert_eq!((code, &shown[0]["wrong"]["word"]), (3, &77.into()), "{said}");
    let (code, _, said) = touchstone(&url, "//Charlie", &["demand", &job]).await;
    assert_eq!(code, 1);
    assert!(said.contains("nothing of this result needs to be demanded"), "{said}");

    let watcher = Provider::new(folder.path(), "//Charlie");
    let (code, reports) = watcher.watch_once(&url, &["--cpu"]).await;
    assert_eq!((code, reports.len(), &reports[0]["verdict"]), (3, 1, &"wrong".into()), "{reports:?}");
    assert!(reports[0]["transaction"]["Ok"].as_u64().is_some(), "{reports:?}");
    let at = chain.at_best().await.unwrap();
    assert_eq!(at.result(id).await.unwrap(), None, "the result does not stand");
    assert_eq!(at.outputs(&view, &result).await.unwrap(), None, "its outputs are gone");
    assert_eq!(held().await, before - deal.collateral, "the deposit is back");

    // A worker that is told so keeps its outputs: they are a word longer than it may carry.
    let other = Provider::new(folder.path(), "//Dave");
    other.register(&url, "1TSN").await;
    other.until_active(&chain).await;
    let _worker = other.run(&url, &["--carry-outputs", "3999"]);
    let id = submit_job(&chain, &buyer, 2, spec(&inputs, &steps, 30), &[&input]).await;
    until_stage(&chain, id, "the job is committed", is_committed).await;
    let result = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
    assert_eq!((result.provider, result.carried), (other.account(), false));
    let output = times(&input, 4);
    let served = blobs::fetch(&other.endpoint(), &touchstone_kir::root(&output), 2000, |_| {}).await.unwrap();
    assert!(served == output);
}
