//! Blocks, as they are named.

use subxt::config::substrate::{SubstrateHeader, H256};

use super::hex_text::to_hex;

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its hash.
    pub hash: [u8; 32],
    /// Its number.
    pub number: u64,
}

/// A header as the RPC writes it.
pub(super) type Header = SubstrateHeader<H256>;

impl Head {
    pub(super) fn of(header: &Header) -> Self {
        Self {
            hash: subxt::config::Hasher::hash(&subxt::config::substrate::BlakeTwo256, &codec::Encode::encode(header)).0,
            number: header.number,
        }
    }

    /// The hash as the RPC writes it.
    pub fn hash_hex(&self) -> String {
        to_hex(&self.hash)
    }
}
