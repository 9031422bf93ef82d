use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures::StreamExt;
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    Client, Url,
};
use touchstone_kir::Root;

use super::{BlobStore, StoreError};

const CONNECT: Duration = Duration::from_secs(10);
/// Longest pause between two pieces.
const STALL: Duration = Duration::from_secs(30);

/// Fetches inputs that buyers name by URL.
///
/// The URL is a stranger's: no redirects, no more bytes than the job says, and, unless allowed, no address that only
/// this machine or its network can reach. Names are checked when they are resolved, so a name cannot turn into a
/// private address between check and use.
#[derive(Clone)]
pub struct Puller {
    client: Client,
    allow_private: bool,
}

/// Why an input could not be pulled.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// Not a URL that is followed.
    #[error("{0:?} is no http or https URL")]
    BadUrl(String),
    /// The address is refused.
    #[error("{0} is a private address: --allow-private lets the worker fetch from it")]
    Private(String),
    /// The server did not give the bytes.
    #[error("{url} answered {status}")]
    Status {
        /// What was fetched.
        url: String,
        /// Its HTTP status.
        status: u16,
    },
    /// The transfer failed.
    #[error("{0}")]
    Transfer(String),
    /// The bytes are others, or there is no room for them.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Puller {
    /// With `allow_private`, addresses of this machine and its network are fetched from too.
    pub fn new(allow_private: bool) -> Result<Self, reqwest::Error> {
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .read_timeout(STALL)
            .user_agent(concat!("touchstone-gpu-worker/", env!("CARGO_PKG_VERSION")));
        if !allow_private {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        Ok(Self { client: builder.build()?, allow_private })
    }

    /// Fetches exactly the blob (`root`, `len`) into the store.
    pub async fn pull(&self, url: &str, root: &Root, len: u32, store: &dyn BlobStore) -> Result<(), PullError> {
        let url = Url::parse(url).map_err(|_| PullError::BadUrl(url.into()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(PullError::BadUrl(url.into()));
        }
        self.check_literal(&url)?;
        let mut incoming = store.begin(len)?;
        let response = self.client.get(url.clone()).send().await.map_err(transfer)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(PullError::Status { url: url.into(), status: response.status().as_u16() });
        }
        if let Some(announced) = response.content_length() {
            if announced != u64::from(len) {
                return Err(StoreError::WrongLength { expected: len, got: announced }.into());
            }
        }
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            incoming.write(&piece.map_err(transfer)?)?;
        }
        store.finish(incoming, root)?;
        Ok(())
    }

    /// Whether data may be fetched from a stranger's address at all.
    pub async fn permits(&self, url: &str) -> Result<(), PullError> {
        let parsed = Url::parse(url).map_err(|_| PullError::BadUrl(url.into()))?;
        self.check_literal(&parsed)?;
        let (Some(host), false) = (parsed.domain(), self.allow_private) else {
            return Ok(());
        };
        // A name that nobody knows fails when it is used, with a better error.
        let Ok(mut addresses) = tokio::net::lookup_host((host, 0)).await else {
            return Ok(());
        };
        match addresses.any(|address| is_public(address.ip())) {
            true => Ok(()),
            false => Err(PullError::Private(host.into())),
        }
    }

    /// Addresses that stand in the URL itself are never resolved, so they are checked here.
    fn check_literal(&self, url: &Url) -> Result<(), PullError> {
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        match literal.parse::<IpAddr>() {
            Ok(address) if !self.allow_private && !is_public(address) => Err(PullError::Private(host.into())),
            _ => Ok(()),
        }
    }
}

fn transfer(error: reqwest::Error) -> PullError {
    // The cause is what helps: reqwest's own text only says that sending failed.
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    PullError::Transfer(text)
}

/// A resolver that knows only public addresses.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_string();
            let all: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = all.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                let error = io::Error::other(PullError::Private(host).to_string());
                return Err(error.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether anyone on the internet means the same machine by this address.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(v4) => is_public_v4(v4),
            None => is_public_v6(v6),
        },
    }
}

/// IANA's IPv4 special-purpose registry, as far as an address in it is not globally reachable.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xfe == 18)
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Only 2000::/3 is given out; documentation and benchmarking lie inside it.
    first & 0xe000 == 0x2000 && !(first == 0x2001 && (second == 0xdb8 || second < 0x200))
}

/// IPv4 in IPv6's clothes: mapped, compatible, NAT64 and 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = address.segments();
    let join = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match s {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => Some(join(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_and_its_network_are_not_public() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "240.0.0.1",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::7f00:1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "8.8.8.8", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn private_addresses_are_refused_before_anything_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let store = super::super::FileStore::open(folder.path(), 1 << 20).unwrap();
        let puller = Puller::new(false).unwrap();
        for url in ["http://127.0.0.1:1/x", "http://[::1]:1/x", "http://2130706433:1/x", "http://0x7f.1:1/x"] {
            let error = puller.pull(url, &[0; 32], 4, &store).await.unwrap_err();
            assert!(matches!(error, PullError::Private(_)), "{url}: {error}");
        }
        let error = puller.pull("http://localhost:1/x", &[0; 32], 4, &store).await.unwrap_err();
        assert!(error.to_string().contains("localhost is a private address"), "{error}");
    }

    #[tokio::test]
    async fn endpoints_are_permitted_by_the_same_rule() {
        let (strict, lenient) = (Puller::new(false).unwrap(), Puller::new(true).unwrap());
        for private in ["http://127.0.0.1:9955", "https://localhost", "http://[::1]/"] {
            let error = strict.permits(private).await.unwrap_err();
            assert!(error.to_string().ends_with("--allow-private lets the worker fetch from it"), "{error}");
            lenient.permits(private).await.unwrap();
        }
        strict.permits("http://8.8.8.8:9955").await.unwrap();
        assert!(matches!(strict.permits("nonsense").await, Err(PullError::BadUrl(_))));
    }

    #[tokio::test]
    async fn only_http_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let store = super::super::FileStore::open(folder.path(), 1 << 20).unwrap();
        let puller = Puller::new(true).unwrap();
        for url in ["file:///etc/passwd", "ftp://example.com/x", "nonsense"] {
            let error = puller.pull(url, &[0; 32], 4, &store).await.unwrap_err();
            assert!(matches!(error, PullError::BadUrl(_)), "{url}: {error}");
        }
    }
}
