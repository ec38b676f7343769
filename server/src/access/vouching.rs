//! Who may vouch for somebody else: the certificates of a PEM file.

use super::Pair;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsConfigBuilder, TlsProvider};

/// TLS of a client that trusts the certificates of a PEM file, or where none is named those that browsers trust.
pub fn tls(file: Option<&Path>) -> Result<TlsConfig, String> {
    Ok(trusting(file)?.build())
}

/// The same of a client that shows a certificate of its own to whoever asks for one.
pub fn showing(file: Option<&Path>, own: &Pair) -> Result<TlsConfig, String> {
    Ok(trusting(file)?.client_cert(Some(own.of_client()?)).build())
}

/// Who vouches for those that ask this process: every certificate of a PEM file, each of which must be of use.
pub fn authorities(file: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in read(file)? {
        roots.add(certificate).map_err(|error| told(file, &error))?;
    }
    Ok(roots)
}

fn trusting(file: Option<&Path>) -> Result<TlsConfigBuilder, String> {
    let of = |certificate: &CertificateDer<'_>| Certificate::from_der(certificate).to_owned();
    let certificates = |file| Ok::<_, String>(RootCerts::new_with_certs(&read(file)?.iter().map(of).collect::<Vec<_>>()));
    let roots = file.map_or(Ok(RootCerts::WebPki), certificates)?;
    Ok(TlsConfig::builder().provider(TlsProvider::Rustls).root_certs(roots))
}

fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| told(file, &error))?;
    if read.is_empty() { Err(told(file, &"no certificate is in it")) } else { Ok(read) }
}

fn told(file: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", file.display())
}
