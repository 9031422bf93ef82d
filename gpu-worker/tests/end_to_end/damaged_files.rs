//! Files of the blob store that were changed while the worker was away, as by a loss of power or a disk that fails.

use std::{fs, path::Path};

use touchstone_client::{blobs, chain::Chain};
use touchstone_primitives::{JobId, Source};

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
        assert_eq!(result.trace, trace_of(&[times(&put, 2)]).buffer(), "{salt}");
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
    assert_eq!(result.trace, trace_of(&[&first, &second].map(|input| times(input, 2))).buffer());
    assert_eq!(fs::read(provider.blob(&root)).unwrap(), first);
    assert!(provider.blob(&root).with_file_name("set-aside").join(hex::encode(root)).exists());
}

/// The buyer's `submit --watch` puts it again, or `put` does.
#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_was_put_and_is_lost_before_the_job_is_computed_is_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let (url, chain) = (node.url.clone(), node.chain().await);
    upload(&chain, &signer("//Alice"), &kernel(DOUBLE)).await;
    let provider = Provider::new(folder.path(), "//Bob");
    provider.register(&url, "1TSN").await;
    provider.until_active(&chain).await;
    let worker = provider.run(&url, &[]);
    for (round, watches) in [(1, true), (2, false)] {
        let (put, pulled) = (numbers(1024, round), numbers(1024, round + 10));
        let root = touchstone_kir::root(&put);
        let (source, release) = serve_when_released(pulled.clone()).await;
        let manifest = describe(folder.path(), &put, &pulled, &source);
        let arguments: &[&str] = if watches { &["submit", &manifest, "--watch"] } else { &["submit", &manifest] };
        let submitted = tokio::spawn({
            let (url, arguments) = (url.clone(), arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
            async move {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                touchstone(&url, "//Ferdie", &arguments).await
            }
        });
        // The job waits for the second input: the first one is damaged in the meantime.
        let file = provider.blob(&root);
        until(&chain, "the first input is here", |_| async { file.exists().then_some(()) }).await;
        let mut changed = put.clone();
        changed[100] ^= 1;
        fs::write(&file, changed).unwrap();
        release.send(true).unwrap();
        if !watches {
            let (code, events, said) = submitted.await.unwrap();
            assert_eq!(code, 0, "{said}");
            let job = events[0]["job"].as_str().unwrap().to_owned();
            let aside = file.with_file_name("set-aside").join(hex::encode(root));
            until(&chain, "the worker notices", |_| async { aside.exists().then_some(()) }).await;
            let (code, _, said) = touchstone(&url, "//Ferdie", &["put", &job, &manifest]).await;
            assert_eq!(code, 0, "{said}");
            let id = JobId(hex::decode(job.trim_start_matches("0x")).unwrap().try_into().unwrap());
            until_stage(&chain, id, "the job is committed", is_committed).await;
            is_right(&chain, id, &put, &pulled).await;
        } else {
            let id = until(&chain, "the job is committed", |at| async move {
                let jobs = at.jobs_of(signer("//Ferdie").account(), None).await.ok()?;
                jobs.items.into_iter().find(|job| is_committed(&job.stage)).map(|job| job.id)
            })
            .await;
            is_right(&chain, id, &put, &pulled).await;
            touchstone(&url, "//Ferdie", &["accept", &id.to_string()]).await;
            let (code, events, said) = submitted.await.unwrap();
            assert_eq!(code, 0, "{said}");
            let puts = events.iter().filter(|event| event["event"] == "put").count();
            assert_eq!(puts, 2, "{events:?}");
        }
        assert_eq!(fs::read(&file).unwrap(), put);
    }
    let log = worker.log();
    assert!(log.contains("an input was lost: it is fetched or waited for again"), "{log}");
    let view = chain.at_best().await.unwrap().provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((view.missed, view.refuted), (0, 0));
}

/// The job was committed by the first provider that had it, and the result is right.
async fn is_right(chain: &Chain, id: JobId, first: &[u8], second: &[u8]) {
    let at = chain.at_best().await.unwrap();
    let (job, result) = (at.job(id).await.unwrap().unwrap(), at.result(id).await.unwrap().unwrap());
    assert_eq!((job.attempt, job.history.len()), (1, 0));
    assert_eq!(result.trace, trace_of(&[first, second].map(|input| times(input, 2))).buffer());
}

/// `job.toml` with an input that is put and one that is pulled from a URL, each of which a step doubles.
fn describe(folder: &Path, put: &[u8], pulled: &[u8], url: &str) -> String {
    fs::write(folder.join("double.wgsl"), DOUBLE).unwrap();
    fs::write(folder.join("put.bin"), put).unwrap();
    let (root, length) = (hex::encode(touchstone_kir::root(pulled)), pulled.len());
    let mut text = format!(
        "ceiling = \"10TSN\"\ndeadline = 30\n[[input]]\nname = \"put\"\nfile = \"put.bin\"\nsource = \"put\"\n\
         [[input]]\nname = \"pulled\"\nsource = \"{url}\"\nroot = \"0x{root}\"\nlength = {length}\n"
    );
    for input in ["put", "pulled"] {
        text += &format!("[[step]]\nkernel = \"double.wgsl\"\nreads = [\"{input}\"]\ninvocations = {}\n", length / 4);
    }
    let path = folder.join("job.toml");
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// As [`serve`], but the answer comes when the sender says so.
async fn serve_when_released(bytes: Vec<u8>) -> (String, tokio::sync::watch::Sender<bool>) {
    let (release, released) = tokio::sync::watch::channel(false);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/input", listener.local_addr().unwrap());
    let answer = move || {
        let (bytes, mut released) = (bytes.clone(), released.clone());
        async move {
            drop(released.wait_for(|released| *released).await);
            bytes
        }
    };
    let router = axum::Router::new().route("/input", axum::routing::get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, release)
}

/// Serves these bytes over HTTP and gives their URL.
async fn serve(bytes: Vec<u8>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/input", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/input", axum::routing::get(move || async move { bytes.clone() }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
