//! The provider's data endpoint over real HTTP.

use std::{
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use codec::Decode;
use gpu_worker::{
    blobs::{
        serve, BlobStore, Expected, ExpectedBlob, FileStore, Identity, Puller, Receipt, ReceiptKey, ServerState,
        StoreError,
    },
    metrics::Metrics,
};
use reqwest::{header, Client, StatusCode};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;
use touchstone_kir::{verify, Opening, Root};
use touchstone_primitives::JobId;

const QUOTA: u64 = 4 << 20;

struct Endpoint {
    url: String,
    store: Arc<dyn BlobStore>,
    expected: watch::Sender<Arc<Expected>>,
    key: String,
    folder: tempfile::TempDir,
    _stop: tokio_util::sync::DropGuard,
}

impl Endpoint {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn BlobStore> = Arc::new(FileStore::open(&folder.path().join("blobs"), QUOTA).unwrap());
        let receipts = Arc::new(ReceiptKey::open(&folder.path().join("key")).unwrap());
        let key = receipts.public();
        let identity =
            Arc::new(RwLock::new(Identity { name: "test".into(), receipt_key: key.clone(), ..Identity::default() }));
        let (expected, expectations) = watch::channel(Arc::new(Expected::new()));
        let metrics = Arc::new(Metrics::new().unwrap());
        let state = ServerState::new(store.clone(), expectations, identity, receipts, metrics);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, state, stop.clone()));
        Self { url, store, expected, key, folder, _stop: stop.drop_guard() }
    }

    /// A job that reads this blob is assigned.
    fn expect(&self, root: Root, len: u32) {
        self.expected.send_modify(|expected| {
            let mut more = (**expected).clone();
            more.entry(root).or_default().push(ExpectedBlob { len, jobs: vec![JobId([9; 32])] });
            *expected = Arc::new(more);
        });
    }

    /// A blob that is held.
    fn hold(&self, bytes: &[u8]) -> Root {
        let root = touchstone_kir::root(bytes);
        let mut incoming = self.store.begin(bytes.len() as u32).unwrap();
        incoming.write(bytes).unwrap();
        self.store.finish(incoming, &root).unwrap();
        root
    }

    fn blob(&self, root: &Root) -> String {
        format!("{}/blobs/{}", self.url, hex::encode(root))
    }

    async fn put(&self, root: &Root, bytes: &[u8]) -> (StatusCode, String) {
        let answer = Client::new().put(self.blob(root)).body(bytes.to_vec()).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("blobs")).unwrap().count()
    }
}

fn some_bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i| ((i * i) >> 3) as u8).collect()
}

#[tokio::test]
async fn an_input_of_an_assigned_job_is_taken_with_a_receipt_that_its_key_confirms() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(10_000);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 10_000);
    let (status, text) = endpoint.put(&root, &bytes).await;
    assert_eq!(status, StatusCode::CREATED, "{text}");
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    let receipt: Receipt = serde_json::from_value(answer["receipts"][0].clone()).unwrap();
    assert!(receipt.is_valid());
    assert_eq!(receipt.key, endpoint.key);
    assert_eq!(receipt.job, "09".repeat(32));
    assert_eq!((receipt.root, receipt.len), (hex::encode(root), 10_000));

    // The same again is no error, and is not stored again.
    let (status, _) = endpoint.put(&root, &bytes).await;
    assert_eq!(status, StatusCode::OK);
    let back = reqwest::get(endpoint.blob(&root)).await.unwrap();
    assert_eq!(back.bytes().await.unwrap(), bytes);
}

#[tokio::test]
async fn a_blob_that_no_assigned_job_reads_is_too_early() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(64);
    let (status, text) = endpoint.put(&touchstone_kir::root(&bytes), &bytes).await;
    assert_eq!(status, StatusCode::TOO_EARLY);
    assert!(text.starts_with("no job that is assigned to this provider reads"), "{text}");
    assert_eq!(endpoint.files(), 0);
}

#[tokio::test]
async fn a_put_waits_a_moment_for_a_job_that_is_only_just_assigned() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(64);
    let root = touchstone_kir::root(&bytes);
    let assign = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        endpoint.expect(root, 64);
    };
    let started = Instant::now();
    let ((status, text), ()) = tokio::join!(endpoint.put(&root, &bytes), assign);
    assert_eq!(status, StatusCode::CREATED, "{text}");
    assert!(started.elapsed() >= Duration::from_millis(500));
}

#[tokio::test]
async fn bytes_of_another_root_or_length_are_refused_and_nothing_is_kept() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(4096);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 4096);

    let mut tampered = bytes.clone();
    tampered[4000] ^= 1;
    let (status, text) = endpoint.put(&root, &tampered).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.starts_with("the bytes hash to "), "{text}");

    let (status, text) = endpoint.put(&root, &bytes[..4092]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(text, "the job's input has 4096 bytes, not 4092\n");

    // Without an announced length, what arrives is counted.
    for wrong in [&bytes[..4092], &[bytes.as_slice(), b"more"].concat()] {
        let pieces: Vec<_> = wrong.chunks(1000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        let body = reqwest::Body::wrap_stream(futures::stream::iter(pieces));
        let answer = Client::new().put(endpoint.blob(&root)).body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text().await.unwrap().ends_with("4096 were announced\n"));
    }
    assert_eq!(endpoint.files(), 0);
    assert_eq!(endpoint.store.usage(), (0, QUOTA));

    let (status, _) = endpoint.put(&root, &bytes).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_job_that_states_a_false_length_does_not_get_in_the_way_of_an_honest_one() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(4096);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 64);
    endpoint.expect(root, 4096);
    let (status, text) = endpoint.put(&root, &bytes).await;
    assert_eq!(status, StatusCode::CREATED, "{text}");
}

#[tokio::test]
async fn no_receipt_is_signed_for_a_length_that_the_blob_does_not_have() {
    let endpoint = Endpoint::start().await;
    let root = endpoint.hold(&some_bytes(4096));
    endpoint.expect(root, 64);
    let (status, text) = endpoint.put(&root, &[0; 64]).await;
    assert_eq!((status, text.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "4096 bytes arrived, 64 were announced\n"));
}

#[tokio::test]
async fn what_does_not_fit_the_quota_is_refused_before_it_is_sent() {
    let endpoint = Endpoint::start().await;
    let bytes = vec![1; QUOTA as usize + 4];
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, bytes.len() as u32);
    // The refusal may come while the body is still on its way.
    let sent = Client::new().put(endpoint.blob(&root)).header(header::EXPECT, "100-continue").body(bytes).send().await;
    if let Ok(answer) = sent {
        assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
    }
    assert_eq!(endpoint.files(), 0);
    assert!(matches!(endpoint.store.begin(QUOTA as u32 + 4), Err(StoreError::OverQuota { .. })));
}

#[tokio::test]
async fn an_upload_that_breaks_off_gives_its_room_back() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(4096);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 4096);
    let broken = futures::stream::iter([Ok(bytes[..1000].to_vec()), Err(std::io::Error::other("the line went dead"))]);
    let sent = Client::new().put(endpoint.blob(&root)).body(reqwest::Body::wrap_stream(broken)).send().await;
    assert!(sent.is_err());
    let started = Instant::now();
    while endpoint.store.usage().0 > 0 || endpoint.files() > 0 {
        assert!(started.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn ranges_and_lengths_are_served() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(5000);
    let root = endpoint.hold(&bytes);
    let client = Client::new();

    let head = client.head(endpoint.blob(&root)).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()[header::CONTENT_LENGTH], "5000");
    assert_eq!(head.headers()[header::ACCEPT_RANGES], "bytes");

    let get = |range: &'static str| {
        let request = client.get(endpoint.blob(&root)).header(header::RANGE, range);
        async { request.send().await.unwrap() }
    };
    let part = get("bytes=1000-1999").await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CONTENT_RANGE], "bytes 1000-1999/5000");
    assert_eq!(part.bytes().await.unwrap(), bytes[1000..2000]);

    assert_eq!(get("bytes=-8").await.bytes().await.unwrap(), bytes[4992..]);
    let beyond = get("bytes=5000-").await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn openings_verify_against_the_root_and_hold_the_right_bytes() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(100_000);
    let root = endpoint.hold(&bytes);
    let chunks = 100_000usize.div_ceil(1024);
    for (first, count) in [(0, 1), (97, 1), (10, 33), (0, chunks)] {
        let url = format!("{}/opening?first={first}&count={count}", endpoint.blob(&root));
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let opening = Opening::decode(&mut &answer.bytes().await.unwrap()[..]).unwrap();
        let opened = verify(&opening, &root, 100_000).unwrap();
        assert_eq!(opening.ranges.len(), 1);
        let end = ((first + count) * 1024).min(100_000);
        assert_eq!(opening.data, bytes[first * 1024..end]);
        assert!(opened.chunk(first as u32).is_some());
    }
}

#[tokio::test]
async fn openings_of_chunks_that_do_not_exist_are_refused() {
    let endpoint = Endpoint::start().await;
    let root = endpoint.hold(&some_bytes(2048));
    for (query, status) in [
        ("first=2&count=1", StatusCode::RANGE_NOT_SATISFIABLE),
        ("first=0&count=3", StatusCode::RANGE_NOT_SATISFIABLE),
        ("first=0&count=0", StatusCode::RANGE_NOT_SATISFIABLE),
        ("first=4294967295&count=4294967295", StatusCode::PAYLOAD_TOO_LARGE),
        ("first=4294967295&count=2", StatusCode::RANGE_NOT_SATISFIABLE),
        ("first=0", StatusCode::BAD_REQUEST),
        ("first=-1&count=1", StatusCode::BAD_REQUEST),
    ] {
        let url = format!("{}/opening?{query}", endpoint.blob(&root));
        assert_eq!(reqwest::get(url).await.unwrap().status(), status, "{query}");
    }
}

#[tokio::test]
async fn a_blob_whose_file_was_changed_is_never_opened() {
    let endpoint = Endpoint::start().await;
    let root = endpoint.hold(&some_bytes(4096));
    let path = endpoint.store.get(&root).unwrap().path;
    std::fs::write(path, vec![0; 4096]).unwrap();
    let url = format!("{}/opening?first=0&count=1", endpoint.blob(&root));
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.text().await.unwrap(), "the file of this blob was changed\n");
}

#[tokio::test]
async fn the_clients_download_verifies_what_this_endpoint_serves() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes((1 << 20) + 300);
    let root = endpoint.hold(&bytes);
    let fetched = touchstone_client::blobs::fetch(&endpoint.url, &root, bytes.len() as u32, |_| {}).await.unwrap();
    assert!(fetched == bytes);
    let len = touchstone_client::blobs::head(&endpoint.url, &root).await.unwrap();
    assert_eq!(len, Some(bytes.len() as u64));
    let missing = touchstone_client::blobs::head(&endpoint.url, &[1; 32]).await.unwrap();
    assert_eq!(missing, None);
}

#[tokio::test]
async fn strangers_and_browsers_learn_who_this_is() {
    let endpoint = Endpoint::start().await;
    let client = Client::new();
    let identity: serde_json::Value = client
        .get(&endpoint.url)
        .header(header::ORIGIN, "https://example.com")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(identity["name"], "test");
    assert_eq!(identity["receipt_key"], endpoint.key.as_str());

    let preflight = client
        .request(reqwest::Method::OPTIONS, endpoint.blob(&[0; 32]))
        .header(header::ORIGIN, "https://example.com")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "PUT")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert!(preflight.headers()[header::ACCESS_CONTROL_ALLOW_METHODS].to_str().unwrap().contains("PUT"));

    let text = |path: &str| {
        let url = format!("{}{path}", endpoint.url);
        async { reqwest::get(url).await.unwrap().text().await.unwrap() }
    };
    assert_eq!(text("/health").await, "ok\n");
    assert!(text("/metrics").await.contains("touchstone_worker_store_quota_bytes 4194304"));
    let not_found = reqwest::get(endpoint.blob(&[7; 32])).await.unwrap();
    assert_eq!(not_found.status(), StatusCode::NOT_FOUND);
    let nonsense = reqwest::get(format!("{}/blobs/xyz", endpoint.url)).await.unwrap();
    assert_eq!(nonsense.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn inputs_are_pulled_from_urls_and_nothing_but_the_right_bytes_is_kept() {
    let source = Endpoint::start().await;
    let bytes = some_bytes(9000);
    let root = source.hold(&bytes);
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path(), 1 << 20).unwrap();
    let puller = Puller::new(true).unwrap();

    let error = puller.pull(&source.blob(&root), &[3; 32], 9000, &store).await.unwrap_err();
    assert!(error.to_string().starts_with("the bytes hash to"), "{error}");
    let error = puller.pull(&source.blob(&root), &root, 8000, &store).await.unwrap_err();
    assert_eq!(error.to_string(), "9000 bytes arrived, 8000 were announced");
    let error = puller.pull(&source.blob(&[5; 32]), &[5; 32], 8, &store).await.unwrap_err();
    assert!(error.to_string().ends_with("answered 404"), "{error}");
    assert_eq!(store.usage().0, 0);

    puller.pull(&source.blob(&root), &root, 9000, &store).await.unwrap();
    assert_eq!(std::fs::read(store.get(&root).unwrap().path).unwrap(), bytes);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let source = Endpoint::start().await;
    let bytes = some_bytes(64);
    let root = source.hold(&bytes);
    let target = source.blob(&root);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = axum::Router::new()
        .route("/", axum::routing::get(move || async move { axum::response::Redirect::temporary(&target) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path(), 1 << 20).unwrap();
    let error = Puller::new(true).unwrap().pull(&url, &root, 64, &store).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{url} answered 307"));
}
