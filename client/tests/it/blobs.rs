//! Transfers, against servers that serve honestly, lie, break off or are not there.

use std::sync::{
    atomic::{AtomicU32, Ordering},
    Arc,
};

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::{header, Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
    Router,
};
use codec::Encode;
use touchstone_client::{
    blobs::{self, BlobError, Content, Endpoint, Forgery, Pieces},
    http::{Http, Reach},
    lengths::{self, Effort},
};
use touchstone_kir::{chunk_count, open, root, verify, ChunkRange, Opening, OpeningError, Root};

/// What the server does to an opening before it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trick {
    None,
    FlipBit,
    OtherChunks,
    OtherBlob,
    Garbage,
    Trailing,
    Endless,
    FailTwice,
    Redirect,
    EarlyTwice,
    Refuse,
    FullTwice,
    /// HEAD states this length, openings are of another blob.
    StatesLength(u64),
    /// The whole body is of another blob.
    OtherBody,
}

struct Server {
    blob: Vec<u8>,
    trick: Trick,
    asked: AtomicU32,
}

#[derive(serde::Deserialize)]
struct Chunks {
    first: u32,
    count: u32,
}

async fn opening(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Query(chunks): Query<Chunks>,
) -> Response {
    let asked = server.asked.fetch_add(1, Ordering::SeqCst);
    if name != hex::encode(root(&server.blob)) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let range = ChunkRange { first: chunks.first, count: chunks.count };
    let opening = |bytes: &[u8], range| open(bytes, &[range]).unwrap();
    match server.trick {
        Trick::FlipBit => {
            let mut opening = opening(&server.blob, range);
            opening.data[17] ^= 1;
            opening.encode().into_response()
        }
        Trick::OtherChunks => {
            opening(&server.blob, ChunkRange { count: range.count - 1, ..range }).encode().into_response()
        }
        Trick::OtherBlob | Trick::StatesLength(_) | Trick::OtherBody => {
            let other: Vec<u8> = server.blob.iter().map(|byte| byte ^ 0x55).collect();
            opening(&other, range).encode().into_response()
        }
        Trick::Garbage => vec![0xFF; 100].into_response(),
        Trick::Trailing => {
            let mut bytes = opening(&server.blob, range).encode();
            bytes.push(0);
            bytes.into_response()
        }
        Trick::Endless => vec![0u8; 4 << 20].into_response(),
        // A body that breaks off: the length promised is longer than what comes.
        Trick::FailTwice if asked < 2 => {
            let pieces = futures::stream::iter([Ok(Bytes::from_static(b"abc")), Err(std::io::Error::other("cut"))]);
            axum::body::Body::from_stream(pieces).into_response()
        }
        Trick::Redirect => Redirect::temporary("http://127.0.0.1:1/elsewhere").into_response(),
        _ => opening(&server.blob, range).encode().into_response(),
    }
}

async fn whole(State(server): State<Arc<Server>>, Path(name): Path<String>, method: Method) -> Response {
    if name != hex::encode(root(&server.blob)) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match (server.trick, method) {
        (Trick::StatesLength(len), Method::HEAD) => ([(header::CONTENT_LENGTH, len.to_string())], ()).into_response(),
        (Trick::OtherBody, _) => server.blob.iter().map(|byte| !byte).collect::<Vec<u8>>().into_response(),
        _ => server.blob.clone().into_response(),
    }
}

#[derive(serde::Deserialize)]
struct Announced {
    len: u32,
}

/// Takes an upload as a provider does: piece by piece, each verified.
async fn put(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
    Query(Announced { len }): Query<Announced>,
    body: Bytes,
) -> Response {
    let asked = server.asked.fetch_add(1, Ordering::SeqCst);
    match server.trick {
        Trick::EarlyTwice if asked < 2 => (StatusCode::TOO_EARLY, "no such job yet").into_response(),
        Trick::Refuse => (StatusCode::UNPROCESSABLE_ENTITY, "it has \x1b[2J8 bytes\n").into_response(),
        Trick::FullTwice if asked < 2 => (StatusCode::INSUFFICIENT_STORAGE, "over the quota\n").into_response(),
        _ => {
            let mut pieces = Pieces::new(root(&server.blob), len);
            pieces.push(&body);
            let mut got = Vec::new();
            while let Some(piece) = pieces.take().unwrap() {
                got.extend(piece);
            }
            assert!(got == server.blob);
            assert_eq!(name, hex::encode(root(&got)));
            StatusCode::CREATED.into_response()
        }
    }
}

fn at(url: &str) -> Endpoint {
    Endpoint::new(&Http::new(Reach::Any).unwrap(), url).unwrap()
}

/// Serves `blob` and gives the endpoint.
async fn serve(blob: Vec<u8>, trick: Trick) -> (Endpoint, Arc<Server>) {
    let server = Arc::new(Server { blob, trick, asked: AtomicU32::new(0) });
    let router = Router::new()
        .route("/blobs/{root}", get(whole))
        .route("/blobs/{root}/openings", axum::routing::put(put))
        .route("/blobs/{root}/opening", get(opening))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(server.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = at(&format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (endpoint, server)
}

/// Bytes without a pattern that shifts could hide in.
fn blob(len: usize) -> Vec<u8> {
    (0..len as u64).map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

fn forgery(result: Result<Vec<u8>, BlobError>) -> Forgery {
    match result {
        Err(BlobError::Forged { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

async fn fetch(blob: &[u8], trick: Trick) -> Result<Vec<u8>, BlobError> {
    let (endpoint, _) = serve(blob.to_vec(), trick).await;
    blobs::fetch(&endpoint, &root(blob), blob.len() as u32, |_| {}).await
}

#[tokio::test]
async fn a_download_of_several_ranges_arrives_whole_and_shows_its_progress() {
    let blob = blob(2 * 1024 * 1024 + 4100);
    let (endpoint, server) = serve(blob.clone(), Trick::None).await;
    let mut progress = Vec::new();
    let got = blobs::fetch(&endpoint, &root(&blob), blob.len() as u32, |done| progress.push(done)).await.unwrap();
    assert!(got == blob);
    assert_eq!(progress, [1 << 20, 2 << 20, blob.len() as u64]);
    assert_eq!(server.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn buffers_of_every_awkward_length_arrive_whole() {
    for len in [4, 1020, 1024, 1028, 4096, 5000, 1 << 20, (1 << 20) + 4] {
        let blob = blob(len);
        assert!(fetch(&blob, Trick::None).await.unwrap() == blob, "{len}");
    }
}

#[tokio::test]
async fn a_flipped_bit_is_refused() {
    let error = forgery(fetch(&blob(5000), Trick::FlipBit).await);
    assert_eq!(error, Forgery::Opening(OpeningError::WrongRoot));
}

#[tokio::test]
async fn another_blob_under_the_same_name_is_refused() {
    let error = forgery(fetch(&blob(5000), Trick::OtherBlob).await);
    assert_eq!(error, Forgery::Opening(OpeningError::WrongRoot));
}

#[tokio::test]
async fn other_chunks_than_those_asked_for_are_refused() {
    assert_eq!(forgery(fetch(&blob(5000), Trick::OtherChunks).await), Forgery::OtherChunks);
}

#[tokio::test]
async fn what_is_not_an_opening_is_refused() {
    assert_eq!(forgery(fetch(&blob(5000), Trick::Garbage).await), Forgery::Undecodable);
    assert_eq!(forgery(fetch(&blob(5000), Trick::Trailing).await), Forgery::Undecodable);
}

#[tokio::test]
async fn an_answer_longer_than_the_opening_is_not_read_to_its_end() {
    assert_eq!(forgery(fetch(&blob(5000), Trick::Endless).await), Forgery::TooLong);
}

#[tokio::test]
async fn a_false_length_is_refused() {
    let blob = blob(5000);
    let (endpoint, _) = serve(blob.clone(), Trick::None).await;
    for len in [4, 4996, 5004] {
        let error = forgery(blobs::fetch(&endpoint, &root(&blob), len, |_| {}).await);
        assert!(matches!(error, Forgery::Opening(_)), "{len}: {error}");
    }
}

#[tokio::test]
async fn nothing_unverified_reaches_the_sink() {
    let blob = blob(3 << 20);
    let (endpoint, _) = serve(blob.clone(), Trick::FlipBit).await;
    let mut sink = Vec::new();
    let result = blobs::fetch_to(&endpoint, &root(&blob), blob.len() as u32, &mut sink, |_| {}).await;
    assert!(matches!(result, Err(BlobError::Forged { .. })));
    assert!(sink.is_empty());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let blob = blob(5000);
    let (endpoint, server) = serve(blob.clone(), Trick::FailTwice).await;
    let got = blobs::fetch(&endpoint, &root(&blob), 5000, |_| {}).await.unwrap();
    assert!(got == blob);
    assert_eq!(server.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let error = fetch(&blob(5000), Trick::Redirect).await.unwrap_err();
    assert!(matches!(error, BlobError::Refused { status: 307, .. }), "{error}");
}

#[tokio::test]
async fn a_missing_blob_is_told_from_a_missing_server() {
    let (endpoint, _) = serve(blob(5000), Trick::None).await;
    let unknown: Root = [7; 32];
    let error = blobs::fetch(&endpoint, &unknown, 5000, |_| {}).await.unwrap_err();
    assert!(matches!(error, BlobError::NotFound { root, .. } if root == unknown), "{error}");

    // Bound and dropped: nobody listens there now.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = blobs::head(&at(&nobody), &unknown).await.unwrap_err();
    assert!(matches!(&error, BlobError::Unreachable { endpoint, .. } if *endpoint == nobody), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn head_gives_the_length() {
    let blob = blob(5000);
    let (endpoint, _) = serve(blob.clone(), Trick::None).await;
    assert_eq!(blobs::head(&endpoint, &root(&blob)).await.unwrap(), Some(5000));
    assert_eq!(blobs::head(&endpoint, &[1; 32]).await.unwrap(), None);
}

#[tokio::test]
async fn one_opening_of_inner_chunks_verifies() {
    let blob = blob(10_000);
    let (endpoint, _) = serve(blob.clone(), Trick::None).await;
    let range = ChunkRange { first: 3, count: 2 };
    let got: Vec<Opening> = blobs::openings(&endpoint, &root(&blob), 10_000, &[range]).await.unwrap();
    assert_eq!(got[0].ranges, [range]);
    assert!(got[0].data == blob[3 * 1024..5 * 1024]);
}

#[tokio::test]
async fn a_put_waits_for_a_provider_that_does_not_know_the_job_yet() {
    let blob = blob(5000);
    let (endpoint, server) = serve(blob.clone(), Trick::EarlyTwice).await;
    blobs::put(&endpoint, &root(&blob), blob.clone().into()).await.unwrap();
    assert_eq!(server.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_put_to_a_store_that_is_full_is_tried_again() {
    let blob = blob(5000);
    let (endpoint, server) = serve(blob.clone(), Trick::FullTwice).await;
    blobs::put(&endpoint, &root(&blob), blob.clone().into()).await.unwrap();
    assert_eq!(server.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_put_that_is_refused_shows_the_providers_reason_and_nothing_that_controls_the_terminal() {
    let blob = blob(5000);
    let (endpoint, server) = serve(blob.clone(), Trick::Refuse).await;
    let error = blobs::put(&endpoint, &root(&blob), blob.clone().into()).await.unwrap_err();
    assert!(
        matches!(&error, BlobError::Refused { status: 422, text, .. } if text == "it has \u{FFFD}[2J8 bytes"),
        "{error}"
    );
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn one_try_of_a_put_says_whether_another_one_may_help() {
    let blob = blob(5000);
    let content = Content::new(&root(&blob), blob.clone().into()).unwrap();
    for (trick, transient) in [(Trick::EarlyTwice, true), (Trick::Refuse, false)] {
        let (endpoint, server) = serve(blob.clone(), trick).await;
        let error = blobs::put_once(&endpoint, &content).await.unwrap_err();
        assert_eq!(error.is_transient(), transient, "{error}");
        assert_eq!(server.asked.load(Ordering::SeqCst), 1);
    }
    let nobody = at("http://127.0.0.1:1");
    assert!(blobs::put_once(&nobody, &content).await.unwrap_err().is_transient());
    let error = blobs::put(&nobody, &[9; 32], blob.into()).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
}

#[tokio::test]
async fn an_upload_of_many_pieces_arrives_whole() {
    let blob = blob(3 << 20);
    let (endpoint, server) = serve(blob.clone(), Trick::None).await;
    blobs::put(&endpoint, &root(&blob), blob.clone().into()).await.unwrap();
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_upload_from_a_file_arrives_whole_and_one_that_is_cut_meanwhile_is_not_tried_again() {
    let blob = blob(3 << 20);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &blob).unwrap();
    let content = Content::open(&root(&blob), file.path()).unwrap();
    let (endpoint, server) = serve(blob.clone(), Trick::None).await;
    blobs::put_once(&endpoint, &content).await.unwrap();
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);

    file.as_file().set_len(1 << 20).unwrap();
    let error = blobs::put_once(&endpoint, &content).await.unwrap_err();
    assert!(matches!(error, BlobError::Read(_)) && !error.is_transient(), "{error}");
}

#[tokio::test]
async fn bytes_of_another_root_are_not_even_sent() {
    let (endpoint, server) = serve(blob(4), Trick::None).await;
    let error = blobs::put(&endpoint, &[9; 32], blob(8).into()).await.unwrap_err();
    assert!(matches!(error, BlobError::WrongBytes { len: 8, .. }), "{error}");
    assert_eq!(server.asked.load(Ordering::SeqCst), 0);
}

#[test]
fn endpoints_that_are_not_web_addresses_are_refused() {
    for endpoint in ["", "provider", "file:///etc/passwd", "http://host/?a=b", "ftp://host"] {
        let error = Endpoint::new(&Http::new(Reach::Any).unwrap(), endpoint).err().unwrap();
        assert!(matches!(error, BlobError::BadEndpoint { .. }), "{endpoint}: {error}");
    }
}

#[test]
fn an_endpoint_is_checked_before_it_is_registered() {
    for endpoint in ["http://127.0.0.1:9955", "https://gpu.example.org", "https://example.org/gpu/", "http://[::1]:1"] {
        assert!(blobs::check_endpoint(endpoint).is_ok(), "{endpoint}");
    }
    let long = format!("https://example.org/{}", "x".repeat(120));
    for (endpoint, reason) in [
        ("ftp://x", "it does not begin with http:// or https://"),
        ("foo", "it does not begin with http:// or https://"),
        ("", "it does not begin with http:// or https://"),
        ("http://", "it names no host"),
        ("localhost:9955", "it does not begin with http:// or https://"),
        ("http://x?y=1", "it has a query or a fragment"),
        ("http://x:65536", "its port is not a number from 1 to 65535"),
        (&long, "it is longer than 128 bytes"),
    ] {
        assert_eq!(
            blobs::check_endpoint(endpoint).unwrap_err().to_string(),
            format!("{endpoint} is not an endpoint ({reason}): a provider registers an http:// or https:// URL")
        );
    }
}

#[tokio::test]
async fn a_root_of_longer_or_shorter_data_is_shown_by_its_last_chunk() {
    for len in [4u32, 1020, 1024, 1028, 5000, 4096 * 1024 + 4] {
        let blob = blob(len as usize);
        let (endpoint, server) = serve(blob.clone(), Trick::None).await;
        for declared in [len - 1, len + 4, 8192] {
            let shown = lengths::shown(&endpoint, &root(&blob), declared, Effort::Ask).await.unwrap();
            let (found, opening) = shown.expect("another length");
            assert_eq!(found, len);
            let opened = verify(&opening, &root(&blob), len).unwrap();
            assert!(opened.chunk(chunk_count(len) - 1).is_some());
            assert_eq!(opening.ranges.iter().map(|range| range.count).sum::<u32>(), 1, "exactly one chunk");
        }
        assert_eq!(server.asked.load(Ordering::SeqCst), 3, "one opening each, nothing else");
    }
}

#[tokio::test]
async fn the_length_that_is_due_is_nothing_to_be_shown() {
    let blob = blob(5000);
    let (endpoint, server) = serve(blob.clone(), Trick::None).await;
    for effort in [Effort::Ask, Effort::Download] {
        assert_eq!(lengths::shown(&endpoint, &root(&blob), 5000, effort).await.unwrap(), None);
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 0, "no opening was fetched");
}

#[tokio::test]
async fn a_provider_that_lies_about_the_length_is_found_out_by_what_it_serves() {
    let blob = blob(5000);
    for stated in [4096, 0, 17, 6000, u64::MAX] {
        let (endpoint, _) = serve(blob.clone(), Trick::StatesLength(stated)).await;
        let asked = lengths::shown(&endpoint, &root(&blob), 4096, Effort::Ask).await;
        assert!(!matches!(asked, Ok(Some(_))), "{stated}: {asked:?}");
        let shown = lengths::shown(&endpoint, &root(&blob), 4096, Effort::Download).await.unwrap();
        let (found, opening) = shown.expect("another length");
        assert_eq!(found, 5000);
        verify(&opening, &root(&blob), 5000).unwrap();
    }
}

#[tokio::test]
async fn data_that_does_not_belong_to_the_root_shows_nothing() {
    let blob = blob(5000);
    let (endpoint, _) = serve(blob.clone(), Trick::OtherBody).await;
    assert_eq!(lengths::shown(&endpoint, &root(&blob), 4096, Effort::Download).await.unwrap(), None);
    assert_eq!(blobs::fetch_any(&endpoint, &root(&blob), 5000).await.unwrap(), None);
}

#[tokio::test]
async fn a_whole_download_ends_at_its_cap() {
    let blob = blob(5000);
    let (endpoint, _) = serve(blob.clone(), Trick::None).await;
    assert_eq!(blobs::fetch_any(&endpoint, &root(&blob), 4999).await.unwrap(), None);
    assert!(blobs::fetch_any(&endpoint, &root(&blob), 5000).await.unwrap() == Some(blob));
}
