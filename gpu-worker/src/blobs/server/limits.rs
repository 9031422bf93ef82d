use std::{net::IpAddr, time::Duration};

use touchstone_client::http::Slowest;

/// How much of something there may be at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// For all peers together.
    pub all: usize,
    /// For one peer.
    pub peer: usize,
}

/// What strangers may use of the data endpoint. A peer is an IPv4 address or an IPv6 network of 64 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections. Where there are too many, those without a request go first.
    pub connections: Share,
    /// Uploads whose pieces prove themselves, and of which the first one was right.
    pub uploads: Share,
    /// Uploads of bytes without a proof: only their end shows whether they are right. Nonsense takes none of `uploads`.
    pub unproved: Share,
    /// Blobs and parts of blobs on their way out.
    pub reads: Share,
    /// Openings that are computed.
    pub openings: Share,
    /// KiB of openings on their way out.
    pub opened_kib: Share,
    /// Blobs that are hashed.
    pub hashing: Share,
    /// How slow uploads and downloads may be.
    pub slowest: Slowest,
    /// A PUT waits so long for its job to appear on the chain: the buyer may have seen the block first.
    pub put_patience: Duration,
    /// Longest wait of a request for its turn.
    pub turn: Duration,
    /// Reverse proxies in front of this server: a peer is the address that they write into `X-Forwarded-For`.
    pub proxies: Vec<IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: Share { all: 1024, peer: 128 },
            uploads: Share { all: 64, peer: 16 },
            unproved: Share { all: 32, peer: 8 },
            reads: Share { all: 256, peer: 16 },
            openings: Share { all: 16, peer: 4 },
            opened_kib: Share { all: 512 << 10, peer: 64 << 10 },
            hashing: Share { all: 4, peer: 2 },
            slowest: Slowest::default(),
            put_patience: Duration::from_secs(2),
            turn: Duration::from_secs(10),
            proxies: Vec::new(),
        }
    }
}
