//! What other nodes are asked with: the certificate that this node shows, and who vouches for theirs. Files that changed are read
//! again, and the next question goes over a new connection; what cannot be read leaves in force what was read before.
//!
//! A certificate that this node's own authorities do not vouch for, or that has ended, is as one that cannot be read: a node that shows it
//! is known by nobody, and would own partitions that no other node can read.

use crate::access::{Facts, FileCode, FileStatus, Pair, Watched, vouching};
use crate::config::{self, wrong_file};
use std::path::Path;
use ureq::tls::TlsConfig;

/// Who vouches for the addresses of nodes, where that is said.
const ADDRESSES: &str = "cluster.certificates";
/// Who vouches for nodes.
const AUTHORITIES: &str = "cluster.tls.authorities";
/// What this node shows.
const CERTIFICATE: &str = "cluster.tls.certificate";

/// What is asked with, and what it shows.
pub struct Asking {
    /// Asks.
    pub agent: ureq::Agent,
    /// Of the certificate that it shows and those that vouch for it, the one that ends first.
    first_to_end: Option<Facts>,
    /// The key of what is read, to be told.
    name: &'static str,
}

/// Reads the files.
///
/// # Errors
/// One of them cannot be read, or is not what it should be.
pub fn open(config: &config::Cluster) -> Result<Watched<Asking>, String> {
    let (own, certificates) = (config.tls.clone(), config.certificates.clone());
    let mut files = Vec::new();
    if let Some(own) = &own {
        files.extend([own.certificate.clone(), own.key.clone(), own.authorities.clone()]);
    }
    files.extend(certificates.clone());
    Watched::new(files, move |_, _| asking(own.as_ref(), certificates.as_deref()))
}

/// What is in force of the files; nothing where none is named.
pub fn status(watched: &Watched<Asking>) -> Option<FileStatus> {
    let now = watched.now();
    let status = FileStatus::new(now.name, FileCode::CertificatesUnread, watched.unread());
    watched.is_any().then(|| FileStatus { first_to_end: now.first_to_end.clone(), ..status })
}

fn asking(own: Option<&config::ClusterTls>, certificates: Option<&Path>) -> Result<Asking, String> {
    let Some(own) = own else {
        let tls = vouching::tls(ADDRESSES, certificates)?;
        return Ok(Asking { agent: agent(tls), first_to_end: None, name: ADDRESSES });
    };
    let pair = Pair::read("cluster.tls", &own.certificate, &own.key)?;
    let authorities = vouching::authorities(AUTHORITIES, &own.authorities)?;
    pair.is_believed_of_a_client(authorities).map_err(|why| {
        let of = pair.first_to_end().map_or_else(String::new, |facts| format!(" of {}", facts.name));
        let told = format!("no node would take the certificate{of} by {AUTHORITIES} = {:?}: {why}", own.authorities);
        wrong_file(CERTIFICATE, &own.certificate, &told)
    })?;
    // Those who vouch for nodes vouch for their addresses, too, unless others are named who do.
    let tls = match certificates {
        Some(others) => vouching::showing(ADDRESSES, Some(others), &pair),
        None => vouching::showing(AUTHORITIES, Some(&own.authorities), &pair),
    }?;
    Ok(Asking { agent: agent(tls), first_to_end: pair.first_to_end().cloned(), name: CERTIFICATE })
}

fn agent(tls: TlsConfig) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .tls_config(tls)
        .max_idle_connections_per_host(64)
        .max_idle_connections(256)
        .user_agent(concat!("merchant-ledger/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}
