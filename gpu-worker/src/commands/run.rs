use std::sync::{Arc, RwLock};

use anyhow::Context;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;
use touchstone_client::{chain::Chain, AccountId};

use crate::{
    agent::{
        auctions::{self, BidderConfig},
        duties::{self, AgentConfig},
        Checks, Device, Fault, Worker,
    },
    blobs::{self, BlobStore, Expected, FileStore, Identity, Puller, ReceiptKey, ServerState},
    executor::{Executor, PreemptibleExecutor},
    metrics::Metrics,
    settings::Settings,
};

/// Runs the provider until it is stopped.
pub(super) async fn run(
    settings: Settings,
    fault: Option<Fault>,
    stop: impl FnOnce() -> CancellationToken,
) -> anyhow::Result<()> {
    let stop = stop();
    let signer = settings.signer()?;
    let account = *signer.account();
    let folder = settings.folder(&account)?;
    let _lock = super::lock(&folder)?;
    if fault.is_some() {
        tracing::warn!("TESTING: results will be corrupted, and the collateral will be lost");
    }

    let mut executor = Executor::new(settings.executor()?);
    let adapter = super::self_test::require(&settings, &mut executor).await?;
    tracing::info!(adapter = %adapter.name, class = %adapter.class, "device ready");
    let chain = Chain::connect(&settings.url).await?;
    warn_unless_ready(&chain, &account, &settings).await?;

    let metrics = Arc::new(Metrics::new()?);
    let store: Arc<dyn BlobStore> = Arc::new(FileStore::open(&folder.join("blobs"), settings.quota())?);
    let receipts = Arc::new(ReceiptKey::open(&folder.join("receipt-key"))?);
    let identity = Arc::new(RwLock::new(Identity {
        name: "touchstone gpu-worker".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        account: account.to_string(),
        adapter: adapter.name.clone(),
        jobs: Vec::new(),
        receipt_key: receipts.public(),
    }));
    let (expected, expectations) = watch::channel(Arc::new(Expected::new()));
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}: choose another with --listen", settings.listen))?;
    tracing::info!(address = %listener.local_addr()?, endpoint = settings.endpoint(), "serving data");
    let state = ServerState::new(store.clone(), expectations, identity.clone(), receipts, metrics.clone());
    let server = tokio::spawn(blobs::serve(listener, state, stop.clone()));

    let worker = Arc::new(Worker::new(
        chain.clone(),
        store.clone(),
        Puller::new(settings.allow_private)?,
        PreemptibleExecutor::new(executor),
        Device::new(adapter, settings.verdicts()),
        Checks { samples: settings.samples, fault },
        metrics.clone(),
    ));
    if !settings.no_bids {
        let (chain, signer, worker) = (chain.clone(), signer.clone(), worker.clone());
        let config = BidderConfig { chain, signer, worker, store: store.clone(), metrics: metrics.clone() };
        let stop = stop.clone();
        tokio::spawn(async move {
            if let Err(error) = auctions::run(config, stop).await {
                tracing::error!(%error, "nothing is bid any longer");
            }
        });
    }
    let config = AgentConfig { chain, signer, worker, store, expected, identity, metrics };
    let result = duties::run(config, stop.clone()).await;
    stop.cancel();
    // Idle connections of clients must not keep the process.
    let drained = tokio::time::timeout(std::time::Duration::from_secs(5), server).await;
    if let Ok(served) = drained {
        served?.context("the data endpoint failed")?;
    }
    Ok(result?)
}

async fn warn_unless_ready(chain: &Chain, account: &AccountId, settings: &Settings) -> anyhow::Result<()> {
    match chain.at_best().await?.provider(account).await? {
        None => tracing::warn!(%account, "not registered: `gpu-worker register` makes this account a provider"),
        Some(provider) => {
            let registered = String::from_utf8_lossy(&provider.endpoint).into_owned();
            if registered != settings.endpoint() {
                tracing::warn!(
                    registered,
                    serving = settings.endpoint(),
                    "the registered endpoint is another one: buyers will not find this worker's data unless it leads here"
                );
            }
            if provider.devices.iter().all(|device| device.ask.is_none()) {
                tracing::warn!("no device has an ask: no work will come; `gpu-worker register` sets one");
            }
        }
    }
    Ok(())
}
