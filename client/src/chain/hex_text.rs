//! Bytes as the RPC writes them.

/// `0x` and two digits for each byte, as the RPC writes bytes.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// The reverse of [`to_hex`].
pub(super) fn from_hex(text: &str) -> Result<Vec<u8>, hex::FromHexError> {
    hex::decode(text.trim_start_matches("0x"))
}
