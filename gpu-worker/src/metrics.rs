//! What the programs count, for Prometheus.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use axum::{http::header, routing::get, Router};
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// All metrics of one process.
pub struct Metrics {
    registry: Registry,
    /// Jobs by how their work here ended.
    pub jobs: IntCounterVec,
    /// Jobs that are held now.
    pub duties: IntGauge,
    /// Demands for data of committed results that wait for an answer now.
    pub demands: IntGauge,
    /// Answers to demands by how they ended.
    pub answers: IntCounterVec,
    /// Height of the best block that was acted on.
    pub best: IntGauge,
    /// Milliseconds in which the device was at work.
    pub device_ms: IntCounter,
    /// Executor processes that were started.
    pub executors: IntCounter,
    /// Blob bytes received and pulled.
    pub received: IntCounter,
    /// Blob bytes served.
    pub served: IntCounter,
    /// Results of others that were checked, by what was found.
    pub checked: IntCounterVec,
    /// Demands for data of results of others: sent, and how they ended.
    pub demanded: IntCounterVec,
    used: IntGauge,
    quota: IntGauge,
}

impl Metrics {
    /// Registers everything. Fails only if two metrics have one name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new_custom(Some("touchstone_worker".into()), None)?;
        let counter = |name, help| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name, help| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let family = |name, help| -> Result<IntCounterVec, prometheus::Error> {
            let family = IntCounterVec::new(Opts::new(name, help), &["outcome"])?;
            registry.register(Box::new(family.clone()))?;
            Ok(family)
        };
        Ok(Self {
            jobs: family("jobs_total", "Jobs by how their work here ended")?,
            duties: gauge("duties", "Jobs that are held now")?,
            demands: gauge("open_demands", "Demands for data of committed results that wait for an answer now")?,
            answers: family("answers_total", "Answers to demands by how they ended")?,
            best: gauge("best_block", "Height of the best block that was acted on")?,
            device_ms: counter("device_milliseconds_total", "Time of the device at work")?,
            executors: counter("executors_total", "Executor processes that were started")?,
            received: counter("received_bytes_total", "Blob bytes received and pulled")?,
            served: counter("served_bytes_total", "Blob bytes served")?,
            checked: family("checked_total", "Results of others that were checked")?,
            demanded: family("demands_total", "Demands for data of results of others: sent, and how they ended")?,
            used: gauge("store_bytes", "Bytes held, on their way in or reserved in the blob store")?,
            quota: gauge("store_quota_bytes", "Most bytes of the blob store")?,
            registry,
        })
    }

    /// Sets the blob store's gauges.
    pub fn store(&self, (used, quota): (u64, u64)) {
        self.used.set(used.try_into().unwrap_or(i64::MAX));
        self.quota.set(quota.try_into().unwrap_or(i64::MAX));
    }

    /// Everything in Prometheus' text format.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// Serves metrics at an address of their own until `stop` is cancelled: they tell more about this machine than
/// strangers need to know. `refresh` sets what is measured only when it is asked for.
pub async fn serve(
    address: SocketAddr,
    metrics: Arc<Metrics>,
    refresh: impl Fn(&Metrics) + Clone + Send + Sync + 'static,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: choose another with --metrics"))?;
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "metrics are served to other machines too");
    }
    let text = move || async move {
        refresh(&metrics);
        let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
        metrics.text().map(|text| (kind, text)).map_err(|error| error.to_string())
    };
    let router = Router::new().route("/metrics", get(text));
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "metrics are not served any longer");
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_stands_in_the_text() {
        let metrics = Metrics::new().unwrap();
        metrics.jobs.with_label_values(&["committed"]).inc();
        metrics.answers.with_label_values(&["answered"]).inc();
        metrics.demanded.with_label_values(&["unanswered"]).inc();
        metrics.demands.set(3);
        metrics.store((5, u64::MAX));
        let text = metrics.text().unwrap();
        assert!(text.contains("touchstone_worker_jobs_total{outcome=\"committed\"} 1\n"));
        assert!(text.contains("touchstone_worker_answers_total{outcome=\"answered\"} 1\n"));
        assert!(text.contains("touchstone_worker_demands_total{outcome=\"unanswered\"} 1\n"));
        assert!(text.contains("touchstone_worker_open_demands 3\n"));
        assert!(text.contains("touchstone_worker_store_bytes 5\n"));
    }

    #[tokio::test]
    async fn metrics_are_served_at_an_address_of_their_own_until_it_stops() {
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let metrics = Arc::new(Metrics::new().unwrap());
        let stop = CancellationToken::new();
        serve(address, metrics, |metrics| metrics.store((7, 9)), stop.clone()).await.unwrap();
        let answer = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4");
        let text = answer.text().await.unwrap();
        assert!(text.contains("touchstone_worker_store_bytes 7\n"), "{text}");
        assert_eq!(reqwest::get(format!("http://{address}/")).await.unwrap().status(), 404);
        let error = serve(address, Arc::new(Metrics::new().unwrap()), |_| {}, stop).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("cannot listen on {address}: ")), "{error}");
    }
}
