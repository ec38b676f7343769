//! The public keys that tokens are signed with: a JSON Web Key Set, from a file or an address.
//!
//! A file is read again when it changes. An address is asked at the start, every [`FRESH_FOR`], and when a token names a key
//! that is not known, but for that at most once in [`ASK_AGAIN_AFTER`]: whoever invents names makes nobody ask. An answer has
//! at most [`SET_BYTES_MAX`], and [`ANSWER_WAIT_MAX`] to come. Where it does not, the keys that were known stay in force.

use super::vouching;
use super::watched::{Trouble, Watched};
use crate::config::{ALGORITHMS, wrong_file};
use arc_swap::ArcSwap;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The shortest time between two questions for a key that is not known.
pub const ASK_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// How long a set is taken for current.
const FRESH_FOR: Duration = Duration::from_secs(900);
/// How long an answer may take.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(5);
/// The longest answer, and the longest file.
const SET_BYTES_MAX: u64 = 1 << 20;

/// A public key.
#[derive(Clone)]
pub struct PublicKey {
    /// Its name in the set.
    pub name: Option<String>,
    /// What it may sign with: those of the allowed algorithms that are for keys of its kind.
    pub algorithms: Vec<Algorithm>,
    /// The key.
    pub key: DecodingKey,
}

/// Where keys come from.
pub enum KeySet {
    /// A file.
    File(Watched<Vec<PublicKey>>),
    /// An address.
    Address(Address),
}

/// An address, and what it answered last.
pub struct Address {
    url: String,
    allowed: Vec<Algorithm>,
    agent: ureq::Agent,
    known: ArcSwap<Vec<PublicKey>>,
    /// Why it had no keys to tell when it was asked last.
    unread: Mutex<Option<Trouble>>,
    /// When it was asked last.
    asked: Mutex<Option<Instant>>,
    /// When it was asked last for a name that was not known.
    asked_for_name: Mutex<Option<Instant>>,
}

impl KeySet {
    /// Keys of a file or of an `https` address; `roots` is a PEM file of who may vouch for the address, else the web's own.
    pub fn open(place: &str, roots: Option<&Path>, allowed: &[Algorithm]) -> Result<Self, String> {
        if !place.starts_with("https://") {
            let allowed = allowed.to_vec();
            let read = move |paths: &[PathBuf], _: Option<&Vec<PublicKey>>| read_file(paths, &allowed);
            return Ok(Self::File(Watched::new(vec![PathBuf::from(place)], read)?));
        }
        let agent = ureq::Agent::config_builder().https_only(true).max_redirects(0).timeout_global(Some(ANSWER_WAIT_MAX));
        let agent = agent.tls_config(vouching::tls("jwt.certificates", roots)?);
        let address = Address {
            url: place.to_owned(),
            allowed: allowed.to_vec(),
            agent: agent.build().new_agent(),
            known: ArcSwap::from_pointee(Vec::new()),
            unread: Mutex::default(),
            asked: Mutex::new(None),
            asked_for_name: Mutex::new(None),
        };
        // One that does not answer yet is asked again; until then no token is taken.
        address.ask();
        Ok(Self::Address(address))
    }

    /// The keys of a name; all of them for a token that names none.
    pub fn find(&self, name: Option<&str>) -> Vec<PublicKey> {
        let known = match self {
            Self::File(file) => Arc::clone(&file.now()),
            Self::Address(address) => address.known.load_full(),
        };
        known.iter().filter(|key| name.is_none() || key.name.as_deref() == name).cloned().collect()
    }

    /// Why they cannot be had again, where that is so.
    pub fn unread(&self) -> Option<Trouble> {
        match self {
            Self::File(file) => file.unread(),
            Self::Address(address) => address.unread.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Whether asking again may find a key that is not known, which is claimed by that: the next one is told no for a while.
    pub fn may_ask(&self) -> bool {
        match self {
            Self::File(_) => false,
            Self::Address(address) => claim(&address.asked_for_name, ASK_AGAIN_AFTER),
        }
    }

    /// Asks an address, which takes a while.
    pub fn ask(&self) {
        if let Self::Address(address) = self {
            address.ask();
        }
    }

    /// Looks whether a file has changed or an answer is old.
    pub fn look(&self) {
        match self {
            Self::File(file) => file.look(),
            Self::Address(address) => {
                if claim(&address.asked, FRESH_FOR) {
                    address.ask();
                }
            }
        }
    }
}

/// Whether nobody asked for so long; from now on somebody has.
fn claim(asked: &Mutex<Option<Instant>>, since: Duration) -> bool {
    let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    let is_due = asked.is_none_or(|asked| asked.elapsed() >= since);
    if is_due {
        *asked = Some(Instant::now());
    }
    is_due
}

impl Address {
    fn ask(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let answered = self.agent.get(&self.url).call().map_err(|error| vouching::told(&error)).and_then(|mut response| {
            let read = response.body_mut().with_config().limit(SET_BYTES_MAX).read_to_vec();
            read.map_err(|error| error.to_string())
        });
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        match answered.and_then(|bytes| keys(&bytes, &self.allowed)) {
            Ok(keys) => {
                self.known.store(Arc::new(keys));
                *unread = None;
            }
            Err(error) => {
                tracing::error!(url = self.url, error, "the keys of tokens cannot be had; those that are known stay in force");
                *unread = Some(Trouble::met(error, unread.as_ref()));
            }
        }
    }
}

fn read_file(paths: &[PathBuf], allowed: &[Algorithm]) -> Result<Vec<PublicKey>, String> {
    let path = paths.first().ok_or("no file")?;
    let told = |error: &dyn std::fmt::Display| wrong_file("jwt.jwks", path, error);
    let length = std::fs::metadata(path).map_err(|error| told(&error))?.len();
    if length > SET_BYTES_MAX {
        return Err(told(&format!("{length} bytes are more than a set of keys has")));
    }
    keys(&std::fs::read(path).map_err(|error| told(&error))?, allowed).map_err(|error| told(&error))
}

/// The keys of a set that may sign with an allowed algorithm. A set may have others, which are for somebody else.
fn keys(bytes: &[u8], allowed: &[Algorithm]) -> Result<Vec<PublicKey>, String> {
    let set: JwkSet = serde_json::from_slice(bytes).map_err(|error| format!("it is no JSON Web Key Set: {error}"))?;
    let key = |jwk: &Jwk| {
        let algorithms = algorithms(jwk, allowed);
        let is_for_signing = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let key = DecodingKey::from_jwk(jwk).ok().filter(|_| is_for_signing && !algorithms.is_empty())?;
        Some(PublicKey { name: jwk.common.key_id.clone(), algorithms, key })
    };
    Ok(set.keys.iter().filter_map(key).collect())
}

/// What a key may sign with: the algorithm that it names, else every allowed one of its kind. A shared secret is no public key.
fn algorithms(jwk: &Jwk, allowed: &[Algorithm]) -> Vec<Algorithm> {
    let is_of_kind = |algorithm: Algorithm| match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => algorithm.family() == AlgorithmFamily::Rsa,
        AlgorithmParameters::EllipticCurve(parameters) => match parameters.curve {
            EllipticCurve::P256 => algorithm == Algorithm::ES256,
            EllipticCurve::P384 => algorithm == Algorithm::ES384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(parameters) => parameters.curve == EllipticCurve::Ed25519 && algorithm == Algorithm::EdDSA,
        // A shared secret, and what a later version of the crate may know.
        _ => false,
    };
    let named = jwk.common.key_algorithm.as_ref().map(ToString::to_string);
    let is_named = |algorithm: Algorithm| named.as_ref().is_none_or(|named| ALGORITHMS.iter().any(|(name, known)| name == named && *known == algorithm));
    allowed.iter().copied().filter(|algorithm| is_of_kind(*algorithm) && is_named(*algorithm)).collect()
}
