//! Who asks, by what a request brings; and how often. One gate for the whole service.

use super::caller::Caller;
use super::files::{FileCode, FileStatus};
use super::key::{Key, is_key};
use super::key_file::Keys;
use super::shares::{Share, Shares};
use super::subject::TOKEN_PREFIX;
use super::token::Tokens;
use super::watched::Watched;
use crate::config::{Config, wrong_file};
use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use std::num::NonZeroU32;
use std::sync::Arc;

/// How many looks at files lie between two times that callers who are quiet again are forgotten: about a minute.
const FORGET_EVERY: u32 = 240;

/// Why a request goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody knows who asks; why.
    Unauthenticated(String),
    /// It asks too often.
    TooMany,
}

/// The rates of callers, by who they are.
type Rates = RateLimiter<Arc<str>, HashMapStateStore<Arc<str>>, DefaultClock>;

/// Keys, tokens, rates, and who has how many streams.
pub struct Gate {
    keys: Option<Watched<Keys>>,
    tokens: Option<Tokens>,
    rates: Rates,
    streams: Arc<Shares>,
}

impl Gate {
    /// Reads keys and the keys of tokens, as configured.
    pub fn open(config: &Config) -> Result<Self, String> {
        let read = |paths: &[std::path::PathBuf], before: Option<&Keys>| match (paths.first(), before) {
            (None, _) => Err("no file".to_owned()),
            (Some(path), None) => Keys::read(path),
            (Some(path), Some(_)) => Keys::read_again(path),
        };
        let keys = config.keys.as_ref().map(|path| Watched::new(vec![path.clone()], read).map_err(|error| wrong_file("keys", path, &error)));
        let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(config.limits.requests_per_second)).allow_burst(at_least_one(config.limits.burst));
        let (keys, tokens) = (keys.transpose()?, config.jwt.as_ref().map(Tokens::open).transpose()?);
        // Whoever cannot be told apart is not one caller.
        let streams_each = if keys.is_none() && tokens.is_none() { usize::MAX } else { config.limits.streams };
        Ok(Self { keys, tokens, rates: RateLimiter::hashmap(quota), streams: Shares::new(streams_each) })
    }

    /// Whether anybody may ask anything, because nothing is configured that could tell callers apart.
    pub const fn is_open(&self) -> bool {
        self.keys.is_none() && self.tokens.is_none()
    }

    /// Who asks, by the value of `Authorization`, and whether it may ask now.
    pub async fn judge(&self, authorization: Option<&str>) -> Result<Caller, Refused> {
        if self.is_open() {
            return Ok(Caller::anybody());
        }
        let caller = self.caller(authorization).await.map_err(Refused::Unauthenticated)?;
        match self.rates.check_key(&caller.who) {
            Ok(()) => Ok(caller),
            Err(_) => Err(Refused::TooMany),
        }
    }

    /// Whether a caller that was let in before would be let in now: for answers that take as long as they are listened to.
    pub fn is_in_force(&self, caller: &Caller) -> bool {
        let is_known = || caller.who.starts_with(TOKEN_PREFIX) || self.keys.as_ref().is_some_and(|keys| keys.now().has(caller));
        self.is_open() || (caller.holds(Timestamp::now()) && is_known())
    }

    /// One more stream for a caller, until it is dropped; none where it has as many open as it may (`limits.streams`).
    pub fn stream(&self, caller: &Caller) -> Option<Share> {
        self.streams.take(&caller.who)
    }

    async fn caller(&self, authorization: Option<&str>) -> Result<Caller, String> {
        let needed = || "a key or a token is needed: Authorization: Bearer …".to_owned();
        let (scheme, token) = authorization.and_then(|value| value.trim().split_once(' ')).ok_or_else(needed)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(needed());
        }
        let token = token.trim();
        match (&self.keys, &self.tokens) {
            (Some(keys), tokens) if is_key(token) || tokens.is_none() => {
                let caller = Key::parse(token).and_then(|key| keys.now().caller(&key, Timestamp::now()).cloned());
                caller.ok_or_else(|| "the key is not known here, or has ended".to_owned())
            }
            (_, Some(tokens)) => tokens.caller(token).await,
            (_, None) => Err(needed()),
        }
    }

    /// What is in force of its files.
    pub fn files(&self) -> Vec<FileStatus> {
        let keys = self.keys.as_ref().map(|keys| FileStatus::new("keys", FileCode::KeysUnread, keys.unread()));
        let tokens = self.tokens.as_ref().map(|tokens| FileStatus::new("jwt.jwks", FileCode::TokenKeysUnread, tokens.unread()));
        keys.into_iter().chain(tokens).collect()
    }

    /// Reads again what has changed; `count` says how often that was looked at.
    pub fn look(&self, count: u32) {
        if let Some(keys) = &self.keys {
            keys.look();
        }
        if let Some(tokens) = &self.tokens {
            tokens.look();
        }
        if count.is_multiple_of(FORGET_EVERY) {
            self.rates.retain_recent();
            self.rates.shrink_to_fit();
        }
    }
}
