use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use touchstone_client::chain::Chain;

use super::{folder_lock, output};
use crate::{
    blobs::{BlobStore, Puller},
    cli,
    executor::{Executor, PreemptibleExecutor},
    inputs::Inputs,
    metrics::{self, Metrics},
    rig,
    settings::Settings,
    watch::{self, Examiner, ExaminerConfig, Report, Tally, Thoroughness, WatchConfig},
};

/// Watches until it is stopped, or once. Returns whether a wrong result was found.
pub(super) async fn run(
    settings: Settings,
    flags: &cli::Watch,
    json: bool,
    stop: impl FnOnce() -> CancellationToken,
) -> anyhow::Result<bool> {
    let stop = stop();
    let sources = flags.sources.open()?;
    let signer = settings.signer()?;
    let folder = settings.folder(signer.account())?.join("watch");
    let _lock = folder_lock::lock(&folder)?;
    let thoroughness = match flags.sample {
        Some(count) => Thoroughness::Sample(count),
        None if flags.cpu => Thoroughness::Cpu,
        None => {
            let device = settings.devices()?.into_iter().next().unwrap_or_default();
            let mut executor = Executor::new(settings.executor(&device)?);
            let adapter =
                executor.adapter().await.context("without a device, check on the CPU with --cpu or --sample N")?;
            tracing::info!(adapter = adapter.label(), class = %adapter.class, "device ready");
            let memory = rig::spec(&device, &adapter)?.memory;
            Thoroughness::Device(Arc::new(PreemptibleExecutor::new(executor, memory)))
        }
    };
    let checks = settings.checks.max(1) as usize;
    let chain = Chain::connect(&settings.url).await?;
    let metrics = Arc::new(Metrics::new()?);
    let store = Arc::new(BlobStore::open(&folder, settings.quota())?);
    if let Some(address) = settings.metrics {
        let store = store.clone();
        metrics::serve(address, metrics.clone(), move |metrics| metrics.store(store.usage()), stop.clone()).await?;
    }
    let inputs = Inputs {
        chain: chain.clone(),
        store: store.clone(),
        puller: Puller::new(settings.http()?),
        metrics: metrics.clone(),
    };
    let examiner = ExaminerConfig {
        thoroughness,
        memory: settings.check_memory() / checks,
        sources,
        demands: settings.demands(),
        once: flags.once,
    };
    let examiner = Examiner::new(inputs, signer.clone(), metrics.clone(), examiner);
    let config = WatchConfig {
        chain,
        signer,
        examiner: Arc::new(examiner),
        store,
        metrics,
        checks,
        limit: Duration::from_secs(settings.check_secs.max(1)),
        once: flags.once,
        report: Box::new(move |report| print(report, json)),
    };
    let found = watch::run(config, stop).await?;
    if flags.once && !json && found == Some(Tally::default()) {
        output::print("nothing can be challenged now")?;
    }
    conclude(found, flags.once)
}

/// Whether something is wrong. To look once and leave something unchecked is an error: silence would say that it is
/// right.
fn conclude(found: Option<Tally>, once: bool) -> anyhow::Result<bool> {
    let found = found.context("stopped before everything was checked")?;
    anyhow::ensure!(
        !once || found.wrong > 0 || found.unchecked == 0,
        "{} of {} results could not be checked, or wait for an answer to a demand: try again later; they stay open to \
        challenge until their windows end",
        found.unchecked,
        found.right.saturating_add(found.unchecked)
    );
    Ok(found.wrong > 0)
}

fn print(report: &Report, json: bool) {
    let printed = match json {
        true => serde_json::to_string(report).map_err(Into::into).and_then(output::print),
        false => output::print(report),
    };
    // To go on watching matters more.
    if let Err(error) = printed {
        tracing::error!(error = format!("{error:#}"), "a report is lost");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(right: u64, wrong: u64, unchecked: u64) -> Option<Tally> {
        Some(Tally { right, wrong, unchecked })
    }

    #[test]
    fn what_is_wrong_comes_before_what_could_not_be_checked() {
        assert!(!conclude(found(0, 0, 0), true).unwrap());
        assert!(!conclude(found(3, 0, 0), true).unwrap());
        assert!(conclude(found(3, 1, 0), true).unwrap());
        assert!(conclude(found(3, 1, 1), true).unwrap());
    }

    #[test]
    fn to_look_once_and_leave_something_unchecked_is_an_error() {
        let error = conclude(found(3, 0, 1), true).unwrap_err().to_string();
        assert!(error.starts_with("1 of 4 results could not be checked, or wait for an answer"), "{error}");
        // A watcher that goes on looks at it again.
        assert!(!conclude(found(3, 0, 1), false).unwrap());
    }

    #[test]
    fn to_be_stopped_before_the_end_is_an_error() {
        assert_eq!(conclude(None, true).unwrap_err().to_string(), "stopped before everything was checked");
    }
}
