//! Requests that a web page sent to a developer's machine: refused, where no keys are configured.
//!
//! A browser lets any page send a form to 127.0.0.1, and a page whose own name is made to point there (DNS rebinding) read
//! the answer, too. What a page cannot choose gives it away: its `Origin`, the `Host` that it believes it talks to, and
//! `Sec-Fetch-Site`. With keys configured none of this is asked: a page has no key.

use super::problem::{Code, Problem};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use std::net::IpAddr;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses a request that names another machine than this one, or comes from a page that does.
pub fn refuse(parts: &Parts) -> Result<(), Problem> {
    refuse_of(parts.uri.authority().map(axum::http::uri::Authority::as_str), &parts.headers)
}

fn refuse_of(authority: Option<&str>, headers: &HeaderMap) -> Result<(), Problem> {
    let told = |what: &str| Problem::new(Code::Forbidden, format!("{what}; without keys this server answers its own machine alone (see --keys)"));
    let named = headers.get_all(header::HOST).iter().map(HeaderValue::to_str);
    for host in authority.map(Ok).into_iter().chain(named) {
        if !host.is_ok_and(is_loopback) {
            return Err(told("Host is not a loopback address"));
        }
    }
    for origin in headers.get_all(header::ORIGIN) {
        if !origin.to_str().ok().and_then(|origin| origin.split_once("://")).is_some_and(|(_, host)| is_loopback(host)) {
            return Err(told("Origin is not a loopback address"));
        }
    }
    if headers.get_all(SEC_FETCH_SITE).iter().any(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site")) {
        return Err(told("the request comes from another site's page"));
    }
    Ok(())
}

/// Whether `host`, or `host:port`, is this machine by a name that no one else can give it.
fn is_loopback(text: &str) -> bool {
    let host = match text.strip_prefix('[') {
        // An IPv6 address stands in brackets.
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) if port.is_empty() || is_port(port) => return host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
            _ => return false,
        },
        None => match text.split_once(':') {
            Some((host, port)) if is_port(&format!(":{port}")) => host,
            Some(_) => return false,
            None => text,
        },
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| port.is_empty() || port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(authority: Option<&str>, headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_bytes(name.as_bytes()).expect("a name"), value.parse().expect("a value"));
        }
        refuse_of(authority, &map).map_err(|problem| assert_eq!(problem.code(), "forbidden")).is_err()
    }

    #[test]
    fn this_machine_by_its_own_names() {
        for host in ["127.0.0.1", "127.0.0.1:8080", "127.7.7.7:1", "localhost", "LocalHost:8080", "[::1]", "[::1]:8080", "localhost:"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "0.0.0.0",
            "[::]",
            "[::1",
            "::1",
            "[fe80::1]:80",
            "127.0.0.1:evil",
            "localhost@evil.example",
            "127.0.0.1:80@evil.example",
            "2130706433",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn pages_are_refused_by_whatever_gives_them_away() {
        assert!(!refused(None, &[("host", "127.0.0.1:8080")]));
        assert!(!refused(None, &[]), "a request of HTTP/1.0, which no browser sends");
        assert!(!refused(None, &[("host", "localhost:8080"), ("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")]));
        assert!(refused(None, &[("host", "rebound.example:8080")]));
        assert!(refused(None, &[("host", "127.0.0.1"), ("host", "rebound.example")]));
        assert!(refused(Some("rebound.example"), &[("host", "127.0.0.1")]), "a target in absolute form stands before Host");
        assert!(refused(None, &[("host", "127.0.0.1"), ("origin", "https://evil.example")]));
        assert!(refused(None, &[("host", "127.0.0.1"), ("origin", "null")]), "a page of a file or in a sandbox");
        assert!(refused(None, &[("host", "127.0.0.1"), ("sec-fetch-site", "cross-site")]));
    }
}
