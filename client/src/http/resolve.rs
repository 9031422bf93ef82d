use std::{error::Error, fmt, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// A name or address that leads to this machine or its network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateAddress(pub String);

impl fmt::Display for PrivateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is a private address: pass --allow-private to fetch from this machine and its network", self.0)
    }
}

impl Error for PrivateAddress {}

/// The resolver of the operating system.
pub(super) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Gives the public addresses of a name and no others. What it gives is what is connected to, so a name cannot turn
/// into another address between check and use.
pub(super) struct PublicOnly(pub(super) Arc<dyn Resolve>);

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let all = self.0.resolve(name);
        Box::pin(async move {
            let public: Vec<SocketAddr> = all.await?.filter(|address| is_public(address.ip())).collect();
            match public.is_empty() {
                true => Err(PrivateAddress(host).into()),
                false => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

/// The resolver itself, behind a type that the client takes.
pub(super) struct All(pub(super) Arc<dyn Resolve>);

impl Resolve for All {
    fn resolve(&self, name: Name) -> Resolving {
        self.0.resolve(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Vec<SocketAddr>);

    impl Resolve for Fixed {
        fn resolve(&self, _: Name) -> Resolving {
            let all = self.0.clone();
            Box::pin(async move { Ok(Box::new(all.into_iter()) as Addrs) })
        }
    }

    async fn resolve(addresses: &[&str]) -> Result<Vec<String>, String> {
        let all = addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect();
        let resolver = PublicOnly(Arc::new(Fixed(all)));
        match resolver.resolve("data.example.org".parse().unwrap()).await {
            Ok(found) => Ok(found.map(|address| address.ip().to_string()).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[tokio::test]
    async fn of_a_name_with_a_public_and_a_private_address_only_the_public_one_is_connected_to() {
        assert_eq!(resolve(&["127.0.0.1", "8.8.8.8", "fd00::1"]).await.unwrap(), ["8.8.8.8"]);
    }

    #[tokio::test]
    async fn a_name_with_private_addresses_alone_or_none_is_refused() {
        for private in [&["127.0.0.1"][..], &["10.0.0.1", "::1"], &["::ffff:8.8.8.8"], &[]] {
            let error = resolve(private).await.unwrap_err();
            assert!(error.starts_with("data.example.org is a private address: "), "{error}");
        }
    }
}
