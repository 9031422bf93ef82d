//! What buyers do with `touchstone`: submissions that are cut off and found again, results in files, and results whose
//! provider withholds an input.

use std::{collections::HashMap, path::Path, process::Stdio, sync::Arc, time::Duration};

use axum::{
    extract::{Path as Name, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
    Router,
};
use codec::Encode;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use touchstone_client::chain::Chain;
use touchstone_kir::{open, ChunkRange};
use touchstone_primitives::JobId;

use crate::{cut::Proxy, support::*};

const STEPS: u32 = 4;
const WORDS: u32 = 50_000;

/// `job.toml` in this folder: a chain of steps, each of which doubles all words. Gives its path and the input.
fn describe(folder: &Path) -> (String, Vec<u8>) {
    let input = numbers(WORDS, 11);
    std::fs::write(folder.join("double.wgsl"), DOUBLE).unwrap();
    std::fs::write(folder.join("numbers.bin"), &input).unwrap();
    let mut text = r#"
        ceiling = "10TSN"
        deadline = 30
        [[input]]
        name = "numbers"
        file = "numbers.bin"
        source = "put"
    "#
    .to_owned();
    for step in 0..STEPS {
        let read = step.checked_sub(1).map_or("numbers".to_owned(), |before| format!("s{before}"));
        text += &format!(
            "[[step]]\nname = \"s{step}\"\nkernel = \"double.wgsl\"\nreads = [\"{read}\"]\ninvocations = {WORDS}\n"
        );
    }
    let path = folder.join("job.toml");
    std::fs::write(&path, text).unwrap();
    (path.display().to_string(), input)
}

fn job_of(event: &Value) -> JobId {
    let text = event["job"].as_str().unwrap().trim_start_matches("0x");
    JobId(hex::decode(text).unwrap().try_into().unwrap())
}

/// Starts `touchstone` and waits for the first line that it prints, which tells the job before it is sent.
async fn until_sending(url: &str, signer: &str, arguments: &[&str]) -> (tokio::process::Child, Value) {
    let mut command = touchstone_command(url, signer, arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).await.unwrap();
    let event: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
    assert_eq!(event["event"], "sending");
    assert!(event["salt"].as_str().unwrap().starts_with("0x"));
    (child, event)
}

async fn jobs(url: &str, arguments: &[&str]) -> Vec<Value> {
    let (code, printed, said) = touchstone(url, "//Ferdie", &[&["jobs"], arguments].concat()).await;
    assert_eq!(code, 0, "{said}");
    printed[0].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_is_stopped_is_found_again_and_its_result_is_checked_though_an_input_is_withheld() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let chain = node.chain().await;
    upload(&chain, &signer("//Alice"), &kernel(DOUBLE)).await;
    let provider = Provider::new(folder.path(), "//Bob");
    provider.register(&node.url, "1TSN").await;
    provider.until_active(&chain).await;
    let worker = provider.run(&node.url, &["--testing-corrupt-word", "1:777"]);
    let (manifest, input) = describe(folder.path());

    let job = a_stopped_submission_is_found_again(&node.url, &chain, &manifest).await;
    until_stage(&chain, job, "the job is committed", is_committed).await;
    let outputs = expected(&input);
    results_are_fetched_side_by_side(&node.url, job, folder.path(), &outputs).await;

    assert_eq!(worker.interrupt(), Some(0));
    a_job_is_shown_though_its_provider_is_away(&node.url, job, &outputs).await;
    // The provider serves its trace and outputs, as it has to, and not the input.
    let listener = tokio::net::TcpListener::bind(provider.listen).await.unwrap();
    tokio::spawn(serve(listener, with_trace(outputs)));
    a_withheld_input_is_taken_from_the_buyer(&node.url, &chain, job, folder.path(), &manifest, &input).await;
}

/// The outputs of the steps; one word of the second one is wrong, and what follows is computed from the right one.
fn expected(input: &[u8]) -> Vec<Vec<u8>> {
    let mut outputs: Vec<_> = (1..=STEPS).map(|step| times(input, 1 << step)).collect();
    outputs[1][777 * 4] ^= 1;
    outputs
}

/// These outputs, and the trace of the result that has them.
fn with_trace(mut outputs: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let trace = trace_of(&outputs);
    outputs.push(trace.to_bytes());
    outputs
}

async fn a_job_is_shown_though_its_provider_is_away(url: &str, job: JobId, outputs: &[Vec<u8>]) {
    let (code, shown, said) = touchstone(url, "//Ferdie", &["job", &job.to_string()]).await;
    assert_eq!(code, 0, "{said}");
    let trace = trace_of(outputs).buffer();
    let expected = serde_json::json!({ "root": format!("0x{}", hex::encode(trace.root)), "bytes": trace.len });
    assert_eq!((&shown[0]["trace"], &shown[0]["roots"]), (&expected, &Value::Null));
    let (code, _, said) = touchstone(url, "//Ferdie", &["fetch", &job.to_string(), "-o", "-"]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("the provider does not serve the trace of its result"), "{said}");
}

async fn a_stopped_submission_is_found_again(url: &str, chain: &Chain, manifest: &str) -> JobId {
    let buyer = *signer("//Ferdie").account();
    let before = chain.at_best().await.unwrap().balance(&buyer).await.unwrap();

    let (mut child, sending) = until_sending(url, "//Ferdie", &["submit", manifest]).await;
    let pid = child.id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let mut said = String::new();
    tokio::io::AsyncReadExt::read_to_string(child.stderr.as_mut().unwrap(), &mut said).await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(130), "{said}");
    let job = job_of(&sending);
    let salt = sending["salt"].as_str().unwrap();
    assert!(said.contains(&job.to_string()) && said.contains(salt), "{said}");
    assert!(said.contains("the same command as before goes on with it"), "{said}");

    // The same command again: the same job, whether or not the chain has it already.
    let (code, events, said) = touchstone(url, "//Ferdie", &["submit", manifest]).await;
    assert_eq!(code, 0, "{said}");
    assert!(matches!(events[0]["event"].as_str(), Some("found" | "sending")), "{events:?}");
    assert!(events.iter().all(|event| job_of(event) == job), "{events:?}");
    assert_eq!(events[0]["salt"], salt);
    let names: Vec<_> = events[1..].iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["submitted", "assigned", "put"]);
    let at = chain.at_best().await.unwrap();
    let listed = jobs(url, &[]).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0]["job"], job.to_string());
    let held = at.balance(&buyer).await.unwrap().held - before.held;
    let (escrow, quote) = (at.escrow(job).await.unwrap().unwrap(), at.job(job).await.unwrap().unwrap());
    assert!(held >= escrow.payment && held < 2 * escrow.payment, "{held} is held, {} for the job", escrow.payment);
    assert_eq!(quote.buyer, buyer);

    // The same salt is the same job, and nothing is sent for it.
    let free = at.balance(&buyer).await.unwrap().free;
    let (code, events, said) = touchstone(url, "//Ferdie", &["submit", manifest, "--salt", salt, "--no-put"]).await;
    assert_eq!((code, events[0]["event"].as_str()), (0, Some("found")), "{said}");
    assert_eq!(chain.at_best().await.unwrap().balance(&buyer).await.unwrap().free, free, "not even a fee");
    job
}

/// Ten at once, beside files of the user that have the names which a careless program takes.
async fn results_are_fetched_side_by_side(url: &str, job: JobId, folder: &Path, outputs: &[Vec<u8>]) {
    let target = folder.join("results");
    std::fs::create_dir(&target).unwrap();
    for name in ["out.partial", "out.tmp", "result.partial"] {
        std::fs::write(target.join(name), "mine").unwrap();
    }
    let job = job.to_string();
    let fetch = |number: usize| {
        let (step, path) = ((number % outputs.len()).to_string(), target.join(format!("out.{number}")));
        let job = job.clone();
        async move {
            let path = path.to_str().unwrap();
            touchstone(url, "//Ferdie", &["fetch", &job, "--step", &step, "-o", path]).await
        }
    };
    for (code, _, said) in futures::future::join_all((0..10).map(fetch)).await {
        assert_eq!(code, 0, "{said}");
    }
    for number in 0..10 {
        let got = std::fs::read(target.join(format!("out.{number}"))).unwrap();
        assert!(got == outputs[number % outputs.len()], "out.{number}");
    }
    for name in ["out.partial", "out.tmp", "result.partial"] {
        assert_eq!(std::fs::read_to_string(target.join(name)).unwrap(), "mine");
    }
    assert_eq!(std::fs::read_dir(&target).unwrap().count(), 13, "nothing is left over");
}

async fn a_withheld_input_is_taken_from_the_buyer(
    url: &str,
    chain: &Chain,
    job: JobId,
    folder: &Path,
    manifest: &str,
    input: &[u8],
) {
    let id = job.to_string();
    let verify = |arguments: Vec<String>| {
        let id = id.clone();
        async move {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            touchstone(url, "//Charlie", &[&["verify", &id, "--all", "--step", "0"], &arguments[..]].concat()).await
        }
    };
    let (code, _, said) = verify(Vec::new()).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("input 0 of the job cannot be had") && said.contains("--manifest job.toml"), "{said}");

    let root = hex::encode(touchstone_kir::root(input));
    let store = folder.join("store");
    std::fs::create_dir(&store).unwrap();
    std::fs::write(store.join(&root), input).unwrap();
    let mirror = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mirror_url = format!("http://{}", mirror.local_addr().unwrap());
    tokio::spawn(serve(mirror, vec![input.to_vec()]));
    let file = folder.join("numbers.bin").display().to_string();
    for sources in [
        vec!["--manifest".into(), manifest.to_owned()],
        vec!["--input".into(), format!("whatever={file}")],
        vec!["--input".into(), format!("x={mirror_url}/blobs/{root}")],
        vec!["--store".into(), store.display().to_string()],
        vec!["--mirror".into(), mirror_url],
    ] {
        let (code, shown, said) = verify(sources.clone()).await;
        assert_eq!(code, 0, "{sources:?}: {said}");
        assert_eq!(shown[0]["executed"], WORDS, "{sources:?}");
    }
    // A file with other bytes is not a source.
    std::fs::write(folder.join("other.bin"), numbers(WORDS, 12)).unwrap();
    let other = format!("numbers={}", folder.join("other.bin").display());
    assert_eq!(verify(vec!["--input".into(), other]).await.0, 1);

    let challenge = ["challenge", &id, "--manifest", manifest];
    let (code, shown, said) = touchstone(url, "//Charlie", &[&challenge[..], &["--dry-run"]].concat()).await;
    assert_eq!((code, &shown[0]["wrong"]["word"]), (3, &777.into()), "{said}");
    let (code, shown, said) = touchstone(url, "//Charlie", &challenge).await;
    assert_eq!(code, 0, "{said}");
    assert_eq!((&shown[0]["wrong"]["step"], &shown[0]["wrong"]["word"]), (&1.into(), &777.into()));
    assert_eq!(chain.at_best().await.unwrap().result(job).await.unwrap(), None, "the result does not stand");
}

/// Serves these blobs as a provider does, and no others.
async fn serve(listener: tokio::net::TcpListener, blobs: Vec<Vec<u8>>) {
    type Blobs = Arc<HashMap<String, Vec<u8>>>;

    #[derive(serde::Deserialize)]
    struct Chunks {
        first: u32,
        count: u32,
    }

    async fn whole(State(blobs): State<Blobs>, Name(name): Name<String>) -> Response {
        blobs.get(&name).map_or(StatusCode::NOT_FOUND.into_response(), |blob| blob.clone().into_response())
    }

    async fn opening(State(blobs): State<Blobs>, Name(name): Name<String>, Query(chunks): Query<Chunks>) -> Response {
        let range = ChunkRange { first: chunks.first, count: chunks.count };
        let opened = |blob: &Vec<u8>| open(blob, &[range]).unwrap().encode().into_response();
        blobs.get(&name).map_or(StatusCode::NOT_FOUND.into_response(), opened)
    }

    let named: HashMap<_, _> = blobs.into_iter().map(|blob| (hex::encode(touchstone_kir::root(&blob)), blob)).collect();
    let router = Router::new()
        .route("/blobs/{root}", get(whole))
        .route("/blobs/{root}/opening", get(opening))
        .with_state(Arc::new(named));
    axum::serve(listener, router).await.unwrap();
}

/// The node keeps few states, and the connection is cut for longer than that after the transaction was sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_not_lost_when_the_state_of_its_block_is_gone_before_the_connection_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--dev", "--state-pruning", "8"];
    let mut node = Node::start(folder.path(), "pruning", free_port(), free_port(), &arguments);
    let chain = node.chain().await;
    upload(&chain, &signer("//Alice"), &kernel(DOUBLE)).await;
    let (manifest, _) = describe(folder.path());
    let proxy = Proxy::start(&node.url).await;

    let (mut child, sending) =
        until_sending(&proxy.url, "//Ferdie", &["submit", &manifest, "--no-put", "--again"]).await;
    let job = job_of(&sending);
    tokio::time::sleep(Duration::from_millis(300)).await;
    proxy.cut();
    until(&chain, "the job is on the chain", |at| async move { at.job(job).await.ok()?.map(drop) }).await;
    let height = chain.best().await.unwrap().number;
    until(&chain, "its state is gone", |at| async move { (at.head().number > height + 12).then_some(()) }).await;
    proxy.mend();

    let mut printed = String::new();
    tokio::io::AsyncReadExt::read_to_string(child.stdout.as_mut().unwrap(), &mut printed).await.unwrap();
    let mut said = String::new();
    tokio::io::AsyncReadExt::read_to_string(child.stderr.as_mut().unwrap(), &mut said).await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0), "{said}");
    let submitted: Value = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
    assert_eq!((&submitted["event"], job_of(&submitted)), (&"submitted".into(), job), "{printed}");
    // Nobody took it, so its auction may be over by now.
    assert_eq!(jobs(&node.url, &["--all"]).await.len(), 1, "it was paid once");
}

/// The provider commits a wrong word and serves its trace and outputs, and not the input that shows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_with_the_buyers_description_refutes_a_result_whose_input_is_withheld() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let chain = node.chain().await;
    upload(&chain, &signer("//Alice"), &kernel(DOUBLE)).await;
    let provider = Provider::new(folder.path(), "//Bob");
    provider.register(&node.url, "1TSN").await;
    provider.until_active(&chain).await;
    let worker = provider.run(&node.url, &["--testing-corrupt-word", "1:777"]);
    let (manifest, input) = describe(folder.path());
    let (code, events, said) = touchstone(&node.url, "//Ferdie", &["submit", &manifest]).await;
    assert_eq!(code, 0, "{said}");
    let job = job_of(&events[0]);
    until_stage(&chain, job, "the job is committed", is_committed).await;
    assert_eq!(worker.interrupt(), Some(0));
    let listener = tokio::net::TcpListener::bind(provider.listen).await.unwrap();
    tokio::spawn(serve(listener, with_trace(expected(&input))));

    let watcher = Provider::new(folder.path(), "//Charlie");
    let (code, reports) = watcher.watch_once(&node.url, &["--cpu"]).await;
    assert_eq!((code, reports.len(), &reports[0]["verdict"]), (1, 1, &"unchecked".into()), "{reports:?}");
    assert!(reports[0]["error"].as_str().unwrap().contains("has no blob"), "{reports:?}");
    assert!(chain.at_best().await.unwrap().result(job).await.unwrap().is_some(), "nothing was refuted");

    let (code, reports) = watcher.watch_once(&node.url, &["--cpu", "--manifest", &manifest]).await;
    assert_eq!((code, reports.len(), &reports[0]["verdict"]), (3, 1, &"wrong".into()), "{reports:?}");
    assert_eq!(reports[0]["job"], job.to_string());
    assert_eq!((&reports[0]["wrong"]["step"], &reports[0]["wrong"]["word"]), (&1.into(), &777.into()));
    assert!(reports[0]["transaction"]["Ok"].as_u64().is_some(), "{reports:?}");
    let at = chain.at_best().await.unwrap();
    assert_eq!(at.result(job).await.unwrap(), None, "the result does not stand");
    assert_eq!(at.provider(&provider.account()).await.unwrap().unwrap().refuted, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_pay_learns_the_amounts_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let chain = node.chain().await;
    upload(&chain, &signer("//Alice"), &kernel(DOUBLE)).await;
    let (manifest, _) = describe(folder.path());
    stake_and_deposits_are_named(&node.url, &chain, folder.path()).await;
    kernels_are_paid_for_with_their_job(&node.url, folder.path()).await;
    let (code, printed, said) = touchstone(&node.url, "//Nobody//knows", &["submit", &manifest]).await;
    assert_eq!((code, printed.len()), (1, 0), "{said}");
    assert!(said.contains("has 0 TSN free and needs 10."), "{said}");
    assert!(
        said.contains("TSN held for price, fee and passes") && said.contains("as a deposit that returns"),
        "{said}"
    );
    assert!(said.contains("for the fee of the transaction") && said.contains("TSN are missing"), "{said}");
    assert!(said.contains("nothing was sent"), "{said}");
    // The same for a call that takes nothing but its fee.
    let job = format!("0x{}", "00".repeat(32));
    let (code, _, said) = touchstone(&node.url, "//Nobody//knows", &["poke", &job]).await;
    assert_eq!(code, 1);
    assert!(said.contains("has 0 TSN free and needs ") && said.contains("for the fee of the transaction"), "{said}");
}

/// What `register` and `kernel upload` say that they take is what the chain holds.
async fn stake_and_deposits_are_named(url: &str, chain: &Chain, folder: &Path) {
    let poor = Provider::new(folder, "//Nobody//knows");
    let (output, said) = poor.try_register(url, &["--price", "1TSN"]).await;
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("has 0 TSN free and needs 100."), "{said}");
    for part in ["100 TSN as stake", "as a deposit for the provider's record", "for the fees of 3 transactions"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("TSN are missing, and nothing was sent"), "{said}");

    let price = chain.storage_price().await.unwrap();
    let held = |uri: &str| {
        let (chain, account) = (chain.clone(), *signer(uri).account());
        async move { chain.at_best().await.unwrap().balance(&account).await.unwrap().held }
    };
    let provider = Provider::new(folder, "//Eve");
    provider.register(url, "1TSN").await;
    assert_eq!(held("//Eve").await, 100_000_000_000_000 + price.provider(1));

    let source = folder.join("triple.wgsl");
    std::fs::write(&source, DOUBLE.replace("2u *", "3u *")).unwrap();
    let source = source.display().to_string();
    let (code, _, said) = touchstone(url, "//Nobody//knows", &["kernel", "upload", &source]).await;
    assert_eq!(code, 1);
    assert!(said.contains("as a deposit for the kernel 0x") && said.contains("TSN are missing"), "{said}");
    let before = held("//Dave").await;
    let (code, _, said) = touchstone(url, "//Dave", &["kernel", "upload", &source]).await;
    assert_eq!(code, 0, "{said}");
    let bytes = kernel(&std::fs::read_to_string(&source).unwrap()).encode().len();
    assert_eq!(held("//Dave").await - before, price.kernel(bytes));
}

/// Nothing is uploaded for a job that cannot be paid.
async fn kernels_are_paid_for_with_their_job(url: &str, folder: &Path) {
    std::fs::write(folder.join("double.wgsl"), DOUBLE.replace("2u *", "5u *")).unwrap();
    let manifest = folder.join("job.toml").display().to_string();
    let (code, printed, said) = touchstone(url, "//Nobody//knows", &["submit", &manifest, "--upload-kernels"]).await;
    assert_eq!((code, printed.len()), (1, 0), "{said}");
    for part in [
        "has 0 TSN free and needs 10.",
        "as a deposit for the kernel 0x",
        "TSN held for price, fee and passes",
        "or more as a deposit for the job",
        "for the fees of 2 transactions",
        "TSN are missing, and nothing was sent",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (code, printed, said) =
        touchstone(url, "//Ferdie", &["submit", &manifest, "--upload-kernels", "--no-put"]).await;
    assert_eq!((code, printed.last().unwrap()["event"].as_str()), (0, Some("submitted")), "{said}");
    std::fs::write(folder.join("double.wgsl"), DOUBLE).unwrap();
}
