use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;

/// Who is at the other end, as far as limits go: one customer of an internet provider has an IPv4 address or an IPv6
/// network of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peer(IpAddr);

impl Peer {
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 => v4,
        })
    }

    /// Who sent a request over a connection from `address`: the last one in `X-Forwarded-For` that is not a proxy of
    /// ours, if the connection comes from a proxy of ours. Anybody can write that header, so others are not believed.
    pub(super) fn behind(address: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Self {
        if !is_proxy(address, proxies) {
            return Self::of(address);
        }
        let lines: Vec<&str> =
            headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            match host(hop.trim()) {
                Some(hop) if is_proxy(hop, proxies) => {}
                Some(hop) => return Self::of(hop),
                None => break,
            }
        }
        Self::of(address)
    }
}

pub(super) fn is_proxy(address: IpAddr, proxies: &[IpAddr]) -> bool {
    proxies.iter().any(|proxy| proxy.to_canonical() == address.to_canonical())
}

/// The address of a hop; some proxies add the port.
fn host(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str, forwarded: &[&str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let proxies: Vec<IpAddr> = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
        Peer::behind(address.parse().unwrap(), &headers, &proxies).0.to_string()
    }

    #[test]
    fn a_peer_is_an_ipv4_address_or_an_ipv6_network() {
        assert_eq!(peer("192.0.2.7", &[], &[]), "192.0.2.7");
        assert_eq!(peer("::ffff:192.0.2.7", &[], &[]), "192.0.2.7");
        assert_eq!(peer("2001:db8:1:2:3:4:5:6", &[], &[]), "2001:db8:1:2::");
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_proxy_of_ours() {
        assert_eq!(peer("192.0.2.7", &["203.0.113.1"], &[]), "192.0.2.7");
        assert_eq!(peer("192.0.2.7", &["203.0.113.1"], &["127.0.0.1"]), "192.0.2.7");
        assert_eq!(peer("127.0.0.1", &["203.0.113.1"], &["127.0.0.1"]), "203.0.113.1");
        assert_eq!(peer("127.0.0.1", &["203.0.113.1:4000"], &["127.0.0.1"]), "203.0.113.1");
        assert_eq!(peer("127.0.0.1", &["[2001:db8::1]:4000"], &["127.0.0.1"]), "2001:db8::");
    }

    #[test]
    fn what_the_sender_wrote_into_the_header_itself_does_not_count() {
        let proxies = ["127.0.0.1", "10.0.0.1"];
        assert_eq!(peer("127.0.0.1", &["1.1.1.1, 203.0.113.1"], &proxies), "203.0.113.1");
        assert_eq!(peer("127.0.0.1", &["1.1.1.1", "203.0.113.1, 10.0.0.1"], &proxies), "203.0.113.1");
        assert_eq!(peer("127.0.0.1", &["203.0.113.1, nonsense"], &proxies), "127.0.0.1");
        assert_eq!(peer("127.0.0.1", &[], &proxies), "127.0.0.1");
    }
}
