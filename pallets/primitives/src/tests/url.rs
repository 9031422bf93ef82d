//! Which URLs the chain and all programs take.

use crate::{check_endpoint, check_url, UrlDefect};

#[test]
fn urls_of_the_web_are_taken() {
    for url in [
        "http://example.org",
        "HTTP://example.org/a",
        "hTTpS://Example.ORG:443/a/b?c=d#e",
        "http://localhost:9955/",
        "http://127.0.0.1:1",
        "http://127.0.0.1:65535/blob",
        "https://[::1]:8080/x",
        "https://[2001:db8::1]",
        "http://a_b.example-1.org./x",
        "http://example.org?query=1@2",
        "http://example.org/@user:1",
        "http://xn--bcher-kva.example/",
        "http://1a.example",
    ] {
        assert_eq!(check_url(url.as_bytes()), Ok(()), "{url}");
    }
}

#[test]
fn every_other_text_has_its_defect() {
    for (url, defect) in [
        ("", UrlDefect::Scheme),
        ("example.org", UrlDefect::Scheme),
        ("http:/example.org", UrlDefect::Scheme),
        ("ftp://example.org", UrlDefect::Scheme),
        ("file:///etc/passwd", UrlDefect::Scheme),
        (" http://example.org", UrlDefect::Character),
        ("http://exa mple.org", UrlDefect::Character),
        ("http://b\u{fc}cher.example", UrlDefect::Character),
        ("http://example.org/\n", UrlDefect::Character),
        ("http://", UrlDefect::NoHost),
        ("http:///path", UrlDefect::NoHost),
        ("http://?query", UrlDefect::NoHost),
        ("http://:80", UrlDefect::NoHost),
        ("http://user@example.org", UrlDefect::Credentials),
        ("http://user:word@example.org", UrlDefect::Credentials),
        ("http://.", UrlDefect::Host),
        ("http://a..b", UrlDefect::Host),
        ("http://exa%6dple.org", UrlDefect::Host),
        ("http://example.org\\path", UrlDefect::Host),
        ("http://256.0.0.1", UrlDefect::Host),
        ("http://127.1", UrlDefect::Host),
        ("http://2130706433", UrlDefect::Host),
        ("http://0x7f.0.0.0x1", UrlDefect::Host),
        ("http://127.0.0.01", UrlDefect::Host),
        ("http://[::1", UrlDefect::Host),
        ("http://[127.0.0.1]", UrlDefect::Host),
        ("http://::1/", UrlDefect::NoHost),
        ("http://example.org:", UrlDefect::Port),
        ("http://example.org:0", UrlDefect::Port),
        ("http://example.org:65536", UrlDefect::Port),
        ("http://example.org:+80", UrlDefect::Port),
        ("http://example.org:80:80", UrlDefect::Port),
        ("http://[::1]:x", UrlDefect::Port),
    ] {
        assert_eq!(check_url(url.as_bytes()), Err(defect), "{url}");
    }
}

#[test]
fn an_endpoint_has_neither_query_nor_fragment() {
    for url in ["http://example.org", "https://example.org/gpu/", "http://[::1]:1"] {
        assert_eq!(check_endpoint(url.as_bytes()), Ok(()), "{url}");
    }
    for url in ["http://example.org?a=b", "http://example.org/#a", "http://example.org/?"] {
        assert_eq!(check_endpoint(url.as_bytes()), Err(UrlDefect::QueryOrFragment), "{url}");
    }
    assert_eq!(check_endpoint(b"http://"), Err(UrlDefect::NoHost));
}
