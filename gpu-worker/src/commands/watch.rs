use std::sync::Arc;

use anyhow::Context;
use axum::{routing::get, Router};
use tokio::{net::TcpListener, sync::Mutex};
use tokio_util::sync::CancellationToken;
use touchstone_client::chain::Chain;

use crate::{
    blobs::{BlobStore, FileStore, Puller},
    cli,
    executor::Executor,
    gather::Gatherer,
    metrics::Metrics,
    settings::Settings,
    watch::{self, Checker, Report, Thoroughness, WatchConfig},
};

/// Watches until it is stopped, or once. Returns whether a wrong result was found.
pub(super) async fn run(
    settings: Settings,
    flags: &cli::Watch,
    json: bool,
    stop: impl FnOnce() -> CancellationToken,
) -> anyhow::Result<bool> {
    let stop = stop();
    let signer = settings.signer()?;
    let folder = settings.folder(signer.account())?.join("watch");
    let _lock = super::lock(&folder)?;
    let thoroughness = match flags.sample {
        Some(count) => Thoroughness::Sample(count),
        None if flags.cpu => Thoroughness::Cpu,
        None => {
            let mut executor = Executor::new(settings.executor()?);
            let adapter =
                executor.adapter().await.context("without a device, check on the CPU with --cpu or --sample N")?;
            tracing::info!(adapter = %adapter.name, class = %adapter.class, "device ready");
            Thoroughness::Device(Arc::new(Mutex::new(executor)))
        }
    };
    let chain = Chain::connect(&settings.url).await?;
    let metrics = Arc::new(Metrics::new()?);
    let store: Arc<dyn BlobStore> = Arc::new(FileStore::open(&folder, settings.quota())?);
    if let Some(address) = flags.metrics {
        serve_metrics(address, metrics.clone(), stop.clone()).await?;
    }
    let gatherer = Gatherer {
        chain: chain.clone(),
        store: store.clone(),
        puller: Puller::new(settings.allow_private)?,
        metrics: metrics.clone(),
    };
    let config = WatchConfig {
        chain,
        signer,
        checker: Checker::new(gatherer, thoroughness),
        store,
        metrics,
        once: flags.once,
        report: Box::new(move |report| print(report, json)),
    };
    Ok(watch::run(config, stop).await?)
}

fn print(report: &Report, json: bool) {
    if json {
        match serde_json::to_string(report) {
            Ok(line) => println!("{line}"),
            Err(error) => tracing::error!(%error, "a report cannot be written as JSON"),
        }
    } else {
        println!("{report}");
    }
}

async fn serve_metrics(
    address: std::net::SocketAddr,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: choose another with --metrics"))?;
    let router =
        Router::new().route("/metrics", get(move || async move { metrics.text().map_err(|error| error.to_string()) }));
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "metrics are not served any longer");
        }
    });
    Ok(())
}
