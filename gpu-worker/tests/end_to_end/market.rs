//! One market: paid, passed, refuted, missed.

use std::{path::Path, time::Duration};

use codec::Decode;
use touchstone_client::{
    blobs::{self, Endpoint},
    chain::Chain,
    trace,
};
use touchstone_kir::{Op, Opening};
use touchstone_primitives::{views::Stage, Ask, Buffer, CloseReason, JobId, Source};

use crate::support::*;

/// One node, one provider at a time: instant matching looks at all of them.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_paid_refuted_and_missed_as_they_deserve() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let chain = node.chain().await;
    upload(&chain, &signer("//Alice"), &kernel(DOUBLE)).await;

    honest_work_is_served_verified_and_paid(&node.url, &chain, folder.path()).await;
    a_corrupted_word_is_refuted_in_one_transaction(&node.url, &chain, folder.path()).await;
    roots_of_a_false_length_are_refuted_in_one_transaction_each(&node.url, &chain, folder.path()).await;
    a_missed_deadline_costs_the_collateral(&chain, folder.path()).await;
    inputs_are_brought_until_the_provider_takes_them(&node.url, &chain, folder.path()).await;
}

async fn honest_work_is_served_verified_and_paid(url: &str, chain: &Chain, folder: &Path) {
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    let provider = Provider::new(folder, "//Bob");
    let shown = provider.register(url, "1TSN").await;
    assert_eq!(shown["account"], provider.account().to_string());
    assert_eq!(shown["devices"].as_array().unwrap().len(), 1);
    provider.until_active(chain).await;
    let worker = provider.run(url, &[]);

    // An input that is put, an input that came with the submission, and two steps.
    let put = numbers(50_000, 1);
    let inline = numbers(300, 2);
    let steps: [(_, &[u8], u32); 3] = [(&double, &[0], 50_000), (&double, &[2], 50_000), (&double, &[1], 300)];
    let inputs = [(put.as_slice(), Source::Put), (inline.as_slice(), Source::Inline)];
    let job = spec(&inputs, &steps, DEADLINE);
    let before = chain.at_best().await.unwrap().balance(&provider.account()).await.unwrap();
    let id = submit_job(chain, &buyer, 1, job, &[&inline]).await;
    let assigned = chain.at_best().await.unwrap().job(id).await.unwrap().unwrap();
    let Stage::Assigned { deal, .. } = &assigned.stage else {
        panic!("instant matching assigns in the same block: {:?}", assigned.stage)
    };
    assert_eq!(deal.provider, provider.account());
    let price = deal.price;

    let served_at = String::from_utf8(assigned.endpoint.clone().unwrap()).unwrap();
    let endpoint = endpoint(&served_at);
    let root = touchstone_kir::root(&put);
    blobs::put(&endpoint, &root, put.clone().into()).await.unwrap();
    until_stage(chain, id, "the job is committed", is_committed).await;

    // What was committed is what the kernel gives, and it is served.
    let result = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
    let expected = [times(&put, 2), times(&put, 4), times(&inline, 2)];
    assert_eq!(result.trace, trace_of(&expected).buffer());
    for bytes in &expected {
        let fetched = blobs::fetch(&endpoint, &touchstone_kir::root(bytes), bytes.len() as u32, |_| {}).await.unwrap();
        assert!(fetched == *bytes);
    }
    the_trace_is_served_and_has_the_roots_of_the_outputs(url, chain, id, &endpoint, &expected).await;
    let fetched = blobs::fetch(&endpoint, &root, put.len() as u32, |_| {}).await.unwrap();
    assert!(fetched == put, "inputs are served too");

    // A watcher finds nothing wrong, on the device, on the CPU and by sampling.
    let watcher = Provider::new(folder, "//Charlie");
    for arguments in [&[][..], &["--cpu"], &["--sample", "20"]] {
        let (code, reports) = watcher.watch_once(url, arguments).await;
        assert_eq!((code, reports.len()), (0, 1), "{arguments:?} {reports:?}");
        assert_eq!(reports[0]["verdict"], "right");
        assert_eq!(reports[0]["job"], id.to_string());
    }

    let closed = until_stage(chain, id, "the window ends", is_closed).await;
    let Stage::Closed { reason, .. } = closed.stage else { unreachable!() };
    assert_eq!(reason, CloseReason::Settled);
    let at = chain.at_best().await.unwrap();
    let after = at.balance(&provider.account()).await.unwrap();
    let view = at.provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((view.settled, view.refuted, view.missed), (1, 0, 0));
    assert_eq!(at.escrow(id).await.unwrap(), None);
    // The price came in; the transaction fee of one commitment went out.
    let gained = after.free + after.held - before.free - before.held;
    assert!(gained <= price && gained > price / 2, "{gained} of {price}");

    a_job_whose_input_never_comes_is_passed(chain, &provider).await;
    assert_eq!(worker.interrupt(), Some(0), "Ctrl-C ends it cleanly");
    provider.retire(chain).await;
}

async fn the_trace_is_served_and_has_the_roots_of_the_outputs(
    url: &str,
    chain: &Chain,
    id: JobId,
    endpoint: &Endpoint,
    outputs: &[Vec<u8>],
) {
    let result = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
    let roots: Vec<_> = outputs.iter().map(|output| touchstone_kir::root(output)).collect();
    let Buffer { root, len } = result.trace;
    assert_eq!(blobs::head(endpoint, &root).await.unwrap(), Some(len.into()));
    assert!(blobs::fetch(endpoint, &root, len, |_| {}).await.unwrap() == roots.concat());
    assert_eq!(trace::fetch(endpoint, result.trace).await.unwrap().roots(), roots);

    let (code, shown, said) = touchstone(url, "//Ferdie", &["job", &id.to_string()]).await;
    assert_eq!(code, 0, "{said}");
    let hex = |root: &[u8; 32]| format!("0x{}", hex::encode(root));
    assert_eq!(shown[0]["trace"], serde_json::json!({ "root": hex(&root), "bytes": len }));
    assert_eq!(shown[0]["roots"], serde_json::json!(roots.iter().map(hex).collect::<Vec<_>>()));
}

async fn a_job_whose_input_never_comes_is_passed(chain: &Chain, provider: &Provider) {
    let (double, account) = (kernel(DOUBLE), provider.account());
    let never = numbers(64, 6);
    let steps: [(_, &[u8], u32); 1] = [(&double, &[0], 64)];
    let before = chain.at_best().await.unwrap().provider(&account).await.unwrap().unwrap();
    let job = spec(&[(never.as_slice(), Source::Put)], &steps, 20);
    let id = submit_job(chain, &signer("//Ferdie"), 6, job, &[]).await;
    let view = until_stage(chain, id, "the provider passes", |stage| !matches!(stage, Stage::Assigned { .. })).await;
    assert!(!is_committed(&view.stage));
    let (terms, after) = (view.terms, chain.at_best().await.unwrap().provider(&account).await.unwrap().unwrap());
    assert_eq!((after.missed, after.refuted, after.open_jobs), (0, 0, 0));
    assert_eq!(before.free_stake - after.free_stake, terms.pass_fee, "passing costs the fee and nothing else");
}

async fn a_corrupted_word_is_refuted_in_one_transaction(url: &str, chain: &Chain, folder: &Path) {
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    let provider = Provider::new(folder, "//Dave");
    provider.register(url, "1TSN").await;
    provider.until_active(chain).await;
    let _worker = provider.run(url, &["--testing-corrupt-word", "1:777"]);

    let input = numbers(2000, 3);
    let steps: [(_, &[u8], u32); 2] = [(&double, &[0], 2000), (&double, &[1], 2000)];
    let job = spec(&[(input.as_slice(), Source::Inline)], &steps, DEADLINE);
    let at = chain.at_best().await.unwrap();
    let buyer_before = at.balance(buyer.account()).await.unwrap();
    let stake_before = at.provider(&provider.account()).await.unwrap().unwrap().free_stake;
    let id = submit_job(chain, &buyer, 2, job, &[&input]).await;
    let committed = until_stage(chain, id, "the job is committed", is_committed).await;
    let Stage::Committed { deal, .. } = committed.stage else { unreachable!() };
    let result = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
    let trace = trace::fetch(&provider.endpoint(), result.trace).await.unwrap();
    assert_eq!(trace.roots()[0], touchstone_kir::root(&times(&input, 2)));
    assert_ne!(trace.roots()[1], touchstone_kir::root(&times(&input, 4)));

    let watcher = Provider::new(folder, "//Charlie");
    let (code, reports) = watcher.watch_once(url, &[]).await;
    assert_eq!(code, 3, "{reports:?}");
    let report = &reports[0];
    assert_eq!(report["verdict"], "wrong");
    assert_eq!((&report["wrong"]["step"], &report["wrong"]["word"]), (&1.into(), &777.into()));
    let (committed, computed) = (&report["wrong"]["committed"], &report["wrong"]["computed"]);
    assert_eq!(committed.as_u64().unwrap() ^ 1, computed.as_u64().unwrap());
    let block = report["transaction"]["Ok"].as_u64().expect("one transaction, in a block");
    assert!(block > 0);

    let at = chain.at_best().await.unwrap();
    let view = at.provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((view.settled, view.refuted), (0, 1));
    assert_eq!(view.free_stake, stake_before - deal.collateral, "the collateral is lost");
    assert_eq!(at.result(id).await.unwrap(), None, "the result does not stand");
    // Nobody else bids, so the auction that follows closes the job and frees what was held.
    let closed = until_stage(chain, id, "the auction that follows ends", is_closed).await;
    assert!(matches!(closed.stage, Stage::Closed { reason: CloseReason::NoBids, .. }), "{:?}", closed.stage);
    let at = chain.at_best().await.unwrap();
    assert_eq!(at.escrow(id).await.unwrap(), None);
    let buyer_after = at.balance(buyer.account()).await.unwrap();
    let spent = (buyer_before.free + buyer_before.held) - (buyer_after.free + buyer_after.held);
    // What was held is a hundred times as much.
    assert!(spent < 100_000_000_000, "all but the fee of the submission came back: {spent}");
    provider.retire(chain).await;
}

/// A provider that comes up after the job was assigned, even after its last moment to pass.
async fn inputs_are_brought_until_the_provider_takes_them(url: &str, chain: &Chain, folder: &Path) {
    let provider = Provider::new(folder, "//Bob");
    provider.register(url, "1TSN").await;
    provider.until_active(chain).await;
    std::fs::write(folder.join("double.wgsl"), DOUBLE).unwrap();
    let input = numbers(3000, 7);
    std::fs::write(folder.join("numbers.bin"), &input).unwrap();
    let manifest = folder.join("job.toml");
    let text = r#"
        ceiling = "10TSN"
        deadline = 20
        [[input]]
        name = "numbers"
        file = "numbers.bin"
        source = "put"
        [[step]]
        name = "double"
        kernel = "double.wgsl"
        reads = ["numbers"]
        invocations = 3000
    "#;
    std::fs::write(&manifest, text).unwrap();
    let late = async {
        tokio::time::sleep(Duration::from_secs(12)).await;
        provider.run(url, &[])
    };
    let submitted = ["submit", manifest.to_str().unwrap(), "--upload-kernels"];
    let ((code, events, said), worker) = tokio::join!(touchstone(url, "//Ferdie", &submitted), late);
    assert_eq!(code, 0, "{said}");
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["sending", "submitted", "assigned", "put"], "{said}");
    let id = touchstone_primitives::JobId(
        hex::decode(events[0]["job"].as_str().unwrap().trim_start_matches("0x")).unwrap().try_into().unwrap(),
    );
    until_stage(chain, id, "the job is committed", is_committed).await;
    let result = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
    assert_eq!(result.trace, trace_of(&[times(&input, 2)]).buffer());
    drop(worker);
    a_kernel_that_the_device_gets_wrong_is_passed_and_others_are_done(url, chain, &provider).await;
    provider.retire(chain).await;
}

/// A driver that passed the self-test, and yet mistakes one kernel.
async fn a_kernel_that_the_device_gets_wrong_is_passed_and_others_are_done(
    url: &str,
    chain: &Chain,
    provider: &Provider,
) {
    let (buyer, count) =
        (signer("//Ferdie"), kernel(&DOUBLE.replace("2u * numbers[id.x]", "countOneBits(numbers[id.x])")));
    upload(chain, &signer("//Alice"), &count).await;
    provider.passes_the_self_test_in_spite_of(Op::Popcnt);
    let _worker = provider.run(url, &["--testing-wrong-operation", "popcnt"]);
    let account = provider.account();
    let before = chain.at_best().await.unwrap().provider(&account).await.unwrap().unwrap();

    let input = numbers(200, 8);
    let inputs = [(input.as_slice(), Source::Inline)];
    let wrong = submit_job(chain, &buyer, 8, spec(&inputs, &[(&count, &[0], 200)], 20), &[&input]).await;
    let view = until_stage(chain, wrong, "the provider passes", |stage| !matches!(stage, Stage::Assigned { .. })).await;
    assert!(!is_committed(&view.stage), "{:?}", view.stage);
    let after = chain.at_best().await.unwrap().provider(&account).await.unwrap().unwrap();
    assert_eq!(
        before.free_stake - after.free_stake,
        view.terms.pass_fee,
        "it costs the fee of a pass and nothing else"
    );

    let right = submit_job(chain, &buyer, 9, spec(&inputs, &[(&kernel(DOUBLE), &[0], 200)], 20), &[&input]).await;
    until_stage(chain, right, "the job is committed", is_committed).await;
    let result = chain.at_best().await.unwrap().result(right).await.unwrap().unwrap();
    assert_eq!(result.trace, trace_of(&[times(&input, 2)]).buffer());
}

/// Of two results of one provider one is refuted by hand and one by a watcher.
async fn roots_of_a_false_length_are_refuted_in_one_transaction_each(url: &str, chain: &Chain, folder: &Path) {
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    let provider = Provider::new(folder, "//Alice");
    provider.register(url, "1TSN").await;
    provider.until_active(chain).await;
    let _worker = provider.run(url, &["--testing-false-length", "0:4096"]);

    let steps: [(_, &[u8], u32); 2] = [(&double, &[0], 2000), (&double, &[0], 100)];
    let mut jobs = Vec::new();
    for salt in [4, 5] {
        let input = numbers(2000, salt.into());
        let job = spec(&[(input.as_slice(), Source::Inline)], &steps, 10);
        let id = submit_job(chain, &buyer, salt, job, &[&input]).await;
        jobs.push((id, times(&input, 2)));
    }
    for (id, output) in &jobs {
        until_stage(chain, *id, "the job is committed", is_committed).await;
        let result = chain.at_best().await.unwrap().result(*id).await.unwrap().unwrap();
        let trace = trace::fetch(&provider.endpoint(), result.trace).await.unwrap();
        assert_eq!(trace.roots()[0], touchstone_kir::root(&output[..4096]), "a root of less data");
    }
    let view = chain.at_best().await.unwrap().provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((view.settled, view.refuted), (0, 0));

    // By hand: first looked at, then proved into a file, then refuted.
    let job = jobs[0].0.to_string();
    let (code, shown, said) = touchstone(url, "//Charlie", &["verify", &job]).await;
    assert_eq!(code, 3, "{said}");
    let wrong = serde_json::json!({ "target": "output", "step": 0, "committedBytes": 4096, "declaredBytes": 8000 });
    assert_eq!(shown[0]["wrong"], wrong);
    let file = folder.join("proof.scale");
    let path = file.to_str().unwrap();
    let (code, shown, said) = touchstone(url, "//Charlie", &["challenge", &job, "--dry-run", "--out", path]).await;
    assert_eq!(code, 3, "{said}");
    let proof = std::fs::read(&file).unwrap();
    assert_eq!((&shown[0]["wrong"], &shown[0]["proofBytes"]), (&wrong, &proof.len().into()));
    let opening = Opening::decode(&mut proof.as_slice()).unwrap();
    let result = chain.at_best().await.unwrap().result(jobs[0].0).await.unwrap().expect("nothing was submitted");
    let trace = trace::fetch(&provider.endpoint(), result.trace).await.unwrap();
    assert!(touchstone_kir::verify(&opening, &trace.roots()[0], 4096).is_ok());
    let summary = std::fs::read(folder.join("proof.scale.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    assert_eq!(summary["call"], "disputes.refuteLength");
    assert_eq!(summary["arguments"]["commitment"], result.commitment.to_string());
    let target = &summary["arguments"]["target"]["Output"];
    assert_eq!((&target["instance"], &summary["arguments"]["len"]), (&0.into(), &4096.into()));
    assert_eq!(target["trace"]["data"], format!("0x{}", hex::encode(trace.to_bytes())));
    let (code, refuted, said) = touchstone(url, "//Charlie", &["challenge", &job]).await;
    assert_eq!(code, 0, "{said}");
    assert!(refuted[0]["block"].as_u64().is_some());
    let at = chain.at_best().await.unwrap();
    assert_eq!(at.result(jobs[0].0).await.unwrap(), None, "the result does not stand");
    assert_eq!(at.provider(&provider.account()).await.unwrap().unwrap().refuted, 1);

    let watcher = Provider::new(folder, "//Charlie");
    let (code, reports) = watcher.watch_once(url, &[]).await;
    assert_eq!((code, reports.len()), (3, 1), "{reports:?}");
    assert_eq!(reports[0]["job"], jobs[1].0.to_string());
    let wrong = serde_json::json!({ "target": "output", "step": 0, "committed_bytes": 4096, "declared_bytes": 8000 });
    assert_eq!((&reports[0]["verdict"], &reports[0]["wrong"]), (&"wrong".into(), &wrong));
    assert!(reports[0]["transaction"]["Ok"].as_u64().is_some(), "one transaction, in a block: {reports:?}");
    let at = chain.at_best().await.unwrap();
    assert_eq!(at.result(jobs[1].0).await.unwrap(), None, "the result does not stand");
    assert_eq!(at.provider(&provider.account()).await.unwrap().unwrap().refuted, 2);
    provider.retire(chain).await;
}

async fn a_missed_deadline_costs_the_collateral(chain: &Chain, folder: &Path) {
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    let provider = Provider::new(folder, "//Eve");
    let ask = Ask { per_gigafuel: 1_000_000_000_000, minimum: 0, slots: 1 };
    provider.register_only(chain, ask).await;
    provider.until_active(chain).await;

    let input = numbers(100, 4);
    let steps: [(_, &[u8], u32); 1] = [(&double, &[0], 100)];
    let job = spec(&[(input.as_slice(), Source::Inline)], &steps, 2);
    let stake_before = chain.at_best().await.unwrap().provider(&provider.account()).await.unwrap().unwrap().free_stake;
    let id = submit_job(chain, &buyer, 3, job, &[&input]).await;
    let assigned = chain.at_best().await.unwrap().job(id).await.unwrap().unwrap();
    let Stage::Assigned { deal, .. } = assigned.stage else { panic!("{:?}", assigned.stage) };

    let account = provider.account();
    let view = until(chain, "the deadline is missed", |at| async move {
        let view = at.provider(&account).await.ok()??;
        (view.missed > 0).then_some(view)
    })
    .await;
    assert_eq!((view.missed, view.settled, view.refuted), (1, 0, 0));
    assert_eq!(view.free_stake, stake_before - deal.collateral);
    let job = chain.at_best().await.unwrap().job(id).await.unwrap().unwrap();
    assert!(!matches!(job.stage, Stage::Assigned { .. } | Stage::Committed { .. }));
}
