//! Inputs on their way in.

use std::time::{Duration, Instant};

use gpu_worker::blobs::{Limits, Receipt, StoreError};
use reqwest::{header, Client, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use touchstone_client::http::Slowest;
use touchstone_primitives::Buffer;

use crate::support::*;

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

    // The same again is not an error, and is not stored again.
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
async fn an_upload_that_breaks_off_gives_its_space_back() {
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
async fn a_put_of_a_blob_whose_file_was_changed_or_cut_brings_it_again() {
    let endpoint = Endpoint::start().await;
    for len in [4096, 2 << 20] {
        let bytes = some_bytes(len);
        let root = touchstone_kir::root(&bytes);
        endpoint.expect(root, len as u32);
        assert_eq!(endpoint.put(&root, &bytes).await.0, StatusCode::CREATED);
        let mut changed = bytes.clone();
        changed[100] ^= 1;
        for wrong in [&changed[..], &bytes[..len - 4], &[]] {
            std::fs::write(endpoint.path(&root), wrong).unwrap();
            let (status, text) = endpoint.put(&root, &bytes).await;
            assert_eq!(status, StatusCode::CREATED, "{text}");
            assert_eq!(std::fs::read(endpoint.path(&root)).unwrap(), bytes);
        }
        assert_eq!(endpoint.put(&root, &bytes).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_upload_of_which_nothing_has_arrived_takes_no_space() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(1 << 20);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 1 << 20);
    let mut idle = Vec::new();
    for _ in 0..8 {
        idle.push(endpoint.begin_put([127, 0, 0, 2], &root, 1 << 20, &[]).await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(endpoint.store.usage(), (0, QUOTA));
    // All of the quota is there for what a job computes, and its tree.
    drop(endpoint.store.begin_output(&JOB, QUOTA as u32 / 256 * 255).unwrap());
    assert_eq!(endpoint.put(&root, &bytes).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn uploads_draw_on_the_space_of_their_job_and_a_full_store_is_not_a_final_answer() {
    let endpoint = Endpoint::with(8192, Limits::default()).await;
    let bytes = some_bytes(4096);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 4096);
    let other = endpoint.store.begin(8192).unwrap();
    let answer = Client::new().put(endpoint.blob(&root)).body(bytes.clone()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
    drop(other);
    endpoint.store.reserve(&JOB, &[Buffer { root, len: 4096 }], &[4096]).unwrap();
    assert!(endpoint.store.begin(4).is_err(), "the rest is for this job");
    assert_eq!(endpoint.put(&root, &bytes).await.0, StatusCode::CREATED);
    assert_eq!(endpoint.store.usage(), (8192, 8192));
}

fn quick() -> Limits {
    let slowest = Slowest { rate: 10_000, window: Duration::from_millis(400), stall: Duration::from_millis(300) };
    Limits { slowest, ..Limits::default() }
}

#[tokio::test]
async fn an_upload_that_is_too_slow_or_stalls_ends_and_gives_its_space_back() {
    let endpoint = Endpoint::with(QUOTA, quick()).await;
    let bytes = some_bytes(1 << 20);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 1 << 20);
    let mut stalls = endpoint.begin_put([127, 0, 0, 1], &root, 1 << 20, &bytes[..1000]).await;
    assert_eq!(status(&mut stalls).await, Some(408));
    let mut silent = endpoint.begin_put([127, 0, 0, 1], &root, 1 << 20, &[]).await;
    assert_eq!(status(&mut silent).await, Some(408));
    // It never pauses for long, and brings a tenth of what it has to.
    let trickles = endpoint.begin_put([127, 0, 0, 1], &root, 1 << 20, &bytes[..100]).await;
    let (mut answer, mut body) = trickles.into_split();
    let mut sent = 0;
    let ended = async {
        while body.write_all(&[1; 100]).await.is_ok() {
            sent += 100;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let mut head = [0; 12];
    tokio::select! {
        () = ended => {}
        read = answer.read_exact(&mut head) => assert_eq!((read.unwrap(), &head), (12, b"HTTP/1.1 408")),
    }
    assert!(sent < 10_000, "{sent}");
    until("all space is given back", || endpoint.store.usage().0 == 0 && endpoint.files() == 0).await;
    assert_eq!(endpoint.put(&root, &bytes).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn a_blob_has_one_upload_at_a_time_and_one_that_stops_gives_way() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(1 << 20);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 1 << 20);
    let mut first = endpoint.begin_put([127, 0, 0, 2], &root, 1 << 20, &bytes[..1000]).await;
    // The blob and its tree: 64 values of groups, and 62 above them.
    let space = (1 << 20) + 126 * 32;
    until("it has its space", || endpoint.store.usage().0 == space).await;
    let answer = Client::new().put(endpoint.blob(&root)).body(bytes.clone()).send().await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()[header::RETRY_AFTER]),
        (StatusCode::CONFLICT, &"1".parse().unwrap())
    );
    assert_eq!(answer.text().await.unwrap(), "another upload of this blob is under way; try again\n");
    assert_eq!(endpoint.store.usage().0, space);

    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(endpoint.put(&root, &bytes).await.0, StatusCode::CREATED);
    assert_eq!(status(&mut first).await, Some(409));
}

#[tokio::test]
async fn an_upload_ends_when_no_job_needs_the_blob_any_longer() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(1 << 20);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 1 << 20);
    let mut upload = endpoint.begin_put([127, 0, 0, 1], &root, 1 << 20, &bytes[..1000]).await;
    until("it has its space", || endpoint.store.usage().0 > 0).await;
    endpoint.expect([1; 32], 4);
    endpoint.expect_nothing();
    assert_eq!(status(&mut upload).await, Some(410));
    until("its space is given back", || endpoint.store.usage().0 == 0).await;
}

#[tokio::test]
async fn a_disk_that_fails_is_told_without_its_paths() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(64);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 64);
    std::fs::remove_dir_all(endpoint.folder.path().join("blobs")).unwrap();
    let (status, text) = endpoint.put(&root, &bytes).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(text, "this provider's disk fails; try again later\n");
}
