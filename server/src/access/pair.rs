//! A certificate and its private key, of two PEM files. A pair that does not belong together is never taken; whether others believe the
//! certificate is asked of those who vouch.

use super::certificate::{Facts, why};
use crate::config::wrong_file;
use rustls::RootCertStore;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::Arc;
use ureq::tls::{Certificate, ClientCert, PrivateKey};

/// A certificate, those that vouch for it, and its private key.
pub struct Pair {
    certified: Arc<CertifiedKey>,
    first_to_end: Option<Facts>,
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
        let first_to_end = Facts::first_to_end(&certified.cert);
        Ok(Self { certified: Arc::new(certified), first_to_end, key: text })
    }

    /// As a server shows it.
    pub const fn certified(&self) -> &Arc<CertifiedKey> {
        &self.certified
    }

    /// Of the certificate and those that vouch for it, the one that ends first.
    pub const fn first_to_end(&self) -> Option<&Facts> {
        self.first_to_end.as_ref()
    }

    /// Whether these authorities vouch for who shows it as a client.
    ///
    /// # Errors
    /// They do not: why.
    pub fn is_believed_of_a_client(&self, authorities: RootCertStore) -> Result<(), String> {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), Arc::new(default_provider()));
        let verifier = verifier.build().map_err(|error| error.to_string())?;
        let (own, between) = self.certified.cert.split_first().ok_or("no certificate is in it")?;
        verifier.verify_client_cert(own, between, UnixTime::now()).map(drop).map_err(|error| why(&error))
    }

    /// Whether a client that asks for this host, and trusts these authorities, believes it. Where it is not known whom clients trust, the
    /// name alone is compared.
    ///
    /// # Errors
    /// It does not: why.
    pub fn is_believed_of_a_server(&self, host: &str, authorities: Option<RootCertStore>) -> Result<(), String> {
        let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
        let (own, between) = self.certified.cert.split_first().ok_or("no certificate is in it")?;
        let judged = match authorities {
            Some(authorities) => {
                let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(authorities), Arc::new(default_provider()));
                let verifier = verifier.build().map_err(|error| error.to_string())?;
                verifier.verify_server_cert(own, between, &name, &[], UnixTime::now()).map(drop)
            }
            None => ParsedCertificate::try_from(own).and_then(|own| verify_server_name(&own, &name)),
        };
        judged.map_err(|error| why(&error))
    }

    /// As a client shows it.
    pub fn of_client(&self) -> Result<ClientCert, String> {
        let chain: Vec<_> = self.certified.cert.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
        let key = PrivateKey::from_pem(&self.key).map_err(|error| error.to_string())?;
        Ok(ClientCert::new_with_certs(&chain, key))
    }
}
