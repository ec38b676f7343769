//! What other nodes are asked with: the certificate that this node shows, and who vouches for theirs. Files that changed are read
//! again, and the next question goes over a new connection; what cannot be read leaves in force what was read before.

use crate::access::{Pair, Watched, vouching};
use crate::config;
use std::path::Path;
use ureq::tls::TlsConfig;

/// Reads the files.
///
/// # Errors
/// One of them cannot be read, or is not what it should be.
pub fn open(config: &config::Cluster) -> Result<Watched<ureq::Agent>, String> {
    let (own, certificates) = (config.tls.clone(), config.certificates.clone());
    let mut files = Vec::new();
    if let Some(own) = &own {
        files.extend([own.certificate.clone(), own.key.clone(), own.authorities.clone()]);
    }
    files.extend(certificates.clone());
    Watched::new(files, move |_| tls(own.as_ref(), certificates.as_deref()).map(agent))
}

fn tls(own: Option<&config::ClusterTls>, certificates: Option<&Path>) -> Result<TlsConfig, String> {
    const ADDRESSES: &str = "cluster.certificates";
    const AUTHORITIES: &str = "cluster.tls.authorities";
    let Some(own) = own else { return vouching::tls(ADDRESSES, certificates) };
    let pair = Pair::read("cluster.tls", &own.certificate, &own.key)?;
    // Those who vouch for nodes vouch for their addresses, too, unless others are named who do.
    vouching::authorities(AUTHORITIES, &own.authorities)?;
    match certificates {
        Some(others) => vouching::showing(ADDRESSES, Some(others), &pair),
        None => vouching::showing(AUTHORITIES, Some(&own.authorities), &pair),
    }
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
