//! Addresses of strangers: what is connected to, and what is not. The names are looked up by resolvers that answer as
//! an attacker's would.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
};

use axum::{routing, Router};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::TcpListener;
use touchstone_client::{
    blobs::{self, BlobError, Endpoint},
    http::{Http, HttpError, PrivateAddress, Reach, Slowest},
};

/// A server on this machine that counts its connections.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, connections) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let counter = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                drop(stream);
            }
        });
        Self { port, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Answers the first look-up with the first list, the second with the second, and all others with the last.
struct Changing {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Changing {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(parse).collect(), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Changing {
    fn resolve(&self, _: Name) -> Resolving {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(asked).or(self.answers.last()).cloned();
        Box::pin(async move {
            let answer = answer.ok_or_else(|| io::Error::other("no such name"))?;
            let addresses: Vec<_> = answer.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

async fn get(http: &Http, url: &str) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    let sink = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok::<_, HttpError>(())
    };
    http.get(url, 5, Slowest::default(), sink).await.map(|()| bytes)
}

fn is_private<T>(result: Result<T, HttpError>, host: &str) -> bool {
    matches!(result, Err(HttpError::Private(PrivateAddress(name))) if name == host)
}

#[tokio::test]
async fn a_name_that_turns_private_between_check_and_use_is_not_connected_to() {
    let server = Server::start().await;
    let resolver = Changing::new(&[&["8.8.8.8"], &["127.0.0.1"]]);
    let http = Http::resolving_with(Reach::Public, resolver.clone()).unwrap();
    let url = format!("http://data.example.org:{}/x", server.port);
    http.permits(&url).await.unwrap();
    assert!(is_private(get(&http, &url).await, "data.example.org"));
    assert_eq!((server.connections(), resolver.asked.load(Ordering::SeqCst)), (0, 2));
}

#[tokio::test]
async fn an_endpoint_whose_name_turns_private_is_not_connected_to() {
    let server = Server::start().await;
    for addresses in [&["127.0.0.1"][..], &["::1", "127.0.0.1"], &["::ffff:127.0.0.1"], &["10.0.0.1"]] {
        let http = Http::resolving_with(Reach::Public, Changing::new(&[addresses])).unwrap();
        let url = format!("http://data.example.org:{}", server.port);
        let endpoint = Endpoint::new(&http, &url).unwrap();
        let errors = [
            blobs::head(&endpoint, &[0; 32]).await.err(),
            blobs::fetch(&endpoint, &[0; 32], 4, |_| {}).await.err(),
            blobs::put(&endpoint, &touchstone_kir::root(b"four"), b"four".to_vec().into()).await.err(),
            blobs::fetch_any(&endpoint, &[0; 32], 4).await.err(),
        ];
        for error in errors {
            let error = error.unwrap();
            assert!(matches!(&error, BlobError::Private { .. }) && !error.is_transient(), "{error}");
            assert_eq!(
                error.to_string(),
                format!(
                    "the provider at {url} cannot be used: data.example.org is a private address: pass --allow-private \
                    to fetch from this machine and its network"
                )
            );
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_with_a_public_and_a_private_address_is_never_connected_to_at_the_private_one() {
    let server = Server::start().await;
    // A public address that is assigned to nobody: what is connected to is seen at the private one alone.
    let resolver = Changing::new(&[&["127.0.0.1", "3ffe::1"], &["3ffe::1", "127.0.0.1"]]);
    let http = Http::resolving_with(Reach::Public, resolver).unwrap();
    let url = format!("http://data.example.org:{}/x", server.port);
    for _ in 0..2 {
        http.permits(&url).await.unwrap();
        let got = tokio::time::timeout(std::time::Duration::from_secs(2), get(&http, &url)).await;
        assert!(!matches!(got, Ok(Ok(_))), "nothing answers at the public address");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn addresses_in_urls_are_checked_though_nobody_looks_them_up() {
    let server = Server::start().await;
    let http = Http::new(Reach::Public).unwrap();
    for host in
        ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
    {
        let url = format!("http://{host}:{}/x", server.port);
        assert!(matches!(get(&http, &url).await, Err(HttpError::Private(_))), "{url}");
        assert!(matches!(http.permits(&url).await, Err(HttpError::Private(_))), "{url}");
        // Some of these are not endpoints at all.
        let error = match Endpoint::new(&http, &url) {
            Ok(endpoint) => blobs::head(&endpoint, &[0; 32]).await.unwrap_err(),
            Err(error) => error,
        };
        assert!(matches!(error, BlobError::Private { .. } | BlobError::BadEndpoint { .. }), "{url}: {error}");
    }
    assert!(is_private(http.permits("https://localhost").await, "localhost"));
    assert_eq!(server.connections(), 0);
    http.permits("http://8.8.8.8:9955").await.unwrap();
}

#[tokio::test]
async fn a_name_that_cannot_be_looked_up_is_not_permitted() {
    let http = Http::resolving_with(Reach::Public, Changing::new(&[])).unwrap();
    let error = http.permits("http://data.example.org/x").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the name data.example.org cannot be looked up (no such name): check the spelling and this machine's DNS"
    );
    assert!(error.is_transient());
    assert!(matches!(get(&http, "http://data.example.org/x").await, Err(HttpError::Transfer { .. })));
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn only_what_was_asked_for_is_taken() {
    let url = serve(
        Router::new()
            .route("/right", get_text("bytes"))
            .route("/long", get_text("more bytes"))
            .route("/short", get_text("byte"))
            .route("/elsewhere", routing::get(|| async { axum::response::Redirect::temporary("/right") })),
    )
    .await;
    let http = Http::new(Reach::Any).unwrap();
    assert_eq!(get_at(&http, &url, "right").await.unwrap(), b"bytes");
    for (path, got) in [("long", 10), ("short", 4)] {
        let error = get_at(&http, &url, path).await.unwrap_err();
        assert_eq!(error, HttpError::Length { url: format!("{url}/{path}"), expected: 5, got });
    }
    let error = get_at(&http, &url, "elsewhere").await.unwrap_err();
    assert_eq!(error, HttpError::Status { url: format!("{url}/elsewhere"), status: 307 });
    let error = get_at(&http, &url, "nowhere").await.unwrap_err();
    assert_eq!(error.to_string(), format!("{url}/nowhere answered 404"));
}

/// A URL that the user has named may be private, and redirect within its host; elsewhere its redirects reach public
/// addresses only.
#[tokio::test]
async fn a_url_that_the_user_has_named_cannot_redirect_into_the_users_network() {
    let other = Server::start().await;
    let within = format!("http://127.0.0.1:{}/right", other.port);
    let to = |url: &str| {
        let url = url.to_owned();
        routing::get(move || async move { axum::response::Redirect::temporary(&url) })
    };
    let url = serve(
        Router::new()
            .route("/right", get_text("byte"))
            .route("/here", to("/right"))
            .route("/there", to(&within))
            .route("/name", to(&format!("http://localhost:{}/right", other.port)))
            .route("/file", to("file:///etc/passwd"))
            .route("/circle", to("/circle")),
    )
    .await;
    let root = touchstone_kir::root(b"byte");
    let get = |path: &str| {
        let url = format!("{url}/{path}");
        async move {
            let mut got = Vec::new();
            blobs::get_to(&url, &root, 4, &mut got).await.map(|()| got)
        }
    };
    for path in ["right", "here"] {
        assert_eq!(get(path).await.unwrap(), b"byte");
    }
    for path in ["there", "name"] {
        let error = get(path).await.unwrap_err();
        assert!(matches!(error, BlobError::Private { .. }), "{path}: {error}");
    }
    let error = get("file").await.unwrap_err();
    assert!(error.to_string().contains("neither http nor https"), "{error}");
    assert!(matches!(get("circle").await.unwrap_err(), BlobError::Refused { status: 307, .. }));
    assert_eq!(other.connections(), 0);
}

fn get_text(text: &'static str) -> axum::routing::MethodRouter {
    routing::get(move || async move { text })
}

async fn get_at(http: &Http, url: &str, path: &str) -> Result<Vec<u8>, HttpError> {
    get(http, &format!("{url}/{path}")).await
}

#[tokio::test]
async fn a_server_that_trickles_is_given_up() {
    let body = || async {
        let pieces = futures::stream::unfold((), |()| async {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            Some((Ok::<_, io::Error>(b"x".to_vec()), ()))
        });
        axum::body::Body::from_stream(pieces)
    };
    let url = serve(Router::new().route("/slow", routing::get(body))).await;
    let http = Http::new(Reach::Any).unwrap();
    let slowest = Slowest {
        rate: 1000,
        window: std::time::Duration::from_millis(300),
        stall: std::time::Duration::from_millis(200),
    };
    let error = http.get(&format!("{url}/slow"), 1000, slowest, |_| Ok::<_, HttpError>(())).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{url}/slow: the answer comes too slowly"));
}

#[tokio::test]
async fn only_http_is_fetched_from() {
    let http = Http::new(Reach::Any).unwrap();
    for url in ["file:///etc/passwd", "ftp://example.com/x", "nonsense", "http://", ""] {
        let error = get(&http, url).await.unwrap_err();
        assert!(matches!(error, HttpError::BadUrl { .. }), "{url}: {error}");
        assert!(matches!(http.permits(url).await, Err(HttpError::BadUrl { .. })), "{url}");
    }
}

/// What a process is told to fetch by [`the_variables_of_a_proxy_are_ignored`].
const FETCH: &str = "TOUCHSTONE_TEST_FETCH";

/// In a process of its own: what it sets would reach other tests.
#[tokio::test(flavor = "multi_thread")]
async fn the_variables_of_a_proxy_are_ignored() {
    if let Ok(url) = std::env::var(FETCH) {
        assert_eq!(get_at(&Http::new(Reach::Any).unwrap(), &url, "right").await.unwrap(), b"bytes");
        return;
    }
    let url = serve(Router::new().route("/right", get_text("bytes"))).await;
    // The proxy keeps its port until the end, so that nobody else answers there, and counts who comes.
    let proxy = Server::start().await;
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    child.args(["http::the_variables_of_a_proxy_are_ignored", "--exact", "--nocapture"]).env(FETCH, &url);
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(variable, &address);
    }
    for variable in ["no_proxy", "NO_PROXY"] {
        child.env_remove(variable);
    }
    let output = child.output().await.unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (printed, errors) = (said(&output.stdout), said(&output.stderr));
    assert!(output.status.success() && printed.contains("1 passed"), "{}: {printed}{errors}", output.status);
    assert_eq!(proxy.connections(), 0);
}
