//! A certificate and its private key, of two PEM files. A pair that does not belong together is never taken.

use crate::config::wrong_file;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::path::Path;
use ureq::tls::{Certificate, ClientCert, PrivateKey};

/// A certificate, those that vouch for it, and its private key.
pub struct Pair {
    certified: CertifiedKey,
    /// The text of the file of the key: each library reads it by itself.
    key: Vec<u8>,
}

impl Pair {
    /// Reads both files, which the configuration names in a section.
    pub fn read(section: &str, certificate: &Path, key: &Path) -> Result<Self, String> {
        let of_certificate = |error: &dyn std::fmt::Display| wrong_file(&format!("{section}.certificate"), certificate, error);
        let of_key = |error: &dyn std::fmt::Display| wrong_file(&format!("{section}.key"), key, error);
        let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(|error| of_certificate(&error))?;
        if chain.is_empty() {
            return Err(of_certificate(&"no certificate is in it"));
        }
        let text = std::fs::read(key).map_err(|error| of_key(&error))?;
        let private = PrivateKeyDer::from_pem_slice(&text).map_err(|error| of_key(&error))?;
        // What cannot be compared is found by the first client; every kind that ring signs with can be.
        let certified = CertifiedKey::from_der(chain, private, &default_provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => of_key(&format!("{error}: it is not the key of {certificate:?}")),
            error => of_key(&error),
        })?;
        Ok(Self { certified, key: text })
    }

    /// As a server shows it.
    pub fn certified(self) -> CertifiedKey {
        self.certified
    }

    /// As a client shows it.
    pub fn of_client(&self) -> Result<ClientCert, String> {
        let chain: Vec<_> = self.certified.cert.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
        let key = PrivateKey::from_pem(&self.key).map_err(|error| error.to_string())?;
        Ok(ClientCert::new_with_certs(&chain, key))
    }
}
