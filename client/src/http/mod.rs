//! HTTP to addresses that strangers chose: endpoints of providers, URLs of inputs.
//!
//! Everything that is fetched from such an address goes through [`Http`]. It follows no redirects and uses no proxy,
//! reads no more than was asked for, gives up on transfers that are too slow, and, unless private addresses are
//! allowed, connects to public ones alone: the resolver that looks a name up for a connection gives no others, and
//! addresses that stand in a URL are checked before the request.

mod address;
mod pace;
mod resolve;

use std::{error::Error, net::IpAddr, sync::Arc, time::Duration};

use futures::StreamExt;
use reqwest::{
    dns::{Name, Resolve},
    redirect, Client, Method, RequestBuilder, StatusCode, Url,
};
use tokio::time::{timeout, timeout_at};

use self::{
    address::is_public,
    resolve::{All, PublicOnly, System},
};

pub use pace::{Pace, Slowest};
pub use resolve::PrivateAddress;

const CONNECT: Duration = Duration::from_secs(10);

/// Which addresses are connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public ones.
    Public,
    /// Those of this machine and its network too, as on a development chain.
    Any,
}

/// Why nothing was fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Not a URL that is fetched from.
    #[error("{url:?} is not an http or https URL ({reason})")]
    BadUrl {
        /// As given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The address is refused.
    #[error("{0}")]
    Private(PrivateAddress),
    /// The name cannot be looked up.
    #[error("the name {host} cannot be looked up ({reason}): check the spelling and this machine's DNS")]
    LookUp {
        /// The name.
        host: String,
        /// What the resolver says.
        reason: String,
    },
    /// The server does not give the bytes.
    #[error("{url} answered {status}")]
    Status {
        /// What was fetched.
        url: String,
        /// Its HTTP status.
        status: u16,
    },
    /// The server gives another number of bytes.
    #[error("{url} has {got} bytes or more, {expected} were expected")]
    Length {
        /// What was fetched.
        url: String,
        /// Bytes that were to come.
        expected: u64,
        /// Bytes that it announces, or that came.
        got: u64,
    },
    /// The transfer failed.
    #[error("{url}: {reason}")]
    Transfer {
        /// What was fetched.
        url: String,
        /// What the transport says.
        reason: String,
    },
}

impl HttpError {
    /// The error of a request, with its innermost cause: reqwest's own text only says that sending failed.
    pub fn of(url: &str, error: &reqwest::Error) -> Self {
        let mut cause: &(dyn Error + 'static) = error;
        loop {
            if let Some(private) = cause.downcast_ref::<PrivateAddress>() {
                return Self::Private(private.clone());
            }
            match cause.source() {
                Some(inner) => cause = inner,
                None => return Self::Transfer { url: url.into(), reason: cause.to_string() },
            }
        }
    }

    /// Whether the same request may succeed a little later, without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::LookUp { .. } | Self::Transfer { .. } => true,
            Self::Status { status, .. } => is_transient(*status),
            _ => false,
        }
    }
}

/// Whether an answer with this status means that the same request may succeed a little later.
pub fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 500..=504 | 507)
}

/// The client. Clones share its connections.
#[derive(Clone)]
pub struct Http {
    client: Client,
    reach: Reach,
    resolver: Arc<dyn Resolve>,
}

impl Http {
    /// With the operating system's resolver.
    pub fn new(reach: Reach) -> Result<Self, HttpError> {
        Self::resolving_with(reach, Arc::new(System))
    }

    /// With another resolver. Whatever it answers, no private address is connected to unless `reach` says so.
    pub fn resolving_with(reach: Reach, resolver: Arc<dyn Resolve>) -> Result<Self, HttpError> {
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .user_agent(concat!("touchstone/", env!("CARGO_PKG_VERSION")));
        let builder = match reach {
            Reach::Public => builder.dns_resolver(Arc::new(PublicOnly(resolver.clone()))),
            Reach::Any => builder.dns_resolver(Arc::new(All(resolver.clone()))),
        };
        let client = builder.build().map_err(|error| HttpError::of("this program's HTTP client", &error))?;
        Ok(Self { client, reach, resolver })
    }

    /// A request to a stranger's address.
    pub fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, HttpError> {
        self.check_literal(&url)?;
        Ok(self.client.request(method, url))
    }

    /// Whether an address would be fetched from as things stand: a URL with a public address, or a name that has one
    /// now. A name that cannot be looked up is an error. What is connected to later is checked again.
    pub async fn permits(&self, url: &str) -> Result<(), HttpError> {
        let url = parse(url)?;
        self.check_literal(&url)?;
        let (Some(host), Reach::Public) = (url.domain(), self.reach) else {
            return Ok(());
        };
        let look_up = |reason: String| HttpError::LookUp { host: host.into(), reason };
        let name: Name = host.parse().map_err(|_| look_up("no name of a host".into()))?;
        let mut found = self.resolver.resolve(name).await.map_err(|error| look_up(error.to_string()))?;
        match found.any(|address| is_public(address.ip())) {
            true => Ok(()),
            false => Err(HttpError::Private(PrivateAddress(host.into()))),
        }
    }

    /// Fetches a URL that has exactly `len` bytes, piece by piece. What arrives is not checked otherwise.
    pub async fn get<E: From<HttpError>>(
        &self,
        url: &str,
        len: u64,
        slowest: Slowest,
        mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let parsed = parse(url)?;
        let failed = |reason: &str| HttpError::Transfer { url: url.into(), reason: reason.into() };
        let request = self.request(Method::GET, parsed)?;
        let answer = timeout(CONNECT + slowest.stall, request.send())
            .await
            .map_err(|_| failed("no answer came in time"))?
            .map_err(|error| HttpError::of(url, &error))?;
        if answer.status() != StatusCode::OK {
            return Err(HttpError::Status { url: url.into(), status: answer.status().as_u16() }.into());
        }
        let wrong_length = |got| HttpError::Length { url: url.into(), expected: len, got };
        if let Some(announced) = answer.content_length().filter(|announced| *announced != len) {
            return Err(wrong_length(announced).into());
        }
        let (mut pieces, mut pace, mut done) = (answer.bytes_stream(), Pace::new(slowest), 0u64);
        while let Some(piece) =
            timeout_at(pace.deadline(), pieces.next()).await.map_err(|_| failed("the answer comes too slowly"))?
        {
            let piece = piece.map_err(|error| HttpError::of(url, &error))?;
            pace.arrived(piece.len());
            done = done.saturating_add(piece.len() as u64);
            if done > len {
                return Err(wrong_length(done).into());
            }
            sink(&piece)?;
        }
        match done == len {
            true => Ok(()),
            false => Err(failed(&format!("it ended after {done} of {len} bytes")).into()),
        }
    }

    /// Addresses that stand in the URL itself are never looked up, so they are checked here.
    fn check_literal(&self, url: &Url) -> Result<(), HttpError> {
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        match literal.parse::<IpAddr>() {
            Ok(address) if self.reach == Reach::Public && !is_public(address) => {
                Err(HttpError::Private(PrivateAddress(host.into())))
            }
            _ => Ok(()),
        }
    }
}

/// An http or https URL.
pub fn parse(text: &str) -> Result<Url, HttpError> {
    let bad = |reason: String| HttpError::BadUrl { url: text.into(), reason };
    let url = Url::parse(text).map_err(|error| bad(error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(bad("neither http nor https".into())),
    }
}
