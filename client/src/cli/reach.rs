//! Which addresses of providers and buyers are fetched from.

use touchstone_client::{
    chain::Chain,
    http::{Http, Reach},
};

use super::context::Context;

/// The client for addresses from this chain. It connects to private ones with `--allow-private`, and on a development
/// chain whose node runs on this machine, because its providers serve on loopback.
pub(super) async fn http(context: &Context, chain: &Chain) -> anyhow::Result<Http> {
    let is_any = context.settings.allow_private || (is_loopback(chain.url()) && chain.is_for_development().await?);
    Ok(Http::new(if is_any { Reach::Any } else { Reach::Public })?)
}

/// Whether a node's address is one of this machine.
fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    match url.host_str().unwrap_or_default() {
        "localhost" => true,
        host => {
            let literal = host.trim_start_matches('[').trim_end_matches(']');
            literal.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_on_this_machine_is_told_from_one_elsewhere() {
        for here in ["ws://127.0.0.1:9944", "ws://localhost:9944", "ws://[::1]:9944"] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in ["ws://10.0.0.1:9944", "wss://rpc.example.org", "ws://localhost.example.org", "nonsense"] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }
}
