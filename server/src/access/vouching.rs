//! Who may vouch for an `https` address: the certificates of a PEM file.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// TLS of a client that trusts the certificates of a PEM file, or where none is named those that browsers trust.
pub fn tls(file: Option<&Path>) -> Result<TlsConfig, String> {
    let roots = file.map_or(Ok(RootCerts::WebPki), certificates)?;
    Ok(TlsConfig::builder().provider(TlsProvider::Rustls).root_certs(roots).build())
}

fn certificates(path: &Path) -> Result<RootCerts, String> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let read = CertificateDer::pem_file_iter(path).map_err(|error| told(&error))?;
    let certificates = read.map(|certificate| certificate.map(|certificate| Certificate::from_der(&certificate).to_owned()));
    let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(|error| told(&error))?;
    if certificates.is_empty() { Err(told(&"no certificate is in it")) } else { Ok(RootCerts::new_with_certs(&certificates)) }
}
