//! TLS 1.2 and 1.3 by rustls. The certificate and its key are read again when they change: connections that are there go on
//! with the old one, new ones get the new one. A pair that does not belong together is never taken.
//!
//! With `[cluster.tls]` a client is asked for a certificate, and need not have one; whoever shows one that the authorities of nodes do
//! not vouch for gets no connection. Those are read again, too, and a connection that is there is judged anew by its next request:
//! whom they no longer vouch for is a node no more.

use crate::access::{FileCode, FileStatus, Served, Watched, vouching};
use crate::config::Config;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_rustls::TlsAcceptor;

/// The key of who vouches for nodes.
const AUTHORITIES: &str = "cluster.tls.authorities";

/// The certificate that is in force.
struct Certificate(Watched<Served>);

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(self.0.now().certified()))
    }
}

/// How connections are taken.
pub struct Listening {
    certificate: Arc<Certificate>,
    terms: Watched<Terms>,
}

/// How they are taken until others vouch for nodes: sessions of one are not resumed under another.
struct Terms {
    acceptor: TlsAcceptor,
    nodes: Option<Arc<dyn ClientCertVerifier>>,
}

impl Listening {
    /// Reads all files; nothing where TLS is not configured.
    pub fn open(config: &Config) -> Result<Option<Arc<Self>>, String> {
        let Some(served) = Served::watch(config)? else { return Ok(None) };
        let authorities = config.cluster.as_ref().and_then(|cluster| cluster.tls.as_ref()).map(|tls| tls.authorities.clone());
        let certificate = Arc::new(Certificate(served));
        let (shown, file) = (Arc::clone(&certificate), authorities.clone());
        let terms = Watched::new(authorities.into_iter().collect(), move |_, _| Terms::of(Arc::clone(&shown), file.as_deref()))?;
        Ok(Some(Arc::new(Self { certificate, terms })))
    }

    /// What is in force of the files.
    pub fn files(&self) -> Vec<FileStatus> {
        let authorities = self.terms.is_any().then(|| FileStatus::new(AUTHORITIES, FileCode::CertificatesUnread, self.terms.unread()));
        [self.certificate.0.status()].into_iter().chain(authorities).collect()
    }

    /// Reads files again where they have changed.
    pub fn look(&self) {
        self.certificate.0.look();
        self.terms.look();
    }

    /// What takes the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.terms.now().acceptor.clone()
    }
}

impl Terms {
    fn of(certificate: Arc<Certificate>, authorities: Option<&Path>) -> Result<Self, String> {
        let provider = Arc::new(default_provider());
        let nodes = authorities.map(|file| vouching::nodes(AUTHORITIES, file)).transpose()?;
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS13, &TLS12]).map_err(|error| error.to_string())?;
        let builder = match &nodes {
            None => builder.with_no_client_auth(),
            Some(nodes) => builder.with_client_cert_verifier(Arc::clone(nodes)),
        };
        let mut config = builder.with_cert_resolver(certificate);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), nodes })
    }

    /// Whether those who vouch for nodes vouch for the first of these certificates.
    fn vouches(&self, chain: &[CertificateDer<'static>]) -> bool {
        let (Some(nodes), Some((own, between))) = (&self.nodes, chain.split_first()) else { return false };
        nodes.verify_client_cert(own, between, UnixTime::now()).is_ok()
    }
}

/// A request that came over a connection whose other end showed the certificate of a node.
#[derive(Clone, Copy, Debug)]
pub struct OfNode;

/// The certificate that the other end of a connection showed, and proved to be its own.
pub struct Shown {
    chain: Vec<CertificateDer<'static>>,
    listening: Arc<Listening>,
    judged: Mutex<Option<(Arc<Terms>, bool)>>,
}

impl Shown {
    /// On a connection that has agreed on TLS; nothing where it showed none.
    pub fn on(connection: &ServerConnection, listening: &Arc<Listening>) -> Option<Self> {
        let chain = connection.peer_certificates()?.iter().map(|certificate| certificate.clone().into_owned()).collect();
        Some(Self { chain, listening: Arc::clone(listening), judged: Mutex::default() })
    }

    /// Whether it is a node's now. It is judged once by the same authorities: at first also where a session was resumed, whose
    /// certificate may have ended meanwhile.
    pub fn of_node(&self) -> Option<OfNode> {
        let now = self.listening.terms.now();
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        let is_nodes = match judged.as_ref() {
            Some((by, is_nodes)) if Arc::ptr_eq(by, &now) => *is_nodes,
            _ => {
                let is_nodes = now.vouches(&self.chain);
                *judged = Some((Arc::clone(&now), is_nodes));
                is_nodes
            }
        };
        is_nodes.then_some(OfNode)
    }
}
