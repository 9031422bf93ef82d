//! Traces of results, from providers that serve them, serve something else, or do not serve them.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
    Router,
};
use codec::Encode;
use touchstone_client::{
    blobs::{BlobError, Endpoint},
    chain::Call,
    http::{Http, Reach},
    lengths::{self, Effort},
    sources::{SourceFlags, Sources},
    trace::{self, TraceError},
    AccountId, ResultView,
};
use touchstone_kir::{open, root, verify, ChunkRange};
use touchstone_primitives::{root_in, Buffer, CommitmentId, JobId, Target, Trace};

type Blobs = Arc<HashMap<String, Vec<u8>>>;

#[derive(serde::Deserialize)]
struct Chunks {
    first: u32,
    count: u32,
}

async fn whole(State(blobs): State<Blobs>, Path(name): Path<String>) -> Response {
    blobs.get(&name).map_or(StatusCode::NOT_FOUND.into_response(), |blob| blob.clone().into_response())
}

async fn opening(State(blobs): State<Blobs>, Path(name): Path<String>, Query(chunks): Query<Chunks>) -> Response {
    let range = ChunkRange { first: chunks.first, count: chunks.count };
    match blobs.get(&name).map(|blob| open(blob, &[range])) {
        Some(Ok(opening)) => opening.encode().into_response(),
        Some(Err(_)) => StatusCode::RANGE_NOT_SATISFIABLE.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Serves these blobs under these names, and no others.
async fn serve_as(blobs: Vec<([u8; 32], Vec<u8>)>) -> Endpoint {
    let named: HashMap<_, _> = blobs.into_iter().map(|(name, blob)| (hex::encode(name), blob)).collect();
    let router = Router::new()
        .route("/blobs/{root}", get(whole))
        .route("/blobs/{root}/opening", get(opening))
        .with_state(Arc::new(named));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    Endpoint::new(&Http::new(Reach::Any).unwrap(), &url).unwrap()
}

/// Serves these blobs under their roots, and no others.
async fn serve(blobs: Vec<Vec<u8>>) -> Endpoint {
    serve_as(blobs.into_iter().map(|blob| (root(&blob), blob)).collect()).await
}

/// A trace of so many instances.
fn of(instances: u32) -> Trace {
    Trace::new((0..instances).map(|instance| root(&instance.to_le_bytes())).collect())
}

/// A folder of blobs with these bytes.
fn store(bytes: &[u8]) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(hex::encode(root(bytes))), bytes).unwrap();
    let stores: Vec<PathBuf> = vec![folder.path().into()];
    let sources = SourceFlags { stores, ..SourceFlags::default() }.open().unwrap();
    (folder, sources)
}

#[tokio::test]
async fn a_trace_of_any_length_is_fetched_with_its_roots() {
    for instances in [1, 3, 32, 33, 100] {
        let trace = of(instances);
        let endpoint = serve(vec![trace.to_bytes()]).await;
        assert_eq!(trace::fetch(&endpoint, trace.buffer()).await.unwrap(), trace);
    }
}

#[tokio::test]
async fn a_provider_that_does_not_serve_the_trace_is_told_from_one_that_serves_something_else() {
    let trace = of(3);
    let error = trace::fetch(&serve(vec![]).await, trace.buffer()).await.unwrap_err();
    assert!(matches!(error, TraceError::NotServed(BlobError::NotFound { .. })), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("the provider does not serve the trace of its result"), "{text}");
    assert!(text.contains("has no blob") && text.contains(&hex::encode(trace.buffer().root)), "{text}");

    let other = serve_as(vec![(trace.buffer().root, of(4).to_bytes())]).await;
    let error = trace::fetch(&other, trace.buffer()).await.unwrap_err();
    assert!(matches!(error, TraceError::NotServed(BlobError::Forged { .. })), "{error}");
}

#[tokio::test]
async fn a_trace_without_whole_roots_is_refused() {
    for bytes in [vec![], vec![7u8; 4], vec![7; 36]] {
        let buffer = Buffer { root: root(&bytes), len: bytes.len() as u32 };
        let error = trace::fetch(&serve(vec![bytes]).await, buffer).await.unwrap_err();
        assert!(matches!(error, TraceError::NoRoots { len, .. } if len == buffer.len), "{error}");
        assert!(error.to_string().contains("are not whole roots of 32 bytes each"), "{error}");
    }
}

#[tokio::test]
async fn a_trace_that_the_provider_withholds_may_come_from_another_place() {
    let trace = of(3);
    let (_folder, sources) = store(&trace.to_bytes());
    let silent = serve(vec![]).await;
    assert_eq!(trace::find(&silent, &sources, trace.buffer()).await.unwrap(), trace);
    // One that has nothing does not hide what the provider said.
    let (_folder, sources) = store(&of(4).to_bytes());
    let error = trace::find(&silent, &sources, trace.buffer()).await.unwrap_err();
    assert!(matches!(error, TraceError::NotServed(BlobError::NotFound { .. })), "{error}");
}

#[tokio::test]
async fn a_root_of_data_that_is_no_trace_of_the_job_is_refuted_by_its_length() {
    // The job has three instances; what is committed is longer or shorter, in one chunk or in several.
    for bytes in [of(2).to_bytes(), of(40).to_bytes(), vec![7; 20]] {
        let committed = Buffer { root: root(&bytes), len: 3 * 32 };
        let endpoint = serve(vec![bytes.clone()]).await;
        let error = trace::fetch(&endpoint, committed).await.unwrap_err();
        assert!(matches!(error, TraceError::NotServed(_)), "{error}");
        let found = lengths::of_trace(&endpoint, committed, Effort::Download).await.unwrap();
        assert_eq!((&found.target, found.declared, found.committed), (&Target::Trace, 96, bytes.len() as u32));
        verify(&found.opening, &committed.root, found.committed).unwrap();
        let text = format!("trace: data of {} bytes is committed, the trace has 96 bytes", bytes.len());
        assert_eq!(found.to_string(), text);

        let (job, commitment) = (JobId([1; 32]), CommitmentId([2; 32]));
        let provider = AccountId([3; 32]);
        let result = ResultView { attempt: 1, commitment, provider, trace: committed, carried: false };
        let call = found.clone().call(job, &result);
        let (len, opening) = (found.committed, found.opening);
        assert_eq!(call, Call::RefuteLength { job, commitment, target: Target::Trace, len, opening });
    }
    // The right length is nothing to be refuted.
    let trace = of(3);
    for effort in [Effort::Ask, Effort::Download] {
        assert_eq!(lengths::of_trace(&serve(vec![trace.to_bytes()]).await, trace.buffer(), effort).await, None);
        assert_eq!(lengths::of_trace(&serve(vec![]).await, trace.buffer(), effort).await, None);
    }
}

#[tokio::test]
async fn an_output_of_a_false_length_is_refuted_with_its_root_in_the_trace() {
    let outputs = [vec![1u8; 2048], vec![2; 1000], vec![3; 4096]];
    let trace = Trace::new(outputs.iter().map(|output| root(output)).collect());
    let endpoint = serve(outputs.to_vec()).await;
    let find = |declared: [u32; 3]| {
        let (endpoint, trace) = (endpoint.clone(), trace.clone());
        async move { lengths::of_outputs(&endpoint, &trace, &declared, &[0, 1, 2], Effort::Ask).await }
    };
    assert_eq!(find([2048, 1000, 4096]).await, None);
    let found = find([2048, 1004, 4096]).await.unwrap();
    assert_eq!((found.declared, found.committed), (1004, 1000));
    assert_eq!(found.to_string(), "step 1: data of 1000 bytes is committed, the output has 1004 bytes");
    let Target::Output { instance, trace: opening } = &found.target else { panic!("{:?}", found.target) };
    assert_eq!((*instance, opening), (1, &trace.open([1]).unwrap()));
    let committed = trace.buffer();
    let opened = verify(opening, &committed.root, committed.len).unwrap();
    verify(&found.opening, &root_in(&opened, 1).unwrap(), 1000).unwrap();
}
