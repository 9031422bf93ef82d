use std::{
    future::Future,
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{timeout, Instant};
use touchstone_client::{
    blobs::{self, Endpoint},
    http::Http,
    lengths::{self, Effort, FalseLength},
    trace, JobView,
};
use touchstone_kir::Root;
use touchstone_primitives::{Buffer, Trace};

use super::error::{CheckError, FetchError};
use crate::blobs::Incoming;

/// A blob that a provider has to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blob {
    /// An input. Without it nothing can be executed or demanded, so it may take all the time that there is.
    Input,
    /// An output. What is not served of it can be demanded, as long as there is time for that.
    Output,
}

/// What the provider of a result serves. The trace and all outputs together may take a limited time: a provider that is
/// slow must not use up the time in which its result can be challenged.
pub(super) struct Provider {
    endpoint: Option<Endpoint>,
    time: Duration,
    left: Mutex<Duration>,
}

impl Provider {
    /// The provider of a job's result, which may take so much time for trace and outputs.
    pub(super) fn new(http: &Http, job: &JobView, time: Duration) -> Self {
        let endpoint = job.endpoint.as_deref().and_then(|endpoint| {
            let endpoint = Endpoint::new(http, &String::from_utf8_lossy(endpoint));
            endpoint.inspect_err(|error| tracing::warn!(job = %job.id, %error, "the endpoint cannot be used")).ok()
        });
        Self { endpoint, time, left: Mutex::new(time) }
    }

    fn endpoint(&self) -> Result<&Endpoint, FetchError> {
        self.endpoint.as_ref().ok_or(FetchError::NoEndpoint)
    }

    /// Waits for the provider, for no longer than is left.
    async fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, FetchError> {
        let left = *self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let began = Instant::now();
        let done = timeout(left, work).await;
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = left.saturating_sub(began.elapsed());
        done.map_err(|_| FetchError::Slow(self.time))
    }

    /// The trace with this root and length.
    pub(super) async fn trace(&self, committed: Buffer) -> Result<Trace, CheckError> {
        let endpoint = self.endpoint().map_err(CheckError::NoTrace)?;
        Ok(self.wait(trace::fetch(endpoint, committed)).await.map_err(CheckError::NoTrace)??)
    }

    /// A blob, verified range by range, into `sink`.
    pub(super) async fn fetch(&self, blob: Blob, root: &Root, len: u32, sink: &mut Sink) -> Result<(), FetchError> {
        let fetched = blobs::fetch_to(self.endpoint()?, root, len, sink, |_| {});
        match blob {
            Blob::Input => Ok(fetched.await?),
            Blob::Output => Ok(self.wait(fetched).await??),
        }
    }

    /// Whether the root of the trace is of data of another length, as far as the provider shows it.
    pub(super) async fn false_length_of_trace(&self, trace: Buffer, effort: Effort) -> Option<FalseLength> {
        self.wait(lengths::of_trace(self.endpoint.as_ref()?, trace, effort)).await.ok()?
    }

    /// The first output whose root is of data of another length, as far as the provider shows it.
    pub(super) async fn false_length(&self, job: &JobView, trace: &Trace, effort: Effort) -> Option<FalseLength> {
        let endpoint = self.endpoint.as_ref()?;
        let steps: Vec<u8> = (0u8..).take(job.spec.steps.len()).collect();
        self.wait(lengths::of_outputs(endpoint, trace, &job.output_bytes, &steps, effort)).await.ok()?
    }
}

/// A blob on its way in, as a download wants it.
pub(super) struct Sink(pub(super) Incoming);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_endpoint(time: Duration) -> Provider {
        Provider { endpoint: None, time, left: Mutex::new(time) }
    }

    #[tokio::test]
    async fn what_a_provider_serves_of_a_result_has_a_limited_time_together() {
        let provider = without_endpoint(Duration::from_millis(50));
        assert!(matches!(provider.wait(std::future::ready(7)).await, Ok(7)));
        let slow = provider.wait(std::future::pending::<()>()).await;
        assert!(matches!(slow, Err(FetchError::Slow(time)) if time == Duration::from_millis(50)));
        // Nothing is left for what comes later.
        let later = provider.wait(tokio::time::sleep(Duration::from_secs(60))).await;
        assert!(matches!(later, Err(FetchError::Slow(_))));
    }

    #[tokio::test]
    async fn a_provider_without_an_endpoint_serves_nothing() {
        let provider = without_endpoint(Duration::from_secs(1));
        let error = provider.trace(Buffer { root: [1; 32], len: 32 }).await.unwrap_err();
        assert!(error.is_withheld(), "{error}");
        assert!(provider.false_length_of_trace(Buffer { root: [1; 32], len: 32 }, Effort::Ask).await.is_none());
    }
}
