//! Uploads whose pieces prove themselves, and what strangers who lack the bytes can do against them.

use std::{sync::Arc, time::Duration};

use gpu_worker::blobs::{Limits, Share};
use reqwest::StatusCode;
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet};
use touchstone_client::{
    blobs::{self, Content, Endpoint as Remote},
    http::{Http, Reach},
};
use touchstone_kir::Root;

use crate::support::*;

const LEN: usize = 32 << 20;

fn content(bytes: &[u8]) -> Content {
    Content::new(&touchstone_kir::root(bytes), bytes.to_vec().into()).unwrap()
}

fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    content(bytes).frames().map(|frame| frame.unwrap().to_vec()).collect()
}

fn remote(endpoint: &Endpoint) -> Remote {
    Remote::new(&Http::new(Reach::Any).unwrap(), &endpoint.url).unwrap()
}

/// A PUT of pieces of which only the head and these bytes are sent. More can be sent as one chunk of the body each.
async fn begin(endpoint: &Endpoint, from: [u8; 4], root: &Root, len: usize, pieces: &[Vec<u8>]) -> TcpStream {
    let mut stream = endpoint.connect(from).await;
    let path = format!("/blobs/{}/openings?len={len}", hex::encode(root));
    let head = format!("PUT {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    for piece in pieces {
        send(&mut stream, piece).await.unwrap();
    }
    stream
}

async fn send(stream: &mut TcpStream, piece: &[u8]) -> std::io::Result<()> {
    stream.write_all(&[format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()).await
}

/// Strangers who upload nonsense as fast as `rate` needs, one after the other from many addresses, so that there is
/// never a moment without one.
async fn nonsense(endpoint: Arc<Endpoint>, root: Root) {
    let mut peer = 0u8;
    let mut senders = JoinSet::new();
    loop {
        peer = peer.wrapping_add(1);
        let endpoint = endpoint.clone();
        senders.spawn(async move {
            let mut stream = endpoint.begin_put([127, 0, 2, peer.max(1)], &root, LEN, &[7; 4096]).await;
            // More than a contested upload needs, until it is refused.
            while stream.write_all(&[7; 64 << 10]).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        while senders.try_join_next().is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fast_nonsense_from_many_strangers_does_not_keep_out_who_has_the_bytes() {
    let endpoint = Arc::new(Endpoint::with(64 << 20, Limits::default()).await);
    let bytes = some_bytes(LEN);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, LEN as u32);
    let strangers = tokio::spawn(nonsense(endpoint.clone(), root));
    until("a stranger's upload has its space", || endpoint.store.usage().0 > 0).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    // Bytes without a proof do not get in: nothing tells them from the nonsense.
    let mut unproved = endpoint.begin_put([127, 0, 0, 1], &root, LEN, &bytes[..4096]).await;
    assert_eq!(status(&mut unproved).await, Some(409));
    // At the first try.
    blobs::put_once(&remote(&endpoint), &content(&bytes)).await.unwrap();
    assert!(std::fs::read(endpoint.path(&root)).unwrap() == bytes);
    strangers.abort();
}

#[tokio::test]
async fn a_wrong_piece_ends_its_upload_and_nothing_is_kept() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(1 << 20);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 1 << 20);
    let mut pieces = frames(&bytes);
    pieces[3][1000] ^= 1;
    let mut upload = begin(&endpoint, [127, 0, 0, 1], &root, 1 << 20, &pieces[..3]).await;
    until("three right pieces have their space", || endpoint.store.usage().0 >= 1 << 20).await;
    send(&mut upload, &pieces[3]).await.unwrap();
    assert_eq!(status(&mut upload).await, Some(422), "twelve more pieces were to come");
    until("its space is given back", || endpoint.store.usage().0 == 0 && endpoint.files() == 0).await;
    blobs::put_once(&remote(&endpoint), &content(&bytes)).await.unwrap();
}

#[tokio::test]
async fn an_upload_takes_no_space_and_no_place_before_its_first_piece_was_right() {
    let endpoint = Endpoint::with(QUOTA, Limits { uploads: Share { all: 1, peer: 1 }, ..Limits::default() }).await;
    let bytes = some_bytes(1 << 20);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 1 << 20);
    let pieces = frames(&bytes);
    // A part of a right piece, and a whole wrong one.
    let partial = begin(&endpoint, [127, 0, 0, 2], &root, 1 << 20, &[pieces[0][..60_000].to_vec()]).await;
    let mut wrong = begin(&endpoint, [127, 0, 0, 3], &root, 1 << 20, &[pieces[1].clone()]).await;
    assert_eq!(status(&mut wrong).await, Some(422));
    assert_eq!((endpoint.store.usage().0, endpoint.files()), (0, 0));
    blobs::put_once(&remote(&endpoint), &content(&bytes)).await.unwrap();
    drop(partial);
}

#[tokio::test]
async fn uploads_without_a_proof_take_none_of_the_places_of_those_with_one() {
    let limits = Limits { unproved: Share { all: 2, peer: 2 }, ..Limits::default() };
    let endpoint = Endpoint::with(QUOTA, limits).await;
    let mut nonsense = Vec::new();
    for number in 0..2u8 {
        let awaited = touchstone_kir::root(&[number; 4096]);
        endpoint.expect(awaited, 4096);
        nonsense.push(endpoint.begin_put([127, 0, 0, 2], &awaited, 4096, &[number; 8]).await);
    }
    until("all places without a proof are taken", || endpoint.store.usage().0 == 2 * 4096).await;
    let bytes = some_bytes(4096);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 4096);
    assert_eq!(endpoint.put(&root, &bytes).await.0, StatusCode::TOO_MANY_REQUESTS);
    blobs::put_once(&remote(&endpoint), &content(&bytes)).await.unwrap();
}

#[tokio::test]
async fn pieces_that_end_early_are_refused_and_a_blob_that_is_held_is_not_sent_again() {
    let endpoint = Endpoint::start().await;
    let bytes = some_bytes(200_000);
    let root = touchstone_kir::root(&bytes);
    endpoint.expect(root, 200_000);
    let pieces = frames(&bytes);
    let mut upload = begin(&endpoint, [127, 0, 0, 1], &root, 200_000, &pieces[..2]).await;
    upload.write_all(b"0\r\n\r\n").await.unwrap();
    assert_eq!(status(&mut upload).await, Some(422));
    blobs::put_once(&remote(&endpoint), &content(&bytes)).await.unwrap();
    let mut again = begin(&endpoint, [127, 0, 0, 1], &root, 200_000, &[]).await;
    assert_eq!(status(&mut again).await, Some(200), "before a piece of it was sent");
    let mut other = begin(&endpoint, [127, 0, 0, 1], &root, 4096, &[]).await;
    assert_eq!(status(&mut other).await, Some(422), "no job has an input of this length");
}
