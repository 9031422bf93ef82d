//! Inputs that are fetched from URLs.

use std::sync::Arc;

use gpu_worker::blobs::{BlobStore, PullError, Puller};
use tokio::net::TcpListener;
use touchstone_client::http::{Http, HttpError, Reach};

use crate::support::*;

fn puller(reach: Reach) -> Puller {
    Puller::new(Http::new(reach).unwrap())
}

#[tokio::test]
async fn inputs_are_pulled_from_urls_and_nothing_but_the_right_bytes_is_kept() {
    let source = Endpoint::start().await;
    let bytes = some_bytes(9000);
    let root = source.hold(&bytes);
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(BlobStore::open(folder.path(), 1 << 20).unwrap());
    let puller = puller(Reach::Any);

    let error = puller.pull(&source.blob(&root), &[3; 32], 9000, &store).await.unwrap_err();
    assert!(error.to_string().starts_with("the bytes hash to"), "{error}");
    let error = puller.pull(&source.blob(&root), &root, 8000, &store).await.unwrap_err();
    let url = source.blob(&root);
    assert_eq!(error.to_string(), format!("{url} has 9000 bytes or more, 8000 were expected"));
    let error = puller.pull(&source.blob(&[5; 32]), &[5; 32], 8, &store).await.unwrap_err();
    assert!(error.to_string().ends_with("answered 404") && !error.is_transient(), "{error}");
    assert_eq!(store.usage().0, 0);

    puller.pull(&source.blob(&root), &root, 9000, &store).await.unwrap();
    assert_eq!(std::fs::read(store.get(&root).unwrap().unwrap().path).unwrap(), bytes);
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
    let store = Arc::new(BlobStore::open(folder.path(), 1 << 20).unwrap());
    let error = puller(Reach::Any).pull(&url, &root, 64, &store).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{url} answered 307"));
}

#[tokio::test]
async fn private_addresses_are_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(BlobStore::open(folder.path(), 1 << 20).unwrap());
    let source = Endpoint::start().await;
    let root = source.hold(&some_bytes(64));
    let port = source.address.port();
    for host in ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "localhost", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{port}/blobs/{}", hex::encode(root));
        let error = puller(Reach::Public).pull(&url, &root, 64, &store).await.unwrap_err();
        assert!(matches!(error, PullError::Http(HttpError::Private(_))), "{url}: {error}");
    }
    assert_eq!(store.usage().0, 0);
    puller(Reach::Any).pull(&source.blob(&root), &root, 64, &store).await.unwrap();
}

#[tokio::test]
async fn an_input_that_does_not_fit_the_store_may_fit_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(BlobStore::open(folder.path(), 32).unwrap());
    let source = Endpoint::start().await;
    let root = source.hold(&some_bytes(64));
    let error = puller(Reach::Any).pull(&source.blob(&root), &root, 64, &store).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}
