//! Authorities, what they certify for this machine, and the files of a node.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::TempDir;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

/// Who vouches.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
pub struct Pair {
    certificate: String,
    key: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority"))
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// For this machine, good for these uses, or for all where none is named.
    pub fn pair(&self, uses: &[ExtendedKeyUsagePurpose]) -> Pair {
        self.pair_until(uses, None)
    }

    /// The same, which ends then.
    pub fn pair_until(&self, uses: &[ExtendedKeyUsagePurpose], ends: Option<SystemTime>) -> Pair {
        let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("parameters");
        params.extended_key_usages = uses.to_vec();
        if let Some(ends) = ends {
            params.not_after = ends.into();
        }
        let key = KeyPair::generate().expect("a key");
        Pair { certificate: params.signed_by(&key, &self.0).expect("a certificate").pem(), key: key.serialize_pem() }
    }

    /// TLS of a client that trusts this authority, and shows a certificate where it has one.
    pub fn trusted(&self, shown: Option<&Pair>) -> TlsConfig {
        let certificate = |pem: &str| Certificate::from_pem(pem.as_bytes()).expect("a certificate");
        let own = shown.map(|pair| ClientCert::new_with_certs(&[certificate(&pair.certificate)], PrivateKey::from_pem(pair.key.as_bytes()).expect("a key")));
        TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[certificate(&self.pem())])).client_cert(own).build()
    }
}

/// What lies beside a node.
pub struct Files(TempDir);

impl Files {
    /// Its address is vouched for by one authority, what it shows to other nodes by another, which is the one of nodes.
    pub fn new(of_addresses: &Authority, of_nodes: &Authority) -> Self {
        let files = Self(super::support::directory());
        files.certify(of_addresses, of_nodes);
        files.vouch(&of_nodes.pem());
        files
    }

    /// Renews both certificates.
    pub fn certify(&self, of_addresses: &Authority, of_nodes: &Authority) {
        self.show("tls", &of_addresses.pair(&[]));
        self.show("node", &of_nodes.pair(&[]));
    }

    /// Has `tls` or `node` show this one.
    pub fn show(&self, name: &str, pair: &Pair) {
        put(&self.path(&format!("{name}.pem")), &pair.certificate);
        put(&self.path(&format!("{name}.key")), &pair.key);
    }

    /// Says who vouches for nodes.
    pub fn vouch(&self, pem: &str) {
        put(&self.path("nodes-ca.pem"), pem);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `[tls]` alone.
    pub fn tls(&self) -> String {
        format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", self.path("tls.pem"), self.path("tls.key"))
    }

    /// `[tls]` and `[cluster.tls]`.
    pub fn mutual(&self) -> String {
        let (certificate, key, authorities) = (self.path("node.pem"), self.path("node.key"), self.path("nodes-ca.pem"));
        format!("{}[cluster.tls]\ncertificate = {certificate:?}\nkey = {key:?}\nauthorities = {authorities:?}\n", self.tls())
    }
}

/// Replaces a file in one step.
pub fn put(path: &Path, text: &str) {
    let beside = path.with_extension("beside");
    std::fs::write(&beside, text).expect("written");
    std::fs::rename(&beside, path).expect("replaced");
}
