//! TLS: who is spoken to, certificates that are renewed, and a set of keys that is had over https.

use crate::guarded::{add, config};
use crate::support::Server;
use crate::tokens::{SECTION, Signer, claims};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;
use server::access::Served;
use server::config::{Config, Layers};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// A certificate for this machine and its key, as PEM files.
pub struct Pair {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Pair {
    pub fn make(directory: &Path) -> Self {
        let pair = Self { certificate: directory.join("certificate.pem"), key: directory.join("key.pem") };
        pair.renew();
        pair
    }

    fn renew(&self) {
        self.renew_until(None);
    }

    /// With a certificate that ends then.
    pub fn renew_until(&self, ends: Option<SystemTime>) {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("parameters");
        if let Some(ends) = ends {
            params.not_after = ends.into();
        }
        let key = rcgen::KeyPair::generate().expect("a key");
        std::fs::write(&self.key, key.serialize_pem()).expect("written");
        std::fs::write(&self.certificate, params.self_signed(&key).expect("a certificate").pem()).expect("written");
    }

    /// One whose certificate says that it is an authority's, as `openssl req -x509` makes them without more words.
    pub fn of_an_authority(directory: &Path) -> Self {
        let pair = Self { certificate: directory.join("authority.pem"), key: directory.join("authority.key") };
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).expect("parameters");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().expect("a key");
        std::fs::write(&pair.certificate, params.self_signed(&key).expect("a certificate").pem()).expect("written");
        std::fs::write(&pair.key, key.serialize_pem()).expect("written");
        pair
    }

    pub fn section(&self) -> String {
        format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", self.certificate, self.key)
    }
}

/// Asks over TLS; an error where the server is not the one that the certificate is of.
fn ask(base: &str, certificate: &Path, versions: &[&'static rustls::SupportedProtocolVersion], token: &str) -> Result<String, String> {
    ask_for("/v1/audit/heads", base, certificate, versions, token)
}

fn ask_for(path: &str, base: &str, certificate: &Path, versions: &[&'static rustls::SupportedProtocolVersion], token: &str) -> Result<String, String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).map_err(|error| told(&error))?).map_err(|error| told(&error))?;
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider())).with_protocol_versions(versions);
    let config = builder.map_err(|error| told(&error))?.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).map_err(|error| told(&error))?;
    let stream = TcpStream::connect(base.trim_start_matches("http://")).map_err(|error| told(&error))?;
    let mut stream = StreamOwned::new(connection, stream);
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(|error| told(&error))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| told(&error))?;
    Ok(answer)
}

#[test]
fn it_speaks_tls_and_takes_a_renewed_certificate_without_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let pair = Pair::make(directory.path());
    let keys = directory.path().join("keys.toml");
    let key = add(&keys, &["bank"], &[], &[]);
    let server = Server::with(config(&directory.path().join("data"), Some(&keys), &pair.section()));
    for versions in [[&rustls::version::TLS12], [&rustls::version::TLS13]] {
        let answer = ask(&server.base, &pair.certificate, &versions, &key).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    // Plain HTTP is no answer here.
    let mut plain = TcpStream::connect(server.base.trim_start_matches("http://")).expect("a connection");
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("sent");
    let mut answer = Vec::new();
    plain.read_to_end(&mut answer).ok();
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(&answer));
    // A certificate that does not fit its key is not taken; the pair is.
    let both = [&rustls::version::TLS13];
    let old = directory.path().join("old.pem");
    std::fs::copy(&pair.certificate, &old).expect("copied");
    pair.renew();
    crate::keys::until(|| ask(&server.base, &pair.certificate, &both, &key).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")));
    assert!(ask(&server.base, &old, &both, &key).is_err(), "the old certificate is no longer shown");
    let new = directory.path().join("new.pem");
    std::fs::copy(&pair.certificate, &new).expect("copied");
    std::fs::copy(&old, &pair.certificate).expect("copied");
    crate::keys::until(|| ask_for("/readyz", &server.base, &new, &both, "").is_ok_and(|told| told.contains("\"certificates_unread\"")));
    assert!(ask(&server.base, &old, &both, &key).is_err(), "a certificate without its key is never shown");
}

#[test]
fn a_certificate_that_ends_is_told_before_it_does_and_an_ended_one_takes_no_good_ones_place() {
    const DAY: Duration = Duration::from_secs(86_400);
    let directory = tempfile::tempdir().expect("a directory");
    let pair = Pair::make(directory.path());
    let shown = directory.path().join("shown.pem");
    pair.renew_until(Some(SystemTime::now() + 3 * DAY));
    std::fs::copy(&pair.certificate, &shown).expect("copied");
    let server = Server::with(config(&directory.path().join("data"), None, &pair.section()));
    let get = |path: &str| ask_for(path, &server.base, &shown, &[&rustls::version::TLS13], "").expect("an answer");
    let told = get("/readyz");
    assert!(told.contains("\"certificate_ending\"") && told.contains("tls.certificate") && told.contains("serial"), "{told}");
    let metrics = get("/metrics");
    assert!(metrics.contains("merchant_ledger_warning{code=\"certificate_ending\"} 1\n"), "{metrics}");
    let (_, rest) = metrics.split_once("merchant_ledger_certificate_not_after_seconds{file=\"tls.certificate\"} ").expect("a line");
    let ends: u64 = rest.lines().next().and_then(|number| number.parse().ok()).expect("a number");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time").as_secs();
    assert!((now + 2 * 86_400..now + 4 * 86_400).contains(&ends), "{ends}");
    // Renewed in time, it is quiet again.
    pair.renew();
    std::fs::copy(&pair.certificate, &shown).expect("copied");
    let quiet = || ask_for("/readyz", &server.base, &shown, &[&rustls::version::TLS13], "").is_ok_and(|told| !told.contains("certificate_ending"));
    crate::keys::until(quiet);
    // One that has ended does not take its place.
    pair.renew_until(Some(SystemTime::now() - DAY));
    crate::keys::until(|| {
        let told = get("/readyz");
        told.contains("\"certificates_unread\"") && told.contains("ended at")
    });
    assert!(get("/metrics").contains("merchant_ledger_file_unread{file=\"tls.certificate\"} 1\n"));
}

#[test]
fn what_other_nodes_make_of_the_certificate_of_this_ones_address_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let pair = Pair::make(directory.path());
    let others = directory.path().join("others");
    std::fs::create_dir(&others).expect("room");
    let others = Pair::make(&others);
    let ended = directory.path().join("ended");
    std::fs::create_dir(&ended).expect("room");
    let ended = Pair::make(&ended);
    ended.renew_until(Some(SystemTime::now() - Duration::from_secs(60)));
    let authority = Pair::of_an_authority(directory.path());
    for (shown, host, vouching, codes, says) in [
        (&pair, "localhost", Some(&pair), vec![], ""),
        (&pair, "localhost", None, vec![], ""),
        (&pair, "other.example", Some(&pair), vec!["certificate_unfit"], "not for other.example"),
        (&pair, "other.example", None, vec!["certificate_unfit"], "not for other.example"),
        (&pair, "localhost", Some(&others), vec!["certificate_unfit"], "no authority"),
        (&authority, "localhost", Some(&authority), vec!["certificate_unfit"], "CA:FALSE"),
        (&ended, "localhost", Some(&ended), vec!["certificate_ending", "certificate_unfit"], "ended at"),
    ] {
        let certificates = vouching.map(|pair| format!("certificates = {:?}\n", pair.certificate)).unwrap_or_default();
        let section = shown.section();
        let file = format!(
            "brokers = \"127.0.0.1:1\"\n{section}[cluster]\nnode = \"a\"\nadvertise = \"https://{host}:8443\"\nsecret = \"of-the-nodes-and-nobody-else\"\n{certificates}"
        );
        let mut layers = Layers::new();
        layers.file("test.toml", &file).expect("a file");
        let config = Config::read(&layers).expect("a configuration");
        let status = Served::watch(&config).expect("it is taken").expect("a certificate").status();
        let warnings = status.warnings(jiff::Timestamp::now());
        assert_eq!(warnings.iter().map(|warning| warning.code.as_str()).collect::<Vec<_>>(), codes, "{host}: {warnings:?}");
        assert!(warnings.iter().all(|warning| warning.detail.contains(says)), "{warnings:?}");
    }
}

/// An address that answers with a set of keys over TLS, and counts how often it was asked.
struct KeyServer {
    url: String,
    set: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

fn key_server(pair: &Pair) -> KeyServer {
    let chain = vec![CertificateDer::from_pem_file(&pair.certificate).expect("a certificate")];
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider())).with_safe_default_protocol_versions();
    let config = builder.expect("versions").with_no_client_auth().with_single_cert(chain, PrivateKeyDer::from_pem_file(&pair.key).expect("a key"));
    let config = Arc::new(config.expect("a configuration"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://localhost:{}/keys", listener.local_addr().expect("an address").port());
    let (set, asked) = (Arc::new(Mutex::new(String::new())), Arc::new(AtomicUsize::new(0)));
    let (told, counted) = (Arc::clone(&set), Arc::clone(&asked));
    // It ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut stream = StreamOwned::new(connection, stream);
            let mut request = [0; 4096];
            if stream.read(&mut request).is_err() {
                continue;
            }
            counted.fetch_add(1, Ordering::SeqCst);
            let body = told.lock().expect("a set").clone();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).and_then(|()| stream.flush()).ok();
            stream.conn.send_close_notify();
            stream.flush().ok();
        }
    });
    KeyServer { url, set, asked }
}

#[test]
fn a_set_at_an_address_is_asked_again_for_a_name_that_is_not_known_once_a_minute() {
    let directory = tempfile::tempdir().expect("a directory");
    let pair = Pair::make(directory.path());
    let (one, two) = (Signer::ed(), Signer::ed());
    let address = key_server(&pair);
    *address.set.lock().expect("a set") = json!({"keys": [one.jwk("one")]}).to_string();
    let section = format!("{SECTION}jwks = {:?}\ncertificates = {:?}\n", address.url, pair.certificate);
    let server = Server::with(config(&directory.path().join("data"), None, &section));
    let status = |token: &str| crate::guarded::ask(&server.base, "GET", "/v1/audit/heads", Some(token), "", "").status;
    assert_eq!(status(&one.token("one", &claims())), 200);
    assert_eq!(address.asked.load(Ordering::SeqCst), 1, "at the start");
    // A key that came into the set since the start is found by the token that names it.
    *address.set.lock().expect("a set") = json!({"keys": [one.jwk("one"), two.jwk("two")]}).to_string();
    assert_eq!(status(&two.token("two", &claims())), 200);
    assert_eq!(address.asked.load(Ordering::SeqCst), 2, "once more, for a name that was not known");
    // Names that somebody invents make it ask no more often than once a minute.
    for invented in 0..5 {
        assert_eq!(status(&two.token(&format!("name{invented}"), &claims())), 401);
    }
    assert_eq!(address.asked.load(Ordering::SeqCst), 2, "it was asked less than a minute ago");
    assert_eq!(status(&one.token("one", &claims())), 200);
}
