use std::{
    process::Stdio,
    sync::{Arc, RwLock},
    time::Duration,
};

use anyhow::Context;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;
use touchstone_client::{chain::Chain, AccountId};
use touchstone_gpu::{AdapterSummary, Class};

use super::{folder_lock, self_test};
use crate::{
    agent::{
        auctions::{self, BidderConfig},
        duties::{self, AgentConfig},
        Checks, Fault, Worker,
    },
    blobs::{self, BlobStore, Expected, Identity, Puller, ReceiptKey, ServerState},
    metrics::{self, Metrics},
    rig::{self, Device, Rig},
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
    let _lock = folder_lock::lock(&folder)?;
    if fault.is_some() {
        tracing::warn!("TESTING: results will be corrupted, and the collateral will be lost");
    }

    allow_many_files();
    let rig = open_rig(&settings).await?;
    let chain = Chain::connect(&settings.url).await?;
    warn_unless_ready(&chain, &account, &settings).await?;

    let metrics = Arc::new(Metrics::new()?);
    let store = Arc::new(BlobStore::open(&folder.join("blobs"), settings.quota())?);
    let receipts = Arc::new(ReceiptKey::open(&folder.join("receipt-key"))?);
    let identity = Arc::new(RwLock::new(Identity {
        name: "touchstone gpu-worker".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        account: account.to_string(),
        adapter: rig.devices().iter().map(|device| device.adapter.label()).collect::<Vec<_>>().join(", "),
        jobs: Vec::new(),
        receipt_key: receipts.public(),
    }));
    let (expected, expectations) = watch::channel(Arc::new(Expected::new()));
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}: choose another with --listen", settings.listen))?;
    tracing::info!(address = %listener.local_addr()?, endpoint = settings.endpoint(), "serving data");
    if let Some(address) = settings.metrics {
        let store = store.clone();
        metrics::serve(address, metrics.clone(), move |metrics| metrics.store(store.usage()), stop.clone()).await?;
    }
    let limits = settings.limits();
    let state = ServerState::new(store.clone(), expectations, identity.clone(), receipts, metrics.clone(), limits);
    let server = tokio::spawn(blobs::serve(listener, state, stop.clone()));

    let worker = Arc::new(Worker::new(
        chain.clone(),
        store.clone(),
        Puller::new(settings.http()?),
        rig,
        Checks { samples: settings.samples, memory: settings.check_memory(), fault },
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
    let carry_outputs = settings.carry_outputs;
    let config = AgentConfig { chain, signer, worker, store, carry_outputs, expected, identity, metrics };
    let result = duties::run(config, stop.clone()).await;
    stop.cancel();
    // Idle connections of clients must not keep the process.
    let drained = tokio::time::timeout(Duration::from_secs(5), server).await;
    if let Ok(served) = drained {
        served.context("the data endpoint failed")?;
    }
    Ok(result?)
}

/// Connections of strangers must not use up the files that the work needs.
fn allow_many_files() {
    #[cfg(unix)]
    {
        use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};
        let limit = getrlimit(Resource::Nofile);
        if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
            tracing::warn!(%error, "the limit of open files stays as it is");
        }
    }
}

/// Opens every device that is listed. One that cannot be used is left out as long as there is another: its jobs are
/// passed.
async fn open_rig(settings: &Settings) -> anyhow::Result<Rig> {
    let listed = settings.devices()?;
    let mut opened = Vec::new();
    let mut failed = None;
    for device in &listed {
        match self_test::open(settings, device).await {
            Ok((executor, adapter)) => {
                tracing::info!(adapter = adapter.label(), class = %adapter.class, "device ready");
                opened.push((device, executor, adapter));
            }
            Err(error) if listed.len() == 1 => return Err(error),
            Err(error) => {
                let name = device.name.as_deref().or(device.adapter.as_deref()).unwrap_or("the best adapter");
                tracing::error!(device = name, error = format!("{error:#}"), "this device is left out");
                failed = Some(error);
            }
        }
    }
    rig::check_names(opened.iter().map(|(device, _, adapter)| (*device, adapter)))?;
    let devices = opened
        .into_iter()
        .map(|(device, executor, adapter)| Device::new(device, adapter, executor, settings.verdicts()));
    let rig = Rig::new(devices.collect::<Result<_, _>>()?);
    match (rig.devices(), failed) {
        ([], Some(error)) => return Err(error.context("none of the listed devices can be used")),
        ([only], _) if settings.devices.is_empty() && settings.adapter.is_none() => hint_at_others(only).await,
        _ => {}
    }
    Ok(rig)
}

/// Says that one of several GPUs works where none is listed.
async fn hint_at_others(driven: &Device) {
    let others: Vec<String> = listed_by_child()
        .await
        .unwrap_or_default()
        .iter()
        .filter(|other| other.class != Class::Cpu && !other.is(&driven.adapter))
        // The same device by another graphics API is none of its own.
        .filter(|other| other.pci.is_empty() || other.pci != driven.adapter.pci)
        .map(AdapterSummary::label)
        .collect();
    if !others.is_empty() {
        tracing::info!(
            others = others.join(", "),
            "this machine has more GPUs: list them under [[devices]] to use them"
        );
    }
}

/// The adapters, listed by another process: a driver that crashes must not end this one.
async fn listed_by_child() -> anyhow::Result<Vec<AdapterSummary>> {
    let mut command = tokio::process::Command::new(std::env::current_exe()?);
    let output = command.args(["adapters", "--json"]).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(Duration::from_secs(30), output).await??;
    Ok(serde_json::from_slice(&output.stdout)?)
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
                    "the registered endpoint is another one: buyers will not find this worker's data unless it leads \
                    here"
                );
            }
            if provider.devices.iter().all(|device| device.ask.is_none()) {
                tracing::warn!("no device has an ask: no work will come; `gpu-worker register` sets one");
            }
        }
    }
    Ok(())
}
