//! The certificate that this service shows to whoever connects, and whether other nodes believe it, as far as this node's own files
//! tell: they may trust others.
//!
//! A certificate of `[tls]` that has ended is no reason not to start: what is folded, streamed and delivered needs none. It is told instead. It takes
//! the place of no certificate that is good still.

use super::files::{FileCode, FileStatus};
use super::vouching;
use super::watched::{Trouble, Watched};
use super::{Facts, Pair};
use crate::config::{Config, Tls, wrong_file};
use jiff::Timestamp;
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The key that names its file.
const CERTIFICATE: &str = "tls.certificate";

/// The pair of `[tls]` that is in force.
pub struct Served {
    pair: Pair,
    unfit: Option<Trouble>,
}

/// Where other nodes reach this one, and who vouches for such addresses: a key and its file, or whom browsers trust.
struct Address {
    host: String,
    vouching: Option<(&'static str, PathBuf)>,
}

impl Served {
    /// Reads it, and those who vouch for addresses of nodes; nothing where TLS is not configured.
    ///
    /// # Errors
    /// A file of `[tls]` cannot be read, or is not what it should be.
    pub fn watch(config: &Config) -> Result<Option<Watched<Self>>, String> {
        let Some(tls) = config.tls.clone() else { return Ok(None) };
        let address = Address::of(config);
        let vouching = address.as_ref().and_then(|address| address.vouching.as_ref()).map(|(_, file)| file.clone());
        let files = [tls.certificate.clone(), tls.key.clone()].into_iter().chain(vouching).collect();
        Watched::<Self>::new(files, move |_, before| Self::read(&tls, address.as_ref(), before)).map(Some)
    }

    fn read(tls: &Tls, address: Option<&Address>, before: Option<&Self>) -> Result<Self, String> {
        let pair = Pair::read("tls", &tls.certificate, &tls.key)?;
        let now = Timestamp::now();
        let ended = pair.first_to_end().filter(|facts| facts.has_ended(now));
        let is_good = |before: &Self| before.pair.first_to_end().is_none_or(|facts| !facts.has_ended(now));
        if let (Some(Facts { name, ends }), true) = (ended, before.is_some_and(is_good)) {
            return Err(wrong_file(CERTIFICATE, &tls.certificate, &format!("the certificate of {name} ended at {ends:.0}")));
        }
        let unfit = address.and_then(|address| address.doubts(&pair)).map(|detail| Trouble::met(detail, before.and_then(|before| before.unfit.as_ref())));
        Ok(Self { pair, unfit })
    }

    /// As it is shown.
    pub const fn certified(&self) -> &Arc<CertifiedKey> {
        self.pair.certified()
    }
}

impl Watched<Served> {
    /// What is in force.
    pub fn status(&self) -> FileStatus {
        let now = self.now();
        let status = FileStatus::new(CERTIFICATE, FileCode::CertificatesUnread, self.unread());
        FileStatus { first_to_end: now.pair.first_to_end().cloned(), unfit: now.unfit.clone(), ..status }
    }
}

impl Address {
    /// Nothing where the node is alone, or others do not ask it over TLS.
    fn of(config: &Config) -> Option<Self> {
        let cluster = config.cluster.as_ref()?;
        let uri: ureq::http::Uri = cluster.advertise.parse().ok()?;
        if uri.scheme_str() != Some("https") {
            return None;
        }
        let of_nodes = || cluster.tls.as_ref().map(|tls| ("cluster.tls.authorities", tls.authorities.clone()));
        let vouching = cluster.certificates.clone().map(|file| ("cluster.certificates", file)).or_else(of_nodes);
        Some(Self { host: uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned(), vouching })
    }

    /// Why other nodes will not believe it, where that is so.
    fn doubts(&self, pair: &Pair) -> Option<String> {
        let read = |(name, file): &(&'static str, PathBuf)| vouching::authorities(name, Path::new(file));
        let believed = self.vouching.as_ref().map(read).transpose().and_then(|authorities| pair.is_believed_of_a_server(&self.host, authorities));
        let by = self.vouching.as_ref().map_or(String::new(), |(name, file)| format!(" by {name} = {file:?}"));
        believed.err().map(|why| format!("other nodes do not believe it at {}{by}, so they do not ask this one: {why}", self.host))
    }
}
