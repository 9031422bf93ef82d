//! What the programs count, for Prometheus.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// All metrics of one process.
pub struct Metrics {
    registry: Registry,
    /// Jobs by how their work here ended.
    pub jobs: IntCounterVec,
    /// Jobs that are held now.
    pub duties: IntGauge,
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
    /// Results that were checked, by what was found.
    pub checked: IntCounterVec,
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
            best: gauge("best_block", "Height of the best block that was acted on")?,
            device_ms: counter("device_milliseconds_total", "Time of the device at work")?,
            executors: counter("executors_total", "Executor processes that were started")?,
            received: counter("received_bytes_total", "Blob bytes received and pulled")?,
            served: counter("served_bytes_total", "Blob bytes served")?,
            checked: family("checked_total", "Results that were checked")?,
            used: gauge("store_bytes", "Bytes held or promised in the blob store")?,
            quota: gauge("store_quota_bytes", "Most bytes of the blob store")?,
            registry,
        })
    }

    /// Sets the blob store's gauges.
    pub fn store(&self, used: u64, quota: u64) {
        self.used.set(used.try_into().unwrap_or(i64::MAX));
        self.quota.set(quota.try_into().unwrap_or(i64::MAX));
    }

    /// Everything in Prometheus' text format.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_stands_in_the_text() {
        let metrics = Metrics::new().unwrap();
        metrics.jobs.with_label_values(&["committed"]).inc();
        metrics.store(5, u64::MAX);
        let text = metrics.text().unwrap();
        assert!(text.contains("touchstone_worker_jobs_total{outcome=\"committed\"} 1\n"));
        assert!(text.contains("touchstone_worker_store_bytes 5\n"));
    }
}
