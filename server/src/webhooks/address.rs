//! Where a hook may send to: public addresses alone, unless private ones are allowed. What a name leads to is looked at for each
//! connection, so that a name that leads elsewhere later gets no further; redirects are not followed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// The longest that one attempt may take.
pub const ATTEMPT_WAIT_MAX: Duration = Duration::from_secs(15);

/// Whether an address is of the public Internet: no network of one's own, no machine itself, no test network, no multicast.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

const fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_unspecified()
        || address.is_multicast()
        || first == 0
        || first >= 240
        || (first == 100 && second & 0xc0 == 64)
        || (first == 198 && second & 0xfe == 18)
        || (first == 192 && second == 0 && third == 0))
}

const fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Of the addresses that are given out, those that lead back to IPv4, and those for examples, are none.
    segments[0] & 0xe000 == 0x2000 && segments[0] != 0x2002 && !(segments[0] == 0x2001 && (segments[1] == 0 || segments[1] == 0xdb8))
}

/// What looks names up: those that lead to private addresses lead nowhere.
#[derive(Debug)]
struct Guarded {
    resolver: DefaultResolver,
    private: bool,
}

impl Resolver for Guarded {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.resolver.resolve(uri, config, timeout)?;
        if self.private || found.iter().all(|address: &SocketAddr| is_public(address.ip())) { Ok(found) } else { Err(refused()) }
    }
}

fn refused() -> ureq::Error {
    ureq::Error::Io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "it leads to a private address, which is not allowed"))
}

/// A client of hooks.
pub fn agent(private: bool) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(ATTEMPT_WAIT_MAX))
        .proxy(None)
        .user_agent(concat!("merchant-ledger/", env!("CARGO_PKG_VERSION")))
        .build();
    ureq::Agent::with_parts(config, DefaultConnector::default(), Guarded { resolver: DefaultResolver::default(), private })
}

/// What is said of an address that is none.
const NO_URL: &str = "a URL such as https://shop.example/hooks is needed, without a user and a fragment";

/// Whether a hook may send to this URL, as far as one sees now; else what is wrong.
pub fn check(url: &str, private: bool) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|_| NO_URL.to_owned())?;
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    // Without a scheme, what stands before the first colon was taken for a host.
    let is_whole = uri.scheme().is_some() && !host.is_empty();
    if !is_whole || url.contains('#') || uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(NO_URL.to_owned());
    }
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if private => {}
        _ => return Err(if private { "only https and http are taken" } else { "only https is taken" }.to_owned()),
    }
    let port = uri.authority().and_then(|authority| authority.as_str().rsplit_once(':')).map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    if port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return Err("its port is a number from 1 to 65535".to_owned());
    }
    if private {
        return Ok(());
    }
    // A name that ends with a dot is the same name, and those of this machine lead home whether they can be looked up or not.
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    if name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok_and(|address| !is_public(address)) {
        return Err(format!("{host} is a private address"));
    }
    // A name that cannot be looked up now may be there later; one that leads home is refused at once.
    let addresses = std::net::ToSocketAddrs::to_socket_addrs(&(host, uri.port_u16().unwrap_or(443)));
    match addresses.map(|mut addresses| addresses.any(|address| !is_public(address.ip()))) {
        Ok(true) => Err(format!("{host} leads to a private address")),
        Ok(false) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_ones_own_are_not_public() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "2001:db8::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().expect(private)), "{private}");
        }
        for public in ["1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(public.parse().expect(public)), "{public}");
        }
    }

    #[test]
    fn what_a_hook_may_not_send_to_is_refused_with_the_reason() {
        for (url, said) in [
            ("http://shop.example/hooks", "https"),
            ("https://127.0.0.1/hooks", "private"),
            ("https://[::1]:8443/", "private"),
            ("https://169.254.169.254/latest", "private"),
            ("https://localhost/", "private"),
            ("https://localhost./", "private"),
            ("https://Api.LocalHost.:8443/", "private"),
            ("https://127.0.0.1./", "private"),
            ("https://user:pass@93.184.215.14/", "without a user"),
            ("ftp://93.184.215.14/", "https"),
            ("shop", "URL"),
            ("", "URL"),
            ("javascript:alert(1)", "URL"),
            ("mailto:shop@shop.example", "URL"),
            ("https://shop.example:0/", "port"),
            ("https://shop.example:99999/", "port"),
        ] {
            let error = check(url, false).expect_err(url);
            assert!(error.contains(said), "{url}: {error}");
        }
        assert_eq!(check("https://93.184.215.14/hooks", false), Ok(()));
        assert_eq!(check("http://127.0.0.1:8081/hooks", true), Ok(()));
        assert_eq!(check("http://[::1]/hooks", true), Ok(()));
        let error = check("ftp://shop.example/", true).expect_err("neither");
        assert!(error.contains("https and http"), "{error}");
    }
}
