//! Judges the certificates that those show who ask this process, and tells of one that is refused: whoever shows it hears no more than
//! that the connection broke.

use super::certificate::{Facts, why};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After how long the same certificate is told of again, where it is refused for the same reason.
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(3600);
/// How many are told of within that time: whoever makes up certificates does not fill the log.
const TOLD_MAX: usize = 32;

/// A verifier that tells.
#[derive(Debug)]
pub struct Telling {
    inner: Arc<dyn ClientCertVerifier>,
    told: Mutex<Vec<(String, Instant)>>,
}

impl Telling {
    /// Judges as another one does.
    pub fn by(inner: Arc<dyn ClientCertVerifier>) -> Arc<dyn ClientCertVerifier> {
        Arc::new(Self { inner, told: Mutex::default() })
    }

    fn tell(&self, shown: &CertificateDer<'_>, error: &Error) {
        let certificate = Facts::of(shown).map_or_else(|| "of nobody: it cannot be read".to_owned(), |facts| facts.name);
        let reason = why(error);
        if self.is_new(format!("{certificate}: {reason}"), Instant::now()) {
            tracing::warn!(certificate, reason, "a connection is refused: the certificate that it showed is no node's; see [cluster.tls] on both sides");
        }
    }

    fn is_new(&self, what: String, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|(_, when)| now.saturating_duration_since(*when) < TOLD_AGAIN_AFTER);
        let is_new = told.len() < TOLD_MAX && told.iter().all(|(other, _)| *other != what);
        if is_new {
            told.push((what, now));
        }
        is_new
    }
}

impl ClientCertVerifier for Telling {
    fn offer_client_auth(&self) -> bool {
        self.inner.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(&self, shown: &CertificateDer<'_>, between: &[CertificateDer<'_>], now: UnixTime) -> Result<ClientCertVerified, Error> {
        self.inner.verify_client_cert(shown, between, now).inspect_err(|error| self.tell(shown, error))
    }

    fn verify_tls12_signature(&self, message: &[u8], shown: &CertificateDer<'_>, signed: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, shown, signed)
    }

    fn verify_tls13_signature(&self, message: &[u8], shown: &CertificateDer<'_>, signed: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, shown, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.inner.requires_raw_public_keys()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::RootCertStore;
    use rustls::crypto::ring::default_provider;
    use rustls::server::WebPkiClientVerifier;

    #[test]
    fn each_is_told_once_in_a_while_and_not_without_end() {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).expect("a certificate");
        let inner = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider())).build().expect("a verifier");
        let telling = Telling { inner, told: Mutex::default() };
        let now = Instant::now();
        assert!(telling.is_new("a".to_owned(), now) && !telling.is_new("a".to_owned(), now) && telling.is_new("b".to_owned(), now));
        assert!(telling.is_new("a".to_owned(), now + TOLD_AGAIN_AFTER));
        let told = (0..100).filter(|number| telling.is_new(number.to_string(), now + TOLD_AGAIN_AFTER)).count();
        assert_eq!(told, TOLD_MAX - 1);
    }
}
