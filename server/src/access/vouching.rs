//! Who may vouch for somebody else: the certificates of a PEM file.

use super::Pair;
use super::judging::Telling;
use crate::config::wrong_file;
use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use std::path::Path;
use std::sync::Arc;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsConfigBuilder, TlsProvider};

/// The certificate of an authority, where that of a server should be. What `openssl req -x509` makes without more words is one: browsers
/// and curl take it, rustls does not.
const OF_AN_AUTHORITY: &str = "CaUsedAsEndEntity";

/// TLS of a client that trusts the certificates of a PEM file, or where none is named those that browsers trust. `name` is the key or the
/// option that names the file.
pub fn tls(name: &str, file: Option<&Path>) -> Result<TlsConfig, String> {
    Ok(trusting(name, file)?.build())
}

/// The same of a client that shows a certificate of its own to whoever asks for one.
pub fn showing(name: &str, file: Option<&Path>, own: &Pair) -> Result<TlsConfig, String> {
    Ok(trusting(name, file)?.client_cert(Some(own.of_client()?)).build())
}

/// Who vouches for those that ask this process: every certificate of a PEM file, each of which must be of use.
pub fn authorities(name: &str, file: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in read(name, file)? {
        roots.add(certificate).map_err(|error| wrong_file(name, file, &error))?;
    }
    Ok(roots)
}

/// Judges who asks this process by those who vouch for nodes: who shows no certificate is let in as anybody, and one that is refused is told.
pub fn nodes(name: &str, file: &Path) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let roots = Arc::new(authorities(name, file)?);
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::new(default_provider())).allow_unauthenticated();
    Ok(Telling::by(verifier.build().map_err(|error| wrong_file(name, file, &error))?))
}

/// The way out where a server was asked and its certificate not believed, if it is not who vouches for it that is wrong.
pub fn way_out(error: &dyn std::fmt::Display) -> Option<&'static str> {
    let is_of_an_authority = error.to_string().contains(OF_AN_AUTHORITY);
    is_of_an_authority.then_some(
        "the certificate says that it is an authority's, and none of a server: right would be one that is made with `-addext basicConstraints=critical,CA:FALSE`",
    )
}

/// What is told of a question that was not answered, with the way out.
pub fn told(error: &dyn std::fmt::Display) -> String {
    way_out(error).map_or_else(|| error.to_string(), |way_out| format!("{error}; {way_out}"))
}

fn trusting(name: &str, file: Option<&Path>) -> Result<TlsConfigBuilder, String> {
    let of = |certificate: &CertificateDer<'_>| Certificate::from_der(certificate).to_owned();
    let certificates = |file| Ok::<_, String>(RootCerts::new_with_certs(&read(name, file)?.iter().map(of).collect::<Vec<_>>()));
    let roots = file.map_or(Ok(RootCerts::WebPki), certificates)?;
    Ok(TlsConfig::builder().provider(TlsProvider::Rustls).root_certs(roots))
}

fn read(name: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let told = |error: &dyn std::fmt::Display| wrong_file(name, file, error);
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| told(&error))?;
    if read.is_empty() { Err(told(&"no certificate is in it")) } else { Ok(read) }
}
