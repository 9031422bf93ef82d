//! The connection to one node, which is made again when it breaks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use subxt_rpcs::{
    client::{RpcParams, RpcSubscription},
    RpcClient,
};
use tokio::sync::Mutex;

use super::error::ChainError;
use crate::secret;

/// How long one request may take before the connection counts as dead.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the handshake may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A JSON-RPC connection that is made on first use and again after a cut.
#[derive(Clone)]
pub(super) struct Link(Arc<Inner>);

struct Inner {
    url: String,
    current: Mutex<Option<Connection>>,
}

#[derive(Clone)]
struct Connection {
    client: RpcClient,
    made: Instant,
}

impl Link {
    pub(super) fn new(url: &str) -> Self {
        Self(Arc::new(Inner { url: url.to_owned(), current: Mutex::new(None) }))
    }

    pub(super) fn url(&self) -> &str {
        &self.0.url
    }

    /// The address as errors show it.
    pub(super) fn shown_url(&self) -> String {
        secret::shown_url(&self.0.url).into_owned()
    }

    /// Asks once, and once more over a new connection if the old one turns out to be dead.
    ///
    /// Only for requests that may be repeated: all reads, and submissions (a second copy of a transaction is refused).
    pub(super) async fn request<T: DeserializeOwned>(&self, method: &str, params: RpcParams) -> Result<T, ChainError> {
        let mut repeated = false;
        loop {
            let connection = self.connection().await?;
            let answer = connection.client.request(method, params.clone());
            match self.bounded(method, answer).await {
                Err(error) if error.is_transient() => {
                    self.discard(&connection).await;
                    if repeated {
                        return Err(error);
                    }
                    repeated = true;
                }
                answer => return answer,
            }
        }
    }

    /// Subscribes; the subscription ends with its connection.
    pub(super) async fn subscribe<T: DeserializeOwned>(
        &self,
        subscribe: &str,
        params: RpcParams,
        unsubscribe: &str,
    ) -> Result<RpcSubscription<T>, ChainError> {
        let mut repeated = false;
        loop {
            let connection = self.connection().await?;
            let answer = connection.client.subscribe(subscribe, params.clone(), unsubscribe);
            match self.bounded(subscribe, answer).await {
                Err(error) if error.is_transient() => {
                    self.discard(&connection).await;
                    if repeated {
                        return Err(error);
                    }
                    repeated = true;
                }
                answer => return answer,
            }
        }
    }

    /// Drops the connection: the next request makes a new one.
    pub(super) async fn reset(&self) {
        *self.0.current.lock().await = None;
    }

    async fn connection(&self) -> Result<Connection, ChainError> {
        let mut current = self.0.current.lock().await;
        if let Some(connection) = &*current {
            return Ok(connection.clone());
        }
        let made = RpcClient::from_insecure_url(&self.0.url);
        let client = match tokio::time::timeout(CONNECT_TIMEOUT, made).await {
            Ok(made) => made.map_err(|error| self.unreachable(innermost(&error)))?,
            Err(_) => return Err(self.unreachable("it does not answer the handshake")),
        };
        let connection = Connection { client, made: Instant::now() };
        *current = Some(connection.clone());
        Ok(connection)
    }

    /// Forgets this connection, unless another task has already replaced it.
    async fn discard(&self, dead: &Connection) {
        let mut current = self.0.current.lock().await;
        if current.as_ref().is_some_and(|now| now.made == dead.made) {
            *current = None;
        }
    }

    async fn bounded<T>(
        &self,
        method: &str,
        answer: impl std::future::Future<Output = Result<T, subxt_rpcs::Error>>,
    ) -> Result<T, ChainError> {
        match tokio::time::timeout(REQUEST_TIMEOUT, answer).await {
            Ok(answer) => answer.map_err(|error| self.classify(method, error)),
            Err(_) => Err(self.unreachable(format!("{method} is not answered"))),
        }
    }

    fn classify(&self, method: &str, error: subxt_rpcs::Error) -> ChainError {
        use subxt_rpcs::Error::*;
        match error {
            User(error) => {
                // The data is a JSON value, and the pool gives its reason there as a string.
                let data = error
                    .data
                    .as_ref()
                    .map(|data| serde_json::from_str(data.get()).unwrap_or_else(|_| data.get().to_owned()));
                let message = match data {
                    Some(data) => format!("{}: {data}", error.message),
                    None => error.message,
                };
                ChainError::Refused { method: method.into(), code: error.code, message }
            }
            Client(_) | DisconnectedWillReconnect(_) | InsecureUrl(_) => self.unreachable(innermost(&error)),
            error => ChainError::undecodable(method, error),
        }
    }

    fn unreachable(&self, reason: impl ToString) -> ChainError {
        let shown = self.shown_url();
        let reason = reason.to_string().replace(self.url(), &shown);
        ChainError::Unreachable { url: shown, reason }
    }
}

/// The cause that a person can act on, such as "Connection refused", without the names of the layers around it.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    // Some layers put the inner text into their own instead of naming a source.
    text.rsplit("client error: ").next().unwrap_or_default().to_owned()
}
