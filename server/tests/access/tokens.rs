//! Tokens: what is believed, and what is not. Every key here was made for the test, and signs for nobody else.

use crate::guarded::{FOREIGN, OWN, add, ask, config};
use crate::support::Server;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use ring::{hmac, rsa};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Who signs.
pub enum Signer {
    Ed(Ed25519KeyPair),
    Ec(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Signer {
    pub fn ed() -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self::Ed(Ed25519KeyPair::from_pkcs8(made.as_ref()).expect("a key"))
    }

    fn ec() -> Self {
        let (how, random) = (&signature::ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(how, &random).expect("a key");
        Self::Ec(EcdsaKeyPair::from_pkcs8(how, made.as_ref(), &random).expect("a key"))
    }

    fn rsa() -> Self {
        let made = Command::new("openssl").args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-outform", "DER"]).output();
        let made = made.expect("openssl").stdout;
        // As PKCS #8 or PKCS #1: releases of openssl differ.
        Self::Rsa(Box::new(RsaKeyPair::from_pkcs8(&made).or_else(|_| RsaKeyPair::from_der(&made)).expect("a key")))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed(_) => "EdDSA",
            Self::Ec(_) => "ES256",
            Self::Rsa(_) => "RS256",
        }
    }

    /// The public key, as a set has it.
    pub fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Ed(pair) => json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "use": "sig", "x": b64(pair.public_key())}),
            Self::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", "x": b64(x), "y": b64(y)})
            }
            Self::Rsa(pair) => {
                let rsa::PublicKeyComponents { n, e } = rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "kid": kid, "n": b64(n), "e": b64(e)})
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Ec(pair) => pair.sign(&SystemRandom::new(), message).expect("signed").as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signed = vec![0; pair.public().modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signed).expect("signed");
                signed
            }
        }
    }

    /// A token with these claims.
    pub fn token(&self, kid: &str, claims: &Value) -> String {
        let message = message(&json!({"alg": self.algorithm(), "typ": "JWT", "kid": kid}), claims);
        let signed = b64(self.sign(message.as_bytes()));
        format!("{message}.{signed}")
    }
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", b64(header.to_string()), b64(claims.to_string()))
}

/// Claims that are believed.
pub fn claims() -> Value {
    let now = Timestamp::now().as_second();
    json!({"iss": "https://login.bank.example", "aud": "merchant-ledger", "sub": "li.wei", "exp": now + 600, "nbf": now - 5, "role": "bank"})
}

pub fn with(more: Value) -> Value {
    let mut claims = claims();
    for (name, value) in more.as_object().expect("claims") {
        if value.is_null() {
            claims.as_object_mut().expect("claims").shift_remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

pub const SECTION: &str = "[jwt]\nissuer = \"https://login.bank.example\"\naudience = \"merchant-ledger\"\n";

fn server(directory: &Path, keys: Option<&Path>, set: &PathBuf, more: &str) -> Server {
    Server::with(config(&directory.join("data"), keys, &format!("{SECTION}jwks = {set:?}\n{more}")))
}

fn status(server: &Server, token: &str) -> u16 {
    ask(&server.base, "GET", "/v1/audit/heads", Some(token), "", "").status
}

#[test]
fn tokens_are_believed_by_who_signed_them_for_whom_and_until_when() {
    let directory = tempfile::tempdir().expect("a directory");
    let set = directory.path().join("set.json");
    let (ed, ec, rsa, stranger) = (Signer::ed(), Signer::ec(), Signer::rsa(), Signer::ed());
    // A set may have what is not for us: a shared secret, a key for encryption, a curve that is not known here.
    let others =
        [json!({"kty": "oct", "kid": "shared", "k": b64("harmless")}), json!({"kty": "RSA", "kid": "enc", "use": "enc", "n": rsa.jwk("x")["n"], "e": "AQAB"})];
    let keys: Vec<Value> = [ed.jwk("ed"), ec.jwk("ec"), rsa.jwk("rsa")].into_iter().chain(others).collect();
    std::fs::write(&set, json!({"keys": keys}).to_string()).expect("written");
    let server = server(directory.path(), None, &set, "");
    for (signer, kid) in [(&ed, "ed"), (&ec, "ec"), (&rsa, "rsa")] {
        assert_eq!(status(&server, &signer.token(kid, &claims())), 200, "{kid}");
    }
    let now = Timestamp::now().as_second();
    for (what, more, expected) in [
        ("expired", json!({"exp": now - 120}), 401),
        ("expired within the leeway", json!({"exp": now - 30}), 200),
        ("no exp", json!({"exp": null}), 401),
        ("exp that is no number", json!({"exp": "tomorrow"}), 401),
        ("not yet", json!({"nbf": now + 120}), 401),
        ("not yet, within the leeway", json!({"nbf": now + 30}), 200),
        ("no nbf", json!({"nbf": null}), 200),
        ("for somebody else", json!({"aud": "other"}), 401),
        ("for us, too", json!({"aud": ["other", "merchant-ledger"]}), 200),
        ("for nobody", json!({"aud": null}), 401),
        ("by another issuer", json!({"iss": "https://login.other.example"}), 401),
        ("by no issuer", json!({"iss": null}), 401),
        ("no role", json!({"role": null}), 401),
        ("a role of another service", json!({"role": ["admin"]}), 401),
        ("a role beside others", json!({"role": ["admin", "bank"]}), 200),
        ("a merchant without merchants", json!({"role": "merchant"}), 401),
        ("a merchant with none", json!({"role": "merchant", "merchants": []}), 401),
        ("a bank cut to nobody", json!({"merchants": []}), 401),
        ("a merchant with merchants", json!({"role": "merchant", "merchants": [OWN]}), 200),
        ("merchants that cannot be", json!({"role": "merchant", "merchants": ["no such id"]}), 401),
        ("an attribute that is not known", json!({"where": {"colour": "red"}}), 401),
        ("cut to an attribute", json!({"where": {"partner": "isv-9"}}), 403),
        ("cut to no attribute", json!({"where": {}}), 401),
        ("cut to nobody knows what", json!({"where": []}), 401),
        ("of no subject", json!({"sub": null}), 200),
        ("of a subject that is no text", json!({"sub": ["li.wei"]}), 401),
    ] {
        assert_eq!(status(&server, &ed.token("ed", &with(more))), expected, "{what}");
    }
    // Whoever signs with what is public, or with nothing.
    let secret = |secret: &[u8], kid: &str| {
        let message = message(&json!({"alg": "HS256", "typ": "JWT", "kid": kid}), &claims());
        format!("{message}.{}", b64(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes())))
    };
    let Signer::Ed(pair) = &ed else { unreachable!("it is") };
    let good = ed.token("ed", &claims());
    let cut = &good[..good.rfind('.').expect("three parts")];
    for (what, token) in [
        ("HS256 with the public key", secret(pair.public_key().as_ref(), "ed")),
        ("HS256 with the public key as it stands in the set", secret(ed.jwk("ed")["x"].as_str().expect("x").as_bytes(), "ed")),
        ("HS256 with the modulus", secret(rsa.jwk("rsa")["n"].as_str().expect("n").as_bytes(), "rsa")),
        ("HS256 with a secret of the set", secret(b"harmless", "shared")),
        ("alg none", format!("{}.", message(&json!({"alg": "none", "typ": "JWT", "kid": "ed"}), &claims()))),
        ("alg None", format!("{}.", message(&json!({"alg": "None", "kid": "ed"}), &claims()))),
        ("no signature", format!("{cut}.")),
        ("two parts", cut.to_owned()),
        ("another's signature under a known name", stranger.token("ed", &claims())),
        ("a name that is not known", stranger.token("stranger", &claims())),
        ("a key of another kind", ed.token("rsa", &claims())),
        (
            "claims that were changed",
            format!("{}.{}", message(&json!({"alg": "EdDSA", "kid": "ed"}), &with(json!({"role": "operator"}))), &good[good.rfind('.').expect("a dot") + 1..]),
        ),
        ("a critical header that is not known", {
            let message = message(&json!({"alg": "EdDSA", "kid": "ed", "crit": ["x"], "x": 1}), &claims());
            let Signer::Ed(pair) = &ed else { unreachable!("it is") };
            format!("{message}.{}", b64(pair.sign(message.as_bytes())))
        }),
    ] {
        assert_eq!(status(&server, &token), 401, "{what}");
    }
}

#[test]
fn keys_and_tokens_go_together_and_claims_may_have_other_names() {
    let directory = tempfile::tempdir().expect("a directory");
    let (set, keys) = (directory.path().join("set.json"), directory.path().join("keys.toml"));
    let ed = Signer::ed();
    std::fs::write(&set, json!({"keys": [ed.jwk("one")]}).to_string()).expect("written");
    let key = add(&keys, &["bank"], &[], &[]);
    let more = "role_claim = \"realm_access.roles\"\nmerchants_claim = \"shops\"\nalgorithms = [\"EdDSA\"]";
    let server = server(directory.path(), Some(&keys), &set, more);
    assert_eq!(status(&server, &key), 200);
    let token = ed.token("one", &with(json!({"role": null, "realm_access": {"roles": ["merchant", "offline"]}, "shops": [OWN]})));
    assert_eq!(status(&server, &token), 200);
    let foreign = ask(&server.base, "GET", &format!("/v1/merchants/{FOREIGN}/balances"), Some(&token), "", "");
    assert_eq!(foreign.status, 404, "cut to its shops");
    // The set is read again when it changes.
    let next = Signer::ed();
    assert_eq!(status(&server, &next.token("two", &claims())), 401);
    std::fs::write(&set, json!({"keys": [next.jwk("two")]}).to_string()).expect("written");
    let token = next.token("two", &with(json!({"role": null, "realm_access": {"roles": ["bank"]}})));
    crate::keys::until(|| status(&server, &token) == 200);
    assert_eq!(status(&server, &ed.token("one", &with(json!({"realm_access": {"roles": ["bank"]}})))), 401, "the old key is gone");
}

#[test]
fn subjects_that_begin_alike_or_are_not_ascii_are_callers_of_their_own() {
    let directory = tempfile::tempdir().expect("a directory");
    let (set, ed) = (directory.path().join("set.json"), Signer::ed());
    std::fs::write(&set, json!({"keys": [ed.jwk("ed")]}).to_string()).expect("written");
    let server = server(directory.path(), None, &set, "[limits]\nrequests_per_second = 1\nburst = 2");
    let token = |subject: &str| ed.token("ed", &with(json!({"sub": subject})));
    let long = "f:0b1c2d3e-1111-2222-3333-444455556666:anna.schmidt-meyer@bank.example";
    for (one, other) in [("张伟".to_owned(), "李娜".to_owned()), (format!("{long}.one"), format!("{long}.two"))] {
        let (busy, quiet) = (token(&one), token(&other));
        assert!((0..10).any(|_| status(&server, &busy) == 429), "{one} asks too often");
        let answer = ask(&server.base, "GET", "/v1/whoami", Some(&quiet), "", "");
        assert_eq!(answer.status, 200, "{other} has not asked: {answer:?}");
        let told: Value = serde_json::from_str(&answer.body).expect("JSON");
        let who = told["who"].as_str().expect("a name");
        assert!(who.starts_with("jwt:") && who.is_ascii() && !who.contains(['_', ' ']) && who.len() <= 68, "{who}");
    }
}
