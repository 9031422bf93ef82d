use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use gpu_worker::{
    blobs::{serve, BlobStore, Expected, ExpectedBlob, Identity, Limits, ReceiptKey, ServerState},
    metrics::Metrics,
};
use reqwest::{Client, Response, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
};
use tokio_util::sync::CancellationToken;
use touchstone_kir::Root;
use touchstone_primitives::JobId;

pub const QUOTA: u64 = 4 << 20;
pub const JOB: JobId = JobId([9; 32]);

/// A server with a store of its own.
pub struct Endpoint {
    pub url: String,
    pub address: SocketAddr,
    pub store: Arc<BlobStore>,
    pub expected: watch::Sender<Arc<Expected>>,
    pub key: String,
    pub identity: Arc<RwLock<Identity>>,
    pub folder: tempfile::TempDir,
    _stop: tokio_util::sync::DropGuard,
}

impl Endpoint {
    pub async fn start() -> Self {
        Self::with(QUOTA, Limits::default()).await
    }

    pub async fn with(quota: u64, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(BlobStore::open(&folder.path().join("blobs"), quota).unwrap());
        let receipts = Arc::new(ReceiptKey::open(&folder.path().join("key")).unwrap());
        let key = receipts.public();
        let identity =
            Arc::new(RwLock::new(Identity { name: "test".into(), receipt_key: key.clone(), ..Identity::default() }));
        let (expected, expectations) = watch::channel(Arc::new(Expected::new()));
        let metrics = Arc::new(Metrics::new().unwrap());
        let state = ServerState::new(store.clone(), expectations, identity.clone(), receipts, metrics, limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, state, stop.clone()));
        Self {
            url: format!("http://{address}"),
            address,
            store,
            expected,
            key,
            identity,
            folder,
            _stop: stop.drop_guard(),
        }
    }

    /// A job that reads this blob is assigned.
    pub fn expect(&self, root: Root, len: u32) {
        self.expected.send_modify(|expected| {
            let mut more = (**expected).clone();
            more.entry(root).or_default().push(ExpectedBlob { len, jobs: vec![JOB] });
            *expected = Arc::new(more);
        });
    }

    /// No job needs anything any longer.
    pub fn expect_nothing(&self) {
        self.expected.send_modify(|expected| *expected = Arc::default());
    }

    /// A blob that is held.
    pub fn hold(&self, bytes: &[u8]) -> Root {
        let root = touchstone_kir::root(bytes);
        let mut incoming = self.store.begin(bytes.len() as u32).unwrap();
        incoming.write(bytes).unwrap();
        self.store.finish(incoming, &root).unwrap();
        root
    }

    pub fn blob(&self, root: &Root) -> String {
        format!("{}/blobs/{}", self.url, hex::encode(root))
    }

    pub async fn put(&self, root: &Root, bytes: &[u8]) -> (StatusCode, String) {
        self.put_from(&Client::new(), root, bytes).await
    }

    pub async fn put_from(&self, client: &Client, root: &Root, bytes: &[u8]) -> (StatusCode, String) {
        let answer = client.put(self.blob(root)).body(bytes.to_vec()).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub async fn opening(&self, root: &Root, first: usize, count: usize) -> Response {
        let url = format!("{}/opening?first={first}&count={count}", self.blob(root));
        // A connection of its own.
        Client::new().get(url).send().await.unwrap()
    }

    /// The path of a blob's file.
    pub fn path(&self, root: &Root) -> std::path::PathBuf {
        self.folder.path().join("blobs").join(hex::encode(root))
    }

    /// Files of blobs and trees, complete or not.
    pub fn files(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path().join("blobs")).unwrap();
        entries.filter(|entry| entry.as_ref().unwrap().path().is_file()).count()
    }

    /// A connection from an address of this machine.
    pub async fn connect(&self, from: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    /// A PUT of which only the head and these bytes are sent.
    pub async fn begin_put(&self, from: [u8; 4], root: &Root, len: usize, bytes: &[u8]) -> TcpStream {
        let mut stream = self.connect(from).await;
        let head = format!("PUT /blobs/{} HTTP/1.1\r\nhost: x\r\ncontent-length: {len}\r\n\r\n", hex::encode(root));
        stream.write_all(&[head.as_bytes(), bytes].concat()).await.unwrap();
        stream
    }

    /// A GET of a blob whose answer is not read.
    pub async fn begin_get(&self, from: [u8; 4], root: &Root) -> TcpStream {
        let mut stream = self.connect(from).await;
        let head = format!("GET /blobs/{} HTTP/1.1\r\nhost: x\r\n\r\n", hex::encode(root));
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }
}

/// A client whose connections come from this address.
pub fn client(from: [u8; 4]) -> Client {
    Client::builder().local_address(IpAddr::from(from)).build().unwrap()
}

/// The status of the answer on a raw connection; `None` if it was closed without one.
pub async fn status(stream: &mut TcpStream) -> Option<u16> {
    let mut head = [0; 12];
    match tokio::time::timeout(Duration::from_secs(10), stream.read_exact(&mut head)).await.expect("an answer") {
        Ok(_) => String::from_utf8_lossy(&head).split(' ').nth(1)?.parse().ok(),
        Err(_) => None,
    }
}

/// Waits until it is so, for at most ten seconds.
pub async fn until(what: &str, is: impl Fn() -> bool) {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < Duration::from_secs(10), "ten seconds passed before {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn some_bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i| ((i * i) >> 3) as u8).collect()
}
