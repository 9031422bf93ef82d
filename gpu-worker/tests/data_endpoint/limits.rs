//! What strangers can use up, and what they cannot.

use std::time::{Duration, Instant};

use codec::Decode;
use gpu_worker::blobs::{Limits, Share};
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use touchstone_client::http::Slowest;
use touchstone_kir::{verify, Opening, Root};

use crate::support::*;

const IDLE: usize = 1000;

/// Sockets of both ends are in this process.
fn allow_many_files() {
    use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

/// Opens one chunk over a connection of its own, within a second.
async fn opens_within_a_second(endpoint: &Endpoint, root: &Root, len: u32, chunk: usize) {
    let answer = tokio::time::timeout(Duration::from_secs(1), async {
        let answer = endpoint.opening(root, chunk, 1).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.bytes().await.unwrap()
    });
    let answer = answer.await.expect("an opening within a second");
    verify(&Opening::decode(&mut &answer[..]).unwrap(), root, len).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn openings_are_answered_within_a_second_under_a_thousand_idle_connections() {
    allow_many_files();
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(2 << 20);
    let root = endpoint.hold(&bytes);
    let awaited = touchstone_kir::root(&[1; 4096]);
    endpoint.expect(awaited, 4096);
    // Strangers from one address, from many, and from the address of the one who asks.
    let mut idle = Vec::new();
    for number in 0..IDLE {
        let from = match number % 3 {
            0 => [127, 0, 0, 2],
            1 => [127, 0, 1, (number % 250) as u8 + 1],
            _ => [127, 0, 0, 1],
        };
        idle.push(match number % 4 {
            // Nothing, half a head, a PUT without a body, and one of a blob that no job reads.
            0 => endpoint.connect(from).await,
            1 => {
                let mut stream = endpoint.connect(from).await;
                stream.write_all(b"GET /blobs/").await.unwrap();
                stream
            }
            2 => endpoint.begin_put(from, &awaited, 4096, &[]).await,
            _ => endpoint.begin_put(from, &[7; 32], 4096, &[]).await,
        });
        if number % 100 == 99 {
            opens_within_a_second(&endpoint, &root, 2 << 20, number).await;
        }
    }
    for chunk in 0..20 {
        opens_within_a_second(&endpoint, &root, 2 << 20, chunk * 100).await;
    }
    assert_eq!(endpoint.put(&awaited, &[1; 4096]).await.0, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_are_under_way_do_not_keep_openings_or_others_uploads_waiting() {
    let endpoint = Endpoint::start().await;
    let root = endpoint.hold(&some_bytes(100_000));
    let held = endpoint.store.usage().0;
    // More than one peer may have at once.
    let mut uploads = Vec::new();
    for number in 0..40u8 {
        let awaited = touchstone_kir::root(&[number; 4096]);
        endpoint.expect(awaited, 4096);
        uploads.push(endpoint.begin_put([127, 0, 0, 2], &awaited, 4096, &[number; 8]).await);
    }
    let most = Limits::default().unproved.peer as u64;
    until("as many as one peer may have are under way", || endpoint.store.usage().0 == held + most * 4096).await;
    opens_within_a_second(&endpoint, &root, 100_000, 3).await;
    let bytes = some_bytes(4096);
    let awaited = touchstone_kir::root(&bytes);
    endpoint.expect(awaited, 4096);
    assert_eq!(endpoint.put(&awaited, &bytes).await.0, StatusCode::CREATED);
    let (status, text) = endpoint.put_from(&client([127, 0, 0, 2]), &awaited, &bytes).await;
    assert_eq!(status, StatusCode::OK, "what is held needs no upload: {text}");
    let more = touchstone_kir::root(&[99; 4096]);
    endpoint.expect(more, 4096);
    let (status, text) = endpoint.put_from(&client([127, 0, 0, 2]), &more, &[99; 4096]).await;
    assert_eq!((status, text.as_str()), (StatusCode::TOO_MANY_REQUESTS, "too many uploads at once; try again\n"));
}

fn few_reads(slowest: Slowest) -> Limits {
    Limits { reads: Share { all: 10, peer: 2 }, slowest, ..Limits::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_peer_reads_a_few_blobs_at_once_and_others_are_served_meanwhile() {
    let endpoint = Endpoint::with(64 << 20, few_reads(Slowest::default())).await;
    // More than the buffers of a connection take.
    let bytes = some_bytes(32 << 20);
    let (large, small) = (endpoint.hold(&bytes), endpoint.hold(&bytes[..4096]));
    let readers = [endpoint.begin_get([127, 0, 0, 2], &large).await, endpoint.begin_get([127, 0, 0, 2], &large).await];
    let greedy = client([127, 0, 0, 2]);
    let started = Instant::now();
    while greedy.get(endpoint.blob(&small)).send().await.unwrap().status() == StatusCode::OK {
        assert!(started.elapsed() < Duration::from_secs(10), "both readers are under way");
    }
    let refused = greedy.get(endpoint.blob(&small)).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.text().await.unwrap(), "too many downloads at once; try again\n");
    let other = client([127, 0, 0, 3]).get(endpoint.blob(&small)).send().await.unwrap();
    assert_eq!(other.bytes().await.unwrap(), bytes[..4096]);
    // Openings have limits of their own.
    let opening = greedy.get(format!("{}/opening?first=0&count=1", endpoint.blob(&large))).send().await.unwrap();
    assert_eq!(opening.status(), StatusCode::OK);
    drop(readers);
    let started = Instant::now();
    while greedy.get(endpoint.blob(&small)).send().await.unwrap().status() != StatusCode::OK {
        assert!(started.elapsed() < Duration::from_secs(10), "readers that left give their place back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_is_cut() {
    let slowest = Slowest { rate: 100_000, window: Duration::from_millis(500), stall: Duration::from_millis(300) };
    let endpoint = Endpoint::with(64 << 20, few_reads(slowest)).await;
    let bytes = some_bytes(32 << 20);
    let root = endpoint.hold(&bytes);
    let mut reader = endpoint.begin_get([127, 0, 0, 1], &root).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut got = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), reader.read_to_end(&mut got)).await;
    ended.expect("the connection ends").ok();
    assert!(got.len() < bytes.len(), "{}", got.len());
    // One that reads gets everything.
    let whole = client([127, 0, 0, 1]).get(endpoint.blob(&root)).send().await.unwrap().bytes().await.unwrap();
    assert!(whole == bytes);
}

#[tokio::test]
async fn behind_a_proxy_of_ours_peers_are_those_it_names() {
    let limits = Limits { proxies: vec!["127.0.0.1".parse().unwrap()], ..few_reads(Slowest::default()) };
    let endpoint = Endpoint::with(64 << 20, limits).await;
    let bytes = some_bytes(32 << 20);
    let (large, small) = (endpoint.hold(&bytes), endpoint.hold(&bytes[..4096]));
    let mut readers = Vec::new();
    for _ in 0..2 {
        let mut reader = endpoint.connect([127, 0, 0, 1]).await;
        let head =
            format!("GET /blobs/{} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.1\r\n\r\n", hex::encode(large));
        reader.write_all(head.as_bytes()).await.unwrap();
        readers.push(reader);
    }
    let get = |peer: &'static str| {
        let request = client([127, 0, 0, 1]).get(endpoint.blob(&small)).header("x-forwarded-for", peer);
        async { request.send().await.unwrap().status() }
    };
    let started = Instant::now();
    while get("203.0.113.1").await != StatusCode::TOO_MANY_REQUESTS {
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    assert_eq!(get("203.0.113.2").await, StatusCode::OK);
}

#[tokio::test]
async fn connections_over_the_limit_take_the_place_of_idle_ones() {
    let limits = Limits { connections: Share { all: 6, peer: 3 }, ..Limits::default() };
    let endpoint = Endpoint::with(QUOTA, limits).await;
    let root = endpoint.hold(&some_bytes(4096));
    let mut idle = Vec::new();
    for number in 0..20 {
        idle.push(endpoint.connect([127, 0, 0, 2 + number % 4]).await);
        opens_within_a_second(&endpoint, &root, 4096, 1).await;
    }
    let mut cut = 0;
    for stream in &mut idle {
        let read = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut [0; 1])).await;
        cut += usize::from(matches!(read, Ok(Ok(0) | Err(_))));
    }
    assert!(cut >= 14, "at most six are left: {cut} of 20 were cut");
}
