//! TLS 1.2 and 1.3 by rustls. The certificate and its key are read again when they change: connections that are there go on
//! with the old one, new ones get the new one. A pair that does not belong together is never taken.

use crate::access::Watched;
use crate::config::Tls;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// The certificate that is in force.
pub struct Certificate(Watched<CertifiedKey>);

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.now()))
    }
}

impl Certificate {
    /// Reads both files.
    pub fn open(config: &Tls) -> Result<Arc<Self>, String> {
        Ok(Arc::new(Self(Watched::new(vec![config.certificate.clone(), config.key.clone()], read)?)))
    }

    /// Reads them again where they have changed.
    pub fn look(&self) {
        self.0.look();
    }

    /// What takes connections with it.
    pub fn acceptor(self: Arc<Self>) -> Result<TlsAcceptor, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_protocol_versions(&[&TLS13, &TLS12])?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(self);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn read(paths: &[PathBuf]) -> Result<CertifiedKey, String> {
    let [certificate, key] = paths else { return Err("a certificate and its key are needed".to_owned()) };
    let of_certificate = |error: &dyn std::fmt::Display| format!("tls.certificate = {certificate:?}: {error}");
    let of_key = |error: &dyn std::fmt::Display| format!("tls.key = {key:?}: {error}");
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| of_certificate(&error))?;
    if chain.is_empty() {
        return Err(of_certificate(&"no certificate is in it; right would be a PEM file"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| of_key(&error))?;
    let certified = CertifiedKey::from_der(chain, private, &default_provider()).map_err(|error| of_key(&error))?;
    // What cannot be compared is found by the first client; every kind that ring signs with can be.
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => Ok(certified),
        Err(error) => Err(of_key(&format!("{error}: it is not the key of {certificate:?}"))),
    }
}
