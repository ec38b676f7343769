//! Where a server is, and whether a key may be sent there: over `https`, or in the clear to this machine itself.

use super::Failure;
use super::credential::Credential;
use std::fmt;
use std::net::IpAddr;
use ureq::http::Uri;

/// The variable that says it.
const VARIABLE: &str = "MERCHANT_LEDGER_URL";
/// Where it is, where nothing is said.
const DEFAULT: &str = "http://127.0.0.1:8080";

/// The address of a server.
pub struct Place {
    url: String,
    /// The option or variable that said it, as it is told.
    said: String,
    is_here: bool,
    is_secure: bool,
}

impl Place {
    /// Reads it from the flag, else the environment, else it is the local one.
    pub fn read(flag: Option<&str>) -> Result<Self, Failure> {
        match (flag, std::env::var_os(VARIABLE)) {
            (Some(url), _) => Self::of(url, "--url"),
            (None, Some(url)) => Self::of(&url.to_string_lossy(), VARIABLE),
            (None, None) => Self::of(DEFAULT, "--url"),
        }
    }

    fn of(url: &str, source: &str) -> Result<Self, Failure> {
        let wrong = || Failure::Usage(format!("{source} is wrong; right would be an address such as {DEFAULT} or https://ledger.bank.example"));
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) | None => return Err(wrong()),
        };
        // A name or a password before the host would be told with it, and a query is not the path of a question.
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        if uri.query().is_some() {
            return Err(wrong());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let is_here = host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { said: format!("{source} = {url:?}"), url, is_here, is_secure })
    }

    /// The address of a path.
    pub fn of_path(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Whether it is this machine.
    pub const fn is_here(&self) -> bool {
        self.is_here
    }

    /// Refuses to send a key in the clear to another machine.
    pub fn may_be_sent(&self, credential: &Credential) -> Result<(), Failure> {
        match self.is_secure || self.is_here {
            true => Ok(()),
            false => Err(Failure::Usage(format!(
                "{self}: the key of {} is not sent in the clear to another machine; right would be its https:// address",
                credential.source()
            ))),
        }
    }

    /// What may help with a connection that did not come about.
    pub fn hint(&self, error: &ureq::Error) -> &'static str {
        match (self.is_secure, error) {
            (true, ureq::Error::Io(_) | ureq::Error::Tls(_) | ureq::Error::Rustls(_)) => ", and --ca-file a PEM file of who vouches for its certificate",
            (_, _) => "",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_in_the_clear_to_this_machine_alone() {
        let place = |url: &str| Place::of(url, "--url").ok().map(|place| (place.is_here, place.is_secure, place.of_path("/x")));
        for (url, is_here, is_secure, path) in [
            ("http://127.0.0.1:8080", true, false, "http://127.0.0.1:8080/x"),
            ("http://localhost:8080/", true, false, "http://localhost:8080/x"),
            ("http://[::1]:8080", true, false, "http://[::1]:8080/x"),
            ("https://ledger.bank.example/api/", false, true, "https://ledger.bank.example/api/x"),
            ("http://ledger.bank.example", false, false, "http://ledger.bank.example/x"),
            ("http://127.0.0.1.bank.example", false, false, "http://127.0.0.1.bank.example/x"),
        ] {
            assert_eq!(place(url), Some((is_here, is_secure, path.to_owned())), "{url}");
        }
        for wrong in ["", "127.0.0.1:8080", "ftp://127.0.0.1", "http://user:hidden@127.0.0.1:8080", "https://a?b=c", "http://", "/v1"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
