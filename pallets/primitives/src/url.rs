//! Which URLs a job or a provider may name: one rule for the chain and for all programs.
//!
//! The rule is narrower than the standard of the web, so that whatever passes it is read in the same way everywhere.

use core::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// Why a text is not a URL of the web.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UrlDefect {
    /// A character that is not visible ASCII.
    Character,
    /// It does not begin with `http://` or `https://`, in letters of either case.
    Scheme,
    /// No host follows the scheme.
    NoHost,
    /// A user or password: what the chain holds is public.
    Credentials,
    /// The host is neither a name nor an IP address.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// An endpoint with a query or a fragment: a path is appended to it.
    QueryOrFragment,
}

impl fmt::Display for UrlDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Character => "it has characters that are not visible ASCII",
            Self::Scheme => "it does not begin with http:// or https://",
            Self::NoHost => "it names no host",
            Self::Credentials => "it has a user or password, which would be public",
            Self::Host => "its host is neither a name nor an IP address",
            Self::Port => "its port is not a number from 1 to 65535",
            Self::QueryOrFragment => "it has a query or a fragment",
        })
    }
}

/// Checks a URL from which an input is pulled: `http` or `https`, a host, perhaps a port, and anything visible behind
/// it.
///
/// # Errors
/// The first defect.
pub fn check_url(url: &[u8]) -> Result<(), UrlDefect> {
    parts(url).map(drop)
}

/// Checks the URL of a provider's data endpoint: as [`check_url`], without query and fragment.
///
/// # Errors
/// The first defect.
pub fn check_endpoint(url: &[u8]) -> Result<(), UrlDefect> {
    match parts(url)?.contains(['?', '#']) {
        true => Err(UrlDefect::QueryOrFragment),
        false => Ok(()),
    }
}

/// What stands behind host and port.
fn parts(url: &[u8]) -> Result<&str, UrlDefect> {
    if !url.iter().all(u8::is_ascii_graphic) {
        return Err(UrlDefect::Character);
    }
    let url = core::str::from_utf8(url).map_err(|_| UrlDefect::Character)?;
    let (scheme, rest) = url.split_once("://").ok_or(UrlDefect::Scheme)?;
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(UrlDefect::Scheme);
    }
    let (authority, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(UrlDefect::Credentials);
    }
    // The colons of an IPv6 address are inside its brackets.
    let end = authority.rfind(']').unwrap_or_default();
    let colon = authority.get(end..).and_then(|rest| rest.find(':')).and_then(|at| end.checked_add(at));
    let (host, port) = authority.split_at(colon.unwrap_or(authority.len()));
    if host.is_empty() {
        return Err(UrlDefect::NoHost);
    }
    if !is_host(host) {
        return Err(UrlDefect::Host);
    }
    match port.strip_prefix(':') {
        Some(port) if !is_port(port) => Err(UrlDefect::Port),
        _ => Ok(behind),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && u16::from_str(text).is_ok_and(|port| port > 0)
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| Ipv6Addr::from_str(address).is_ok());
    }
    // A name whose last part is a number is read as an address, in one way only.
    let name = host.strip_suffix('.').unwrap_or(host);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && (last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") || last.starts_with("0X"));
    match is_number {
        true => Ipv4Addr::from_str(host).is_ok(),
        false => name.split('.').all(is_label),
    }
}

fn is_label(label: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(is_part)
}
