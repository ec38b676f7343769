//! Tokens (JWT, RFC 7519): who signed them, for whom, until when, and what they say of their caller.
//!
//! Algorithms are those that are configured, each for a key of its own kind: a token never chooses how it is checked. `exp` must
//! be there, `nbf` counts where it is, both with [`LEEWAY_SECONDS`] for clocks that differ.

use super::caller::Caller;
use super::key_file::KEYS_MAX;
use super::key_set::KeySet;
use super::role::{Role, Roles};
use super::watched::Trouble;
use super::{scope, signature, subject};
use crate::config::Jwt;
use jiff::Timestamp;
use jsonwebtoken::{Validation, decode, decode_header};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How far clocks may differ.
const LEEWAY_SECONDS: u64 = 60;
/// The longest token that is looked at.
const TOKEN_BYTES_MAX: usize = 16 << 10;

/// What tokens are judged by.
pub struct Tokens {
    config: Jwt,
    keys: Arc<KeySet>,
}

impl Tokens {
    /// Reads the keys.
    pub fn open(config: &Jwt) -> Result<Self, String> {
        signature::install();
        let keys = KeySet::open(&config.jwks, config.certificates.as_deref(), &config.algorithms)?;
        Ok(Self { config: config.clone(), keys: Arc::new(keys) })
    }

    /// Looks whether the keys have changed.
    pub fn look(&self) {
        self.keys.look();
    }

    /// Why the keys cannot be had again, where that is so.
    pub fn unread(&self) -> Option<Trouble> {
        self.keys.unread()
    }

    /// Who a token says that asks, or why it is not believed.
    pub async fn caller(&self, token: &str) -> Result<Caller, String> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(format!("the token is longer than {TOKEN_BYTES_MAX} bytes"));
        }
        let header = decode_header(token).map_err(|_| "the token is no JWT that is signed by a public key".to_owned())?;
        let name = header.kid.as_deref();
        let mut keys = self.keys.find(name);
        if keys.is_empty() && self.keys.may_ask() {
            let asking = Arc::clone(&self.keys);
            // Should asking fail, that is logged, and the key stays unknown.
            let _ = tokio::task::spawn_blocking(move || asking.ask()).await;
            keys = self.keys.find(name);
        }
        let mut refused = "the token is signed by nobody who is known here".to_owned();
        for key in keys.iter().filter(|key| key.algorithms.contains(&header.alg)).take(KEYS_MAX) {
            match decode::<Map<String, Value>>(token, &key.key, &self.validation(header.alg)) {
                Ok(token) => return self.said(&token.claims),
                Err(error) => refused = format!("the token is refused: {error}"),
            }
        }
        Err(refused)
    }

    fn validation(&self, algorithm: jsonwebtoken::Algorithm) -> Validation {
        // One algorithm, which the key was found for: the crate refuses a list that a key cannot do all of.
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_audience(&[&self.config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation
    }

    /// What the claims say of their caller.
    fn said(&self, claims: &Map<String, Value>) -> Result<Caller, String> {
        let texts = |claim: &str| match find(claims, claim) {
            Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        // Roles of other services may stand beside ours.
        let roles: Roles = texts(&self.config.role_claim).iter().filter_map(|name| Role::find(name)).collect();
        if roles.is_empty() {
            return Err(format!("the token has no role in its claim {:?}", self.config.role_claim));
        }
        let merchants: Vec<String> = texts(&self.config.merchants_claim);
        // A claim that is there and names nobody must not mean everybody.
        if merchants.is_empty() && find(claims, &self.config.merchants_claim).is_some() {
            return Err(format!("the token names no merchant in its claim {:?}", self.config.merchants_claim));
        }
        let cut = scope::cut(&merchants, &self.attributes(claims)?)?;
        scope::check(roles, &cut)?;
        let who = subject::who(claims.get("sub"))?.into();
        // It was compared with the clock already; one beyond all time has no end.
        let seconds = claims.get("exp").and_then(|exp| exp.to_string().split('.').next()?.parse::<i64>().ok());
        let ends = seconds.and_then(|exp| Timestamp::from_second(exp.saturating_add_unsigned(LEEWAY_SECONDS)).ok());
        Ok(Caller { who, roles, cut, ends })
    }

    fn attributes(&self, claims: &Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
        let name = &self.config.where_claim;
        match find(claims, name) {
            None => Ok(BTreeMap::new()),
            // Nor must this mean everybody.
            Some(Value::Object(attributes)) if attributes.is_empty() => Err(format!("the token names no attribute in its claim {name:?}")),
            Some(Value::Object(attributes)) => {
                let text = |(key, value): (&String, &Value)| value.as_str().map(|value| (key.clone(), value.to_owned()));
                attributes.iter().map(|attribute| text(attribute).ok_or_else(|| format!("the token's claim {name:?} has values that are no texts"))).collect()
            }
            Some(_) => Err(format!("the token's claim {name:?} is no object such as {{\"partner\":\"isv-9\"}}")),
        }
    }
}

/// A claim by its name, else by the names on the way to it (`realm_access.roles`).
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        find(claims.get(first)?.as_object()?, rest)
    })
}
