//! Blobs, ranges and openings on their way out.

use codec::Decode;
use reqwest::{header, Client, Method, StatusCode};
use touchstone_client::{
    blobs,
    http::{Http, Reach},
};
use touchstone_kir::{verify, Opening};

use crate::support::*;

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
async fn a_blob_whose_file_was_changed_is_never_served() {
    let endpoint = Endpoint::start().await;
    for len in [4096, 2 << 20] {
        for wrong in [vec![0; len], vec![0; len - 4], Vec::new()] {
            let root = endpoint.hold(&some_bytes(len));
            std::fs::write(endpoint.path(&root), wrong).unwrap();
            let answer = endpoint.opening(&root, 0, 1).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND);
            assert_eq!(answer.text().await.unwrap(), format!("{} is not held here\n", hex::encode(root)));
            let root = endpoint.hold(&some_bytes(len));
            std::fs::write(endpoint.path(&root), vec![1; len]).unwrap();
            for method in [Method::GET, Method::HEAD] {
                let answer = Client::new().request(method, endpoint.blob(&root)).send().await.unwrap();
                assert_eq!(answer.status(), StatusCode::NOT_FOUND);
            }
        }
    }
}

#[tokio::test]
async fn openings_are_cut_from_a_blob_of_which_only_another_program_found_the_root() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(1 << 20);
    let root = touchstone_kir::root(&bytes);
    let incoming = endpoint.store.begin(1 << 20).unwrap();
    std::fs::write(incoming.path(), &bytes).unwrap();
    endpoint.store.adopt_as(incoming, &root).unwrap();
    let answer = endpoint.opening(&root, 700, 2).await;
    let opening = Opening::decode(&mut &answer.bytes().await.unwrap()[..]).unwrap();
    assert_eq!(verify(&opening, &root, 1 << 20).unwrap().data(), &bytes[700 << 10..702 << 10]);
}

#[tokio::test]
async fn the_clients_download_verifies_what_this_endpoint_serves() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes((1 << 20) + 300);
    let root = endpoint.hold(&bytes);
    let provider = blobs::Endpoint::new(&Http::new(Reach::Any).unwrap(), &endpoint.url).unwrap();
    let fetched = blobs::fetch(&provider, &root, bytes.len() as u32, |_| {}).await.unwrap();
    assert!(fetched == bytes);
    let len = blobs::head(&provider, &root).await.unwrap();
    assert_eq!(len, Some(bytes.len() as u64));
    let missing = blobs::head(&provider, &[1; 32]).await.unwrap();
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
    let metrics = reqwest::get(format!("{}/metrics", endpoint.url)).await.unwrap();
    assert_eq!(metrics.status(), StatusCode::NOT_FOUND, "metrics are not for strangers");
    let not_found = reqwest::get(endpoint.blob(&[7; 32])).await.unwrap();
    assert_eq!(not_found.status(), StatusCode::NOT_FOUND);
    let nonsense = reqwest::get(format!("{}/blobs/xyz", endpoint.url)).await.unwrap();
    assert_eq!(nonsense.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn jobs_are_listed_in_pages() {
    let endpoint = Endpoint::start().await;
    let all: Vec<String> = (0..250).map(|number| format!("0x{number:064x}")).collect();
    endpoint.identity.write().unwrap().jobs = all.clone();
    let (mut listed, mut after) = (Vec::new(), String::new());
    let mut pages = 0;
    loop {
        let url = format!("{}/jobs?after={after}", endpoint.url);
        let page: serde_json::Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let jobs = page["jobs"].as_array().unwrap();
        assert!(jobs.len() <= 100);
        listed.extend(jobs.iter().map(|job| job.as_str().unwrap().to_owned()));
        pages += 1;
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((listed, pages), (all, 3));
    let identity: serde_json::Value = reqwest::get(&endpoint.url).await.unwrap().json().await.unwrap();
    assert_eq!(identity["jobs"], serde_json::Value::Null);
}
