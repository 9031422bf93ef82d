//! The connection between worker and node is cut and comes back; neither of the two ends.

use std::{
    net::SocketAddr,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        Arc,
    },
    time::Duration,
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};
use touchstone_client::{blobs, trace};
use touchstone_primitives::{views::Stage, CloseReason, Source};

use crate::support::*;

/// Passes connections on to a node; can be cut.
pub struct Proxy {
    pub url: String,
    cut: watch::Sender<bool>,
    /// Connections that were made through it.
    made: Arc<AtomicUsize>,
    /// Somebody tried to connect while it was cut.
    refused: Arc<AtomicBool>,
}

impl Proxy {
    pub async fn start(node: &str) -> Self {
        let target: SocketAddr = node.trim_start_matches("ws://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let (cut, is_cut) = watch::channel(false);
        let (made, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, knocked) = (made.clone(), refused.clone());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut is_cut = is_cut.clone();
                if *is_cut.borrow() {
                    knocked.store(true, Ordering::SeqCst);
                    // Dropped: the other side sees a connection that is reset.
                    continue;
                }
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(target).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = is_cut.wait_for(|cut| *cut) => {}
                    }
                });
            }
        });
        Self { url, cut, made, refused }
    }

    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    pub fn mend(&self) {
        self.cut.send_replace(false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_connection_is_cut_for_some_blocks_does_its_jobs_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut node = Node::dev(folder.path());
    let chain = node.chain().await;
    let (double, buyer) = (kernel(DOUBLE), signer("//Ferdie"));
    upload(&chain, &signer("//Alice"), &double).await;
    let provider = Provider::new(folder.path(), "//Bob");
    provider.register(&node.url, "1TSN").await;
    provider.until_active(&chain).await;
    let proxy = Proxy::start(&node.url).await;
    let worker = provider.run(&proxy.url, &[]);

    // The first job is assigned before the cut and gets its input while the worker is cut off: it computes and cannot
    // commit. The second one is assigned while the worker knows nothing of it.
    let steps: [(_, &[u8], u32); 1] = [(&double, &[0], 1000)];
    let put = numbers(1000, 1);
    let job = spec(&[(put.as_slice(), Source::Put)], &steps, 40);
    let first = submit_job(&chain, &buyer, 1, job, &[]).await;
    let endpoint = provider.endpoint();
    let root = touchstone_kir::root(&put);
    // The worker has seen the assignment as soon as it knows how long the input is.
    until(&chain, "the worker knows the job", |_| async {
        let answer = reqwest::Client::new()
            .put(format!("{endpoint}/blobs/{}", hex::encode(root)))
            .body(put[..2000].to_vec())
            .send()
            .await
            .ok()?;
        (answer.status() == reqwest::StatusCode::UNPROCESSABLE_ENTITY).then_some(())
    })
    .await;
    let connections = proxy.made.load(Ordering::SeqCst);
    assert!(connections > 0);
    proxy.cut();
    let height = chain.best().await.unwrap().number;
    blobs::put(&endpoint, &root, put.clone().into()).await.unwrap();
    let inline = numbers(1000, 2);
    let job = spec(&[(inline.as_slice(), Source::Inline)], &steps, 40);
    let second = submit_job(&chain, &buyer, 2, job, &[&inline]).await;
    until(&chain, "four blocks", |at| async move { (at.head().number >= height + 4).then_some(()) }).await;
    let at = chain.at_best().await.unwrap();
    for id in [first, second] {
        let stage = at.job(id).await.unwrap().unwrap().stage;
        assert!(matches!(stage, Stage::Assigned { .. }), "nothing can have been committed: {stage:?}");
    }
    assert!(proxy.refused.load(Ordering::SeqCst), "the worker has tried to connect again");

    proxy.mend();
    for (id, input) in [(first, &put), (second, &inline)] {
        let view = until_stage(&chain, id, "the job is committed", is_committed).await;
        assert_eq!(view.attempt, 1);
        let result = chain.at_best().await.unwrap().result(id).await.unwrap().unwrap();
        assert_eq!(result.trace, trace_of(&[times(input, 2)]).buffer());
    }
    assert!(proxy.made.load(Ordering::SeqCst) > connections, "through a new connection");

    // A cut right after the commitment takes nothing away either, and leads to no second one.
    proxy.cut();
    tokio::time::sleep(Duration::from_secs(4)).await;
    proxy.mend();
    let result = chain.at_best().await.unwrap().result(first).await.unwrap().unwrap();
    let call = touchstone_client::chain::Call::Accept { job: first, commitment: result.commitment };
    submit(&chain, &buyer, call).await;
    let after = chain.at_best().await.unwrap().result(first).await.unwrap().unwrap();
    assert_eq!(after.commitment, result.commitment, "no second commitment");
    let view = chain.at_best().await.unwrap().provider(&provider.account()).await.unwrap().unwrap();
    assert_eq!((view.missed, view.refuted), (0, 0));
    assert!(matches!(
        chain.at_best().await.unwrap().job(first).await.unwrap().unwrap().stage,
        Stage::Committed { accepted: true, .. } | Stage::Closed { reason: CloseReason::Settled, .. }
    ));
    let output = times(&put, 2);
    let served = blobs::fetch(&endpoint, &touchstone_kir::root(&output), 4000, |_| {}).await.unwrap();
    assert!(served == output, "the data is served throughout");
    assert_eq!(trace::fetch(&endpoint, result.trace).await.unwrap(), trace_of(&[output]));
    assert_eq!(worker.interrupt(), Some(0));
}
